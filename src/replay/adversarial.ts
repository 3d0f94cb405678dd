/**
 * The worst order that a kernel could have sent the records in, with the serials as they are.
 *
 * An event gets its serial as its first record is made (KERNEL fact 2), and its records are sent
 * one by one after that; in between its thread may be kept from running. A process makes nothing
 * new before all records of an event are out (fact 6); a wait returns a child, and the next life
 * of a pid begins, after all that the ended life logged (fact 5). So with all serials of a host
 * on one line, the records of an event may come anywhere from its own serial to that of the next
 * event which it has to be out for. Within these bounds they are sent as late, and as mixed with
 * those of others, as the seed says.
 */
import { lowerBound } from '../base/list.ts';
import type { Rng } from '../base/rng.ts';
import { compareText } from '../base/compare.ts';
import type { Life } from './lives.ts';
import { logClock, mergeByClock, type TimedLines } from './merge.ts';
import { NO_EVENT, type RecordingEvent } from './recording.ts';
import type { Units } from './units.ts';

/** How long the kernel lets a thread wait for room for a record (AUDIT_BACKLOG_WAIT_TIME), ms. */
const MOST_LATE = 60_000;
/** Records come right behind the first of their event, or behind what came in the meantime. */
const PROMPT = 0;
const LATE = 1;

/** The events of one host along its serials. */
interface Axis {
  readonly events: Int32Array;
  /** The log's clock at each, ms. */
  readonly clock: Float64Array;
}

/** All lines in such an order. `boot`: by event; `byTime`: all units in order of time. */
export function adversarialOrder(
  units: Units,
  byTime: Int32Array,
  events: readonly RecordingEvent[],
  boot: Int32Array,
  lives: readonly Life[],
  rng: Rng,
): Int32Array {
  const axes = axesOf(events, boot);
  const rank = new Int32Array(events.length);
  for (const axis of axes) for (const [i, e] of axis.events.entries()) rank[e] = i;
  const until = deadlines(axes, rank, lives);
  const births = new Uint8Array(events.length);
  for (const { birth } of lives) if (birth >= 0) births[birth] = 1;
  const sequences = axes.map((axis) => hostile(axis, units, until, births, rng));
  return mergeByClock([...sequences, remaining(units, byTime, events.length)]);
}

/** One for each host, its boots one after another. */
function axesOf(events: readonly RecordingEvent[], boot: Int32Array): Axis[] {
  const order = Int32Array.from(events.keys()).sort(
    (a, b) =>
      compareText(events[a].node, events[b].node) ||
      boot[a] - boot[b] ||
      events[a].serial - events[b].serial ||
      events[a].time - events[b].time ||
      a - b,
  );
  const axes: Axis[] = [];
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && events[order[to]].node === events[order[from]].node) to++;
    const own = order.subarray(from, to);
    const times = Array.from(own, (e) => events[e].time);
    axes.push({ events: own, clock: logClock(times, own.length) });
  }
  return axes;
}

/** By event: the rank of the first event before which all of its records are out. */
function deadlines(axes: readonly Axis[], rank: Int32Array, lives: readonly Life[]): Int32Array {
  const until = new Int32Array(rank.length);
  for (const { events, clock } of axes) {
    for (const [i, e] of events.entries()) {
      until[e] = lowerBound(clock, i + 1, events.length, clock[i] + MOST_LATE);
    }
  }
  const bound = (e: number, by: number): void => {
    if (by >= 0 && rank[by] > rank[e] && rank[by] < until[e]) until[e] = rank[by];
  };
  const { caller, earliest, place } = descent(rank, lives);
  for (const [i, { birth, own, waits, before }] of lives.entries()) {
    for (let k = 1; k < own.length; k++) bound(own[k - 1], own[k]);
    const last = own.at(-1);
    if (last !== undefined) for (const wait of waits) bound(last, wait);
    // Each of the two may have the lower serial (fact 4).
    for (const e of before) for (const first of [birth, earliest[i]]) bound(e, first);
    // What the caller did before the birth was out before anything below the child began.
    const did = caller[i] < 0 ? undefined : lives[caller[i]].own[place[birth] - 1];
    if (did !== undefined) bound(did, earliest[i]);
  }
  return until;
}

