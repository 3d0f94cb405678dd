/**
 * The few functions of libc that Node does not offer, by koffi. Each returns what the C
 * function returns; errors are told by `errno`, in libc's numbers.
 */
import { constants } from 'node:os';
import koffi from 'koffi';

// Node itself is linked against a libc, whichever one it is.
const libc = koffi.load(null);

type Fd = number;

const socket = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => Fd;
export const close = libc.func('int close(int fd)') as (fd: Fd) => number;
const bindC = libc.func('int bind(int fd, void *address, uint32_t length)') as (
  fd: Fd,
  address: Uint8Array,
  length: number,
) => number;
const setsockoptC = libc.func(
  'int setsockopt(int fd, int level, int option, void *value, uint32_t length)',
) as (fd: Fd, level: number, option: number, value: Uint8Array, length: number) => number;
const sendtoC = libc.func(
  'long sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t size)',
) as (
  fd: Fd,
  bytes: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  size: number,
) => number;
const recvC = libc.func('long recv(int fd, void *bytes, size_t length, int flags)') as (
  fd: Fd,
  bytes: Uint8Array,
  length: number,
  flags: number,
) => number;
const recvmmsgC = libc.func(
  'int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)',
) as (fd: Fd, headers: bigint, count: number, flags: number, timeout: null) => number;
const pollC = libc.func('int poll(void *fds, unsigned long count, int timeout)') as (
  fds: Uint8Array,
  count: number,
  timeout: number,
) => number;
const prctlC = libc.func('int prctl(int option, unsigned long value)') as (
  option: number,
  value: number,
) => number;
const capsetC = libc.func('int capset(void *header, void *data)') as (
  header: Uint8Array,
  data: Uint8Array,
) => number;
const clockC = libc.func('int clock_gettime(int clock, void *time)') as (
  clock: number,
  time: Uint8Array,
) => number;
const resolutionC = libc.func('int clock_getres(int clock, void *time)') as (
  clock: number,
  time: Uint8Array,
) => number;
const sysconfC = libc.func('long sysconf(int name)') as (name: number) => number;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;

/** A failed call: `code` is the error's name, as in Node's own. */
export class SystemError extends Error {
  readonly code: string;

  constructor(call: string, error: number) {
    const code = errnoName(error);
    super(`${call}: ${code}`);
    this.code = code;
  }
}

const NAMES = new Map(Object.entries(constants.errno).map(([name, n]) => [n, name]));

/** The name of an error number, e.g. `EPERM`. */
export function errnoName(error: number): string {
  return NAMES.get(error) ?? `errno ${error}`;
}

/** The number of the last call's error. */
export function errno(): number {
  return koffi.errno();
}

function check(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, errno());
  return result;
}

