/** The `struct sockaddr` of a record: family and length stay, what it names is replaced. */
import { inet6Text } from '../../record/socket-address.ts';
import type { Addresses } from './addresses.ts';
import type { Keyed } from './keyed.ts';
import type { Texts } from './texts.ts';

const UNIX = 1;
const INET = 2;
const INET6 = 10;
const NETLINK = 16;
const FAMILY_BYTES = 2;

export class Sockets {
  readonly #keyed: Keyed;
  readonly #addresses: Addresses;
  readonly #texts: Texts;

  constructor(keyed: Keyed, addresses: Addresses, texts: Texts) {
    this.#keyed = keyed;
    this.#addresses = addresses;
    this.#texts = texts;
  }

  /** As many bytes as it was given. */
  replaced(bytes: Buffer): Buffer {
    if (bytes.length <= FAMILY_BYTES) return bytes;
    const little = bytes[0] !== 0 || bytes[1] === 0;
    const family = little ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0);
    const out = Buffer.alloc(bytes.length);
    bytes.copy(out, 0, 0, FAMILY_BYTES);
    if (family === UNIX) this.#unix(bytes, out);
    else if (family === INET && bytes.length >= 8) this.#inet(bytes, out);
    else if (family === INET6 && bytes.length >= 24) this.#inet6(bytes, out);
    // Pid and groups of netlink are numbers of the kernel's.
    else if (family === NETLINK && bytes.length <= 12) bytes.copy(out);
    else this.#keyed.bytes('socket', bytes, bytes.length).copy(out, FAMILY_BYTES, FAMILY_BYTES);
    return out;
  }

  /** What may lie behind a path is whatever was in the program's memory. */
  #unix(bytes: Buffer, out: Buffer): void {
    const isAbstract = bytes[FAMILY_BYTES] === 0;
    const from = isAbstract ? FAMILY_BYTES + 1 : FAMILY_BYTES;
    const nul = isAbstract ? -1 : bytes.indexOf(0, from);
    this.#texts.bytes(bytes.subarray(from, nul < 0 ? bytes.length : nul)).copy(out, from);
  }

  #inet(bytes: Buffer, out: Buffer): void {
    out.writeUInt16BE(this.#addresses.port(bytes.readUInt16BE(2)), 2);
    out.set(octets(this.#addresses.v4(bytes.subarray(4, 8).join('.'))), 4);
  }

  #inet6(bytes: Buffer, out: Buffer): void {
    out.writeUInt16BE(this.#addresses.port(bytes.readUInt16BE(2)), 2);
    const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i));
    const text = inet6Text(groups);
    if (text.includes('.')) {
      bytes.copy(out, 8, 8, 20);
      out.set(octets(this.#addresses.v4(text.slice(text.lastIndexOf(':') + 1))), 20);
      return;
    }
    for (const [i, group] of groupsOf(this.#addresses.v6(text)).entries()) {
      out.writeUInt16BE(group, 8 + 2 * i);
    }
  }
}

function octets(text: string): number[] {
  return text.split('.').map(Number);
}

/** The eight groups of an address in text, `::` filled up. */
function groupsOf(text: string): number[] {
  const [head, tail] = text.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const words = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])];
  return words.map((word) => Number.parseInt(word, 16));
}
