import { expect, test } from 'vitest';
import { Heap } from '../../../src/base/heap.ts';
import { Rng } from '../../../src/base/rng.ts';

test('what goes in comes out in order, while more goes in', () => {
  const rng = new Rng(3);
  const heap = new Heap((a, b) => a - b);
  const held: number[] = [];
  for (let i = 0; i < 2000; i++) {
    if (rng.below(3) > 0) {
      const item = rng.below(100);
      heap.push(item);
      held.push(item);
    } else {
      held.sort((a, b) => a - b);
      expect(heap.pop()).toBe(held.shift());
    }
  }
  held.sort((a, b) => a - b);
  for (const item of held) expect(heap.pop()).toBe(item);
  expect(heap.pop()).toBeUndefined();
});
