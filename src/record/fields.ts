/** The fields of one record, read by name: what is unreadable is noted, nothing throws. */
import { decodeHex, decodeText } from '../base/text.ts';
import type { Common, DecodedField, Subject } from './decoded.ts';
import { field, type ParsedRecord, parseFields, type RawField, type RawFields } from './parse.ts';

const UNSET_ID = 4294967295;
/** Separates the keys of several rules in `key=`. */
const KEY_SEPARATOR = '\x01';
const LARGEST_I64 = 2n ** 63n;
const LARGEST_U64 = 2n ** 64n - 1n;

/** Values that say that there is none. */
export const ABSENT: ReadonlySet<string> = new Set(['(null)', '(none)', '?']);

/**
 * Fields whose text a program controls, so that the kernel or libaudit writes them in
 * quotes or in hexadecimal: the only ones in which `BEEF` means two bytes. After the
 * escaped types of auparse's field table; `aN` of EXECVE is read apart.
 */
export const UNTRUSTED: ReadonlySet<string> = new Set(
  `acct cgroup cmd comm cwd data device dir exe file grp invalid_context key name new-chardev
  new-disk new-fs new-net new-rng new_group ocomm old-chardev old-disk old-fs old-net old-rng
  path proctitle profile root_dir srcname sw vm watch`.split(/\s+/),
);

/** Hexadecimal with a digit lost: cut in the middle, so its text would be a lie. */
const CUT_HEX = /^(?:[0-9A-F]{2})*[0-9A-F]$/;

/** What a value says, or why it says nothing. */
type Reading = { readonly value: string | undefined; readonly bad: boolean };

function readValue(bytes: Uint8Array, raw: RawField): Reading {
  const text = decodeText(bytes, raw.start, raw.end);
  if (raw.quote !== '') return { value: text, bad: false };
  if (ABSENT.has(text)) return { value: undefined, bad: false };
  if (!UNTRUSTED.has(raw.name)) return { value: text, bad: false };
  const decoded = decodeHex(bytes, raw.start, raw.end);
  if (decoded !== undefined) return { value: decodeText(decoded), bad: false };
  return CUT_HEX.test(text) ? { value: undefined, bad: true } : { value: text, bad: false };
}

/** Reads the fields of one record by name and notes which are bad. */
export class FieldReader {
  readonly record: ParsedRecord;
  readonly raw: RawFields;
  readonly #bad: Set<string>;
  /** The value without a closing quote, if one is: the line ends in its middle. */
  readonly #cut: RawField | undefined;

  constructor(record: ParsedRecord, raw: RawFields = record, bad = new Set<string>()) {
    this.record = record;
    this.raw = raw;
    this.#bad = bad;
    this.#cut = raw.unterminated ? raw.fields.at(-1) : undefined;
  }

  /** A reader of a nested message's fields that notes into the same list. */
  within(message: RawField): FieldReader {
    const { bytes } = this.record;
    const { fields, unterminated } = parseFields(bytes, message.start, message.end, true);
    const inner = fields.map((raw) => trimmed(bytes, raw));
    return new FieldReader(this.record, { fields: inner, unterminated }, this.#bad);
  }

  /** Call last: the common part with everything noted as bad. */
  common(): Common {
    const { type, time, serial, node, bytes, enriched } = this.record;
    return {
      type,
      time,
      serial,
      node,
      enriched: enriched.map(({ name, start, end }) => ({
        name,
        value: decodeText(bytes, start, end),
      })),
      bad: [...this.#bad],
    };
  }

  subject(): Subject {
    return {
      pid: this.number('pid'),
      uid: this.id('uid'),
      auid: this.id('auid'),
      ses: this.id('ses'),
      subj: this.label('subj'),
    };
  }

  /** Notes the names whose value is undefined. */
  require(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) this.#bad.add(name);
    }
  }

  find(name: string): RawField | undefined {
    return field(this.raw, name);
  }

  text(name: string): string | undefined {
    const raw = this.find(name);
    return raw && this.#read(raw);
  }

  #read(raw: RawField): string | undefined {
    const { value, bad } = readValue(this.record.bytes, raw);
    if (!bad && raw !== this.#cut) return value;
    this.#bad.add(raw.name);
    return undefined;
  }

