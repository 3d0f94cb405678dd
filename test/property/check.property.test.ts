/** Laws of `godo check`: what expectations mean to one another, and that reporters agree. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Judge } from '../../src/check/expect.ts';
import { type Expectation, readExpectations } from '../../src/check/expectations.ts';
import { filterOf } from '../../src/cli/check/expectations.ts';
import type { ProcessDocument } from '../../src/model/process.ts';
import type { Check, Shortfall, Verdict } from '../../src/model/verdict.ts';
import { countOutcomes } from '../../src/model/verdict.ts';
import { type Reporter, verdictLines } from '../../src/report/verdict/reporters.ts';
import { readGithub, readTap } from '../support/reports.ts';

const PROGRAMS = ['make', 'cc', 'sh', 'curl'];

/** A handful of processes, with parents among them. */
const processes: fc.Arbitrary<ProcessDocument[]> = fc
  .array(
    fc.record({
      comm: fc.constantFrom(...PROGRAMS),
      exit_code: fc.option(fc.nat(3), { nil: undefined }),
      exit_signal: fc.option(fc.constantFrom(9, 15), { nil: undefined }),
      life: fc.option(fc.nat(30), { nil: undefined }),
      parent: fc.nat(12),
    }),
    { maxLength: 12 },
  )
  .map((list) => {
    const children = list.map((): string[] => []);
    for (const [i, { parent }] of list.entries()) if (parent < i) children[parent].push(`${i}`);
    return list.map(({ comm, exit_code, exit_signal, life, parent }, i) => ({
      schema_version: 1 as const,
      _id: `${i}`,
      pid: i,
      parent: parent < i ? `${parent}` : null,
      children: children[i],
      comm,
      execve: [],
      start_timestamp: 1000,
      ...(life === undefined ? {} : { exit_timestamp: 1000 + life }),
      ...(exit_code === undefined ? {} : { exit_code }),
      ...(exit_signal === undefined ? {} : { exit_signal }),
      threads: 1,
      reparented: [],
      incomplete: [],
      evidence: [],
    }));
  });

const leaf = fc.oneof(
  fc.constantFrom(...PROGRAMS).map((comm) => ({ comm })),
  fc.nat(3).map((exit_code) => ({ exit_code })),
  fc.nat(12).map((pid) => ({ pid: { $lt: pid } })),
  fc.constant({ exit_code: { $exists: false } }),
);
const filter: fc.Arbitrary<object> = fc.oneof(
  leaf,
  fc.tuple(leaf, leaf).map((clauses) => ({ $or: clauses })),
  leaf.map((clause) => ({ $nor: [clause] })),
);
const below = fc.option(filter, { nil: undefined });

function expectationOf(body: object): Expectation {
  const read = readExpectations(JSON.stringify([{ name: 'a', ...body }]), filterOf);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.expectations[0];
}

function holds(list: readonly ProcessDocument[], body: object): boolean {
  return new Judge(list).judge(expectationOf(body)).broken.length === 0;
}

test('none, count {max: 0} and not some are one', () => {
  fc.assert(
    fc.property(processes, filter, below, (list, wanted, scope) => {
      const none = holds(list, { below: scope, none: wanted });
      expect(holds(list, { below: scope, where: wanted, count: { max: 0 } })).toBe(none);
      expect(holds(list, { below: scope, where: wanted, count: 0 })).toBe(none);
      expect(!holds(list, { below: scope, some: wanted })).toBe(none);
      expect(!holds(list, { below: scope, where: wanted, count: { min: 1 } })).toBe(none);
    }),
    { numRuns: 300 },
  );
});

test('all is none of its opposite', () => {
  fc.assert(
    fc.property(processes, filter, filter, below, (list, where, wanted, scope) => {
      const any = { min: 0 };
      expect(holds(list, { below: scope, where, all: wanted, count: any })).toBe(
        holds(list, { below: scope, none: { $and: [where, { $nor: [wanted] }] } }),
      );
    }),
    { numRuns: 300 },
  );
});

