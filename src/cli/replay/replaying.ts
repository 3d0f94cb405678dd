/** The command line of `godo replay`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Faults, Skew } from '../../replay/faults.ts';
import { ORDER_NAMES, type OrderName } from '../../replay/orders.ts';
import { parseTime } from '../../report/time.ts';
import { STDIN } from '../../source/inputs.ts';
import { isRecordType } from '../../tables/records.ts';
import { isSyscall } from '../../tables/syscalls.ts';
import { checkInputs, INPUTS } from '../inputs.ts';
import { type Moment, type ReplayOptions, replayCommand } from './replay.ts';
import { parseSink, type SinkName } from './sinks.ts';
import { durationOf } from '../../base/duration.ts';
import { viewCommand } from './view.ts';

const HELP = `${INPUTS}
SINK is - (standard output, the default), file:PATH or PATH, unix:PATH
(connects where somebody listens, else listens for one reader), tcp:HOST:PORT, or analyzer, which
prints the summary of godo's own analysis. All but the analyzer get audit records only.
A share is like 1% or 0.5%, a time ISO 8601, seconds since the epoch, or +2s after the beginning.
With --view: space pauses, . steps, + and - change the speed, arrows scroll, q ends.
docs/replay.md says what the orders and the faults are.

Exit status: 0 fine, also when the reader of standard output has seen enough; 1 the analyzer gave
another tree than the recording's; 2 wrong usage; 3 an input could not be read, or the sink could
not be opened or went away. After a signal 128 and its number.
`;

const MOST_SPEED = 1e6;

function speedOf(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (speed > 0 && speed <= MOST_SPEED) return speed;
  throw new InvalidArgumentError(`It must be a number up to ${MOST_SPEED}, or max.`);
}

function seedOf(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new InvalidArgumentError('It must be a whole number below 2^32.');
}

function momentOf(text: string): Moment {
  const after = text.startsWith('+') ? durationOf(text.slice(1)) : undefined;
  if (after !== undefined) return { after };
  const at = parseTime(text);
  if (at !== undefined) return { at };
  throw new InvalidArgumentError(
    'It must be ISO 8601 (UTC without an offset), epoch seconds, or like +2s.',
  );
}

function sinkOf(text: string): SinkName {
  const sink = parseSink(text);
  if (sink !== undefined) return sink;
  throw new InvalidArgumentError(
    'It must be -, a file, file:PATH, unix:PATH, tcp:HOST:PORT or analyzer.',
  );
}

function shareOf(text: string): number {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text);
  const share = match === null ? Number.NaN : Number(match[1]) / 100;
  if (share <= 1) return share;
  throw new InvalidArgumentError('A share must be like 1% or 0.5%.');
}

function dropOf(text: string): Faults['drop'] {
  const [share, list] = halves(text, ':');
  if (list === undefined) return { share: shareOf(share) };
  const names = list.split(',');
  const unknown = names.find((name) => !isRecordType(name) && !isSyscall(name));
  if (unknown === undefined) return { share: shareOf(share), only: new Set(names) };
  throw new InvalidArgumentError(`There is no record type or system call '${unknown}'.`);
}

function delayOf(text: string): Faults['delay'] {
  const [share, time = ''] = halves(text, ':');
  const ms = /^\d+$/.test(time) ? durationOf(`${time}ms`) : durationOf(time);
  if (ms !== undefined) return { share: shareOf(share), ms };
  throw new InvalidArgumentError('It must be like 5%:200 (ms) or 5%:2s.');
}

function addSkew(text: string, before: readonly Skew[] = []): readonly Skew[] {
  const at = text.lastIndexOf('=');
  const number = text.slice(at + 1);
  if (!/^[+-]?\d{1,12}$/.test(number)) {
    throw new InvalidArgumentError('It must be HOST=MS, or MS for all hosts but the first.');
  }
  const ms = Number(number);
  if (at >= 0) return [...before, { host: text.slice(0, at), ms }];
  if (ms >= 0 && ms < 2 ** 31) return [...before, { most: ms }];
  throw new InvalidArgumentError('Without a host it must be from 0 to 2147483647 ms.');
}

function halves(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

interface Flags {
  readonly to?: SinkName;
  readonly speed: number;
  readonly order?: OrderName;
  readonly shuffle?: number;
  readonly adversarial?: number;
  readonly seed: number;
  readonly from?: Moment;
  readonly until?: Moment;
  readonly drop?: Faults['drop'];
  readonly dup?: number;
  readonly delay?: Faults['delay'];
  readonly truncate?: number;
  readonly corrupt?: number;
  readonly skew?: readonly Skew[];
  readonly view?: boolean;
  readonly quiet?: boolean;
  readonly report: 'text' | 'json';
}

function faultsOf({ drop, dup, delay, truncate, corrupt, skew }: Flags): Faults {
  return {
    ...(drop === undefined ? {} : { drop }),
    ...(dup === undefined ? {} : { duplicate: dup }),
    ...(delay === undefined ? {} : { delay }),
    ...(truncate === undefined ? {} : { truncate }),
    ...(corrupt === undefined ? {} : { corrupt }),
    ...(skew === undefined ? {} : { skew }),
  };
}

function orderOf({ order, shuffle, adversarial, seed }: Flags): [OrderName, number] {
  if (shuffle !== undefined) return ['shuffle', shuffle];
  if (adversarial !== undefined) return ['adversarial', adversarial];
  return [order ?? 'recorded', seed];
}

function optionsOf(flags: Flags): ReplayOptions {
  const [order, orderSeed] = orderOf(flags);
  const { from, until, to, speed, seed, report, quiet } = flags;
  return {
    to: to ?? { kind: 'stdout' },
    speed,
    order,
    orderSeed,
    faults: faultsOf(flags),
    seed,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    report,
    quiet: quiet === true,
  };
}

/** What is about records, and not about the tree. */
const NOT_IN_VIEW = [
  'to',
  'order',
  'shuffle',
  'adversarial',
  'drop',
  'dup',
  'delay',
  'truncate',
  'corrupt',
  'skew',
  'seed',
  'quiet',
  'report',
];

