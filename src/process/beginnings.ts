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
const NOT_YET = -2;

/** When the births of a boot began: found for those that are asked for. */
export class Beginnings {
  readonly #facts: Facts;
  /** By position of a birth. */
  readonly #taken: Int32Array;
  /** By number of a life: see #firstThreaded. */
  readonly #threaded: Int32Array;

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#taken = new Int32Array(facts.rows.length).fill(NOT_YET);
    this.#threaded = new Int32Array(facts.lives.length).fill(NOT_YET);
  }

  /** The last position after which a birth's number was taken for sure. */
  takenAfter(fork: Fork): number {
    if (this.#taken[fork.at] !== NOT_YET) return this.#taken[fork.at];
    // A process without an event of its own is younger than its own number: up the callers.
    const path: number[] = [];
    let taken = BEFORE_ALL;
    for (let birth: Fork | undefined = fork; birth !== undefined; ) {
      const known = this.#taken[birth.at];
      if (known !== NOT_YET) {
        taken = known;
        break;
      }
      path.push(birth.at);
      // Named already: a cycle, which only damaged data can make, ends here.
      this.#taken[birth.at] = BEFORE_ALL;
      taken = this.#lastBefore(birth);
      if (taken !== BEFORE_ALL) break;
      birth = birth.caller?.birth;
    }
    for (const at of path) this.#taken[at] = taken;
    return taken;
  }

  /** The last event that the caller logged before the call, while it had one thread. */
  #lastBefore({ at, caller }: Fork): number {
    if (caller === undefined || caller.silent) return BEFORE_ALL;
    const { own } = this.#facts;
    const i = lowerBound(own, caller.from, caller.to, Math.min(at, this.#firstThreaded(caller)));
    return i > caller.from ? own[i - 1] : BEFORE_ALL;
  }

  /**
   * The first event of a life that was not entered before the first call that may have made a
   * thread. From then on its events interleave freely (fact 6), and the last one may be another
   * thread's, which may be logged before the call that made the thread (fact 4).
   */
  #firstThreaded(life: Life): number {
    const known = this.#threaded[life.number];
    if (known !== NOT_YET) return known;
    const { own } = this.#facts;
    let entered = Infinity;
    for (const fork of life.forks) {
      if (this.#mayMakeThread(fork)) entered = Math.min(entered, this.#facts.time(fork.at));
    }
    let i = life.from;
    while (i < life.to && this.#facts.time(own[i]) < entered) i++;
    return (this.#threaded[life.number] = i < life.to ? own[i] : NEVER);
  }

  /** In other namespaces it is not known yet whom a clone3 bore (fact 10). */
  #mayMakeThread({ at, thread, kind, child }: Fork): boolean {
    if (thread || kind !== KIND.clone3) return thread;
    return child === undefined || this.#facts.outside[at] === 1;
  }
}

/** The position before which a birth's number was taken. `child`: the life it is thought to have begun. */
export function takenBefore(facts: Facts, fork: Fork, child: Life | undefined): number {
  if (child === undefined || child.silent) return fork.at;
  return Math.min(fork.at, facts.own[child.from]);
}
