/**
 * When births took their numbers, as far as positions tell: before the call's own event, and
 * after whatever its caller logged before the call (KERNEL facts 2 and 6).
 */
import { lowerBound } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts, Fork } from './facts.ts';
import { type Life, NEVER } from './life.ts';

/** Position before every event: nothing is known. */
export const BEFORE_ALL = -1;

/** By position of a birth: the last position after which its number was taken for sure. */
export function takenAfter(facts: Facts): Int32Array {
  const taken = new Int32Array(facts.rows.length).fill(BEFORE_ALL);
  const threaded = firstThreads(facts);
  for (const { at, caller } of facts.forks) {
    if (caller === undefined || caller.silent) continue;
    const before = lastBefore(facts, caller, Math.min(at, threaded[caller.number]));
    // A process without an event yet is younger than its own number.
    const { birth } = caller;
    const younger = birth === undefined ? BEFORE_ALL : taken[birth.at];
    taken[at] = Math.max(before, younger);
  }
  return taken;
}

/**
 * By number of a life: its first event that was not entered before the first call that may have
 * made a thread. From then on its events interleave freely (fact 6), and the last one may be
 * another thread's, which may be logged before the call that made the thread (fact 4).
 */
function firstThreads(facts: Facts): Int32Array {
  const first = new Int32Array(facts.lives.length).fill(NEVER);
  const entered = new Map<Life, number>();
  for (const { at, caller, thread, kind, child } of facts.forks) {
    if (caller === undefined) continue;
    const mayBe = thread || (kind === KIND.clone3 && child === undefined);
    if (!mayBe) continue;
    entered.set(caller, Math.min(entered.get(caller) ?? Infinity, facts.time(at)));
  }
  for (const [life, time] of entered) {
    let i = life.from;
    while (i < life.to && facts.time(facts.own[i]) < time) i++;
    if (i < life.to) first[life.number] = facts.own[i];
  }
  return first;
}

function lastBefore(facts: Facts, life: Life, at: number): number {
  const i = lowerBound(facts.own, life.from, life.to, at);
  return i > life.from ? facts.own[i - 1] : BEFORE_ALL;
}

/** The position before which a birth's number was taken. `child`: the life it is thought to have begun. */
export function takenBefore(facts: Facts, fork: Fork, child: Life | undefined): number {
  if (child === undefined || child.silent) return fork.at;
  return Math.min(fork.at, facts.own[child.from]);
}
