/**
 * The index beside the documents: where each one lies, who its children are, and the rows by
 * pid and by time. A row is a document's place in the order of `_id`.
 *
 * The file is a header and columns of fixed width, so a question touches a few pages of it.
 */
import { StoreError } from '../store.ts';
import { FileWriter, type Head, readFully } from './bytes.ts';

const MAGIC = 0x58444f47; // "GODX"
const VERSION = 1;
const HEADER = 32;
/** Stands for no row. */
export const NO_ROW = 0xffff_ffff;

/** The columns in their order: bytes of one value, and values beyond one a row. */
const COLUMNS = {
  offsets: { width: 8, extra: 1 },
  starts: { width: 8, extra: 0 },
  ends: { width: 8, extra: 0 },
  startsSorted: { width: 8, extra: 0 },
  parents: { width: 4, extra: 0 },
  childRanges: { width: 4, extra: 1 },
  children: { width: 4, extra: 0 },
  pidsSorted: { width: 4, extra: 0 },
  rowsByPid: { width: 4, extra: 0 },
  rowsByStart: { width: 4, extra: 0 },
} as const;
type Column = keyof typeof COLUMNS;

function layout(rows: number): { readonly at: Record<Column, number>; readonly size: number } {
  let size = HEADER;
  const at = {} as Record<Column, number>;
  for (const name of Object.keys(COLUMNS) as Column[]) {
    at[name] = size;
    const { width, extra } = COLUMNS[name];
    size += (rows + extra) * width;
    size = Math.ceil(size / 8) * 8;
  }
  return { at, size };
}

/** A list of numbers in a growing typed array. */
class Numbers<T extends Float64Array | Uint32Array> {
  #values: T;
  readonly #make: (length: number) => T;
  length = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = this.#make(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  get values(): T {
    return this.#values.subarray(0, this.length) as T;
  }
}

const floats = (): Numbers<Float64Array> => new Numbers((length) => new Float64Array(length));
const words = (): Numbers<Uint32Array> => new Numbers((length) => new Uint32Array(length));

/** Gathers what the index needs while documents are written in the order of `_id`. */
export class IndexBuilder {
  readonly #offsets = floats();
  readonly starts = floats();
  readonly ends = floats();
  readonly pids = words();
  readonly #ids = { a: words(), b: words() };
  readonly #parents = { a: words(), b: words() };

  get rows(): number {
    return this.starts.length;
  }

  /** Takes the next document, which lies at `offset`. */
  add(head: Head, offset: number): void {
    this.#offsets.push(offset);
    this.starts.push(head.start);
    this.ends.push(head.end);
    this.pids.push(head.pid);
    this.#ids.a.push(hash(head.bytes, head.idStart, head.idEnd, SEED_A));
    this.#ids.b.push(hash(head.bytes, head.idStart, head.idEnd, SEED_B));
    const orphan = head.parentStart < 0;
    this.#parents.a.push(orphan ? 0 : hash(head.bytes, head.parentStart, head.parentEnd, SEED_A));
    this.#parents.b.push(orphan ? 0 : hash(head.bytes, head.parentStart, head.parentEnd, SEED_B));
  }

  /** The rows of each pid follow one another, in order. */
  rowsByPid(): Uint32Array {
    const pids = this.pids.values;
    return rowsSorted(this.rows, (a, b) => pids[a] - pids[b] || a - b);
  }

  /** Writes the file; `size` is that of the documents. */
  write(path: string, size: number): void {
    const rows = this.rows;
    const file = new FileWriter(path);
    try {
      const header = Buffer.alloc(HEADER);
      header.writeUInt32LE(MAGIC, 0);
      header.writeUInt32LE(VERSION, 4);
      header.writeDoubleLE(rows, 8);
      header.writeDoubleLE(size, 16);
      file.add(header);
      this.#offsets.push(size);
      const starts = this.starts.values;
      // A process without a start sorts before all others.
      const key = (row: number): number =>
        Number.isNaN(starts[row]) ? Number.NEGATIVE_INFINITY : starts[row];
      const rowsByStart = rowsSorted(rows, (a, b) => (key(a) === key(b) ? a - b : key(a) - key(b)));
      const rowsByPid = this.rowsByPid();
      const pids = this.pids.values;
      const parents = this.#parentRows();
      const columns: Record<Column, Float64Array | Uint32Array> = {
        offsets: this.#offsets.values,
        starts,
        ends: this.ends.values,
        startsSorted: Float64Array.from(rowsByStart, key),
        parents,
        ...childColumns(parents),
        pidsSorted: Uint32Array.from(rowsByPid, (row) => pids[row]),
        rowsByPid,
        rowsByStart,
      };
      for (const name of Object.keys(COLUMNS) as Column[]) {
        const { buffer, byteOffset, byteLength } = columns[name];
        file.add(new Uint8Array(buffer, byteOffset, byteLength));
        const odd = byteLength % 8;
        if (odd > 0) file.add(new Uint8Array(8 - odd));
      }
    } catch (error) {
      file.abandon();
      throw error;
    }
    file.close();
  }

