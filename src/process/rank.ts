/**
 * Pids as they would be had their numbers never wrapped around: in order of births, and so
 * comparable with the numbers of a namespace (KERNEL facts 9 and 12).
 */
import { groupBy } from '../base/groups.ts';
import { columnOf, itemsAt, lowerBound } from '../base/list.ts';
import { sortNearlySorted } from '../base/sort.ts';
import type { Beginnings } from './beginnings.ts';
import type { Facts, Fork, Reached } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';

/** Numbers are handed out from here on after the first turn: RESERVED_PIDS of the kernel's pid.c. */
export const RESERVED_PIDS = 300;

/** Numbers are handed out upwards and start again from below when they reach pid_max (fact 12). */
export function rankLives(facts: Facts, index: LifeIndex, beginnings: Beginnings): void {
  const lives = byBeginning(facts, index);
  const highest = highestPid(facts, lives);
  facts.turn = turnAbove(highest);
  facts.reached = {
    at: columnOf(lives, (life) => life.begun),
    rank: new Int32Array(lives.length),
    half: Math.max(1, highest - RESERVED_PIDS) / 2,
    takenAfter: (birth) => beginnings.takenAfter(birth),
  };
  let counter = 0;
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
    // Far ahead of the counter: born before the numbers wrapped, first seen after.
    const turns = turnsFrom(facts, counter, life.pid);
    const rank = life.pid + (turnOf(facts, counter) + turns) * facts.turn;
    // What lies above the counter lies above every floor.
    const isNext = rank > counter;
    life.rank = (isNext ? rank : above(facts, rank, floorOf(facts, index, life))) | 0;
    counter = Math.max(counter, life.rank);
    facts.reached.rank[i] = counter;
  }
}

/** Threads take pids as well, and have no lives: only the calls that made them tell. */
function highestPid(facts: Facts, lives: readonly Life[]): number {
  let highest = 0;
  for (let i = 0; i < lives.length; i++) highest = Math.max(highest, lives[i].pid);
  for (const { at, ret } of facts.forks) {
    if (facts.outside[at] === 0) highest = Math.max(highest, ret);
  }
  return highest;
}

/**
 * A power of two above every pid, so that ranks stay small integers for as many turns as a log
 * can hold. Not by `**`, which makes a double: that changes the shape of all that has the field.
 */
function turnAbove(highest: number): number {
  let turn = 1;
  while (turn <= highest) turn *= 2;
  return turn;
}

/** What a life's rank lies above: what the counter had reached before its birth, and its parent's. */
function floorOf(facts: Facts, index: LifeIndex, life: Life): number {
  if (life.birth !== undefined) return floorOfBirth(facts, life.birth);
  return index.parentOf(life)?.rank ?? 0;
}

function floorOfBirth({ reached }: Facts, birth: Fork): number {
  return reachedBy(reached, reached.takenAfter(birth));
}

/** A number that is handed out again and again, in the first turn that lies above a floor. */
function above(facts: Facts, rank: number, floor: number): number {
  if (rank > floor || pidOfRank(facts, rank) < RESERVED_PIDS) return rank;
  return rank + facts.turn;
}

function byBeginning(facts: Facts, index: LifeIndex): Life[] {
  const all = index.all();
  const begun = columnOf(all, (life) => life.begun);
  const pids = columnOf(all, (life) => life.pid);
  const order = groupBy(begun, facts.rows.length).items;
  sortNearlySorted(order, (a, b) => begun[a] - begun[b] || pids[a] - pids[b]);
  return itemsAt(order, all);
}

function turnOf({ turn }: Facts, rank: number): number {
  return Math.floor(rank / turn);
}

/** How many turns after the counter's a number is of: -1, 0 or 1, whichever brings it nearest. */
function turnsFrom(facts: Facts, counter: number, pid: number): number {
  if (pid < RESERVED_PIDS) return 0;
  const ahead = pid - pidOfRank(facts, counter);
  if (ahead < -facts.reached.half) return 1;
  // Numbers below RESERVED_PIDS are handed out once: there was no turn before theirs.
  const first = pidOfRank(facts, counter) < RESERVED_PIDS;
  return ahead > facts.reached.half && !first ? -1 : 0;
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
  // A thread has no life to take the rank from: it is of the turn of numbers of its moment.
  const counter = reachedBy(facts.reached, fork.at);
  const turns = turnOf(facts, counter) + turnsFrom(facts, counter, fork.ret);
  return above(facts, fork.ret + turns * facts.turn, floorOfBirth(facts, fork));
}

function reachedBy({ at, rank }: Reached, position: number): number {
  const i = lowerBound(at, 0, at.length, position + 1) - 1;
  return i < 0 ? 0 : rank[i];
}

/** The pid of a rank. */
export function pidOfRank(facts: Facts, rank: number): number {
  return rank - Math.floor(rank / facts.turn) * facts.turn;
}
