/**
 * Which process of one tree is which of the other: by ancestry, command and occurrence, and
 * never by pid or time. Only children of processes that are matched are matched, step by
 * step from the roots down, and among them the surest first:
 *
 * 1. equal subtrees, 2. subtrees equal but for the order of siblings, 3. the same command,
 * the more alike what is below the better, 4. the same program, the more alike the arguments
 * the better, 5. whatever has much the same children.
 *
 * Where the order of siblings counts, those that keep it go first in steps 1 to 4, so that as
 * few as can be are moved.
 */
import type { TreeProcess } from '../model/difference.ts';
import { childrenOf, type KeyedTree } from './keys.ts';
import { alignInOrder, heaviestChain, longestRise, pairByOccurrence } from './lists.ts';
import { argumentLikeness, childrenLikeness, wordsOf } from './likeness.ts';

/** Places of the other tree by place of this one, -1 for none. */
export interface Matching {
  readonly partner: Int32Array;
  /** By place of the first tree: 1 where it stands elsewhere among its siblings. */
  readonly moved: Uint8Array;
}

/** Of a group of siblings more pairs than this are not compared one by one. */
const MOST_COMPARED = 4096;
/** From this likeness on a process is the same with other arguments, and not another one. */
const SAME_ENOUGH = 0.4;
/** What it adds to a likeness when both stand between the same siblings. */
const SAME_GAP = 1;
/** The same for processes that run different programs, by what is below them. */
const SAME_CHILDREN = 0.5;

/**
 * Matches two trees with numbers of the same numbering. `strict`: the order of siblings always
 * counts, also that of roots.
 */
export function matchTrees(
  a: KeyedTree,
  b: KeyedTree,
  ignore: readonly RegExp[],
  strict: boolean,
): Matching {
  const partner = new Int32Array(a.tree.processes.length).fill(-1);
  const moved = new Uint8Array(partner.length);
  const pending: (readonly [number, number])[] = [[-1, -1]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [x, y] = pair;
    if (x >= 0 && a.subtree[x] === b.subtree[y]) {
      // Equal subtrees have one shape, and a subtree is a range.
      for (let n = 1; n < a.tree.size[x]; n++) partner[x + n] = y + n;
      continue;
    }
    const inOrder = strict || (isSequentialAt(a, x) && isSequentialAt(b, y));
    const [as, bs] = [childrenOf(a.tree, x), childrenOf(b.tree, y)];
    const siblings = new Siblings(a, b, as, bs, ignore, inOrder);
    siblings.match();
    for (const place of siblings.outOfOrder()) moved[place] = 1;
    for (const [child, other] of siblings.pairs()) {
      partner[child] = other;
      pending.push([child, other]);
    }
  }
  return { partner, moved };
}

/** Roots are older than the recording; which of them shows first is chance. */
function isSequentialAt({ tree }: KeyedTree, place: number): boolean {
  return place >= 0 && tree.processes[place].anyOrder === undefined;
}

/** A pair that may be; positions among siblings. */
interface Candidate {
  readonly i: number;
  readonly k: number;
  score: number;
  /** How far apart they are among those with the same key. */
  readonly apart: number;
}

/** The children of two processes that are matched. */
class Siblings {
  readonly #a: KeyedTree;
  readonly #b: KeyedTree;
  readonly #as: Int32Array;
  readonly #bs: Int32Array;
  readonly #ignore: readonly RegExp[];
  readonly #inOrder: boolean;
  /** Position among the other's children by position among these; -1 not matched yet. */
  readonly #to: Int32Array;
  readonly #taken: Uint8Array;

  constructor(
    a: KeyedTree,
    b: KeyedTree,
    as: Int32Array,
    bs: Int32Array,
    ignore: readonly RegExp[],
    inOrder: boolean,
  ) {
    this.#inOrder = inOrder;
    this.#a = a;
    this.#b = b;
    this.#as = as;
    this.#bs = bs;
    this.#ignore = ignore;
    this.#to = new Int32Array(as.length).fill(-1);
    this.#taken = new Uint8Array(bs.length);
  }

  match(): void {
    this.#equal('subtree');
    this.#equal('bag');
    this.#alike('command', (x, y) => 1 + childrenLikeness(this.#a, x, this.#b, y), 0);
    this.#alike('program', (x, y) => this.#likeness(x, y), SAME_ENOUGH);
    this.#sameChildren();
  }

