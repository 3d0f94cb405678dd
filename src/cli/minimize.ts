/** `godo minimize`: the smallest recording on which a command still fails. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { wordsOf } from '../base/errors.ts';
import { quoteForDisplay } from '../base/text.ts';
import { minimize, type MinimizeOptions, type Parts, type Stage } from '../check/minimize.ts';
import { auditLines, plainLog } from '../replay/plain.ts';
import type { Recording } from '../replay/recording.ts';
import { againLines, type Extent, extentText } from '../report/minimized.ts';
import { durationText } from '../report/time.ts';
import { STDIN } from '../source/inputs.ts';
import { EXIT } from './analysis.ts';
import { type CommandEnd, CommandError, endText, USUAL_TIMEOUT } from './child.ts';
import { checkInputs } from './inputs.ts';
import { jobsOf, timeoutOf } from './child-options.ts';
import { Interrupt } from './interrupt.ts';
import { linesAsText, OutputError, writeAll } from './output.ts';
import { partsOf } from './parts.ts';
import { readRecording } from './recording.ts';
import { Ticker } from './ticker.ts';
import { endOfAll, isSame, Trials, UNSTEADY } from './trials.ts';
import { openVerdicts, type VerdictFile } from './verdicts.ts';

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
  readonly timeout: number;
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
    .action(async (names: string[], flags: Partial<Flags> & Pick<Flags, 'exec' | 'jobs'>) => {
      const log =
        flags.output === undefined || flags.output === STDIN ? logFor(names[0]) : flags.output;
      checkInputs(command, names);
      if (names.some((name) => isSameFile(name, log))) {
        command.error('error: the output is one of the logs');
      }
      done(await minimizeCommand(names, log, { timeout: USUAL_TIMEOUT, ...flags }));
    });
}

/** `build.min.log` for `traces/build.trace/`, `build.log.gz` and the like. */
function logFor(name: string): string {
  const base = name === STDIN ? 'stdin' : basename(name);
  return `${base.replace(/\.gz$/, '').replace(/\.(?:log|trace)$/, '')}.min.log`;
}

