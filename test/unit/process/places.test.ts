/** Numbers of the initial namespace as another one counts them. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Places } from '../../../src/process/places.ts';

const HIGHEST = 60;

function placesOf(taken: readonly number[], own: readonly number[]): Places {
  return new Places(Int32Array.from(taken), Int32Array.from(own));
}

test('what births elsewhere took is left out, what its own took is not', () => {
  const places = placesOf([3, 4, 6], [4]);
  expect([2, 3, 4, 5, 6, 7].map((rank) => places.of(rank))).toEqual([2, 2, 3, 4, 4, 5]);
  expect([2, 3, 4, 5].map((place) => places.rankAt(place))).toEqual([2, 4, 5, 7]);
});

const worlds = fc
  .array(fc.constantFrom('free', 'elsewhere', 'own'), { minLength: HIGHEST, maxLength: HIGHEST })
  .map((ranks) => {
    const of = (kinds: readonly string[]): number[] =>
      ranks.flatMap((kind, i) => (kinds.includes(kind) ? [i + 1] : []));
    return { elsewhere: of(['elsewhere']), own: of(['own']), may: of(['own', 'free']) };
  });

test('a place is found again, and is a rank that may be its own', () => {
  fc.assert(
    fc.property(worlds, ({ elsewhere, own, may }) => {
      const taken = [...elsewhere, ...own].sort((a, b) => a - b);
      const places = placesOf(taken, own);
      expect(may.map((rank) => places.of(rank))).toEqual(may.map((_, i) => i + 1));
      expect(may.map((_, i) => places.rankAt(i + 1))).toEqual(may);
    }),
    { seed: 7 },
  );
});
