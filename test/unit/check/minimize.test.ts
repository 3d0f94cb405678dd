import { expect, test } from 'vitest';
import { keyOf } from '../../../src/check/reduce.ts';
import { minimize, type Parts, type Stage } from '../../../src/check/minimize.ts';

/** Two lines for each event, one event for each process, in a tree: 0 over 1 and 2, 2 over 3. */
const TREE: Parts = {
  eventOf: Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 4, -1),
  processOf: Int32Array.of(0, 1, 2, 3, -1),
  parentOf: Int32Array.of(-1, 0, 0, 2),
};
const ALL = Int32Array.from({ length: 10 }, (_, i) => i);

/** What is tested, in order, for a fault that needs these lines. */
async function tested(...cause: readonly number[]): Promise<{ sets: number[][]; stages: Stage[] }> {
  const sets: number[][] = [];
  const stages: Stage[] = [];
  const { lines, complete } = await minimize(
    ALL,
    TREE,
    async (left) => {
      sets.push([...left]);
      return cause.every((line) => left.includes(line));
    },
    {
      jobs: 1,
      verdicts: new Map([[keyOf(new Int32Array(0)), false]]),
      onStage: (stage) => stages.push(stage),
    },
  );
  expect([...lines]).toEqual(cause);
  expect(complete).toBe(true);
  return { sets, stages };
}

test('first a whole tree is left out, the largest first', async () => {
  const { sets } = await tested(8);
  expect(sets[0]).toEqual([8, 9]);
});

test('then what hangs in it, the largest first', async () => {
  const { sets } = await tested(2, 3);
  expect(sets.slice(0, 4)).toEqual([
    // The tree of 0 is needed, and what belongs to no process is not.
    [8, 9],
    [0, 1, 2, 3, 4, 5, 6, 7],
    // Of all that hangs in it, which is needed, the subtree of 2 goes as one.
    [0, 1],
    [0, 1, 2, 3],
  ]);
});

test('a process may go although its children stay', async () => {
  const { sets } = await tested(6, 7);
  expect(sets).toContainEqual([6, 7]);
  expect(sets.some((set) => set.includes(6) && !set.includes(4))).toBe(true);
});

test('events are left out whole before records are', async () => {
  const { sets, stages } = await tested(3, 5);
  expect(stages.slice(-4)).toEqual(['subtrees', 'processes', 'events', 'records']);
  const half = sets.findIndex((set) => set.includes(2) !== set.includes(3));
  const whole = sets.findIndex((set) => !set.includes(2) && !set.includes(3));
  expect(whole).toBeLessThan(half);
});

test('what a smaller set makes possible is found in another round', async () => {
  // Event 1 can only go when record 4 has gone.
  const fails = (left: Int32Array): boolean =>
    left.includes(5) && (left.includes(2) || !left.includes(4));
  const { lines } = await minimize(ALL, TREE, async (left) => fails(left), {
    jobs: 1,
    verdicts: new Map(),
  });
  expect([...lines]).toEqual([5]);
});

test('a process that is its own ancestor is a bug', async () => {
  const parts = { ...TREE, parentOf: Int32Array.of(-1, 2, 1, 2) };
  await expect(
    minimize(ALL, parts, async () => true, { jobs: 1, verdicts: new Map() }),
  ).rejects.toThrow('own ancestor');
});
