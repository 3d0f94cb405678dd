/** What is said of checks, in all reporters alike. Everything is harmless for a terminal. */
import { quoteForDisplay } from '../../base/text.ts';
import type { ProcessDocument } from '../../model/process.ts';
import {
  type AllowedEnd,
  type Bounds,
  type Check,
  type Counts,
  countOutcomes,
  type Found,
  type Note,
  type Place,
  type Shortfall,
  type Verdict,
} from '../../model/verdict.ts';
import { signalText } from '../../tables/signals.ts';
import { cutSegments, paint, type Segment } from '../columns.ts';
import { chainSegments } from '../command.ts';
import { differenceLines } from '../difference.ts';
import { placeText } from '../summary.ts';
import { durationText } from '../time.ts';
import { lifeSegments } from '../tree.ts';

/** How lines are to be drawn. */
export interface DrawOptions {
  /** Columns; lines are cut to it. Infinity cuts nothing. */
  readonly width: number;
  readonly color: boolean;
}

/** One line. */
export function drawn(segments: readonly Segment[], { width, color }: DrawOptions): string {
  return paint(cutSegments(segments, width), color);
}

/** Why a check failed, in one sentence. */
export function shortfallText(shortfall: Shortfall): string {
  switch (shortfall.kind) {
    case 'unreadable':
      return `it could not be read: ${shortfall.reasons.map(quoteForDisplay).join('; ')}`;
    case 'faults': {
      const kinds = shortfall.counts.map(([kind, count]) => `${count} ${kind}`);
      return `it has faults: ${kinds.join(', ')}`;
    }
    case 'golden-missing':
      return 'there is no golden tree of it yet; --update writes one';
    case 'golden-stray':
      return 'no recording belongs to this golden tree; --update removes it';
    case 'golden-unreadable':
      return `the golden tree could not be read: ${quoteForDisplay(shortfall.reason)}`;
    case 'golden-unwritten':
      return `the golden tree could not be updated: ${quoteForDisplay(shortfall.reason)}`;
    case 'golden-differs':
      return 'the tree is another one';
    case 'none':
      return `${amongText(shortfall.found, 'matches', 'match')}, and none may`;
    case 'some':
      return `none of ${processesText(shortfall.of)} matches, and some must`;
    case 'count':
      return `${processesText(shortfall.found.total)} counted, and not ${boundsText(shortfall.bounds, String)}`;
    case 'all':
      return `${amongText(shortfall.found, 'does not match', 'do not match')}, and all must`;
    case 'duration': {
      const bounds = boundsText(shortfall.bounds, durationText);
      return `${amongText(shortfall.found, 'did', 'did')} not live for ${bounds}`;
    }
    case 'exit': {
      const allowed = shortfall.allowed.map(allowedText).join(' or ');
      return `${amongText(shortfall.found, 'did', 'did')} not end with ${allowed}`;
    }
    default: {
      const { of } = shortfall;
      const what =
        of === 0 ? 'there is no process to look at' : `none of ${processesText(of)} is chosen`;
      return `${what}, so nothing is shown; where that is fine, add count: {min: 0}`;
    }
  }
}

/**
 * What belongs to it, a line each: the first of the processes or faults, and how many more there
 * are, or where the tree is another one.
 */
export function shortfallDetails(shortfall: Shortfall, options: DrawOptions): string[] {
  if (shortfall.kind === 'golden-differs') {
    return [...differenceLines(shortfall.difference, options)];
  }
  if ('found' in shortfall)
    return foundDetails(shortfall.found).map((line) => drawn(line, options));
  if (shortfall.kind !== 'faults') return [];
  return faultDetails(shortfall).map((line) => drawn(line, options));
}

/** A line in pieces. */
type Detail = readonly Segment[];

function faultDetails({ first, counts }: Extract<Shortfall, { kind: 'faults' }>): Detail[] {
  const lines = first.map((fault): Detail => {
    const text = `${fault.kind}: ${placeText(fault)}${quoteForDisplay(fault.reason)}`;
    return [{ text, style: 'plain' }];
  });
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return [...lines, ...moreDetails(total - lines.length)];
}

function foundDetails({ first, total }: Found): Detail[] {
  return [...first.map(processDetail), ...moreDetails(total - first.length)];
}

function processDetail(p: ProcessDocument): Detail {
  const host = p.node === undefined ? '' : `${quoteForDisplay(p.node)} `;
  return [{ text: `${host}${p.pid} `, style: 'dim' }, ...chainSegments(p), ...lifeSegments(p)];
}

function moreDetails(count: number): Detail[] {
  return count > 0 ? [[{ text: `… and ${count} more`, style: 'dim' }]] : [];
}

/** What is to be said of a check that did not fail. */
export function noteText(note: Note): string {
  switch (note.kind) {
    case 'processes':
      return processesText(note.count);
    case 'golden':
      return note.change;
    case 'unreadable':
      return 'not checked: the recording could not be read';
    default:
      return `not checked: no recording is called ${note.traces.map(quoteForDisplay).join(' or ')}`;
  }
}

/** All that is said of a check in one line: of one that failed, why. */
export function checkText({ shortfalls, note }: Check): string {
  if (shortfalls.length > 0) return shortfalls.map(shortfallText).join('; ');
  return note === undefined ? '' : noteText(note);
}

/** `FILE:LINE:COLUMN`, as far as it is known. */
export function placeOfCheck({ file, line, column }: Place): string {
  const position = [line, column].filter((n) => n !== undefined);
  return [quoteForDisplay(file), ...position].join(':');
}

/** The outcomes of all checks. */
export function verdictCounts({ suites }: Verdict): Counts {
  return countOutcomes(suites.flatMap(({ checks }) => checks));
}

/** How it came out, in one line. */
export function verdictText(verdict: Verdict): string {
  const { passed, failed, skipped } = verdictCounts(verdict);
  const total = passed + failed + skipped;
  const rest = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${total} ${total === 1 ? 'check' : 'checks'}: ${passed} passed, ${failed} failed${rest}`;
}

/** `1 process`, `2 processes`. */
export function processesText(count: number): string {
  return `${count} ${count === 1 ? 'process' : 'processes'}`;
}

function amongText({ total, of }: Found, one: string, several: string): string {
  return `${total} of ${processesText(of)} ${total === 1 ? one : several}`;
}

function boundsText({ min, max }: Bounds, text: (amount: number) => string): string {
  if (min !== undefined && min === max) return `exactly ${text(min)}`;
  if (min !== undefined && max !== undefined) return `from ${text(min)} to ${text(max)}`;
  return min === undefined ? `at most ${text(max ?? 0)}` : `at least ${text(min)}`;
}

function allowedText(end: AllowedEnd): string {
  if ('signal' in end) return signalText(end.signal);
  return 'code' in end ? `exit ${end.code}` : `exit ${boundsText(end.codes, String)}`;
}
