/**
 * Files of BSON documents one after another, and what of a document is needed without
 * making an object of it.
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { StoreError } from '../store.ts';

const CHUNK = 1 << 20;
/** The shortest document: its length and the end. */
const LEAST = 5;

/** Reads until the range is full or the file at its end; gives the bytes read. */
export function readFully(file: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** The documents of a file, each as a view that is valid until the next one is asked for. */
export function* documentsIn(file: number, size: number, what: string): Generator<Buffer, void> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  let position = 0;
  let at = 0;
  for (;;) {
    const rest = filled - at;
    const length = rest < LEAST ? LEAST : buffer.readInt32LE(at);
    if (rest >= LEAST && length < LEAST) throw damaged(what, position - rest);
    if (rest >= length) {
      yield buffer.subarray(at, at + length);
      at += length;
      continue;
    }
    if (position >= size) {
      if (rest > 0) throw damaged(what, position - rest);
      return;
    }
    if (length > size - position + rest) throw damaged(what, position - rest);
    const next = Buffer.allocUnsafe(Math.max(CHUNK, length));
    buffer.copy(next, 0, at, filled);
    const wanted = Math.min(next.length - rest, size - position);
    const read = readFully(file, next.subarray(rest, rest + wanted), position);
    if (read < wanted) throw damaged(what, position + read);
    buffer = next;
    at = 0;
    filled = rest + read;
    position += read;
  }
}

export function damaged(what: string, at: number): StoreError {
  return new StoreError(`${what} is damaged at byte ${at}`);
}

/** Writes one new file in large pieces; it is on the disk when `close` returns. */
export class FileWriter {
  readonly #file: number;
  #buffer = Buffer.allocUnsafe(CHUNK);
  #filled = 0;
  #flushed = 0;
  #closed = false;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#flushed + this.#filled;
  }

  add(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#buffer.length) this.#flush();
    if (bytes.length > this.#buffer.length) {
      this.#write(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  close(): void {
    try {
      this.#flush();
      fsyncSync(this.#file);
    } finally {
      this.abandon();
    }
  }

  /** Closes the file as it is, if it is still open. */
  abandon(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    this.#flushed += bytes.length;
  }
}

/** Bytes that a value of a type takes, where that is fixed. */
const WIDTHS: Readonly<Record<number, number>> = {
  1: 8,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
};
const STRING = 2;
const DATE = 9;
const INT32 = 16;
const INT64 = 18;

/** The fields of a process that the index is made of. Strings are ranges of the document's bytes; -1 is absent. */
export class Head {
  bytes: Buffer = Buffer.alloc(0);
  idStart = -1;
  idEnd = -1;
  parentStart = -1;
  parentEnd = -1;
  node = '';
  trace = '';
  pid = 0;
  /** Milliseconds; NaN where absent. */
  start = Number.NaN;
  end = Number.NaN;

  get id(): string {
    return this.bytes.toString('utf8', this.idStart, this.idEnd);
  }

  /** Reads it from the bytes of one whole document. Throws StoreError if they are none. */
  read(bytes: Buffer, what: string): void {
    this.bytes = bytes;
    this.idStart = this.idEnd = this.parentStart = this.parentEnd = -1;
    this.node = this.trace = '';
    this.pid = 0;
    this.start = this.end = Number.NaN;
    let p = 4;
    while (p < bytes.length && bytes[p] !== 0) {
      const type = bytes[p];
      const name = p + 1;
      const nameEnd = bytes.indexOf(0, name);
      if (nameEnd < 0) throw damaged(what, name);
      const value = nameEnd + 1;
      p = value + widthOf(bytes, type, value, what);
      if (p > bytes.length) throw damaged(what, value);
      this.#field(bytes.toString('latin1', name, nameEnd), type, value, p);
    }
    if (this.idStart < 0) throw new StoreError(`${what} has a document whose _id is not a string`);
  }

  #field(name: string, type: number, value: number, end: number): void {
    switch (name) {
      case '_id':
        if (type === STRING) [this.idStart, this.idEnd] = [value + 4, end - 1];
        break;
      case 'parent':
        if (type === STRING) [this.parentStart, this.parentEnd] = [value + 4, end - 1];
        break;
      case 'node':
        if (type === STRING) this.node = this.bytes.toString('utf8', value + 4, end - 1);
        break;
      case 'trace':
        if (type === STRING) this.trace = this.bytes.toString('utf8', value + 4, end - 1);
        break;
      case 'pid':
        if (type === INT32) this.pid = this.bytes.readInt32LE(value);
        else if (type === INT64) this.pid = int64(this.bytes, value);
        break;
      case 'start_timestamp':
        if (type === DATE) this.start = int64(this.bytes, value);
        break;
      case 'exit_timestamp':
        if (type === DATE) this.end = int64(this.bytes, value);
        break;
      default:
    }
  }
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at);
}

function widthOf(bytes: Buffer, type: number, value: number, what: string): number {
  const width = WIDTHS[type];
  if (width !== undefined) return width;
  if (value + 4 > bytes.length) throw damaged(what, value);
  const length = bytes.readInt32LE(value);
  if (length < 1) throw damaged(what, value);
  if (type === STRING) return 4 + length;
  if (type === 3 || type === 4) return length;
  if (type === 5) return 5 + length;
  throw new StoreError(`${what} has a field of BSON type ${type}, which godo does not write`);
}
