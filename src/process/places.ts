/**
 * Numbers of the initial namespace as another one counts them: without those that births
 * elsewhere are known to have taken (KERNEL fact 9).
 *
 * Each birth of a namespace takes one number there and one in the initial one, in the same
 * order. If nothing but its births took pids, the two would keep their distance. What others
 * took is mostly known, since in the initial namespace a call returns the pid itself.
 */
import { lowerBound } from '../base/list.ts';
import type { Facts } from './facts.ts';
import { rankTaken } from './rank.ts';
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

/** The places of each namespace. */
export function placesOf(facts: Facts, spaces: readonly Space[]): Map<Space, Places> {
  const own = new Map<Space, number[]>();
  for (const space of spaces) own.set(space, []);
  const taken: number[] = [];
  const takenBy = (rank: number, space: Space | undefined): void => {
    taken.push(rank);
    for (let up = space; up !== undefined; up = up.outer) own.get(up)?.push(rank);
  };
  for (const fork of facts.forks) {
    const rank = facts.outside[fork.at] === 0 ? rankTaken(facts, fork) : 0;
    if (rank !== 0)
      takenBy(rank, fork.child === undefined ? fork.caller?.childSpace : fork.child.space);
  }
  for (const space of spaces) for (const life of space.family) takenBy(life.rank, space);
  const all = distinct(taken);
  return new Map(spaces.map((space) => [space, new Places(all, distinct(own.get(space) ?? []))]));
}

function distinct(ranks: readonly number[]): Int32Array {
  return Int32Array.from(new Set(ranks)).sort();
}
