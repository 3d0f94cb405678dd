/**
 * The segments of one source: bytes gathered in a fixed buffer, written as whole lines,
 * hashed as they are written, and cut into files by size and age.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { Tally } from '../base/tally.ts';
import {
  type Loss,
  type SegmentFacts,
  type SegmentSource,
  type StopReason,
  segmentFile,
  type TracePlace,
} from '../model/trace.ts';

/** Where segments are cut. */
export interface SegmentLimits {
  readonly bytes: number;
  readonly ms: number;
}

/** What a writer tells: segments that are complete, losses, and that it can write no more. */
export interface SegmentEvents {
  readonly onSegment: (segment: SegmentFacts) => void;
  readonly onLoss: (loss: Loss) => void;
  readonly onFailure: (reason: StopReason, detail: string) => void;
}

/** The line buffer; a line is never longer. */
export const BUFFER_BYTES = 1 << 20;

/** What a file that is gone, and a disk that is full, look like. */
function reasonOf(code: string): StopReason {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk-full';
  return code === 'ENOENT' ? 'folder-gone' : 'write-failed';
}

export class SegmentWriter {
  readonly buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** Bytes of the buffer in use. */
  used = 0;
  readonly #folder: string;
  readonly #source: SegmentSource;
  readonly #limits: SegmentLimits;
  readonly #events: SegmentEvents;
  #number = 0;
  #fd = -1;
  #opened = 0;
  #bytes = 0;
  #hash: Hash = createHash('sha256');
  #written = new Tally();
  /** Of the lines in the buffer. */
  #pending = new Tally();
  #failed = false;
  /** Lines that came after it failed. */
  #dropped = 0;
  /** Bytes of all segments. */
  total = 0;

  constructor(folder: string, source: SegmentSource, limits: SegmentLimits, events: SegmentEvents) {
    this.#folder = folder;
    this.#source = source;
    this.#limits = limits;
    this.#events = events;
  }

  /** No more can be written. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Of the segment that the next line goes to, from 1. */
  get number(): number {
    return Math.max(1, this.#number);
  }

  /** Where in it the next line will be. */
  get offset(): number {
    return this.#bytes + this.used;
  }

  get place(): TracePlace {
    return { file: segmentFile(this.#source, this.number), offset: this.offset };
  }

  /** Makes room for `bytes` more, at most BUFFER_BYTES. */
  reserve(bytes: number): void {
    if (this.used + bytes > BUFFER_BYTES) this.flush();
  }

  /** What was put into the buffer since the last call is a line of this type and time (ms). */
  count(type: string, time: number): void {
    this.#pending.add(type, time);
  }

  /** Writes the buffer; cuts the segment where it is due. `now`: any clock in ms. */
  flush(now: number = performance.now()): void {
    if (this.used > 0) {
      if (this.#fd < 0 && !this.#failed) this.#open(now);
      if (this.#failed) this.#drop();
      else this.#write();
      this.used = 0;
    }
    if (this.#bytes === 0) return;
    if (this.#bytes >= this.#limits.bytes || now - this.#opened >= this.#limits.ms) this.close();
  }

  /** Nothing more is written, whatever comes. */
  halt(): void {
    this.#failed = true;
  }

  /** Ends the segment. The next line starts another. */
  close(): void {
    const count = this.#dropped;
    this.#dropped = 0;
    if (count > 0) this.#events.onLoss({ cause: 'write-failed', count, place: this.place });
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    this.#events.onSegment({
      file: segmentFile(this.#source, this.#number),
      source: this.#source,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      ...this.#written.facts(),
    });
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#written = new Tally();
  }

  #open(now: number): void {
    this.#number++;
    const path = join(this.#folder, segmentFile(this.#source, this.#number));
    try {
      // `x`: a file that is there is not ours.
      this.#fd = openSync(path, 'ax', 0o600);
      this.#opened = now;
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(): void {
    let written = 0;
    try {
      while (written < this.used) {
        written += writeSync(this.#fd, this.buffer, written, this.used - written);
      }
    } catch (error) {
      this.#undo();
      this.#fail(error);
      return;
    }
    this.#hash.update(this.buffer.subarray(0, this.used));
    this.#bytes += this.used;
    this.total += this.used;
    this.#written.merge(this.#pending);
    this.#pending = new Tally();
  }

  /** A buffer that was written in part is taken back, so that the account stays true. */
  #undo(): void {
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch {
      // The reader copes with a torn line.
    }
  }

  #drop(): void {
    this.#dropped += this.#pending.records;
    this.#pending = new Tally();
  }

  #fail(error: unknown): void {
    this.#failed = true;
    const code = codeOf(error) ?? 'unknown';
    this.#drop();
    this.#events.onFailure(reasonOf(code), `${segmentFile(this.#source, this.#number)}: ${code}`);
  }
}