  /** The row of each parent. Two hashes of 32 bits stand for an `_id`: all of them would need too much memory. */
  #parentRows(): Uint32Array {
    const rows = this.rows;
    const [idA, idB] = [this.#ids.a.values, this.#ids.b.values];
    const [parentA, parentB] = [this.#parents.a.values, this.#parents.b.values];
    let slots = 16;
    while (slots < rows * 2) slots *= 2;
    const table = new Uint32Array(slots).fill(NO_ROW);
    for (let row = 0; row < rows; row++) {
      let slot = idA[row] & (slots - 1);
      while (table[slot] !== NO_ROW) slot = (slot + 1) & (slots - 1);
      table[slot] = row;
    }
    const parents = new Uint32Array(rows).fill(NO_ROW);
    for (let row = 0; row < rows; row++) {
      if (parentA[row] === 0 && parentB[row] === 0) continue;
      for (
        let slot = parentA[row] & (slots - 1);
        table[slot] !== NO_ROW;
        slot = (slot + 1) & (slots - 1)
      ) {
        const other = table[slot];
        if (idA[other] !== parentA[row] || idB[other] !== parentB[row]) continue;
        parents[row] = other;
        break;
      }
    }
    return parents;
  }
}

function rowsSorted(rows: number, compare: (a: number, b: number) => number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row).sort(compare);
}

/** For each row the range of its children, and the children of all rows one after another. */
function childColumns(parents: Uint32Array): { childRanges: Uint32Array; children: Uint32Array } {
  const rows = parents.length;
  const childRanges = new Uint32Array(rows + 1);
  for (const parent of parents) if (parent !== NO_ROW) childRanges[parent + 1]++;
  for (let row = 0; row < rows; row++) childRanges[row + 1] += childRanges[row];
  const next = childRanges.slice();
  const children = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (parents[row] !== NO_ROW) children[next[parents[row]]++] = row;
  }
  return { childRanges, children };
}

const SEED_A = 0x811c_9dc5;
const SEED_B = 0x2f0b_4c47;

/** FNV-1a, mixed once more at the end: ids differ in few digits. */
function hash(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let h = seed;
  for (let i = start; i < end; i++) h = Math.imul(h ^ bytes[i], 0x0100_0193);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const PAGE = 1 << 16;
/** Pages that are kept: 16 MiB. */
const PAGES = 256;

/** Reads an index as far as it is asked for. */
export class IndexReader {
  readonly #file: number;
  readonly #at: Record<Column, number>;
  readonly #size: number;
  readonly #pages = new Map<number, Buffer>();
  readonly rows: number;
  readonly documentBytes: number;

  /** Reads from the file, which stays the caller's to close. Throws StoreError when it is not an index of `size` bytes. */
  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
    const header = Buffer.alloc(HEADER);
    const whole = readFully(file, header, 0) === HEADER && header.readUInt32LE(0) === MAGIC;
    if (!whole || header.readUInt32LE(4) !== VERSION) throw new StoreError('the index is damaged');
    this.rows = header.readDoubleLE(8);
    this.documentBytes = header.readDoubleLE(16);
    const { at, size: expected } = layout(this.rows);
    if (expected !== size) throw new StoreError('the index is damaged');
    this.#at = at;
  }

  /** First and one past the last byte of a document. */
  range(row: number): { readonly from: number; readonly to: number } {
    return { from: this.#float('offsets', row), to: this.#float('offsets', row + 1) };
  }

  parent(row: number): number {
    return this.#word('parents', row);
  }

  /** Start and end of a process in milliseconds, NaN where unknown. */
  life(row: number): { readonly start: number; readonly end: number } {
    return { start: this.#float('starts', row), end: this.#float('ends', row) };
  }

  *children(row: number): Generator<number, void> {
    const to = this.#word('childRanges', row + 1);
    for (let i = this.#word('childRanges', row); i < to; i++) yield this.#word('children', i);
  }

  *withPid(pid: number): Generator<number, void> {
    const from = this.#first((i) => this.#word('pidsSorted', i) >= pid);
    for (let i = from; i < this.rows && this.#word('pidsSorted', i) === pid; i++) {
      yield this.#word('rowsByPid', i);
    }
  }

  /** Rows whose start lies from `low` to `high`, both included. */
  *startedWithin(low: number, high: number): Generator<number, void> {
    const from = this.#first((i) => this.#float('startsSorted', i) >= low);
    for (let i = from; i < this.rows && this.#float('startsSorted', i) <= high; i++) {
      yield this.#word('rowsByStart', i);
    }
  }

  /** The first place of a sorted column from which on `reached` holds. */
  #first(reached: (i: number) => boolean): number {
    let [low, high] = [0, this.rows];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (reached(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #float(column: Column, i: number): number {
    const at = this.#at[column] + i * 8;
    return this.#page(at).readDoubleLE(at % PAGE);
  }

  #word(column: Column, i: number): number {
    const at = this.#at[column] + i * 4;
    return this.#page(at).readUInt32LE(at % PAGE);
  }

  /** Values never cross pages: columns begin at multiples of eight. */
  #page(at: number): Buffer {
    const number = Math.floor(at / PAGE);
    const kept = this.#pages.get(number);
    if (kept !== undefined) return kept;
    const page = Buffer.alloc(Math.min(PAGE, this.#size - number * PAGE));
    if (readFully(this.#file, page, number * PAGE) < page.length) {
      throw new StoreError('the index is damaged');
    }
    const [oldest] = this.#pages.keys();
    if (this.#pages.size >= PAGES && oldest !== undefined) this.#pages.delete(oldest);
    this.#pages.set(number, page);
    return page;
  }
}
