/** The heaviest chain of pairs of a number and a pid. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { align, type Beginning, type Pair } from '../../../src/process/align.ts';
import { Life } from '../../../src/process/life.ts';
import { KIND } from '../../../src/tables/kinds.ts';

/** Number and pid, and where they are given the place of the pid and the weight. */
type Drawn = readonly [n: number, p: number, place?: number, weight?: number];

function pairOf([n, p, place = p, weight = 1]: Drawn): Pair {
  const nobody = { caller: undefined, child: undefined, told: undefined };
  const fork = { at: n, ret: n, flags: 0, kind: KIND.fork, thread: false, ...nobody };
  const life = new Life(p, 0, 0, 0);
  life.rank = p;
  return { fork, life, place, weight, agreement: 0 };
}

const chosen = (drawn: readonly Drawn[], first?: Beginning): number[][] =>
  align(drawn.map(pairOf), first).map(({ fork, life }) => [fork.ret, life.rank]);

test('as many pairs as may be', () => {
  const drawn: Drawn[] = [
    [2, 12],
    [2, 14],
    [3, 13],
    [3, 11],
    [4, 14],
  ];
  expect(chosen(drawn)).toEqual([
    [2, 12],
    [3, 13],
    [4, 14],
  ]);
});

test('a pair of more weight before others', () => {
  const drawn: Drawn[] = [
    [2, 12, 12, 1],
    [2, 13, 13, 2],
  ];
  expect(chosen(drawn)).toEqual([[2, 13]]);
});

describe('of equally heavy chains', () => {
  test('the one in which p - n rises least', () => {
    const drawn: Drawn[] = [
      [2, 12, 1],
      [2, 13, 3],
      [3, 14, 5],
    ];
    expect(chosen(drawn)).toEqual([
      [2, 13],
      [3, 14],
    ]);
  });

  test('but a step without births elsewhere that are not known counts more', () => {
    const drawn: Drawn[] = [
      [2, 12, 12],
      [3, 14, 14],
      [3, 15, 13],
    ];
    expect(chosen(drawn)).toEqual([
      [2, 12],
      [3, 15],
    ]);
    expect(
      chosen(
        [
          [2, 13, 13],
          [2, 14, 12],
        ],
        { rank: 11, place: 11 },
      ),
    ).toEqual([[2, 14]]);
  });

  test('and where the rises are the same, the one that went on from the lower number', () => {
    const drawn: Drawn[] = [
      [4, 18, 100],
      [3, 12, 50],
      [2, 12, 0],
    ];
    const wanted = [
      [2, 12],
      [4, 18],
    ];
    expect(chosen(drawn, { rank: 5, place: 5 })).toEqual(wanted);
    expect(chosen([...drawn].reverse(), { rank: 5, place: 5 })).toEqual(wanted);
  });
});

/** What a chain is worth: weight first, and of equal weight the least rise. */
function worth(chain: readonly Pair[], first: Beginning | undefined): readonly [number, number] {
  let weight = 0;
  let rise = 0;
  let before = first === undefined ? undefined : { n: 1, p: first.rank, place: first.place };
  for (const [i, pair] of chain.entries()) {
    const { fork, life, place } = pair;
    const n = fork.ret;
    const p = life.rank;
    weight += pair.weight;
    if (before !== undefined) {
      if (place - n === before.place - before.n) weight++;
      const step = p - n - (before.p - before.n);
      rise += i === 0 ? Math.abs(step) : step;
    }
    before = { n, p, place };
  }
  return [weight, rise];
}

function isChain(chain: readonly Pair[]): boolean {
  return chain.every((pair, i) => {
    if (i === 0) return true;
    const before = chain[i - 1];
    const step = pair.fork.ret - before.fork.ret;
    return step > 0 && pair.life.rank - before.life.rank >= step;
  });
}

/** The best of all chains. */
function best(pairs: readonly Pair[], first: Beginning | undefined): readonly [number, number] {
  const sorted = [...pairs].sort((a, b) => a.fork.ret - b.fork.ret);
  let most: readonly [number, number] = [0, 0];
  for (let set = 1; set < 2 ** sorted.length; set++) {
    const chain = sorted.filter((_, i) => (set & (1 << i)) !== 0);
    if (!isChain(chain)) continue;
    const [weight, rise] = worth(chain, first);
    if (weight > most[0] || (weight === most[0] && rise < most[1])) most = [weight, rise];
  }
  return most;
}

test('the same worth as the best of all chains', () => {
  const drawn = fc.record({
    n: fc.integer({ min: 2, max: 7 }),
    p: fc.integer({ min: 11, max: 18 }),
    weight: fc.integer({ min: 2, max: 4 }),
  });
  /** By how much the place of a pid lies below it: what births elsewhere took up to it. */
  const taken = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(
      fc.uniqueArray(drawn, { maxLength: 9, selector: ({ n, p }) => n * 100 + p }),
      taken,
      fc.boolean(),
      (list, elsewhere, begins) => {
        const placeOf = (p: number): number => p - elsewhere.slice(0, p).filter(Boolean).length;
        const first = begins ? { rank: 10, place: placeOf(10) } : undefined;
        const pairs = list.map(({ n, p, weight }) => pairOf([n, p, placeOf(p), weight]));
        const found = align(pairs, first);
        expect(isChain(found)).toBe(true);
        expect(worth(found, first)).toEqual(best(pairs, first));
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});
