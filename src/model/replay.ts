/** What a replay did: the report that ends it. */

/** Lines that were altered on purpose, as they were played. */
export interface FaultCounts {
  /** Left out. */
  readonly dropped: number;
  /** Played a second time. */
  readonly duplicated: number;
  /** Played later than they were due. */
  readonly delayed: number;
  readonly truncated: number;
  readonly corrupted: number;
  /** With another time than the record's own. */
  readonly skewed: number;
}

/** How late lines were handed over, in ms after they were due. */
export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Why a replay ended before all was played. */
export type ReplayStop = 'interrupted' | 'sink-gone';

export interface ReplayReport {
  readonly sink: string;
  readonly order: string;
  readonly order_seed: number;
  /** Of the faults. */
  readonly seed: number;
  /** Times the recorded speed; Infinity for as fast as the sink takes it. */
  readonly speed: number;
  /** What was to be played, and what the sink has taken. */
  readonly planned: number;
  readonly lines: number;
  /** Of which at least one line was delivered. */
  readonly events: number;
  readonly bytes: number;
  /** From the first to the last line that was to be played, in ms of the recording's time. */
  readonly span: number;
  /** What that span takes at this speed, ms; 0 at the greatest. */
  readonly wanted: number;
  /** What it took, ms. */
  readonly took: number;
  /** Absent at the greatest speed, and where nothing was delivered. */
  readonly lateness?: Lateness;
  readonly faults: FaultCounts;
  readonly stopped?: ReplayStop;
  /** What went wrong with the sink. */
  readonly reason?: string;
}