/** Adds `godo replay`. */
export function addReplay(program: Command, done: (status: number) => void): void {
  const command = program.command('replay');
  command
    .description('play a recording again, in any order, at any speed, to any consumer')
    .argument('<LOG...>', 'audit logs, folders, traces')
    .option('--to <sink>', 'where it goes', sinkOf)
    .option('--speed <n>', 'times the recorded speed, or max', speedOf, 1)
    .addOption(
      new Option('--order <name>', 'the order of the records')
        .choices(ORDER_NAMES)
        .conflicts(['shuffle', 'adversarial']),
    )
    .addOption(
      new Option('--shuffle <seed>', 'in the disorder that this seed gives')
        .argParser(seedOf)
        .conflicts('adversarial'),
    )
    .option('--adversarial <seed>', 'in the worst order that a kernel may send', seedOf)
    .option('--seed <seed>', 'of --order and of the faults', seedOf, 1)
    .option('--from <time>', 'only what was entered then or later', momentOf)
    .option('--until <time>', 'only what was entered by then', momentOf)
    .option('--drop <share[:names]>', 'leave records out: all, or those types and calls', dropOf)
    .option('--dup <share>', 'send records twice', shareOf)
    .option('--delay <share:ms>', 'send records later', delayOf)
    .option('--truncate <share>', 'cut records short', shareOf)
    .option('--corrupt <share>', 'change bytes of records', shareOf)
    .option('--skew <[host=]ms>', 'another clock for a host; may be given again', addSkew)
    .addOption(new Option('--view', 'watch the tree grow in this terminal').conflicts(NOT_IN_VIEW))
    .option('-q, --quiet', 'no report on standard error')
    .addOption(
      new Option('--report <form>', 'the form of the report')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: Flags) => {
      checkInputs(command, names);
      if (flags.view !== true) {
        done(await replayCommand(names, optionsOf(flags)));
        return;
      }
      if (!process.stdin.isTTY || !process.stdout.isTTY) {
        command.error('error: --view needs a terminal, for keys and for the tree');
      }
      if (names.includes(STDIN)) command.error('error: --view takes keys from standard input');
      done(await viewCommand(names, flags));
    });
}
