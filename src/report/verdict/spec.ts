import { quoteForDisplay } from '../../base/text.ts';
import type { Check, Suite, Verdict } from '../../model/verdict.ts';
import type { Segment } from '../columns.ts';
import {
  checkText,
  type DrawOptions,
  drawn,
  placeOfCheck,
  processesText,
  shortfallDetails,
  shortfallText,
  verdictText,
} from './words.ts';

/** A verdict for people: each check in a line, and below those that failed what broke them. */
export function* specLines(verdict: Verdict, options: DrawOptions): Generator<string, void> {
  for (const suite of verdict.suites) {
    yield drawn(suiteSegments(suite), options);
    for (const check of suite.checks) {
      yield drawn(checkSegments(check), options);
      yield* failureLines(check, options);
    }
    yield '';
  }
  yield verdictText(verdict);
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

const INDENT = '        ';

function* failureLines({ shortfalls }: Check, options: DrawOptions): Generator<string, void> {
  const inner = { ...options, width: Math.max(options.width - INDENT.length, 1) };
  for (const shortfall of shortfalls) {
    yield drawn([{ text: `      ${shortfallText(shortfall)}`, style: 'plain' }], options);
    for (const detail of shortfallDetails(shortfall, inner)) yield INDENT + detail;
  }
}
