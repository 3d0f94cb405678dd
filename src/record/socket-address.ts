/** The `struct sockaddr` of a SOCKADDR record. */
import { decodeText } from '../base/text.ts';
import type { SocketAddress } from './decoded.ts';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;

/**
 * A `struct sockaddr` as the kernel copied it; undefined when it is too short for its
 * family. The family is in the byte order of the machine that recorded: all families
 * are below 256, so a first byte of 0 before another tells a big-endian one.
 */
export function socketAddress(bytes: Uint8Array): SocketAddress | undefined {
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
export function inet6Text(groups: readonly number[]): string {
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
