/** `godo minimize`: the smallest recording on which a command still fails. */
import { type Stats, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { STDIN } from '../../source/inputs.ts';
import { EXIT } from '../analysis.ts';
import { CommandError, USUAL_TIMEOUT } from '../child.ts';
import { jobsOf, timeoutOf } from '../child-options.ts';
import { checkInputs } from '../inputs.ts';
import { Interrupt } from '../interrupt.ts';
import { readRecording } from '../recording.ts';
import { complain, Search, type SearchOptions } from './search.ts';
import { Ticker } from '../ticker.ts';

const HELP = `
CMD is run by sh with audit records on its standard input. On the whole recording it must fail:
exit with another status than 0, end by a signal, or not end in time. What is written is a part of
the recording on which it ends in the same way, and of which no record can be left out.

LOG is as for analyze; of a trace CMD gets the audit records only. OUTPUT may be - for standard
output. Ctrl-C writes the smallest recording so far; the same command line then goes on from there.

Exit status: 0 written; 1 CMD does not fail, or not always, or without any record, too; 2 wrong
usage, or CMD cannot be run; 3 a log could not be read or the output not be written; 130 interrupted.
`;

interface Flags {
  readonly exec: string;
  readonly output?: string;
  readonly state?: string;
  readonly force?: boolean;
  readonly jobs: number;
  readonly timeout?: number;
  readonly quiet?: boolean;
}

/** Adds `godo minimize`. */
export function addMinimize(program: Command, done: (status: number) => void): void {
  const command = program.command('minimize');
  command
    .description('find the smallest recording on which a command still fails')
    .argument('<LOG...>', 'audit logs')
    .requiredOption('--exec <cmd>', 'the command that fails')
    .option('-o, --output <output>', 'the log to write (default: NAME.min.log)')
    .option('--force', 'replace an output that is there')
    .option('--state <file>', 'what an interrupted search goes on from (default: OUTPUT.state)')
    .option('-j, --jobs <n>', 'commands that may run at once', jobsOf, availableParallelism())
    .option('--timeout <time>', 'how long one may take (default: 60s)', timeoutOf)
    .option('-q, --quiet', 'nothing on standard error but what goes wrong')
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: Flags) => {
      checkInputs(command, names);
      const options = searchOptions(names, flags);
      if (names.some((name) => isSameFile(name, options.log))) {
        command.error('error: the output is one of the logs');
      }
      done(await minimizeCommand(names, options));
    });
}

function searchOptions(names: readonly string[], flags: Flags): SearchOptions {
  const { exec, output, state, force, jobs, timeout, quiet } = flags;
  const log = output === undefined || output === STDIN ? logFor(names[0]) : output;
  return {
    exec,
    timeoutMs: timeout ?? USUAL_TIMEOUT,
    jobs,
    log,
    toStdout: output === STDIN,
    force: force === true,
    state: state ?? `${log}.state`,
    quiet: quiet === true,
  };
}

/** `build.min.log` for `traces/build.trace/`, `build.log.gz` and the like. */
function logFor(name: string): string {
  const base = name === STDIN ? 'stdin' : basename(name);
  return `${base.replace(/\.gz$/, '').replace(/\.(?:log|trace)$/, '')}.min.log`;
}

function isSameFile(a: string, b: string): boolean {
  const one = statusOf(a);
  const other = statusOf(b);
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** Undefined where nothing is that can be seen. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Gives the exit status. */
async function minimizeCommand(names: readonly string[], options: SearchOptions): Promise<number> {
  const read = await readRecording(names);
  if (read === undefined || read.faults.some(({ kind }) => kind === 'unreadable')) {
    return EXIT.unreadable;
  }
  const interrupt = new Interrupt();
  const ticker = new Ticker(process.stderr, () => performance.now(), options.quiet);
  try {
    return await new Search(read.recording, options, interrupt, ticker).run();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return complain(`cannot run the command: ${error.message}`, EXIT.unreadable);
  } finally {
    ticker.clear();
    interrupt.end();
  }
}
