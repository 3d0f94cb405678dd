/**
 * What stays together when events are put into an order: the lines of one event, or one line of
 * the process connector's, each with the lines after it that tell no time.
 */
import { type Groups, groupBy } from '../base/groups.ts';
import { NO_EVENT, type Recording } from './recording.ts';

/** Numbered from 0: first the events, by their numbers, then the rest as it was read. */
export interface Units {
  readonly count: number;
  /** Lines by unit, as they were read. */
  readonly lines: Groups;
  /** By unit, ms; -Infinity for the lines of an input that tells no time at all. */
  readonly time: Float64Array;
}

/**
 * Every line is in one unit. A line that tells no time belongs to that of the line before it in
 * its stream; at the start of a stream to that of the first line that tells one.
 */
export function unitsOf(recording: Recording): Units {
  const { events, event, stream, time } = recording;
  const unitOf = new Int32Array(recording.length);
  const times = events.map((one) => one.time);
  const last = recording.streams.map(() => NO_EVENT);
  const leading = new Map<number, number[]>();
  for (let i = 0; i < unitOf.length; i++) {
    const from = stream[i];
    const tellsTime = event[i] >= 0 || !Number.isNaN(time[i]);
    if (tellsTime) last[from] = event[i] >= 0 ? event[i] : times.push(time[i]) - 1;
    unitOf[i] = last[from];
    if (last[from] < 0) leading.set(from, [...(leading.get(from) ?? []), i]);
  }
  for (const [from, lines] of leading) {
    const first = firstOf(recording, from, unitOf);
    const unit = first >= 0 ? first : times.push(Number.NEGATIVE_INFINITY) - 1;
    for (const i of lines) unitOf[i] = unit;
  }
  const count = times.length;
  return { count, lines: groupBy(unitOf, count), time: Float64Array.from(times) };
}

/** The unit of the first line of a stream that has one, or NO_EVENT. */
function firstOf({ stream }: Recording, from: number, unitOf: Int32Array): number {
  for (let i = 0; i < unitOf.length; i++) {
    if (stream[i] === from && unitOf[i] >= 0) return unitOf[i];
  }
  return NO_EVENT;
}

/** The lines of units, in the order of these. */
export function linesOfUnits({ lines: { start, items } }: Units, order: Int32Array): Int32Array {
  const lines = new Int32Array(items.length);
  let at = 0;
  for (const unit of order) {
    for (let i = start[unit]; i < start[unit + 1]; i++) lines[at++] = items[i];
  }
  return lines;
}
