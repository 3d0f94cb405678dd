/** Items sorted into dense groups by counting: two typed arrays, no list for each group. */

import { NONE } from './list.ts';

/** The items of group g are `items[start[g], start[g + 1])`, in the order they came in. */
export interface Groups {
  readonly start: Int32Array;
  readonly items: Int32Array;
}

/**
 * `groupOf[i]`: the group of item i, from 0 to `groups - 1`, or below 0 for one that belongs
 * to none.
 */
export function groupBy(groupOf: Int32Array, groups: number): Groups {
  const start = new Int32Array(groups + 1);
  let grouped = 0;
  for (let i = 0; i < groupOf.length; i++) {
    if (groupOf[i] < 0) continue;
    start[groupOf[i] + 1]++;
    grouped++;
  }
  for (let g = 0; g < groups; g++) start[g + 1] += start[g];
  const items = new Int32Array(grouped);
  const next = start.slice(0, groups);
  for (let i = 0; i < groupOf.length; i++) if (groupOf[i] >= 0) items[next[groupOf[i]]++] = i;
  return { start, items };
}

/** The things that a group's items stand for; the shared empty list when there are none. */
export function itemsOf<T>(
  { start, items }: Groups,
  group: number,
  of: readonly T[],
): readonly T[] {
  const from = start[group];
  const to = start[group + 1];
  if (from === to) return NONE;
  // Lists of exactly their length: most are short, and they are kept.
  const found = [of[items[from]]];
  for (let i = from + 1; i < to; i++) found.push(of[items[i]]);
  return found;
}
