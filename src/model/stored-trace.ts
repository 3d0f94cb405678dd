/**
 * The trace document: what one analysis was made from and came to, as a store keeps it.
 */
import type { Fault } from './fault.ts';

/** One input of an analysis, as its bytes were after decompression. */
export interface TraceInput {
  /** As given on the command line. */
  readonly name: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** One boot of one host, as far as it was recorded. Times are milliseconds since the epoch. */
export interface TraceBoot {
  /** `''` for a host without a name. */
  readonly node: string;
  readonly first_timestamp: number;
  readonly last_timestamp: number;
  /** `_id` of the process that comes first: it tells one recording from another. */
  readonly first_process: string;
}

/** How often a name occurred. Names come from the log, so they are values and never keys. */
export interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** The summary of `model/summary.ts` in the form that is stored. */
export interface TraceSummary {
  readonly bytes: number;
  readonly account: {
    readonly records: number;
    readonly attached: number;
    readonly ignored: readonly NamedCount[];
    readonly rejected: number;
  };
  readonly events: number;
  readonly processes: number;
  readonly threads: number;
  readonly first_timestamp?: number;
  readonly last_timestamp?: number;
  readonly record_types: readonly NamedCount[];
  readonly faults: readonly NamedCount[];
}

/** One analysis that was stored. */
export interface TraceDocument {
  /** From the content of the inputs, in whatever order they came; without inputs, from the digest. */
  readonly _id: string;
  /** `unfinished` from the first write on until all of its documents are there. */
  readonly state: 'unfinished' | 'finished';
  /** When it was first stored. */
  readonly stored_at: number;
  readonly godo_version: string;
  readonly schema_version: number;
  readonly inputs: readonly TraceInput[];
  readonly hosts: readonly string[];
  readonly boots: readonly TraceBoot[];
  readonly summary: TraceSummary;
  /** SHA-256 of the canonical NDJSON of the analysis. */
  readonly digest: string;
}

/** A fault as a store keeps it: with the trace that it belongs to. */
export interface StoredFault extends Fault {
  readonly _id: string;
  readonly trace: string;
}
