/**
 * Whether a call can have borne a life, by the births with the pids below and above: pids are
 * handed out in order (KERNEL fact 12), so of two births the one with the lower rank took its
 * number first.
 */
import { lowerBound, lowerBoundBy } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import { BEFORE_ALL, type Beginnings, takenBefore } from './beginnings.ts';
import type { Births } from './births.ts';
import type { Facts, Fork } from './facts.ts';
import { type Life, NEVER } from './life.ts';
import type { Space } from './space.ts';

/**
 * How many known births on each side of a pid are compared. A few: what they do not rule out
 * those further away hardly do, and one that is wrong itself then spoils little.
 */
const NEIGHBOURS = 4;

/** How many births are looked through for one that was logged at once. */
const FAR = 32;

/** A birth in another namespace with the life that it probably began. */
export interface Paired {
  readonly fork: Fork;
  readonly life: Life;
  readonly space: Space;
}

const rankOf = ({ life }: Paired): number => life.rank;

/** All births whose pids are known, or taken for known. */
export interface Known {
  readonly facts: Facts;
  readonly beginnings: Beginnings;
  /** Those of the initial namespace, which are certain. */
  readonly births: Births;
  /** Those that the other namespaces' first matchings paired, by rank. */
  readonly paired: readonly Paired[];
}

/** Positions that the births around a pid set for its own. */
interface Bounds {
  /** A birth below it took its number after this one. */
  readonly after: number;
  /** A birth above it took its number before this one. */
  readonly before: number;
  /** Where the nearest prompt births outside the namespace, below and above, were logged. */
  readonly below: number;
  readonly above: number;
}

/** What the births around each pid tell one namespace. */
export class Moments {
  readonly #known: Known;
  readonly #space: Space;
  readonly #bounds = new Map<Life, Bounds>();

  constructor(known: Known, space: Space) {
    this.#known = known;
    this.#space = space;
  }

  /** Whether nothing that the births around the life's pid show rules the pair out. */
  allow(fork: Fork, life: Life): boolean {
    const { facts, beginnings } = this.#known;
    const { after, before } = this.#boundsOf(life);
    return beginnings.takenAfter(fork) <= before && after <= takenBefore(facts, fork, life);
  }

  /**
   * How well the order of the log agrees with the order of the pids, from 0 to 2. clone and fork
   * are logged soon after they took the number, and so in nearly the same order.
   */
  agreement(fork: Fork, life: Life): number {
    const { below, above } = this.#boundsOf(life);
    if (below > fork.at) return 0;
    if (!isPrompt(fork)) return 1;
    return above > fork.at ? 2 : 0;
  }

  #boundsOf(life: Life): Bounds {
    let bounds = this.#bounds.get(life);
    if (bounds === undefined) {
      bounds = this.#around(life.rank);
      this.#bounds.set(life, bounds);
    }
    return bounds;
  }

  #around(own: number): Bounds {
    const { facts, beginnings, births } = this.#known;
    const { rank, forks } = births;
    const from = lowerBound(rank, 0, rank.length, own);
    const to = lowerBound(rank, from, rank.length, own + 1);
    let after = BEFORE_ALL;
    for (let i = Math.max(0, from - NEIGHBOURS); i < from; i++) {
      after = Math.max(after, beginnings.takenAfter(forks[i]));
    }
    let before = NEVER;
    for (let i = to; i < forks.length && i < to + NEIGHBOURS; i++) {
      before = Math.min(before, takenBefore(facts, forks[i], forks[i].child));
    }
    const below = this.#prompt(own, from - 1, -1)?.at ?? BEFORE_ALL;
    return { after, before, below, above: this.#prompt(own, to, 1)?.at ?? NEVER };
  }

  /** The prompt birth elsewhere with the next rank in a direction; `from`: the first place in question. */
  #prompt(own: number, from: number, step: 1 | -1): Fork | undefined {
    const { births, paired } = this.#known;
    const i = promptBirth(births, from, step);
    const k = this.#promptPair(own, step);
    if (k < 0) return births.forks[i];
    if (i < 0) return paired[k].fork;
    const nearer = (births.rank[i] - paired[k].life.rank) * step < 0;
    return nearer ? births.forks[i] : paired[k].fork;
  }

  #promptPair(own: number, step: 1 | -1): number {
    const { paired } = this.#known;
    let i =
      step > 0 ? lowerBoundBy(paired, rankOf, own + 1) : lowerBoundBy(paired, rankOf, own) - 1;
    for (let tried = 0; tried < FAR && i >= 0 && i < paired.length; tried++, i += step) {
      if (paired[i].space !== this.#space && isPrompt(paired[i].fork)) return i;
    }
    return -1;
  }
}

function promptBirth({ forks }: Births, from: number, step: 1 | -1): number {
  for (let i = from, tried = 0; tried < FAR && i >= 0 && i < forks.length; tried++, i += step) {
    if (isPrompt(forks[i])) return i;
  }
  return -1;
}

/** vfork returns when its child has execed or ended; so may clone3. */
export function isPrompt({ kind }: Fork): boolean {
  return kind === KIND.clone || kind === KIND.fork;
}
