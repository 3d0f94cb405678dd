import { quoteForDisplay } from '../../base/text.ts';
import type { Check, Suite, Verdict } from '../../model/verdict.ts';
import { cutSegments, paint, type Segment } from '../columns.ts';
import {
  checkText,
  placeOfCheck,
  processesText,
  shortfallDetails,
  shortfallText,
  verdictText,
} from './words.ts';

/** How the report is to be drawn. */
export interface SpecOptions {
  /** Columns; rows are cut to it. Infinity cuts nothing. */
  readonly width: number;
  readonly color: boolean;
}

/** A verdict for people: each check in a line, and below those that failed what broke them. */
export function* specLines(verdict: Verdict, options: SpecOptions): Generator<string, void> {
  for (const suite of verdict.suites) {
    yield drawn(suiteSegments(suite), options);
    for (const check of suite.checks) {
      yield drawn(checkSegments(check), options);
      for (const line of failureLines(check)) yield drawn(line, options);
    }
    yield '';
  }
  yield verdictText(verdict);
}

function drawn(segments: readonly Segment[], { width, color }: SpecOptions): string {
  return paint(cutSegments(segments, width), color);
}

function suiteSegments({ name, path, processes }: Suite): Segment[] {
  const about = [
    quoteForDisplay(path),
    ...(processes === undefined ? [] : [processesText(processes)]),
  ];
  return [
    { text: quoteForDisplay(name), style: 'bold' },
    { text: `  ${about.join(', ')}`, style: 'dim' },
  ];
}

function checkSegments(check: Check): Segment[] {
  const { outcome, name, place } = check;
  const text = quoteForDisplay(name);
  if (outcome === 'failed') {
    return [
      { text: `  ✗ ${text}`, style: 'failure' },
      { text: `  ${placeOfCheck(place)}`, style: 'dim' },
    ];
  }
  const note = checkText(check);
  return [
    { text: `  ${outcome === 'passed' ? '✓' : '-'} ${text}`, style: 'plain' },
    { text: note === '' ? '' : `  ${note}`, style: 'dim' },
  ];
}

function* failureLines({ shortfalls }: Check): Generator<readonly Segment[], void> {
  for (const shortfall of shortfalls) {
    yield [{ text: `      ${shortfallText(shortfall)}`, style: 'plain' }];
    for (const detail of shortfallDetails(shortfall)) {
      yield [{ text: '        ', style: 'plain' }, ...detail];
    }
  }
}
