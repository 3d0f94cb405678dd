/**
 * The heaviest set of pairs (n, p) in which both numbers rise together and p - n never
 * falls: how numbers of a pid namespace correspond to pids (see spaces.ts).
 *
 * A heaviest chain over (n, p - n), with a Fenwick tree over the differences:
 * O(m log m) for m pairs. Of equally heavy chains the one in which p - n rises least is taken,
 * because every rise means as many births elsewhere.
 */
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

interface Link {
  readonly pair: Pair;
  /** p - n of ranks: it rises by births elsewhere. */
  readonly difference: number;
  /** The same of places: it rises only by births elsewhere that are not known. */
  readonly unknown: number;
  score: number;
  previous: Link | undefined;
}

/** One of weight counts for more than all births elsewhere in hundreds of turns of pids. */
const UNIT = 2 ** 26;

/** The chosen pairs in order of n. Deterministic for any order of the input. */
export function align(pairs: readonly Pair[], first?: Beginning): Pair[] {
  const links = pairs.map((pair): Link => {
    const difference = pair.life.rank - pair.fork.ret;
    return { pair, difference, unknown: pair.place - pair.fork.ret, score: 0, previous: undefined };
  });
  links.sort(
    (a, b) =>
      a.pair.fork.ret - b.pair.fork.ret ||
      a.difference - b.difference ||
      a.pair.fork.at - b.pair.fork.at,
  );
  const chains = new Chains(links);
  let best: Link | undefined;
  for (let from = 0; from < links.length; ) {
    let to = from;
    while (to < links.length && links[to].pair.fork.ret === links[from].pair.fork.ret) to++;
    // One number is one birth: its pairs may not follow one another.
    for (let i = from; i < to; i++) chains.extend(links[i], first);
    for (let i = from; i < to; i++) {
      chains.add(links[i]);
      if (best === undefined || links[i].score > best.score) best = links[i];
    }
    from = to;
  }
  const chosen: Pair[] = [];
  for (let link = best; link !== undefined; link = link.previous) chosen.push(link.pair);
  return chosen.reverse();
}

/** The heaviest chains so far, by what they end with. */
class Chains {
  readonly #ranks: Map<number, number>;
  /** A Fenwick tree over differences. */
  readonly #tree: (Link | undefined)[];
  readonly #sameUnknown = new Map<number, Link>();

  constructor(links: readonly Link[]) {
    const differences = [...new Set(links.map((link) => link.difference))].sort((a, b) => a - b);
    this.#ranks = new Map(differences.map((difference, i) => [difference, i + 1]));
    this.#tree = new Array<Link | undefined>(differences.length + 1).fill(undefined);
  }

  /** Puts a link behind the chain that is heaviest with it. */
  extend(link: Link, first: Beginning | undefined): void {
    const previous = this.#best(link);
    link.previous = previous;
    link.score = previous === undefined ? begun(link, first) : after(link, previous);
    const same = this.#sameUnknown.get(link.unknown);
    if (same !== undefined && after(link, same) > link.score) {
      link.score = after(link, same);
      link.previous = same;
    }
  }

  add(link: Link): void {
    const tree = this.#tree;
    for (let i = this.#rank(link); i < tree.length; i += i & -i) {
      if (heavier(link, tree[i])) tree[i] = link;
    }
    if (heavier(link, this.#sameUnknown.get(link.unknown))) {
      this.#sameUnknown.set(link.unknown, link);
    }
  }

  #best(link: Link): Link | undefined {
    let best: Link | undefined;
    for (let i = this.#rank(link); i > 0; i -= i & -i) {
      const candidate = this.#tree[i];
      if (candidate !== undefined && heavier(candidate, best)) best = candidate;
    }
    return best;
  }

  #rank(link: Link): number {
    return this.#ranks.get(link.difference) as number;
  }
}

/** The score of a chain that begins with a link. */
function begun(link: Link, first: Beginning | undefined): number {
  const { weight, agreement } = link.pair;
  if (first === undefined) return (weight + agreement) * UNIT;
  const same = link.unknown === first.place - 1 ? 1 : 0;
  return (weight + agreement + same) * UNIT - Math.abs(link.difference - (first.rank - 1));
}

function after(link: Link, previous: Link): number {
  const same = link.unknown === previous.unknown ? 1 : 0;
  const { weight, agreement } = link.pair;
  const rise = link.difference - previous.difference;
  return previous.score + (weight + agreement + same) * UNIT - rise;
}

/** Whether a chain is the better one to go on with: its rise so far is paid already. */
function heavier(link: Link, than: Link | undefined): boolean {
  return than === undefined || link.score + link.difference > than.score + than.difference;
}
