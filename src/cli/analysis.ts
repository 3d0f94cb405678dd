import { createHash } from 'node:crypto';
import { FAULT_KINDS, type Fault, type FaultKind } from '../model/fault.ts';
import type { Analysis } from '../model/analysis.ts';
import type { TraceInput } from '../model/stored-trace.ts';
import { Analyzer } from '../pipeline.ts';
import { openInputs } from '../source/inputs.ts';
import { ProgressBar } from './progress.ts';

/** The exit statuses of the program. */
export const EXIT = {
  fine: 0,
  faults: 1,
  usage: 2,
  unreadable: 3,
  /** The store cannot be reached, read or written. */
  store: 4,
  /** It cannot be recorded here. */
  unable: 4,
  /** Recording had to stop early. */
  stopped: 5,
} as const;

/** What to do with inputs beside analyzing them. */
interface AnalyzeInputsOptions {
  /** Leaves the process connector's account out of traces. */
  readonly withoutConnector?: boolean;
  /** Is told what was read of each; without it that is not computed. */
  readonly onInput?: (input: TraceInput) => void;
  /** Is told what is wrong with inputs as such, when that is met. The analysis counts it, too. */
  readonly onFault?: (fault: Fault) => void;
}

/** Analyzes the inputs; undefined when not one of them could be opened. Complaints go to stderr. */
export async function analyzeInputs(
  names: readonly string[],
  { withoutConnector, onInput, onFault: tell }: AnalyzeInputsOptions = {},
): Promise<Analysis | undefined> {
  const analyzer = new Analyzer();
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const onProgress = (read: number, total: number | undefined): void => bar.update(read, total);
  const onFault = (fault: Fault): void => {
    const { kind, reason, input = '?', offset } = fault;
    tell?.(fault);
    analyzer.fault(kind, reason, input, offset);
    if (kind !== 'unreadable') return;
    bar.clear();
    process.stderr.write(`godo: ${input}: ${reason}\n`);
  };
  let opened = 0;
  const options = { onFault, onProgress, withoutConnector };
  for await (const { name, chunks, origin } of openInputs(names, options)) {
    opened++;
    analyzer.open(name, origin);
    const hash = onInput === undefined ? undefined : createHash('sha256');
    let size = 0;
    for await (const chunk of chunks) {
      analyzer.push(chunk);
      hash?.update(chunk);
      size += chunk.length;
    }
    analyzer.close();
    if (hash !== undefined) onInput?.({ name, size, sha256: hash.digest('hex') });
  }
  if (opened > 0) bar.announce('putting the processes together');
  const analysis = opened > 0 ? analyzer.finish() : undefined;
  bar.clear();
  return analysis;
}

/** The exit status that an analysis earns; `strict` counts warnings like errors. */
export function exitStatus(analysis: Analysis | undefined, strict: boolean): number {
  if (analysis === undefined) return EXIT.unreadable;
  const kinds = Object.keys(analysis.summary.faults) as FaultKind[];
  if (kinds.includes('unreadable')) return EXIT.unreadable;
  const counts = strict ? ['error', 'warning'] : ['error'];
  return kinds.some((kind) => counts.includes(FAULT_KINDS[kind][1])) ? EXIT.faults : EXIT.fine;
}
