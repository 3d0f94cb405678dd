import type { Analysis } from '../model/analysis.ts';
import { jsonChunks } from '../report/json.ts';
import { ndjsonChunks } from '../report/ndjson.ts';
import { summaryJson, summaryText } from '../report/summary.ts';
import { matchesRoot, renderTree } from '../report/tree.ts';
import { analyzeInputs, EXIT, exitStatus } from './analysis.ts';
import { linesAsText, writeAll } from './output.ts';
import { terminalOf } from './terminal.ts';

/** What `godo analyze` was asked for. */
export interface AnalyzeOptions {
  readonly format: 'tree' | 'ndjson' | 'json';
  readonly summary: 'text' | 'json';
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly without?: 'connector';
  readonly root?: string;
  readonly depth?: number;
  readonly at?: number;
}

/** `godo analyze`: documents to stdout, the summary to stderr; gives the exit status. */
export async function analyzeCommand(
  names: readonly string[],
  options: AnalyzeOptions,
): Promise<number> {
  const analysis = await analyzeInputs(names, options.without === 'connector');
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

function outputChunks(
  analysis: Analysis,
  { format, root, depth, at }: AnalyzeOptions,
): Iterable<Uint8Array | string> {
  if (format === 'ndjson') return ndjsonChunks(analysis.processes);
  if (format === 'json') return jsonChunks(analysis);
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
