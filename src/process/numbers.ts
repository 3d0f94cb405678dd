/**
 * Whether calls belong to one pid namespace, by the numbers that they returned: numbers are
 * handed out in order, so a call that returned the higher one cannot have done so before a call
 * that returned the lower one (KERNEL facts 9 and 12).
 */
import type { Fork } from './facts.ts';
import { BEFORE_ALL } from './beginnings.ts';
import { NEVER } from './life.ts';
import { RESERVED_PIDS } from './rank.ts';

/** How far below a number its neighbour is looked for. */
const NEAR = 64;

/** Numbers from here on are never handed out (PID_MAX_LIMIT): only a damaged record has them. */
const TOO_HIGH = 2 ** 22;

/** The numbers that the calls of one namespace returned. */
export class Numbers {
  readonly #takenAfter: Int32Array;
  /** Numbers above it may be followed by lower ones, from a new turn (fact 12). */
  readonly #half: number;
  readonly #calls: Fork[] = [];
  readonly #taken = new Set<number>();
  /** Fenwick trees over numbers: the latest beginning up to one, the earliest end from one on. */
  #begun = new Int32Array(16).fill(BEFORE_ALL);
  #ended = new Int32Array(16).fill(NEVER);

  #highest = 0;

  /** `takenAfter`: by position of a birth, see beginnings.ts. `half`: half of all pids. */
  constructor(takenAfter: Int32Array, half: number) {
    this.#takenAfter = takenAfter;
    this.#half = half;
  }

  add(fork: Fork): void {
    if (fork.ret >= TOO_HIGH) return;
    if (fork.ret >= this.#begun.length) this.#grow(fork.ret);
    this.#calls.push(fork);
    this.#taken.add(fork.ret);
    this.#highest = Math.max(this.#highest, fork.ret);
    this.#enter(fork);
  }

  /** How many of the calls cannot be this namespace's: their number is taken, or not in order. */
  conflicts(forks: readonly Fork[]): number {
    let found = 0;
    for (const fork of forks) if (!this.#fits(fork)) found++;
    return found;
  }

  /** How far a call's number lies above the next lower one, up to a limit. */
  distance({ ret }: Fork): number {
    let below = ret - 1;
    while (below > 1 && below > ret - NEAR && !this.#taken.has(below)) below--;
    return ret - below;
  }

  #fits({ ret, at }: Fork): boolean {
    if (ret >= TOO_HIGH) return true;
    if (ret >= RESERVED_PIDS && this.#highest > this.#half) return true;
    if (this.#taken.has(ret)) return false;
    const begun = this.#begun;
    for (let i = Math.min(ret - 1, begun.length - 1); i > 0; i -= i & -i) {
      if (begun[i] > at) return false;
    }
    const ended = this.#ended;
    for (let i = ret + 1; i < ended.length; i += i & -i) {
      if (ended[i] < this.#takenAfter[at]) return false;
    }
    return true;
  }

  #enter({ ret, at }: Fork): void {
    const begun = this.#begun;
    const after = this.#takenAfter[at];
    for (let i = ret; i < begun.length; i += i & -i) begun[i] = Math.max(begun[i], after);
    const ended = this.#ended;
    for (let i = ret; i > 0; i -= i & -i) ended[i] = Math.min(ended[i], at);
  }

  #grow(number: number): void {
    let size = this.#begun.length;
    while (size <= number) size *= 2;
    this.#begun = new Int32Array(size).fill(BEFORE_ALL);
    this.#ended = new Int32Array(size).fill(NEVER);
    for (const fork of this.#calls) this.#enter(fork);
  }
}