/** A netlink socket, bound to `groups` (a mask). Throws SystemError. */
export function netlinkSocket(protocol: number, groups = 0): Fd {
  const fd = check('socket', socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  try {
    check('bind', bindC(fd, netlinkAddress(groups), 12));
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/** struct sockaddr_nl; port 0 is the kernel, or, in bind, one that the kernel picks. */
function netlinkAddress(groups: number): Uint8Array {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  return address;
}

/** Gives a socket room for so many bytes, beyond the system's limit where that is allowed. */
export function setReceiveBuffer(fd: Fd, bytes: number): void {
  const value = Buffer.alloc(4);
  value.writeInt32LE(bytes);
  if (setsockoptC(fd, SOL_SOCKET, SO_RCVBUFFORCE, value, 4) < 0) {
    check('setsockopt', setsockoptC(fd, SOL_SOCKET, SO_RCVBUF, value, 4));
  }
}

/** Sends a message to the kernel. Throws SystemError. */
export function sendToKernel(fd: Fd, message: Uint8Array): void {
  check('sendto', sendtoC(fd, message, message.length, 0, netlinkAddress(0), 12));
}

/** Receives one message: its length, or -1 where there is an error, which `errno` tells. */
export function receive(fd: Fd, into: Uint8Array): number {
  return recvC(fd, into, into.length, MSG_DONTWAIT);
}

/** Waits until a socket can be read, at most `ms`; whether it can is for each fd in turn. */
export class Poller {
  readonly #fds: Buffer;
  readonly #count: number;

  constructor(fds: readonly Fd[]) {
    this.#count = fds.length;
    this.#fds = Buffer.alloc(8 * Math.max(1, fds.length));
    for (const [i, fd] of fds.entries()) {
      this.#fds.writeInt32LE(fd, 8 * i);
      this.#fds.writeInt16LE(POLLIN, 8 * i + 4);
    }
  }

  /** Whether anything happened. */
  wait(ms: number): boolean {
    return pollC(this.#fds, this.#count, ms) > 0;
  }

  /** Whether the last wait found something to read, or an error, at this one. */
  ready(i: number): boolean {
    return this.#fds.readInt16LE(8 * i + 6) !== 0;
  }
}

const MMSGHDR = 64;
const IOVEC = 16;

/**
 * Memory for one recvmmsg: `count` messages of up to `size` bytes each. On 64-bit
 * machines only, as these structures lie in memory there.
 */
export class Batch {
  readonly bytes: Buffer;
  readonly size: number;
  readonly #count: number;
  readonly #headers: Buffer;
  readonly #address: bigint;

  constructor(count: number, size: number) {
    this.#count = count;
    this.size = size;
    const room = count * (MMSGHDR + IOVEC + size);
    const memory: unknown = koffi.alloc('uint8_t', room);
    const base = koffi.address(memory);
    const all = Buffer.from(koffi.view(memory, room));
    this.#headers = all.subarray(0, count * MMSGHDR);
    const iovecs = all.subarray(count * MMSGHDR, count * (MMSGHDR + IOVEC));
    this.bytes = all.subarray(count * (MMSGHDR + IOVEC));
    this.#headers.fill(0);
    this.#address = base;
    for (let i = 0; i < count; i++) {
      const iovec = base + BigInt(count * MMSGHDR + i * IOVEC);
      iovecs.writeBigUInt64LE(base + BigInt(count * (MMSGHDR + IOVEC) + i * size), i * IOVEC);
      iovecs.writeBigUInt64LE(BigInt(size), i * IOVEC + 8);
      this.#headers.writeBigUInt64LE(iovec, i * MMSGHDR + 16);
      this.#headers.writeBigUInt64LE(1n, i * MMSGHDR + 24);
    }
  }

  /** Takes what is there without waiting: the count of messages, or -1 (see `errno`). */
  receive(fd: Fd): number {
    return recvmmsgC(fd, this.#address, this.#count, MSG_DONTWAIT, null);
  }

  /** The length of message `i`, which starts at `i * size` in `bytes`. */
  length(i: number): number {
    return this.#headers.readUInt32LE(i * MMSGHDR + 56);
  }
}

export const CLOCK = { realtime: 0, monotonic: 1, realtimeCoarse: 5, boottime: 7 } as const;

/** A clock's time in nanoseconds. */
export function clockTime(clock: number): bigint {
  const time = Buffer.alloc(16);
  check('clock_gettime', clockC(clock, time));
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}

/** A clock's step in nanoseconds. */
export function clockStep(clock: number): number {
  const time = Buffer.alloc(16);
  check('clock_getres', resolutionC(clock, time));
  return Number(time.readBigInt64LE(0)) * 1e9 + Number(time.readBigInt64LE(8));
}

const SC_CLK_TCK = 2;

/** Units a second of the times in /proc. */
export function clockTicks(): number {
  return sysconfC(SC_CLK_TCK);
}

const PR_SET_KEEPCAPS = 8;
const CAPABILITY_VERSION_3 = 0x20080522;

/** This thread's capabilities outlive a change of user. */
export function keepCapabilities(): void {
  check('prctl', prctlC(PR_SET_KEEPCAPS, 1));
}

/** Leaves this thread the capabilities of the mask and no others. */
export function setCapabilities(mask: bigint): void {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [i, word] of [mask & 0xffffffffn, mask >> 32n].entries()) {
    data.writeUInt32LE(Number(word), 12 * i);
    data.writeUInt32LE(Number(word), 12 * i + 4);
  }
  check('capset', capsetC(header, data));
}
