import { renderExplanation } from '../report/explain.ts';
import { analyzeInputs, EXIT, exitStatus } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';

/** `godo explain`: everything that is concluded about a pid, and why; gives the exit status. */
export async function explainCommand(names: readonly string[], pid: number): Promise<number> {
  const analysis = await analyzeInputs(names);
  if (analysis === undefined) return EXIT.unreadable;
  const lines = [...renderExplanation([...analysis.processes], pid)];
  if (lines.length === 0) {
    process.stderr.write(`godo: no process of this log has the pid ${pid}\n`);
    return EXIT.usage;
  }
  const output = await writeAll(process.stdout, linesAsText(lines));
  return output === 'closed' ? EXIT.fine : exitStatus(analysis, false);
}
