/**
 * Which pid a birth in a namespace took, by what is left over.
 *
 * Every birth, of a process or a thread, in whatever namespace, takes the next number of
 * the initial one (KERNEL facts 9 and 12). So where two births with known pids have just
 * as many free numbers between them as there are births with unknown pids between them,
 * these took those, in the same order.
 */
import { columnOf, lowerBound, lowerBoundBy } from '../base/list.ts';
import { sortedPlaces } from '../base/sort.ts';
import type { Facts, Fork } from './facts.ts';

/** How far beyond the next known birth a matching one is looked for: clones are logged a little out of order. */
const REACH = 8;
/** Births on each side of an unknown one that are looked at. */
const NEAR = 128;
/** A longer run of unknown births is not worth pairing: one unrecorded birth would shift it all. */
const MAX_RUN = 64;

/** Births with a known rank, in order of rank, in columns: many are looked at for few. */
interface Known {
  readonly rank: Int32Array;
  /** Free numbers below each, and births with unknown pid before it. */
  readonly free: Int32Array;
  readonly before: Int32Array;
}

/** One unknown birth and the rank that is left for it. */
export interface Assigned {
  readonly fork: Fork;
  readonly rank: number;
}

/**
 * `unknown`: the births whose pid is to be found, in order of position; `rankOf`: the rank of
 * the pid that any other birth took, or 0.
 */
export function eliminate(
  facts: Facts,
  unknown: readonly Fork[],
  rankOf: (fork: Fork) => number,
): Assigned[][] {
  const ranks: number[] = [];
  const positions: number[] = [];
  for (const fork of neighbours(facts.forks, unknown)) {
    const rank = rankOf(fork);
    if (rank === 0) continue;
    ranks.push(rank);
    positions.push(fork.at);
  }
  return runs(knownOf(ranks, positions, unknown), unknown);
}

/** The births not far from an unknown one, in order of position: no others can bound it. */
function* neighbours(forks: readonly Fork[], unknown: readonly Fork[]): Iterable<Fork> {
  let next = 0;
  for (const fork of unknown) {
    const middle = lowerBoundBy(forks, (one) => one.at, fork.at);
    next = Math.max(next, middle - NEAR);
    const end = Math.min(forks.length, middle + NEAR);
    while (next < end) yield forks[next++];
  }
}

/** `ranks`, `positions`: of the known births, in order of position. Of one rank the first counts. */
function knownOf(
  ranks: readonly number[],
  positions: readonly number[],
  unknown: readonly Fork[],
): Known {
  const at = columnOf(unknown, (fork) => fork.at);
  const order = sortedPlaces(
    ranks.length,
    (a, b) => ranks[a] - ranks[b] || positions[a] - positions[b],
  );
  const rank = new Int32Array(order.length);
  const free = new Int32Array(order.length);
  const before = new Int32Array(order.length);
  let length = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const last = length - 1;
    if (length > 0 && rank[last] === ranks[i]) continue;
    rank[length] = ranks[i];
    free[length] = length === 0 ? 0 : free[last] + (ranks[i] - rank[last] - 1);
    before[length] = lowerBound(at, 0, at.length, positions[i]);
    length++;
  }
  return { rank: rank.subarray(0, length), free, before };
}

/** Spans between two known births over which the free numbers and the unknown births balance. */
function runs({ rank, free, before }: Known, unknown: readonly Fork[]): Assigned[][] {
  const found: Assigned[][] = [];
  for (let i = 0; i + 1 < rank.length; i++) {
    for (let j = i + 1; j < rank.length && j <= i + REACH; j++) {
      const left = free[j] - free[i];
      if (left > MAX_RUN) break;
      if (left !== before[j] - before[i]) continue;
      if (left > 0) {
        found.push(zip(rank.subarray(i, j + 1), unknown.slice(before[i], before[j])));
        i = j - 1;
      }
      break;
    }
  }
  return found;
}

/** The free numbers of a span of known ranks, in order, to its unknown births, in order. */
function zip(span: Int32Array, births: readonly Fork[]): Assigned[] {
  const ranks: number[] = [];
  for (let i = 0; i + 1 < span.length; i++) {
    for (let rank = span[i] + 1; rank < span[i + 1]; rank++) ranks.push(rank);
  }
  return inNumberOrder(births).map((fork, i) => ({ fork, rank: ranks[i] }));
}

/** Births of one namespace among them are put in the order of their own numbers. */
function inNumberOrder(births: readonly Fork[]): Fork[] {
  const ordered = [...births];
  const places = new Map<unknown, number[]>();
  for (let i = 0; i < ordered.length; i++) {
    const space = ordered[i].caller?.space;
    const list = places.get(space);
    if (list === undefined) places.set(space, [i]);
    else list.push(i);
  }
  for (const list of places.values()) {
    const sorted = list.map((i) => births[i]).sort((a, b) => a.ret - b.ret || a.at - b.at);
    for (let k = 0; k < list.length; k++) ordered[list[k]] = sorted[k];
  }
  return ordered;
}
