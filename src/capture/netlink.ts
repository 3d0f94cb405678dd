/** Netlink messages to the kernel and back. */
import { close, errno, netlinkSocket, Poller, receive, sendToKernel, SystemError } from './libc.ts';

export const NETLINK_AUDIT = 9;
export const NETLINK_CONNECTOR = 11;

/** struct nlmsghdr. */
export const HEADER = 16;
const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;

const ENOBUFS = 105;
const EAGAIN = 11;
const EINTR = 4;

/** The kernel answers at once; this long only where it is in trouble. */
const PATIENCE_MS = 5000;
const LARGEST_REPLY = 64 * 1024;

/** A message with its header. */
export function message(type: number, flags: number, sequence: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER + ((body.length + 3) & ~3));
  bytes.writeUInt32LE(HEADER + body.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.set(body, HEADER);
  return bytes;
}

/** A request that nobody answers unless it fails. */
export function request(type: number, body: Uint8Array): Buffer {
  return message(type, NLM_F_REQUEST, 1, body);
}

/** A socket for requests and their answers. */
export class ControlSocket {
  readonly #fd: number;
  readonly #poller: Poller;
  readonly #reply = Buffer.alloc(LARGEST_REPLY);
  #sequence = 0;
  #open = true;

  /** Throws SystemError. */
  constructor(protocol: number) {
    this.#fd = netlinkSocket(protocol);
    this.#poller = new Poller([this.#fd]);
  }

  /**
   * Sends a request and waits until the kernel has carried it out. `onReply` is given the
   * type and body of each message of the answer; `isLast` tells its last one where the
   * acknowledgement comes before it. Throws SystemError with the kernel's error.
   */
  call(
    type: number,
    body: Uint8Array,
    onReply?: (type: number, body: Buffer) => void,
    isLast?: (type: number) => boolean,
  ): void {
    const sequence = ++this.#sequence;
    sendToKernel(this.#fd, message(type, NLM_F_REQUEST | NLM_F_ACK, sequence, body));
    let acknowledged = false;
    let complete = isLast === undefined;
    while (!acknowledged || !complete) {
      const length = this.#next();
      const kind = this.#reply.readUInt16LE(4);
      if (this.#reply.readUInt32LE(8) !== sequence) continue;
      const content = this.#reply.subarray(HEADER, length);
      if (kind === NLMSG_ERROR) {
        const error = -content.readInt32LE(0);
        if (error !== 0) throw new SystemError('netlink', error);
        acknowledged = true;
      } else {
        onReply?.(kind, Buffer.from(content));
        complete ||= isLast?.(kind) === true;
      }
    }
  }

  /** May be called again. */
  close(): void {
    if (this.#open) close(this.#fd);
    this.#open = false;
  }

  /** The length of the next message, which is in `#reply`. */
  #next(): number {
    for (;;) {
      const length = receive(this.#fd, this.#reply);
      if (length >= HEADER) return length;
      const error = length < 0 ? errno() : EAGAIN;
      if (error === EAGAIN) {
        if (!this.#poller.wait(PATIENCE_MS) && errno() !== EINTR) {
          throw new SystemError('netlink', 110);
        }
      } else if (error !== EINTR && error !== ENOBUFS) {
        throw new SystemError('recv', error);
      }
    }
  }
}
