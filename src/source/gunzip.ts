/**
 * gzip streams, whole or damaged.
 */
import { constants, createGunzip, type Gunzip, gunzipSync } from 'node:zlib';

/** Compressed bytes handed to zlib at a time. */
const PIECE = 16 * 1024;
/** The same where the input cannot be read again: what damage costs beyond the damaged bytes. */
const PIECE_ONCE = 4 * 1024;
/** Size of the decompressed pieces. */
const OUTPUT = 256 * 1024;

/** Whether the bytes start as every gzip stream does. */
export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** The first decompressed bytes of a stream from its first bytes; undefined if they are damaged. */
export function gunzipHead(head: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

interface Step {
  readonly out: readonly Uint8Array[];
  /** What ended the stream before its end, in words. */
  readonly damage?: string;
}

/** zlib one step at a time. */
class Inflater {
  readonly #zlib: Gunzip = createGunzip({ chunkSize: OUTPUT });
  #out: Uint8Array[] = [];
  #ended = false;
  #written = 0;
  #settle: (error?: Error | null) => void = () => {};

  constructor() {
    this.#zlib.on('data', (bytes: Uint8Array) => this.#out.push(bytes));
    this.#zlib.on('error', (error) => this.#settle(error));
    // Comes in the middle of the input when zeros follow a member, as padding does.
    this.#zlib.on('end', () => {
      this.#ended = true;
      this.#settle();
    });
  }

  /** All that the piece decompresses to. */
  write(piece: Uint8Array): Promise<Step> {
    const at = this.#written;
    this.#written += piece.length;
    if (this.#ended) return Promise.resolve(afterEnd([], piece));
    return this.#step((done) => this.#zlib.write(piece, done)).then((step) =>
      // Taken in part: the rest follows the end.
      this.#ended ? afterEnd(step.out, piece.subarray(this.#zlib.bytesWritten - at)) : step,
    );
  }

  /** Ends the stream. */
  end(): Promise<Step> {
    if (this.#ended) return Promise.resolve({ out: [] });
    return this.#step(() => this.#zlib.end());
  }

  close(): void {
    this.#zlib.destroy();
  }

  #step(start: (done: (error?: Error | null) => void) => void): Promise<Step> {
    return new Promise((resolve) => {
      this.#settle = (error) => {
        const out = this.#out;
        this.#out = [];
        this.#settle = () => {};
        resolve(error ? { out, damage: damageText(error) } : { out });
      };
      start((error) => this.#settle(error));
    });
  }
}

/** Padding is passed over; anything else after it is not read. */
function afterEnd(out: readonly Uint8Array[], rest: Uint8Array): Step {
  if (rest.every((byte) => byte === 0)) return { out };
  return { out, damage: 'more bytes follow the padding after the gzip stream' };
}

/** In words of our own: zlib's differ between versions. */
function damageText(error: Error & { code?: string }): string {
  return error.code === 'Z_BUF_ERROR' ? 'the gzip stream is cut' : 'the gzip stream is damaged';
}

/** How to decompress. */
export interface GunzipOptions {
  /** Reads the same input again from its start, where that can be done. */
  readonly again?: () => AsyncIterable<Uint8Array>;
  /** Called once, after the last chunk that was readable, with the count of bytes before it. */
  readonly onDamage: (reason: string, offset: number) => void;
}

/**
 * Decompresses gzip, concatenated members as one stream. A damaged stream gives all
 * bytes before the damage; from an input that cannot be read again, those of its last
 * 4 KiB may be lost, since zlib keeps back what it made in the step that fails.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  { again, onDamage }: GunzipOptions,
): AsyncGenerator<Uint8Array, void> {
  let taken = 0;
  let given = 0;
  for await (const { out, damage, fed } of steps(
    source,
    again === undefined ? PIECE_ONCE : PIECE,
  )) {
    for (const chunk of out) {
      given += chunk.length;
      yield chunk;
    }
    taken += fed;
    if (damage === undefined) continue;
    if (again !== undefined && fed > 0) {
      for await (const chunk of lastBytes(again(), taken - fed, given)) {
        given += chunk.length;
        yield chunk;
      }
    }
    onDamage(damage, given);
    return;
  }
}

/** `fed`: compressed bytes of the step. */
async function* steps(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Step & { fed: number }, void> {
  const inflater = new Inflater();
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, at + size);
        yield { ...(await inflater.write(piece)), fed: piece.length };
      }
    }
    yield { ...(await inflater.end()), fed: 0 };
  } finally {
    inflater.close();
  }
}

/**
 * Decompresses once more what failed, now byte by byte, so that all output before the
 * damage comes out: up to `quick` in large steps, without the first `skip` bytes of output.
 */
async function* lastBytes(
  source: AsyncIterable<Uint8Array>,
  quick: number,
  skip: number,
): AsyncGenerator<Uint8Array, void> {
  const inflater = new Inflater();
  let taken = 0;
  let made = 0;
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; ) {
        const length = taken < quick ? Math.min(PIECE, quick - taken) : 1;
        const piece = chunk.subarray(at, at + length);
        at += piece.length;
        taken += piece.length;
        const { out, damage } = await inflater.write(piece);
        for (const bytes of out) {
          const before = Math.max(0, skip - made);
          made += bytes.length;
          if (before < bytes.length) yield bytes.subarray(before);
        }
        if (damage !== undefined) return;
      }
    }
  } finally {
    inflater.close();
  }
}
