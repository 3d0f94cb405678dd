import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from '../../../src/base/text.ts';
import { JsonBytes, Phrase } from '../../../src/report/bytes.ts';

function written(write: (out: JsonBytes) => void): string {
  const out = new JsonBytes(16);
  write(out);
  return out.take().toString('utf8');
}

const serial = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999_999, 100_000_000, 2 ** 32 - 1),
);
const moment = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }),
  fc.constantFrom(0, 999, 1000, 999_999_999_999, 1e12, 9_999_999_999_999, 1e13),
);

test('the names of events, as records and as ids have them', () => {
  fc.assert(
    fc.property(moment, serial, (ms, number) => {
      const seconds = String(Math.floor(ms / 1000));
      const milli = String(ms % 1000).padStart(3, '0');
      expect(written((out) => out.event(ms, number))).toBe(`${seconds}.${milli}:${number}`);
      expect(written((out) => out.eventInFull(ms, number))).toBe(
        `${seconds.padStart(10, '0')}.${milli}/${String(number).padStart(10, '0')}`,
      );
    }),
    { numRuns: 2000 },
  );
});

test('moments of every hour, minute and second', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => {
      expect(written((out) => out.time(ms))).toBe(JSON.stringify(new Date(ms)));
    }),
  );
  const last = JSON.stringify(new Date(8.64e15));
  expect([9e15, 1e18, Infinity].map((ms) => written((out) => out.time(ms)))).toEqual([
    last,
    last,
    last,
  ]);
  for (let ms = 0; ms < 86_400_000; ms += 61_061) {
    expect(written((out) => out.time(ms))).toBe(JSON.stringify(new Date(ms)));
  }
});

test('a string of plain bytes is written as it is; any other is refused and leaves nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, ascii) => {
      const given = ascii ? bytes.map((byte) => 0x20 + (byte % 0x5f)) : bytes;
      const plain = given.every((c) => c >= 0x20 && c < 0x7f && c !== 0x22 && c !== 0x5c);
      const hex = Buffer.from(Buffer.from(given).toString('hex').toUpperCase());
      const expected = plain ? JSON.stringify(decodeText(given)) : '';
      const out = new JsonBytes(16);
      expect(out.plainString(given, 0, given.length)).toBe(plain);
      expect(out.take().toString('utf8')).toBe(expected);
      expect(out.plainHexString(hex, 0, hex.length)).toBe(plain);
      expect(out.take().toString('utf8')).toBe(expected);
    }),
  );
});

test('phrases and copies are written whole, whatever their length and whatever follows', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
      const pool = new JsonBytes(16);
      const ranges = texts.map((one) => {
        const start = pool.length;
        pool.string(one);
        return { start, end: pool.length };
      });
      const copied = written((out) => {
        for (const { start, end } of ranges.toReversed()) out.copy(pool, start, end);
      });
      expect(copied).toBe(
        texts
          .toReversed()
          .map((one) => JSON.stringify(one))
          .join(''),
      );
      const phrases = texts.map((one) => new Phrase(one));
      const expected = Buffer.from(texts.join(''), 'utf8').toString('utf8');
      expect(written((out) => phrases.forEach((phrase) => out.phrase(phrase)))).toBe(expected);
    }),
  );
});
