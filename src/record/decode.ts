/**
 * A parsed record to its meaning: numbers, names and strings by record type.
 *
 * A value that is not there is `undefined`, never 0; `(null)`, `(none)`, `?` and unset
 * ids count as not there. What is there but unreadable, or must be there and is not,
 * is named in `bad`; nothing throws.
 */
import { decodeText } from '../base/text.ts';
import { errnoName } from '../tables/errno.ts';
import { signalName } from '../tables/signals.ts';
import { syscallName } from '../tables/syscalls.ts';
import type {
  AbendRecord,
  ArgumentPiece,
  ConfigChangeRecord,
  CwdRecord,
  DaemonRecord,
  DecodedRecord,
  EoeRecord,
  ExecveRecord,
  LoginRecord,
  ObjPidRecord,
  PathRecord,
  ProctitleRecord,
  SockaddrRecord,
  SyscallRecord,
  UserRecord,
} from './decoded.ts';
import { FieldReader } from './fields.ts';
import type { ParsedRecord, RawField, RawFields } from './parse.ts';
import { socketAddress } from './socket-address.ts';

const MAX_PROCTITLE = 128;

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
