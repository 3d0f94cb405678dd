/**
 * One line of audit text to a record: the general reader of every text form in which
 * audit records are kept. `scan.ts` reads the same grammar on the hot path.
 *
 * The line's head is read strictly from its start and never searched for, so nothing
 * that a program wrote into a value (` type=SYSCALL msg=audit(1.2:3):`) can pose as it.
 */
import { decodeText } from '../base/text.ts';
import type { FaultKind } from '../model/fault.ts';
import { recordTypeName } from '../tables/records.ts';

/** How a value stood in the line: bare, in double quotes (verbatim), or a nested `msg='…'`. */
export type Quote = '' | '"' | "'";

/**
 * One `name=value`. `[start, end)` are byte offsets of the value in the record's
 * `bytes`, without its quotes. A stray word without `=` has the name `''`.
 */
export interface RawField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly quote: Quote;
}

/** A run of fields; `unterminated` when its last value lacks the closing quote. */
export interface RawFields {
  readonly fields: readonly RawField[];
  readonly unterminated: boolean;
}

/** A record with its fields as they stand. It refers to the line's memory: keep that unchanged. */
export interface ParsedRecord extends RawFields {
  /** `SYSCALL`, …; a number without a known name is `UNKNOWN[N]`, a line without a type `UNKNOWN`. */
  readonly type: string;
  /** Milliseconds since the epoch, UTC (KERNEL fact 1). */
  readonly time: number;
  readonly serial: number;
  /** The name after `node=`. */
  readonly node: string | undefined;
  /** The host's name in a syslog prefix. */
  readonly host: string | undefined;
  readonly bytes: Uint8Array;
  /** auditd's interpreted copies (KERNEL fact 20); empty without them. */
  readonly enriched: readonly RawField[];
}

/** Why a line is no record; the kinds are the fault list's. */
export interface RecordProblem {
  readonly problem: Extract<FaultKind, 'not-audit' | 'bad-header'>;
  /** In words; deterministic. */
  readonly reason: string;
}

const CR = 13;
const LF = 10;
const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const OPEN = 40;
const CLOSE = 41;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const EQUALS = 61;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
/** Separates the record's own fields from auditd's interpreted copies (KERNEL fact 20). */
const ENRICHED = 0x1d;
/** How far into a line the first `: ` of a syslog prefix may stand, in bytes. */
const MAX_PREFIX = 256;
/** 9999-12-31T23:59:59Z: later times have no ISO form of four digits. */
const MAX_SECONDS = 253402300799;

const keyword = (text: string): Uint8Array => new TextEncoder().encode(text);
const NODE = keyword('node=');
const TYPE = keyword('type=');
const MESSAGE = keyword('msg=');
const STAMP = keyword('audit(');
const KERNEL_TAG = keyword('audit: ');

/**
 * Reads `line[start, end)` as one record; a line end (`\n`, `\r\n`) in the range is
 * allowed. Understood, each after optional spaces:
 *  - auditd and `ausearch --raw`: `[node=NAME ]type=T msg=audit(SEC.MS:SERIAL): …`,
 *    also `log_format=ENRICHED`;
 *  - the kernel log: `audit: type=1300 audit(SEC.MS:SERIAL): …` after dmesg's time,
 *    syslog's or journald's prefix up to `kernel: `, or nothing; also without `type=`;
 *  - the syslog plugin of auditd: a syslog prefix, then auditd's form.
 * Returns a RecordProblem for anything else; never throws.
 */
export function parseRecord(
  line: Uint8Array,
  start = 0,
  end = line.length,
): ParsedRecord | RecordProblem {
  const stop = trimLineEnd(line, start, end);
  const prefix = readPrefix(line, skipSpaces(line, start, stop), stop);
  const head = readHead(line, prefix.next, stop);
  if ('problem' in head) return head;
  const separator = line.subarray(head.next, stop).indexOf(ENRICHED);
  const bodyEnd = separator < 0 ? stop : head.next + separator;
  return {
    type: head.type,
    time: head.time,
    serial: head.serial,
    node: head.node,
    host: prefix.host,
    bytes: line,
    ...parseFields(line, head.next, bodyEnd),
    enriched: separator < 0 ? [] : enrichedFields(line, bodyEnd + 1, stop),
  };
}

/** Tells the two results of `parseRecord` apart. */
export function isProblem(result: ParsedRecord | RecordProblem): result is RecordProblem {
  return 'problem' in result;
}

/** The first field of that name; undefined without one. */
export function field(record: RawFields, name: string): RawField | undefined {
  return record.fields.find((candidate) => candidate.name === name);
}

/** A field's value as it stands in the line, undecoded, in the lossless form of `base/text.ts`. */
export function rawText(record: ParsedRecord, value: RawField): string {
  return decodeText(record.bytes, value.start, value.end);
}

function trimLineEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  if (p > start && bytes[p - 1] === LF) p--;
  if (p > start && bytes[p - 1] === CR) p--;
  return p;
}

function skipSpaces(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] === SPACE) p++;
  return p;
}

