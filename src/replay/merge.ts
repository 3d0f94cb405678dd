/** Sequences of lines put together by time, each in its own order. */
import { Heap } from '../base/heap.ts';

/** Lines in an order, and when each may come, in ms: rising. */
export interface TimedLines {
  readonly lines: ArrayLike<number>;
  readonly clock: ArrayLike<number>;
}

/** All lines, by their clocks; of equal ones those of the sequence that stands first. */
export function mergeByClock(sequences: readonly TimedLines[]): Int32Array {
  const next = new Int32Array(sequences.length);
  const clockOf = (i: number): number => sequences[i].clock[next[i]];
  const heap = new Heap((a, b) => clockOf(a) - clockOf(b) || a - b);
  let length = 0;
  for (const [i, { lines }] of sequences.entries()) {
    length += lines.length;
    if (lines.length > 0) heap.push(i);
  }
  const merged = new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const i = heap.pop() as number;
    merged[at] = sequences[i].lines[next[i]++];
    if (next[i] < sequences[i].lines.length) heap.push(i);
  }
  return merged;
}

/** The latest of the times so far, which goes on over what tells none (NaN). */
export function logClock(times: Iterable<number>, length: number): Float64Array {
  const clock = new Float64Array(length);
  let now = Number.NEGATIVE_INFINITY;
  let i = 0;
  for (const time of times) {
    if (time > now) now = time;
    clock[i++] = now;
  }
  return clock;
}
