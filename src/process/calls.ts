/**
 * Which call in the audit records made which process that the connector tells of.
 *
 * In the initial pid namespace the call returned the child's pid. Elsewhere it returned a
 * number of that namespace (KERNEL fact 9), but the connector tells the children of each
 * process in order, and the numbers of one namespace rise in the same order.
 */
import { KIND } from '../tables/kinds.ts';
import { CLONE_NEWPID, CLONE_PARENT, type Facts, type Fork } from './facts.ts';
import type { Life } from './life.ts';
import type { Witnessed } from './witnessed.ts';

/** How much later than its tick a clone may be seen to have been entered, ms. */
const APART_MS = 1;
/** How long a clone may take until its child is told of, ms, where only time can tell. */
const CLONE_MS = 50;

/** A process or thread that a life made, as the connector tells it. */
interface Made {
  readonly time: number;
  readonly id: number;
  /** Undefined for a thread. */
  readonly child: Life | undefined;
  call: Fork | undefined;
}

/** Finds the call of every birth that the connector tells of, parents before their children. */
export class Calls {
  readonly #facts: Facts;
  readonly #lifeOf: ReadonlyMap<Witnessed, Life>;
  readonly #made = new Map<Witnessed, Made[]>();
  /** Lives in a namespace below the initial one. */
  readonly #inner = new Set<Life>();
  /** Where each life first put its next children into a namespace of their own (fact 11). */
  readonly #unsharedAt = new Map<Life, number>();
  readonly #begun = new Set<Life>();

  constructor(facts: Facts, lives: readonly Life[]) {
    this.#facts = facts;
    const lifeOf = new Map<Witnessed, Life>();
    for (const life of lives) if (life.told !== undefined) lifeOf.set(life.told, life);
    this.#lifeOf = lifeOf;
    for (const at of facts.special) {
      const life = facts.lifeAt(at);
      const newPid =
        facts.kind(at) === KIND.unshare && (facts.table.a0[facts.rows[at]] & CLONE_NEWPID) !== 0;
      if (life !== undefined && newPid && !this.#unsharedAt.has(life))
        this.#unsharedAt.set(life, at);
    }
  }

  /** `lives`: those that the connector tells of, in order of birth. */
  match(lives: readonly Life[]): void {
    for (const life of lives) {
      if (life.told === undefined) continue;
      this.#made.set(life.told, this.#madeBy(life.told));
    }
    for (const life of lives) this.#matchOf(life);
    for (const life of lives) this.#matchSiblings(life);
  }

  #madeBy(told: Witnessed): Made[] {
    const made: Made[] = [];
    for (const child of told.children) {
      made.push({
        time: child.born,
        id: child.pid,
        child: this.#lifeOf.get(child),
        call: undefined,
      });
    }
    for (const thread of told.threads) {
      made.push({ time: thread.time, id: thread.id, child: undefined, call: undefined });
    }
    return made.sort((a, b) => a.time - b.time || a.id - b.id);
  }

  #matchOf(life: Life): void {
    const made = life.told === undefined ? undefined : this.#made.get(life.told);
    if (made === undefined || life.forks.length === 0) return;
    const own = life.forks.filter((fork) => (fork.flags & CLONE_PARENT) === 0);
    if (this.#inner.has(life)) this.#matchInOrder(life, own, made);
    else {
      this.#matchByNumber(own, made);
      // An entered namespace, or one that is older than the recording.
      const strange = own.filter((fork) => fork.told === undefined);
      if (strange.length * 2 > own.length) this.#matchInOrder(life, strange, made);
    }
    this.#nameChildren(life);
  }

  #matchByNumber(forks: readonly Fork[], made: readonly Made[]): void {
    const byId = new Map<number, Made[]>();
    for (const one of made) {
      const known = byId.get(one.id);
      if (known === undefined) byId.set(one.id, [one]);
      else known.push(one);
    }
    for (const fork of forks) {
      const since = this.#facts.time(fork.at) - APART_MS;
      const one = byId.get(fork.ret)?.find(({ time, call }) => call === undefined && time >= since);
      if (one !== undefined) this.#pair(fork, one);
    }
  }

  /** Numbers of a namespace rise as births do; a call that a single thread made ended before its next. */
  #matchInOrder(life: Life, forks: readonly Fork[], made: readonly Made[]): void {
    const facts = this.#facts;
    const ordered = [...forks].sort((a, b) => a.ret - b.ret || a.at - b.at);
    const threaded = (life.told?.threads.length ?? 0) > 0;
    let next = 0;
    for (let k = 0; k < ordered.length; k++) {
      const fork = ordered[k];
      const until =
        threaded || k + 1 === ordered.length ? Infinity : facts.time(ordered[k + 1].at) + CLONE_MS;
      while (next < made.length) {
        const { time, call } = made[next];
        if (call === undefined && time >= facts.time(fork.at) - APART_MS) break;
        next++;
      }
      if (next === made.length || made[next].time > until) continue;
      this.#pair(fork, made[next++]);
    }
  }

  /** CLONE_PARENT makes a child of the caller's own parent; clone3 hides that flag (fact 10). */
  #matchSiblings(life: Life): void {
    const up = life.told?.parent === undefined ? undefined : this.#made.get(life.told.parent);
    if (up === undefined) return;
    for (const fork of life.forks) {
      if (fork.told !== undefined || fork.thread) continue;
      const since = this.#facts.time(fork.at) - APART_MS;
      const inner = this.#inner.has(life);
      const one = up.find(({ id, time, call }) => {
        if (call !== undefined || time < since) return false;
        return inner ? time <= since + CLONE_MS : id === fork.ret;
      });
      if (one !== undefined) this.#pair(fork, one);
    }
    this.#nameChildren(life);
  }

  #pair(fork: Fork, one: Made): void {
    one.call = fork;
    fork.told = one.id;
    if (one.child !== undefined) one.child.bornBy(fork);
  }

  /** Says of each child whether it is in the initial namespace, and its number where it is not. */
  #nameChildren(life: Life): void {
    const unsharedAt = this.#unsharedAt.get(life) ?? NaN;
    for (const fork of life.forks) {
      const { child } = fork;
      if (child === undefined) continue;
      const flagged = (fork.flags & CLONE_NEWPID) !== 0;
      const below = flagged || fork.at > unsharedAt;
      if (!below && !this.#inner.has(life) && fork.ret === child.pid) continue;
      this.#inner.add(child);
      if (!below) child.nsPid = fork.ret;
      else if (flagged || !this.#begun.has(life)) child.nsPid = 1;
      if (below && !flagged) this.#begun.add(life);
    }
  }
}
