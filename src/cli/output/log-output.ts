/** Writes audit records as lines of text. */
import { RecordScanner, SCAN } from '../../record/scan.ts';
import { MAX_LINE_BYTES } from '../../source/lines.ts';
import type { ByteSink } from './output-file.ts';
import {
  LEFT_OUT,
  LineAccount,
  type OutputStream,
  type RecordingOutput,
  type Written,
} from './output-lines.ts';

/** Bytes to gather before they are written. */
const CHUNK = 1 << 18;
const NEWLINE = 10;

export class LogWriter implements RecordingOutput {
  readonly #sink: ByteSink;
  readonly #account = new LineAccount();
  readonly #scanner = new RecordScanner();
  /** `node=NAME ` by stream; undefined while lines are written as they are. */
  #names: Map<OutputStream, Buffer> | undefined;
  #buffer = Buffer.allocUnsafe(CHUNK + MAX_LINE_BYTES);
  #used = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  nameHosts(): void {
    this.#names = new Map();
  }

  leaveOut(reason: string, count: number): void {
    this.#account.leaveOut(reason, count);
  }

  put(stream: OutputStream, bytes: Uint8Array, start: number, end: number): boolean {
    if (stream.hints === true || stream.origin?.connector !== undefined) {
      this.leaveOut(stream.hints === true ? LEFT_OUT.hints : LEFT_OUT.connector, 1);
      return false;
    }
    this.#account.lines++;
    const at = this.#names === undefined ? -1 : this.#nodeless(bytes, start, end);
    const name = at < 0 ? undefined : this.#nameOf(stream);
    if (name === undefined) {
      this.#add(bytes, start, end);
    } else {
      this.#add(bytes, start, at);
      this.#add(name, 0, name.length);
      this.#add(bytes, at, end);
    }
    this.#buffer[this.#used++] = NEWLINE;
    return this.#used >= CHUNK;
  }

  async drain(): Promise<boolean> {
    const isRead = await this.#sink.write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    this.#account.closed ||= !isRead;
    return isRead;
  }

  async finish(): Promise<Written> {
    if (this.#used > 0) await this.drain();
    await this.#sink.finish();
    return this.#account;
  }

  discard(): void {
    this.#sink.discard();
  }

  /** Where `type=` begins in a record without a node; -1 for any other line. */
  #nodeless(bytes: Uint8Array, start: number, end: number): number {
    const scan = this.#scanner;
    const isRecord = scan.scan(bytes, start, end) === SCAN.ok;
    return isRecord && scan.nodeEnd === scan.nodeStart ? scan.typeStart : -1;
  }

  #nameOf(stream: OutputStream): Buffer | undefined {
    const host = stream.origin?.host ?? '';
    if (host === '') return undefined;
    const known = this.#names?.get(stream);
    if (known !== undefined) return known;
    const name = Buffer.from(`node=${host} `, 'utf8');
    this.#names?.set(stream, name);
    return name;
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    const need = this.#used + (end - start) + 1;
    if (need > this.#buffer.length) {
      const next = Buffer.allocUnsafe(Math.max(need, 2 * this.#buffer.length));
      next.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = next;
    }
    this.#buffer.set(bytes.subarray(start, end), this.#used);
    this.#used += end - start;
  }
}
