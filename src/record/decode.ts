/**
 * A parsed record to its meaning: numbers, names and strings by record type.
 *
 * A value that is not there is `undefined`, never 0; `(null)`, `(none)`, `?` and unset
 * ids count as not there. What is there but unreadable, or must be there and is not,
 * is named in `bad`; nothing throws.
 */
import { decodeHex, decodeText } from '../base/text.ts';
import { errnoName } from '../tables/errno.ts';
import { signalName } from '../tables/signals.ts';
import { syscallName } from '../tables/syscalls.ts';
import { field, type ParsedRecord, parseFields, type RawField, type RawFields } from './parse.ts';

/** A field with its decoded value; `undefined` for `(null)`, `(none)` and `?`. A stray word has no name. */
export interface DecodedField {
  readonly name: string;
  readonly value: string | undefined;
}

interface Common {
  /** The record's type as written, `SYSCALL` or `USER_LOGIN`. */
  readonly type: string;
  /** Milliseconds since the epoch, UTC. */
  readonly time: number;
  readonly serial: number;
  readonly node: string | undefined;
  /** auditd's interpreted copies, as it wrote them. */
  readonly enriched: readonly DecodedField[];
  /** Names of fields that are unreadable, or missing where the type requires them. */
  readonly bad: readonly string[];
}

/** The ids that tell on whose behalf something ran; an unset auid or session is undefined. */
interface Subject {
  readonly pid: number | undefined;
  readonly uid: number | undefined;
  readonly auid: number | undefined;
  readonly ses: number | undefined;
  readonly subj: string | undefined;
}

/** A system call as its exit saw it (KERNEL facts 1, 8, 13). Requires arch, syscall, ppid and pid. */
export interface SyscallRecord extends Common, Subject {
  readonly kind: 'syscall';
  /** AUDIT_ARCH_* (KERNEL fact 21). */
  readonly arch: number | undefined;
  readonly syscall: number | undefined;
  /** Of the system call; undefined for unknown architectures. */
  readonly name: string | undefined;
  /** Undefined where the kernel does not say, as for `exit` and `exit_group`. */
  readonly success: boolean | undefined;
  /** The return value, signed 64 bits. */
  readonly exit: bigint | undefined;
  /** The name of a negative `exit` of a failed call. */
  readonly errno: string | undefined;
  /** The first four arguments, unsigned. */
  readonly a0: bigint | undefined;
  readonly a1: bigint | undefined;
  readonly a2: bigint | undefined;
  readonly a3: bigint | undefined;
  /** How many PATH records follow. */
  readonly items: number | undefined;
  readonly ppid: number | undefined;
  readonly gid: number | undefined;
  readonly euid: number | undefined;
  readonly suid: number | undefined;
  readonly fsuid: number | undefined;
  readonly egid: number | undefined;
  readonly sgid: number | undefined;
  readonly fsgid: number | undefined;
  readonly tty: string | undefined;
  readonly comm: string | undefined;
  readonly exe: string | undefined;
  /** Keys of the rules that matched; empty for `(null)`. */
  readonly keys: readonly string[];
}

/** One value of an EXECVE record: a whole argument, or one part of a long one (KERNEL fact 19). */
export interface ArgumentPiece {
  readonly argument: number;
  /** The part's place, from 0; undefined for a whole argument. */
  readonly part: number | undefined;
  /** Undefined when the value is unreadable. */
  readonly bytes: Uint8Array | undefined;
  /** Characters that the value takes in the log, quotes not counted: what `aN_len` sums up. */
  readonly length: number;
}

/** One of the records of an event's argument vector; `assembleExecve` puts them together. */
export interface ExecveRecord extends Common {
  readonly kind: 'execve';
  /** Only on the event's first EXECVE record. */
  readonly argc: number | undefined;
  readonly pieces: readonly ArgumentPiece[];
  /** `aN_len`: characters of all parts of argument N in the log. */
  readonly lengths: readonly { readonly argument: number; readonly length: number }[];
}

export interface CwdRecord extends Common {
  readonly kind: 'cwd';
  readonly cwd: string | undefined;
}

