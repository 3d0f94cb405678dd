/** EXECVE records to an argument vector. */
import { decodeHex, decodeText } from '../base/text.ts';
import {
  assembleExecve,
  decodeRecord,
  type Arguments,
  type ExecveRecord,
} from '../record/decode.ts';
import type { EventTable } from './table.ts';
import { isProblem, parseRecord } from '../record/parse.ts';

const SPACE = 32;
const ZERO = 48;
const QUOTE = 34;
const EQUALS = 61;
const LETTER_A = 97;
const ARGC = Buffer.from('argc=', 'latin1');
/** The general reader wants a whole record; which event it belongs to is known already. */
const HEADER = Buffer.from('type=EXECVE msg=audit(0.000:0): ', 'latin1');

/** Argument vectors by row. Those in several records are long, slow to put together, and kept. */
export class ArgumentTexts {
  readonly #table: EventTable;
  readonly #long = new Map<number, Arguments>();
  readonly #plain = new PlainArguments();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** Where the arguments of a row stand if its record is of the common form: good until the next call. */
  plain(row: number): PlainArguments | undefined {
    const bodies = this.#table.bodyBytes;
    const body = this.#table.onlyBody(row);
    if (body < 0) return undefined;
    const found = this.#plain.read(bodies.bytes, bodies.start(body), bodies.end(body));
    return found ? this.#plain : undefined;
  }

  /** An event without EXECVE records has no arguments and is not complete. */
  of(row: number): Arguments {
    const known = this.#long.get(row);
    if (known !== undefined) return known;
    const plain = this.plain(row);
    if (plain !== undefined) return { args: plain.texts(), complete: true };
    const parts = this.#table.bodies(row);
    const assembled = argumentsOf(parts);
    if (parts.length > 1) this.#long.set(row, assembled);
    return assembled;
  }
}

/** `parts`: bodies of one event's EXECVE records, in any order. An argument that never came is null. */
function argumentsOf(parts: readonly Uint8Array[]): Arguments {
  const records: ExecveRecord[] = [];
  for (const part of parts) {
    const parsed = parseRecord(Buffer.concat([HEADER, part]));
    if (isProblem(parsed)) continue;
    const record = decodeRecord(parsed);
    if (record.kind === 'execve') records.push(record);
  }
  return assembleExecve(records);
}

/** Where the arguments of a body of the common form stand: `argc=N a0=… a1=…`, each whole. */
export class PlainArguments {
  count = 0;
  bytes: Uint8Array = ARGC;
  /** By argument: its value, without quotes, is `bytes[starts[i], ends[i])`. */
  starts: number[] = [];
  ends: number[] = [];

  /** Finds them in `bytes[start, end)`; false when the body has another form. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.count = 0;
    let p = start + ARGC.length;
    if (p > end) return false;
    for (let i = 0; i < ARGC.length; i++) if (bytes[start + i] !== ARGC[i]) return false;
    let argc = 0;
    for (; p < end && isDigit(bytes[p]); p++) argc = argc * 10 + bytes[p] - ZERO;
    while (p < end) {
      if (bytes[p] === SPACE) {
        p++;
        continue;
      }
      if (bytes[p] !== LETTER_A) return false;
      p++;
      const digits = p;
      let index = 0;
      for (; p < end && isDigit(bytes[p]); p++) index = index * 10 + bytes[p] - ZERO;
      if (p === digits || index !== this.count || p === end || bytes[p] !== EQUALS) return false;
      p++;
      if (p < end && bytes[p] === QUOTE) {
        const from = ++p;
        while (p < end && bytes[p] !== QUOTE) p++;
        if (p === end) return false;
        this.#add(from, p++);
      } else {
        const from = p;
        while (p < end && isHexDigit(bytes[p])) p++;
        const whole = p === end || bytes[p] === SPACE;
        if (!whole || p === from || (p - from) % 2 !== 0) return false;
        this.#add(from, p);
      }
    }
    return this.count === argc;
  }

  #add(start: number, end: number): void {
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /** Whether an argument stands in quotes, as it is; else in hexadecimal. */
  isQuoted(i: number): boolean {
    return this.bytes[this.starts[i] - 1] === QUOTE;
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, i) => this.text(i));
  }

  text(i: number): string {
    const start = this.starts[i];
    const end = this.ends[i];
    if (this.isQuoted(i)) return decodeText(this.bytes, start, end);
    return decodeText(decodeHex(this.bytes, start, end) as Uint8Array);
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Upper-case, as the kernel writes it. */
function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 70);
}
