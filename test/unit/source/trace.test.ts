import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import type { JournalEntry, Manifest } from '../../../src/model/trace.ts';
import { reportTrace, type SegmentState, traceText } from '../../../src/report/trace.ts';
import { openInputs } from '../../../src/source/inputs.ts';
import { readSegment, readTrace } from '../../../src/source/trace.ts';
import { folderIn, ownFolder } from '../../support/folder.ts';

const LINES = [1, 2, 3].map((n) => `type=EOE msg=audit(1700000000.00${n}:${n}): \n`);
const AT = 1_700_000_000_000;

const top = ownFolder();
let folder = '';

beforeEach(() => {
  folder = folderIn(top);
});

function put(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}

const MANIFEST: Manifest = {
  format: 'godo-trace',
  version: 1,
  godo: '0.1.0',
  created: AT,
  host: {
    name: 'host\u001b[31m',
    boot_id: 'b',
    kernel: '6.18',
    arch: 'x64',
    cpus: 2,
    clock_ticks: 100,
    tick_ns: 4_000_000,
    pid_max: 32_768,
  },
  clock: { start: { realtime_ns: '1', monotonic_ns: '1', boottime_ns: '1' } },
  options: { command: ['echo', 'audit(1.000:1)', 'a b'] },
  audit: { mode: 'unicast', rules: ['-a always,exit -S all -k godo'] },
  connector: true,
  hints: true,
  recorder: 10,
  session: 3,
  root: 11,
  processes: [],
  containers: [{ runtime: 'docker', id: 'abc' }],
};

function segment(number: number, text: string): JournalEntry {
  const times = [...text.matchAll(/\.00(\d)/g)].map(([, ms]) => AT + Number(ms));
  return {
    at: AT,
    kind: 'segment',
    segment: {
      file: `audit-00000${number}.log`,
      source: 'audit',
      records: times.length,
      bytes: text.length,
      first: Math.min(...times),
      last: Math.max(...times),
      sha256: createHash('sha256').update(text).digest('hex'),
      types: { EOE: times.length },
    },
  };
}

function putJournal(...entries: readonly JournalEntry[]): void {
  put('journal.ndjson', entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/** A trace of two segments, the first compressed. */
function putTrace(): void {
  put('manifest.json', JSON.stringify(MANIFEST));
  put('audit-000001.log.gz', gzipSync(LINES[0] + LINES[1]));
  put('audit-000002.log', LINES[2]);
  put('connector-000001.ndjson', '{"t":1000000,"cpu":0,"ev":"exec","pid":1,"tgid":1}\n');
  putJournal(
    segment(1, LINES[0] + LINES[1]),
    segment(2, LINES[2]),
    { at: AT, kind: 'loss', cause: 'kernel-lost', count: 5 },
    { at: AT, kind: 'stop', reason: 'signal' },
  );
}

async function analyzed(
  options: { withoutConnector?: boolean } = {},
): Promise<{ text: string; faults: string[] }> {
  let text = '';
  const faults: string[] = [];
  const onFault = ({ reason }: { reason: string }): number => faults.push(reason);
  for await (const { chunks } of openInputs([folder], { onFault, ...options })) {
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  }
  return { text, faults };
}

async function report(): Promise<ReturnType<typeof reportTrace>> {
  const trace = await readTrace(folder);
  const states: SegmentState[] = [];
  for (const file of trace.files) {
    const entry = trace.journal.find(
      (one) => one.kind === 'segment' && one.segment.file === file.file,
    );
    const content = await readSegment(file);
    const recorded = entry?.kind === 'segment' ? { recorded: entry.segment } : {};
    states.push({ file, content, ...recorded });
  }
  return reportTrace(trace, states, true);
}

test('the analysis reads the segments of records and of the connector, and tells losses', async () => {
  putTrace();
  // Left by a compression that was cut short, and by one that was not.
  put('.audit-000002.log.gz', gzipSync(LINES[2]).subarray(0, 10));
  put('audit-000001.log', LINES[0] + LINES[1]);
  put('notes.log', 'type=EOE msg=audit(1700000000.009:9): \n');
  const connector = '{"t":1000000,"cpu":0,"ev":"exec","pid":1,"tgid":1}\n';
  const faults = ['kernel-lost: 5'];
  expect(await analyzed()).toEqual({ text: LINES.join('') + connector, faults });
  expect(await analyzed({ withoutConnector: true })).toEqual({ text: LINES.join(''), faults });
});

test('segments are read in their order, beyond a million', async () => {
  putJournal();
  put('audit-1000000.log', LINES[2]);
  put('audit-999999.log', LINES[1]);
  put('audit-000001.log', LINES[0]);
  expect((await analyzed()).text).toBe(LINES.join(''));
});

test('a whole trace has no problems, and its losses are told', async () => {
  putTrace();
  // The connector's segment was not ended.
  const found = await report();
  expect(found.problems).toEqual(['connector-000001.ndjson: the recorder did not write it down']);
  expect(found.sources.audit).toMatchObject({
    records: 3,
    segments: 2,
    first: AT + 1,
    last: AT + 3,
    types: { EOE: 3 },
  });
  expect(found.sources.connector).toMatchObject({ records: 1, types: { exec: 1 }, first: 1 });
  const text = traceText(found).join('\n');
  expect(text).toContain(`echo 'audit(1.000:1)' 'a b' (pid 11, session 3)`);
  expect(text).toContain('kernel-lost 5');
  expect(text).toContain('docker abc');
  expect(text).not.toContain('\u001b');
});

test('what differs or is missing is told', async () => {
  putTrace();
  put('audit-000002.log', LINES[2].replace(':3)', ':4)'));
  rmSync(join(folder, 'audit-000001.log.gz'));
  const { problems } = await report();
  expect(problems).toContainEqual(expect.stringMatching(/^audit-000002.log: sha256 is /));
  expect(problems).toContain('audit-000001.log: it is missing');
});

test('a recorder that was killed leaves a trace that can be read', async () => {
  putTrace();
  putJournal(segment(1, LINES[0] + LINES[1]));
  put('journal.ndjson', `${JSON.stringify(segment(1, LINES[0] + LINES[1]))}\n{"at":17`);
  put('audit-000002.log', LINES[2] + LINES[0].slice(0, 20));
  const found = await report();
  expect(found.problems).toEqual([]);
  expect(found.end).toBeUndefined();
  expect(found.sources.audit?.records).toBe(3);
  expect(traceText(found).join('\n')).toContain('not yet, or the recorder was killed');
});

test('a later version is refused, and so is what is no trace', async () => {
  await expect(readTrace(folder)).rejects.toThrow('it is not a trace of godo');
  putTrace();
  put('manifest.json', JSON.stringify({ ...MANIFEST, version: 2 }));
  await expect(readTrace(folder)).rejects.toThrow('its format has version 2; this godo reads 1');
  put('manifest.json', 'x');
  await expect(readTrace(folder)).rejects.toThrow('its manifest cannot be read');
});
