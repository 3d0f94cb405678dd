/**
 * Chance that a key decides: the same key and the same value always give the same, and without
 * the key nothing tells one from the other (HMAC-SHA256).
 */
import { createHmac } from 'node:crypto';

/** Rounds of the network; small domains need more than the four that theory asks for. */
const ROUNDS = 10;
/** Bytes that make a number of one round: below 2^53. */
const NUMBER_BYTES = 6;
const BLOCK = 32;

export class Keyed {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** As many bytes as asked for, by domain and value. */
  bytes(domain: string, value: Uint8Array, length: number): Buffer {
    const out = Buffer.allocUnsafe(Math.ceil(length / BLOCK) * BLOCK);
    for (let block = 0; block * BLOCK < length; block++) {
      const hmac = createHmac('sha256', this.#key).update(`${domain}\0${block}\0`).update(value);
      hmac.digest().copy(out, block * BLOCK);
    }
    return out.subarray(0, length);
  }

  /**
   * A permutation of the numbers in [0, size) that `is` accepts: a Feistel network over pairs,
   * walked until it comes back to such a number. `value` must be one; `size` is below 2^53.
   */
  permuted(domain: string, value: number, size: number, is: (n: number) => boolean): number {
    const half = Math.ceil(Math.sqrt(size));
    let at = value;
    do at = this.#feistel(`${domain}\0${size}`, at, half);
    while (at >= size || !is(at));
    return at;
  }

  #feistel(domain: string, value: number, half: number): number {
    let left = Math.floor(value / half);
    let right = value % half;
    for (let round = 0; round < ROUNDS; round++) {
      const hmac = createHmac('sha256', this.#key).update(`${domain}\0${round}\0${right}`);
      const next = (left + (hmac.digest().readUIntBE(0, NUMBER_BYTES) % half)) % half;
      left = right;
      right = next;
    }
    return left * half + right;
  }
}

/** Keeps what was computed, up to a number of entries; then it begins anew. */
export class Memo<T> {
  readonly #known = new Map<string, T>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: (key: string) => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    if (this.#known.size >= this.#most) this.#known.clear();
    this.#known.set(key, made);
    return made;
  }
}
