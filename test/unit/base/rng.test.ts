import { expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';

test('a seed gives what it always gave', () => {
  const rng = new Rng(42);
  expect(Array.from({ length: 6 }, () => rng.below(1000))).toEqual([956, 290, 704, 805, 978, 747]);
  const order = [0, 1, 2, 3, 4, 5, 6, 7];
  rng.shuffle(order);
  expect(order).toEqual([7, 2, 3, 1, 5, 6, 0, 4]);
});

test('the low 32 bits of a seed count', () => {
  expect(new Rng(-1).below(1e9)).toBe(new Rng(0xffff_ffff).below(1e9));
});
