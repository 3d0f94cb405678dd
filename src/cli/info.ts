import { wordsOf } from '../base/errors.ts';
import type { SegmentFacts } from '../model/trace.ts';
import { reportTrace, type SegmentState, type TraceReport, traceText } from '../report/trace.ts';
import { readSegment, readTrace, type SegmentFile } from '../source/trace.ts';
import { EXIT } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';

/** What `godo info` was asked for. */
export interface InfoOptions {
  readonly verify?: boolean;
  readonly format: 'text' | 'json';
}

/** `godo info`: what is in a trace; gives the exit status. */
export async function infoCommand(folder: string, options: InfoOptions): Promise<number> {
  let report: TraceReport;
  try {
    report = await reportOn(folder, options.verify === true);
  } catch (error) {
    process.stderr.write(`godo: ${folder}: ${wordsOf(error)}\n`);
    return EXIT.unreadable;
  }
  const lines = options.format === 'json' ? [JSON.stringify(report)] : traceText(report);
  await writeAll(process.stdout, linesAsText(lines));
  return report.problems.length > 0 ? EXIT.faults : EXIT.fine;
}

async function reportOn(folder: string, verify: boolean): Promise<TraceReport> {
  const trace = await readTrace(folder);
  const recorded = new Map<string, SegmentFacts>();
  for (const entry of trace.journal) {
    if (entry.kind === 'segment') recorded.set(entry.segment.file, entry.segment);
  }
  const states: SegmentState[] = [];
  for (const file of trace.files) states.push(await stateOf(file, recorded.get(file.file), verify));
  return reportTrace(trace, states, verify);
}

async function stateOf(
  file: SegmentFile,
  recorded: SegmentFacts | undefined,
  verify: boolean,
): Promise<SegmentState> {
  const known = recorded === undefined ? {} : { recorded };
  // One that was not ended has no figures but its own lines.
  if (!verify && recorded !== undefined) return { file, ...known };
  try {
    return { file, ...known, content: await readSegment(file) };
  } catch (error) {
    return { file, ...known, error: wordsOf(error) };
  }
}
