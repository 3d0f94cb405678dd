/** Which calls fit into one namespace, by the numbers that they returned. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL } from '../../../src/process/beginnings.ts';
import type { Fork } from '../../../src/process/facts.ts';
import { Numbers } from '../../../src/process/numbers.ts';
import { RESERVED_PIDS } from '../../../src/process/rank.ts';
import { KIND } from '../../../src/tables/kinds.ts';

const POSITIONS = 40;
const HALF = 16_384;

function call(ret: number, at: number): Fork {
  const nobody = { caller: undefined, child: undefined, told: undefined };
  return { at, ret, flags: 0, kind: KIND.fork, thread: false, ...nobody };
}

/** `taken`: position after which the call at a position took its number; others may have at any time. */
function numbersOf(
  calls: readonly Fork[],
  taken: Record<number, number> = {},
  half = HALF,
): Numbers {
  const takenAfter = new Int32Array(POSITIONS).fill(BEFORE_ALL);
  for (const [at, after] of Object.entries(taken)) takenAfter[Number(at)] = after;
  const numbers = new Numbers({ takenAfter: ({ at }) => takenAfter[at] }, half);
  for (const one of calls) numbers.add(one);
  return numbers;
}

describe('a call does not fit', () => {
  test('whose number another has', () => {
    const numbers = numbersOf([call(5, 10)]);
    expect(numbers.conflicts([call(5, 20)])).toBe(1);
    expect(numbers.conflicts([call(6, 20)])).toBe(0);
  });

  test('that was over before a lower number was taken', () => {
    const numbers = numbersOf([call(5, 10)], { 10: 8 });
    expect([call(6, 7), call(6, 9)].map((one) => numbers.conflicts([one]))).toEqual([1, 0]);
  });

  test('that was made after a higher number had been returned', () => {
    const numbers = numbersOf([call(5, 10)], { 12: 11, 13: 9 });
    expect([call(4, 12), call(4, 13)].map((one) => numbers.conflicts([one]))).toEqual([1, 0]);
  });

  test.each([17, 300, 70_000])('also beside one with the number %d', (high) => {
    const first = [call(5, 10), call(5, 4)];
    const numbers = numbersOf([...first, call(high, 20)], { 10: 8, 12: 11 });
    expect(numbers.conflicts([call(6, 7)])).toBe(1);
    expect(numbers.conflicts([call(4, 12)])).toBe(1);
  });
});

test('in the next turn of numbers lower ones follow higher ones', () => {
  const taken = { 30: 29 };
  const high = HALF + 1;
  expect(numbersOf([call(high, 20)], taken).conflicts([call(RESERVED_PIDS, 30)])).toBe(0);
  expect(numbersOf([call(high, 20)], taken).conflicts([call(RESERVED_PIDS - 1, 30)])).toBe(1);
  expect(numbersOf([call(HALF, 20)], taken).conflicts([call(RESERVED_PIDS, 30)])).toBe(1);
});

test('a number that the kernel never hands out says nothing, and takes no room', () => {
  const numbers = numbersOf([call(0x7fff_ffff, 10), call(2 ** 22, 11)], { 20: 19 });
  expect(numbers.conflicts([call(2 ** 22, 20), call(5, 20)])).toBe(0);
});

test('the distance to the next lower number is counted up to a limit', () => {
  const numbers = numbersOf([call(5, 10), call(200, 11)]);
  expect([6, 15, 4, 2].map((ret) => numbers.distance(call(ret, 0)))).toEqual([1, 10, 3, 1]);
  expect(numbers.distance(call(150, 0))).toBe(64);
});

test('the same as by looking at each', () => {
  const calls = fc.array(
    fc.record({
      ret: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 400 })),
      at: fc.nat(POSITIONS - 1),
      length: fc.nat(POSITIONS),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    // In a namespace older than the log numbers begin high.
    fc.property(calls, fc.constantFrom(0, 20_000), ([one, ...others], older) => {
      const after = (at: number): number => Math.max(BEFORE_ALL, at - 1 - lengths[at]);
      const lengths = new Array<number>(POSITIONS).fill(POSITIONS);
      for (const { at, length } of [...others, one]) lengths[at] = length;
      const taken = Object.fromEntries(lengths.map((_, at) => [at, after(at)]));
      const odd = others.some((other) => {
        if (other.ret < one.ret) return after(other.at) > one.at;
        return other.ret === one.ret || other.at < after(one.at);
      });
      const numbers = numbersOf(
        others.map(({ ret, at }) => call(older + ret, at)),
        taken,
        Infinity,
      );
      expect(numbers.conflicts([call(older + one.ret, one.at)])).toBe(odd ? 1 : 0);
    }),
    { seed: 7, numRuns: 1000 },
  );
});
