/** The library `godo/testing`: what its arbitraries promise. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyzeSync } from '../../../src/pipeline.ts';
import {
  FEATURES,
  kernelModel,
  SHUFFLE_KINDS,
  shuffles,
  type Trace,
  type TraceProcess,
  traceArbitrary,
} from '../../../src/testing/index.ts';
import { byEvent, illegalities, nameOf } from '../../support/legal.ts';

const RUNS = { numRuns: 40, seed: 5 };

const all = traceArbitrary({ features: FEATURES, hosts: 3 });

describe('traceArbitrary', () => {
  test('the same program gives the same trace', () => {
    fc.assert(
      fc.property(all, (trace) => {
        const copy = JSON.parse(JSON.stringify(trace.program)) as Trace['program'];
        expect(kernelModel(copy)).toEqual(trace);
      }),
      RUNS,
    );
  });

  test('every line is of one of the events, and every event has lines', () => {
    fc.assert(
      fc.property(all, ({ lines, events }) => {
        const named = new Set(lines.map(nameOf));
        expect(named).toEqual(new Set(events.map(({ host, id }) => `${host}/${id}`)));
      }),
      RUNS,
    );
  });

  test('a trace that is not partial has every birth, exec and end of what is recorded', () => {
    fc.assert(
      fc.property(traceArbitrary({ features: ['threads', 'orphans', 'reuse'] }), (trace) => {
        const { processes, events } = trace;
        for (const process of processes) {
          const { id, parent, birth, bornAt, endedAt, recorded, exit } = process;
          if (parent !== null) expect(parent).toBeLessThan(id);
          // A vfork returns when its child has run a program or ended.
          if (recorded && exit !== null && parent !== null && processes[parent].recorded) {
            const event = events.find(({ id: name }) => name === birth);
            expect(event?.fact).toMatchObject({ kind: 'birth', child: id });
            expect(event?.process === parent || process.parent !== event?.process).toBe(true);
          }
          if (bornAt !== null && endedAt !== null) expect(endedAt).toBeGreaterThanOrEqual(bornAt);
          expect(process.execs.every((exec) => events.some((e) => e.id === exec.event))).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('without features nothing but plain processes of one host', () => {
    fc.assert(
      fc.property(traceArbitrary(), ({ lines, processes, events }) => {
        expect(processes.every(({ threads }) => threads === 1)).toBe(true);
        expect(processes.every((p) => p.namespaceDepth === 0 && p.namespacePid === p.pid)).toBe(
          true,
        );
        expect(new Set(processes.map(({ pid }) => pid)).size).toBe(processes.length);
        expect(new Set(events.map(({ boot }) => boot)).size).toBeLessThan(2);
        expect(lines.some((line) => line.startsWith('node=') || line.includes('\x1d'))).toBe(false);
      }),
      RUNS,
    );
  });

  const has: Readonly<Record<(typeof FEATURES)[number], (trace: Trace) => boolean>> = {
    threads: ({ processes }) => processes.some(({ threads }) => threads > 1),
    orphans: ({ events }) => events.some(({ fact }) => fact.kind === 'birth' && fact.sibling),
    namespaces: ({ processes }) => processes.some((p) => p.namespaceDepth > 0),
    reuse: ({ processes }) => new Set(processes.map(({ pid }) => pid)).size < processes.length,
    reboots: ({ events }) => events.some(({ boot }) => boot > 0),
    enriched: ({ lines }) => lines.some((line) => line.includes('\x1d')),
  };
  test.each(FEATURES)('with the feature %s it is there', (feature) => {
    const traces = fc.sample(traceArbitrary({ features: [feature] }), { numRuns: 60, seed: 5 });
    expect(traces.some(has[feature])).toBe(true);
  });

  test('hosts have names of their own', () => {
    const traces = fc.sample(traceArbitrary({ hosts: 4 }), { numRuns: 30, seed: 5 });
    const counts = traces.map(({ processes }) => new Set(processes.map(({ host }) => host)).size);
    expect(new Set(counts)).toEqual(new Set([1, 2, 3, 4]));
  });

  test.each([{ steps: -1 }, { steps: 1.5 }, { hosts: 0 }, { hosts: Number.NaN }])(
    'limits that make no sense: %j',
    (options) => expect(() => traceArbitrary(options)).toThrow(RangeError),
  );

  test('what fails shrinks to a handful of lines, and prints them with their program', () => {
    const died = ({ exit }: TraceProcess): boolean =>
      exit !== null && 'signal' in exit && exit.signal === 9;
    const result = fc.check(
      fc.property(all, ({ processes }) => !processes.some(died)),
      { numRuns: 200, seed: 5 },
    );
    expect(result.failed).toBe(true);
    const [trace] = result.counterexample ?? [];
    expect(trace?.events.length).toBeLessThanOrEqual(3);
    const report = fc.stringify(trace);
    const program = /^kernelModel\((.*)\) \/\* \d+ lines:/.exec(report.split('\n')[0])?.[1] ?? '';
    expect(kernelModel(JSON.parse(program) as Trace['program'])).toEqual(trace);
    for (const line of trace?.lines ?? []) expect(report).toContain(line.slice(0, 200));
  });
});

describe('shuffles', () => {
  const traces = traceArbitrary({ features: ['threads', 'reuse'], hosts: 2, steps: 15 });
  const digest = (lines: readonly string[]): string =>
    analyzeSync([{ name: 'a', bytes: Buffer.from(`${lines.join('\n')}\n`) }]).summary.digest;

  test.each(SHUFFLE_KINDS)('%s: the same lines, and for godo the same answer', (kind) => {
    const both = traces.chain((trace) => fc.tuple(fc.constant(trace), shuffles(trace, kind)));
    fc.assert(
      fc.property(both, ([{ lines }, shuffled]) => {
        expect(shuffled.toSorted()).toEqual(lines.toSorted());
        expect(digest(shuffled)).toBe(digest(lines));
      }),
      RUNS,
    );
  });

  test.each(['records', 'events', 'kernel'] as const)(
    '%s: the records of an event stay in order',
    (kind) => {
      const both = traces.chain((trace) => fc.tuple(fc.constant(trace), shuffles(trace, kind)));
      fc.assert(
        fc.property(both, ([{ lines }, shuffled]) => {
          expect(byEvent(shuffled)).toEqual(byEvent(lines));
          if (kind !== 'events') return;
          const runs = shuffled.filter(
            (line, i) => i === 0 || nameOf(shuffled[i - 1]) !== nameOf(line),
          );
          expect(runs.length).toBe(new Set(lines.map(nameOf)).size);
        }),
        RUNS,
      );
    },
  );

  test.each(FEATURES)('kernel: no order that a kernel could not send, with %s', (feature) => {
    const both = traceArbitrary({ features: [feature], steps: 30 }).chain((trace) =>
      fc.tuple(fc.constant(trace), shuffles(trace, 'kernel')),
    );
    fc.assert(
      fc.property(both, ([trace, shuffled]) => {
        expect(illegalities(trace, shuffled)).toEqual([]);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  test('the judge of that knows an order that none could', () => {
    const both = traces.chain((trace) => fc.tuple(fc.constant(trace), shuffles(trace, 'events')));
    const judged = fc.sample(both, { numRuns: 20, seed: 5 });
    expect(judged.some(([trace, lines]) => illegalities(trace, lines).length > 0)).toBe(true);
  });

  test('any order of a few lines comes up', () => {
    const lines = ['a', 'b', 'c', 'd'];
    const orders = fc.sample(shuffles(lines, 'lines'), { numRuns: 500, seed: 5 });
    expect(new Set(orders.map((order) => order.join(''))).size).toBe(24);
  });

  test('they shrink to the one line that comes too early', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const early = (order: readonly string[]): boolean =>
      order.indexOf('line 20') < order.indexOf('line 10');
    const property = fc.property(shuffles(lines, 'lines'), (order) => !early(order));
    const [order = []] = fc.check(property, { seed: 5 }).counterexample ?? [];
    expect(early(order)).toBe(true);
    const moved = lines.filter((_, i) => i !== 20);
    expect(order.filter((line) => line !== 'line 20')).toEqual(moved);
  });

  test('what cannot be lines of a log is refused', () => {
    expect(() => shuffles(['a', ''], 'lines')).toThrow(RangeError);
    expect(() => shuffles(['a\nb'], 'lines')).toThrow(RangeError);
  });
});
