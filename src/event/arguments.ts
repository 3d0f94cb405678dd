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
  if (parts.length === 1) {
    const args = plainArguments(parts[0]);
    if (args !== undefined) return { args, complete: true };
  }
  const records: ExecveRecord[] = [];
  for (const part of parts) {
    const parsed = parseRecord(Buffer.concat([HEADER, part]));
    if (isProblem(parsed)) continue;
    const record = decodeRecord(parsed);
    if (record.kind === 'execve') records.push(record);
  }
  return assembleExecve(records);
}

/** The common form, `argc=N a0=… a1=…` with every argument whole; anything else is undefined. */
function plainArguments(body: Uint8Array): string[] | undefined {
  for (let i = 0; i < ARGC.length; i++) if (body[i] !== ARGC[i]) return undefined;
  let p = ARGC.length;
  let argc = 0;
  for (; p < body.length && body[p] >= 48 && body[p] <= 57; p++) argc = argc * 10 + body[p] - 48;
  const args: string[] = [];
  while (p < body.length) {
    if (body[p] === SPACE) {
      p++;
      continue;
    }
    if (body[p] !== LETTER_A) return undefined;
    p++;
    const digits = p;
    let index = 0;
    for (; p < body.length && body[p] >= 48 && body[p] <= 57; p++)
      index = index * 10 + body[p] - 48;
    if (p === digits || index !== args.length || body[p] !== EQUALS) return undefined;
    p++;
    const start = p;
    if (body[p] === QUOTE) {
      const end = body.indexOf(QUOTE, p + 1);
      if (end < 0) return undefined;
      args.push(decodeText(body, start + 1, end));
      p = end + 1;
    } else {
      while (p < body.length && body[p] !== SPACE) p++;
      const bytes = p > start ? decodeHex(body, start, p) : undefined;
      if (bytes === undefined) return undefined;
      args.push(decodeText(bytes));
    }
  }
  return args.length === argc ? args : undefined;
}
