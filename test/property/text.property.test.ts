import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeHex,
  decodeText,
  encodeText,
  quoteForDisplay,
  shellQuote,
} from '../../src/base/text.ts';

/** Bytes that are often nearly UTF-8: leads, continuations and the ends of their ranges. */
const edge = fc.constantFrom(
  ...Buffer.from('00417f808f909fa0bfc0c1c2dfe0e2edeeeff0f1f4f5ff', 'hex'),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.array(edge, { maxLength: 12 }).map((values) => Uint8Array.from(values)),
  fc.string({ unit: 'binary', maxLength: 32 }).map((text) => new TextEncoder().encode(text)),
);

/** What Python prints for `bytes.decode('utf-8', 'surrogateescape')`, straight from the definition. */
function reference(input: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let p = 0;
  next: while (p < input.length) {
    for (let length = 1; length <= 4 && p + length <= input.length; length++) {
      try {
        text += decoder.decode(input.subarray(p, p + length));
        p += length;
        continue next;
      } catch {
        // No character ends here.
      }
    }
    text += String.fromCharCode(0xdc00 + (input[p] ?? 0));
    p++;
  }
  return text;
}

describe('decodeText', () => {
  test('is undone by encodeText, for all bytes', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(encodeText(decodeText(input))).toEqual(input);
      }),
      { numRuns: 2000 },
    );
  });

  test('follows the definition, for all bytes', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(decodeText(input)).toBe(reference(input));
      }),
      { numRuns: 2000 },
    );
  });

  test('agrees with TextDecoder on valid UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const valid = new TextEncoder().encode(text);
        expect(decodeText(valid)).toBe(decoder.decode(valid));
      }),
    );
  });

  test('takes a range as it takes its copy', () => {
    fc.assert(
      fc.property(bytes, fc.nat(64), fc.nat(64), (input, a, b) => {
        const start = Math.min(a, b, input.length);
        const end = Math.min(Math.max(a, b), input.length);
        expect(decodeText(input, start, end)).toBe(decodeText(input.slice(start, end)));
      }),
    );
  });
});

test('decodeHex undoes upper-case hexadecimal', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (input) => {
      const hex = Buffer.from(input).toString('hex').toUpperCase();
      expect(decodeHex(new TextEncoder().encode(hex))).toEqual(input);
    }),
  );
});

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test('nothing unsafe for a terminal comes out', () => {
  fc.assert(
    fc.property(fc.array(bytes.map((input) => decodeText(input))), (args) => {
      for (const arg of args) expect(quoteForDisplay(arg)).not.toMatch(UNSAFE);
      expect(shellQuote(args)).not.toMatch(UNSAFE);
    }),
    { numRuns: 1000 },
  );
});

test('different strings show differently', () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      fc.pre(Buffer.compare(a, b) !== 0);
      expect(quoteForDisplay(decodeText(a))).not.toBe(quoteForDisplay(decodeText(b)));
    }),
  );
});
