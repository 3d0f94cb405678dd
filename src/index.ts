/**
 * godo as a library: audit records in, the true process tree out.
 *
 * `analyze` reads asynchronous chunks, `analyzeSync` bytes in memory, `Analyzer` takes
 * pushes; all three conclude the same. None of them touches the clock or the machine.
 * `openStore` keeps what they conclude, and finds it again.
 */
import type { Analysis } from './model/analysis.ts';
import type { TraceOrigin } from './model/trace.ts';
import { Analyzer } from './pipeline.ts';

export type { Analysis, Processes } from './model/analysis.ts';
export {
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type Severity,
  type Stage,
} from './model/fault.ts';
export {
  type Claim,
  type Confidence,
  type Evidence,
  type Exec,
  type ExitSource,
  type Incompleteness,
  type Omitted,
  type ProcessDocument,
  type Reparenting,
  SCHEMA_VERSION,
  type StartSource,
  type UnidentifiedChild,
} from './model/process.ts';
export type { Account, Summary } from './model/summary.ts';
export type {
  NamedCount,
  StoredFault,
  TraceBoot,
  TraceDocument,
  TraceInput,
  TraceSummary,
} from './model/stored-trace.ts';
export type { AliveProcess, TraceOrigin } from './model/trace.ts';
export { Analyzer, analyzeSync, type NamedBytes } from './pipeline.ts';
export { decodeText, encodeText } from './base/text.ts';
export { decodeRecord } from './record/decode.ts';
export type { DecodedRecord } from './record/decoded.ts';
export { isProblem, type ParsedRecord, parseRecord, type RecordProblem } from './record/parse.ts';
export { documentLine, ndjsonChunks } from './report/ndjson.ts';
export { renderTree, type TreeOptions } from './report/tree.ts';
export { type Input, openInputs } from './source/inputs.ts';
export { parseFilter } from './store/filter.ts';
export { openStore } from './store/open.ts';
export {
  type Filter,
  FilterError,
  type Found,
  type OpenOptions,
  type Query,
  type Store,
  StoreError,
  type WriteOptions,
  type Written,
} from './store/store.ts';

/** One named input as chunks of bytes, cut anywhere; already decompressed. */
export interface NamedChunks {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Of an input that belongs to a trace of `godo record`, as `openInputs` gives it. */
  readonly origin?: TraceOrigin;
}

/**
 * Analyzes inputs one after another. What order they come in, and how they are cut, does
 * not change the result. Rejects only with what the iterables themselves throw.
 */
export async function analyze(
  inputs: AsyncIterable<NamedChunks> | Iterable<NamedChunks>,
): Promise<Analysis> {
  const analyzer = new Analyzer();
  for await (const { name, chunks, origin } of inputs) {
    analyzer.open(name, origin);
    for await (const chunk of chunks) analyzer.push(chunk);
    analyzer.close();
  }
  return analyzer.finish();
}
