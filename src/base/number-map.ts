/** Whole numbers to whole numbers from 0, without a hash or an object for the usual ones. */
import { grown } from './list.ts';

const FIRST_KEYS = 1 << 16;
/** Keys below lie in an array: as many as the kernel has pids at most (PID_MAX_LIMIT). */
const MOST_KEYS = 1 << 22;

export class NumberMap {
  /** Value + 1 by key; 0 where there is none. */
  #values = new Int32Array(FIRST_KEYS);
  /** What only a damaged or invented record holds. */
  readonly #others = new Map<number, number>();

  /** -1 when the key has no value. */
  get(key: number): number {
    if (key >= 0 && key < this.#values.length) return this.#values[key] - 1;
    return this.#others.get(key) ?? -1;
  }

  /** `key`: any integer; `value`: from 0 to 2^31 - 2. */
  set(key: number, value: number): void {
    if (key < 0 || key >= MOST_KEYS) {
      this.#others.set(key, value);
      return;
    }
    if (key >= this.#values.length) this.#grow(key);
    this.#values[key] = value + 1;
  }

  #grow(key: number): void {
    let size = this.#values.length;
    while (size <= key) size *= 2;
    this.#values = grown(this.#values, new Int32Array(size));
  }
}
