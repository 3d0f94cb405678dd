import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { jsonChunks } from '../../../src/report/json.ts';
import {
  canonicalNdjson,
  digestOf,
  documentLine,
  ndjsonChunks,
  parseDocumentLine,
} from '../../../src/report/ndjson.ts';
import { documentOf, idOf, T0 } from './documents.ts';

/** What `documentLine` must equal: the same keys in the same order, by `JSON.stringify`. */
function naiveLine(p: ProcessDocument): string {
  const iso = (ms: number | undefined) => (ms === undefined ? ms : new Date(ms).toISOString());
  return JSON.stringify({
    schema_version: p.schema_version,
    _id: p._id,
    node: p.node,
    pid: p.pid,
    ppid: p.ppid,
    parent: p.parent,
    children: p.children,
    ns_pid: p.ns_pid,
    start_timestamp: iso(p.start_timestamp),
    start_source: p.start_source,
    cwd: p.cwd,
    args: p.args,
    exe: p.exe,
    comm: p.comm,
    execve: p.execve.map((e) => ({
      timestamp: iso(e.timestamp),
      args: e.args,
      exe: e.exe,
      cwd: e.cwd,
      failed: e.failed,
      errno: e.errno,
      event: e.event,
    })),
    exit_after: iso(p.exit_after),
    exit_timestamp: iso(p.exit_timestamp),
    exit_code: p.exit_code,
    exit_signal: p.exit_signal,
    exit_source: p.exit_source,
    threads: p.threads,
    reparented: p.reparented.map((r) => ({
      timestamp: iso(r.timestamp),
      ppid: r.ppid,
      parent: r.parent,
      event: r.event,
    })),
    uid: p.uid,
    auid: p.auid,
    ses: p.ses,
    tty: p.tty,
    unidentified_children: p.unidentified_children?.map((c) => ({
      timestamp: iso(c.timestamp),
      ns_pid: c.ns_pid,
      event: c.event,
    })),
    incomplete: p.incomplete,
    evidence: p.evidence.map((e) => ({
      claim: e.claim,
      rule: e.rule,
      confidence: e.confidence,
      events: e.events,
    })),
  });
}

