/**
 * The heaviest set of pairs (n, p) in which both numbers rise together and p - n never
 * falls: how numbers of a pid namespace correspond to pids (see spaces.ts).
 *
 * A heaviest chain over (n, p - n), with a Fenwick tree over the differences:
 * O(m log m) for m pairs. Of equally heavy chains the one with fewer changes of p - n is
 * taken, because every change means a birth elsewhere at just that moment.
 */
import type { Fork } from './facts.ts';
import type { Life } from './life.ts';

export interface Pair {
  readonly fork: Fork;
  readonly life: Life;
  readonly weight: number;
}

interface Link {
  readonly pair: Pair;
  readonly difference: number;
  score: number;
  previous: Link | undefined;
}

/** The chosen pairs in order of n. Deterministic for any order of the input. */
export function align(pairs: readonly Pair[]): Pair[] {
  const links = pairs.map((pair): Link => {
    const difference = pair.life.rank - pair.fork.ret;
    return { pair, difference, score: 0, previous: undefined };
  });
  links.sort(
    (a, b) =>
      a.pair.fork.ret - b.pair.fork.ret ||
      a.difference - b.difference ||
      a.pair.fork.at - b.pair.fork.at,
  );
  const ranks = rankOf(links);
  const tree = new Array<Link | undefined>(ranks.size + 1).fill(undefined);
  const sameDifference = new Map<number, Link>();
  let best: Link | undefined;
  for (let from = 0; from < links.length; ) {
    let to = from;
    while (to < links.length && links[to].pair.fork.ret === links[from].pair.fork.ret) to++;
    // One number is one birth: its pairs may not follow one another.
    for (let i = from; i < to; i++) extend(links[i], tree, ranks, sameDifference);
    for (let i = from; i < to; i++) {
      const link = links[i];
      insert(tree, ranks.get(link.difference) as number, link);
      if (heavier(link, sameDifference.get(link.difference))) {
        sameDifference.set(link.difference, link);
      }
      if (heavier(link, best)) best = link;
    }
    from = to;
  }
  const chosen: Pair[] = [];
  for (let link = best; link !== undefined; link = link.previous) chosen.push(link.pair);
  return chosen.reverse();
}

function rankOf(links: readonly Link[]): Map<number, number> {
  const differences = [...new Set(links.map((link) => link.difference))].sort((a, b) => a - b);
  return new Map(differences.map((difference, i) => [difference, i + 1]));
}

function extend(
  link: Link,
  tree: readonly (Link | undefined)[],
  ranks: ReadonlyMap<number, number>,
  sameDifference: ReadonlyMap<number, Link>,
): void {
  let previous: Link | undefined;
  for (let i = ranks.get(link.difference) as number; i > 0; i -= i & -i) {
    if (heavier(tree[i], previous)) previous = tree[i];
  }
  link.score = link.pair.weight + (previous?.score ?? 0);
  link.previous = previous;
  const same = sameDifference.get(link.difference);
  if (same !== undefined && same.score + link.pair.weight + 1 > link.score) {
    link.score = same.score + link.pair.weight + 1;
    link.previous = same;
  }
}

function insert(tree: (Link | undefined)[], rank: number, link: Link): void {
  for (let i = rank; i < tree.length; i += i & -i) if (heavier(link, tree[i])) tree[i] = link;
}

function heavier(link: Link | undefined, than: Link | undefined): boolean {
  if (link === undefined) return false;
  return than === undefined || link.score > than.score;
}
