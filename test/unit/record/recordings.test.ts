import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/record/decode.ts';
import type { DecodedRecord, ExecveRecord } from '../../../src/record/decoded.ts';
import { type Arguments, assembleExecve } from '../../../src/record/execve.ts';
import { isProblem, parseRecord } from '../../../src/record/parse.ts';

const TRACES = join(import.meta.dirname, '../../../fixtures/traces');
const names = readdirSync(TRACES).filter((name) => name.endsWith('.log.gz'));

function linesOf(name: string): Uint8Array[] {
  const log = gunzipSync(readFileSync(join(TRACES, name)));
  const lines: Uint8Array[] = [];
  for (let start = 0, end; start < log.length; start = end + 1) {
    end = log.indexOf(10, start);
    if (end < 0) end = log.length;
    lines.push(log.subarray(start, end));
  }
  return lines;
}

function decodeAll(name: string): DecodedRecord[] {
  return linesOf(name).map((line) => {
    const parsed = parseRecord(line);
    if (isProblem(parsed)) throw new Error(`${parsed.reason}: ${Buffer.from(line).toString()}`);
    return decodeRecord(parsed);
  });
}

/** The argument vectors by event, as `SEC.MS:SERIAL`. */
function vectorsOf(name: string): Arguments[] {
  const events = new Map<string, ExecveRecord[]>();
  for (const record of decodeAll(name)) {
    if (record.kind !== 'execve') continue;
    const id = `${record.time}:${record.serial}`;
    events.set(id, [...(events.get(id) ?? []), record]);
  }
  return [...events.values()].map((records) => assembleExecve(records));
}

test('there are recordings', () => {
  expect(names.length).toBeGreaterThan(0);
});

describe.each(names)('%s', (name) => {
  test('every line parses and decodes without a bad field', () => {
    const records = decodeAll(name);
    expect(records.length).toBeGreaterThan(0);
    expect(records.filter(({ bad }) => bad.length > 0)).toEqual([]);
    expect(records.filter((r) => r.kind === 'syscall' && r.name === undefined)).toEqual([]);
  });

  test('argument vectors are complete where nothing was lost', () => {
    const vectors = vectorsOf(name);
    expect(vectors.length).toBeGreaterThan(0);
    if (name !== 'lost.log.gz') expect(vectors.filter(({ complete }) => !complete)).toEqual([]);
  });
});

test('the odd argument vectors of shapes', () => {
  const vectors = vectorsOf('shapes.log.gz').map(({ args }) => args);
  expect(vectors).toContainEqual(['true', 'A'.repeat(20000), 'x']);
  expect(vectors).toContainEqual(['true', '', '(null)', '"']);
  expect(vectors).toContainEqual(['true', '\x01\x02\udcff\udcfe sp ace"quote\'\n\ttab=)(', '']);
  expect(vectors).toContainEqual([
    'true',
    'a b',
    '你好',
    'key="v" type=SYSCALL msg=audit(1.2:3): pid=1',
  ]);
  const many = Array.from({ length: 1200 }, (_, i) => `arg${i + 1}`);
  expect(vectors).toContainEqual(['true', ...many]);
});
