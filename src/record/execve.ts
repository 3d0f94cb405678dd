/** Argument vectors, put together from the EXECVE records of an event (KERNEL fact 19). */
import { decodeText } from '../base/text.ts';
import type { ArgumentPiece, ExecveRecord } from './decoded.ts';

/** An argument vector; an argument that did not wholly arrive is null. */
export interface Arguments {
  readonly args: (string | null)[];
  /** Every one of argc arguments is there, with all its parts. */
  readonly complete: boolean;
}

/**
 * How many missing arguments are spelled out as null: more than a dozen lost records
 * hold. A damaged `argc=4000000000` must not become as many nulls.
 */
const MAX_MISSING = 16384;

/** What the records of one event say about one argument. */
interface Gathered {
  /** By part; the whole argument under undefined. */
  readonly pieces: Map<number | undefined, ArgumentPiece>;
  length: number | undefined;
  conflict: boolean;
}

/**
 * The argument vector out of all EXECVE records of one event, in any order (KERNEL
 * fact 19). A long argument comes in parts, each encoded on its own and cut between any
 * two bytes, so parts are joined as bytes; they are all there when their lengths sum up to
 * `aN_len`. Two values for one place contradict each other: then it counts as missing.
 * Without one argc the vector ends at the last argument seen and is not complete.
 */
export function assembleExecve(records: readonly ExecveRecord[]): Arguments {
  const gathered = gather(records);
  const argc = agreedArgc(records);
  let seen = 0;
  for (const argument of gathered.keys()) seen = Math.max(seen, argument + 1);
  const length = Math.min(argc ?? seen, gathered.size + MAX_MISSING);
  const args = Array.from({ length }, (_, i) => joined(gathered.get(i)));
  const complete = argc === length && seen <= length && !args.includes(null);
  return { args, complete };
}

function agreedArgc(records: readonly ExecveRecord[]): number | undefined {
  const said = new Set(records.map(({ argc }) => argc));
  said.delete(undefined);
  return said.size === 1 ? [...said][0] : undefined;
}

function gather(records: readonly ExecveRecord[]): ReadonlyMap<number, Gathered> {
  const gathered = new Map<number, Gathered>();
  const at = (argument: number): Gathered => {
    let known = gathered.get(argument);
    if (known === undefined) {
      known = { pieces: new Map(), length: undefined, conflict: false };
      gathered.set(argument, known);
    }
    return known;
  };
  for (const { pieces, lengths } of records) {
    for (const { argument, length } of lengths) addLength(at(argument), length);
    for (const piece of pieces) addPiece(at(piece.argument), piece);
  }
  return gathered;
}

function addLength(target: Gathered, length: number): void {
  if (target.length !== undefined && target.length !== length) target.conflict = true;
  target.length = length;
}

function addPiece(target: Gathered, piece: ArgumentPiece): void {
  const known = target.pieces.get(piece.part);
  if (known === undefined) target.pieces.set(piece.part, piece);
  else if (!samePiece(known, piece)) target.conflict = true;
}

function samePiece(a: ArgumentPiece, b: ArgumentPiece): boolean {
  if (a.bytes === undefined || b.bytes === undefined || a.length !== b.length) return false;
  return Buffer.compare(a.bytes, b.bytes) === 0;
}

/** The argument, or null when it did not arrive whole or its records contradict each other. */
function joined(argument: Gathered | undefined): string | null {
  if (argument === undefined || argument.conflict) return null;
  const { pieces, length } = argument;
  const whole = pieces.get(undefined);
  if (whole !== undefined) {
    return pieces.size > 1 || whole.bytes === undefined ? null : decodeText(whole.bytes);
  }
  const parts: Uint8Array[] = [];
  let sum = 0;
  for (let part = 0; part < pieces.size; part++) {
    const piece = pieces.get(part);
    if (piece?.bytes === undefined) return null;
    parts.push(piece.bytes);
    sum += piece.length;
  }
  return sum === length ? decodeText(concatenated(parts)) : null;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let used = 0;
  for (const part of parts) {
    all.set(part, used);
    used += part.length;
  }
  return all;
}
