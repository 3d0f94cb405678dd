import { calculateObjectSize, deserialize, Long, serialize } from 'bson';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from '../../../src/base/text.ts';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { compareStored, storedText, textOfStored } from '../../../src/store/text.ts';
import { fromStored, MAX_ITEMS, storedProcess } from '../../../src/store/values.ts';
import { idOf, processOf } from '../../support/stores/analyses.ts';

const LIMIT = 16 * 1024 * 1024;
const ID = idOf(1, 1, 1);

/** Bytes among which are many that are not UTF-8, and the characters that stand for these. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .array(fc.constantFrom(0x41, 0xf4, 0x8f, 0xba, 0x80, 0xbf, 0xed, 0xa0, 0xff))
    .map((list) => Uint8Array.from(list)),
);

test('every byte string has a stored form of its own, which BSON keeps', () => {
  fc.assert(
    fc.property(bytes, (some) => {
      const text = decodeText(some);
      const { stored } = deserialize(serialize({ stored: storedText(text) })) as { stored: string };
      expect(stored).not.toMatch(/\p{Surrogate}/u);
      expect(textOfStored(stored)).toBe(text);
    }),
  );
});

test('ordinary text is stored as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(storedText(text)).toBe(text);
    }),
  );
});

test('stored strings are in the order of their bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [left, right] = [storedText(a), storedText(b)];
      const order = Buffer.from(left).compare(Buffer.from(right));
      expect(Math.sign(compareStored(left, right))).toBe(order);
    }),
  );
});

test('numbers, times and what is absent', () => {
  const process = processOf({
    _id: ID,
    pid: 2_147_483_648,
    uid: 2_147_483_647,
    start_timestamp: 5,
  });
  const stored = storedProcess(Object.assign({ exe: undefined }, process), 't');
  expect(stored).toMatchObject({ uid: 2_147_483_647, start_timestamp: new Date(5), trace: 't' });
  expect(Long.isLong(stored['pid'])).toBe(true);
  expect(stored).not.toHaveProperty('exe');
  expect(Object.keys(stored)[0]).toBe('_id');
  expect(fromStored(deserialize(serialize(stored)))).toEqual({ ...process, trace: 't' });
});

/** The size of the stored document, and what is left out of it. */
function sizeOf(fields: Partial<ProcessDocument>): { size: number; omitted: unknown } {
  const stored = storedProcess(processOf({ _id: ID, pid: 1, ...fields }), 't');
  return { size: calculateObjectSize(stored), omitted: stored['omitted'] };
}

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}

const exec = { timestamp: 1, event: '1795410730.402:117451' };

test('2,000,000 children', () => {
  const { size, omitted } = sizeOf({ children: new Array<string>(2_000_000).fill(ID) });
  expect(size).toBeLessThan(LIMIT);
  expect(omitted).toEqual({ children: 2_000_000 - MAX_ITEMS });
});

test.each<[string, Partial<ProcessDocument>]>([
  ['a million execs', { execve: times(1_000_000, exec) }],
  ['execs with long arguments', { execve: times(500, { ...exec, args: ['x'.repeat(131_072)] }) }],
  [
    'one exec with an enormous argument',
    { args: ['x'.repeat(2e7)], execve: [{ ...exec, args: ['x'.repeat(2e7)] }] },
  ],
  [
    'one exec with a million arguments',
    { args: new Array(1e6).fill('y'), execve: [{ ...exec, args: new Array(1e6).fill('y') }] },
  ],
  ['arguments that are not UTF-8', { args: ['\udcff'.repeat(6e6)] }],
  [
    'children without a pid',
    { unidentified_children: times(1e6, { timestamp: 1, ns_pid: 1, event: 'e' }) },
  ],
])('%s: small enough, and it says that something is left out', (_, fields) => {
  const { size, omitted } = sizeOf(fields);
  expect(size).toBeLessThan(LIMIT);
  expect(omitted).toBeDefined();
});

test('what fits is left whole', () => {
  const fields = { args: ['x'.repeat(1_000_000)], children: new Array<string>(MAX_ITEMS).fill(ID) };
  expect(sizeOf(fields).omitted).toBeUndefined();
});
