/** Process numbers: one in every namespace up to the initial one, as `alloc_pid` gives them out. */
import type { Machine, Namespace } from './state.ts';
import { chainOf } from './state.ts';

/** Once the allocator has passed it, it never goes back below: RESERVED_PIDS. */
const RESERVED = 300;

export function newNamespace(m: Machine, above: Namespace): Namespace {
  return {
    id: ++m.namespaces,
    level: above.level + 1,
    above,
    pidMax: above.pidMax,
    used: new Set(),
    cursor: 1,
    reaper: null,
    dying: false,
  };
}

/** The next number at one level, or 0 when all are taken: `idr_alloc_cyclic`. */
function take(ns: Namespace): number {
  const low = ns.cursor > RESERVED ? RESERVED : 1;
  const from = Math.max(low, ns.cursor);
  const nr = firstFree(ns, from, ns.pidMax) || firstFree(ns, low, from);
  if (nr === 0) return 0;
  ns.used.add(nr);
  ns.cursor = nr + 1;
  return nr;
}

function firstFree(ns: Namespace, from: number, below: number): number {
  for (let nr = from; nr < below; nr++) if (!ns.used.has(nr)) return nr;
  return 0;
}

/** Takes a number at every level, the initial namespace's first in the result; null when one is full. */
export function takeNumbers(ns: Namespace): number[] | null {
  const numbers: number[] = [];
  for (const at of chainOf(ns)) {
    const nr = take(at);
    if (nr === 0) {
      giveBack(numbers.toReversed(), ns, at.level + 1);
      return null;
    }
    numbers.push(nr);
  }
  return numbers.reverse();
}

function giveBack(innermostLast: readonly number[], ns: Namespace, lowest: number): void {
  for (const at of chainOf(ns)) {
    if (at.level >= lowest) at.used.delete(innermostLast[at.level - lowest]);
  }
}

export function freeNumbers(numbers: readonly number[], ns: Namespace): void {
  for (const at of chainOf(ns)) at.used.delete(numbers[at.level]);
}
