/**
 * The laws of minimizing a recording, over random forests of processes, events and lines and
 * random faults: it ends; what is left fails, in the order of lines; without any record, event or
 * process of it, it does not; and workers, their speed and interruptions change nothing.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { minimize, type Minimized, type Parts } from '../../src/check/minimize.ts';
import { keyOf, type StillFails } from '../../src/check/reduce.ts';

const RUNS = 100 * Number(process.env.GODO_RUNS ?? 1);
const SEED = 5;

/** A recording without its bytes, and what of it fails. */
interface Case {
  /** By process: which of those before it is its parent, or -1. */
  readonly parents: readonly number[];
  /** By event: its process, or -1. */
  readonly processes: readonly number[];
  /** By line: its event, or -1. */
  readonly events: readonly number[];
  /** Lines that must all be there for it to fail. */
  readonly cause: readonly number[];
  /** Of other sets, one in so many fails too; 0 for none. */
  readonly noise: number;
}

function indexOrNone(count: number): fc.Arbitrary<number> {
  return fc.integer({ min: -1, max: count - 1 });
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(fc.nat(12), fc.nat(20), fc.integer({ min: 1, max: 50 }))
  .chain(([processes, events, lines]) =>
    fc.record({
      parents: fc.tuple(...Array.from({ length: processes }, (_, i) => indexOrNone(i))),
      processes: fc.array(indexOrNone(processes), { minLength: events, maxLength: events }),
      events: fc.array(indexOrNone(events), { minLength: lines, maxLength: lines }),
      cause: fc.uniqueArray(fc.nat(lines - 1), { minLength: 1, maxLength: 4 }),
      noise: fc.constantFrom(0, 0, 3, 10),
    }),
  );

function partsOf({ parents, processes, events }: Case): Parts {
  return {
    eventOf: Int32Array.from(events),
    processOf: Int32Array.from(processes),
    parentOf: Int32Array.from(parents),
  };
}

function fails({ events, cause, noise }: Case, lines: Int32Array): boolean {
  if (lines.length === events.length) return true;
  if (lines.length === 0) return false;
  if (cause.every((line) => lines.includes(line))) return true;
  return noise > 0 && Number.parseInt(keyOf(lines).slice(0, 8), 16) % noise === 0;
}

function allOf({ events }: Case): Int32Array {
  return Int32Array.from(events, (_, i) => i);
}

async function plain(one: Case): Promise<Minimized> {
  const quickly: StillFails = async (lines) => fails(one, lines);
  return minimize(allOf(one), partsOf(one), quickly, { jobs: 1, verdicts: new Map() });
}

test('what is left fails, and without any record, event or process of it it does not', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const { lines, complete } = await plain(one);
      expect(complete).toBe(true);
      expect([...lines]).toEqual([...lines].toSorted((a, b) => a - b));
      expect(fails(one, lines)).toBe(true);
      const eventOf = (line: number): number => one.events[line];
      const processOf = (line: number): number =>
        eventOf(line) < 0 ? -1 : one.processes[eventOf(line)];
      for (const line of lines) {
        const others = [
          lines.filter((other) => other !== line),
          lines.filter((other) =>
            eventOf(line) < 0 ? other !== line : eventOf(other) !== eventOf(line),
          ),
          lines.filter((other) => processOf(other) !== processOf(line)),
        ];
        for (const fewer of others) expect(fails(one, fewer)).toBe(false);
      }
    }),
    { numRuns: 3 * RUNS, seed: SEED },
  );
});

test('of a fault that is monotone just the cause is left', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const { lines } = await plain({ ...one, noise: 0 });
      expect([...lines]).toEqual(one.cause.toSorted((a, b) => a - b));
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('workers, their speed and interruptions change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 4 }), fc.nat(), async (one, jobs, seed) => {
      const rng = new Rng(seed);
      const slowly: StillFails = async (lines, signal) => {
        for (let turns = rng.below(8); turns > 0 && !signal.aborted; turns--) {
          await Promise.resolve();
        }
        return fails(one, lines);
      };
      const verdicts = new Map<string, boolean>();
      for (let patience = rng.below(10); ; patience += 1 + rng.below(10)) {
        const stop = new AbortController();
        let left = patience;
        let smallest = allOf(one);
        const found = await minimize(allOf(one), partsOf(one), slowly, {
          jobs,
          verdicts,
          signal: stop.signal,
          onVerdict: () => {
            if (--left <= 0) stop.abort();
          },
          onSmaller: (lines) => {
            expect(lines.length).toBeLessThan(smallest.length);
            smallest = lines;
          },
        });
        expect(fails(one, found.lines)).toBe(true);
        expect(found.lines).toEqual(smallest);
        if (!found.complete) continue;
        expect(found).toEqual(await plain(one));
        return;
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

test('one event is found in few tests, however the tree is shaped', async () => {
  // By process its parent.
  const shapes: Record<string, (i: number) => number> = {
    chain: (i) => i - 1,
    star: (i) => (i === 0 ? -1 : 0),
    binary: (i) => (i === 0 ? -1 : (i - 1) >> 1),
    caterpillar: (i) => (i === 0 ? -1 : i % 2 === 0 ? i - 2 : i - 1),
    apart: () => -1,
  };
  const count = 4096;
  for (const [name, parent] of Object.entries(shapes)) {
    for (const cause of [0, 1, 1000, count - 1]) {
      const numbers = Int32Array.from({ length: count }, (_, i) => i);
      const verdicts = new Map<string, boolean>();
      const { lines } = await minimize(
        numbers,
        { eventOf: numbers, processOf: numbers, parentOf: numbers.map(parent) },
        async (left) => left.includes(cause),
        { jobs: 1, verdicts },
      );
      expect([...lines], name).toEqual([cause]);
      // At most as many levels as the count has bits, and twice as many tests on each.
      expect(verdicts.size, `${name} ${cause}`).toBeLessThanOrEqual(2 * Math.log2(count) ** 2);
    }
  }
});
