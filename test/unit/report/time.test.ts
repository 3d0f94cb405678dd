import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayStart, dayText, durationText, isoTime, parseTime } from '../../../src/report/time.ts';
import { T0 } from './documents.ts';

const anyMoment = fc.integer({ min: -8.64e15, max: 8.64e15 });

test('a moment reads as Date writes it', () => {
  fc.assert(
    fc.property(anyMoment, (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      expect(new Date(ms).toISOString().startsWith(dayText(dayStart(ms)))).toBe(true);
    }),
  );
});

test.each([Number.NaN, 9e15, -9e15, Number.POSITIVE_INFINITY])(
  '%d is written, not thrown at',
  (ms) => {
    expect(isoTime(ms)).toMatch(/^[+-]?\d+-\d\d-\d\dT/);
  },
);

test.each([
  ['2026-11-23T05:12:10.382Z', T0],
  ['2026-11-23T05:12:10.382', T0],
  ['2026-11-23 05:12:10,382', T0],
  ['2026-11-23t06:12:10.382+01:00', T0],
  ['2026-11-23T00:42:10.382-0430', T0],
  ['2026-11-23T05:12:10.3829999Z', T0],
  ['2026-11-23T05:12:10', T0 - 382],
  ['2026-11-23T05:12', T0 - 10_382],
  ['2026-11-23', Date.UTC(2026, 10, 23)],
  ['1795410730.382', T0],
  ['1795410730', T0 - 382],
  ['0', 0],
])('%s is a moment', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

test.each([
  '',
  'now',
  '-1',
  '1e3',
  '2026-02-30',
  '2026-13-01',
  '2026-11-23T24:00',
  '2026-11-23T05:60',
  '2026-11-23T05:12:60',
  '05:12:10',
  '2026-11-23T05:12:10 CET',
])('"%s" is none', (text) => {
  expect(parseTime(text)).toBeUndefined();
});

test('what is written reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      expect(parseTime(isoTime(ms))).toBe(ms);
      expect(parseTime(`${Math.floor(ms / 1000)}.${`${ms % 1000}`.padStart(3, '0')}`)).toBe(ms);
    }),
  );
});

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [1000, '1.000s'],
  [1234, '1.234s'],
  [59_999, '59.999s'],
  [60_000, '1m00s'],
  [123_456, '2m03s'],
  [3_599_999, '59m59s'],
  [3_600_000, '1h00m'],
  [86_399_999, '23h59m'],
  [86_400_000, '1d00h'],
  [277_200_000, '3d05h'],
  [-1500, '-1.500s'],
])('%i ms is %s', (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});
