/**
 * Bytes of open files.
 */
import type { FileHandle } from 'node:fs/promises';

/** Large enough that the calls do not count, small enough for the processor's cache. */
const CHUNK = 1 << 20;

/**
 * Reads a file from its start (a pipe from where it is). While the consumer works on one
 * chunk the next is being read. The two buffers are used in turn: a chunk is valid
 * until the next one is asked for, and whoever keeps bytes copies them.
 */
export function readChunks(file: FileHandle, seekable: boolean): AsyncGenerator<Uint8Array, void> {
  return ahead(chunksOf(file, seekable));
}

async function* chunksOf(file: FileHandle, seekable: boolean): AsyncGenerator<Uint8Array, void> {
  const buffers = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  let position = 0;
  for (let turn = 0; ; turn ^= 1) {
    const buffer = buffers[turn];
    const { bytesRead } = await file.read(buffer, 0, CHUNK, seekable ? position : null);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Asks for the next value before it hands on the one it has. */
export async function* ahead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  let next = source.next();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      next = source.next();
      // Its failure is reported when it is waited for, not before.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await source.return();
  }
}
