import { quoteForDisplay, decodeText } from '../../base/text.ts';
import type { StillFails } from '../../check/reduce.ts';
import { plainLog } from '../../replay/plain.ts';
import type { Recording } from '../../replay/recording.ts';
import { EXIT } from '../analysis.ts';
import { type CommandEnd, type CommandRun, endText, runCommand } from '../child.ts';

/** Runs of a command on lines of a recording. */
export class Trials {
  /** How many there were. */
  runs = 0;
  readonly #recording: Recording;
  readonly #command: string;
  readonly #timeoutMs: number;
  readonly #interrupt: AbortSignal;

  constructor(
    recording: Recording,
    command: { readonly exec: string; readonly timeoutMs: number },
    interrupt: AbortSignal,
  ) {
    this.#recording = recording;
    this.#command = command.exec;
    this.#timeoutMs = command.timeoutMs;
    this.#interrupt = interrupt;
  }

  /** Rejects with a CommandError. */
  async run(lines: Int32Array, signal = this.#interrupt): Promise<CommandRun> {
    this.runs++;
    return runCommand(this.#command, plainLog(this.#recording, lines), {
      timeoutMs: this.#timeoutMs,
      signal,
    });
  }

  endsLike(end: CommandEnd): StillFails {
    return async (lines, signal) => isSame(end, (await this.run(lines, signal)).end);
  }
}

/** Why there is nothing to search for, and the exit status of that. */
interface Refusal {
  readonly problem: string;
  readonly status: number;
}

/** No lines. */
export const NOTHING = new Int32Array(0);
/** What sh says of a command that it did not find, or may not run. */
const CANNOT_RUN: ReadonlySet<number> = new Set([126, 127]);

export const UNSTEADY = 'the command does not always end the same way on the same records';

/** How the command ends on all lines, where it is worth a search. */
export async function endOfAll(
  trials: Trials,
  all: Int32Array,
): Promise<{ readonly end: CommandEnd } | Refusal> {
  const { end, stderr } = await trials.run(all);
  if (end.kind === 'exit' && end.status === 0) {
    return fails('the command does not fail on the whole recording');
  }
  if (end.kind === 'exit' && CANNOT_RUN.has(end.status)) {
    const problem = `the command cannot be run: ${endText(end)}${said(stderr)}`;
    return { problem, status: EXIT.usage };
  }
  const again = (await trials.run(all)).end;
  if (!isSame(end, again)) {
    return fails(`${UNSTEADY}: first ${endText(end)}, then ${endText(again)}`);
  }
  if (isSame(end, (await trials.run(NOTHING)).end)) {
    return fails(`the command fails without any record, too: ${endText(end)}${said(stderr)}`);
  }
  return { end };
}

export function isSame(a: CommandEnd, b: CommandEnd): boolean {
  return endText(a) === endText(b);
}

function fails(problem: string): Refusal {
  return { problem, status: EXIT.faults };
}

/** The last line of what a command wrote to standard error. */
function said(stderr: Buffer): string {
  const last = decodeText(stderr).trimEnd().split('\n').at(-1) ?? '';
  return last === '' ? '' : `\n  ${quoteForDisplay(last)}`;
}
