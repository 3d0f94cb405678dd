/** Lives by pid, and which of them a pid meant at a moment. */
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';

export class LifeIndex {
  readonly #byPid = new Map<number, Life[]>();
  readonly #facts: Facts;
  #all: Life[] | undefined;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** `lives`: all of the pid's, oldest first. */
  set(pid: number, lives: Life[]): void {
    this.#all = undefined;
    this.#byPid.set(pid, lives);
  }

  of(pid: number): readonly Life[] {
    return this.#byPid.get(pid) ?? [];
  }

  /** Adds a life found later, in its place by position. */
  add(life: Life, begun: number): void {
    this.#all = undefined;
    const lives = this.#byPid.get(life.pid);
    if (lives === undefined) {
      this.#byPid.set(life.pid, [life]);
      return;
    }
    let k = lives.length;
    while (k > 0 && this.begun(lives[k - 1]) > begun) k--;
    lives.splice(k, 0, life);
    if (k > 0) lives[k - 1].next = life;
    life.next = lives[k + 1];
  }

  remove(life: Life): void {
    this.#all = undefined;
    const lives = this.#byPid.get(life.pid);
    const k = lives?.indexOf(life) ?? -1;
    if (lives === undefined || k < 0) return;
    lives.splice(k, 1);
    if (k > 0) lives[k - 1].next = lives[k];
  }

  /** All lives, by pid in order of first sight. The list is good until a life comes or goes. */
  all(): readonly Life[] {
    if (this.#all === undefined) {
      this.#all = [];
      for (const lives of this.#byPid.values()) for (const life of lives) this.#all.push(life);
    }
    return this.#all;
  }

  /** Position of the first event that shows a life. */
  begun(life: Life): number {
    let at = life.silent ? Infinity : this.#facts.own[life.from];
    if (life.birth !== undefined) at = Math.min(at, life.birth.at);
    if (life.waits.length > 0) at = Math.min(at, life.waits[0].at);
    if (life.signals.length > 0) at = Math.min(at, life.signals[0].at);
    return at;
  }

  /** The life that a pid meant at a position: the last that had begun, else the first of all. */
  at(pid: number, at: number): Life | undefined {
    const lives = this.#byPid.get(pid);
    if (lives === undefined || lives.length === 0) return undefined;
    let low = 0;
    let high = lives.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.begun(lives[middle]) <= at) low = middle;
      else high = middle - 1;
    }
    return lives[low];
  }
}
