/** Lives by pid, and which of them a pid meant at a moment. */
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';

/** Lives of one pid from which on looking at each of them costs more than a search. */
const MANY = 16;

export class LifeIndex {
  readonly #facts: Facts;
  /** By dense number of the pid: its oldest life. The others follow by `next`. */
  readonly #oldest: (Life | undefined)[] = [];
  /** The same lives in a list, of pids with many. */
  readonly #many = new Map<number, readonly Life[]>();
  #all: Life[] | undefined;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** `lives`: all of the pid's, oldest first. */
  set(pid: number, lives: readonly Life[]): void {
    this.#all = undefined;
    const dense = this.#facts.denseFor(pid);
    while (this.#oldest.length <= dense) this.#oldest.push(undefined);
    this.#oldest[dense] = lives[0];
    for (let k = 1; k < lives.length; k++) lives[k - 1].next = lives[k];
    if (lives.length > 0) lives[lives.length - 1].next = undefined;
    if (lives.length >= MANY) this.#many.set(dense, lives);
    else if (this.#many.size > 0) this.#many.delete(dense);
  }

  /** Oldest first. */
  of(pid: number): Life[] {
    const dense = this.#facts.dense(pid);
    const lives: Life[] = [];
    if (dense < 0) return lives;
    for (let life = this.#oldest[dense]; life !== undefined; life = life.next) lives.push(life);
    return lives;
  }

  /** Adds a life found later, in its place by position. */
  add(life: Life): void {
    const lives = this.of(life.pid);
    let k = lives.length;
    while (k > 0 && lives[k - 1].begun > life.begun) k--;
    lives.splice(k, 0, life);
    this.set(life.pid, lives);
  }

  remove(life: Life): void {
    this.set(
      life.pid,
      this.of(life.pid).filter((one) => one !== life),
    );
  }

  /** All lives, by pid in order of first sight. The list is good until a life comes or goes. */
  all(): readonly Life[] {
    if (this.#all === undefined) {
      const all: Life[] = [];
      for (let dense = 0; dense < this.#oldest.length; dense++) {
        for (let life = this.#oldest[dense]; life !== undefined; life = life.next) all.push(life);
      }
      this.#all = all;
    }
    return this.#all;
  }

  /** The life that a pid meant at a position: the last that had begun, else the first of all. */
  at(pid: number, at: number): Life | undefined {
    const dense = this.#facts.dense(pid);
    const oldest = dense < 0 ? undefined : this.#oldest[dense];
    if (oldest?.next === undefined) return oldest;
    const many = this.#many.get(dense);
    if (many !== undefined) return lastBegun(many, at);
    let found = oldest;
    for (let life: Life | undefined = oldest.next; life !== undefined; life = life.next) {
      if (life.begun <= at) found = life;
    }
    return found;
  }

  /** The life that the `ppid=` of a life's first record means, if it was born by then. */
  parentOf(life: Life): Life | undefined {
    if (life.silent) return undefined;
    const facts = this.#facts;
    const first = facts.own[life.from];
    const parent = this.at(facts.ppid(first), first);
    const { birth } = parent ?? life;
    const later = birth !== undefined && facts.time(birth.at) > facts.time(first);
    return parent === life || later ? undefined : parent;
  }
}

function lastBegun(lives: readonly Life[], at: number): Life {
  let low = 0;
  let high = lives.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lives[middle].begun <= at) low = middle;
    else high = middle - 1;
  }
  return lives[low];
}
