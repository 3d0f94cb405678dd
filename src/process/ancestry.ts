/** Who is above whom among the members of namespaces, by the first parent that records show. */
import { groupBy } from '../base/groups.ts';
import { columnOf } from '../base/list.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import type { Space } from './space.ts';

/** Lives in the order of a walk through their tree: those below one follow it without a gap. */
export class Ancestry {
  readonly #number = new Map<Life, number>();
  /** By number: the place in the walk, and the place behind the last one below; 0 unknown. */
  readonly #entered: Int32Array;
  readonly #left: Int32Array;

  constructor(index: LifeIndex, spaces: readonly Space[]) {
    for (const { members } of spaces) {
      for (const life of members) {
        if (!this.#number.has(life)) this.#number.set(life, this.#number.size);
      }
    }
    const lives = [...this.#number.keys()];
    const parents = columnOf(lives, (life) => {
      const parent = index.parentOf(life);
      return (parent && this.#number.get(parent)) ?? -1;
    });
    this.#entered = new Int32Array(lives.length);
    this.#left = new Int32Array(lives.length);
    this.#walk(parents);
  }

  /** Whether a life is another or above it; false where that is not known. */
  isAbove(life: Life, other: Life): boolean {
    const a = this.#number.get(life);
    const b = this.#number.get(other);
    if (a === undefined || b === undefined || this.#entered[b] === 0) return life === other;
    return this.#entered[a] <= this.#entered[b] && this.#entered[b] < this.#left[a];
  }

  /** Lives on a cycle, which only damaged data can make, are never reached. */
  #walk(parents: Int32Array): void {
    const { start, items } = groupBy(parents, parents.length);
    const next = start.slice(0, parents.length);
    let place = 1;
    for (let root = 0; root < parents.length; root++) {
      if (parents[root] >= 0) continue;
      const path = [root];
      this.#entered[root] = place++;
      while (path.length > 0) {
        const life = path[path.length - 1];
        if (next[life] < start[life + 1]) {
          const child = items[next[life]++];
          this.#entered[child] = place++;
          path.push(child);
        } else {
          this.#left[life] = place;
          path.pop();
        }
      }
    }
  }
}
