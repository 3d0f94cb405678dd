/** The births of the initial namespace, where calls return pids, in order of what they took. */
import { itemsAt } from '../base/list.ts';
import { sortedPlaces } from '../base/sort.ts';
import type { Facts, Fork } from './facts.ts';
import { rankTaken } from './rank.ts';

/** In order of rank, in columns: those of many are looked at for few. */
export interface Births {
  readonly rank: Int32Array;
  readonly forks: readonly Fork[];
}

/** Births of processes and threads, as far as their ranks are known. */
export function initialBirths(facts: Facts): Births {
  const forks: Fork[] = [];
  const ranks = new Int32Array(facts.forks.length);
  for (let i = 0; i < facts.forks.length; i++) {
    const fork = facts.forks[i];
    const rank = facts.outside[fork.at] === 0 ? rankTaken(facts, fork) : 0;
    if (rank === 0) continue;
    ranks[forks.length] = rank;
    forks.push(fork);
  }
  const order = sortedPlaces(
    forks.length,
    (a, b) => ranks[a] - ranks[b] || forks[a].at - forks[b].at,
  );
  return {
    rank: order.map((i) => ranks[i]),
    forks: itemsAt(order, forks),
  };
}