/** Also control characters, quotes, wide characters and lone surrogates, which stand for bytes. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes)),
);
const time = fc.oneof(
  fc.integer({ min: T0, max: T0 + 200_000_000 }),
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
);
const number = fc.oneof(
  fc.nat(),
  fc.integer(),
  fc.constantFrom(0, 9, 10, 99, 100, 4294967295, 2 ** 40),
);
const args = fc.array(fc.option(text), { maxLength: 4 });

const anyDocument = fc
  .record(
    {
      schema_version: fc.constant(1),
      _id: text,
      node: text,
      pid: number,
      ppid: number,
      parent: fc.option(text),
      children: fc.array(text, { maxLength: 3 }),
      ns_pid: number,
      start_timestamp: time,
      start_source: fc.constantFrom('fork', 'first_record'),
      cwd: text,
      args,
      exe: text,
      comm: text,
      execve: fc.array(
        fc.record(
          {
            timestamp: time,
            args,
            exe: text,
            cwd: text,
            failed: fc.constant(true),
            errno: text,
            event: text,
          },
          { requiredKeys: ['timestamp', 'event'] },
        ),
        { maxLength: 3 },
      ),
      exit_after: time,
      exit_timestamp: time,
      exit_code: number,
      exit_signal: number,
      exit_source: fc.constantFrom('exit', 'wait'),
      threads: number,
      reparented: fc.array(
        fc.record(
          { timestamp: time, ppid: number, parent: text, event: text },
          { requiredKeys: ['timestamp', 'ppid', 'event'] },
        ),
        { maxLength: 2 },
      ),
      uid: number,
      auid: number,
      ses: number,
      tty: text,
      unidentified_children: fc.array(fc.record({ timestamp: time, ns_pid: number, event: text }), {
        maxLength: 2,
      }),
      incomplete: fc.array(fc.constantFrom('no_birth', 'no_end'), { maxLength: 2 }),
      evidence: fc.array(
        fc.record({
          claim: fc.constantFrom('birth', 'end'),
          rule: text,
          confidence: fc.constantFrom('proven', 'ambiguous'),
          events: fc.array(text, { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
    },
    {
      requiredKeys: [
        'schema_version',
        '_id',
        'pid',
        'parent',
        'children',
        'execve',
        'threads',
        'reparented',
        'incomplete',
        'evidence',
      ],
    },
  )
  .map((parts) => parts as unknown as ProcessDocument);

test('a line is what JSON.stringify writes', () => {
  fc.assert(
    fc.property(anyDocument, (p) => {
      expect(documentLine(p)).toBe(naiveLine(p));
    }),
    { numRuns: 500 },
  );
});

test('a line is valid UTF-8 whatever its strings hold, and reads back as the same document', () => {
  fc.assert(
    fc.property(anyDocument, (p) => {
      const line = documentLine(p);
      expect(Buffer.from(line, 'utf8').toString('utf8')).toBe(line);
      expect(parseDocumentLine(line)).toEqual(p);
    }),
  );
});

test('an invalid byte, kept as a lone surrogate, is written as an escape', () => {
  expect(documentLine(documentOf({ pid: 1, comm: 'a\udcffb' }))).toContain('"comm":"a\\udcffb"');
});

test('the order of the keys in memory changes nothing', () => {
  const p = documentOf({ pid: 7, ppid: 3, uid: 0, exe: '/bin/x', start_timestamp: T0 });
  const reversed = Object.fromEntries(Object.entries(p).reverse()) as unknown as ProcessDocument;
  expect(documentLine(reversed)).toBe(documentLine(p));
});

test('what is absent is left out, and null only says that an argument or parent is not known', () => {
  const line = documentLine(documentOf({ pid: 7, args: ['a', null] }));
  expect(line).toBe(
    '{"schema_version":1,"_id":"id00000007","pid":7,"parent":null,"children":[],"args":["a",null],' +
      '"execve":[],"threads":1,"reparented":[],"incomplete":[],"evidence":[]}',
  );
});

test('the numbers that ids have are written as they are', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.bigInt(0n, 2n ** 33n).map(Number)), (uid) => {
      expect(documentLine(documentOf({ pid: 1, uid }))).toContain(`"uid":${uid},`);
    }),
  );
  for (let power = 1; power < 1e12; power *= 10) {
    for (const uid of [power - 1, power, power + 1]) {
      expect(documentLine(documentOf({ pid: 1, uid }))).toContain(`"uid":${uid},`);
    }
  }
});

function manyDocuments(count: number): ProcessDocument[] {
  return Array.from({ length: count }, (_, i) =>
    documentOf({ pid: i, start_timestamp: T0 + i, comm: i % 7 === 0 ? 'ünï"x' : 'make' }),
  );
}

test.each([0, 1, 2, 3000])('%i documents: chunks, string and digest agree', (count) => {
  const documents = manyDocuments(count);
  const expected = documents.map((p) => `${naiveLine(p)}\n`).join('');
  const digest = createHash('sha256').update(expected, 'utf8').digest('hex');
  expect(digestOf(documents)).toBe(digest);
  expect(digestOf(documents)).toBe(digest);
  expect(canonicalNdjson(documents)).toBe(expected);
  expect(canonicalNdjson([...documents])).toBe(expected);
});

test('a digest after a pass that was given up is right', () => {
  const documents = manyDocuments(3000);
  const expected = digestOf(manyDocuments(3000));
  for (const chunk of ndjsonChunks(documents)) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(digestOf(documents)).toBe(expected);
});

test('chunks are pieces of about 64 KiB that stay as they are', () => {
  const documents = manyDocuments(5000);
  const chunks = [...ndjsonChunks(documents)];
  expect(Buffer.concat(chunks).toString('utf8')).toBe(canonicalNdjson(documents));
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(70_000);
  expect(chunks.length).toBeLessThan(20);
});

test('a document of many megabytes is one line', () => {
  const children = Array.from({ length: 200_000 }, (_, i) => idOf(i));
  const p = documentOf({ pid: 1, children });
  expect(documentLine(p)).toBe(naiveLine(p));
  expect(canonicalNdjson([p, p])).toBe(`${naiveLine(p)}\n${naiveLine(p)}\n`);
});

test('the JSON form holds the summary and the documents as they are in NDJSON', () => {
  const processes = manyDocuments(300);
  const summary = {
    bytes: 12,
    account: { records: 3, attached: 2, ignored: { eoe: 1 }, rejected: 0 },
    events: 1,
    processes: 300,
    threads: 300,
    first_timestamp: T0,
    last_timestamp: T0 + 5,
    hosts: [''],
    boots: 1,
    record_types: { SYSCALL: 3 },
    faults: {},
    digest: digestOf(processes),
  };
  for (const list of [processes, []]) {
    const whole = Buffer.concat([
      ...jsonChunks({ processes: list, summary, faults: [] }),
    ]).toString();
    const parsed = JSON.parse(whole) as Record<string, unknown>;
    expect(parsed.schema_version).toBe(1);
    expect(parsed.processes).toEqual(list.map((p) => JSON.parse(documentLine(p)) as unknown));
    expect(parsed.summary).toMatchObject({
      digest: summary.digest,
      first_timestamp: '2026-11-23T05:12:10.382Z',
    });
  }
});
