/**
 * The laws of delta debugging, over random predicates, monotone and not:
 * it ends, what is left fails, no unit of it can be left out, and neither workers nor their speed
 * nor what was tested before change the result.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { keyOf, type Reduction, reduce, singles, type StillFails } from '../../src/check/reduce.ts';

const RUNS = 100 * Number(process.env.GODO_RUNS ?? 1);
const SEED = 5;
const NONE = new Int32Array(0);

/** A fault over n units, as a person would describe it, so that it can be shown when a law breaks. */
interface Fault {
  readonly n: number;
  /** It fails where all of one of these are. Monotone by itself. */
  readonly causes: readonly (readonly number[])[];
  /** But not where all of one of these are. */
  readonly cures: readonly (readonly number[])[];
  /** And of the other sets, some by chance: one in so many; 0 for none. */
  readonly noise: number;
}

const faults = (monotone: boolean): fc.Arbitrary<Fault> =>
  fc.integer({ min: 1, max: 60 }).chain((n) => {
    const some = fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: 4 });
    return fc.record({
      n: fc.constant(n),
      causes: fc.array(some, { minLength: 1, maxLength: 3 }),
      cures: monotone ? fc.constant([]) : fc.array(some, { maxLength: 3 }),
      noise: monotone ? fc.constant(0) : fc.constantFrom(0, 2, 5, 20),
    });
  });

function fails({ n, causes, cures, noise }: Fault, atoms: Int32Array): boolean {
  // All of them fail, whatever else is said: that is where a reduction begins.
  if (atoms.length === n) return true;
  const has = (one: readonly number[]): boolean => one.every((atom) => atoms.includes(atom));
  if (cures.some(has)) return false;
  if (causes.some(has)) return true;
  return noise > 0 && Number.parseInt(keyOf(atoms).slice(0, 8), 16) % noise === 0;
}

const quickly =
  (fault: Fault): StillFails =>
  async (atoms) =>
    fails(fault, atoms);

/** A predicate that takes its time: as many turns of the event loop as chance says. */
function slowly(fault: Fault, seed: number): StillFails {
  const rng = new Rng(seed);
  return async (atoms, signal) => {
    for (let turns = rng.below(20); turns > 0 && !signal.aborted; turns--) await Promise.resolve();
    if (!signal.aborted && rng.once(4)) await new Promise(setImmediate);
    return fails(fault, atoms);
  };
}

async function plain(fault: Fault): Promise<Reduction> {
  return reduce(singles(fault.n), NONE, quickly(fault), { jobs: 1, verdicts: new Map() });
}

test.each([true, false])('what is left fails and is 1-minimal (monotone: %s)', async (monotone) => {
  await fc.assert(
    fc.asyncProperty(faults(monotone), async (fault) => {
      const { atoms, units, complete } = await plain(fault);
      expect(complete).toBe(true);
      expect([...atoms]).toEqual(units);
      expect(fails(fault, atoms)).toBe(true);
      for (const atom of atoms)
        expect(
          fails(
            fault,
            atoms.filter((a) => a !== atom),
          ),
        ).toBe(false);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('of a monotone fault exactly one cause is left', async () => {
  await fc.assert(
    fc.asyncProperty(faults(true), async (fault) => {
      const { units } = await plain(fault);
      const causes = fault.causes.map((cause) => cause.toSorted((a, b) => a - b));
      expect(causes).toContainEqual([...units]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('neither the number of workers nor their speed changes the result', async () => {
  await fc.assert(
    fc.asyncProperty(
      faults(false),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      async (fault, jobs, seed) => {
        const verdicts = new Map<string, boolean>();
        let running = 0;
        const slow = slowly(fault, seed);
        const result = await reduce(
          singles(fault.n),
          NONE,
          async (atoms, signal) => {
            expect(++running).toBeLessThanOrEqual(jobs);
            return slow(atoms, signal).finally(() => running--);
          },
          { jobs, verdicts },
        );
        expect(result).toEqual(await plain(fault));
        expect(running).toBe(0);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

test('resumed from any part of what was tested it comes to the same, and tests nothing again', async () => {
  await fc.assert(
    fc.asyncProperty(faults(false), fc.nat(), async (fault, seed) => {
      const whole = await plain(fault);
      const all = new Map<string, boolean>();
      await reduce(singles(fault.n), NONE, slowly(fault, seed), { jobs: 3, verdicts: all });
      const rng = new Rng(seed);
      const some = new Map([...all].filter(() => rng.once(2)));
      const known = new Set(some.keys());
      const resumed = await reduce(singles(fault.n), NONE, quickly(fault), {
        jobs: 2,
        verdicts: some,
        onVerdict: (key) => expect(known.has(key)).toBe(false),
      });
      expect(resumed).toEqual(whole);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('interrupted anywhere, what it gives fails, and it goes on from there', async () => {
  await fc.assert(
    fc.asyncProperty(faults(false), fc.nat(30), async (fault, after) => {
      const stop = new AbortController();
      const verdicts = new Map<string, boolean>();
      const onVerdict = (): void => {
        if (verdicts.size > after) stop.abort();
      };
      const { signal } = stop;
      const early = await reduce(singles(fault.n), NONE, quickly(fault), {
        jobs: 2,
        verdicts,
        signal,
        onVerdict,
      });
      expect(fails(fault, early.atoms)).toBe(true);
      const late = await reduce(singles(fault.n), NONE, quickly(fault), { jobs: 2, verdicts });
      expect(late).toEqual(await plain(fault));
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('a single cause is found in twice as many tests as it has bits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 1, max: 5000 })
        .chain((n) => fc.record({ n: fc.constant(n), cause: fc.nat(n - 1) })),
      async ({ n, cause }) => {
        const verdicts = new Map<string, boolean>();
        const has: StillFails = async (atoms) => atoms.includes(cause);
        const { units } = await reduce(singles(n), NONE, has, { jobs: 1, verdicts });
        expect(units).toEqual([cause]);
        expect(verdicts.size).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(n)) + 1);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

test('k causes are found in a number of tests that grows with k log n', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(1023), { minLength: 1, maxLength: 12 }),
      async (causes) => {
        const verdicts = new Map<string, boolean>();
        const has: StillFails = async (atoms) => causes.every((cause) => atoms.includes(cause));
        const { units } = await reduce(singles(1024), NONE, has, { jobs: 1, verdicts });
        expect(units).toEqual(causes.toSorted((a, b) => a - b));
        expect(verdicts.size).toBeLessThanOrEqual(2 * causes.length * 10 + causes.length + 1);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});
