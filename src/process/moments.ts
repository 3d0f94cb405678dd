/**
 * Whether a call can have borne a life, by the births with the pids below and above: pids are
 * handed out in order (KERNEL fact 12), so of two births the one with the lower rank took its
 * number first.
 */
import { lowerBoundBy } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import { takenBefore } from './beginnings.ts';
import type { Facts, Fork } from './facts.ts';
import type { Life } from './life.ts';
import { rankTaken } from './rank.ts';
import type { Space } from './space.ts';

/**
 * How many known births on each side of a pid are compared. A few: what they do not rule out
 * those further away hardly do, and one that is wrong itself then spoils little.
 */
const NEIGHBOURS = 4;

/** How many births are looked through for one that was logged at once. */
const FAR = 32;

/** A birth whose pid is known, or taken for known. */
export interface Known {
  readonly rank: number;
  readonly fork: Fork;
  readonly life: Life | undefined;
  /** The namespace whose matching paired them; undefined for the initial one, where calls return pids. */
  readonly space: Space | undefined;
}

const rankOf = ({ rank }: Known): number => rank;

/** The births with known pids, in order of rank. */
export class Moments {
  readonly #facts: Facts;
  readonly #takenAfter: Int32Array;
  /** Those of the initial namespace, which are certain. */
  readonly #certain: readonly Known[];
  /** With those that the other namespaces' first matchings paired. */
  readonly #all: readonly Known[];

  /** `paired`: births in other namespaces with the lives that they probably began. */
  constructor(facts: Facts, takenAfter: Int32Array, paired: readonly Known[]) {
    this.#facts = facts;
    this.#takenAfter = takenAfter;
    this.#certain = initialBirths(facts);
    this.#all = inOrder([...this.#certain, ...paired]);
  }

  /** Whether nothing that the births around the life's pid show rules the pair out. */
  allow(fork: Fork, life: Life): boolean {
    const { rank } = life;
    const known = this.#certain;
    const before = takenBefore(this.#facts, fork, life);
    const below = lowerBoundBy(known, rankOf, rank);
    for (let i = below - 1; i >= 0 && i >= below - NEIGHBOURS; i--) {
      if (this.#takenAfter[known[i].fork.at] > before) return false;
    }
    const above = lowerBoundBy(known, rankOf, rank + 1);
    for (let i = above; i < known.length && i < above + NEIGHBOURS; i++) {
      const other = known[i];
      if (this.#takenAfter[fork.at] > takenBefore(this.#facts, other.fork, other.life)) {
        return false;
      }
    }
    return true;
  }

  /**
   * How well the order of the log agrees with the order of the pids, from 0 to 2. clone and fork
   * are logged soon after they took the number, and so in nearly the same order.
   */
  agreement(fork: Fork, life: Life): number {
    const below = this.#prompt(lowerBoundBy(this.#all, rankOf, life.rank) - 1, -1, fork);
    if (below !== undefined && below.fork.at > fork.at) return 0;
    if (!isPrompt(fork)) return 1;
    const above = this.#prompt(lowerBoundBy(this.#all, rankOf, life.rank + 1), 1, fork);
    return above === undefined || above.fork.at > fork.at ? 2 : 0;
  }

  /** The nearest prompt birth of another namespace, from a place on in a direction. */
  #prompt(from: number, step: 1 | -1, { caller }: Fork): Known | undefined {
    for (let i = from, tried = 0; tried < FAR && i >= 0 && i < this.#all.length; i += step) {
      tried++;
      const known = this.#all[i];
      if (known.space !== undefined && known.space === caller?.space) continue;
      if (isPrompt(known.fork)) return known;
    }
    return undefined;
  }
}

function initialBirths(facts: Facts): Known[] {
  const known: Known[] = [];
  for (const fork of facts.forks) {
    const rank = facts.outside[fork.at] === 0 ? rankTaken(facts, fork) : 0;
    if (rank !== 0) known.push({ rank, fork, life: fork.child, space: undefined });
  }
  return inOrder(known);
}

function inOrder(known: Known[]): Known[] {
  return known.sort((a, b) => a.rank - b.rank || a.fork.at - b.fork.at);
}

/** vfork returns when its child has execed or ended; so may clone3. */
export function isPrompt({ kind }: Fork): boolean {
  return kind === KIND.clone || kind === KIND.fork;
}
