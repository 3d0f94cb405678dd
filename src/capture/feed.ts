/** Audit records as lines of text from elsewhere: auditd's plugin interface, or its log. */
import { once } from 'node:events';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
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

/** Where records come from when not from the kernel. */
export type Feed =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'follow'; readonly path: string };

/** Bytes as they come; a chunk is valid until the next one is asked for. */
export type Chunks = AsyncIterable<Buffer>;

/**
 * Opens a feed: from here on it misses nothing. Aborting the signal ends it. Throws the
 * system's error where it cannot be opened.
 */
export async function openFeed(feed: Feed, signal: AbortSignal): Promise<Chunks> {
  if (feed.kind === 'stdin') return streamChunks(process.stdin, signal);
  if (feed.kind === 'unix') {
    const socket = connect(feed.path);
    await once(socket, 'connect');
    return streamChunks(socket, signal);
  }
  const file = await open(feed.path);
  return followChunks(file, (await file.stat()).size, feed.path, signal);
}

async function* streamChunks(stream: Readable, signal: AbortSignal): Chunks {
  signal.addEventListener('abort', () => stream.destroy(), { once: true });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * What is added to a log from `offset` on, also after it was rotated: the old file is read
 * to its end first, the new one from its start. A log cut back to nothing starts again.
 */
async function* followChunks(
  first: FileHandle,
  start: number,
  path: string,
  signal: AbortSignal,
): Chunks {
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  let file = first;
  let offset = start;
  try {
    while (!signal.aborted) {
      // Asked before the read: whoever rotates a log may write to the old one until then.
      const now = await statOf(path);
      const { bytesRead } = await file.read(buffer, 0, PIECE, offset);
      offset += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const old = await file.stat();
      if (now !== undefined && (now.ino !== old.ino || now.dev !== old.dev)) {
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
