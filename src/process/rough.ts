/**
 * Lives as far as every namespace shows them: by births that a record of the child confirms.
 *
 * They are only there to decide which of them are in the initial namespace, so they are
 * columns of numbers, and the lives that the analysis is about are made after that.
 */
import { type Groups, groupBy, itemsOf } from '../base/groups.ts';
import { lowerBound, NONE } from '../base/list.ts';
import type { Facts, Fork } from './facts.ts';
import { NEVER } from './life.ts';
import { isOneLife, livesOf } from './lives.ts';

export class RoughLives {
  readonly #facts: Facts;
  /** By number of the life: its pid, its events `own[from, to)`, and where it is first shown. */
  readonly pid: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly #begun: Int32Array;
  /** When the call that bore it was entered, ms; -Infinity where none is known. */
  readonly #born: Float64Array;
  count = 0;
  /** The lives of dense pid k are those from `first[k]` to `first[k + 1]`, oldest first. */
  readonly #first: Int32Array;
  /** By position: the number of the event's life; -1 none. */
  readonly lifeAt: Int32Array;
  /** By number of the fork: the position of an event that shows its child, or -1. */
  readonly childAt: Int32Array;

  constructor(facts: Facts) {
    this.#facts = facts;
    const { forks } = facts;
    const pids = facts.start.length - 1;
    // Each life has an event or a birth of its own.
    const most = facts.rows.length + forks.length;
    this.pid = new Int32Array(most);
    this.from = new Int32Array(most);
    this.to = new Int32Array(most);
    this.#begun = new Int32Array(most);
    this.#born = new Float64Array(most).fill(-Infinity);
    this.#first = new Int32Array(pids + 1);
    this.lifeAt = new Int32Array(facts.rows.length).fill(-1);
    this.childAt = new Int32Array(forks.length);
    const child = new Int32Array(forks.length);
    for (let k = 0; k < forks.length; k++) {
      this.childAt[k] = forks[k].thread ? -1 : childEvent(facts, forks[k]);
      child[k] = this.childAt[k] < 0 ? -1 : facts.dense(forks[k].ret);
    }
    const births = groupBy(child, pids);
    for (let dense = 0; dense < pids; dense++) {
      this.#first[dense] = this.count;
      this.#build(dense, births);
    }
    this.#first[pids] = this.count;
  }

  isSilent(life: number): boolean {
    return this.from[life] === this.to[life];
  }

  /** The life that a pid meant at a position: the last that had begun, else the first; -1 none. */
  at(pid: number, at: number): number {
    const dense = this.#facts.dense(pid);
    if (dense < 0 || dense + 1 >= this.#first.length) return -1;
    let low = this.#first[dense];
    let high = this.#first[dense + 1] - 1;
    if (high < low) return -1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#begun[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The life that an event's `ppid=` means; -1 none: a later life of that pid was not born yet. */
  parentAt(at: number): number {
    const parent = this.at(this.#facts.ppid(at), at);
    return parent >= 0 && this.#born[parent] > this.#facts.time(at) ? -1 : parent;
  }

  #build(dense: number, births: Groups): void {
    const facts = this.#facts;
    const from = facts.start[dense];
    const to = facts.start[dense + 1];
    if (from === to) return;
    const first = births.start[dense];
    const count = births.start[dense + 1] - first;
    const birth = count === 0 ? undefined : facts.forks[births.items[first]];
    if (count < 2 && isOneLife(facts, from, to, birth, undefined)) {
      this.#add(facts.pids[dense], from, to, Math.min(facts.own[from], birth?.at ?? NEVER), birth);
      return;
    }
    const known = itemsOf(births, dense, facts.forks);
    for (const life of livesOf(facts, facts.pids[dense], { births: known, waits: NONE })) {
      this.#add(life.pid, life.from, life.to, life.begun, life.birth);
    }
  }

  #add(pid: number, from: number, to: number, begun: number, birth: Fork | undefined): void {
    const number = this.count++;
    this.pid[number] = pid;
    this.from[number] = from;
    this.to[number] = to;
    this.#begun[number] = begun;
    if (birth !== undefined) this.#born[number] = this.#facts.time(birth.at);
    for (let i = from; i < to; i++) this.lifeAt[this.#facts.own[i]] = number;
  }
}

/** The number that a call returned is in use in the initial namespace: the caller has it, or its parent. */
export function isTaken(facts: Facts, { at, ret }: Fork): boolean {
  return ret === facts.ppid(at) || ret === facts.pid(at);
}

/**
 * An event of the returned number that cannot be older than the call (fact 4) and whose
 * record names the caller as parent, or init, or the caller's own parent, as that of an
 * orphan or under CLONE_PARENT would: its position, or -1.
 */
function childEvent(facts: Facts, fork: Fork): number {
  if (isTaken(facts, fork)) return -1;
  const { from, to } = facts.range(fork.ret);
  if (from === to) return -1;
  const low = lowerBound(facts.own, from, to, fork.at);
  const caller = facts.pid(fork.at);
  const born = facts.time(fork.at);
  for (let i = Math.max(from, low - 1); i <= low && i < to; i++) {
    const at = facts.own[i];
    if (facts.time(at) < born) continue;
    const ppid = facts.ppid(at);
    if (ppid === caller || ppid === facts.ppid(fork.at)) return at;
    if (ppid === 1 && !logsAfter(facts, caller, at)) return at;
  }
  return -1;
}

/** Whether a pid logs anything after a position: then whoever has it had no orphans before. */
function logsAfter(facts: Facts, pid: number, at: number): boolean {
  const { from, to } = facts.range(pid);
  return from < to && facts.own[to - 1] > at;
}