function startsWith(bytes: Uint8Array, p: number, end: number, word: Uint8Array): boolean {
  if (p + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[p + i] !== word[i]) return false;
  return true;
}

/** What a log wrote before the record, and where the record begins. */
interface Prefix {
  readonly host: string | undefined;
  readonly next: number;
}

/**
 * What may stand before the first `: ` of a line: only those who write audit records, or
 * any program could pose as one. `<5>` and `5,1,2,-;` are how the kernel's buffer is read.
 */
const TAG = /^(?:<\d+>|[^;]*;)?(?:kernel|auditd?|audispd|audisp-syslog)(?:\[\d+\])?$/;
const KERNEL_TIME = /^\[ *\d+\.\d+\] /;

function readPrefix(bytes: Uint8Array, start: number, end: number): Prefix {
  const none = { host: undefined, next: start };
  if (isRecordStart(bytes, start, end)) return none;
  const tagEnd = prefixEnd(bytes, start, Math.min(end, start + MAX_PREFIX));
  if (tagEnd < 0) return none;
  const words = decodeText(bytes, start, tagEnd).split(' ');
  if (!TAG.test(words[words.length - 1])) return none;
  return { host: hostName(words), next: skipKernelTag(bytes, tagEnd + 2, end) };
}

/** The word before the tag, unless it closes dmesg's `[   12.345678]`. */
function hostName(words: readonly string[]): string | undefined {
  const host = words.at(-2);
  return host === '' || host?.endsWith(']') ? undefined : host;
}

function isRecordStart(bytes: Uint8Array, p: number, end: number): boolean {
  return [NODE, TYPE, STAMP].some((word) => startsWith(bytes, p, end, word));
}

/** Where the first `: ` stands, or -1. What no prefix holds stops the search. */
function prefixEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let p = start; p + 1 < end; p++) {
    const c = bytes[p];
    if (c === EQUALS || c === QUOTE || c === OPEN) return -1;
    if (c === COLON && bytes[p + 1] === SPACE) return p;
  }
  return -1;
}

/** After `kernel: `: the kernel's own `[   12.345678] ` and `audit: `, each if present. */
function skipKernelTag(bytes: Uint8Array, start: number, end: number): number {
  const time = KERNEL_TIME.exec(decodeText(bytes, start, Math.min(end, start + 32)));
  const p = start + (time?.[0].length ?? 0);
  return startsWith(bytes, p, end, KERNEL_TAG) ? p + KERNEL_TAG.length : p;
}

interface Stamp {
  readonly time: number;
  readonly serial: number;
  /** Where the fields begin. */
  readonly next: number;
}

interface Head extends Stamp {
  readonly type: string;
  readonly node: string | undefined;
}

function readHead(bytes: Uint8Array, start: number, end: number): Head | RecordProblem {
  let p = start;
  let node: string | undefined;
  if (startsWith(bytes, p, end, NODE)) {
    const nameEnd = wordEnd(bytes, p + NODE.length, end);
    node = decodeText(bytes, p + NODE.length, nameEnd);
    p = skipSpaces(bytes, nameEnd, end);
  }
  if (!startsWith(bytes, p, end, TYPE)) {
    // Only the kernel itself leaves the type out, and it knows no node.
    const bare = node === undefined && startsWith(bytes, p, end, STAMP);
    return bare
      ? withStamp(bytes, p, end, 'UNKNOWN', node)
      : notAudit(whyNoRecord(bytes, start, end));
  }
  const nameStart = p + TYPE.length;
  const nameEnd = wordEnd(bytes, nameStart, end);
  if (nameEnd === nameStart) return notAudit('type= is empty');
  p = skipSpaces(bytes, nameEnd, end);
  if (startsWith(bytes, p, end, MESSAGE)) p += MESSAGE.length;
  if (!startsWith(bytes, p, end, STAMP)) {
    return badHeader('no audit(SEC.MS:SERIAL) follows the type');
  }
  return withStamp(bytes, p, end, typeName(decodeText(bytes, nameStart, nameEnd)), node);
}

function withStamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: string,
  node: string | undefined,
): Head | RecordProblem {
  const stamp = readStamp(bytes, start + STAMP.length, end);
  return 'problem' in stamp ? stamp : { ...stamp, type, node };
}

function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] !== SPACE) p++;
  return p;
}

/** The kernel's log writes types as numbers, auditd writes those it does not know as `UNKNOWN[N]`. */
const TYPE_NUMBER = /^(?:UNKNOWN\[(\d{1,5})\]|(\d{1,5}))$/;

function typeName(word: string): string {
  const match = TYPE_NUMBER.exec(word);
  if (match === null) return word;
  const number = Number(match[1] ?? match[2]);
  return recordTypeName(number) ?? `UNKNOWN[${number}]`;
}

function notAudit(reason: string): RecordProblem {
  return { problem: 'not-audit', reason };
}

function badHeader(reason: string): RecordProblem {
  return { problem: 'bad-header', reason };
}

