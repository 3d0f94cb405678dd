/**
 * Whether calls belong to one pid namespace, by the numbers that they returned: numbers are
 * handed out in order, so a call that returned the higher one cannot have done so before a call
 * that returned the lower one (KERNEL facts 9 and 12).
 */
import type { Fork } from './facts.ts';
import { BEFORE_ALL, type Beginnings } from './beginnings.ts';
import { NEVER } from './life.ts';
import { RESERVED_PIDS } from './rank.ts';

/** How far below a number its neighbour is looked for. */
const NEAR = 64;

/** Numbers from here on are never handed out (PID_MAX_LIMIT): only a damaged record has them. */
const TOO_HIGH = 2 ** 22;

/** The least room, in numbers. */
const SMALLEST = 16;

/** The numbers that the calls of one namespace returned. */
export class Numbers {
  readonly #beginnings: Pick<Beginnings, 'takenAfter'>;
  /** Numbers above it may be followed by lower ones, from a new turn (fact 12). */
  readonly #half: number;
  readonly #calls: Fork[] = [];
  readonly #taken = new Set<number>();
  /**
   * Fenwick trees over numbers: the latest beginning up to one, the earliest end from one on. They
   * reach no further than the numbers do, which in a namespace older than the log begin high.
   */
  #begun = new Int32Array(0);
  #ended = new Int32Array(0);
  /** The number before their first. */
  #floor = 0;

  #lowest = TOO_HIGH;
  #highest = 0;

  /** `half`: half of all pids. */
  constructor(beginnings: Pick<Beginnings, 'takenAfter'>, half: number) {
    this.#beginnings = beginnings;
    this.#half = half;
  }

  add(fork: Fork): void {
    const { ret } = fork;
    if (ret >= TOO_HIGH) return;
    this.#calls.push(fork);
    this.#taken.add(ret);
    this.#lowest = Math.min(this.#lowest, ret);
    this.#highest = Math.max(this.#highest, ret);
    if (ret > this.#floor && ret - this.#floor < this.#begun.length) this.#enter(fork);
    else this.#grow();
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

  #fits(fork: Fork): boolean {
    const { ret, at } = fork;
    if (ret >= TOO_HIGH) return true;
    if (ret >= RESERVED_PIDS && this.#highest > this.#half) return true;
    if (this.#taken.has(ret)) return false;
    const begun = this.#begun;
    const from = ret - this.#floor;
    for (let i = Math.min(from - 1, begun.length - 1); i > 0; i -= i & -i) {
      if (begun[i] > at) return false;
    }
    const ended = this.#ended;
    const after = this.#beginnings.takenAfter(fork);
    for (let i = Math.max(from + 1, 1); i < ended.length; i += i & -i) {
      if (ended[i] < after) return false;
    }
    return true;
  }

  #enter(fork: Fork): void {
    const { ret, at } = fork;
    const place = ret - this.#floor;
    const begun = this.#begun;
    const after = this.#beginnings.takenAfter(fork);
    for (let i = place; i < begun.length; i += i & -i) begun[i] = Math.max(begun[i], after);
    const ended = this.#ended;
    for (let i = place; i > 0; i -= i & -i) ended[i] = Math.min(ended[i], at);
  }

  /** Makes room for as many numbers again, on either side. */
  #grow(): void {
    const range = Math.max(SMALLEST, this.#highest - this.#lowest + 1);
    this.#floor = Math.max(0, this.#lowest - 1 - (range >> 1));
    const size = this.#highest - this.#floor + (range >> 1) + 1;
    this.#begun = new Int32Array(size).fill(BEFORE_ALL);
    this.#ended = new Int32Array(size).fill(NEVER);
    for (const fork of this.#calls) this.#enter(fork);
  }
}
