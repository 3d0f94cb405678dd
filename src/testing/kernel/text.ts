/** Values as the kernel writes them (KERNEL facts 18 and 19). */

const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex').toUpperCase();

/** `audit_string_contains_control`: what a quoted value cannot hold. A space is among it. */
const needsHex = (text: string): boolean => !/^[!#-~]*$/.test(text);

export function quoted(text: string): string {
  return needsHex(text) ? hex(text) : `"${text}"`;
}

/** A process title: the arguments joined by NUL, cut at 128 bytes. */
export function titleOf(args: readonly string[]): string {
  const bytes = Buffer.from(args.join('\0'), 'utf8').subarray(0, 128);
  const plain = bytes.every((b) => b > 0x20 && b < 0x7f && b !== 0x22);
  return plain ? `"${bytes.toString('latin1')}"` : bytes.toString('hex').toUpperCase();
}

/** The kernel's name of a thread: the file's name, cut at 15 bytes. */
export function commOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 15);
}

/** MAX_EXECVE_AUDIT_LEN, and what it keeps free for an argument's name. */
const RECORD_ROOM = 7500;
const NAME_ROOM = 96;

interface Room {
  readonly records: string[];
  left: number;
}

/** The texts of the EXECVE records of one exec, as `audit_log_execve_info` splits them. */
export function execveTexts(args: readonly string[]): string[] {
  const room: Room = { records: [`argc=${args.length}`], left: RECORD_ROOM };
  args.forEach((arg, i) => writeArgument(room, `a${i}`, arg));
  return room.records;
}

function append(room: Room, text: string): void {
  room.records[room.records.length - 1] += text;
  room.left -= text.length;
}

function nextRecord(room: Room): void {
  room.records.push('');
  room.left = RECORD_ROOM;
}

function writeArgument(room: Room, name: string, arg: string): void {
  const bytes = Buffer.from(arg, 'utf8');
  // An argument that outgrows the kernel's buffer is always hex: it is read in pieces.
  const encode = bytes.length >= RECORD_ROOM || needsHex(arg);
  const length = encode ? bytes.length * 2 : bytes.length + 2;
  if (NAME_ROOM + 8 > room.left) nextRecord(room);
  if (length + NAME_ROOM <= room.left) {
    append(room, ` ${name}=${encode ? hex(arg) : `"${arg}"`}`);
    return;
  }
  append(room, ` ${name}_len=${encode ? bytes.length * 2 : bytes.length}`);
  let rest = bytes;
  for (let piece = 0; rest.length > 0; piece++) {
    if (NAME_ROOM + 8 > room.left) nextRecord(room);
    append(room, ` ${name}[${piece}]=`);
    const take = Math.min(rest.length, encode ? room.left >> 1 : room.left - 2);
    const part = rest.subarray(0, take);
    append(room, encode ? part.toString('hex').toUpperCase() : `"${part.toString('latin1')}"`);
    rest = rest.subarray(take);
  }
}
