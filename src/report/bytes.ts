/**
 * A growing buffer of JSON text in UTF-8.
 *
 * Characters go straight into bytes: joining strings and encoding them afterwards
 * costs three times as much, most of it in garbage collection.
 */
import { dayStart, dayText } from './time.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const COLON = 0x3a;
const MS_PER_DAY = 86_400_000;
/** An ISO 8601 moment with its quotes, the six-digit years with sign included. */
const LONGEST_TIME = 32;
const LONGEST_INTEGER = 24;

/** By code unit: 1 where a JSON string holds the character as it is, in one byte. */
const PLAIN = new Uint8Array(65_536).fill(1, 0x20, 0x7f);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** Writes JSON values one after another; `take` hands over what has gathered. */
export class JsonBytes {
  #bytes: Buffer;
  #size: number;
  #end = 0;
  /** Start of the day written last, and its date as ASCII. */
  #day = Number.NaN;
  #date = '';

  /** `size`: bytes to allocate at a time; a longer text makes the buffer grow. */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#end;
  }

  /** Gives away what was written, which nothing here changes any more. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end);
    this.#bytes = Buffer.allocUnsafeSlow(this.#size);
    this.#end = 0;
    return taken;
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

  /** A whole number. */
  integer(value: number): void {
    if (value < 0 || value > 0xffff_ffff || !Number.isInteger(value)) {
      this.raw(String(value));
      return;
    }
    this.#reserve(LONGEST_INTEGER);
    this.#digits(value, value < 10 ? 1 : Math.floor(Math.log10(value)) + 1);
  }

  #digits(value: number, count: number): void {
    const bytes = this.#bytes;
    let rest = value;
    for (let i = this.#end + count - 1; i >= this.#end; i--) {
      const tenth = Math.floor(rest / 10);
      bytes[i] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#end += count;
  }

  /** A moment as a JSON string, ISO 8601 in UTC with milliseconds. */
  time(ms: number): void {
    this.#reserve(LONGEST_TIME);
    let ofDay = ms - this.#day;
    if (!(ofDay >= 0 && ofDay < MS_PER_DAY)) {
      this.#day = dayStart(ms);
      this.#date = dayText(this.#day);
      ofDay = ms - this.#day;
    }
    this.#bytes[this.#end++] = QUOTE;
    this.raw(this.#date);
    this.#timeOfDay(ofDay | 0);
  }

  #timeOfDay(ms: number): void {
    const seconds = (ms / 1000) | 0;
    const minutes = (seconds / 60) | 0;
    const hours = (minutes / 60) | 0;
    this.#digits(hours, 2);
    this.#bytes[this.#end++] = COLON;
    this.#digits(minutes - hours * 60, 2);
    this.#bytes[this.#end++] = COLON;
    this.#digits(seconds - minutes * 60, 2);
    this.#bytes[this.#end++] = 0x2e;
    this.#digits(ms - seconds * 1000, 3);
    this.#bytes[this.#end++] = 0x5a;
    this.#bytes[this.#end++] = QUOTE;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + count));
    grown.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = grown;
  }
}
