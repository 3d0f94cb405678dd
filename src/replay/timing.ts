/**
 * When each line of a recording is to be played.
 *
 * Entry times are of the coarse clock (KERNEL fact 1): many events tie. Those of one tick are
 * spread evenly over it, in the order in which they are played.
 */
import type { OrderName } from './orders.ts';
import { NO_EVENT, type Recording } from './recording.ts';
import { logClock } from './merge.ts';
import { unitsOf } from './units.ts';

/** Lines in the order to play them. */
export interface Timetable {
  readonly lines: Int32Array;
  /** By place: when the line is due, in ms on the recording's clock. It never falls. */
  readonly due: Float64Array;
}

/** A tick of the kernel is from 1 ms (HZ=1000) to 10 ms (HZ=100). */
const LONGEST_TICK = 10;

/** Orders in which entry times rise, but for calls that waited. */
const IN_TIME: ReadonlySet<OrderName> = new Set<OrderName>(['recorded', 'time', 'causal']);

/**
 * Times for lines that are played in `order`. In the orders recorded, time and causal a line is
 * due at the latest entry time so far, which is its own but for calls that waited. In the others
 * entry times jump, and the recording's times are dealt out instead: the k-th line played is due
 * when the k-th of these lines was in the recording.
 *
 * `lines`: some or all lines of the recording, in that order; `recorded`: the same lines as they
 * were recorded.
 */
export function timetable(
  recording: Recording,
  order: OrderName,
  lines: Int32Array,
  recorded: Int32Array,
): Timetable {
  return { lines, due: dueTimes(recording, IN_TIME.has(order) ? lines : recorded) };
}

function dueTimes({ time, event }: Recording, lines: Int32Array): Float64Array {
  const times = Array.from(lines, (i) => time[i]);
  const due = logClock(times, lines.length);
  // What comes before the first time is due with it.
  const first = due.findIndex(Number.isFinite);
  due.fill(first < 0 ? 0 : due[first], 0, first < 0 ? due.length : first);
  const tick = tickOf(due);
  for (let from = 0, to = 0; from < due.length; from = to) {
    const now = due[from];
    while (to < due.length && due[to] === now) to++;
    const next = to < due.length ? due[to] : Number.POSITIVE_INFINITY;
    spread(due, lines, event, from, to, now, Math.min(tick, next - now));
  }
  return due;
}

/** The smallest step of whole milliseconds between two times; at most LONGEST_TICK. */
function tickOf(clock: Float64Array): number {
  let tick = LONGEST_TICK;
  for (let i = 1; i < clock.length; i++) {
    const step = clock[i] - clock[i - 1];
    // The connector's clock is finer.
    if (step >= 1 && step < tick && Number.isInteger(clock[i])) tick = step;
  }
  return tick;
}

/** Shares a tick out among the events in `[from, to)`; the records of one that follow each other go together. */
function spread(
  due: Float64Array,
  lines: Int32Array,
  event: Int32Array,
  from: number,
  to: number,
  start: number,
  width: number,
): void {
  const slots: number[] = [];
  let last = NO_EVENT;
  let slot = 0;
  for (let at = from; at < to; at++) {
    const own = event[lines[at]];
    // What is no event's goes with the line before it.
    if (own >= 0 && last >= 0 && own !== last) slot++;
    if (own >= 0) last = own;
    slots.push(slot);
  }
  for (let at = from; at < to; at++) due[at] = start + (width * slots[at - from]) / (slot + 1);
}

/** What of a recording to play; times in ms since the epoch, both included. */
export interface Span {
  readonly from?: number;
  readonly until?: number;
}

/** By line: whether it is played. A line that tells no time goes with the one before it. */
export function linesWithin(recording: Recording, { from, until }: Span): Uint8Array {
  const within = new Uint8Array(recording.length);
  const { count, lines, time } = unitsOf(recording);
  for (let unit = 0; unit < count; unit++) {
    if (from !== undefined && !(time[unit] >= from)) continue;
    if (until !== undefined && !(time[unit] <= until)) continue;
    for (let i = lines.start[unit]; i < lines.start[unit + 1]; i++) within[lines.items[i]] = 1;
  }
  return within;
}

/** The earliest entry time of an event; undefined without events. */
export function beginOf({ events }: Recording): number | undefined {
  let begin = Number.POSITIVE_INFINITY;
  for (const { time } of events) if (time < begin) begin = time;
  return Number.isFinite(begin) ? begin : undefined;
}
