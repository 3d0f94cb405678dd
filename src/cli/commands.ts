/** The commands of the recorder, for the command line of main.ts. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Feed } from '../capture/feed.ts';
import type { RecordOptions } from '../capture/record.ts';
import { doctorCommand } from './doctor.ts';
import { type InfoOptions, infoCommand } from './info.ts';
import { recordCommand } from './record.ts';
import { durationOf } from '../base/duration.ts';
import { bytesOf } from './units.ts';
import { isSyscall } from '../tables/syscalls.ts';

const RECORD_HELP = `
Without a command the whole machine is recorded, until Ctrl-C, --duration or --max-size.
With one, the command and everything below it; the exit status is the command's.
Sizes are like 64M or 2G, durations like 30s, 10m or 1h. docs/record.md says what it does
to the machine.

Exit status: 0 fine, or the command's; 2 wrong usage; 4 it cannot be recorded here;
5 recording had to stop early (disk full, folder gone, input failed).
`;

function duration(text: string): number {
  const ms = durationOf(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be like 30s, 10m or 1h.');
  return ms;
}

function bytes(text: string): number {
  const size = bytesOf(text);
  if (size === undefined) throw new InvalidArgumentError('It must be like 64M or 2G.');
  return size;
}

function count(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function calls(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isSyscall(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`There is no system call '${unknown}'.`);
}

function feed(text: string): Feed {
  if (text === 'stdin') return { kind: 'stdin' };
  if (text.startsWith('unix:') && text.length > 5) return { kind: 'unix', path: text.slice(5) };
  throw new InvalidArgumentError('It must be stdin or unix:PATH.');
}

interface RecordFlags {
  readonly output: string;
  readonly duration?: number;
  readonly maxSize?: number;
  readonly segmentSize: number;
  readonly segmentAge: number;
  readonly profile: 'processes' | 'files' | 'all';
  readonly syscalls?: readonly string[];
  readonly from?: Feed;
  readonly follow?: string;
  readonly takeOver?: boolean;
  readonly connector: boolean;
  readonly hints: boolean;
  readonly user?: string;
  readonly backlog: number;
  readonly backlogWait?: number;
  readonly buffer: number;
}

function optionsOf(flags: RecordFlags, command: readonly string[]): RecordOptions {
  const feedFlag: Feed | undefined =
    flags.follow === undefined ? flags.from : { kind: 'follow', path: flags.follow };
  return {
    output: flags.output,
    calls: flags.syscalls ?? flags.profile,
    segments: { bytes: flags.segmentSize, ms: flags.segmentAge },
    takeOver: flags.takeOver === true,
    connector: flags.connector,
    hints: flags.hints,
    backlog: flags.backlog,
    socketBytes: flags.buffer,
    ...(command.length === 0 ? {} : { command }),
    ...(feedFlag === undefined ? {} : { feed: feedFlag }),
    ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
    ...(flags.maxSize === undefined ? {} : { maxBytes: flags.maxSize }),
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.backlogWait === undefined ? {} : { backlogWaitMs: flags.backlogWait }),
  };
}

/** `godo record`. */
export function addRecord(program: Command, done: (status: number) => void, version: string): void {
  const command = program.command('record');
  command
    .description('record what processes do, as audit records')
    .usage('-o DIR [options] [-- COMMAND...]')
    .argument('[COMMAND...]', 'what to run and record')
    .requiredOption('-o, --output <dir>', 'folder for the trace; it must be new or empty')
    .option('--duration <time>', 'stop after that long', duration)
    .option('--max-size <size>', 'stop when so much is written', bytes)
    .addOption(
      new Option('--profile <name>', 'which system calls to record')
        .choices(['processes', 'files', 'all'])
        .default('processes'),
    )
    .addOption(new Option('--syscalls <names>', 'these calls only, by name').argParser(calls))
    .addOption(
      new Option('--from <source>', 'take records from stdin or unix:PATH, not from the kernel')
        .argParser(feed)
        .conflicts(['follow', 'takeOver', 'syscalls']),
    )
    .addOption(
      new Option(
        '--follow <file>',
        'take what is added to an audit log, also when rotated',
      ).conflicts(['takeOver', 'syscalls']),
    )
    .option('--take-over', 'end a running audit daemon and take its place')
    .option('--no-connector', 'without the process connector')
    .option('--no-hints', 'without looking at /proc after an exec')
    .option('--user <name>', 'run as that user, once the sockets are open')
    .option('--segment-size <size>', 'size of a segment', bytes, 64 * 2 ** 20)
    .option('--segment-age <time>', 'age of a segment', duration, 3_600_000)
    .option('--backlog <n>', 'records that the kernel keeps for godo', count, 32_768)
    .option('--backlog-wait <time>', 'how long the kernel lets processes wait for room', duration)
    .option('--buffer <size>', 'receive buffer of each socket', bytes, 16 * 2 ** 20)
    .addHelpText('after', RECORD_HELP)
    .action(async (args: string[], flags: RecordFlags) => {
      if (args.length > 0 && (flags.from !== undefined || flags.follow !== undefined)) {
        command.error('error: a command cannot be recorded from a log');
      }
      done(await recordCommand(optionsOf(flags, args), version));
    });
}

/** `godo info`. */
export function addInfo(program: Command, done: (status: number) => void): void {
  program
    .command('info')
    .description('show what is in a trace')
    .argument('<TRACE>', 'the folder of a trace')
    .option('--verify', 'read all segments and compare them with what was written down')
    .addOption(
      new Option('-f, --format <format>', 'what to write')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', '\nExit status: 0 fine; 1 something does not fit; 3 it cannot be read.\n')
    .action(async (folder: string, options: InfoOptions) =>
      done(await infoCommand(folder, options)),
    );
}

/** `godo doctor`. */
export function addDoctor(program: Command, done: (status: number) => void): void {
  program
    .command('doctor')
    .description('show whether this machine can record, and what is missing')
    .option('--fix', 'put right what a recording that was killed has left')
    .addHelpText('after', '\nExit status: 0 it can record; 4 it cannot.\n')
    .action(async (options: { fix?: boolean }) => done(await doctorCommand(options)));
}
