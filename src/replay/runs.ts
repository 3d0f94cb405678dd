/**
 * Sorting more lines than memory holds: runs of lines that are sorted by themselves, and the
 * merging of runs. Whoever uses this keeps the runs that do not fit elsewhere.
 */
import { sortNearlySorted } from '../base/sort.ts';
import { type CanonicalOrder, compareLines, type LineKey } from './canonical.ts';

/** A sorted run, read from its start; it stands on a line, and `next` goes on. */
export interface RunCursor extends LineKey {
  /** The line is `bytes[start, end)`, valid until the next `next`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Number of the input that it came from. */
  readonly stream: number;
  /** Goes to the next line; false behind the last. */
  next(): boolean;
}

/** Bytes of columns for a line, with those that sorting takes. */
const LINE_COST = 64;
/** Lines are longer than this on average, or the columns are full before the text is. */
const SHORT_LINE = 96;
const FEWEST_LINES = 16;

/** One run in memory. */
export class SortRun {
  readonly #order: CanonicalOrder;
  #text: Buffer;
  #used = 0;
  #count = 0;
  readonly #ends: Float64Array;
  readonly #streams: Int32Array;
  readonly #groups: Int32Array;
  readonly #majors: Float64Array;
  readonly #minors: Float64Array;
  readonly #places: Float64Array;
  readonly #leads: Uint32Array;

  /** `memory`: bytes that it may take, beside a single line that is longer than that. */
  constructor(order: CanonicalOrder, memory: number) {
    this.#order = order;
    const lines = Math.max(FEWEST_LINES, Math.floor(memory / (LINE_COST + SHORT_LINE)));
    // Memory of either is only taken as it is used.
    this.#text = Buffer.allocUnsafeSlow(Math.max(1, memory - lines * LINE_COST));
    this.#ends = new Float64Array(lines);
    this.#streams = new Int32Array(lines);
    this.#groups = new Int32Array(lines);
    this.#majors = new Float64Array(lines);
    this.#minors = new Float64Array(lines);
    this.#places = new Float64Array(lines);
    this.#leads = new Uint32Array(lines);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the line `bytes[start, end)` of an input, with its key; false when the run is full. */
  add(bytes: Uint8Array, start: number, end: number, stream: number, key: LineKey): boolean {
    const i = this.#count;
    if (i === this.#ends.length) return false;
    const used = this.#used + (end - start);
    if (used > this.#text.length) {
      if (i > 0) return false;
      this.#text = Buffer.allocUnsafeSlow(used);
    }
    this.#text.set(bytes.subarray(start, end), this.#used);
    this.#used = used;
    this.#ends[i] = used;
    this.#streams[i] = stream;
    this.#groups[i] = key.group;
    this.#majors[i] = key.major;
    this.#minors[i] = key.minor;
    this.#places[i] = key.place;
    this.#leads[i] = key.lead;
    this.#count = i + 1;
    return true;
  }

  /** Its lines in order, until the next `add`. */
  sorted(): RunCursor {
    const lines = new Int32Array(this.#count);
    for (let i = 0; i < lines.length; i++) lines[i] = i;
    sortNearlySorted(lines, (a, b) => this.#compare(a, b));
    return this.#cursor(lines);
  }

  /** Takes new lines. */
  clear(): void {
    this.#used = 0;
    this.#count = 0;
  }

  #compare(a: number, b: number): number {
    const groups = this.#groups;
    const majors = this.#majors;
    const minors = this.#minors;
    const order = this.#order.compareParts(
      groups[a],
      majors[a],
      minors[a],
      groups[b],
      majors[b],
      minors[b],
    );
    if (order !== 0) return order;
    const places = this.#places[a] - this.#places[b];
    return places === 0 ? this.#compareLines(a, b) : places;
  }

  #compareLines(a: number, b: number): number {
    const text = this.#text;
    const ends = this.#ends;
    const leads = this.#leads;
    const aStart = a === 0 ? 0 : ends[a - 1];
    const bStart = b === 0 ? 0 : ends[b - 1];
    return compareLines(text, aStart, ends[a], leads[a], text, bStart, ends[b], leads[b]);
  }

  #cursor(lines: Int32Array): RunCursor {
    const text = this.#text;
    let at = -1;
    const cursor = {
      bytes: text,
      start: 0,
      end: 0,
      stream: 0,
      group: 0,
      major: 0,
      minor: 0,
      place: 0,
      lead: 0,
      next: (): boolean => {
        at++;
        if (at >= lines.length) return false;
        const i = lines[at];
        cursor.start = i === 0 ? 0 : this.#ends[i - 1];
        cursor.end = this.#ends[i];
        cursor.stream = this.#streams[i];
        cursor.group = this.#groups[i];
        cursor.major = this.#majors[i];
        cursor.minor = this.#minors[i];
        cursor.place = this.#places[i];
        cursor.lead = this.#leads[i];
        return true;
      },
    };
    return cursor;
  }
}

/** Several runs as one: a heap of their cursors. */
export class MergedRuns {
  readonly #order: CanonicalOrder;
  /** None is smaller than the one at half its index. */
  readonly #heap: RunCursor[] = [];
  #isStarted = false;

  /** The cursors have not been moved yet. */
  constructor(order: CanonicalOrder, cursors: readonly RunCursor[]) {
    this.#order = order;
    for (const cursor of cursors) if (cursor.next()) this.#heap.push(cursor);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The cursor that stands on the next line of all; undefined behind the last. */
  next(): RunCursor | undefined {
    const heap = this.#heap;
    if (this.#isStarted && heap.length > 0) {
      if (!heap[0].next()) {
        const last = heap.pop() as RunCursor;
        if (heap.length > 0) heap[0] = last;
      }
      this.#sink(0);
    }
    this.#isStarted = true;
    return heap[0];
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const item = heap[from];
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#compare(heap[child + 1], heap[child]) < 0) child++;
      if (this.#compare(item, heap[child]) <= 0) break;
      heap[i] = heap[child];
      i = child;
    }
    if (i !== from) heap[i] = item;
  }

  #compare(a: RunCursor, b: RunCursor): number {
    const order = this.#order.compare(a, b);
    if (order !== 0) return order;
    return compareLines(a.bytes, a.start, a.end, a.lead, b.bytes, b.start, b.end, b.lead);
  }
}

/** Tells a record that is the one before it once more, whatever stands before it in its line. */
export class Repeats {
  #bytes = Buffer.allocUnsafe(4096);
  #length = -1;
  #group = 0;
  #major = 0;
  #minor = 0;

  /** Whether the cursor's line repeats that of the last call. Call for lines in canonical order. */
  is({ bytes, start, end, lead, group, major, minor }: RunCursor): boolean {
    const from = start + lead;
    const length = end - from;
    if (
      length === this.#length &&
      group === this.#group &&
      major === this.#major &&
      minor === this.#minor &&
      bytes.compare(this.#bytes, 0, length, from, end) === 0
    ) {
      return true;
    }
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(2 * length);
    this.#bytes.set(bytes.subarray(from, end));
    this.#length = length;
    this.#group = group;
    this.#major = major;
    this.#minor = minor;
    return false;
  }
}
