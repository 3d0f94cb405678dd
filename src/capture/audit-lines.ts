/** Audit messages from netlink to lines of the text form, as auditd writes them. */
import { timeOf } from '../base/audit-line.ts';
import { recordTypeName } from '../tables/records.ts';
import { HEADER } from './netlink.ts';
import type { SegmentWriter } from './segments.ts';

/** The kernel's MAX_AUDIT_MESSAGE_LENGTH with its header, rounded up. */
export const AUDIT_MESSAGE = 9216;

/** Below are answers and orders, not records. */
const FIRST_RECORD = 1005;
/** The kernel asks whether the daemon is alive. */
const AUDIT_REPLACE = 1329;

const NEWLINE = 10;
const SPACE = 32;

interface Head {
  readonly name: string;
  readonly bytes: Buffer;
}

const heads: (Head | undefined)[] = [];

function headOf(type: number): Head {
  const known = heads[type];
  if (known !== undefined) return known;
  const name = recordTypeName(type) ?? `UNKNOWN[${type}]`;
  const head = { name, bytes: Buffer.from(`type=${name} msg=`) };
  heads[type] = head;
  return head;
}

/**
 * Puts the message in `bytes[start, start + length)` into the segment, if it is a record,
 * and not one from before `since` (ms); whether it is one of those.
 */
export function writeAuditMessage(
  bytes: Buffer,
  start: number,
  length: number,
  segment: SegmentWriter,
  since = 0,
): boolean {
  if (length < HEADER) return false;
  const type = bytes.readUInt16LE(start + 4);
  if (type < FIRST_RECORD || type === AUDIT_REPLACE) return false;
  // The length in the header leaves out the header itself in some kernels: the datagram's counts.
  const from = start + HEADER;
  let end = start + length;
  while (end > from && (bytes[end - 1] === 0 || bytes[end - 1] === NEWLINE)) end--;
  const time = timeOf(bytes, from, end);
  if (time < since) return true;
  const { name, bytes: head } = headOf(type);
  segment.reserve(head.length + (end - from) + 1);
  const { buffer } = segment;
  const text = bytes.subarray(from, end);
  // Text of user space may hold line ends.
  for (let p = text.indexOf(NEWLINE); p >= 0; p = text.indexOf(NEWLINE, p + 1)) text[p] = SPACE;
  let at = segment.used;
  buffer.set(head, at);
  at += head.length;
  buffer.set(text, at);
  at += text.length;
  buffer[at++] = NEWLINE;
  segment.used = at;
  segment.count(name, time);
  return false;
}
