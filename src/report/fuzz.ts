/** What came of a run of `godo fuzz`, for people. */
import { quoteForDisplay, shellQuote } from '../base/text.ts';
import type { FuzzFailure, FuzzReport, FuzzShrunk, FuzzTally } from '../model/fuzz.ts';

/** Characters of a line that are shown; all of them are in the file. */
const SHOWN_LENGTH = 160;
/** Paths that are shown of each kind. */
const SHOWN_PATHS = 5;

const VERDICTS = {
  same: 'the answer is the same every time',
  differs: 'the answer depends on more than the records',
  flaky: 'the answer to the very same bytes is not always the same: nothing can be said of order',
  broken: 'the program fails already where nothing is out of order',
} as const;

/** Lines of text. */
export function* fuzzLines(report: FuzzReport): Generator<string, void> {
  const { events, lines, seed, kinds, failures, verdict, why, interrupted } = report;
  yield `${counted(events, 'event')}, ${counted(lines, 'line')}; seed ${seed}`;
  for (const tally of kinds) yield tallyLine(tally, failures);
  for (const failure of failures) {
    if (failure.file !== undefined) yield* failureLines(report, failure, failure.file);
  }
  const reason = why === undefined ? '' : `: ${quoteForDisplay(why)}`;
  if (interrupted) yield 'interrupted: not all variants were tried';
  if (!interrupted || verdict !== 'same') yield `${VERDICTS[verdict]}${reason}`;
}

function tallyLine(
  { kind, about, tried, failed }: FuzzTally,
  failures: readonly FuzzFailure[],
): string {
  const mark = failed === 0 ? '✓' : '✗';
  const head = `${mark} ${kind.padEnd(10)} ${String(tried).padStart(5)}  ${about}`;
  if (failed === 0) return head;
  const paths = failures.map(({ path }) => path).filter((path) => path.startsWith(`${kind}:`));
  const more = paths.length > SHOWN_PATHS ? ' …' : '';
  return `${head}: ${failed} differ: ${paths.slice(0, SHOWN_PATHS).join(' ')}${more}`;
}

function* failureLines(
  { command }: FuzzReport,
  { path, how, flaky, shrunk }: FuzzFailure,
  file: string,
): Generator<string, void> {
  yield '';
  yield `${path}: ${how}${flaky === true ? ', and the same bytes give yet another one' : ''}`;
  yield `  again: ${shellQuote([...command, '--replay', path])}`;
  yield `  lines: ${quoteForDisplay(file)}`;
  if (shrunk === undefined) return;
  yield `  ${shrunkText(shrunk)}: ${quoteForDisplay(shrunk.file)}`;
  yield `  without disorder: ${quoteForDisplay(shrunk.reference)}`;
  for (const line of shrunk.shown ?? []) yield `    ${cut(quoteForDisplay(line))}`;
}

function shrunkText({ events, lines, inversions, minimal, runs }: FuzzShrunk): string {
  const out = `${counted(inversions, 'pair')} of lines out of order`;
  const size = `${counted(events, 'event')}, ${counted(lines, 'line')}, ${out}`;
  const end = minimal ? '' : ', not as small as can be';
  return `made smaller in ${counted(runs, 'run')}: ${size}${end}`;
}

function cut(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH - 1)}…` : text;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
