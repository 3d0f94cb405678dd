/**
 * Where the time goes: the analyzer's stages one by one, in this process, on a file that is
 * read anew for each. The first rows each do all that the row above does and one thing
 * more; the later ones go on from what the last of them has left.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { EventTable } from '../../src/event/table.ts';
import { TokenTexts } from '../../src/event/tokens.ts';
import type { ProcessDocument } from '../../src/model/process.ts';
import { orderEvents } from '../../src/order/order.ts';
import { DocumentWriter } from '../../src/process/documents.ts';
import { Facts } from '../../src/process/facts.ts';
import { reconcile } from '../../src/process/reconcile.ts';
import { RecordScanner, SCAN } from '../../src/record/scan.ts';
import { digestOf } from '../../src/report/ndjson.ts';
import { LineSplitter, type LineSink } from '../../src/source/lines.ts';
import type { Log } from './generate.ts';
import { MEGABYTE } from './generate.ts';
import { megabytes, number, printTable } from './print.ts';

const CHUNK = 1 << 20;

interface Row {
  readonly stage: string;
  readonly ms: number;
  /** What this stage adds to the one above it. */
  readonly own: number;
  readonly resident: number;
}

/** Times every stage on a log and prints the figures. */
export function runStages(log: Log): void {
  const rows: Row[] = [];
  const table = new EventTable();
  for (const [stage, pass] of passes(table)) {
    const { ms } = timed(() => pass(log.path));
    rows.push({ stage, ms, own: ms - (rows.at(-1)?.ms ?? 0), resident: process.memoryUsage.rss() });
  }
  for (const [stage, step] of conclusions(table)) {
    const { ms } = timed(step);
    const before = rows.at(-1)?.ms ?? 0;
    rows.push({ stage, ms: before + ms, own: ms, resident: process.memoryUsage.rss() });
  }
  print(log, rows);
}

function timed(work: () => void): { ms: number } {
  const start = performance.now();
  work();
  return { ms: performance.now() - start };
}

/** Passes over the file, each with one thing more than the last. */
function passes(table: EventTable): [string, (path: string) => void][] {
  const scanner = new RecordScanner();
  const filling = new RecordScanner();
  return [
    ['read', (path) => readInto(path, () => {})],
    ['+ lines', (path) => split(path, () => {})],
    ['+ scan', (path) => split(path, (bytes, start, end) => void scanner.scan(bytes, start, end))],
    [
      '+ table',
      (path) =>
        split(path, (bytes, start, end) => {
          if (filling.scan(bytes, start, end) === SCAN.ok) table.add(filling, bytes);
        }),
    ],
  ];
}

/** What follows once the table is full; each step leaves its result for the next. */
function conclusions(table: EventTable): [string, () => void][] {
  let order: ReturnType<typeof orderEvents>;
  let facts: Facts[] = [];
  let lives: ReturnType<typeof reconcile>[] = [];
  const processes: ProcessDocument[] = [];
  return [
    ['+ order', () => void (order = orderEvents(table))],
    ['+ facts', () => void (facts = order.sequences.map((one) => new Facts(table, one)))],
    ['+ reconcile', () => void (lives = facts.map((one) => reconcile(one)))],
    ['+ documents', () => write(table, facts, lives, processes)],
    ['+ sort', () => void processes.sort((a, b) => (a._id < b._id ? -1 : 1))],
    ['+ ndjson and digest', () => void digestOf(processes)],
  ];
}

function write(
  table: EventTable,
  facts: readonly Facts[],
  lives: readonly ReturnType<typeof reconcile>[],
  processes: ProcessDocument[],
): void {
  const texts = new TokenTexts(table.tokens);
  for (const [i, one] of facts.entries()) {
    const writer = new DocumentWriter(one, texts, lives[i]);
    for (const life of lives[i]) processes.push(writer.write(life));
  }
}

function split(path: string, line: LineSink['line']): void {
  const splitter = new LineSplitter({ line, tooLong: () => {} });
  readInto(path, (chunk) => splitter.push(chunk));
  splitter.flush();
}

function readInto(path: string, push: (chunk: Uint8Array) => void): void {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (;;) {
    const length = readSync(file, buffer, 0, CHUNK, null);
    if (length === 0) break;
    push(buffer.subarray(0, length));
  }
  closeSync(file);
}

function print(log: Log, rows: readonly Row[]): void {
  const perSecond = (ms: number): string => number(log.bytes / MEGABYTE / (ms / 1000));
  console.log(`\nStages, one after the other in one process (${megabytes(log.bytes)} MB)`);
  printTable<Row>(
    [
      { title: '', text: (row) => row.stage },
      { title: 'ms so far', text: (row) => number(row.ms) },
      { title: 'own ms', text: (row) => number(row.own) },
      { title: 'own ns/record', text: (row) => number((row.own * 1e6) / log.records) },
      { title: 'MB/s so far', text: (row) => perSecond(row.ms) },
      { title: 'RSS MB', text: (row) => megabytes(row.resident) },
    ],
    rows,
  );
}
