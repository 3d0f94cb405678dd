/**
 * unshare(CLONE_NEWPID) called inside a pid namespace: the caller's next children live in a new
 * one, and the first of them is its pid 1 (KERNEL fact 11). The calls there return numbers, so it
 * takes counting to tell which children were born before it, until births are paired with lives.
 */
import type { Facts, Fork } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import { Space } from './space.ts';

interface Call {
  /** Position of the first unshare. */
  readonly at: number;
  /** Births before it, without the children that had logged something by then. */
  open: number;
}

/** The lives inside namespaces that unshared, and what is known of their children. */
export class Unshared {
  readonly #facts: Facts;
  readonly #calls = new Map<Life, Call>();

  /** `lives`: all outside the initial namespace. */
  constructor(facts: Facts, index: LifeIndex, lives: readonly Life[]) {
    this.#facts = facts;
    for (const at of facts.unshares) {
      const life = facts.outside[at] === 1 ? facts.lifeAt(at) : undefined;
      if (life === undefined || this.#calls.has(life)) continue;
      const open = life.forks.filter((fork) => fork.at < at && !fork.thread).length;
      this.#calls.set(life, { at, open });
    }
    if (this.#calls.size === 0) return;
    for (const life of lives) {
      const parent = index.parentOf(life);
      const call = parent === undefined ? undefined : this.#calls.get(parent);
      if (call !== undefined && this.#logged(life) < call.at) call.open--;
    }
  }

  /** The namespace that a life's later children are in, if it unshared. */
  begin(life: Life, outer: Space): Space | undefined {
    const call = this.#calls.get(life);
    if (call === undefined) return undefined;
    const space = new Space(outer, undefined);
    space.unsharedAt = call.at;
    return space;
  }

  /**
   * Whether a child was certainly born after its parent's unshare: it logged nothing before, and
   * every birth before it has another child. `begins`: its numbers show that it is a pid 1.
   */
  isAfter(parent: Life, child: Life, begins: boolean): boolean {
    const call = this.#calls.get(parent);
    if (call === undefined || this.#logged(child) < call.at) return false;
    return begins || call.open <= 0;
  }

  #logged(life: Life): number {
    return this.#facts.own[life.from];
  }
}

/** The namespace other than its caller's that a birth's child is put into, as far as that is known. */
export function bornInto({ at, caller }: Fork): Space | undefined {
  const space = caller?.childSpace;
  return space?.began(at) === true ? space : undefined;
}

/** Puts a life into the namespace that its caller's unshare began, now that its birth is known. */
export function placeUnshared(fork: Fork, life: Life, outer: Space): void {
  const { caller } = fork;
  const space = bornInto(fork);
  if (caller === undefined || space?.isUnshared !== true) return;
  if (life.space === outer) {
    life.space = space;
    space.members.push(life);
  }
  if (life.space !== space || space.first !== undefined) return;
  const first = caller.forks.find((one) => one.at > space.unsharedAt && !one.thread);
  if (first === fork) space.beginWith(life);
}
