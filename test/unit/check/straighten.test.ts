/** The smallest disorder that still fails. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inversions, straighten } from '../../../src/check/straighten.ts';

const RUNS = { numRuns: 200, seed: 3 };

function countPairs(order: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < order.length; i++) {
    for (let k = i + 1; k < order.length; k++) if (order[i] > order[k]) found++;
  }
  return found;
}

const always = { jobs: 2, signal: new AbortController().signal };

describe('inversions', () => {
  test('as counted pair by pair', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (order) => {
        expect(inversions(Int32Array.from(order))).toBe(countPairs(order));
      }),
      RUNS,
    );
  });
});

describe('straighten', () => {
  /** Fails where one number comes before a smaller one, of all the pairs that are asked for. */
  const wrong =
    (pairs: readonly (readonly [number, number])[]) =>
    (order: Int32Array): Promise<boolean> =>
      Promise.resolve(pairs.every(([a, b]) => order.indexOf(b) < order.indexOf(a)));

  const orders = fc
    .nat(12)
    .chain((n) => fc.shuffledSubarray([...Array.from({ length: n }).keys()], { minLength: n }));

  test('the same numbers, still failing, in no more disorder, and no two neighbours to mend', async () => {
    const cases = fc.record({ order: orders, a: fc.nat(11), b: fc.nat(11) });
    await fc.assert(
      fc.asyncProperty(cases, async ({ order, a, b }) => {
        const fails = wrong([[Math.min(a, b), Math.max(a, b)]]);
        fc.pre(a !== b && order.includes(a) && order.includes(b));
        fc.pre(await fails(Int32Array.from(order)));
        const { order: best, complete } = await straighten(Int32Array.from(order), fails, always);
        expect(complete).toBe(true);
        expect(await fails(best)).toBe(true);
        expect([...best].sort((x, y) => x - y)).toEqual([...order.keys()]);
        expect(inversions(best)).toBeLessThanOrEqual(countPairs(order));
        for (let i = 1; i < best.length; i++) {
          if (best[i - 1] < best[i]) continue;
          const mended = best.slice();
          [mended[i - 1], mended[i]] = [mended[i], mended[i - 1]];
          expect(await fails(mended)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  test('what fails in any order comes out sorted', async () => {
    const { order } = await straighten(Int32Array.of(4, 2, 2, 0, 3), async () => true, always);
    expect([...order]).toEqual([0, 2, 2, 3, 4]);
  });

  test('one pair that matters is all that stays out of order', async () => {
    const reversed = Int32Array.from({ length: 100 }, (_, i) => 99 - i);
    let tests = 0;
    const fails = wrong([[40, 41]]);
    const { order } = await straighten(
      reversed,
      (one) => {
        tests++;
        return fails(one);
      },
      always,
    );
    expect(inversions(order)).toBe(1);
    expect(tests).toBeLessThan(200);
  });

  test('ended early, it gives what it has', async () => {
    const abort = new AbortController();
    let left = 4;
    const stillFails = async (order: Int32Array): Promise<boolean> => {
      if (--left === 0) abort.abort();
      return order[0] === 3;
    };
    const { order, complete } = await straighten(Int32Array.of(3, 2, 1, 0), stillFails, {
      jobs: 1,
      signal: abort.signal,
    });
    expect(order[0]).toBe(3);
    expect([...order].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(complete).toBe(false);
    expect(left).toBe(0);
  });

  test('nothing to do', async () => {
    const none = straighten(new Int32Array(0), async () => true, always);
    expect(await none).toEqual({ order: new Int32Array(0), complete: true });
  });
});
