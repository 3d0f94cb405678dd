/**
 * Process documents as BSON values and back.
 *
 * Times become dates, numbers beyond 32 bits 64-bit integers (left alone they would become
 * doubles), strings their stored form. What is absent stays absent.
 */
import { calculateObjectSize, Long } from 'bson';
import type { ProcessDocument } from '../model/process.ts';
import { TIME_FIELDS } from '../model/times.ts';
import { storedText, textOfStored } from './text.ts';

const INT32 = 0x7fff_ffff;

/** A document as a store keeps it. */
export type Stored = Record<string, unknown>;

/** The stored form of a process, small enough for MongoDB; `_id` is in front, where MongoDB puts it, too. */
export function storedProcess(process: ProcessDocument, trace: string): Stored {
  const stored: Stored = { _id: storedText(process._id) };
  addStored(stored, boundedProcess(process));
  stored['trace'] = trace;
  return stored;
}

/** The stored form of a value made of objects, lists, strings, numbers, booleans and null. */
export function toStored(value: object): Stored {
  const stored: Stored = {};
  addStored(stored, value);
  return stored;
}

function addStored(stored: Stored, value: object): void {
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key in fields) {
    const field = fields[key];
    if (field === undefined) continue;
    stored[key] =
      typeof field === 'number' && TIME_FIELDS.has(key) ? new Date(field) : storedValue(field);
  }
}

function storedValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return storedText(value);
    case 'number':
      return Number.isInteger(value) && (value > INT32 || value < -INT32 - 1)
        ? Long.fromNumber(value)
        : value;
    case 'object':
      if (value === null) return null;
      return Array.isArray(value) ? value.map(storedValue) : toStored(value);
    default:
      return value;
  }
}

/** The value that a stored form stands for: dates are milliseconds again. */
export function fromStored(stored: unknown): unknown {
  if (typeof stored === 'string') return textOfStored(stored);
  if (typeof stored !== 'object' || stored === null) return stored;
  if (stored instanceof Date) return stored.getTime();
  if (Long.isLong(stored)) return stored.toNumber();
  if (Array.isArray(stored)) return stored.map(fromStored);
  const value: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(stored)) value[key] = fromStored(field);
  return value;
}

/** Items that a list of a stored process has at most. */
export const MAX_ITEMS = 10_000;
/** Bytes that a stored process takes at most; MongoDB's own limit is 16 MiB. */
const MAX_BYTES = 12 * 1024 * 1024;
const LISTS = ['children', 'execve', 'reparented', 'unidentified_children', 'evidence'] as const;

type ListName = (typeof LISTS)[number];

/** Lists are cut to so many before arguments are given up, and to fewer only after that. */
const FEW_ITEMS = 64;

/**
 * A process with its lists cut to `MAX_ITEMS`, and to fewer where it would still pass the size
 * limit. `omitted` counts what was left out. Where a few execs are too large, their longest
 * arguments become null.
 */
function boundedProcess(process: ProcessDocument): ProcessDocument {
  const bounded = cut(process, MAX_ITEMS);
  if (!mayBeLarge(bounded) || !isLarge(bounded)) return bounded;
  return firstThatFits(smallerForms(process)) ?? bounded;
}

/** Ever smaller, each with less of the process itself. */
function* smallerForms(process: ProcessDocument): Generator<ProcessDocument, void> {
  for (let items = MAX_ITEMS >> 1; items >= FEW_ITEMS; items >>= 1) {
    if (process !== cut(process, items)) yield cut(process, items);
  }
  const few = cut(process, FEW_ITEMS);
  for (let length = MAX_BYTES >> 8; length >= 1; length >>= 4) {
    yield withoutLongArguments(few, length);
  }
  for (let items = FEW_ITEMS >> 1; items >= 1; items >>= 1) {
    yield withoutLongArguments(cut(process, items), 1);
  }
}

function firstThatFits(forms: Iterable<ProcessDocument>): ProcessDocument | undefined {
  let last: ProcessDocument | undefined;
  for (const form of forms) {
    last = form;
    if (!isLarge(form)) break;
  }
  return last;
}

/** The first items of each list: the earliest children and execs. */
function cut(process: ProcessDocument, items: number): ProcessDocument {
  const lists: Record<string, readonly unknown[]> = {};
  const omitted: Partial<Record<ListName, number>> = {};
  for (const name of LISTS) {
    const list = process[name];
    if (list === undefined || list.length <= items) continue;
    lists[name] = list.slice(0, items);
    omitted[name] = list.length - items;
  }
  return Object.keys(omitted).length === 0 ? process : { ...process, ...lists, omitted };
}

/** Cheap and generous: few documents need to be measured. */
function mayBeLarge(process: ProcessDocument): boolean {
  // The stored form of a character takes four bytes at most.
  return roughSize(process) > MAX_BYTES / 4;
}

/** About how many characters a document has: no less than its bytes, were it all ASCII. */
export function roughSize(process: ProcessDocument): number {
  let characters = (process.children.length + process.evidence.length) * 64;
  characters += (process.reparented.length + (process.unidentified_children?.length ?? 0)) * 256;
  characters +=
    argumentSize(process.args) + (process.exe?.length ?? 0) + (process.cwd?.length ?? 0);
  for (const { args, exe, cwd } of process.execve) {
    characters += 512 + argumentSize(args) + (exe?.length ?? 0) + (cwd?.length ?? 0);
  }
  return characters;
}

function argumentSize(args: readonly (string | null)[] | undefined): number {
  let size = 0;
  for (const arg of args ?? []) size += 16 + (arg?.length ?? 0);
  return size;
}

function isLarge(process: ProcessDocument): boolean {
  return calculateObjectSize(toStored(process)) > MAX_BYTES;
}

function withoutLongArguments(process: ProcessDocument, length: number): ProcessDocument {
  let left = 0;
  const shorten = (args: readonly (string | null)[]): readonly (string | null)[] => {
    const kept = args
      .slice(0, length)
      .map((arg) => (arg === null || arg.length <= length ? arg : null));
    left += args.length - kept.length;
    for (let i = 0; i < kept.length; i++) if (kept[i] === null && args[i] !== null) left++;
    return kept;
  };
  const execve = process.execve.map((exec) =>
    exec.args === undefined ? exec : { ...exec, args: shorten(exec.args) },
  );
  const args = process.args === undefined ? {} : { args: shorten(process.args) };
  const before = process.omitted?.arguments ?? 0;
  return { ...process, ...args, execve, omitted: { ...process.omitted, arguments: before + left } };
}

/** The stored process without what only the store itself needs. Changes what it is given. */
export function withoutOwner(stored: Stored): Stored {
  delete stored['trace'];
  return stored;
}
