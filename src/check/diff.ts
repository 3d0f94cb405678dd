/**
 * What one forest of processes did that another one did not. `docs/diff.md` says what is
 * compared; `matching.ts` finds out which process is which.
 */
import { compareText } from '../base/compare.ts';
import type { Change, DifferenceRow, TreeDifference } from '../model/difference.ts';
import { adoptersDiffer, labelChanges, timeChanges, type Tolerance } from './changes.ts';
import { childrenOf, type KeyedTree, type KeyOptions, keyTrees } from './keys.ts';
import { type Matching, matchTrees } from './matching.ts';
import type { ProcessTree } from './tree.ts';

/** How to compare. */
export interface DiffOptions {
  /** Also what two recordings of the same need not share: see `docs/diff.md`. */
  readonly everything?: boolean;
  /** With the flag g. What they find in an argument or a path is not compared. */
  readonly ignore?: readonly RegExp[];
  /** Without it durations are not compared. */
  readonly tolerance?: Tolerance;
}

/** What is different. `from` and `to` in the result are the two trees, in this order. */
export function diffTrees(
  from: ProcessTree,
  to: ProcessTree,
  { everything = false, ignore = [], tolerance }: DiffOptions = {},
): TreeDifference {
  const hosts = everything || hostsOf(from) > 1 || hostsOf(to) > 1;
  const options = { everything, hosts, ignore };
  const [a, b] = keyTrees(from, to, options);
  const matching = matchEitherWay(a, b, options);
  const changes = changesOf(a, b, matching, { ...options, tolerance });
  const rows = new RowMaker(a.tree, b.tree, matching.partner, changes).rows();
  return { rows, counts: countsOf(rows, a.tree, b.tree) };
}

function hostsOf({ processes }: ProcessTree): number {
  return new Set(processes.map(({ host }) => host)).size;
}

function countsOf(
  rows: readonly DifferenceRow[],
  a: ProcessTree,
  b: ProcessTree,
): TreeDifference['counts'] {
  const counts = { added: 0, removed: 0, changed: 0, within: 0 };
  for (const { kind } of rows) counts[kind]++;
  const { added, removed, changed } = counts;
  return { from: a.processes.length, to: b.processes.length, added, removed, changed };
}

/** Matches so that the two trees can change sides without a process changing its partner. */
function matchEitherWay(a: KeyedTree, b: KeyedTree, { ignore, everything }: KeyOptions): Matching {
  if (!comesBefore(b, a)) return matchTrees(a, b, ignore, everything);
  const back = matchTrees(b, a, ignore, everything);
  const partner = new Int32Array(a.label.length).fill(-1);
  const moved = new Uint8Array(a.label.length);
  for (let k = 0; k < back.partner.length; k++) {
    const i = back.partner[k];
    if (i < 0) continue;
    partner[i] = k;
    moved[i] = back.moved[k];
  }
  return { partner, moved };
}

/** Whether a tree comes before another one, by all that is compared; of equal ones neither does. */
function comesBefore(a: KeyedTree, b: KeyedTree): boolean {
  const [{ level: ls }, { level: ks }] = [a.tree, b.tree];
  if (ls.length !== ks.length) return ls.length < ks.length;
  for (let i = 0; i < ls.length; i++) {
    if (ls[i] !== ks[i]) return ls[i] < ks[i];
    if (a.label[i] === b.label[i]) continue;
    const [p, q] = [a.tree.processes[i], b.tree.processes[i]];
    const order = compareText(JSON.stringify(p), JSON.stringify(q));
    if (order !== 0) return order < 0;
  }
  return false;
}

/** By place in the first tree; those without any are not in it. */
type Changes = ReadonlyMap<number, readonly Change[]>;

function changesOf(
  a: KeyedTree,
  b: KeyedTree,
  { partner, moved }: Matching,
  options: KeyOptions & { readonly tolerance: Tolerance | undefined },
): Changes {
  const { tolerance, everything } = options;
  const orders = orderChanges(a.tree, { partner, moved });
  const found = new Map<number, readonly Change[]>();
  for (let i = 0; i < partner.length; i++) {
    const k = partner[i];
    if (k < 0) continue;
    const [p, q] = [a.tree.processes[i], b.tree.processes[k]];
    const changes = a.label[i] === b.label[k] ? [] : labelChanges(p, q, options);
    const order = orders.get(i);
    if (order !== undefined) changes.push(order);
    if (everything && adoptersDiffer(p, q, (n) => partner[n])) changes.push({ field: 'adopted' });
    if (tolerance !== undefined) changes.push(...timeChanges(p, q, tolerance, everything));
    if (changes.length > 0) found.set(i, changes);
  }
  return found;
}

