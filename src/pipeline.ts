// placeholder while the stages are written; see docs/architecture.md
import type { Fault } from './model/fault.ts';
import type { ProcessDocument } from './model/process.ts';
import type { Summary } from './model/summary.ts';

/** Everything one analysis concludes. */
export interface Analysis {
  /** Sorted by `_id` in code-unit order. */
  readonly processes: readonly ProcessDocument[];
  readonly summary: Summary;
  /** The first faults of each kind (at most 20 a kind), in a fixed order. */
  readonly faults: readonly Fault[];
}

/** One named input, already in memory. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}