test('exit and duration are filters on the fields they are about', () => {
  fc.assert(
    fc.property(
      processes,
      filter,
      fc.nat(3),
      fc.integer({ min: 1, max: 30 }),
      (list, where, code, ms) => {
        const count = { min: 0 };
        const signalled = { exit_signal: { $exists: true } };
        const other = { $or: [signalled, { exit_code: { $ne: code } }] };
        expect(holds(list, { where, exit: code, count })).toBe(
          holds(list, { none: { $and: [where, other] } }),
        );
        const late = list.filter(
          ({ start_timestamp: start = 0, exit_timestamp: end }) =>
            end === undefined || end - start > ms,
        );
        expect(holds(list, { where, duration: { max: `${ms}ms` }, count })).toBe(
          holds(late, { none: where }),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('a scope is what descends, once each, and never more than all', () => {
  fc.assert(
    fc.property(processes, filter, (list, scope) => {
      const { matches } = filterOf(scope) as { matches: (p: ProcessDocument) => boolean };
      const isBelow = ({ parent }: ProcessDocument): boolean => {
        const above = parent === null ? undefined : list[Number(parent)];
        return above !== undefined && (matches(above) || isBelow(above));
      };
      const count = list.filter(isBelow).length;
      expect(holds(list, { below: scope, count })).toBe(true);
    }),
    { numRuns: 300 },
  );
});

const FILE = `- name: a
  traces: [b, 'c-*']
  below: &make {comm: make}
  where: {execve: {$elemMatch: {exe: {$regex: '^/bin'}}}, start_timestamp: {$gt: {$date: "2026-01-01T00:00:00Z"}}}
  count: {min: 1, max: 2}
  all: *make
  exit: [0, SIGTERM]
  duration: {max: 2s}
`;
const PIECES = [
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '|\n',
  '? ',
  '!!',
  '<<: *make',
  '\n',
  '\t',
  '"',
  "'",
  '%',
  '#',
  '$',
  'min',
  '0',
];
const edit = fc.record({
  at: fc.nat(FILE.length),
  length: fc.nat(6),
  text: fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })),
});

test('whatever a file holds, it is read or refused with places in it', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 6 }), (edits) => {
      let file = FILE;
      for (const { at, length, text: put } of edits) {
        file = file.slice(0, at) + put + file.slice(at + length);
      }
      const read = readExpectations(file, filterOf);
      if ('expectations' in read) return;
      const lines = file.split(/\r?\n/).length;
      expect(read.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of read.problems) {
        expect(message).not.toBe('');
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 1000 },
  );
});

const text = fc.string({ unit: 'binary', maxLength: 12 });
const shortfall: fc.Arbitrary<Shortfall> = fc.oneof(
  text.map((reason) => ({ kind: 'unreadable' as const, reasons: [reason] })),
  fc.nat(9).map((of) => ({ kind: 'some' as const, of })),
  processes.map((list) => ({
    kind: 'none' as const,
    found: { total: list.length + 1, of: 20, first: list },
  })),
);
const check: fc.Arbitrary<Check> = fc
  .record({
    name: text,
    place: fc.record({ file: text, line: fc.integer({ min: 1, max: 9 }) }),
    shortfalls: fc.array(shortfall, { maxLength: 2 }),
    isSkipped: fc.boolean(),
  })
  .map(({ name, place, shortfalls, isSkipped }) => {
    const isFailed = shortfalls.length > 0;
    const outcome = isFailed ? 'failed' : isSkipped ? 'skipped' : 'passed';
    const note = { kind: 'no-recording' as const, traces: [name] };
    return outcome === 'skipped'
      ? { name, place, outcome, shortfalls, note }
      : { name, place, outcome, shortfalls };
  });
const verdict: fc.Arbitrary<Verdict> = fc.record({
  suites: fc.array(
    fc.record({ name: text, path: text, checks: fc.array(check, { maxLength: 3 }) }),
    { maxLength: 3 },
  ),
});

function reportOf(of: Verdict, reporter: Reporter): string {
  const options = { width: Number.POSITIVE_INFINITY, color: false };
  return [...verdictLines(of, reporter, options)].map((line) => `${line}\n`).join('');
}

/** JUnit's own reader needs a process for each report; its tests are in unit and cli. */
test('reporters agree on the counts, whatever the names', () => {
  fc.assert(
    fc.property(verdict, (of) => {
      const counts = countOutcomes(of.suites.flatMap(({ checks }) => checks));
      const { passed, failed, skipped } = counts;
      expect((JSON.parse(reportOf(of, 'json')) as { counts: unknown }).counts).toEqual(counts);
      const points = readTap(reportOf(of, 'tap')).map(({ outcome }) => outcome);
      const number = (wanted: string): number => points.filter((one) => one === wanted).length;
      expect([number('passed'), number('failed'), number('skipped')]).toEqual([
        passed,
        failed,
        skipped,
      ]);
      expect(readGithub(reportOf(of, 'github'))).toHaveLength(failed);
      const junit = reportOf(of, 'junit');
      expect(junit.match(/<testcase /g)?.length ?? 0).toBe(passed + failed + skipped);
      expect(junit.match(/<(?:failure|error) /g)?.length ?? 0).toBe(failed);
      expect(reportOf(of, 'spec')).toContain(`: ${passed} passed, ${failed} failed`);
    }),
    { numRuns: 200 },
  );
});
