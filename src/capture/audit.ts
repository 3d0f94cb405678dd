/** The kernel's audit subsystem: its status, its rules, and who is its daemon. */
import type { AuditStatus } from '../model/trace.ts';
import { sendToKernel } from './libc.ts';
import { ControlSocket, NETLINK_AUDIT, NLMSG_DONE, request } from './netlink.ts';

const AUDIT_GET = 1000;
const AUDIT_SET = 1001;
const AUDIT_ADD_RULE = 1011;
const AUDIT_DEL_RULE = 1012;
const AUDIT_LIST_RULES = 1013;
const AUDIT_GET_FEATURE = 1019;

/** struct audit_status: where each field lies, and the bit that says it is to be set. */
const FIELDS = {
  enabled: [4, 0x01],
  failure: [8, 0x02],
  pid: [12, 0x04],
  rate_limit: [16, 0x08],
  backlog_limit: [20, 0x10],
  lost: [24, 0],
  backlog: [28, 0],
  backlog_wait_time: [36, 0x20],
} as const satisfies Record<keyof AuditStatus, readonly [number, number]>;

const STATUS_BYTES = 44;

/** What of the status can be set. */
export type Settings = Partial<Omit<AuditStatus, 'lost' | 'backlog'>>;

function statusMessage(settings: Settings): Buffer {
  const body = Buffer.alloc(STATUS_BYTES);
  let mask = 0;
  for (const [name, value] of Object.entries(settings)) {
    const [offset, bit] = FIELDS[name as keyof Settings];
    body.writeUInt32LE(value, offset);
    mask |= bit;
  }
  body.writeUInt32LE(mask, 0);
  return body;
}

/** struct audit_features: two bits are known, each may be on and locked. */
export interface Features {
  readonly onlyUnsetLoginuid: boolean;
  readonly loginuidImmutable: boolean;
}

/** Questions and orders to audit; every method throws SystemError where the kernel refuses. */
export class Audit {
  readonly #socket = new ControlSocket(NETLINK_AUDIT);

  status(): AuditStatus {
    let found: Buffer | undefined;
    this.#socket.call(
      AUDIT_GET,
      Buffer.alloc(0),
      (_, body) => {
        found = body;
      },
      (type) => type === AUDIT_GET,
    );
    const padded = Buffer.alloc(STATUS_BYTES);
    found?.copy(padded);
    return Object.fromEntries(
      Object.entries(FIELDS).map(([name, [offset]]) => [name, padded.readUInt32LE(offset)]),
    ) as unknown as AuditStatus;
  }

  set(settings: Settings): void {
    if (Object.keys(settings).length > 0) this.#socket.call(AUDIT_SET, statusMessage(settings));
  }

  features(): Features {
    let bits = 0;
    this.#socket.call(
      AUDIT_GET_FEATURE,
      Buffer.alloc(0),
      (_, body) => {
        bits = body.readUInt32LE(8);
      },
      (type) => type === AUDIT_GET_FEATURE,
    );
    return { onlyUnsetLoginuid: (bits & 1) !== 0, loginuidImmutable: (bits & 2) !== 0 };
  }

  /** Rules as the kernel lists them, each a `struct audit_rule_data`. */
  rules(): Buffer[] {
    const found: Buffer[] = [];
    this.#socket.call(
      AUDIT_LIST_RULES,
      Buffer.alloc(0),
      (type, body) => {
        if (type === AUDIT_LIST_RULES) found.push(body);
      },
      (type) => type === NLMSG_DONE,
    );
    return found;
  }

  addRule(rule: Uint8Array): void {
    this.#socket.call(AUDIT_ADD_RULE, rule);
  }

  deleteRule(rule: Uint8Array): void {
    this.#socket.call(AUDIT_DEL_RULE, rule);
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * Makes this process the audit daemon, with records going to the socket. No answer is
 * waited for, since records may stand before it; `Audit.status` tells whether it worked.
 */
export function becomeDaemon(fd: number): void {
  sendToKernel(fd, request(AUDIT_SET, statusMessage({ pid: process.pid })));
}
