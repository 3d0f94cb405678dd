/**
 * The smallest disorder that still fails: of an order that fails, one that is closer to the order
 * it ought to be in. The counterpart of reduce.ts, which makes the set of things smaller.
 */
import { reduce } from './reduce.ts';

/** Whether this order still fails. Must end soon once `signal` is aborted. */
export type OrderFails = (order: Int32Array, signal: AbortSignal) => Promise<boolean>;

export interface StraightenOptions {
  /** Tests that may run at the same time, 1 or more. */
  readonly jobs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface Straightened {
  readonly order: Int32Array;
  /** False when it was ended early: then it fails, but may be further from order than it must. */
  readonly complete: boolean;
}

/**
 * `order` holds whole numbers, ascending where nothing is out of order; it must fail, which is not
 * tested here. In the result no two neighbours can change places for the better: it is minimal in
 * that sense.
 */
export async function straighten(
  order: Int32Array,
  stillFails: OrderFails,
  options: StraightenOptions,
): Promise<Straightened> {
  const few = await fewEarly(order, stillFails, options);
  return sortStretches(few, stillFails, options.signal);
}

/** As few as can be come before one that they ought to come after; the others are in order. */
async function fewEarly(
  order: Int32Array,
  stillFails: OrderFails,
  { jobs, signal }: StraightenOptions,
): Promise<Int32Array> {
  const early: Int32Array[] = [];
  let least = Infinity;
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i] > least) early.push(Int32Array.of(i));
    least = Math.min(least, order[i]);
  }
  const { atoms } = await reduce(
    early.reverse(),
    new Int32Array(0),
    (places, wanted) => stillFails(withEarly(order, places), wanted),
    { jobs, signal, verdicts: new Map() },
  );
  return withEarly(order, atoms);
}

/**
 * What is at these places stays before the first of the others that it came before; the others are
 * sorted. With all places that are early it is the order itself.
 */
function withEarly(order: Int32Array, places: Int32Array): Int32Array {
  const isEarly = new Uint8Array(order.length);
  for (const place of places) isEarly[place] = 1;
  const others = order.filter((_, i) => isEarly[i] === 0).sort();
  // By place: the least of the others behind it.
  const next = new Float64Array(order.length + 1).fill(Infinity);
  for (let i = order.length - 1; i >= 0; i--) {
    next[i] = isEarly[i] === 1 ? next[i + 1] : Math.min(next[i + 1], order[i]);
  }
  const result = new Int32Array(order.length);
  let at = 0;
  let taken = 0;
  for (const place of places) {
    while (taken < others.length && others[taken] < next[place]) result[at++] = others[taken++];
    result[at++] = order[place];
  }
  result.set(others.subarray(taken), at);
  return result;
}

/** Longer and then shorter stretches, down to two, are sorted wherever it still fails after. */
async function sortStretches(
  order: Int32Array,
  stillFails: OrderFails,
  signal: AbortSignal,
): Promise<Straightened> {
  let best = order;
  for (let size = order.length; size >= 2; size = size > 2 ? Math.ceil(size / 2) : 0) {
    // Again while it helps: what is sorted moves on by half a stretch each time.
    for (let changed = true; changed; ) {
      changed = false;
      for (let from = 0; from + 1 < best.length; from += Math.max(1, size >> 1)) {
        const next = sortedBetween(best, from, from + size);
        if (next === undefined) continue;
        const fails = !signal.aborted && (await stillFails(next, signal));
        if (signal.aborted) return { order: best, complete: false };
        if (!fails) continue;
        best = next;
        changed = true;
      }
    }
  }
  return { order: best, complete: !signal.aborted };
}

/** How many pairs are out of order. */
export function inversions(order: Int32Array): number {
  const sorted = order.slice().sort();
  // A tree of counts (Fenwick) over the places of the sorted values.
  const counts = new Int32Array(order.length + 1);
  let found = 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const place = placeOf(sorted, order[i]);
    for (let at = place; at > 0; at -= at & -at) found += counts[at];
    for (let at = place + 1; at < counts.length; at += at & -at) counts[at]++;
  }
  return found;
}

/** How many values are smaller. */
function placeOf(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The order with the values from one place to before another sorted; undefined if they are. */
function sortedBetween(order: Int32Array, from: number, to: number): Int32Array | undefined {
  if (isSorted(order, from, Math.min(to, order.length))) return undefined;
  const next = order.slice();
  next.subarray(from, to).sort();
  return next;
}

function isSorted(order: Int32Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (order[i - 1] > order[i]) return false;
  return true;
}
