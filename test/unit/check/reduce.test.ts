import { expect, test } from 'vitest';
import { keyOf, reduce, type ReduceOptions, singles } from '../../../src/check/reduce.ts';

const NONE = new Int32Array(0);

function options(more: Partial<ReduceOptions> = {}): ReduceOptions {
  return { jobs: 1, verdicts: new Map(), ...more };
}

/** Fails where all of these are. */
function needs(...atoms: readonly number[]): (set: Int32Array) => Promise<boolean> {
  return async (set) => atoms.every((atom) => set.includes(atom));
}

test('what matters is left, and nothing else', async () => {
  const reduction = await reduce(singles(1000), NONE, needs(3, 500, 999), options());
  expect(reduction.complete).toBe(true);
  expect(reduction.units).toEqual([3, 500, 999]);
  expect([...reduction.atoms]).toEqual([3, 500, 999]);
});

test('nothing is left where nothing matters', async () => {
  const reduction = await reduce(singles(10), NONE, async () => true, options());
  expect(reduction).toMatchObject({ units: [], complete: true });
});

test('all is left where all matters, or where there is nothing', async () => {
  const all = await reduce(singles(5), NONE, needs(0, 1, 2, 3, 4), options());
  expect(all.units).toEqual([0, 1, 2, 3, 4]);
  const none = await reduce([], Int32Array.of(7), needs(7), options());
  expect(none).toMatchObject({ units: [], complete: true });
  expect([...none.atoms]).toEqual([7]);
});

test('a unit is left out with all its atoms, and fixed atoms are always there', async () => {
  const units = [Int32Array.of(8, 1), Int32Array.of(5), Int32Array.of(0, 2)];
  const seen: number[][] = [];
  const reduction = await reduce(
    units,
    Int32Array.of(9, 4),
    async (atoms) => {
      seen.push([...atoms]);
      return atoms.includes(1);
    },
    options(),
  );
  expect(reduction.units).toEqual([0]);
  expect([...reduction.atoms]).toEqual([1, 4, 8, 9]);
  for (const atoms of seen) {
    expect(atoms).toEqual(atoms.toSorted((a, b) => a - b));
    expect(atoms).toEqual(expect.arrayContaining([4, 9]));
  }
});

test('no more tests run at once than there are jobs, and no set is tested twice', async () => {
  let running = 0;
  let most = 0;
  const tested: string[] = [];
  await reduce(
    singles(40),
    NONE,
    async (atoms) => {
      most = Math.max(most, ++running);
      tested.push(keyOf(atoms));
      await Promise.resolve();
      running--;
      return atoms.includes(13) && atoms.includes(31);
    },
    options({ jobs: 3 }),
  );
  expect(most).toBe(3);
  expect(new Set(tested).size).toBe(tested.length);
});

test('a test that is no longer wanted is told, and waited for', async () => {
  // The second test would take for ever; the first makes it pointless.
  let told = 0;
  const reduction = await reduce(
    singles(4),
    NONE,
    async (atoms, signal) => {
      if (!atoms.includes(0)) {
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
        });
        told++;
        return true;
      }
      return atoms.includes(0);
    },
    options({ jobs: 2, verdicts: new Map([[keyOf(NONE), false]]) }),
  );
  expect(told).toBeGreaterThan(0);
  expect(reduction.units).toEqual([0]);
});

test('what a test throws ends it, when the others have ended', async () => {
  const ended: string[] = [];
  const broken = reduce(
    singles(8),
    NONE,
    async (atoms, signal) => {
      if (atoms.includes(0)) throw new Error('no more processes');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      ended.push('aborted');
      return false;
    },
    options({ jobs: 2 }),
  );
  await expect(broken).rejects.toThrow('no more processes');
  expect(ended).toEqual(['aborted']);
});

test('interrupted, it gives the smallest so far; resumed, the same as at one go', async () => {
  const fails = needs(100, 200);
  const whole = await reduce(singles(300), NONE, fails, options());
  const stop = new AbortController();
  const verdicts = new Map<string, boolean>();
  const early = await reduce(
    singles(300),
    NONE,
    fails,
    options({ verdicts, signal: stop.signal, onSmaller: () => stop.abort() }),
  );
  expect(early.complete).toBe(false);
  expect(early.units.length).toBeLessThan(300);
  expect(early.units).toEqual(expect.arrayContaining([100, 200]));
  let again = 0;
  const tested = verdicts.size;
  const resumed = await reduce(
    singles(300),
    NONE,
    fails,
    options({ verdicts, onVerdict: () => again++ }),
  );
  expect(resumed).toEqual(whole);
  expect(tested + again).toBe(verdicts.size);
});

test('one that is interrupted before it began tests nothing', async () => {
  const reduction = await reduce(
    singles(3),
    NONE,
    () => Promise.reject(new Error('tested')),
    options({ signal: AbortSignal.abort() }),
  );
  expect(reduction).toMatchObject({ units: [0, 1, 2], complete: false });
});
