/**
 * One line of audit text to the same record with other names: read whole and written anew in
 * auditd's form, so nothing of the line gets through that was not understood.
 */
import { encodeText } from '../../base/text.ts';
import {
  isProblem,
  type ParsedRecord,
  parseFields,
  parseRecord,
  type RawField,
} from '../../record/parse.ts';
import { isRecordType } from '../../tables/records.ts';
import { isSyscall } from '../../tables/syscalls.ts';
import { isFieldName } from './fields.ts';
import { Memo } from './keyed.ts';
import type { Values } from './values.ts';

/** Largest moment that a record may have, ms: 9999-12-31T23:59:59.999Z. */
const LAST_MS = 253402300799999;
/** Names of fields that are remembered. */
const MEMO = 1 << 12;
const ENRICHED = '\x1d';
const KNOWN_TYPE = /^UNKNOWN(?:\[\d{1,5}\])?$/;
/** auditd's own: their serials are its own, too. */
const DAEMON = 'DAEMON_';
const ARCHITECTURE = /^(?:x86_64|i[3-6]86|aarch64|arm|armeb|ppc|ppc64|ppc64le|s390|s390x|riscv64)$/;
const ARGUMENT = /^a\d{1,10}(?:\[\d{1,10}\])?$/;
const ARGUMENT_LENGTH = /^a\d{1,10}_len$/;
const ASCII = /^[\x00-\x7f]*$/;
const FAMILY = /^(?:inet6?|local|unix|netlink|packet|unspec|unknown)$/;

export class Records {
  readonly #values: Values;
  readonly #shift: number;
  readonly #names = new Memo<string>(MEMO);

  /** `shift`: added to all times, ms. */
  constructor(values: Values, shift: number) {
    this.#values = values;
    this.#shift = shift;
  }

  /** The line without its end, in latin1; undefined when it cannot be read. */
  line(bytes: Uint8Array, start: number, end: number): string | undefined {
    const record = parseRecord(bytes, start, end);
    if (isProblem(record)) return undefined;
    const time = record.time + this.#shift;
    if (time > LAST_MS) return undefined;
    const seconds = Math.floor(time / 1000);
    const stamp = `audit(${seconds}.${String(time - seconds * 1000).padStart(3, '0')}:${record.serial})`;
    const type = this.#type(latin1(record.type));
    const fields = this.#fields(record);
    return `${this.#node(record.node)}type=${type} msg=${stamp}: ${fields}${this.#enriched(record)}`;
  }

