import { FAULT_KINDS, type Fault, type FaultKind } from '../model/fault.ts';
import { type Analysis, Analyzer } from '../pipeline.ts';
import { addFaults } from '../source/faults.ts';
import { openInputs } from '../source/inputs.ts';
import { ProgressBar } from './progress.ts';

/** The exit statuses of the program. */
export const EXIT = { fine: 0, faults: 1, usage: 2, unreadable: 3 } as const;

/** Analyzes the inputs; undefined when not one of them could be opened. Complaints go to stderr. */
export async function analyzeInputs(names: readonly string[]): Promise<Analysis | undefined> {
  const faults: Fault[] = [];
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const onFault = (fault: Fault): void => {
    faults.push(fault);
    if (fault.kind !== 'unreadable') return;
    bar.clear();
    process.stderr.write(`godo: ${fault.input ?? '?'}: ${fault.reason}\n`);
  };
  const onProgress = (read: number, total: number | undefined): void => bar.update(read, total);
  const analyzer = new Analyzer();
  let opened = 0;
  for await (const { name, chunks } of openInputs(names, { onFault, onProgress })) {
    opened++;
    analyzer.open(name);
    for await (const chunk of chunks) analyzer.push(chunk);
    analyzer.close();
  }
  if (opened > 0) bar.announce('putting the processes together');
  const analysis = opened > 0 ? addFaults(analyzer.finish(), faults) : undefined;
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
