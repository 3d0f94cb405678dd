/** True time: what is under way, in the order in which it comes to pass. */
import type { Machine, Scheduled } from './state.ts';

export const US = 1000;
export const MS = 1_000_000;

/** Has `run` happen `delay` ns from now. Equal moments keep their order. */
export function after(m: Machine, delay: number, run: () => void): void {
  const item: Scheduled = { time: m.now + Math.max(0, delay), order: m.order++, run };
  let low = 0;
  let high = m.queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (m.queue[middle].time <= item.time) low = middle + 1;
    else high = middle;
  }
  m.queue.splice(low, 0, item);
}

/** A short delay that nothing in the program decides; seldom a long one. */
export function soon(m: Machine, run: () => void): void {
  const span = m.rng.once(12) ? 6 * MS : m.rng.once(3) ? 300 * US : 20 * US;
  after(m, 1 + m.rng.below(span), run);
}

/** Lets time pass up to `time`. */
export function runUntil(m: Machine, time: number): void {
  while (m.queue.length > 0 && m.queue[0].time <= time) next(m);
  m.now = Math.max(m.now, time);
}

/** Lets everything that is under way happen. */
export function drain(m: Machine): void {
  while (m.queue.length > 0) next(m);
}

function next(m: Machine): void {
  const item = m.queue.shift();
  if (item === undefined) return;
  m.now = item.time;
  item.run();
}
