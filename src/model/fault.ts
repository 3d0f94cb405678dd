/**
 * Faults: what was wrong with the input, as counted data.
 *
 * Bad input never throws. Each stage reports what it found here; the summary
 * counts all of them by kind and keeps the first few with their place.
 */

/** `error` loses or distorts data, `warning` may, `info` is worth knowing and costs nothing. */
export type Severity = 'error' | 'warning' | 'info';

/** The stage that noticed. */
export type Stage = 'source' | 'record' | 'event' | 'order' | 'process';

/** Every kind of fault with its stage, severity and meaning: the one list that code and docs share. */
export const FAULT_KINDS = {
  unreadable: ['source', 'error', 'the input could not be read to its end'],
  'gzip-damaged': [
    'source',
    'error',
    'the gzip stream is damaged or cut; what came before is used',
  ],
  'line-too-long': ['source', 'error', 'the line is longer than 1 MiB'],
  'recorder-loss': ['source', 'error', 'records were lost while recording, as the trace says'],
  'not-connector': ['record', 'error', 'the line is not an event of the process connector'],
  'not-audit': ['record', 'error', 'the line is not an audit record'],
  'bad-header': ['record', 'error', 'the record has no readable msg=audit(SEC.MS:SERIAL)'],
  'bad-field': [
    'record',
    'error',
    'a field that the record type must have is missing or unreadable',
  ],
  truncated: ['record', 'error', 'the last line of the input is cut in the middle of a record'],
  conflict: ['event', 'error', 'two different records claim the same place in one event'],
  'no-syscall': [
    'event',
    'warning',
    'the event has records that need a SYSCALL record, and none came',
  ],
  'missing-arguments': ['event', 'warning', 'EXECVE records hold fewer arguments than argc says'],
  'no-execve': ['event', 'warning', 'a successful exec has no EXECVE record'],
  'unknown-arch': ['event', 'warning', 'the architecture is not one whose system calls are known'],
  'clock-step': ['order', 'warning', 'the clock went backwards while recording'],
  'no-fork': ['process', 'info', 'a process began inside the log and no fork accounts for it'],
} as const satisfies Record<string, readonly [Stage, Severity, string]>;

export type FaultKind = keyof typeof FAULT_KINDS;

/** One fault. Absent fields are unknown or do not apply. */
export interface Fault {
  readonly kind: FaultKind;
  readonly severity: Severity;
  readonly stage: Stage;
  /** What exactly is wrong, in words; deterministic. */
  readonly reason: string;
  /** The input's name as given (a path, or `-`). */
  readonly input?: string;
  /** Byte offset of the line in that input after decompression. */
  readonly offset?: number;
  /** The event concerned, as `SEC.MS:SERIAL`. */
  readonly event?: string;
}

/** A fault with the stage and severity of its kind. `place`: what of it is known. */
export function faultOf(
  kind: FaultKind,
  reason: string,
  place: Pick<Fault, 'input' | 'offset' | 'event'>,
): Fault {
  const [stage, severity] = FAULT_KINDS[kind];
  return { kind, severity, stage, reason, ...place };
}
