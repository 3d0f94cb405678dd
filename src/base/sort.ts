/** Sorting what is nearly in order already. */

/** Moves of an item that the disorder of a recording takes: records of two CPUs interleave. */
const FEW_MOVES = 4;

/**
 * Sorts numbers in place by a total order: by insertion, which costs next to nothing when they
 * are nearly sorted, and by the engine's own sort when that takes too many moves.
 */
export function sortNearlySorted(
  items: Int32Array,
  compare: (a: number, b: number) => number,
): void {
  if (!sortByInsertion(items, compare, items.length * FEW_MOVES)) items.sort(compare);
}

/** The numbers from 0 to `length - 1`, sorted by a total order of what they stand for, nearly sorted as that is. */
export function sortedPlaces(
  length: number,
  compare: (a: number, b: number) => number,
): Int32Array {
  const places = new Int32Array(length);
  for (let i = 0; i < length; i++) places[i] = i;
  sortNearlySorted(places, compare);
  return places;
}

/** False when it took more than `most` moves: then the items are as far sorted as that got. */
export function sortByInsertion(
  items: Int32Array,
  compare: (a: number, b: number) => number,
  most: number,
): boolean {
  let moves = 0;
  for (let i = 1; i < items.length; i++) {
    const item = items[i];
    let k = i;
    while (k > 0 && compare(items[k - 1], item) > 0) {
      items[k] = items[k - 1];
      k--;
    }
    items[k] = item;
    moves += i - k;
    if (moves > most) return false;
  }
  return true;
}