/** A file that a system call touched. Requires item. */
export interface PathRecord extends Common {
  readonly kind: 'path';
  readonly item: number | undefined;
  readonly name: string | undefined;
  readonly inode: bigint | undefined;
  /** Device numbers as written, hexadecimal `MAJOR:MINOR`. */
  readonly dev: string | undefined;
  readonly rdev: string | undefined;
  /** The inode's mode with its type bits, as in stat(2). */
  readonly mode: number | undefined;
  readonly ouid: number | undefined;
  readonly ogid: number | undefined;
  readonly obj: string | undefined;
  /** `NORMAL`, `PARENT`, `CREATE`, `DELETE` or `UNKNOWN`. */
  readonly nametype: string | undefined;
}

export interface ProctitleRecord extends Common {
  readonly kind: 'proctitle';
  /** Split at NUL bytes; the program may have overwritten it. */
  readonly argv: readonly string[] | undefined;
  /** The title fills the kernel's 128 bytes: the last argument may be cut, others be gone (KERNEL fact 19). */
  readonly cut: boolean;
}

/** The target of a signal, in the initial pid namespace (KERNEL fact 9). Requires opid. */
export interface ObjPidRecord extends Common {
  readonly kind: 'obj_pid';
  readonly opid: number | undefined;
  readonly oauid: number | undefined;
  readonly ouid: number | undefined;
  readonly oses: number | undefined;
  readonly obj: string | undefined;
  readonly ocomm: string | undefined;
}

/** A process that a core-dumping signal killed (KERNEL fact 14). Requires pid and sig. */
export interface AbendRecord extends Common, Subject {
  readonly kind: 'anom_abend';
  readonly gid: number | undefined;
  readonly comm: string | undefined;
  readonly exe: string | undefined;
  readonly sig: number | undefined;
  readonly signal: string | undefined;
  readonly res: boolean | undefined;
}

/** A process got a login uid. Requires pid. */
export interface LoginRecord extends Common, Subject {
  readonly kind: 'login';
  readonly old_auid: number | undefined;
  readonly old_ses: number | undefined;
  readonly tty: string | undefined;
  readonly res: boolean | undefined;
}

/** A socket address by family; see the man pages ip(7), ipv6(7), unix(7), netlink(7). */
export type SocketAddress =
  | { readonly family: 'inet'; readonly address: string; readonly port: number }
  | {
      readonly family: 'inet6';
      readonly address: string;
      readonly port: number;
      readonly flowinfo: number;
      readonly scope: number;
    }
  /** An abstract name stands without its leading NUL; an unnamed socket has the path `''`. */
  | { readonly family: 'unix'; readonly path: string; readonly abstract: boolean }
  | { readonly family: 'netlink'; readonly pid: number; readonly groups: number }
  | { readonly family: 'other'; readonly number: number; readonly data: Uint8Array };

/** Requires saddr. */
export interface SockaddrRecord extends Common {
  readonly kind: 'sockaddr';
  readonly address: SocketAddress | undefined;
}

export interface EoeRecord extends Common {
  readonly kind: 'eoe';
}

/** auditd's word on itself: `DAEMON_START`, `DAEMON_END`, … (KERNEL fact 22). */
export interface DaemonRecord extends Common, Subject {
  readonly kind: 'daemon';
  readonly op: string | undefined;
  readonly res: boolean | undefined;
  readonly fields: readonly DecodedField[];
}

export interface ConfigChangeRecord extends Common, Subject {
  readonly kind: 'config_change';
  readonly op: string | undefined;
  readonly keys: readonly string[];
  readonly res: boolean | undefined;
  readonly fields: readonly DecodedField[];
}

/** A record with a nested `msg='…'`, from a program with the right to write some (KERNEL fact 22). */
export interface UserRecord extends Common, Subject {
  readonly kind: 'user';
  readonly op: string | undefined;
  readonly acct: string | undefined;
  readonly exe: string | undefined;
  readonly hostname: string | undefined;
  readonly addr: string | undefined;
  readonly terminal: string | undefined;
  readonly res: boolean | undefined;
  /** The fields outside of `msg`, written by the kernel. */
  readonly fields: readonly DecodedField[];
  /** The fields inside of `msg`, written by the program. */
  readonly message: readonly DecodedField[];
}

