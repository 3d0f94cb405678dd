/**
 * What a store is: the one interface that both kinds implement.
 */
import type { Analysis } from '../model/analysis.ts';
import type { ProcessDocument } from '../model/process.ts';
import type { StoredFault, TraceDocument, TraceInput } from '../model/stored-trace.ts';

/** A filter in MongoDB's query language, as plain data: dates are `Date`, regular expressions `RegExp` or `$regex`. */
export type Filter = Readonly<Record<string, unknown>>;

/** Which documents to read, in which order, and how much of each. */
export interface Query {
  /** Everything, by default. */
  readonly filter?: Filter;
  /** Fields, dotted where they lie deeper, in order of their weight. Without it documents come by `_id`. */
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  /** No more than so many documents; it counts after `related`. */
  readonly limit?: number;
  /** Fields to keep (1) or to leave out (0); not both, but for `_id`. */
  readonly project?: Readonly<Record<string, 0 | 1>>;
  /** Adds everything below, or above, the processes that match. Each comes once. */
  readonly related?: 'descendants' | 'ancestors';
}

/** What a query gives: a process document, or what `project` leaves of it. Times are milliseconds. */
export type Found = Partial<ProcessDocument>;

/** How an analysis is stored. */
export interface WriteOptions {
  /** What it was made from; they identify the trace. Without them its digest does. */
  readonly inputs?: readonly TraceInput[];
  /** The version of godo, for the trace document. */
  readonly version?: string;
  /** Called now and then with the number of processes dealt with so far. */
  readonly onProgress?: (processes: number) => void;
}

/** What writing did. */
export interface Written {
  readonly trace: TraceDocument;
  /** Processes that this trace has the say about; of the others a longer recording is stored already. */
  readonly processes: number;
  /** Documents of the same run that were taken away, since a longer recording contradicts them. */
  readonly removed: number;
}

/**
 * A place that keeps processes, traces and faults. All methods throw `StoreError` when the
 * store cannot do it, and those that take a filter `FilterError` when it is wrong.
 */
export interface Store {
  /** How to call it in messages; holds no credentials. */
  readonly name: string;
  /** Stores an analysis. Idempotent; what was interrupted can simply be done again. */
  write(analysis: Analysis, options?: WriteOptions): Promise<Written>;
  /** The processes that a query asks for; read while they are taken. */
  find(query?: Query): AsyncIterable<Found>;
  /** How many processes match a filter. */
  count(filter?: Filter): Promise<number>;
  /** The processes that may have lived at a moment (milliseconds), and all of their ancestors. */
  aliveAt(at: number): AsyncIterable<ProcessDocument>;
  /** All traces, by the time at which they were first stored. */
  traces(): Promise<TraceDocument[]>;
  /** The faults that were kept, by trace. */
  faults(filter?: Filter): AsyncIterable<StoredFault>;
  close(): Promise<void>;
}

/** The store is not there, cannot be read or written, or is in use. Its message is for people and holds no credentials. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** The filter, order or projection is wrong. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

/** How a store is opened. */
export interface OpenOptions {
  /** `read` (the default) needs a store that is there; `write` makes one. */
  readonly mode?: 'read' | 'write';
  /** Milliseconds to wait for another writer, or for a server; 30 seconds by default. */
  readonly patience?: number;
}
