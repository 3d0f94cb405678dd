/** One state of an embedded store, open for reading. */
import { fstatSync } from 'node:fs';
import { deserialize } from 'bson';
import type { TraceDocument } from '../../model/stored-trace.ts';
import { StoreError } from '../store.ts';
import { fromStored, type Stored } from '../values.ts';
import { documentsIn, Head, readFully } from './bytes.ts';
import { closeAll, FILES, openSnapshot, type Snapshot } from './folder.ts';
import { IndexReader, NO_ROW } from './index-file.ts';

/** Bytes of a document that are read for its `_id`; seldom is one longer. */
const HEAD_BYTES = 256;

export class Reader {
  readonly #snapshot: Snapshot;
  readonly index: IndexReader;
  #closed = false;

  /** Opens what counts now. Throws StoreError. */
  constructor(path: string) {
    this.#snapshot = openSnapshot(path);
    const { files } = this.#snapshot;
    try {
      this.index = new IndexReader(files.index, fstatSync(files.index).size);
      if (this.index.documentBytes !== this.#snapshot.manifest.files.processes.size) {
        throw new StoreError(`${path}: the index is of other documents; the store is damaged`);
      }
    } catch (error) {
      closeAll(Object.values(files));
      throw error;
    }
  }

  /** Once more does no harm. */
  close(): void {
    if (!this.#closed) closeAll(Object.values(this.#snapshot.files));
    this.#closed = true;
  }

  get manifest(): Snapshot['manifest'] {
    return this.#snapshot.manifest;
  }

  get processesFile(): number {
    return this.#snapshot.files.processes;
  }

  /** All process documents in the order of `_id`. */
  *all(): Generator<Stored, void> {
    const { files, manifest } = this.#snapshot;
    for (const bytes of documentsIn(
      files.processes,
      manifest.files.processes.size,
      FILES.processes,
    )) {
      yield deserialize(bytes);
    }
  }

  document(row: number): Stored {
    return deserialize(this.#bytes(row));
  }

  /** The row of an `_id` in its stored form. */
  rowOf(id: string): number | undefined {
    const wanted = Buffer.from(id);
    let [low, high] = [0, this.index.rows];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const order = this.#compareId(middle, wanted);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** Rows of all that stand below these, each once and without these, unless one stands below another. */
  descendants(rows: Iterable<number>): Set<number> {
    const found = new Set<number>();
    const pending = [...rows];
    for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
      for (const child of this.index.children(row)) {
        if (found.has(child)) continue;
        found.add(child);
        pending.push(child);
      }
    }
    return found;
  }

  ancestors(rows: Iterable<number>): Set<number> {
    const found = new Set<number>();
    for (const row of rows) {
      let parent = this.index.parent(row);
      while (parent !== NO_ROW && !found.has(parent)) {
        found.add(parent);
        parent = this.index.parent(parent);
      }
    }
    return found;
  }

  *faults(): Generator<Stored, void> {
    const { files, manifest } = this.#snapshot;
    for (const bytes of documentsIn(files.faults, manifest.files.faults.size, FILES.faults)) {
      yield deserialize(bytes);
    }
  }

  traces(): TraceDocument[] {
    const { files, manifest } = this.#snapshot;
    const traces: TraceDocument[] = [];
    for (const bytes of documentsIn(files.traces, manifest.files.traces.size, FILES.traces)) {
      traces.push(fromStored(deserialize(bytes)) as TraceDocument);
    }
    return traces;
  }

  /** Negative if the row's `_id` comes first. */
  #compareId(row: number, wanted: Buffer): number {
    const { from, to } = this.index.range(row);
    const start = Buffer.alloc(Math.min(HEAD_BYTES, to - from));
    readFully(this.processesFile, start, from);
    const id = idAtStart(start) ?? idOf(this.#bytes(row));
    return id.compare(wanted);
  }

  #bytes(row: number): Buffer {
    const { from, to } = this.index.range(row);
    const bytes = Buffer.alloc(to - from);
    if (readFully(this.processesFile, bytes, from) < bytes.length) {
      throw new StoreError(`${FILES.processes} is damaged at byte ${from}`);
    }
    return bytes;
  }
}

const ID_FIELD = Buffer.from('\x02_id\0', 'latin1');

/** The `_id` where godo and MongoDB write it, in front; undefined if it is elsewhere or long. */
function idAtStart(bytes: Buffer): Buffer | undefined {
  const value = 4 + ID_FIELD.length;
  if (bytes.length < value + 4 || bytes.compare(ID_FIELD, 0, ID_FIELD.length, 4, value) !== 0) {
    return undefined;
  }
  const end = value + 4 + bytes.readInt32LE(value) - 1;
  return end <= bytes.length ? bytes.subarray(value + 4, end) : undefined;
}

function idOf(bytes: Buffer): Buffer {
  const head = new Head();
  head.read(bytes, FILES.processes);
  return bytes.subarray(head.idStart, head.idEnd);
}
