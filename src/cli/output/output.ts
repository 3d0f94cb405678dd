import type { Writable } from 'node:stream';

/** Characters of text to gather before they are written. */
const CHUNK = 65_536;

/** Something other than a closed pipe kept output from being written. */
export class OutputError extends Error {}

/** What was asked for cannot be done in that way; the message is one line for the user. */
export class UsageError extends Error {}

/**
 * Writes to a stream in pieces, each only when the one before is gone, until the reader
 * goes away: then the rest is not even made.
 */
export async function writeAll(
  stream: Writable,
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<'written' | 'closed'> {
  for await (const chunk of chunks) {
    const error = await writeOne(stream, chunk);
    if (error == null) continue;
    if (isClosed(error)) return 'closed';
    throw new OutputError(error.message);
  }
  return 'written';
}

function writeOne(stream: Writable, chunk: Uint8Array | string): Promise<Error | null | undefined> {
  return new Promise((resolve) => {
    stream.write(chunk, resolve);
  });
}

function isClosed(error: Error & { code?: string }): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
}

/** Lines as larger pieces of text. */
export function* linesAsText(lines: Iterable<string>): Generator<string, void> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** The same of lines that come one after another. */
export async function* streamAsText(lines: AsyncIterable<string>): AsyncGenerator<string, void> {
  let text = '';
  for await (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
