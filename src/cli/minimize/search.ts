/** The search for the smallest recording: what it says, writes and keeps for another time. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { wordsOf } from '../../base/errors.ts';
import { quoteForDisplay } from '../../base/text.ts';
import { minimize, type MinimizeOptions, type Parts, type Stage } from '../../check/minimize.ts';
import { keyOf } from '../../check/reduce.ts';
import { auditLines, plainLog } from '../../replay/plain.ts';
import type { Recording } from '../../replay/recording.ts';
import { againLines, type Extent, extentText } from '../../report/minimized.ts';
import { durationText } from '../../report/time.ts';
import { EXIT } from '../analysis.ts';
import { type CommandEnd, endText } from '../child.ts';
import type { Interrupt } from '../interrupt.ts';
import { linesAsText, OutputError, writeAll } from '../output/output.ts';
import { partsOf } from './parts.ts';
import type { Ticker } from '../ticker.ts';
import { endOfAll, isSame, NOTHING, Trials, UNSTEADY } from './trials.ts';
import { openVerdicts, type Subject, type VerdictFile } from './verdicts.ts';

export interface SearchOptions {
  /** The command that fails. */
  readonly exec: string;
  readonly timeoutMs: number;
  readonly jobs: number;
  /** The log to write, or its name where it goes to standard output. */
  readonly log: string;
  readonly toStdout: boolean;
  /** Replaces a log that is there. */
  readonly force: boolean;
  /** The file of what has been found out. */
  readonly state: string;
  readonly quiet: boolean;
}

/** Says what went wrong, and gives the exit status of that. */
export function complain(text: string, status: number): number {
  process.stderr.write(`godo: ${text}\n`);
  return status;
}

export class Search {
  readonly #recording: Recording;
  readonly #all: Int32Array;
  readonly #options: SearchOptions;
  readonly #interrupt: Interrupt;
  readonly #ticker: Ticker;
  readonly #trials: Trials;
  readonly #start = performance.now();

  constructor(recording: Recording, options: SearchOptions, interrupt: Interrupt, ticker: Ticker) {
    this.#recording = recording;
    this.#all = auditLines(recording);
    this.#options = options;
    this.#interrupt = interrupt;
    this.#ticker = ticker;
    this.#trials = new Trials(recording, options, interrupt.signal);
  }

  /** Gives the exit status. Rejects with a CommandError or an OutputError. */
  async run(): Promise<number> {
    const { log, state } = this.#options;
    if (this.#wouldReplace()) {
      return complain(`${quoteForDisplay(log)} is there: --force replaces it`, EXIT.usage);
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
    const way = 'name another --state, or remove it';
    return complain(`${quoteForDisplay(state)} ${why}: ${way}`, EXIT.usage);
  }

  /** What an interrupted search has written is not in the way. */
  #wouldReplace(): boolean {
    const { log, toStdout, force, state } = this.#options;
    return !toStdout && !force && existsSync(log) && !existsSync(state);
  }

  #subject(end: CommandEnd): Subject {
    const hash = createHash('sha256');
    for (const chunk of plainLog(this.#recording, this.#all)) hash.update(chunk);
    const { exec, timeoutMs } = this.#options;
    return { sha256: hash.digest('hex'), exec, fails: endText(end), timeout_ms: timeoutMs };
  }

  async #search(end: CommandEnd, file: VerdictFile): Promise<number> {
    const known = file.verdicts.size;
    if (known > 0) this.#note(`going on from ${known} runs of before`);
    // `endOfAll` has seen to that.
    file.verdicts.set(keyOf(NOTHING), false);
    const parts = partsOf(this.#recording);
    const { lines, complete } = await minimize(this.#all, parts, this.#trials.endsLike(end), {
      jobs: this.#options.jobs,
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
    const { exec, log, quiet } = this.#options;
    if (!quiet) await writeAll(process.stderr, linesAsText(['', ...againLines(exec, log)]));
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
    const { log, toStdout } = this.#options;
    const chunks = plainLog(this.#recording, lines);
    if (toStdout) {
      await writeAll(process.stdout, chunks);
      return;
    }
    try {
      await writeFile(log, chunks);
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
    if (!this.#options.quiet) process.stderr.write(`godo: ${text}\n`);
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
