/**
 * Strings as a store keeps them.
 *
 * BSON strings must be UTF-8, and the analysis holds byte strings that are not (see
 * `base/text.ts`). Each odd byte is kept as one character of a private use area, so that the
 * string stays a string: filters and regular expressions find it on every store. A real
 * character of that range is kept as its bytes, so no two strings share a stored form.
 */
import { decodeText, encodeText } from '../base/text.ts';

/** A byte from 0x80 on is kept as this code point plus the byte: U+10FE80 to U+10FEFF. */
const STORED_BYTE = 0x10fe00;
const ESCAPE_BASE = 0xdc00;
const SUSPICIOUS = /[\ud800-\udfff]/;
const ODD = /[\p{Surrogate}\u{10fe80}-\u{10feff}]/gu;
const STORED_BYTES = /[\u{10fe80}-\u{10feff}]+/gu;

/** The stored form of a string of the analysis. */
export function storedText(text: string): string {
  return SUSPICIOUS.test(text) ? text.replace(ODD, storedBytes) : text;
}

function storedBytes(odd: string): string {
  const code = odd.codePointAt(0) as number;
  const byte = code - ESCAPE_BASE;
  const bytes = byte >= 0x80 && byte <= 0xff ? [byte] : encodeText(odd);
  return Array.from(bytes, (one) => String.fromCodePoint(STORED_BYTE + one)).join('');
}

/** The string that a stored form stands for: the inverse of `storedText`. */
export function textOfStored(stored: string): string {
  return SUSPICIOUS.test(stored) ? stored.replace(STORED_BYTES, bytesAsText) : stored;
}

function bytesAsText(run: string): string {
  const bytes = Array.from(run, (one) => (one.codePointAt(0) as number) - STORED_BYTE);
  return decodeText(Uint8Array.from(bytes));
}

/** Total order of stored strings as MongoDB sorts them: by their UTF-8 bytes. */
export function compareStored(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** In UTF-8 what surrogates stand for comes after all of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
