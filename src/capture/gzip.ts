/** Bytes to gzip, each write waited for. */
import { createGzip, type Gzip } from 'node:zlib';

export class Gzipper {
  readonly #zlib: Gzip = createGzip();
  #failure: unknown;

  /** `put` takes what is compressed, at once; what it throws is thrown by the write. */
  constructor(put: (bytes: Uint8Array) => void) {
    this.#zlib.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#zlib.on('data', (bytes: Uint8Array) => {
      if (this.#failure !== undefined) return;
      try {
        put(bytes);
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  /** The bytes are not needed any more when this is done. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise((resolve) => {
      this.#zlib.write(bytes, resolve);
    });
    this.#check();
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    await new Promise((resolve) => {
      this.#zlib.once('close', resolve);
      this.#zlib.end();
    });
    this.#check();
  }

  discard(): void {
    this.#zlib.destroy();
  }

  #check(): void {
    if (this.#failure instanceof Error) throw this.#failure;
  }
}
