/** What a program makes of a delivery: godo itself, or a command. */
import { createHash } from 'node:crypto';
import { decodeText } from '../../base/text.ts';
import { CANONICAL_FORMS, canonical } from '../../check/canonical.ts';
import { Analyzer } from '../../pipeline.ts';
import { plainLog } from '../../replay/plain.ts';
import type { Recording } from '../../replay/recording.ts';
import { chunksOfLines, type Delivery, inputsOf } from '../../replay/variants.ts';
import { type CommandRun, endText, runCommand } from '../child.ts';

export interface Answer {
  /** Equal where the answers are. */
  readonly text: string;
  /** How it failed, where it gave no answer. */
  readonly failure?: string;
  /** What it said about that. */
  readonly complaint?: string;
}

/** Asks the program. Must end soon once `signal` is aborted; what it then says does not count. */
export type Ask = (delivery: Delivery, signal: AbortSignal) => Promise<Answer>;

/** Godo's own analysis, after all that is delivered. */
export function analyzerOf(recording: Recording, delivery: Delivery): Analyzer {
  const analyzer = new Analyzer();
  for (const { stream, lines } of inputsOf(recording, delivery)) {
    analyzer.open(stream.name, stream.origin);
    for (const chunk of chunksOfLines(recording, lines, delivery.chunks)) analyzer.push(chunk);
    analyzer.close();
  }
  return analyzer;
}

/** Asks for the digest of the analysis, in which each line must be accounted for. */
export function askGodo(recording: Recording): Ask {
  return (delivery) => {
    const { digest, account } = analyzerOf(recording, delivery).finish().summary;
    const ignored = Object.values(account.ignored).reduce((sum, count) => sum + count, 0);
    const sum = account.attached + ignored + account.rejected;
    const { length } = delivery.lines;
    const balances = account.records === length && sum === length;
    const failure = `${length} lines, ${account.records} read, ${sum} accounted for`;
    return Promise.resolve(balances ? { text: digest } : { text: digest, failure });
  };
}

/** Bytes of output that are compared, at most. */
const MAX_OUTPUT = 64 * 2 ** 20;

export interface CommandToAsk {
  readonly exec: string;
  /** A form of canonical.ts, or a command that is a filter. */
  readonly canonicalize: string;
  readonly timeoutMs: number;
}

/** Asks for the standard output of a command. Rejects with a CommandError. */
export function askCommand(recording: Recording, command: CommandToAsk): Ask {
  const { exec, canonicalize, timeoutMs } = command;
  const form = CANONICAL_FORMS.find((name) => name === canonicalize);
  return async ({ lines }, signal) => {
    const options = { timeoutMs, signal, maxOutput: MAX_OUTPUT };
    const run = await runCommand(exec, plainLog(recording, lines), options);
    const failure = failureOf(run, '');
    if (failure !== undefined) return failure;
    if (form !== undefined) return answerOf(canonical(run.stdout, form));
    const filter = await runCommand(canonicalize, [run.stdout], options);
    return failureOf(filter, 'the filter of --canonicalize: ') ?? answerOf(filter.stdout);
  };
}

function answerOf(output: Buffer | string): Answer {
  return { text: createHash('sha256').update(output).digest('hex') };
}

/** Undefined where the command ended well. */
function failureOf({ end, stderr }: CommandRun, who: string): Answer | undefined {
  if (end.kind === 'exit' && end.status === 0) return undefined;
  const failure = `${who}${endText(end)}`;
  const complaint = decodeText(stderr).trimEnd().split('\n').at(-1) ?? '';
  return { text: failure, failure, ...(complaint === '' ? {} : { complaint }) };
}
