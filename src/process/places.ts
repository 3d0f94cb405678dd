/**
 * Numbers of the initial namespace as another one counts them: without those that births
 * elsewhere are known to have taken (KERNEL fact 9).
 *
 * Each birth of a namespace takes one number there and one in the initial one, in the same
 * order. If nothing but its births took pids, the two would keep their distance. What others
 * took is mostly known, since in the initial namespace a call returns the pid itself.
 */
import { lowerBound } from '../base/list.ts';
import type { Births } from './births.ts';
import type { Space } from './space.ts';

/** The ranks that a namespace's births may have taken, counted from below. */
export class Places {
  /** All ranks that are known to be taken, and those by this namespace or one below it; rising. */
  readonly #taken: Int32Array;
  readonly #own: Int32Array;

  constructor(taken: Int32Array, own: Int32Array) {
    this.#taken = taken;
    this.#own = own;
  }

  /** How many ranks up to this one may be the namespace's. */
  of(rank: number): number {
    return rank - countTo(this.#taken, rank) + countTo(this.#own, rank);
  }

  /** The rank at a place: the lowest one up to which there are so many. */
  rankAt(place: number): number {
    let low = place;
    let high = place + this.#taken.length;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.of(middle) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function countTo(ranks: Int32Array, rank: number): number {
  return lowerBound(ranks, 0, ranks.length, rank + 1);
}

/** The places of each namespace. `births`: all of the initial one. */
export function placesOf(spaces: readonly Space[], births: Births): Map<Space, Places> {
  const own = new Map<Space, number[]>();
  for (const space of spaces) own.set(space, []);
  const takenBy = (rank: number, space: Space): void => {
    for (let up: Space | undefined = space; up !== undefined; up = up.outer) {
      own.get(up)?.push(rank);
    }
  };
  for (let i = 0; i < births.forks.length; i++) {
    const { caller, child } = births.forks[i];
    const space = child === undefined ? caller?.childSpace : child.space;
    if (space !== undefined) takenBy(births.rank[i], space);
  }
  const families: number[] = [];
  for (const space of spaces) {
    for (const { rank } of space.family) {
      families.push(rank);
      takenBy(rank, space);
    }
  }
  const taken = union(births.rank, Int32Array.from(families).sort());
  const none = new Int32Array(0);
  return new Map(
    spaces.map((space) => {
      const ranks = Int32Array.from(own.get(space) ?? []).sort();
      return [space, new Places(taken, union(ranks, none))];
    }),
  );
}

/** The numbers of two ascending lists, ascending, each once. */
function union(a: Int32Array, b: Int32Array): Int32Array {
  const all = new Int32Array(a.length + b.length);
  let length = 0;
  for (let i = 0, k = 0; i < a.length || k < b.length; ) {
    const next = k >= b.length || a[i] <= b[k] ? a[i++] : b[k++];
    if (length === 0 || all[length - 1] !== next) all[length++] = next;
  }
  return all.subarray(0, length);
}
