import type { FaultKind } from './fault.ts';

/** The account: every record that came in is in exactly one of the other three. */
export interface Account {
  readonly records: number;
  /** Belong to an event that a process document rests on. */
  readonly attached: number;
  /** Set aside by a named rule; counts by rule. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Unusable; each is also a fault of severity error. */
  readonly rejected: number;
}

/** What one analysis saw and concluded, beside the documents. */
export interface Summary {
  /** Bytes after decompression. */
  readonly bytes: number;
  readonly account: Account;
  readonly events: number;
  readonly processes: number;
  readonly threads: number;
  /** Entry times of the first and last event, ms since the epoch; absent without events. */
  readonly first_timestamp?: number;
  readonly last_timestamp?: number;
  /** Node names in code-unit order; the host without a name is `''`. */
  readonly hosts: readonly string[];
  /** Boots seen, over all hosts. */
  readonly boots: number;
  /** Records by type name, in code-unit order of the names. */
  readonly record_types: Readonly<Record<string, number>>;
  /** How many faults of each kind, all of them, in the order of FAULT_KINDS. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** SHA-256 of the canonical NDJSON, lower-case hex. */
  readonly digest: string;
}
