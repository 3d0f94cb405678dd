import type { Analysis } from '../model/analysis.ts';
import type { TraceInput } from '../model/stored-trace.ts';
import { jsonChunks } from '../report/json.ts';
import { ndjsonChunks } from '../report/ndjson.ts';
import { writtenText } from '../report/traces.ts';
import { summaryJson, summaryText } from '../report/summary.ts';
import { matchesRoot, renderTree } from '../report/tree.ts';
import { openStore } from '../store/open.ts';
import { analyzeInputs, EXIT, exitStatus } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';
import { ProgressBar } from './progress.ts';
import { USUAL_STORE } from './stores.ts';
import { terminalOf } from './terminal.ts';

/** What `godo analyze` was asked for. */
export interface AnalyzeOptions {
  readonly format: 'tree' | 'ndjson' | 'json' | 'none';
  readonly summary: 'text' | 'json';
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly without?: 'connector';
  readonly root?: string;
  readonly depth?: number;
  readonly at?: number;
  /** A store to write to; true is the usual folder. */
  readonly store?: string | true;
  /** The version of godo, which goes into the store. */
  readonly version: string;
}

/** `godo analyze`: documents to stdout, the summary to stderr; gives the exit status. */
export async function analyzeCommand(
  names: readonly string[],
  options: AnalyzeOptions,
): Promise<number> {
  const analysis = await (options.store === undefined
    ? analyzeInputs(names, { withoutConnector: options.without === 'connector' })
    : analyzeAndStore(names, options));
  if (analysis === undefined) return EXIT.unreadable;
  const output = await writeAll(process.stdout, outputChunks(analysis, options));
  if (options.quiet !== true) {
    const lines = options.summary === 'json' ? [summaryJson(analysis)] : summaryText(analysis);
    await writeAll(process.stderr, linesAsText(lines));
  }
  // Whoever closes the pipe has seen enough.
  if (output === 'closed') return EXIT.fine;
  if (nothingMatches(analysis, options)) {
    process.stderr.write(`godo: no process of this log is called ${options.root}\n`);
    return EXIT.usage;
  }
  return exitStatus(analysis, options.strict === true);
}

/** The store is opened first: whether that works is known before a long analysis and not after it. */
async function analyzeAndStore(
  names: readonly string[],
  { store: uri, version, quiet, without }: AnalyzeOptions,
): Promise<Analysis | undefined> {
  const store = await openStore(typeof uri === 'string' ? uri : USUAL_STORE, { mode: 'write' });
  try {
    const inputs: TraceInput[] = [];
    const analysis = await analyzeInputs(names, {
      withoutConnector: without === 'connector',
      onInput: (input) => inputs.push(input),
    });
    if (analysis === undefined) return undefined;
    const bar = new ProgressBar(process.stderr, () => performance.now());
    const onProgress = (n: number): void => bar.announce(`storing: ${n} processes`);
    const written = await store
      .write(analysis, { inputs, version, onProgress })
      .finally(() => bar.clear());
    if (quiet !== true) process.stderr.write(`${writtenText(written, store.name)}\n`);
    return analysis;
  } finally {
    await store.close();
  }
}

function outputChunks(
  analysis: Analysis,
  { format, root, depth, at }: AnalyzeOptions,
): Iterable<Uint8Array | string> {
  if (format === 'ndjson') return ndjsonChunks(analysis.processes);
  if (format === 'json') return jsonChunks(analysis);
  if (format === 'none') return [];
  const options = {
    ...terminalOf(process.stdout, process.env),
    ...(root === undefined ? {} : { root }),
    ...(depth === undefined ? {} : { depth }),
    ...(at === undefined ? {} : { at }),
  };
  return linesAsText(renderTree([...analysis.processes], options));
}

function nothingMatches({ processes }: Analysis, { root }: AnalyzeOptions): boolean {
  if (root === undefined) return false;
  for (const process of processes) if (matchesRoot(process, root)) return false;
  return true;
}
