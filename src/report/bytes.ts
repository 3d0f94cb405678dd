/**
 * JSON as UTF-8 bytes, written into a buffer by hand.
 *
 * Building lines as strings, joining them and encoding the result costs several times
 * as much, most of it in garbage collection. What stays the same is encoded once and
 * copied eight bytes at a time; numbers are written four digits at a time.
 */
import { dayStart, dayText } from './time.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const CLOSE_OBJECT = 0x7d;
const SLASH = 0x2f;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** `Z"` */
const TIME_END = 0x225a;
const MS_PER_DAY = 86_400_000;
/** An ISO 8601 moment with its quotes, the six-digit years with sign included. */
const LONGEST_TIME = 32;
const LONGEST_INTEGER = 24;
const LONGEST_EVENT = 48;
/** Bytes beyond the end that writing may spoil, and copying may read. */
const SPARE = 8;
/** From here on the system's copy is faster than a loop. */
const LONG_COPY = 192;
/** Moments with ten digits of seconds, in ms. */
const TEN_DIGITS_FROM = 1e12;
const TEN_DIGITS_TO = 1e13;

/** By byte or code unit: 1 where a JSON string holds the character as it is, in one byte. */
const PLAIN = new Uint8Array(65_536).fill(1, 0x20, 0x7f);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** By byte: the value of a hexadecimal digit. */
const HEX = new Uint8Array(256);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Up to four ASCII bytes as the number that has them in memory, the first one lowest. */
function packed(text: string): number {
  return Buffer.from(text.padEnd(4, '\0'), 'latin1').readInt32LE();
}

/** `0000` to `9999`. */
const FOUR_DIGITS = Int32Array.from({ length: 10_000 }, (_, n) =>
  packed(String(n).padStart(4, '0')),
);
/** `0` to `9999`, without zeros in front. */
const FEW_DIGITS = Int32Array.from({ length: 10_000 }, (_, n) => packed(String(n)));
/** `.000` to `.999`. */
const MILLI = Int32Array.from({ length: 1000 }, (_, n) => packed(`.${String(n).padStart(3, '0')}`));
/** `00:` to `59:`. */
const TWO_DIGITS = Int32Array.from({ length: 100 }, (_, n) =>
  packed(`${String(n).padStart(2, '0')}:`),
);

/** Text that is written often: encoded once. */
export class Phrase {
  readonly text: string;
  readonly view: DataView;
  readonly length: number;

  constructor(text: string) {
    this.text = text;
    const bytes = Buffer.from(text, 'utf8');
    const padded = new Uint8Array(bytes.length + SPARE);
    padded.set(bytes);
    this.view = new DataView(padded.buffer);
    this.length = bytes.length;
  }
}

/** Writes JSON values one after another; `take` hands over what has gathered. */
export class JsonBytes {
  #bytes: Buffer;
  #view: DataView;
  #size: number;
  #end = 0;
  /** Start of the day written last, and its date after a quote. */
  #day = Number.NaN;
  #date = new Phrase('');

  /** `size`: bytes to allocate at a time; a longer text makes the buffer grow. */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = viewOf(this.#bytes);
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#end;
  }

  /** Gives away what was written, which nothing here changes any more. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end);
    this.#bytes = Buffer.allocUnsafeSlow(this.#size);
    this.#view = viewOf(this.#bytes);
    this.#end = 0;
    return taken;
  }

  /** Forgets what was written, and keeps the memory. */
  clear(): void {
    this.#end = 0;
  }

  phrase({ view, length }: Phrase): void {
    this.#copy(view, 0, length);
  }

  /** What another one holds from `start` to `end`. */
  copy(from: JsonBytes, start: number, end: number): void {
    const length = end - start;
    if (length < LONG_COPY) {
      this.#copy(from.#view, start, length);
      return;
    }
    this.#reserve(length);
    this.#bytes.set(from.#bytes.subarray(start, end), this.#end);
    this.#end += length;
  }

