import { quoteForDisplay } from '../../base/text.ts';
import type { Check, Verdict } from '../../model/verdict.ts';
import { failureText } from './plain.ts';
import { checkText } from './words.ts';

/** A verdict as TAP, version 14: each check is a test point, and failures have YAML diagnostics. */
export function* tapLines({ suites }: Verdict): Generator<string, void> {
  yield 'TAP version 14';
  yield `1..${suites.reduce((sum, { checks }) => sum + checks.length, 0)}`;
  let number = 0;
  for (const suite of suites) {
    for (const check of suite.checks) {
      const result = check.outcome === 'failed' ? 'not ok' : 'ok';
      const about = described(`${suite.name}: ${check.name}`);
      yield `${result} ${++number} - ${about}${directive(check)}`;
      if (check.outcome === 'failed') yield* diagnostics(check);
    }
  }
}

/** `#` begins a directive, and a backslash takes that from it. */
function described(text: string): string {
  return escaped(quoteForDisplay(text));
}

function escaped(text: string): string {
  return text.replace(/[\\#]/g, String.raw`\$&`);
}

function directive(check: Check): string {
  return check.outcome === 'skipped' ? ` # SKIP ${escaped(checkText(check))}` : '';
}

function* diagnostics(check: Check): Generator<string, void> {
  const { file, line, column } = check.place;
  yield '  ---';
  yield `  message: ${scalar(checkText(check))}`;
  yield '  severity: fail';
  yield '  at:';
  yield `    file: ${scalar(file)}`;
  if (line !== undefined) yield `    line: ${line}`;
  if (column !== undefined) yield `    column: ${column}`;
  yield '  details:';
  for (const text of failureText(check)) yield `    - ${scalar(text)}`;
  yield '  ...';
}

/** What JSON leaves as it is and YAML readers may refuse or take for a line's end. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A string in double quotes, which JSON and YAML write alike. */
function scalar(text: string): string {
  return JSON.stringify(text).replace(
    UNPRINTABLE,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