  #node(node: string | undefined): string {
    return node === undefined ? '' : `node=${this.#values.texts.replaced(latin1(node))} `;
  }

  #type(type: string): string {
    if (isRecordType(type) || KNOWN_TYPE.test(type)) return type;
    if (type.startsWith(DAEMON)) return DAEMON + this.#word(type.slice(DAEMON.length));
    return this.#word(type);
  }

  #word(text: string): string {
    return this.#values.texts.replaced(text);
  }

  #fields(record: ParsedRecord): string {
    const { fields, unterminated } = record;
    const exe = record.type === 'EXECVE' ? undefined : textOf(record, 'exe');
    return fields
      .map((field, i) => {
        const isOpen = unterminated && i === fields.length - 1;
        return this.#field(record, field, exe, isOpen);
      })
      .join(' ');
  }

  #field(record: ParsedRecord, field: RawField, exe: string | undefined, isOpen: boolean): string {
    const { name, quote } = field;
    const value = rawOf(record, field);
    if (name === '') return this.#word(value);
    if (record.type === 'EXECVE') return this.#argument(name, value, quote, isOpen);
    const close = isOpen ? '' : quote;
    if (quote === "'") return `${this.#name(name)}='${this.#message(record, field)}${close}`;
    const comm = name === 'comm' ? (text: string) => this.#values.texts.comm(text, exe) : undefined;
    if (quote === '"')
      return `${this.#name(name)}="${(comm ?? ((text) => this.#word(text)))(value)}${close}`;
    const bare =
      comm === undefined
        ? this.#values.bare(name, value, false)
        : this.#values.encoded(value, comm);
    return `${this.#name(name)}=${bare}`;
  }

  #argument(name: string, value: string, quote: string, isOpen: boolean): string {
    if (name === 'argc' || ARGUMENT_LENGTH.test(name)) {
      return `${name}=${/^\d{1,10}$/.test(value) ? value : this.#word(value)}`;
    }
    const known = ARGUMENT.test(name) ? name : this.#word(latin1(name));
    if (quote === '') return `${known}=${this.#values.encoded(value)}`;
    return `${known}=${quote}${this.#word(value)}${isOpen ? '' : quote}`;
  }

  /** What a program wrote: the fields in it, and every word between them. */
  #message({ bytes }: ParsedRecord, { start, end }: RawField): string {
    const { fields, unterminated } = parseFields(bytes, start, end, true);
    return fields
      .map((field, i) => {
        const { name, quote } = field;
        const value = Buffer.from(bytes.subarray(field.start, field.end)).toString('latin1');
        if (name === '') return this.#word(value);
        const close = unterminated && i === fields.length - 1 ? '' : quote;
        const replaced = quote === '' ? this.#values.bare(name, value, true) : this.#word(value);
        return `${this.#name(name)}=${quote}${replaced}${close}`;
      })
      .join(' ');
  }

  /** auditd's interpreted copies. */
  #enriched({ bytes, enriched }: ParsedRecord): string {
    if (enriched.length === 0) return '';
    const fields = enriched.map(({ name, start, end, quote }) => {
      const value = Buffer.from(bytes.subarray(start, end)).toString('latin1');
      if (name === '') return this.#word(value);
      // The braces around the last one are no part of it.
      if (bytes[start - 1] === 0x7b) return `${this.#name(name)}={${this.#braced(value)}}`;
      return `${this.#name(name)}=${quote}${this.#interpreted(name, value)}${quote}`;
    });
    return ENRICHED + fields.join(' ');
  }

  #interpreted(name: string, value: string): string {
    if (name === 'ARCH' && ARCHITECTURE.test(value)) return value;
    if (name === 'SYSCALL' && isSyscall(value)) return value;
    return this.#word(value);
  }

  /** ` saddr_fam=inet laddr=10.0.0.1 lport=53 `. */
  #braced(text: string): string {
    return text.replace(/([^\s=]+)=(\S*)|\S+/g, (word, name?: string, value = '') => {
      if (name === undefined) return this.#word(word);
      const kept = name === 'saddr_fam' && FAMILY.test(value as string);
      return `${this.#name(name)}=${kept ? String(value) : this.#word(value as string)}`;
    });
  }

  /** Programs may call a field whatever they like. Old ones put a parenthesis before the first. */
  #name(name: string): string {
    return this.#names.get(name, (one) => {
      const text = latin1(one);
      if (isFieldName(text.replace(/^\(/, ''))) return text;
      const other = this.#word(text);
      return isFieldName(other) ? `_${other}` : other;
    });
  }
}

function rawOf({ bytes }: ParsedRecord, { start, end }: RawField): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/** The text of a field that is in quotes or hexadecimal; undefined without one. */
function textOf(record: ParsedRecord, name: string): string | undefined {
  const field = record.fields.find((one) => one.name === name);
  if (field === undefined) return undefined;
  const value = rawOf(record, field);
  if (field.quote === '"') return value;
  return /^(?:[0-9A-F]{2})+$/.test(value)
    ? Buffer.from(value, 'hex').toString('latin1')
    : undefined;
}

/** Text as `decodeText` gives it, one character a byte. */
function latin1(text: string): string {
  if (ASCII.test(text)) return text;
  return Buffer.from(encodeText(text)).toString('latin1');
}
