/**
 * The heaviest set of pairs (n, p) in which both numbers rise together and p - n never
 * falls: how numbers of a pid namespace correspond to pids (see spaces.ts).
 *
 * A heaviest chain over (n, p - n), with a Fenwick tree over the differences:
 * O(m log m) for m pairs. Of equally heavy chains the one in which p - n rises least is taken,
 * because every rise means as many births elsewhere.
 */
import { lowerBound } from '../base/list.ts';
import type { Fork } from './facts.ts';
import type { Life } from './life.ts';

export interface Pair {
  readonly fork: Fork;
  readonly life: Life;
  /** The life's among the namespace's places; see places.ts. */
  readonly place: number;
  readonly weight: number;
  /** What the log's order adds to the weight; see moments.ts. */
  readonly agreement: number;
}

/** The pid 1 of the namespace: number 1 is known. */
export interface Beginning {
  readonly rank: number;
  readonly place: number;
}

/** One of weight counts for more than all births elsewhere in hundreds of turns of pids. */
const UNIT = 2 ** 26;

const NO_PAIR = -1;

/** The chosen pairs in order of n. Deterministic for any order of the input. */
export function align(pairs: readonly Pair[], first?: Beginning): Pair[] {
  if (pairs.length < 2) return [...pairs];
  const sorted = [...pairs].sort(
    (a, b) => a.fork.ret - b.fork.ret || a.life.rank - b.life.rank || a.fork.at - b.fork.at,
  );
  const chains = new Chains(sorted, first);
  for (let from = 0; from < sorted.length; ) {
    const { ret } = sorted[from].fork;
    let to = from;
    while (to < sorted.length && sorted[to].fork.ret === ret) to++;
    // One number is one birth: its pairs may not follow one another.
    for (let i = from; i < to; i++) chains.extend(i);
    for (let i = from; i < to; i++) chains.add(i);
    from = to;
  }
  return chains.heaviest().map((i) => sorted[i]);
}

/** The heaviest chains so far, by the number of the pair that they end with, in columns. */
class Chains {
  readonly #first: Beginning | undefined;
  /** p - n of ranks: it rises by births elsewhere. */
  readonly #difference: Float64Array;
  /** The same of places: it rises only by births elsewhere that are not known. */
  readonly #unknown: Float64Array;
  readonly #weight: Float64Array;
  readonly #score: Float64Array;
  readonly #previous: Int32Array;
  /** Where each pair's difference is in the tree. */
  readonly #leaf: Int32Array;
  /** A Fenwick tree over differences: the pair of the heaviest chain up to one. */
  readonly #tree: Int32Array;
  readonly #sameUnknown = new Map<number, number>();

  constructor(pairs: readonly Pair[], first: Beginning | undefined) {
    this.#first = first;
    const count = pairs.length;
    this.#difference = new Float64Array(count);
    this.#unknown = new Float64Array(count);
    this.#weight = new Float64Array(count);
    this.#score = new Float64Array(count);
    this.#previous = new Int32Array(count).fill(NO_PAIR);
    for (let i = 0; i < count; i++) {
      const { fork, life, place, weight, agreement } = pairs[i];
      this.#difference[i] = life.rank - fork.ret;
      this.#unknown[i] = place - fork.ret;
      this.#weight[i] = weight + agreement;
    }
    const rising = this.#difference.slice().sort();
    this.#leaf = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      this.#leaf[i] = lowerBound(rising, 0, count, this.#difference[i]) + 1;
    }
    this.#tree = new Int32Array(count + 1).fill(NO_PAIR);
  }

  /** Puts a pair behind the chain that is heaviest with it. */
  extend(pair: number): void {
    const previous = this.#best(pair);
    this.#previous[pair] = previous;
    this.#score[pair] = previous === NO_PAIR ? this.#begun(pair) : this.#after(pair, previous);
    const same = this.#sameUnknown.get(this.#unknown[pair]);
    if (same === undefined) return;
    const score = this.#after(pair, same);
    if (score <= this.#score[pair]) return;
    this.#score[pair] = score;
    this.#previous[pair] = same;
  }

  add(pair: number): void {
    const tree = this.#tree;
    for (let i = this.#leaf[pair]; i < tree.length; i += i & -i) {
      if (this.#isHeavier(pair, tree[i])) tree[i] = pair;
    }
    const unknown = this.#unknown[pair];
    if (this.#isHeavier(pair, this.#sameUnknown.get(unknown) ?? NO_PAIR)) {
      this.#sameUnknown.set(unknown, pair);
    }
  }

  /** The pairs of the heaviest chain of all, from its beginning. */
  heaviest(): number[] {
    let best = 0;
    for (let i = 1; i < this.#score.length; i++) if (this.#score[i] > this.#score[best]) best = i;
    const chain: number[] = [];
    for (let i = best; i !== NO_PAIR; i = this.#previous[i]) chain.push(i);
    return chain.reverse();
  }

  #best(pair: number): number {
    let best = NO_PAIR;
    for (let i = this.#leaf[pair]; i > 0; i -= i & -i) {
      const candidate = this.#tree[i];
      if (candidate !== NO_PAIR && this.#isHeavier(candidate, best)) best = candidate;
    }
    return best;
  }

  /** The score of a chain that begins with a pair. */
  #begun(pair: number): number {
    const first = this.#first;
    if (first === undefined) return this.#weight[pair] * UNIT;
    const same = this.#unknown[pair] === first.place - 1 ? 1 : 0;
    const rise = Math.abs(this.#difference[pair] - (first.rank - 1));
    return (this.#weight[pair] + same) * UNIT - rise;
  }

  #after(pair: number, previous: number): number {
    const same = this.#unknown[pair] === this.#unknown[previous] ? 1 : 0;
    const rise = this.#difference[pair] - this.#difference[previous];
    return this.#score[previous] + (this.#weight[pair] + same) * UNIT - rise;
  }

  /**
   * Whether a chain is the better one to go on with: its rise so far is paid already. Of equal
   * ones it is the one that ends with the lower number.
   */
  #isHeavier(pair: number, than: number): boolean {
    if (than === NO_PAIR) return true;
    const more =
      this.#score[pair] + this.#difference[pair] - (this.#score[than] + this.#difference[than]);
    return more > 0 || (more === 0 && pair < than);
  }
}
