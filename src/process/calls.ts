/**
 * Which call in the audit records made which process that the connector tells of.
 *
 * In the initial pid namespace the call returned the child's pid. Elsewhere it returned a
 * number of that namespace (KERNEL fact 9), but the connector tells the children of each
 * process in order, and the numbers of one namespace rise in the same order.
 */
import { lowerBoundBy, NONE } from '../base/list.ts';
import { CLONE_NEWPID, CLONE_PARENT, type Facts, type Fork, mayMakeSibling } from './facts.ts';
import type { Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';
import { isRawCall } from './parents.ts';
import { APART_MS, type Witnessed } from './witnessed.ts';

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

/** All that one life made. */
interface Family {
  /** In order of birth. */
  readonly made: readonly Made[];
  /** By pid; made when it is asked for. */
  byId?: ReadonlyMap<number, readonly Made[]>;
}

const NOBODY: Family = { made: NONE };

/** Finds the call of every birth that the connector tells of, parents before their children. */
export class Calls {
  readonly #facts: Facts;
  readonly #index: LifeIndex;
  readonly #lifeOf: ReadonlyMap<Witnessed, Life>;
  readonly #families = new Map<Witnessed, Family>();
  /** Lives in a namespace below the initial one. */
  readonly #inner = new Set<Life>();
  /** Lives that are known to be in it. */
  readonly #outer = new Set<Life>();
  /** Where each life first put its next children into a namespace of their own (fact 11). */
  readonly #unsharedAt = new Map<Life, number>();

  /** `lifeOf`: all lives that the connector tells of. */
  constructor(facts: Facts, index: LifeIndex, lifeOf: ReadonlyMap<Witnessed, Life>) {
    this.#facts = facts;
    this.#index = index;
    this.#lifeOf = lifeOf;
    for (const at of facts.unshares) {
      const life = facts.lifeAt(at);
      if (life !== undefined && !this.#unsharedAt.has(life)) this.#unsharedAt.set(life, at);
    }
  }

  /** `lives`: the same, in order of birth. */
  match(lives: readonly Life[]): void {
    for (const told of this.#lifeOf.keys()) this.#families.set(told, { made: this.#madeBy(told) });
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
    const family = this.#familyOf(life.told);
    if (life.forks.length === 0) return;
    const own = life.forks.filter((fork) => (fork.flags & CLONE_PARENT) === 0);
    if (this.#inner.has(life)) this.#matchInOrder(life, own, family.made);
    else {
      for (const fork of own) this.#matchByNumber(fork, family);
      this.#matchAbove(life, (fork, above) => this.#matchByNumber(fork, above));
      // An entered namespace, or one that is older than the recording.
      const strange = own.filter((fork) => fork.told === undefined);
      const unsure = !this.#outer.has(life) && strange.length * 2 > own.length;
      if (unsure) this.#matchInOrder(life, strange, family.made);
    }
    this.#nameChildren(life);
  }

  /**
   * Matches the calls that may have made a sibling among the children of the parent that the call
   * shows, who may have adopted the caller, then of the caller's first parent.
   */
  #matchAbove({ told, forks }: Life, match: (fork: Fork, family: Family) => void): void {
    for (const fork of forks) {
      if (!mayMakeSibling(fork)) continue;
      const shown = this.#index.at(this.#facts.ppid(fork.at), fork.at)?.told;
      for (const parent of new Set([shown, told?.parent])) {
        if (fork.told === undefined) match(fork, this.#familyOf(parent));
      }
    }
  }

  #familyOf(told: Witnessed | undefined): Family {
    return (told === undefined ? undefined : this.#families.get(told)) ?? NOBODY;
  }

  #matchByNumber(fork: Fork, family: Family): void {
    family.byId ??= byIdOf(family.made);
    const since = this.#facts.time(fork.at) - APART_MS;
    const known = family.byId.get(fork.ret);
    const one = known?.find(({ time, call }) => call === undefined && time >= since);
    if (one !== undefined) this.#pair(fork, one);
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

  /** In a namespace only time tells which child of the caller's parent it is. */
  #matchSiblings(life: Life): void {
    if (!this.#inner.has(life)) return;
    this.#matchAbove(life, (fork, { made }) => this.#matchSoonest(fork, made));
    this.#nameChildren(life);
  }

  #matchSoonest(fork: Fork, made: readonly Made[]): void {
    const since = this.#facts.time(fork.at) - APART_MS;
    let i = lowerBoundBy(made, ({ time }) => time, since);
    while (i < made.length && made[i].call !== undefined) i++;
    if (i < made.length && made[i].time <= since + CLONE_MS) this.#pair(fork, made[i]);
  }

  #pair(fork: Fork, one: Made): void {
    one.call = fork;
    fork.told = one.id;
    if (one.child !== undefined) one.child.bornBy(fork);
  }

  /** Says of each child whether it is in the initial namespace, and its number where it is not. */
  #nameChildren(life: Life): void {
    const unsharedAt = this.#unsharedAt.get(life) ?? NaN;
    const first = this.#firstAfter(life, unsharedAt);
    for (const fork of life.forks) {
      const { child } = fork;
      if (child === undefined) continue;
      const flagged = (fork.flags & CLONE_NEWPID) !== 0;
      const below = flagged || fork.at > unsharedAt;
      // A clone3 that no C library made may have hidden a namespace of the child's own.
      const hidden = isRawCall(this.#facts, fork);
      if (!below && !this.#inner.has(life) && fork.ret === child.pid) {
        if (!hidden) this.#outer.add(child);
        continue;
      }
      this.#inner.add(child);
      if (flagged || (below && child.told === first)) child.nsPid = 1;
      else if (!below && !hidden) child.nsPid = fork.ret;
    }
  }

  /**
   * The first child after an unshare is its namespace's pid 1, recorded or not, and a sibling
   * by CLONE_PARENT as well. Undefined where a call's child is not known.
   */
  #firstAfter({ told, forks }: Life, unsharedAt: number): Witnessed | undefined {
    if (Number.isNaN(unsharedAt)) return undefined;
    const time = this.#facts.time(unsharedAt) - APART_MS;
    let first = told?.children.find(({ born }) => born >= time);
    for (const { at, thread, flags, child } of forks) {
      if (at < unsharedAt || thread || (flags & CLONE_NEWPID) !== 0) continue;
      if (child?.told === undefined) return undefined;
      if (first === undefined || child.told.born < first.born) first = child.told;
    }
    return first;
  }
}

function byIdOf(made: readonly Made[]): Map<number, Made[]> {
  const byId = new Map<number, Made[]>();
  for (const one of made) {
    const known = byId.get(one.id);
    if (known === undefined) byId.set(one.id, [one]);
    else known.push(one);
  }
  return byId;
}
