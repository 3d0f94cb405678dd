/** Aligning lists of numbers: which items of one are which of the other. */

/** Longest common parts are found exactly where two lists have no more pairs than this. */
const MOST_PAIRS = 250_000;

/** Takes a pair of positions, in the first and the second list. */
export type Pairing = (i: number, k: number) => void;

interface Range {
  readonly i: number;
  readonly iEnd: number;
  readonly k: number;
  readonly kEnd: number;
}

/**
 * Pairs equal items of two lists so that both orders are kept: as many as can be, as long as
 * the stretches between items that each list has once are short; in longer ones without such
 * items none.
 */
export function alignInOrder(a: Int32Array, b: Int32Array, pair: Pairing): void {
  const ranges: Range[] = [{ i: 0, iEnd: a.length, k: 0, kEnd: b.length }];
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    let { i, iEnd, k, kEnd } = range;
    while (i < iEnd && k < kEnd && a[i] === b[k]) pair(i++, k++);
    while (i < iEnd && k < kEnd && a[iEnd - 1] === b[kEnd - 1]) pair(--iEnd, --kEnd);
    if (i === iEnd || k === kEnd) continue;
    const rest = { i, iEnd, k, kEnd };
    if ((iEnd - i) * (kEnd - k) <= MOST_PAIRS) longestCommon(a, b, rest, pair);
    else splitAtAnchors(a, b, rest, ranges, pair);
  }
}

function longestCommon(a: Int32Array, b: Int32Array, range: Range, pair: Pairing): void {
  const { i: i0, iEnd, k: k0, kEnd } = range;
  const rows = iEnd - i0;
  const width = kEnd - k0 + 1;
  // length[r * width + c]: of the longest common part of what begins at row r and column c.
  const length = new Int32Array((rows + 1) * width);
  for (let r = rows - 1; r >= 0; r--) {
    for (let c = width - 2; c >= 0; c--) {
      const at = r * width + c;
      length[at] =
        a[i0 + r] === b[k0 + c]
          ? length[at + width + 1] + 1
          : Math.max(length[at + width], length[at + 1]);
    }
  }
  let r = 0;
  let c = 0;
  while (r < rows && c < width - 1) {
    const at = r * width + c;
    if (a[i0 + r] === b[k0 + c]) pair(i0 + r++, k0 + c++);
    else if (length[at + width] >= length[at + 1]) r++;
    else c++;
  }
}

/** Items that each list has once are paired, as far as their orders agree. */
function splitAtAnchors(
  a: Int32Array,
  b: Int32Array,
  { i, iEnd, k, kEnd }: Range,
  ranges: Range[],
  pair: Pairing,
): void {
  const inA = singles(a, i, iEnd);
  const inB = singles(b, k, kEnd);
  const places: number[] = [];
  const targets: number[] = [];
  for (const [item, place] of inA) {
    const target = inB.get(item);
    if (place < 0 || target === undefined || target < 0) continue;
    places.push(place);
    targets.push(target);
  }
  let [fromI, fromK] = [i, k];
  const kept = longestRise(targets);
  for (const n of kept) {
    pair(places[n], targets[n]);
    ranges.push({ i: fromI, iEnd: places[n], k: fromK, kEnd: targets[n] });
    [fromI, fromK] = [places[n] + 1, targets[n] + 1];
  }
  if (kept.length > 0) ranges.push({ i: fromI, iEnd, k: fromK, kEnd });
}

/** Item to place, in order of their first places; -1 for items that are there twice. */
function singles(list: Int32Array, from: number, to: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let n = from; n < to; n++) found.set(list[n], found.has(list[n]) ? -1 : n);
  return found;
}

/** Positions of a longest rising part of a list of different numbers. */
export function longestRise(list: readonly number[]): number[] {
  const before = new Int32Array(list.length);
  /** Position of the smallest last item of the rising parts of each length. */
  const tails: number[] = [];
  for (let n = 0; n < list.length; n++) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[tails[middle]] < list[n]) low = middle + 1;
      else high = middle;
    }
    before[n] = low === 0 ? -1 : tails[low - 1];
    tails[low] = n;
  }
  const rise: number[] = [];
  for (let n = tails.at(-1) ?? -1; n >= 0; n = before[n]) rise.push(n);
  return rise.reverse();
}

/** Pairs equal items whatever their order: the first with the first, the second with the second. */
export function pairByOccurrence(a: Int32Array, b: Int32Array, pair: Pairing): void {
  const places = new Map<number, number[]>();
  for (let k = b.length - 1; k >= 0; k--) {
    const those = places.get(b[k]);
    if (those === undefined) places.set(b[k], [k]);
    else those.push(k);
  }
  for (let i = 0; i < a.length; i++) {
    const k = places.get(a[i])?.pop();
    if (k !== undefined) pair(i, k);
  }
}

/** A pair of positions in two lists, and how good it is, above 0. */
export interface Weighed {
  readonly i: number;
  readonly k: number;
  readonly score: number;
}

/** Indices of pairs that keep both orders, with the greatest sum of scores there is. */
export function heaviestChain(pairs: readonly Weighed[]): number[] {
  const order = Array.from(pairs.keys());
  // Of one i the later k first, so that none of them can follow another.
  order.sort((p, q) => pairs[p].i - pairs[q].i || pairs[q].k - pairs[p].k);
  const width = pairs.reduce((most, { k }) => Math.max(most, k + 1), 0);
  // A Fenwick tree over k: the best chain that ends before it.
  const best = new Int32Array(width + 2).fill(-1);
  const sums = new Float64Array(pairs.length);
  const before = new Int32Array(pairs.length).fill(-1);
  let last = -1;
  for (const n of order) {
    const { k, score } = pairs[n];
    let from = -1;
    for (let at = k; at > 0; at -= at & -at) {
      if (best[at] >= 0 && (from < 0 || sums[best[at]] > sums[from])) from = best[at];
    }
    before[n] = from;
    sums[n] = score + (from < 0 ? 0 : sums[from]);
    for (let at = k + 1; at < best.length; at += at & -at) {
      if (best[at] < 0 || sums[n] > sums[best[at]]) best[at] = n;
    }
    if (last < 0 || sums[n] > sums[last]) last = n;
  }
  const chain: number[] = [];
  for (let n = last; n >= 0; n = before[n]) chain.push(n);
  return chain.reverse();
}