/** For each that was moved, its places among the siblings that are in both trees. */
function orderChanges(tree: ProcessTree, { partner, moved }: Matching): Map<number, Change> {
  const changes = new Map<number, Change>();
  if (!moved.includes(1)) return changes;
  const above = parentsOf(tree);
  const parents = new Set<number>();
  for (let i = 0; i < moved.length; i++) if (moved[i] === 1) parents.add(above[i]);
  for (const parent of parents) {
    const siblings = childrenOf(tree, parent).filter((i) => partner[i] >= 0);
    const ranks = new Map<number, number>();
    for (const place of siblings.toSorted((p, q) => partner[p] - partner[q])) {
      ranks.set(place, ranks.size + 1);
    }
    for (const [n, place] of siblings.entries()) {
      if (moved[place] === 0) continue;
      changes.set(place, { field: 'order', from: n + 1, to: ranks.get(place) ?? 0 });
    }
  }
  return changes;
}

/** Place of the parent of each; -1 of roots. */
function parentsOf({ size }: ProcessTree): Int32Array {
  const parents = new Int32Array(size.length).fill(-1);
  for (let i = 0; i < size.length; i++) {
    for (let child = i + 1; child < i + size[i]; child += size[child]) parents[child] = i;
  }
  return parents;
}

/** A process that is in both trees, or in one of them; the other is -1. */
interface Pair {
  readonly i: number;
  readonly k: number;
}

interface Level {
  readonly pairs: readonly Pair[];
  next: number;
  /** Index of the row above. */
  readonly row: number;
}

/** Makes the rows: what differs, and all that stands above it. */
class RowMaker {
  readonly #a: ProcessTree;
  readonly #b: ProcessTree;
  /** By place in the first tree. */
  readonly #partner: Int32Array;
  /** By place in the second tree. */
  readonly #back: Int32Array;
  readonly #changes: Changes;
  /** By place in the first tree: 1 where it or something below it differs. */
  readonly #differs: Uint8Array;

  constructor(a: ProcessTree, b: ProcessTree, partner: Int32Array, changes: Changes) {
    this.#a = a;
    this.#b = b;
    this.#partner = partner;
    this.#changes = changes;
    this.#back = new Int32Array(b.size.length).fill(-1);
    for (let i = 0; i < partner.length; i++) if (partner[i] >= 0) this.#back[partner[i]] = i;
    this.#differs = this.#differing();
  }

  #differing(): Uint8Array {
    const differs = new Uint8Array(this.#partner.length);
    const [aboveA, aboveB] = [parentsOf(this.#a), parentsOf(this.#b)];
    for (let k = 0; k < aboveB.length; k++) {
      // Of what was added the uppermost has a partner above it.
      const above = this.#back[k] < 0 && aboveB[k] >= 0 ? this.#back[aboveB[k]] : -1;
      if (above >= 0) differs[above] = 1;
    }
    for (let i = differs.length - 1; i >= 0; i--) {
      if (this.#partner[i] < 0 || this.#changes.has(i)) differs[i] = 1;
      if (differs[i] === 1 && aboveA[i] >= 0) differs[aboveA[i]] = 1;
    }
    return differs;
  }

  rows(): DifferenceRow[] {
    const rows: DifferenceRow[] = [];
    const levels: Level[] = [{ pairs: this.#below({ i: -1, k: -1 }), next: 0, row: -1 }];
    while (levels.length > 0) {
      const level = levels[levels.length - 1];
      if (level.next === level.pairs.length) {
        levels.pop();
        continue;
      }
      const pair = level.pairs[level.next++];
      rows.push(this.#row(pair, levels.length - 1, level.row));
      const pairs = this.#below(pair);
      if (pairs.length > 0) levels.push({ pairs, next: 0, row: rows.length - 1 });
    }
    return rows;
  }

  #row({ i, k }: Pair, level: number, parent: number): DifferenceRow {
    const [a, b] = [this.#a, this.#b];
    const changes = (i >= 0 ? this.#changes.get(i) : undefined) ?? [];
    const kind = i < 0 ? 'added' : k < 0 ? 'removed' : changes.length > 0 ? 'changed' : 'within';
    return {
      level,
      parent,
      kind,
      ...(i < 0 ? {} : { from: a.processes[i] }),
      ...(k < 0 ? {} : { to: b.processes[k] }),
      changes,
      ...(i < 0 || a.line === undefined ? {} : { fromLine: a.line[i] }),
      ...(k < 0 || b.line === undefined ? {} : { toLine: b.line[k] }),
    };
  }

  /**
   * What differs below a pair, in the order of the second tree; what was removed stands behind
   * what it stood behind.
   */
  #below({ i, k }: Pair): Pair[] {
    const isRoot = i < 0 && k < 0;
    const as = isRoot || i >= 0 ? childrenOf(this.#a, i) : new Int32Array(0);
    const bs = isRoot || k >= 0 ? childrenOf(this.#b, k) : new Int32Array(0);
    const pairs: Pair[] = [];
    const shown = new Set<number>();
    let n = 0;
    const removed = (): void => {
      for (; n < as.length; n++) {
        if (this.#partner[as[n]] < 0) pairs.push({ i: as[n], k: -1 });
        else if (!shown.has(as[n])) return;
      }
    };
    for (const other of bs) {
      removed();
      const place = this.#back[other];
      if (place >= 0) shown.add(place);
      if (place < 0 || this.#differs[place] === 1) pairs.push({ i: place, k: other });
    }
    removed();
    return pairs;
  }
}
