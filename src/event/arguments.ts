/** EXECVE records to an argument vector. */
import { decodeHex, decodeText } from '../base/text.ts';
import { decodeRecord } from '../record/decode.ts';
import type { ExecveRecord } from '../record/decoded.ts';
import { type Arguments, assembleExecve } from '../record/execve.ts';
import type { EventTable } from './table.ts';
import { isProblem, parseRecord } from '../record/parse.ts';

const SPACE = 32;
const QUOTE = 34;
const EQUALS = 61;
const LETTER_A = 97;
const ARGC = Buffer.from('argc=', 'latin1');
/** The general reader wants a whole record; which event it belongs to is known already. */
const HEADER = Buffer.from('type=EXECVE msg=audit(0.000:0): ', 'latin1');

/** Argument vectors by row. */
export class ArgumentTexts {
  readonly #table: EventTable;
  readonly #plain = new PlainArguments();
  /** Those that are not of the common form: slow to put together, and kept. */
  readonly #others = new Map<number, Arguments>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** Where the arguments of a row stand, if its records are of the common form: good until the next call. */
  plain(row: number): PlainArguments | undefined {
    const only = this.#table.onlyBody(row);
    const bodies = only === undefined ? inOrder(this.#table.bodies(row)) : [only];
    return bodies !== undefined && this.#plain.read(bodies) ? this.#plain : undefined;
  }

  /** Whether none is missing. Without texts for those of the common form, which may be a megabyte. */
  isComplete(row: number): boolean {
    return this.plain(row) !== undefined || this.of(row).complete;
  }

  /** An event without EXECVE records has no arguments and is not complete. */
  of(row: number): Arguments {
    const known = this.#others.get(row);
    if (known !== undefined) return known;
    const plain = this.plain(row);
    if (plain !== undefined) return { args: plain.texts(), complete: true };
    const assembled = argumentsOf(this.#table.bodies(row));
    this.#others.set(row, assembled);
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

/**
 * Where arguments of the common form stand: one record with `argc=N a0=… a1=…`, the others
 * with `aK=… aK+1=…` alone, and every argument whole and there once.
 */
export class PlainArguments {
  count = 0;
  /** By argument: its value, without quotes, is `bodies[i][starts[i], ends[i])`. */
  readonly bodies: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Finds them in an event's bodies, in order; false when one has another form. */
  read(bodies: readonly Uint8Array[]): boolean {
    this.count = 0;
    let argc = -1;
    for (const body of bodies) {
      let p = 0;
      if (argc < 0) {
        argc = argcOf(body);
        if (argc < 0) return false;
        p = ARGC.length;
        while (isDigit(body[p])) p++;
      }
      if (!this.#readBody(body, p)) return false;
    }
    return this.count === argc;
  }

  #readBody(body: Uint8Array, from: number): boolean {
    const length = body.length;
    let p = from;
    while (p < length) {
      if (body[p] === SPACE) {
        p++;
        continue;
      }
      if (body[p] !== LETTER_A || !isDigit(body[p + 1])) return false;
      p++;
      if (numberAt(body, p) !== this.count) return false;
      while (isDigit(body[p])) p++;
      if (body[p] !== EQUALS) return false;
      let start = ++p;
      if (body[p] === QUOTE) {
        start = ++p;
        while (p < length && body[p] !== QUOTE) p++;
        if (p === length) return false;
        this.#add(body, start, p++);
      } else {
        while (isHexDigit(body[p])) p++;
        const whole = p === length || body[p] === SPACE;
        if (!whole || p === start || (p - start) % 2 !== 0) return false;
        this.#add(body, start, p);
      }
    }
    return true;
  }

  #add(body: Uint8Array, start: number, end: number): void {
    this.bodies[this.count] = body;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /** Whether an argument stands in quotes, as it is; else in hexadecimal. */
  isQuoted(i: number): boolean {
    return this.bodies[i][this.starts[i] - 1] === QUOTE;
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, i) => this.text(i));
  }

  text(i: number): string {
    const start = this.starts[i];
    const end = this.ends[i];
    if (this.isQuoted(i)) return decodeText(this.bodies[i], start, end);
    return decodeText(decodeHex(this.bodies[i], start, end) as Uint8Array);
  }
}

/** By the first argument's number; the record with argc comes first. Undefined where one has none. */
function inOrder(parts: readonly Uint8Array[]): Uint8Array[] | undefined {
  const keyed = parts.map((body) => ({ body, first: argcOf(body) < 0 ? firstOf(body) : -1 }));
  if (keyed.some(({ first }) => Number.isNaN(first))) return undefined;
  return keyed.sort((a, b) => a.first - b.first).map(({ body }) => body);
}

/** The number after `argc=`, -1 if the body does not begin so. */
function argcOf(body: Uint8Array): number {
  for (let i = 0; i < ARGC.length; i++) if (body[i] !== ARGC[i]) return -1;
  return numberAt(body, ARGC.length);
}

/** The number in `aN=` at the start, NaN without it. */
function firstOf(body: Uint8Array): number {
  let p = 0;
  while (body[p] === SPACE) p++;
  return body[p] === LETTER_A && isDigit(body[p + 1]) ? numberAt(body, p + 1) : NaN;
}

/** The decimal digits from `p` on as a number, 0 without any. */
function numberAt(body: Uint8Array, p: number): number {
  let number = 0;
  for (let i = p; isDigit(body[i]); i++) number = number * 10 + body[i] - 48;
  return number;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Upper-case, as the kernel writes it. */
function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 65 && byte <= 70);
}
