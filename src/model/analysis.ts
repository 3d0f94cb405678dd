import type { Fault } from './fault.ts';
import type { ProcessDocument } from './process.ts';
import type { Summary } from './summary.ts';

/** Everything one analysis concludes. */
export interface Analysis {
  /** Sorted by `_id` in code-unit order. */
  readonly processes: readonly ProcessDocument[];
  readonly summary: Summary;
  /** The first faults of each kind (at most 20 a kind), in the order of FAULT_KINDS. */
  readonly faults: readonly Fault[];
}
