/** Which row an event has, however its records come. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventRows } from '../../../src/event/rows.ts';

type Event = readonly [node: number, time: number, serial: number];

/** Adds an event wherever it has no row yet; gives the row that was found or made for each. */
function rowsOf(events: readonly Event[]): number[] {
  const size = events.length;
  const keys = {
    node: new Int32Array(size),
    time: new Float64Array(size),
    serial: new Uint32Array(size),
  };
  const rows = new EventRows(keys);
  let count = 0;
  return events.map(([node, time, serial]) => {
    const known = rows.find(node, time, serial);
    if (known >= 0) return known;
    keys.node[count] = node;
    keys.time[count] = time;
    keys.serial[count] = serial;
    rows.add(count);
    return count++;
  });
}

/** The same by a map. */
function expected(events: readonly Event[]): number[] {
  const rows = new Map<string, number>();
  return events.map((event) => {
    const key = event.join(' ');
    const row = rows.get(key) ?? rows.size;
    rows.set(key, row);
    return row;
  });
}

const counted = (length: number, serialOf: (i: number) => number): Event[] =>
  Array.from({ length }, (_, i) => [0, 1e12, serialOf(i)]);

test('any events, in any order', () => {
  const event = fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 3 }),
    fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0xffffffff, 0x80000000)),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      expect(rowsOf(events)).toEqual(expected(events));
    }),
  );
});

test.each<[string, Event[]]>([
  ['rising', counted(5000, (i) => i)],
  ['falling', counted(5000, (i) => 5000 - i)],
  ['two files, the later first', counted(5000, (i) => (i + 2500) % 5000)],
  ['each twice, the second time late', counted(5000, (i) => i % 2500)],
  ['each again after about a thousand others', counted(5000, (i) => i - (i % 2) * 1023)],
])('serials: %s', (_, events) => {
  expect(rowsOf(events)).toEqual(expected(events));
});

test('hosts in turn, each with serials of its own', () => {
  const events: Event[] = [];
  for (let i = 0; i < 5000; i++) events.push([i % 3, 1e12 + i, (i % 3) * 1e6 + i]);
  expect(rowsOf([...events, ...events])).toEqual(expected([...events, ...events]));
});