  /**
   * Doubles move eight bytes at once, and bit for bit, since UTF-8 has no bytes that make one
   * a NaN. At the end, where anything may follow, integers do.
   */
  #copy(from: DataView, start: number, length: number): void {
    this.#reserve(length);
    const view = this.#view;
    const at = this.#end;
    let i = 0;
    for (; i + 8 <= length; i += 8) {
      view.setFloat64(at + i, from.getFloat64(start + i, true), true);
    }
    for (; i < length; i += 4) view.setInt32(at + i, from.getInt32(start + i, true), true);
    this.#end = at + length;
  }

  /** One ASCII character. */
  character(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = code;
  }

  /** ASCII text as it is. */
  raw(text: string): void {
    const length = text.length;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#end;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#end = at + length;
  }

  /** A JSON string. */
  string(text: string): void {
    const length = text.length;
    this.#reserve(length + 2);
    const bytes = this.#bytes;
    let at = this.#end;
    bytes[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (PLAIN[code] === 0) {
        this.#escaped(text);
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#end = at;
  }

  #escaped(text: string): void {
    const json = JSON.stringify(text);
    this.#reserve(json.length * 3);
    this.#end += this.#bytes.write(json, this.#end, 'utf8');
  }

  /** A JSON string of `from[start, end)` where no byte needs an escape; else false, and nothing is written. */
  plainString(from: Uint8Array, start: number, end: number): boolean {
    this.#reserve(end - start + 2);
    const bytes = this.#bytes;
    let at = this.#end;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const code = from[i];
      if (PLAIN[code] === 0) return false;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#end = at;
    return true;
  }

  /** The same of the bytes that pairs of hexadecimal digits name, in upper case. */
  plainHexString(from: Uint8Array, start: number, end: number): boolean {
    this.#reserve((end - start) / 2 + 2);
    const bytes = this.#bytes;
    let at = this.#end;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i += 2) {
      const code = (HEX[from[i]] << 4) | HEX[from[i + 1]];
      if (PLAIN[code] === 0) return false;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#end = at;
    return true;
  }

  /** A whole number. */
  integer(value: number): void {
    if (value < 0 || value > 0xffff_ffff || !Number.isInteger(value)) {
      this.raw(String(value));
      return;
    }
    this.#reserve(LONGEST_INTEGER);
    this.#end = writeInteger(this.#view, this.#end, value);
  }

  /** `SECONDS.MS:SERIAL` of an event. `ms` is whole and not negative, a serial below 2^32. */
  event(ms: number, serial: number): void {
    if (ms < TEN_DIGITS_FROM || ms >= TEN_DIGITS_TO) {
      this.raw(`${stampText(ms, 1)}:${serial}`);
      return;
    }
    this.#reserve(LONGEST_EVENT);
    const at = writeStamp(this.#view, this.#end, ms);
    this.#bytes[at] = COLON;
    this.#end = writeInteger(this.#view, at + 1, serial);
  }

  /** The same as an `_id` has it: ten digits each, zeros in front. */
  eventInFull(ms: number, serial: number): void {
    if (ms < TEN_DIGITS_FROM || ms >= TEN_DIGITS_TO) {
      this.raw(`${stampText(ms, 10)}/${String(serial).padStart(10, '0')}`);
      return;
    }
    this.#reserve(LONGEST_EVENT);
    const at = writeStamp(this.#view, this.#end, ms);
    this.#bytes[at] = SLASH;
    this.#end = writeTenDigits(this.#view, at + 1, serial);
  }

  /** A moment as a JSON string, ISO 8601 in UTC with milliseconds. */
  time(ms: number): void {
    let ofDay = ms - this.#day;
    if (!(ofDay >= 0 && ofDay < MS_PER_DAY)) {
      this.#day = dayStart(ms);
      this.#date = new Phrase(`"${dayText(this.#day)}`);
      ofDay = ms - this.#day;
      // Moments beyond the calendar are its first or last, both at midnight.
      if (!(ofDay >= 0 && ofDay < MS_PER_DAY)) ofDay = 0;
    }
    this.phrase(this.#date);
    this.#timeOfDay(ofDay | 0);
  }

  #timeOfDay(ms: number): void {
    this.#reserve(LONGEST_TIME);
    const view = this.#view;
    const at = this.#end;
    const seconds = (ms / 1000) | 0;
    const minutes = (seconds / 60) | 0;
    const hours = (minutes / 60) | 0;
    view.setInt32(at, TWO_DIGITS[hours], true);
    view.setInt32(at + 3, TWO_DIGITS[minutes - hours * 60], true);
    view.setInt32(at + 6, TWO_DIGITS[seconds - minutes * 60], true);
    view.setInt32(at + 8, MILLI[ms - seconds * 1000], true);
    view.setInt16(at + 12, TIME_END, true);
    this.#end = at + 14;
  }

  #reserve(count: number): void {
    if (this.#end + count + SPARE <= this.#bytes.length) return;
    this.#grow(this.#end + count + SPARE);
  }

  #grow(need: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, need));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

/** A JSON list of strings; null stands for what is not known. */
export function stringList(out: JsonBytes, items: readonly (string | null)[]): void {
  out.character(OPEN_LIST);
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.character(COMMA);
    const item = items[i];
    if (item === null) out.raw('null');
    else out.string(item);
  }
  out.character(CLOSE_LIST);
}

/** Below 10,000. */
function writeFew(view: DataView, at: number, value: number): number {
  view.setInt32(at, FEW_DIGITS[value], true);
  if (value < 100) return at + (value < 10 ? 1 : 2);
  return at + (value < 1000 ? 3 : 4);
}

/** Whole, below 2^32. Gives the place after it, as all of these do. */
function writeInteger(view: DataView, at: number, value: number): number {
  if (value < 10_000) return writeFew(view, at, value);
  const high = Math.floor(value / 10_000);
  let next: number;
  if (high < 10_000) {
    next = writeFew(view, at, high);
  } else {
    const top = Math.floor(high / 10_000);
    next = writeFew(view, at, top);
    view.setInt32(next, FOUR_DIGITS[high - top * 10_000], true);
    next += 4;
  }
  view.setInt32(next, FOUR_DIGITS[value - high * 10_000], true);
  return next + 4;
}

function writeTenDigits(view: DataView, at: number, value: number): number {
  const high = Math.floor(value / 10_000);
  const top = Math.floor(high / 10_000);
  view.setInt32(at, TWO_DIGITS[top], true);
  view.setInt32(at + 2, FOUR_DIGITS[high - top * 10_000], true);
  view.setInt32(at + 6, FOUR_DIGITS[value - high * 10_000], true);
  return at + 10;
}

/** `SECONDS.MS` of a moment with ten digits of seconds. */
function writeStamp(view: DataView, at: number, ms: number): number {
  const high = Math.floor(ms / 1e7);
  const low = ms - high * 1e7;
  const top = Math.floor(high / 10_000);
  const seconds = Math.floor(low / 1000);
  view.setInt32(at, TWO_DIGITS[top], true);
  view.setInt32(at + 2, FOUR_DIGITS[high - top * 10_000], true);
  view.setInt32(at + 6, FOUR_DIGITS[seconds], true);
  view.setInt32(at + 10, MILLI[low - seconds * 1000], true);
  return at + 14;
}

/** `SECONDS.MS` of any moment, of at least `width` digits of seconds. */
function stampText(ms: number, width: number): string {
  const seconds = Math.floor(ms / 1000);
  const milli = String(ms - seconds * 1000).padStart(3, '0');
  return `${String(seconds).padStart(width, '0')}.${milli}`;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
