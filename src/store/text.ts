/**
 * Strings as a store keeps them.
 *
 * BSON strings must be UTF-8, and the analysis holds byte strings that are not (see
 * `base/text.ts`). Each odd byte is kept as one character of a private use area, so that the
 * string stays a string: filters and regular expressions find it on every store. A real
 * character of that range is kept as its bytes, so no two strings share a stored form.
 */
import { decodeText, encodeText } from '../base/text.ts';

/**
 * A byte from 0x80 on is kept as the code point U+10FE00 plus the byte: in UTF-16 this lead,
 * and this trail plus the byte.
 */
const LEAD = 0xdbff;
const TRAIL = 0xde00;
const FIRST_TRAIL = TRAIL + 0x80;
const LAST_TRAIL = TRAIL + 0xff;
const ESCAPE_BASE = 0xdc00;
const SUSPICIOUS = /[\ud800-\udfff]/;
const STORED_BYTES = /(?:\udbff[\ude80-\udeff])+/g;

/** The stored form of a string of the analysis. */
export function storedText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  // Some string may be all odd, and long: unit by unit.
  const units = new Uint16Array(text.length * 4);
  let used = 0;
  const add = (byte: number): void => {
    units[used++] = LEAD;
    units[used++] = TRAIL + byte;
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) units[used++] = unit;
    else if (isPair(text, i)) {
      const trail = text.charCodeAt(++i);
      if (unit === LEAD && trail >= FIRST_TRAIL && trail <= LAST_TRAIL) {
        for (const byte of encodeText(text.slice(i - 1, i + 1))) add(byte);
      } else {
        units[used++] = unit;
        units[used++] = trail;
      }
    } else if (unit >= ESCAPE_BASE + 0x80 && unit <= ESCAPE_BASE + 0xff) add(unit - ESCAPE_BASE);
    else units[used++] = 0xfffd;
  }
  return Buffer.from(units.buffer, 0, used * 2).toString('utf16le');
}

function isPair(text: string, i: number): boolean {
  const trail = text.charCodeAt(i + 1);
  return text.charCodeAt(i) < 0xdc00 && trail >= 0xdc00 && trail <= 0xdfff;
}

/** The string that a stored form stands for: the inverse of `storedText`. */
export function textOfStored(stored: string): string {
  return SUSPICIOUS.test(stored) ? stored.replace(STORED_BYTES, bytesAsText) : stored;
}

function bytesAsText(run: string): string {
  const bytes = new Uint8Array(run.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = run.charCodeAt(2 * i + 1) - TRAIL;
  return decodeText(bytes);
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
