/** Lists that are mostly empty, columns of numbers, and searches in sorted ones. */

/** The list that all objects share until they have something to put into it. */
export const NONE: readonly never[] = Object.freeze([]);

/** Lists up to this length are no longer than their items. */
const EXACT = 4;

/** The list with an item more: the same one, unless it is short. */
export function append<T>(list: readonly T[], item: T): readonly T[] {
  if (list === NONE) return [item];
  // A first push makes room for 16 more: most lists stay shorter than that.
  if (list.length < EXACT) return [...list, item];
  (list as T[]).push(item);
  return list;
}

/** A whole number of each item. `Int32Array.from` would go by way of an iterator. */
export function columnOf<T>(items: readonly T[], numberOf: (item: T) => number): Int32Array {
  const column = new Int32Array(items.length);
  for (let i = 0; i < items.length; i++) column[i] = numberOf(items[i]);
  return column;
}

/** A column in a larger one's place. `to`: at least as long, and of the same kind. */
export function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The items at some places, in the order of these. */
export function itemsAt<T>(places: Int32Array, items: readonly T[]): T[] {
  const found: T[] = [];
  for (let i = 0; i < places.length; i++) found.push(items[places[i]]);
  return found;
}

/** The first index in `[from, to)` of an ascending list whose number is not below `value`. */
export function lowerBound(
  numbers: ArrayLike<number>,
  from: number,
  to: number,
  value: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same over items with a number of their own. */
export function lowerBoundBy<T>(
  items: readonly T[],
  numberOf: (item: T) => number,
  value: number,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberOf(items[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