export interface OtherRecord extends Common {
  readonly kind: 'other';
  readonly fields: readonly DecodedField[];
}

export type DecodedRecord =
  | SyscallRecord
  | ExecveRecord
  | CwdRecord
  | PathRecord
  | ProctitleRecord
  | ObjPidRecord
  | AbendRecord
  | LoginRecord
  | SockaddrRecord
  | EoeRecord
  | DaemonRecord
  | ConfigChangeRecord
  | UserRecord
  | OtherRecord;

const UNSET_ID = 4294967295;
/** Separates the keys of several rules in `key=`. */
const KEY_SEPARATOR = '\x01';
const MAX_PROCTITLE = 128;
const LARGEST_I64 = 2n ** 63n;
const LARGEST_U64 = 2n ** 64n - 1n;

const ABSENT: ReadonlySet<string> = new Set(['(null)', '(none)', '?']);

/**
 * Fields whose text a program controls, so that the kernel or libaudit writes them in
 * quotes or in hexadecimal: the only ones in which `BEEF` means two bytes. After the
 * escaped types of auparse's field table; `aN` of EXECVE is read apart.
 */
const UNTRUSTED: ReadonlySet<string> = new Set(
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
class FieldReader {
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

type Decoder = (reader: FieldReader) => DecodedRecord;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['SYSCALL', decodeSyscall],
  ['EXECVE', decodeExecve],
  ['CWD', decodeCwd],
  ['PATH', decodePath],
  ['PROCTITLE', decodeProctitle],
  ['OBJ_PID', decodeObjPid],
  ['ANOM_ABEND', decodeAbend],
  ['LOGIN', decodeLogin],
  ['SOCKADDR', decodeSockaddr],
  ['EOE', decodeEoe],
  ['CONFIG_CHANGE', decodeConfigChange],
]);

/**
 * Decodes a record by its type: the known ones have a `kind` of their own; `DAEMON_*` is
 * `daemon`; any other with a nested `msg='…'` is `user`; the rest is `other`, its fields
 * decoded one by one. The result keeps no reference to the line. Never throws.
 */
export function decodeRecord(record: ParsedRecord): DecodedRecord {
  const reader = new FieldReader(record);
  const decode = DECODERS.get(record.type);
  if (decode !== undefined) return decode(reader);
  if (record.type.startsWith('DAEMON_')) return decodeDaemon(reader);
  const message = record.fields.find(({ name, quote }) => name === 'msg' && quote === "'");
  if (message !== undefined) return decodeUser(reader, message);
  return { kind: 'other', fields: reader.all(), ...reader.common() };
}

function decodeEoe(reader: FieldReader): EoeRecord {
  return { kind: 'eoe', ...reader.common() };
}

function decodeSyscall(reader: FieldReader): SyscallRecord {
  const arch = reader.hex('arch');
  // A program may call -1, and the kernel logs it so.
  const syscall = reader.integer('syscall');
  const success = reader.flag('success');
  const exit = reader.signed('exit');
  const ppid = reader.number('ppid');
  const subject = reader.subject();
  reader.require({ arch, syscall, ppid, pid: subject.pid });
  const known = arch !== undefined && syscall !== undefined;
  return {
    kind: 'syscall',
    arch: arch === undefined ? undefined : Number(arch),
    syscall,
    name: known ? syscallName(Number(arch), syscall) : undefined,
    success,
    exit,
    errno: success === false && exit !== undefined ? errnoName(Number(-exit)) : undefined,
    a0: reader.hex('a0'),
    a1: reader.hex('a1'),
    a2: reader.hex('a2'),
    a3: reader.hex('a3'),
    items: reader.number('items'),
    ppid,
    ...subject,
    gid: reader.id('gid'),
    euid: reader.id('euid'),
    suid: reader.id('suid'),
    fsuid: reader.id('fsuid'),
    egid: reader.id('egid'),
    sgid: reader.id('sgid'),
    fsgid: reader.id('fsgid'),
    tty: reader.text('tty'),
    comm: reader.text('comm'),
    exe: reader.text('exe'),
    keys: reader.keys(),
    ...reader.common(),
  };
}