  *pairs(): Generator<readonly [number, number], void> {
    for (let i = 0; i < this.#to.length; i++) {
      if (this.#to[i] >= 0) yield [this.#as[i], this.#bs[this.#to[i]]];
    }
  }

  /** Places of those that would have to move for the others to be in order. */
  outOfOrder(): number[] {
    if (!this.#inOrder) return [];
    const kept = new Set(this.#kept());
    const isMoved = (i: number): boolean => this.#to[i] >= 0 && !kept.has(i);
    return Array.from(this.#to.keys())
      .filter(isMoved)
      .map((i) => this.#as[i]);
  }

  /** The positions, as many as can be, whose partners stand in the same order. */
  #kept(): number[] {
    const matched = Array.from(this.#to.keys()).filter((i) => this.#to[i] >= 0);
    return longestRise(matched.map((i) => this.#to[i])).map((n) => matched[n]);
  }

  #pair(i: number, k: number): void {
    this.#to[i] = k;
    this.#taken[k] = 1;
  }

  /** Positions of those without a partner. */
  #left(): [number[], number[]] {
    const [left, other]: [number[], number[]] = [[], []];
    for (let i = 0; i < this.#to.length; i++) if (this.#to[i] < 0) left.push(i);
    for (let k = 0; k < this.#taken.length; k++) if (this.#taken[k] === 0) other.push(k);
    return [left, other];
  }

  #equal(key: 'subtree' | 'bag'): void {
    for (const pairing of [alignInOrder, pairByOccurrence]) {
      const [left, other] = this.#left();
      if (left.length === 0 || other.length === 0) return;
      pairing(
        Int32Array.from(left, (i) => this.#a[key][this.#as[i]]),
        Int32Array.from(other, (k) => this.#b[key][this.#bs[k]]),
        (i, k) => this.#pair(left[i], other[k]),
      );
    }
  }

  /** Pairs within each group of those with the same key. */
  #alike(key: 'command' | 'program', like: Likeness, least: number): void {
    const gapOf = this.#gaps();
    const found: Candidate[] = [];
    for (const [left, other] of this.#groups(key)) {
      if (left.length * other.length > MOST_COMPARED) this.#many(key, left, other);
      else this.#compare(left, other, like, least, found);
    }
    if (gapOf !== undefined) {
      for (const one of found) one.score += gapOf.from(one.i) === gapOf.to(one.k) ? SAME_GAP : 0;
      for (const n of heaviestChain(found)) this.#pair(found[n].i, found[n].k);
    }
    this.#bestFirst(found);
  }

  /** Between which of the siblings that keep their order each stands; undefined where none does. */
  #gaps(): { from: (i: number) => number; to: (k: number) => number } | undefined {
    if (!this.#inOrder) return undefined;
    const from = new Int32Array(this.#to.length);
    const to = new Int32Array(this.#taken.length);
    for (const i of this.#kept()) {
      from[i] = 1;
      to[this.#to[i]] = 1;
    }
    for (const marks of [from, to]) for (let n = 1; n < marks.length; n++) marks[n] += marks[n - 1];
    return { from: (i) => from[i], to: (k) => to[k] };
  }

  #groups(key: 'command' | 'program'): Iterable<readonly [number[], number[]]> {
    const groups = new Map<number, [number[], number[]]>();
    const [left, other] = this.#left();
    for (const i of left) {
      const number = this.#a[key][this.#as[i]];
      const group = groups.get(number);
      if (group === undefined) groups.set(number, [[i], []]);
      else group[0].push(i);
    }
    for (const k of other) groups.get(this.#b[key][this.#bs[k]])?.[1].push(k);
    return groups.values();
  }

  #compare(
    left: readonly number[],
    other: readonly number[],
    like: Likeness,
    least: number,
    found: Candidate[],
  ): void {
    for (const [n, i] of left.entries()) {
      for (const [m, k] of other.entries()) {
        const score = like(this.#as[i], this.#bs[k]);
        if (score >= least) found.push({ i, k, score, apart: Math.abs(n - m) });
      }
    }
  }

  #bestFirst(found: Candidate[]): void {
    found.sort((p, q) => q.score - p.score || p.apart - q.apart || p.i - q.i || p.k - q.k);
    for (const { i, k } of found) {
      if (this.#to[i] < 0 && this.#taken[k] === 0) this.#pair(i, k);
    }
  }

  /** Too many for comparing each with each: of one command by occurrence, else by the words they share. */
  #many(key: 'command' | 'program', left: readonly number[], other: readonly number[]): void {
    const [a, b] =
      key === 'command'
        ? [new Int32Array(left.length), new Int32Array(other.length)]
        : sharedWords(
            left.map((i) => this.#words(this.#a, this.#as[i])),
            other.map((k) => this.#words(this.#b, this.#bs[k])),
          );
    pairByOccurrence(a, b, (i, k) => this.#pair(left[i], other[k]));
  }

  #words({ tree }: KeyedTree, place: number): readonly string[] {
    return wordsOf(tree.processes[place], this.#ignore);
  }

  #likeness(x: number, y: number): number {
    const [p, q]: readonly TreeProcess[] = [this.#a.tree.processes[x], this.#b.tree.processes[y]];
    const below = childrenLikeness(this.#a, x, this.#b, y);
    return (argumentLikeness(p, q, this.#ignore) + below) / 2;
  }

  #sameChildren(): void {
    const [left, other] = this.#left();
    if (left.length * other.length > MOST_COMPARED) return;
    const parents = left.filter((i) => this.#a.tree.size[this.#as[i]] > 1);
    const others = other.filter((k) => this.#b.tree.size[this.#bs[k]] > 1);
    const found: Candidate[] = [];
    const like: Likeness = (x, y) => childrenLikeness(this.#a, x, this.#b, y);
    this.#compare(parents, others, like, SAME_CHILDREN, found);
    this.#bestFirst(found);
  }
}

type Likeness = (x: number, y: number) => number;

/** Keys of those words alone that the other side has, too: what all have changed drops out. */
function sharedWords(
  a: readonly (readonly string[])[],
  b: readonly (readonly string[])[],
): [Int32Array, Int32Array] {
  const [inA, inB] = [a, b].map((lists) => new Set(lists.flat()));
  const numbers = new Map<string, number>();
  const keysOf = (lists: readonly (readonly string[])[], other: ReadonlySet<string>): Int32Array =>
    Int32Array.from(lists, (words) => {
      const key = words.filter((word) => other.has(word)).join('\0');
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      return number;
    });
  return [keysOf(a, inB), keysOf(b, inA)];
}
