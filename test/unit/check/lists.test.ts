import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  alignInOrder,
  heaviestChain,
  longestRise,
  type Pairing,
  pairByOccurrence,
} from '../../../src/check/lists.ts';

type Align = (a: Int32Array, b: Int32Array, pair: Pairing) => void;

function pairsOf(align: Align, a: readonly number[], b: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  align(Int32Array.from(a), Int32Array.from(b), (i, k) => pairs.push([i, k]));
  for (const [i, k] of pairs) expect(a[i]).toBe(b[k]);
  for (const side of [0, 1] as const) {
    expect(new Set(pairs.map((pair) => pair[side])).size).toBe(pairs.length);
  }
  return pairs.sort(([i], [k]) => i - k);
}

/** By trying everything. */
function longestCommon(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [[first, ...rest], [other, ...more]] = [a, b];
  if (first === other) return 1 + longestCommon(rest, more);
  return Math.max(longestCommon(rest, b), longestCommon(a, more));
}

const short = fc.array(fc.nat(3), { maxLength: 7 });

describe('aligning in order', () => {
  test('keeps the order, and pairs as many as can be', () => {
    const law = fc.property(short, short, (a, b) => {
      const pairs = pairsOf(alignInOrder, a, b);
      const others = pairs.map(([, k]) => k);
      expect(others).toEqual(others.toSorted((p, q) => p - q));
      expect(pairs).toHaveLength(longestCommon(a, b));
    });
    fc.assert(law, { seed: 5, numRuns: 300 });
  });

  test('long lists are cut at what each has once', () => {
    const long = Array.from({ length: 5000 }, (_, i) => i);
    const other = [-1, ...long.slice(0, 2000), -2, -3, ...long.slice(2001), -1];
    expect(pairsOf(alignInOrder, long, other)).toHaveLength(4999);
  });

  test('long lists without such items are left alone where they differ', () => {
    const [a, b] = [0, 1].map((n) => Array.from({ length: 2000 }, (_, i) => ((i >> n) % 2) + 1));
    expect(pairsOf(alignInOrder, [7, ...a, 8], [7, ...b, 8]).length).toBeGreaterThan(1);
  });
});

test('by occurrence all that are in both are paired, the first with the first', () => {
  expect(pairsOf(pairByOccurrence, [1, 2, 1, 3], [3, 1, 1, 1])).toEqual([
    [0, 1],
    [2, 2],
    [3, 0],
  ]);
});

test('the longest rise', () => {
  const law = fc.property(fc.uniqueArray(fc.nat(50), { maxLength: 9 }), (list) => {
    const rise = longestRise(list).map((n) => list[n]);
    expect(rise).toEqual(rise.toSorted((p, q) => p - q));
    expect(rise).toHaveLength(
      longestCommon(
        list,
        list.toSorted((p, q) => p - q),
      ),
    );
  });
  fc.assert(law, { seed: 5, numRuns: 300 });
});

test('the heaviest chain', () => {
  const weighed = fc.record({ i: fc.nat(5), k: fc.nat(5), score: fc.integer({ min: 1, max: 9 }) });
  const law = fc.property(fc.array(weighed, { maxLength: 8 }), (pairs) => {
    const chain = heaviestChain(pairs).map((n) => pairs[n]);
    for (const [n, { i, k }] of chain.entries()) {
      if (n === 0) continue;
      expect(i).toBeGreaterThan(chain[n - 1].i);
      expect(k).toBeGreaterThan(chain[n - 1].k);
    }
    let best = 0;
    for (let some = 0; some < 1 << pairs.length; some++) {
      const chosen = pairs.filter((_, n) => (some >> n) & 1).toSorted((p, q) => p.i - q.i);
      const isChain = chosen.every(
        ({ i, k }, n) => n === 0 || (i > chosen[n - 1].i && k > chosen[n - 1].k),
      );
      if (isChain) best = Math.max(best, sum(chosen));
    }
    expect(sum(chain)).toBe(best);
  });
  fc.assert(law, { seed: 5, numRuns: 200 });
});

function sum(pairs: readonly { readonly score: number }[]): number {
  return pairs.reduce((total, { score }) => total + score, 0);
}
