import type { Fault } from './fault.ts';
import type { ProcessDocument } from './process.ts';
import type { Summary } from './summary.ts';

/** Documents that are made while they are read, anew each time: a large analysis is never whole in memory. */
export interface Processes extends Iterable<ProcessDocument> {
  readonly length: number;
}

/** Everything one analysis concludes. */
export interface Analysis {
  /** Sorted by `_id` in code-unit order. */
  readonly processes: Processes;
  readonly summary: Summary;
  /** The first faults of each kind (at most 20 a kind), in the order of FAULT_KINDS. */
  readonly faults: readonly Fault[];
}
