/**
 * Where the time goes: the analyzer's stages one by one, in this process, on a file that is
 * read anew for each. The first rows each do all that the row above does and one thing
 * more; the later ones go on from what the last of them has left.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { ArgumentTexts } from '../../src/event/arguments.ts';
import { EventTable } from '../../src/event/table.ts';
import { TokenTexts } from '../../src/event/tokens.ts';
import { type Order, orderEvents } from '../../src/order/order.ts';
import { Documents } from '../../src/process/documents.ts';
import { Facts } from '../../src/process/facts.ts';
import type { Life } from '../../src/process/life.ts';
import { Outline } from '../../src/process/outline.ts';
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
  /** From the start of the input to the end of this stage, in ms. */
  readonly total: number;
  /** What this stage adds to the one above it. */
  readonly own: number;
  /** The same in time of all processors. */
  readonly cpu: number;
  readonly resident: number;
}

interface Step {
  readonly stage: string;
  /** It does all over again what the step above it did. */
  readonly again: boolean;
  readonly work: () => void;
}

/** Times every stage on a log and prints the figures. */
export function runStages(log: Log): void {
  const table = new EventTable();
  const rows: Row[] = [];
  // Once before, so that the file is in the system's memory.
  readInto(log.path, () => {});
  let total = 0;
  let before = { ms: 0, cpu: 0 };
  for (const { stage, again, work } of [...passes(table, log.path), ...conclusions(table)]) {
    const took = timed(work);
    const own = again ? took.ms - before.ms : took.ms;
    const cpu = again ? took.cpu - before.cpu : took.cpu;
    before = took;
    total += own;
    rows.push({ stage, total, own, cpu, resident: process.memoryUsage.rss() });
  }
  print(log, rows);
}

function timed(work: () => void): { ms: number; cpu: number } {
  const start = performance.now();
  const used = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - start, cpu: (user + system) / 1000 };
}

/** Passes over the file, each with one thing more than the last. */
function passes(table: EventTable, path: string): Step[] {
  const scan = new RecordScanner();
  const add: LineSink['line'] = (bytes, start, end) => {
    if (scan.scan(bytes, start, end) === SCAN.ok) table.add(scan, bytes);
  };
  const lone = new RecordScanner();
  const only: LineSink['line'] = (bytes, start, end) => void lone.scan(bytes, start, end);
  return [
    { stage: 'read', again: false, work: () => readInto(path, () => {}) },
    { stage: '+ lines', again: true, work: () => split(path, () => {}) },
    { stage: '+ scan', again: true, work: () => split(path, only) },
    { stage: '+ table', again: true, work: () => split(path, add) },
  ];
}

/** What follows once the table is full; each step leaves its result for the next. */
function conclusions(table: EventTable): Step[] {
  let order: Order = { sequences: [], unnamed: [], clockSteps: [] };
  let facts: Facts[] = [];
  let lives: Life[][] = [];
  let processes = documents(table, facts, lives);
  const steps: [string, () => void][] = [
    ['+ order', () => void (order = orderEvents(table))],
    ['+ facts', () => void (facts = order.sequences.map((one) => new Facts(table, one)))],
    ['+ reconcile', () => void (lives = facts.map((one) => reconcile(one)))],
    ['+ sort', () => void (processes = documents(table, facts, lives))],
    ['+ ndjson and digest', () => void digestOf(processes)],
    ['+ documents as objects', () => drain(processes)],
  ];
  return steps.map(([stage, work]) => ({ stage, again: false, work }));
}

function documents(
  table: EventTable,
  facts: readonly Facts[],
  lives: readonly Life[][],
): Documents {
  const boots = facts.map((one, i) => new Outline(one, lives[i]));
  return new Documents(new TokenTexts(table.tokens), new ArgumentTexts(table), boots);
}

function drain(items: Iterable<unknown>): void {
  for (const item of items) void item;
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
      { title: 'ms so far', text: (row) => number(row.total) },
      { title: 'own ms', text: (row) => number(row.own) },
      { title: 'own CPU ms', text: (row) => number(row.cpu) },
      { title: 'own ns/record', text: (row) => number((row.own * 1e6) / log.records) },
      { title: 'MB/s so far', text: (row) => perSecond(row.total) },
      { title: 'RSS MB', text: (row) => megabytes(row.resident) },
    ],
    rows,
  );
}
