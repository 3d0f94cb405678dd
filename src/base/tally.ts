/** Counts of things by kind, and the span of their times. */
import { compareText } from './compare.ts';

export class Tally {
  records = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  readonly #types = new Map<string, number>();

  /** `time`: ms; NaN where there is none. */
  add(type: string, time: number): void {
    this.records++;
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1);
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;
  }

  merge(other: Tally): void {
    this.records += other.records;
    for (const [type, n] of other.#types) this.#types.set(type, (this.#types.get(type) ?? 0) + n);
    this.#first = Math.min(this.#first, other.#first);
    this.#last = Math.max(this.#last, other.#last);
  }

  /** What a manifest and a check of it must tell alike: types by name, no span without a time. */
  facts(): { records: number; first?: number; last?: number; types: Record<string, number> } {
    const types = [...this.#types].sort(([a], [b]) => compareText(a, b));
    const span = this.#first <= this.#last ? { first: this.#first, last: this.#last } : {};
    return { records: this.records, ...span, types: Object.fromEntries(types) };
  }
}
