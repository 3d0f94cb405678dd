/** Bytes to lines: a pure push/flush machine over chunks cut anywhere. */

/** Longest line that is taken, in bytes without its newline. */
export const MAX_LINE_BYTES = 1 << 20;

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** Receives the lines of one input. `bytes[start, end)` is only valid during the call. */
export interface LineSink {
  /** `offset`: where the line starts in the input, in bytes; `whole`: it ended with a newline. */
  line(bytes: Uint8Array, start: number, end: number, offset: number, whole: boolean): void;
  /** A line over MAX_LINE_BYTES, which is skipped: where it starts and how long it is. */
  tooLong(offset: number, length: number): void;
}

/** Splits at newlines; a carriage return before one is dropped; empty lines are passed over. */
export class LineSplitter {
  readonly #sink: LineSink;
  /** A Buffer like the chunks: the reader of lines sees one kind of array, which is quicker. */
  #carry = Buffer.allocUnsafeSlow(1 << 12);
  #carried = 0;
  #skipping = false;
  #lineOffset = 0;
  #chunkOffset = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** Bytes pushed so far. */
  get bytes(): number {
    return this.#chunkOffset;
  }

  push(bytes: Uint8Array): void {
    // Its search for a byte is four times as quick.
    const chunk = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    if (this.#carried > 0 || this.#skipping) {
      const end = chunk.indexOf(NEWLINE);
      this.#keep(chunk, 0, end < 0 ? chunk.length : end);
      if (end < 0) {
        this.#chunkOffset += chunk.length;
        return;
      }
      this.#endCarried(this.#chunkOffset + end, true);
      start = end + 1;
    }
    start = this.#wholeLines(chunk, start);
    this.#lineOffset = this.#chunkOffset + start;
    if (start < chunk.length) this.#keep(chunk, start, chunk.length);
    this.#chunkOffset += chunk.length;
  }

  /** Ends the input: a last line without newline is passed on as not whole. */
  flush(): void {
    if (this.#carried > 0 || this.#skipping) this.#endCarried(this.#chunkOffset, false);
    this.#lineOffset = this.#chunkOffset;
  }

  #wholeLines(chunk: Buffer, from: number): number {
    const sink = this.#sink;
    const base = this.#chunkOffset;
    let start = from;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) return start;
      if (end - start > MAX_LINE_BYTES) sink.tooLong(base + start, end - start);
      else {
        const stop = end > start && chunk[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
        if (stop > start) sink.line(chunk, start, stop, base + start, true);
      }
      start = end + 1;
    }
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (this.#skipping) return;
    const need = this.#carried + (end - start);
    if (need > MAX_LINE_BYTES + 1) {
      this.#skipping = true;
      this.#carried = 0;
      return;
    }
    if (need > this.#carry.length) {
      const next = Buffer.allocUnsafeSlow(Math.max(need, this.#carry.length * 2));
      next.set(this.#carry.subarray(0, this.#carried));
      this.#carry = next;
    }
    this.#carry.set(chunk.subarray(start, end), this.#carried);
    this.#carried = need;
  }

  #endCarried(end: number, whole: boolean): void {
    const length = end - this.#lineOffset;
    if (this.#skipping || length > MAX_LINE_BYTES) this.#sink.tooLong(this.#lineOffset, length);
    else {
      const last = this.#carried - 1;
      const stop = whole && this.#carry[last] === CARRIAGE_RETURN ? last : this.#carried;
      if (stop > 0) this.#sink.line(this.#carry, 0, stop, this.#lineOffset, whole);
    }
    this.#carried = 0;
    this.#skipping = false;
  }
}
