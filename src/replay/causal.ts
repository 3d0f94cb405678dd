/** The order in which it happened, as far as the analysis knows. */
import { Heap } from '../base/heap.ts';
import type { Life } from './lives.ts';
import type { RecordingEvent } from './recording.ts';

/** What has to be before what: pairs of units. */
class Bonds {
  readonly #before: number[] = [];
  readonly #after: number[] = [];

  /** Numbers below 0 stand for what is not known, which binds nothing. */
  add(before: number, after: number): void {
    if (before < 0 || after < 0 || before === after) return;
    this.#before.push(before);
    this.#after.push(after);
  }

  /** Of each unit those after it: unit u's are `items[start[u], start[u + 1])`. */
  successors(units: number): { start: Int32Array; items: Int32Array; waiting: Int32Array } {
    const start = new Int32Array(units + 1);
    const waiting = new Int32Array(units);
    for (const unit of this.#before) start[unit + 1]++;
    for (const unit of this.#after) waiting[unit]++;
    for (let u = 0; u < units; u++) start[u + 1] += start[u];
    const items = new Int32Array(this.#after.length);
    const next = start.slice(0, units);
    for (const [i, unit] of this.#before.entries()) items[next[unit]++] = this.#after[i];
    return { start, items, waiting };
  }
}

/**
 * Units as it happened: a birth before all that the child did, the end of a life before the waits
 * that told it and before the next life of its pid, what one process did in the order of its
 * serials (KERNEL facts 4 to 6). What is still open goes by `byTime`, a total order of the units.
 *
 * Total whatever the analysis says: where bonds form a circle, as in damaged recordings, the unit
 * that is first by time goes first. `count`: of the units, the events among them first.
 */
export function causalOrder(
  count: number,
  byTime: Int32Array,
  events: readonly RecordingEvent[],
  lives: readonly Life[],
): Int32Array {
  const bonds = new Bonds();
  const isBefore = (a: number, b: number): boolean => events[a].serial < events[b].serial;
  for (const life of lives) {
    const { birth, own, waits, before } = life;
    if (life.threaded) bindThreads(bonds, life);
    else bindChain(bonds, life);
    const last = own.at(-1) ?? birth;
    for (const wait of waits) bonds.add(last, wait);
    const first = birth >= 0 ? birth : own[0];
    for (const e of before) if (isBefore(e, first)) bonds.add(e, first);
  }
  return sorted(count, byTime, bonds);
}

function bindChain(bonds: Bonds, { birth, own }: Life): void {
  let before = birth;
  for (const e of own) {
    bonds.add(before, e);
    before = e;
  }
}

/** Threads go side by side, between their process's birth and its last event. */
function bindThreads(bonds: Bonds, { birth, own }: Life): void {
  const last = own.at(-1) ?? -1;
  for (const e of own) {
    bonds.add(birth, e);
    bonds.add(e, last);
  }
}

function sorted(count: number, byTime: Int32Array, bonds: Bonds): Int32Array {
  const rank = new Int32Array(count);
  for (const [i, unit] of byTime.entries()) rank[unit] = i;
  const { start, items, waiting } = bonds.successors(count);
  const ready = new Heap((a, b) => rank[a] - rank[b]);
  const done = new Uint8Array(count);
  for (const unit of byTime) if (waiting[unit] === 0) ready.push(unit);
  const order = new Int32Array(count);
  let oldest = 0;
  for (let at = 0; at < count; at++) {
    let unit = ready.pop();
    if (unit === undefined) {
      while (done[byTime[oldest]] === 1) oldest++;
      unit = byTime[oldest];
    }
    done[unit] = 1;
    order[at] = unit;
    for (let i = start[unit]; i < start[unit + 1]; i++) {
      const next = items[i];
      if (--waiting[next] === 0 && done[next] === 0) ready.push(next);
    }
  }
  return order;
}
