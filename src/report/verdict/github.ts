import { quoteForDisplay } from '../../base/text.ts';
import type { Check, Suite, Verdict } from '../../model/verdict.ts';
import { failureText } from './plain.ts';
import { verdictText } from './words.ts';

/**
 * A verdict as commands of GitHub Actions: an annotation for each failure, at its place. Files are
 * found by GitHub when they are named from the top of the repository.
 */
export function* githubLines(verdict: Verdict): Generator<string, void> {
  for (const suite of verdict.suites) {
    for (const check of suite.checks) {
      if (check.outcome === 'failed') yield annotation(suite, check);
    }
  }
  yield verdictText(verdict);
}

function annotation(suite: Suite, check: Check): string {
  const { file, line, column } = check.place;
  const properties = [
    `file=${property(file)}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
    `title=${property(quoteForDisplay(`${suite.name}: ${check.name}`))}`,
  ];
  return `::error ${properties.join(',')}::${data(failureText(check).join('\n'))}`;
}

/** As GitHub's own toolkit writes it. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
