/** Audit records as lines of text from elsewhere: auditd's plugin interface, or its log. */
import { open, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { lineTime, typeOf } from '../base/audit-line.ts';
import type { Loss } from '../model/trace.ts';
import { BUFFER_BYTES, type SegmentWriter } from './segments.ts';

const NEWLINE = 10;
/** How often a log that has no more lines is looked at again. */
const FOLLOW_MS = 200;
const PIECE = 256 * 1024;

/** Cuts what comes in into lines and puts them into segments as they are. */
export class LineFeed {
  readonly #segment: SegmentWriter;
  readonly #onLoss: (loss: Loss) => void;
  /** The start of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a line that is too long, while it lasts. */
  #skipping = 0;

  constructor(segment: SegmentWriter, onLoss: (loss: Loss) => void) {
    this.#segment = segment;
    this.#onLoss = onLoss;
  }

  /** The chunk may be used again after the call. */
  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
      this.#line(chunk.subarray(at, end + 1));
      at = end + 1;
    }
    this.#keep(chunk.subarray(at));
    this.#segment.flush();
  }

  /** The input is at its end; a line that it cut is kept, and ended. */
  end(): void {
    if (this.#rest.length > 0 || this.#skipping > 0) this.#line(Buffer.from('\n'));
    this.#segment.flush();
  }

  #keep(part: Buffer): void {
    if (this.#skipping > 0) {
      this.#skipping += part.length;
    } else if (this.#rest.length + part.length >= BUFFER_BYTES) {
      this.#skipping = this.#rest.length + part.length;
      this.#rest = Buffer.alloc(0);
    } else if (part.length > 0) {
      this.#rest = Buffer.concat([this.#rest, part]);
    }
  }

  #line(end: Buffer): void {
    if (this.#skipping > 0 || this.#rest.length + end.length > BUFFER_BYTES) {
      this.#skipping = 0;
      this.#rest = Buffer.alloc(0);
      this.#onLoss({ cause: 'line-too-long', count: 1, place: this.#segment.place });
      return;
    }
    const line = this.#rest.length === 0 ? end : Buffer.concat([this.#rest, end]);
    this.#rest = Buffer.alloc(0);
    this.#segment.reserve(line.length);
    this.#segment.buffer.set(line, this.#segment.used);
    this.#segment.used += line.length;
    this.#segment.count(typeOf(line), lineTime(line));
  }
}

/** Bytes as they come, until there are no more, or `signal` ends it. */
export type Chunks = AsyncIterable<Buffer>;

/** What a Unix socket says, such as that of auditd's af_unix plugin. */
export async function* unixChunks(path: string, signal: AbortSignal): Chunks {
  const socket = connect(path);
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Standard input, until its end. */
export async function* stdinChunks(signal: AbortSignal): Chunks {
  signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  try {
    for await (const chunk of process.stdin) yield chunk as Buffer;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * What is added to a log from now on, also after it was rotated: the old file is read to
 * its end first, the new one from its start. A log cut back to nothing starts again.
 */
export async function* followChunks(path: string, signal: AbortSignal): Chunks {
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  let file = await open(path);
  let offset = (await file.stat()).size;
  try {
    while (!signal.aborted) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, offset);
      if (bytesRead > 0) {
        offset += bytesRead;
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const [old, now] = [await file.stat(), await statOf(path)];
      if (now !== undefined && (now.ino !== old.ino || now.dev !== old.dev)) {
        // Whoever rotated it may have written between the last read and now.
        const rest = await file.read(buffer, 0, PIECE, offset);
        offset += rest.bytesRead;
        if (rest.bytesRead > 0) {
          yield buffer.subarray(0, rest.bytesRead);
          continue;
        }
        await file.close();
        file = await open(path);
        offset = 0;
      } else if (old.size < offset) {
        offset = 0;
      } else {
        await pause(FOLLOW_MS, signal);
      }
    }
  } finally {
    await file.close();
  }
}

async function statOf(path: string): Promise<{ ino: number; dev: number } | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