/** `a0`, `a0_len`, `a0[1]`; seven digits are more than the kernel lets an argument vector have. */
const ARGUMENT_NAME = /^a(\d{1,7})(?:(_len)|\[(\d{1,7})\])?$/;

function decodeExecve(reader: FieldReader): ExecveRecord {
  const argc = reader.number('argc');
  const pieces: ArgumentPiece[] = [];
  const lengths: { argument: number; length: number }[] = [];
  for (const raw of reader.raw.fields) {
    const match = ARGUMENT_NAME.exec(raw.name);
    if (match === null) continue;
    const argument = Number(match[1]);
    if (match[2] === undefined) {
      pieces.push(argumentPiece(reader, raw, argument, match[3]));
    } else {
      const length = reader.number(raw.name);
      if (length !== undefined) lengths.push({ argument, length });
    }
  }
  return { kind: 'execve', argc, pieces, lengths, ...reader.common() };
}

function argumentPiece(
  reader: FieldReader,
  raw: RawField,
  argument: number,
  part: string | undefined,
): ArgumentPiece {
  return {
    argument,
    part: part === undefined ? undefined : Number(part),
    bytes: reader.encoded(raw),
    length: raw.end - raw.start,
  };
}

function decodeCwd(reader: FieldReader): CwdRecord {
  const cwd = reader.text('cwd');
  reader.require({ cwd });
  return { kind: 'cwd', cwd, ...reader.common() };
}

function decodePath(reader: FieldReader): PathRecord {
  const item = reader.number('item');
  reader.require({ item });
  return {
    kind: 'path',
    item,
    name: reader.text('name'),
    inode: reader.unsigned('inode'),
    dev: reader.text('dev'),
    rdev: reader.text('rdev'),
    mode: reader.octal('mode'),
    ouid: reader.id('ouid'),
    ogid: reader.id('ogid'),
    obj: reader.label('obj'),
    nametype: reader.text('nametype') ?? reader.text('objtype'),
    ...reader.common(),
  };
}

function decodeProctitle(reader: FieldReader): ProctitleRecord {
  const raw = reader.find('proctitle');
  const title = reader.text('proctitle');
  const length = raw === undefined ? 0 : (raw.end - raw.start) / (raw.quote === '' ? 2 : 1);
  return {
    kind: 'proctitle',
    argv: title?.split('\0'),
    cut: title !== undefined && length >= MAX_PROCTITLE,
    ...reader.common(),
  };
}

function decodeObjPid(reader: FieldReader): ObjPidRecord {
  const opid = reader.number('opid');
  reader.require({ opid });
  return {
    kind: 'obj_pid',
    opid,
    oauid: reader.id('oauid'),
    ouid: reader.id('ouid'),
    oses: reader.id('oses'),
    obj: reader.label('obj'),
    ocomm: reader.text('ocomm'),
    ...reader.common(),
  };
}

function decodeAbend(reader: FieldReader): AbendRecord {
  const subject = reader.subject();
  const sig = reader.number('sig');
  reader.require({ pid: subject.pid, sig });
  return {
    kind: 'anom_abend',
    ...subject,
    gid: reader.id('gid'),
    comm: reader.text('comm'),
    exe: reader.text('exe'),
    sig,
    signal: sig === undefined ? undefined : signalName(sig),
    res: reader.flag('res'),
    ...reader.common(),
  };
}

function decodeLogin(parsed: FieldReader): LoginRecord {
  const reader = new FieldReader(parsed.record, modernLogin(parsed.record));
  const subject = reader.subject();
  reader.require({ pid: subject.pid });
  return {
    kind: 'login',
    ...subject,
    old_auid: reader.id('old-auid'),
    old_ses: reader.id('old-ses'),
    tty: reader.text('tty'),
    res: reader.flag('res'),
    ...reader.common(),
  };
}