  /** The bytes of a value that is in quotes or hexadecimal; undefined, and bad, when it is neither. */
  encoded(raw: RawField): Uint8Array | undefined {
    const { bytes } = this.record;
    if (raw.quote === '') return this.#noted(raw, decodeHex(bytes, raw.start, raw.end));
    return this.#noted(raw, raw === this.#cut ? undefined : bytes.slice(raw.start, raw.end));
  }

  #noted<T>(raw: RawField, value: T | undefined): T | undefined {
    if (value === undefined) this.#bad.add(raw.name);
    return value;
  }

  /** A value by a pattern and a conversion; noted as bad when it is there and does not match. */
  #convert<T>(name: string, pattern: RegExp, convert: (text: string) => T | undefined) {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = pattern.test(text) ? convert(text) : undefined;
    if (value === undefined) this.#bad.add(name);
    return value;
  }

  /** An unsigned decimal that is exact as a number. */
  number(name: string): number | undefined {
    return this.#convert(name, /^\d{1,16}$/, safeNumber);
  }

  /** A signed decimal that is exact as a number. */
  integer(name: string): number | undefined {
    return this.#convert(name, /^-?\d{1,16}$/, safeNumber);
  }

  /** A user, group or session id; undefined also for (u32)-1, which means unset. */
  id(name: string): number | undefined {
    const value = this.#convert(name, /^(?:\d{1,10}|-1|unset)$/, (text) =>
      text === '-1' || text === 'unset' ? UNSET_ID : Number(text),
    );
    return value === UNSET_ID ? undefined : value;
  }

  /** A signed decimal of 64 bits. */
  signed(name: string): bigint | undefined {
    return this.#convert(name, /^-?\d{1,19}$/, (text) => {
      const value = BigInt(text);
      return value >= -LARGEST_I64 && value < LARGEST_I64 ? value : undefined;
    });
  }

  /** An unsigned decimal of 64 bits. */
  unsigned(name: string): bigint | undefined {
    return this.#convert(name, /^\d{1,20}$/, (text) => {
      const value = BigInt(text);
      return value <= LARGEST_U64 ? value : undefined;
    });
  }

  /** Unsigned hexadecimal of 64 bits, in either case, without `0x`. */
  hex(name: string): bigint | undefined {
    return this.#convert(name, /^[0-9a-f]{1,16}$/i, (text) => BigInt(`0x${text}`));
  }

  octal(name: string): number | undefined {
    return this.#convert(name, /^[0-7]{1,11}$/, (text) => Number.parseInt(text, 8));
  }

  flag(name: string): boolean | undefined {
    return this.#convert(name, /^(?:yes|no|1|0|success|failed|fail)$/, (text) =>
      /^(?:yes|1|success)$/.test(text),
    );
  }

  /** A security label. AppArmor's may have its mode behind it: `subj=/usr/sbin/cupsd (enforce)`. */
  label(name: string): string | undefined {
    const raw = this.find(name);
    const text = raw && this.#read(raw);
    if (raw === undefined || text === undefined) return undefined;
    const next = this.raw.fields[this.raw.fields.indexOf(raw) + 1];
    const mode = next?.name === '' ? decodeText(this.record.bytes, next.start, next.end) : '';
    return /^\(\w+\)$/.test(mode) ? `${text} ${mode}` : text;
  }

  keys(): readonly string[] {
    return this.text('key')?.split(KEY_SEPARATOR) ?? [];
  }

  all(): readonly DecodedField[] {
    return this.raw.fields.map((raw) => ({ name: raw.name, value: this.#read(raw) }));
  }
}

function safeNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Old programs wrote `(hostname=?, addr=?, terminal=cron res=success)`: not part of the values. */
function trimmed(bytes: Uint8Array, raw: RawField): RawField {
  if (raw.name === '') return raw;
  const name = raw.name.replace(/^\(/, '');
  if (raw.quote !== '') return { ...raw, name };
  const text = decodeText(bytes, raw.start, raw.end);
  const kept = text.includes('(') ? text.replace(/,$/, '') : text.replace(/[),]$/, '');
  // What is cut off is one ASCII character, so one byte.
  return { ...raw, name, end: raw.end - (text.length - kept.length) };
}
