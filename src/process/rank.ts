/**
 * Pids as they would be had their numbers never wrapped around: in order of births, and so
 * comparable with the numbers of a namespace (KERNEL facts 9 and 12).
 */
import { groupBy } from '../base/groups.ts';
import { sortNearlySorted } from '../base/sort.ts';
import type { Facts, Fork } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';

/** Numbers are handed out upwards and start again from below when they reach pid_max (fact 12). */
export function rankLives(facts: Facts, index: LifeIndex): void {
  const all = index.all();
  const order = groupBy(
    Int32Array.from(all, (life) => life.begun),
    facts.rows.length,
  ).items;
  sortNearlySorted(order, (a, b) => all[a].begun - all[b].begun || all[a].pid - all[b].pid);
  const lives = Array.from(order, (i) => all[i]);
  let highest = 0;
  for (const life of lives) highest = Math.max(highest, life.pid);
  const half = highest / 2;
  // A power of two above every pid, so that ranks stay small integers for as many turns as a
  // log can hold.
  facts.turn = 2 ** Math.ceil(Math.log2(highest + 1));
  const { turn } = facts;
  let counter = 0;
  let epoch = 0;
  for (const life of lives) {
    const ahead = life.pid - counter;
    if (ahead < -half) epoch++;
    // Far ahead of the counter: born before the numbers wrapped, first seen after.
    const late = ahead > half && counter > 0;
    life.rank = (life.pid + (late ? epoch - 1 : epoch) * turn) | 0;
    if (!late && (ahead > 0 || ahead < -half)) counter = life.pid;
  }
}

/** The life of a rank, if its records show its parent. */
export function lifeOfRank(facts: Facts, index: LifeIndex, rank: number): Life | undefined {
  return index
    .of(pidOfRank(facts, rank))
    .findLast(
      (life) => life.rank === rank && !life.silent && facts.ppid(facts.own[life.from]) >= 0,
    );
}

/** Rank of the pid that a birth took: from the child, or from the number itself at the top; 0 unknown. */
export function rankTaken(facts: Facts, fork: Fork): number {
  if (fork.child !== undefined) return fork.child.rank;
  if (fork.caller === undefined || fork.caller.space !== undefined) return 0;
  // A thread has no life to take the rank from: it is of its caller's turn of numbers.
  return fork.ret + Math.floor(fork.caller.rank / facts.turn) * facts.turn;
}

/** The pid of a rank. */
export function pidOfRank(facts: Facts, rank: number): number {
  return rank - Math.floor(rank / facts.turn) * facts.turn;
}