/** Old kernels wrote `old auid=… new auid=…`, two words each, for `old-auid=… auid=…`. */
function modernLogin({ bytes, fields, unterminated }: ParsedRecord): RawFields {
  const renamed = fields.map((raw, i) => {
    const before = fields[i - 1];
    const old = before?.name === '' && decodeText(bytes, before.start, before.end) === 'old';
    return old ? { ...raw, name: `old-${raw.name}` } : raw;
  });
  return { fields: renamed, unterminated };
}

function decodeSockaddr(reader: FieldReader): SockaddrRecord {
  const raw = reader.find('saddr');
  const bytes = raw && reader.encoded(raw);
  const address = bytes && socketAddress(bytes);
  reader.require({ saddr: address });
  return { kind: 'sockaddr', address, ...reader.common() };
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;

/**
 * A `struct sockaddr` as the kernel copied it; undefined when it is too short for its
 * family. The family is in the byte order of the machine that recorded: all families
 * are below 256, so a first byte of 0 before another tells a big-endian one.
 */
function socketAddress(bytes: Uint8Array): SocketAddress | undefined {
  if (bytes.length < 2) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] !== 0 || bytes[1] === 0;
  const number = data.getUint16(0, little);
  switch (number) {
    case AF_UNIX:
      return unixAddress(bytes);
    case AF_INET:
      return bytes.length < 8
        ? undefined
        : { family: 'inet', address: bytes.subarray(4, 8).join('.'), port: data.getUint16(2) };
    case AF_INET6:
      return bytes.length < 24 ? undefined : inet6Address(data, little);
    case AF_NETLINK:
      return bytes.length < 12
        ? undefined
        : {
            family: 'netlink',
            pid: data.getUint32(4, little),
            groups: data.getUint32(8, little),
          };
    default:
      return { family: 'other', number, data: bytes.subarray(2) };
  }
}

function unixAddress(bytes: Uint8Array): SocketAddress {
  const abstract = bytes.length > 3 && bytes[2] === 0 && bytes.subarray(3).some((c) => c !== 0);
  if (abstract) return { family: 'unix', path: decodeText(bytes, 3), abstract };
  const nul = bytes.indexOf(0, 2);
  return { family: 'unix', path: decodeText(bytes, 2, nul < 0 ? bytes.length : nul), abstract };
}

function inet6Address(data: DataView, little: boolean): SocketAddress {
  const groups = Array.from({ length: 8 }, (_, i) => data.getUint16(8 + 2 * i));
  return {
    family: 'inet6',
    address: inet6Text(groups),
    port: data.getUint16(2),
    flowinfo: data.getUint32(4),
    // Old programs pass the struct without it (RFC 2133).
    scope: data.byteLength < 28 ? 0 : data.getUint32(24, little),
  };
}

/** RFC 5952: lower case, the first of the longest runs of zero groups as `::`, mapped IPv4 with dots. */
function inet6Text(groups: readonly number[]): string {
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high, low] = [groups[6], groups[7]];
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { start, length } = longestZeros(groups);
  return length < 2 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

function decodeDaemon(reader: FieldReader): DaemonRecord {
  return {
    kind: 'daemon',
    ...reader.subject(),
    op: reader.text('op'),
    res: reader.flag('res'),
    fields: reader.all(),
    ...reader.common(),
  };
}

function decodeConfigChange(reader: FieldReader): ConfigChangeRecord {
  return {
    kind: 'config_change',
    ...reader.subject(),
    op: reader.text('op'),
    keys: reader.keys(),
    res: reader.flag('res'),
    fields: reader.all(),
    ...reader.common(),
  };
}

function decodeUser(reader: FieldReader, nested: RawField): UserRecord {
  const message = reader.within(nested);
  return {
    kind: 'user',
    ...reader.subject(),
    op: message.text('op'),
    acct: message.text('acct'),
    exe: message.text('exe'),
    hostname: message.text('hostname'),
    addr: message.text('addr'),
    terminal: message.text('terminal'),
    res: message.flag('res') ?? message.flag('result'),
    fields: reader.all().filter(({ name }) => name !== 'msg'),
    message: message.all(),
    ...reader.common(),
  };
}

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
