/**
 * The two ways from lives to NDJSON, over objects and straight to bytes, write the same; and
 * documents come in the order of their ids, which is found without making them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/base/compare.ts';
import { encodeText } from '../../src/base/text.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import { analyzeSync } from '../../src/pipeline.ts';
import { canonicalNdjson, digestOf } from '../../src/report/ndjson.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { PROFILES } from '../../src/testing/kernel/types.ts';
import { analyze } from './laws.ts';

const TRACES = join(import.meta.dirname, '../../fixtures/traces');
const SEED = 5;
const RUNS = Number(process.env.GODO_RUNS ?? 1);

function linesOf(text: string): string[] {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

function expectBothWaysSame({ processes, summary }: Analysis): void {
  const objects = [...processes];
  const text = canonicalNdjson(objects);
  expect(linesOf(canonicalNdjson(processes))).toEqual(linesOf(text));
  expect(summary.digest).toBe(digestOf(objects));
  // Again, from what the first passes have left.
  expect(canonicalNdjson([...processes])).toBe(text);
}

function expectSorted({ processes }: Analysis): void {
  const ids = Array.from(processes, (p) => p._id);
  expect(ids).toEqual(ids.toSorted(compareText));
}

const names = readdirSync(TRACES).filter((name) => name.endsWith('.log.gz'));

describe('recordings', () => {
  test.each(names)('%s', (name) => {
    const bytes = gunzipSync(readFileSync(join(TRACES, name)));
    const analysis = analyzeSync([{ name, bytes }]);
    expectBothWaysSame(analysis);
    expectSorted(analysis);
  });
});

describe('histories', () => {
  test.each(PROFILES)('%s', (profile) => {
    fc.assert(
      fc.property(programs(profile, { most: 60 }), (plan) => {
        const analysis = analyze(simulate(plan).lines);
        expectBothWaysSame(analysis);
        expectSorted(analysis);
      }),
      { numRuns: 20 * RUNS, seed: SEED },
    );
  });
});

/** Names of which some begin others, and some hold what ids are made of. */
const node = fc.constantFrom(
  '',
  '-',
  'a',
  'a-b',
  'a/0',
  'a/1700000000.000',
  'a0',
  'ä"\\',
  '\udcff',
);
const seconds = fc.oneof(
  fc.constantFrom(0, 9, 999_999_999, 1_000_000_000, 9_999_999_999, 10_000_000_000, 253_402_300_799),
  fc.integer({ min: 1_700_000_000, max: 1_700_000_003 }),
);

const events = fc.array(
  fc.record({
    node,
    seconds,
    milli: fc.constantFrom(0, 7, 50, 999),
    serial: fc.oneof(fc.nat(20), fc.constantFrom(99_999, 100_000_000, 4_294_967_295)),
    pid: fc.constantFrom(1, 2, 9, 10, 19, 100, 4_194_303),
    exit: fc.constantFrom(0, 3, 20, 21, 100),
    call: fc.constantFrom(57, 39, 61, 59),
  }),
  { minLength: 1, maxLength: 25 },
);

interface Event {
  readonly node: string;
  readonly seconds: number;
  readonly milli: number;
  readonly serial: number;
  readonly pid: number;
  readonly exit: number;
  readonly call: number;
}

function recordOf({ node: name, seconds: s, milli, serial, pid, exit, call }: Event): string {
  const host = name === '' ? '' : `node=${Buffer.from(encodeText(name)).toString('latin1')} `;
  const stamp = `${s}.${String(milli).padStart(3, '0')}:${serial}`;
  return (
    `${host}type=SYSCALL msg=audit(${stamp}): arch=c000003e syscall=${call} success=yes ` +
    `exit=${exit} a0=0 a1=0 a2=0 a3=0 items=0 ppid=1 pid=${pid} auid=0 uid=0 gid=0 euid=0 suid=0 ` +
    'fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="x" exe="/usr/bin/x" key=(null)\n'
  );
}

test('ids are in code-unit order, whatever hosts, times, serials and pids there are', () => {
  let processes = 0;
  fc.assert(
    fc.property(events, (all) => {
      const bytes = Buffer.from(all.map((event) => recordOf(event)).join(''), 'latin1');
      const analysis = analyzeSync([{ name: 'ids', bytes }]);
      processes += analysis.processes.length;
      expectSorted(analysis);
      expectBothWaysSame(analysis);
    }),
    { numRuns: 400 * RUNS, seed: SEED },
  );
  expect(processes).toBeGreaterThan(1000);
});

/** EXECVE bodies of all forms: quoted, hexadecimal, with escapes for JSON, with gaps. */
const argument = fc.oneof(
  fc.stringMatching(/^[!#-~]{0,8}$/).map((text) => `"${text}"`),
  fc.string({ unit: 'binary', minLength: 1 }).map((text) => hexOf(Buffer.from(text))),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => hexOf(bytes)),
  fc.constantFrom('', '"', 'abc', '0', 'A', '(null)', '"a"b'),
);

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

const bodies = fc.array(
  fc.record({
    argc: fc.option(fc.nat(5), { freq: 3 }),
    first: fc.constantFrom(0, 0, 0, 1),
    args: fc.array(argument, { maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 6 },
);

test('argument vectors are the same both ways, whatever their records hold', () => {
  fc.assert(
    fc.property(bodies, fc.boolean(), (all, together) => {
      const text = all.map(({ argc, first, args }, i) => {
        const serial = together ? 10 : 10 + i;
        const call = { node: '', seconds: 1_700_000_000, milli: 0, pid: 7, exit: 0, call: 59 };
        const values = args.map((value, k) => ` a${first + k}=${value}`).join('');
        const stamp = `1700000000.000:${serial}`;
        const body = `argc=${argc ?? args.length}${values}`;
        return `${recordOf({ ...call, serial })}type=EXECVE msg=audit(${stamp}): ${body}\n`;
      });
      const bytes = Buffer.from(text.join(''), 'latin1');
      expectBothWaysSame(analyzeSync([{ name: 'arguments', bytes }]));
    }),
    { numRuns: 500 * RUNS, seed: SEED },
  );
});
