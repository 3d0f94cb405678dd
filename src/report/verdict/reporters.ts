import type { Verdict } from '../../model/verdict.ts';
import { githubLines } from './github.ts';
import { verdictJson } from './json.ts';
import { junitLines } from './junit.ts';
import { specLines } from './spec.ts';
import { tapLines } from './tap.ts';
import type { DrawOptions } from './words.ts';

/** The forms that a verdict can have. */
export const REPORTERS = ['spec', 'junit', 'tap', 'github', 'json'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** A verdict in that form, a line each and without line ends. Only `spec` looks at the options. */
export function verdictLines(
  verdict: Verdict,
  reporter: Reporter,
  options: DrawOptions,
): Iterable<string> {
  switch (reporter) {
    case 'spec':
      return specLines(verdict, options);
    case 'junit':
      return junitLines(verdict);
    case 'tap':
      return tapLines(verdict);
    case 'github':
      return githubLines(verdict);
    default:
      return [verdictJson(verdict)];
  }
}
