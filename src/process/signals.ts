/** Which life each signal was sent to (KERNEL facts 9 and 14). */
import { lowerBound } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts, Kill, Wait } from './facts.ts';
import { isThread, Life, NEVER } from './life.ts';
import type { LifeIndex } from './life-index.ts';

/** Attaches the signals of one boot to its lives, and adds the lives that only signals show. */
export class Signals {
  readonly #facts: Facts;
  readonly #index: LifeIndex;
  /** Answers for lives that were asked for: one may have many births and many signals. */
  readonly #threaded = new Map<Life, boolean>();

  constructor(facts: Facts, index: LifeIndex) {
    this.#facts = facts;
    this.#index = index;
  }

  /** An OBJ_PID record names its target in the initial namespace, whoever sent it (fact 9). */
  attach(): void {
    for (const kill of this.#facts.kills) {
      for (const opid of kill.opids) this.#attach(kill, opid);
      if (kill.opids.length === 0) this.#attachBare(kill);
    }
  }

  /**
   * Its OBJ_PID record was lost: in the initial namespace the argument is the pid itself, of a
   * process, or of a thread, which is why it is no evidence that such a process existed.
   */
  #attachBare(kill: Kill): void {
    const life = this.#index.at(kill.target, kill.at);
    const known = life !== undefined && this.#mayBeAlive(life, kill);
    if (known && this.#facts.outside[kill.at] === 0) life.signalledBy(kill);
  }

  #attach(kill: Kill, opid: number): void {
    const life = this.#meantBy(kill, opid);
    // The clone that began the next life may be logged after the signal to it.
    for (const target of [life, life?.next]) {
      if (target === undefined || !this.#mayBeAlive(target, kill)) continue;
      target.signalledBy(kill);
      return;
    }
    const lone = new Life(opid, 0, 0, NEVER);
    lone.signalledBy(kill);
    this.#index.add(lone);
  }

  /** Where the connector told of lives that no record shows, its moments say which it was. */
  #meantBy(kill: Kill, pid: number): Life | undefined {
    let life = this.#index.at(pid, kill.at);
    const time = this.#facts.time(kill.at);
    while (life?.next?.told !== undefined && life.next.told.born <= time) life = life.next;
    return life;
  }

  #mayBeAlive(life: Life, kill: Kill): boolean {
    const facts = this.#facts;
    if (life.waits.some((wait) => wait.reaps && this.#wasOver(wait, kill))) return false;
    if (life.begun <= kill.at) return true;
    // Its first record may come after: it is older, or its clone was logged late (fact 4).
    return life.birth === undefined || facts.time(life.birth.at) <= facts.clock[kill.at];
  }

  /**
   * A signal that found the zombie may be logged after the wait that reaped it, unless its
   * sender, if it has but one thread (fact 6), had already logged something else in between,
   * or the waiter had already gone on.
   */
  #wasOver(wait: Wait, kill: Kill): boolean {
    if (wait.at >= kill.at) return false;
    return wait.at < this.#previousOwn(kill.at) || this.#returnedBefore(wait, kill);
  }

  /** Whether the waiter had gone on to its next call in an earlier tick than the signal's. */
  #returnedBefore({ waiter, at }: Wait, kill: Kill): boolean {
    if (waiter === undefined || this.#mayHaveThreads(waiter)) return false;
    const { own } = this.#facts;
    const i = lowerBound(own, waiter.from, waiter.to, at + 1);
    return i < waiter.to && this.#facts.time(own[i]) < this.#facts.time(kill.at);
  }

  /** Position of the event that the same process logged before this one; -1 if none or unknown. */
  #previousOwn(at: number): number {
    const { own } = this.#facts;
    const life = this.#facts.lifeAt(at);
    if (life === undefined || this.#mayHaveThreads(life)) return -1;
    const i = lowerBound(own, life.from, life.to, at);
    return i > life.from ? own[i - 1] : -1;
  }

  /** A clone3 without a sign of a process may have made a thread (fact 10). */
  #mayHaveThreads(life: Life): boolean {
    let threaded = this.#threaded.get(life);
    if (threaded === undefined) {
      threaded = life.forks.some(
        (fork) => isThread(fork) || (fork.kind === KIND.clone3 && fork.child?.silent === true),
      );
      this.#threaded.set(life, threaded);
    }
    return threaded;
  }
}