/** journald's own text: `SYSCALL arch=…`, with the event's number kept elsewhere. */
const JOURNAL_TEXT = /^[A-Z][A-Z0-9_]+(?:\[\d+\])? (?:[\w-]+=|$)/;
/** `ausearch` without `--raw` puts these between events. */
const AUSEARCH_TEXT = /^(?:----$|time->)/;

function whyNoRecord(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return 'the line is empty';
  const text = decodeText(bytes, start, Math.min(end, start + MAX_PREFIX));
  if (AUSEARCH_TEXT.test(text)) return 'a separator of ausearch';
  if (JOURNAL_TEXT.test(text)) return "journald's short form holds no serial";
  return 'neither type= nor audit(SEC.MS:SERIAL) begins it';
}

/** `SEC.MS:SERIAL): ` from `start` on: milliseconds always have three digits. */
function readStamp(bytes: Uint8Array, start: number, end: number): Stamp | RecordProblem {
  const dot = digitsEnd(bytes, start, end);
  const colon = digitsEnd(bytes, dot + 1, end);
  const close = digitsEnd(bytes, colon + 1, end);
  if (dot < end && (bytes[dot] === SLASH || bytes[dot] === DASH)) {
    return badHeader('the time is interpreted: use ausearch --raw');
  }
  if (dot === start || dot >= end || bytes[dot] !== DOT) return badHeader('the time is unreadable');
  if (colon - dot !== 4 || colon >= end || bytes[colon] !== COLON) {
    return badHeader('the milliseconds are unreadable');
  }
  if (close === colon + 1) return badHeader('the serial is unreadable');
  if (close + 1 >= end || bytes[close] !== CLOSE || bytes[close + 1] !== COLON) {
    return badHeader('no "):" follows the serial');
  }
  const seconds = decimal(bytes, start, dot);
  const serial = decimal(bytes, colon + 1, close);
  if (seconds > MAX_SECONDS) return badHeader('the time is out of range');
  if (serial > Number.MAX_SAFE_INTEGER) return badHeader('the serial is out of range');
  const body = close + 2;
  const next = body < end && bytes[body] === SPACE ? body + 1 : body;
  return { time: seconds * 1000 + decimal(bytes, dot + 1, colon), serial, next };
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] >= 48 && bytes[p] <= 57) p++;
  return p;
}

/** Exact up to 2^53, above only known to be larger. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) value = value * 10 + (bytes[p] - 48);
  return value;
}

/**
 * The fields of `bytes[start, end)`, in order. A value is in double quotes and ends at
 * the next one; or is a nested `'…'` and ends at the last apostrophe of the range, since
 * it is the record's last field and may hold apostrophes; or ends at the next space.
 * With `nested` an apostrophe has no meaning. Never fails.
 */
export function parseFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  nested = false,
): RawFields {
  const fields: RawField[] = [];
  let unterminated = false;
  let p = skipSpaces(bytes, start, end);
  while (p < end) {
    const name = p;
    while (p < end && bytes[p] !== EQUALS && bytes[p] !== SPACE) p++;
    if (p >= end || bytes[p] === SPACE) {
      fields.push({ name: '', start: name, end: p, quote: '' });
    } else {
      const value = readValue(bytes, decodeText(bytes, name, p), p + 1, end, nested);
      fields.push(value);
      p = value.quote === '' ? value.end : value.end + 1;
      // The closing quote would stand at `value.end`.
      if (p > end) unterminated = true;
    }
    p = skipSpaces(bytes, p, end);
  }
  return { fields, unterminated };
}

/** The field whose value begins at `p`; without a closing quote it runs to the end. */
function readValue(
  bytes: Uint8Array,
  name: string,
  p: number,
  end: number,
  nested: boolean,
): RawField {
  if (bytes[p] === QUOTE && p < end) {
    const close = bytes.indexOf(QUOTE, p + 1);
    return { name, start: p + 1, end: close < 0 ? end : Math.min(close, end), quote: '"' };
  }
  if (bytes[p] === APOSTROPHE && p < end && !nested) {
    const close = lastIndex(bytes, APOSTROPHE, p + 1, end);
    return { name, start: p + 1, end: close, quote: "'" };
  }
  return { name, start: p, end: wordEnd(bytes, p, end), quote: '' };
}

/** Where `byte` stands last in `[start, end)`; `end` when it does not. */
function lastIndex(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let p = end - 1; p >= start; p--) if (bytes[p] === byte) return p;
  return end;
}

/** auditd's copies are fields too, but for `SADDR={ saddr_fam=… }`, the last of its record. */
function enrichedFields(bytes: Uint8Array, start: number, end: number): readonly RawField[] {
  const { fields } = parseFields(bytes, start, end);
  const index = fields.findIndex(
    (value) => value.name !== '' && value.start < value.end && bytes[value.start] === OPEN_BRACE,
  );
  if (index < 0) return fields;
  const inner = fields[index].start + 1;
  const braced = { ...fields[index], start: inner, end: lastIndex(bytes, CLOSE_BRACE, inner, end) };
  return [...fields.slice(0, index), braced];
}