/**
 * By life: the life that bore it, or -1; and the event of it or of anything below it that comes
 * first by serial, or NO_EVENT. By event: its place among those of its life.
 */
function descent(
  rank: Int32Array,
  lives: readonly Life[],
): { caller: Int32Array; earliest: Int32Array; place: Int32Array } {
  const owner = new Int32Array(rank.length).fill(-1);
  const place = new Int32Array(rank.length);
  for (const [i, { own }] of lives.entries()) {
    for (const [k, e] of own.entries()) {
      owner[e] = i;
      place[e] = k;
    }
  }
  const caller = Int32Array.from(lives, ({ birth }) => (birth < 0 ? -1 : owner[birth]));
  const earliest = Int32Array.from(lives, ({ own }) => own[0] ?? NO_EVENT);
  const waiting = new Int32Array(lives.length);
  for (const above of caller) if (above >= 0) waiting[above]++;
  // From the leaves up; each caller when all below it are done.
  const done = [...waiting.keys()].filter((i) => waiting[i] === 0);
  for (const i of done) {
    const above = caller[i];
    if (above < 0) continue;
    const [a, b] = [earliest[above], earliest[i]];
    if (b >= 0 && (a < 0 || rank[b] < rank[a])) earliest[above] = b;
    if (--waiting[above] === 0) done.push(above);
  }
  return { caller, earliest, place };
}

/** The lines of one host: each in a slot, which is behind one event and before the next. */
function hostile(
  { events, clock }: Axis,
  { lines }: Units,
  until: Int32Array,
  births: Uint8Array,
  rng: Rng,
): TimedLines {
  const sent: { line: number; slot: number; turn: number; chance: number }[] = [];
  for (const [i, e] of events.entries()) {
    const own = lines.items.subarray(lines.start[e], lines.start[e + 1]);
    const slots = slotsFor(own.length, i, until[e], births[e] === 1, rng);
    const chances = Array.from(own, () => rng.below(2 ** 32)).sort((a, b) => a - b);
    for (const [k, line] of own.entries()) {
      const turn = slots[k] === PROMPT_SLOT ? PROMPT : LATE;
      const slot = turn === PROMPT ? i : slots[k];
      sent.push({ line, slot, turn, chance: turn === PROMPT ? 0 : chances[k] });
    }
  }
  // Stable: the records of one event keep their order.
  sent.sort((a, b) => a.slot - b.slot || a.turn - b.turn || a.chance - b.chance);
  return { lines: sent.map(({ line }) => line), clock: sent.map(({ slot }) => clock[slot]) };
}

const PROMPT_SLOT = -1;

/** For each record of an event at rank `at`: its slot in `[at, until)`, rising, or PROMPT_SLOT. */
function slotsFor(count: number, at: number, until: number, bears: boolean, rng: Rng): number[] {
  const last = until - 1;
  const choice = rng.below(8);
  // A fork whose records are late has its child's before it.
  if (choice < (bears ? 7 : 3)) return Array.from({ length: count }, () => last);
  if (choice < 5) return Array.from({ length: count }, (_, k) => (k === 0 ? PROMPT_SLOT : last));
  if (choice === 7) return Array.from({ length: count }, () => PROMPT_SLOT);
  const slots = Array.from({ length: count }, () => at + rng.below(until - at));
  return slots.sort((a, b) => a - b);
}

/** What is no event's, by time: another witness has a channel of its own. */
function remaining({ lines, time }: Units, byTime: Int32Array, events: number): TimedLines {
  const own: number[] = [];
  const times: number[] = [];
  for (const unit of byTime) {
    if (unit < events) continue;
    for (let i = lines.start[unit]; i < lines.start[unit + 1]; i++) {
      own.push(lines.items[i]);
      times.push(time[unit]);
    }
  }
  return { lines: own, clock: times };
}
