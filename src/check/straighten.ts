/**
 * The smallest disorder that still fails: of an order that fails, one that is closer to the order
 * it ought to be in. The counterpart of reduce.ts, which makes the set of things smaller.
 */

/** Whether this order still fails. */
export type OrderFails = (order: Int32Array) => Promise<boolean>;

export interface Straightened {
  readonly order: Int32Array;
  /** False when `mayGoOn` ended it: then it fails, but may be further from order than it must. */
  readonly complete: boolean;
}

/**
 * `order` holds whole numbers, ascending where nothing is out of order; it must fail, which is not
 * tested here. First longer and then shorter stretches are sorted, wherever it still fails after.
 * In the result no two neighbours can change places for the better: it is minimal in that sense.
 * `mayGoOn` is asked before each test.
 */
export async function straighten(
  order: Int32Array,
  stillFails: OrderFails,
  mayGoOn: () => boolean,
): Promise<Straightened> {
  let best = order;
  for (let size = order.length; size >= 2; size = size > 2 ? Math.ceil(size / 2) : 0) {
    // Pairs until none is left, longer stretches once: half of each is in the next one.
    for (let changed = true; changed; changed = changed && size === 2) {
      changed = false;
      for (let from = 0; from + 1 < best.length; from += Math.max(1, size >> 1)) {
        const next = sortedBetween(best, from, from + size);
        if (next === undefined) continue;
        if (!mayGoOn()) return { order: best, complete: false };
        if (!(await stillFails(next))) continue;
        best = next;
        changed = true;
      }
    }
  }
  return { order: best, complete: true };
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
