/**
 * Chance that can be replayed (mulberry32). What a seed gives is a promise of ours: the same on
 * every machine and in every later version. test/unit/base/rng.test.ts holds it.
 */
export class Rng {
  #state: number;

  /** `seed`: a whole number; its low 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number in [0, below); `below` is from 1 to 2^32. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  /** True once in `of` times. */
  once(of: number): boolean {
    return this.below(of) === 0;
  }

  /** Puts a list into an order of its own choice, in place (Fisher and Yates). */
  shuffle(items: unknown[] | Int32Array): void {
    for (let i = items.length - 1; i > 0; i--) {
      const k = this.below(i + 1);
      [items[i], items[k]] = [items[k], items[i]];
    }
  }
}
