/**
 * A whole analysis as one JSON document.
 */
import type { Analysis } from '../model/analysis.ts';
import { SCHEMA_VERSION } from '../model/process.ts';
import { documentChunks } from './ndjson.ts';
import { summaryJson } from './summary.ts';

/**
 * `{"schema_version", "summary", "processes": […]}` as UTF-8 in pieces: one process a
 * line, each as in NDJSON.
 */
export function* jsonChunks(analysis: Analysis): Generator<Uint8Array, void> {
  const summary = summaryJson(analysis);
  yield Buffer.from(
    `{"schema_version":${SCHEMA_VERSION},\n"summary":${summary},\n"processes":[\n`,
    'utf8',
  );
  yield* documentChunks(analysis.processes, ',\n');
  yield Buffer.from('\n]}\n', 'utf8');
}
