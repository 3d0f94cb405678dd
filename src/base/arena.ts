/** Byte strings kept one after another: no object for each. */

const FIRST_BYTES = 1 << 16;

/** Keeps copies of byte ranges under dense numbers from 0. */
export class Arena {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #used = 0;
  readonly #starts: number[] = [];

  /** Copies `bytes[start, end)` and returns its number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const need = this.#used + (end - start);
    if (need > this.#bytes.length) this.#grow(need);
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#starts.push(this.#used);
    this.#used = need;
    return this.#starts.length - 1;
  }

  /** The bytes of a number: a view, good until the next `add`. */
  get(number: number): Buffer {
    const end = number + 1 < this.#starts.length ? this.#starts[number + 1] : this.#used;
    return this.#bytes.subarray(this.#starts[number], end);
  }

  equals(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    return Buffer.compare(this.get(number), bytes.subarray(start, end)) === 0;
  }

  #grow(need: number): void {
    const next = Buffer.allocUnsafe(Math.max(need, this.#bytes.length * 2));
    next.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = next;
  }
}
