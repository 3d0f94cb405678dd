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

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** An event without EXECVE records has no arguments and is not complete. */
  of(row: number): Arguments {
    const known = this.#long.get(row);
    if (known !== undefined) return known;
    const parts = this.#table.bodies(row);
    const assembled = argumentsOf(parts);
    if (parts.length > 1) this.#long.set(row, assembled);
    return assembled;
  }
}

/** `parts`: bodies of one event's EXECVE records, in any order. An argument that never came is null. */
function argumentsOf(parts: readonly Uint8Array[]): Arguments {
  const args = plainArguments(parts);
  if (args !== undefined) return { args, complete: true };
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
 * The common form: one record with `argc=N a0=… a1=…`, the others with `aK=… aK+1=…` alone,
 * and every argument whole and there once. Anything else is undefined.
 */
function plainArguments(parts: readonly Uint8Array[]): string[] | undefined {
  // Each record holds arguments that follow one another: by their first, all are in order.
  const sorted = parts.length === 1 ? parts : inOrder(parts);
  if (sorted === undefined) return undefined;
  const args: string[] = [];
  let argc = -1;
  for (const body of sorted) {
    let p = 0;
    if (argc < 0) {
      argc = argcOf(body);
      if (argc < 0) return undefined;
      p = ARGC.length;
      while (isDigit(body[p])) p++;
    }
    if (!readPlain(body, p, args)) return undefined;
  }
  return args.length === argc ? args : undefined;
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

/** Appends the arguments of one record from `from` on; false where it is not of the common form. */
function readPlain(body: Uint8Array, from: number, args: string[]): boolean {
  let p = from;
  while (p < body.length) {
    if (body[p] === SPACE) {
      p++;
      continue;
    }
    if (body[p] !== LETTER_A || !isDigit(body[p + 1])) return false;
    p++;
    if (numberAt(body, p) !== args.length) return false;
    while (isDigit(body[p])) p++;
    if (body[p] !== EQUALS) return false;
    const start = ++p;
    if (body[p] === QUOTE) {
      const end = body.indexOf(QUOTE, p + 1);
      if (end < 0) return false;
      args.push(decodeText(body, start + 1, end));
      p = end + 1;
    } else {
      while (p < body.length && body[p] !== SPACE) p++;
      const bytes = p > start ? decodeHex(body, start, p) : undefined;
      if (bytes === undefined) return false;
      args.push(decodeText(bytes));
    }
  }
  return true;
}
