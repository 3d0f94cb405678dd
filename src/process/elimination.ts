/**
 * Which pid a birth in a namespace took, by what is left over.
 *
 * Every birth, of a process or a thread, in whatever namespace, takes the next number of
 * the initial one (KERNEL facts 9 and 12). So where two births with known pids have just
 * as many free numbers between them as there are births with unknown pids between them,
 * these took those, in the same order.
 */
import { columnOf, lowerBound, lowerBoundBy } from '../base/list.ts';
import type { Facts, Fork } from './facts.ts';

/** How far beyond the next known birth a matching one is looked for: clones are logged a little out of order. */
const REACH = 8;
/** Births on each side of an unknown one that are looked at. */
const NEAR = 128;
/** A longer run of unknown births is not worth pairing: one unrecorded birth would shift it all. */
const MAX_RUN = 64;

interface Known {
  readonly rank: number;
  readonly at: number;
  /** Free numbers below this one, and births with unknown pid before it. */
  free: number;
  before: number;
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
  const known: Known[] = [];
  for (const fork of neighbours(facts.forks, unknown)) {
    const rank = rankOf(fork);
    if (rank !== 0) known.push({ rank, at: fork.at, free: 0, before: 0 });
  }
  known.sort((a, b) => a.rank - b.rank || a.at - b.at);
  const distinct = known.filter((one, i) => i === 0 || one.rank !== known[i - 1].rank);
  count(distinct, unknown);
  return runs(distinct, unknown);
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

function count(known: readonly Known[], unknown: readonly Fork[]): void {
  const at = columnOf(unknown, (fork) => fork.at);
  for (let i = 0; i < known.length; i++) {
    known[i].before = lowerBound(at, 0, at.length, known[i].at);
    if (i > 0) known[i].free = known[i - 1].free + (known[i].rank - known[i - 1].rank - 1);
  }
}

/** Spans between two known births over which the free numbers and the unknown births balance. */
function runs(known: readonly Known[], unknown: readonly Fork[]): Assigned[][] {
  const found: Assigned[][] = [];
  for (let i = 0; i + 1 < known.length; i++) {
    const from = known[i];
    for (let j = i + 1; j < known.length && j <= i + REACH; j++) {
      const to = known[j];
      const free = to.free - from.free;
      if (free > MAX_RUN) break;
      if (free !== to.before - from.before) continue;
      if (free > 0) {
        found.push(zip(known.slice(i, j + 1), unknown.slice(from.before, to.before)));
        i = j - 1;
      }
      break;
    }
  }
  return found;
}

/** The free numbers of a span, in order, to its unknown births, in order. */
function zip(span: readonly Known[], births: readonly Fork[]): Assigned[] {
  const ranks: number[] = [];
  for (let i = 0; i + 1 < span.length; i++) {
    for (let rank = span[i].rank + 1; rank < span[i + 1].rank; rank++) ranks.push(rank);
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
