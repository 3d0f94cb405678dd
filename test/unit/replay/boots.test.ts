import { describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { bootAt, BootEvidence } from '../../../src/replay/boots.ts';

type Call = readonly [host: number, time: number, serial: number];

const HOUR = 3_600_000;

/** Calls of one boot, `every` ms apart. */
function boot(start: number, count: number, every: number, serial = 1, host = 0): Call[] {
  return Array.from({ length: count }, (_, i) => [host, start + i * every, serial + i]);
}

/** What the calls show, in any order. */
function bootsOf(calls: readonly Call[]): Map<number, readonly number[]> {
  const found = [1, 2].map((seed) => {
    const mixed = [...calls];
    new Rng(seed).shuffle(mixed);
    const evidence = new BootEvidence();
    for (const call of mixed) evidence.saw(...call);
    return evidence.boots();
  });
  expect(found[0]).toEqual(found[1]);
  return found[0];
}

describe('the boots of a host', () => {
  test('one, also in disorder', () => {
    expect(bootsOf(boot(0, 5000, 7))).toEqual(new Map());
    // By less than a second, and within the same second by any number of serials.
    const late = boot(0, 5000, 7).map(([host, time, serial]): Call => {
      return [host, time - (serial % 9) * 100 + 800, serial];
    });
    expect(bootsOf(late)).toEqual(new Map());
  });

  test.each([
    ['as long as the first', 300, 1],
    ['shorter', 20, 1],
    ['longer', 3000, 1],
    ['that begins later in its numbers', 300, 200],
  ])('two, the second one %s', (_, count, serial) => {
    const calls = [...boot(0, 300, 50), ...boot(HOUR, count, 50, serial)];
    expect(bootsOf(calls)).toEqual(new Map([[0, [HOUR]]]));
  });

  test('a first one of which only the end is left', () => {
    const calls = [...boot(0, 300, 50, 90_000), ...boot(HOUR, 300, 50)];
    expect(bootsOf(calls)).toEqual(new Map([[0, [HOUR]]]));
  });

  test('several, and hosts apart', () => {
    const calls = [
      ...boot(0, 300, 50),
      ...boot(HOUR, 100, 50),
      ...boot(2 * HOUR, 200, 50),
      ...boot(0, 300, HOUR / 100, 1, 1),
      ...boot(HOUR, 300, 50, 1, 2),
      ...boot(HOUR + 60_000, 300, 50, 1, 2),
    ];
    expect(bootsOf(calls)).toEqual(
      new Map([
        [0, [HOUR, 2 * HOUR]],
        [2, [HOUR + 60_000]],
      ]),
    );
  });

  test('one, whose clock was set back', () => {
    const calls = [...boot(HOUR, 1000, 50), ...boot(HOUR + 20_000, 1000, 50, 1001)];
    expect(bootsOf(calls)).toEqual(new Map());
  });

  test('are told of more calls than are kept', () => {
    // Spans become 16 s wide, and one of them holds calls of both.
    const count = 100_003;
    const begin = (count + 5) * 1000;
    const breaks = bootsOf([...boot(0, count, 1000), ...boot(begin, count, 1000)]).get(0) ?? [];
    expect(breaks).toHaveLength(1);
    expect(breaks[0]).toBeGreaterThan(begin - 16_000);
    expect(breaks[0]).toBeLessThanOrEqual(begin);
  });
});

test('a moment lies in the boot that began last before it', () => {
  expect([0, 9, 10, 11, 20, 99].map((time) => bootAt([10, 20], time))).toEqual([0, 0, 1, 1, 2, 2]);
});