function isSameFile(a: string, b: string): boolean {
  const one = statSync(a, { throwIfNoEntry: false });
  const other = statSync(b, { throwIfNoEntry: false });
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** `log`: the name of the output, also where it goes to standard output. Gives the exit status. */
async function minimizeCommand(
  names: readonly string[],
  log: string,
  flags: Flags,
): Promise<number> {
  const read = await readRecording(names);
  if (read === undefined || read.faults.some(({ kind }) => kind === 'unreadable')) {
    return EXIT.unreadable;
  }
  const interrupt = new Interrupt();
  const ticker = new Ticker(process.stderr, () => performance.now(), flags.quiet === true);
  try {
    return await new Search(read.recording, log, flags, interrupt, ticker).run();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return complain(`cannot run the command: ${error.message}`, EXIT.unreadable);
  } finally {
    ticker.clear();
    interrupt.end();
  }
}

/** Says what went wrong, and gives the exit status of that. */
function complain(text: string, status: number): number {
  process.stderr.write(`godo: ${text}\n`);
  return status;
}

class Search {
  readonly #recording: Recording;
  readonly #all: Int32Array;
  readonly #log: string;
  readonly #flags: Flags;
  readonly #interrupt: Interrupt;
  readonly #ticker: Ticker;
  readonly #trials: Trials;
  readonly #start = performance.now();

  constructor(
    recording: Recording,
    log: string,
    flags: Flags,
    interrupt: Interrupt,
    ticker: Ticker,
  ) {
    this.#recording = recording;
    this.#all = auditLines(recording);
    this.#log = log;
    this.#flags = flags;
    this.#interrupt = interrupt;
    this.#ticker = ticker;
    this.#trials = new Trials(recording, flags, interrupt.signal);
  }

  async run(): Promise<number> {
    const state = this.#flags.state ?? `${this.#log}.state`;
    if (
      this.#flags.output !== STDIN &&
      this.#flags.force !== true &&
      existsSync(this.#log) &&
      !existsSync(state)
    ) {
      return complain(`${quoteForDisplay(this.#log)} is there: --force replaces it`, EXIT.usage);
    }
    this.#ticker.say('running the command on the whole recording');
    const whole = await endOfAll(this.#trials, this.#all);
    this.#ticker.clear();
    const { status } = this.#interrupt;
    if (status !== undefined) return complain('interrupted before anything was left out', status);
    if ('problem' in whole) return complain(whole.problem, whole.status);
    const file = openVerdicts(state, this.#subject(whole.end));
    if (file !== undefined) return this.#search(whole.end, file);
    const why = 'is about another recording or command, or another end of it';
    return complain(
      `${quoteForDisplay(state)} ${why}: name another --state, or remove it`,
      EXIT.usage,
    );
  }

  #subject(end: CommandEnd): Parameters<typeof openVerdicts>[1] {
    const hash = createHash('sha256');
    for (const chunk of plainLog(this.#recording, this.#all)) hash.update(chunk);
    const { exec, timeout } = this.#flags;
    return { sha256: hash.digest('hex'), exec, fails: endText(end), timeout_ms: timeout };
  }

  async #search(end: CommandEnd, file: VerdictFile): Promise<number> {
    const known = file.verdicts.size;
    if (known > 0) this.#note(`going on from ${known} runs of before`);
    const parts = partsOf(this.#recording);
    const { lines, complete } = await minimize(this.#all, parts, this.#trials.endsLike(end), {
      jobs: this.#flags.jobs,
      verdicts: file.verdicts,
      signal: this.#interrupt.signal,
      ...this.#watch(file),
    });
    this.#ticker.clear();
    return complete ? this.#conclude(lines, parts, end, file) : this.#breakOff(lines, parts, file);
  }

  #watch(file: VerdictFile): Pick<MinimizeOptions, 'onStage' | 'onVerdict' | 'onSmaller'> {
    let stage: Stage = 'subtrees';
    let left = this.#all.length;
    const say = (): void => {
      const runs = `${this.#trials.runs} runs`;
      this.#ticker.say(`${stage}: ${left} of ${this.#all.length} records left, ${runs}`);
    };
    return {
      onStage: (next) => {
        stage = next;
        say();
      },
      onVerdict: (key, fails) => {
        file.add(key, fails);
        say();
      },
      onSmaller: ({ length }) => {
        left = length;
        say();
      },
    };
  }

  async #conclude(
    lines: Int32Array,
    parts: Parts,
    end: CommandEnd,
    file: VerdictFile,
  ): Promise<number> {
    // Once more, for a command that fails now and then.
    const again = (await this.#trials.run(lines)).end;
    const { status } = this.#interrupt;
    if (status === undefined && !isSame(end, again)) {
      file.remove();
      return complain(`${UNSTEADY}: first ${endText(end)}, then ${endText(again)}`, EXIT.faults);
    }
    await this.#write(lines);
    file.remove();
    this.#note(`${this.#account(lines, parts)}; ${endText(end)}`);
    if (this.#flags.quiet !== true) {
      await writeAll(process.stderr, linesAsText(['', ...againLines(this.#flags.exec, this.#log)]));
    }
    return EXIT.fine;
  }

  async #breakOff(lines: Int32Array, parts: Parts, file: VerdictFile): Promise<number> {
    file.close();
    await this.#write(lines);
    const onward = 'the same command line goes on from here';
    return complain(
      `interrupted: ${this.#account(lines, parts)}; ${onward}`,
      this.#interrupt.status ?? EXIT.fine,
    );
  }

  async #write(lines: Int32Array): Promise<void> {
    const log = plainLog(this.#recording, lines);
    if (this.#flags.output === STDIN) {
      await writeAll(process.stdout, log);
      return;
    }
    try {
      await writeFile(this.#log, log);
    } catch (error) {
      throw new OutputError(wordsOf(error));
    }
  }

  #account(lines: Int32Array, parts: Parts): string {
    const left = extentText(extentOf(lines, parts));
    const all = extentText(extentOf(this.#all, parts));
    const time = durationText(Math.round(performance.now() - this.#start));
    return `${left} left, of ${all}, after ${this.#trials.runs} runs in ${time}`;
  }

  #note(text: string): void {
    if (this.#flags.quiet !== true) process.stderr.write(`godo: ${text}\n`);
  }
}

function extentOf(lines: Int32Array, { eventOf, processOf }: Parts): Extent {
  const events = new Set(lines.map((line) => eventOf[line]));
  const others = lines.filter((line) => eventOf[line] < 0).length;
  events.delete(-1);
  const processes = new Set([...events].map((event) => processOf[event]));
  processes.delete(-1);
  return {
    records: lines.length - others,
    events: events.size,
    processes: processes.size,
    others,
  };
}
