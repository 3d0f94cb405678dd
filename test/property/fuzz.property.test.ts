/** Whatever the bytes: no exception, no hang, and every record in the account. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyzeSync } from '../../src/pipeline.ts';
import { canonicalNdjson } from '../../src/report/ndjson.ts';

const TRACES = join(import.meta.dirname, '../../fixtures/traces');
const SEED = 7;

function linesOf(name: string): string[] {
  const bytes = gunzipSync(readFileSync(join(TRACES, `${name}.log.gz`)));
  return bytes.toString('latin1').split('\n').slice(0, 400);
}

const LINES = ['shapes', 'namespaces', 'lost'].flatMap(linesOf);

/** Analyzes, checks the account, and gives the documents as text. */
function analyzed(text: string): string {
  const { processes, summary } = analyzeSync([
    { name: 'fuzz', bytes: Buffer.from(text, 'latin1') },
  ]);
  const { records, attached, ignored, rejected } = summary.account;
  const set = Object.values(ignored).reduce((sum, count) => sum + count, 0);
  expect(attached + set + rejected).toBe(records);
  return canonicalNdjson(processes);
}

const HOSTILE = [
  '\0',
  '\x1d',
  '"',
  "'",
  '=',
  ' ',
  '\r',
  ' pid=-1',
  ' pid=99999999999',
  ' ppid=0',
  ' exit=-9223372036854775808',
  ' exit=18446744073709551615',
  ' syscall=435',
  ' syscall=231',
  ' syscall=61',
  ' msg=audit(1.2:3): ',
  ' a0=20000000',
  ' argc=4000000000',
];

/** A change of one line: bytes cut out, put in, or the whole line turned. */
const change = fc.record({
  line: fc.nat(LINES.length - 1),
  from: fc.nat(400),
  cut: fc.nat(40),
  put: fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 8 })),
});

describe('no exception, and the account balances', () => {
  test('changed lines of recordings', () => {
    const law = fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
      const lines = [...LINES];
      for (const { line, from, cut, put } of changes) {
        lines[line] = lines[line].slice(0, from) + put + lines[line].slice(from + cut);
      }
      const one = analyzed(`${lines.join('\n')}\n`);
      expect(analyzed(`${lines.toReversed().join('\n')}\n`)).toBe(one);
    });
    fc.assert(law, { numRuns: 40, seed: SEED });
  });

  test('bytes of any kind', () => {
    const law = fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
      analyzed(Buffer.from(bytes).toString('latin1'));
    });
    fc.assert(law, { numRuns: 200, seed: SEED });
  });

  test('lines around the longest', () => {
    const long = (length: number): string => `${LINES[0]} x=`.padEnd(length, 'y');
    analyzed(`${long(1 << 20)}\n${long((1 << 20) + 1)}\n${LINES[1]}\n${long(3 << 20)}`);
  });

  test('thousands of events with one serial', () => {
    const line = (i: number): string =>
      LINES[1].replace(/audit\(\d+\.\d+:\d+\)/, `audit(${1_700_000_000 + i}.000:7)`);
    analyzed(`${Array.from({ length: 20_000 }, (_, i) => line(i)).join('\n')}\n`);
  });

  test('thousands of lives of one pid in one tick', () => {
    const fields =
      'a1=0 a2=0 a3=0 items=0 auid=1 uid=0 tty=(none) ses=1 comm="x" exe="/x" key=(null)';
    const call = (serial: number, rest: string): string =>
      `type=SYSCALL msg=audit(1700000000.000:${serial}): arch=c000003e ${rest} ${fields}`;
    const lines: string[] = [];
    for (let i = 0; i < 3000; i++) {
      lines.push(call(3 * i, 'syscall=57 success=yes exit=500 a0=0 ppid=1 pid=400'));
      lines.push(call(3 * i + 1, 'syscall=231 a0=0 ppid=400 pid=500'));
      lines.push(call(3 * i + 2, 'syscall=61 success=yes exit=500 a0=ffffffff ppid=1 pid=400'));
    }
    expect(analyzed(`${lines.join('\n')}\n`).match(/"pid":500,/g)).toHaveLength(3000);
  });
});
