/** Processes as rows of a table, each written as soon as it comes. */
import type { ProcessDocument } from '../model/process.ts';
import { cutSegments, paint, type Segment } from './columns.ts';
import { chainSegments } from './command.ts';
import { durationText, isoTime } from './time.ts';
import { signalText } from '../tables/signals.ts';

/** How the table is to be drawn. */
export interface TableOptions {
  /** Columns; rows are cut to it. Infinity cuts nothing. */
  readonly width: number;
  readonly color: boolean;
}

const NARROW = 8;
/** An ISO 8601 moment with milliseconds. */
const MOMENT = 24;

/** The titles of the columns. */
export function tableHead({ width, color }: TableOptions): string {
  const titles = ['PID', 'PPID'].map((title) => title.padStart(NARROW)).join(' ');
  const times = `${'START'.padEnd(MOMENT)} ${'LIFE'.padStart(NARROW)} ${'END'.padEnd(NARROW)}`;
  const text = `${titles} ${times} COMMAND`;
  return paint(cutSegments([{ text, style: 'bold' }], width), color);
}

/** One process. */
export function tableRow(p: ProcessDocument, { width, color }: TableOptions): string {
  const pids = `${`${p.pid}`.padStart(NARROW)} ${`${p.ppid ?? ''}`.padStart(NARROW)}`;
  const { start_timestamp: start, exit_timestamp: end } = p;
  const began = start === undefined ? '' : isoTime(start);
  const life = start === undefined || end === undefined ? '' : durationText(end - start);
  const times = `${began.padEnd(MOMENT)} ${life.padStart(NARROW)} `;
  const row: Segment[] = [{ text: `${pids} ${times}`, style: 'dim' }, endSegment(p)];
  return paint(
    cutSegments([...row, { text: ' ', style: 'plain' }, ...chainSegments(p)], width),
    color,
  );
}

function endSegment({
  exit_code: code,
  exit_signal: signal,
  exit_timestamp: end,
}: ProcessDocument): Segment {
  if (signal !== undefined) return { text: signalText(signal).padEnd(NARROW), style: 'signal' };
  if (code !== undefined) {
    return { text: `${code}`.padEnd(NARROW), style: code === 0 ? 'dim' : 'failure' };
  }
  return { text: (end === undefined ? '' : '?').padEnd(NARROW), style: 'dim' };
}
