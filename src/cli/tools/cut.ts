import type { Analysis } from '../../model/analysis.ts';
import type { Fault } from '../../model/fault.ts';
import type { TraceOrigin } from '../../model/trace.ts';
import { Analyzer } from '../../pipeline.ts';
import type { Reconciled } from '../../process/outline.ts';
import { type Criteria, chosenOf } from '../../replay/choice.ts';
import { type Chosen, ChosenLines, Prefix, type Wish } from '../../replay/cut.ts';
import { type Departure, settledCut } from '../../replay/cut-law.ts';
import type { Derivation } from '../../replay/manifests.ts';
import { REASON, type Reason } from '../../replay/needs.ts';
import { isoTime } from '../../report/time.ts';
import { matchesRoot } from '../../report/tree.ts';
import { originsOf } from '../../source/trace.ts';
import { documentMatcher } from '../../store/matching.ts';
import { parseFilter } from '../../store/filter.ts';
import { EXIT } from '../analysis.ts';
import { hintsOf } from '../output/hints.ts';
import { InputFaults, inputsOf, readLines, withSpooled } from './lines.ts';
import {
  LEFT_OUT,
  type OutputStream,
  type RecordingOutput,
  type Written,
} from '../output/output-lines.ts';
import { isTraceWanted, openOutput, type OutputFlags } from '../output/recording-output.ts';
import { type SourceTrace, sourcesOf } from '../output/sources.ts';

/** What `godo cut` was asked for. Times in ms since the epoch. */
export interface CutOptions extends OutputFlags {
  readonly from?: number;
  readonly until?: number;
  readonly root?: string;
  readonly host?: string;
  /** In extended JSON. */
  readonly filter?: string;
  readonly below?: boolean;
}

/** What the lines were kept for, in words. */
const WORDS: Readonly<Record<Exclude<keyof typeof REASON, 'dropped'>, string>> = {
  own: 'of the processes',
  evidence: 'evidence about them, logged by others',
  child: 'first signs of their children',
  ancestor: 'of their ancestors and adopters',
  inherited: 'what they were born with',
  clock: "set the log's clock",
  namespace: 'of their pid namespaces',
  context: 'without which the rest would mean something else',
  unnamed: 'of no process',
};

/** Departures to name one by one. */
const NAMED = 20;
const NEWLINE = Buffer.from('\n');

/** The inputs, and how they are read: the same way each time. */
interface Log {
  readonly names: readonly string[];
  readonly plain: boolean;
}

/** An analysis with what it was concluded from. */
interface Analyzed {
  readonly analysis: Analysis;
  readonly reconciled: Reconciled;
}

/**
 * `godo cut`: gives the exit status. Throws FilterError, and UsageError and OutputError where the
 * output cannot be opened or written.
 */
export async function cutCommand(names: readonly string[], options: CutOptions): Promise<number> {
  const criteria = criteriaOf(options);
  return withSpooled(names, async (inputs) => {
    const sources = await sourcesOf(inputs);
    const derivation = derivationOf(options);
    const output = openOutput(options, { sources, derivation });
    try {
      const log = { names: inputs, plain: !isTraceWanted(options) };
      return await cutTo(output, log, sources.traces, criteria, options);
    } catch (error) {
      output.discard();
      throw error;
    }
  });
}

async function cutTo(
  output: RecordingOutput,
  log: Log,
  traces: readonly SourceTrace[],
  criteria: Criteria,
  options: CutOptions,
): Promise<number> {
  const faults = new InputFaults(!log.plain);
  const read = await wholeOf(log, options.until, faults);
  if (read === undefined) {
    output.discard();
    return EXIT.unreadable;
  }
  const { whole, records } = read;
  const { processes } = whole.analysis;
  const chosen = chosenOf(processes, criteria);
  if (chosen.size === 0) {
    output.discard();
    process.stderr.write('godo: no process of this log is meant\n');
    return EXIT.usage;
  }
  const settled = await settledCut(
    { processes, reconciled: whole.reconciled },
    wishOf(chosen, options),
    async (part) => (await analyzeChosen(log, part)).analysis.processes,
  );
  const { cut, rounds, left } = settled;
  // The records of a trace name no host: a log of them must, or its processes would have other names.
  if (traces.some(({ manifest }) => originsOf(manifest).audit.host !== '')) output.nameHosts();
  const counts = await putChosen(output, log, traces, cut);
  const written = await output.finish();
  if (options.quiet !== true) {
    process.stderr.write(reportOf({ chosen: chosen.size, records, counts, rounds, written }));
  }
  process.stderr.write(complaints(left).join(''));
  return Math.max(faults.status, left.length > 0 ? EXIT.faults : EXIT.fine);
}

function derivationOf({ from, until, root, host, filter, below }: CutOptions): Derivation {
  return {
    by: 'cut',
    ...(from === undefined ? {} : { from: isoTime(from) }),
    ...(until === undefined ? {} : { until: isoTime(until) }),
    ...(root === undefined ? {} : { root }),
    ...(host === undefined ? {} : { host }),
    ...(filter === undefined ? {} : { filter }),
    ...(below === undefined ? {} : { below }),
  };
}

function wishOf(
  chosen: ReadonlySet<string>,
  { from, until, host, root, filter }: CutOptions,
): Wish {
  const everybody = root === undefined && filter === undefined;
  return {
    chosen,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(everybody ? { unnamed: host === undefined ? {} : { host } } : {}),
  };
}

function criteriaOf({ from, host, root, filter, below }: CutOptions): Criteria {
  return {
    ...(from === undefined ? {} : { from }),
    ...(host === undefined ? {} : { host }),
    ...(root === undefined ? {} : { root: (process) => matchesRoot(process, root) }),
    ...(filter === undefined ? {} : { filter: documentMatcher(parseFilter(filter)) }),
    below: below === true,
  };
}

/** What is cut: all that is logged, or the log as it stood at a moment; and how many lines there are. */
async function wholeOf(
  log: Log,
  until: number | undefined,
  faults: InputFaults,
): Promise<{ whole: Analyzed; records: number } | undefined> {
  const all = await analyzeAll(log, (fault) => faults.add(fault));
  if (all === undefined) return undefined;
  const { records } = all.analysis.summary.account;
  if (until === undefined) return { whole: all, records };
  return { whole: await analyzeChosen(log, new Prefix(all.reconciled, until)), records };
}

async function analyzeAll(
  { names, plain }: Log,
  onFault: (fault: Fault) => void,
): Promise<Analyzed | undefined> {
  const analyzer = new Analyzer();
  let opened = 0;
  for await (const { name, chunks, origin } of inputsOf(names, { plain, onFault })) {
    opened++;
    analyzer.open(name, origin);
    for await (const chunk of chunks) analyzer.push(chunk);
    analyzer.close();
  }
  return opened === 0 ? undefined : finished(analyzer);
}

async function analyzeChosen({ names, plain }: Log, chosen: Chosen): Promise<Analyzed> {
  const analyzer = new Analyzer();
  const lines = new ChosenLines(chosen);
  const reader = {
    open(name: string, origin: TraceOrigin | undefined): void {
      lines.open(origin);
      analyzer.open(name, origin);
    },
    line(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
      if (lines.reason(bytes, start, end, whole) === REASON.dropped) return;
      analyzer.push(bytes.subarray(start, end));
      analyzer.push(NEWLINE);
    },
    tooLong(): void {},
    close: () => analyzer.close(),
  };
  // Whatever is wrong with an input was said when it was read first.
  for await (const _ of readLines(names, { plain, onFault: () => {} }, reader)) continue;
  return finished(analyzer);
}

function finished(analyzer: Analyzer): Analyzed {
  const analysis = analyzer.finish();
  return { analysis, reconciled: analyzer.reconciled() };
}

/** Writes the kept lines, and counts them by reason. */
async function putChosen(
  output: RecordingOutput,
  { names, plain }: Log,
  traces: readonly SourceTrace[],
  chosen: Chosen,
): Promise<Map<Reason, number>> {
  const counts = new Map<Reason, number>();
  const lines = new ChosenLines(chosen);
  let stream: OutputStream = { name: '' };
  let isDue = false;
  const put = (reason: Reason, bytes: Uint8Array, start: number, end: number): void => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (output.put(stream, bytes, start, end)) isDue = true;
  };
  const reader = {
    open(name: string, origin: TraceOrigin | undefined): void {
      stream = origin === undefined ? { name } : { name, origin };
      lines.open(origin);
    },
    line(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
      const reason = lines.reason(bytes, start, end, whole);
      if (reason !== REASON.dropped) put(reason, bytes, start, end);
    },
    tooLong: () => output.leaveOut(LEFT_OUT.tooLong, 1),
    close(): void {},
  };
  for await (const _ of readLines(names, { plain, onFault: () => {} }, reader)) {
    if (!isDue) continue;
    isDue = false;
    if (!(await output.drain())) return counts;
  }
  if (plain) return counts;
  for (const trace of traces) {
    lines.open(originsOf(trace.manifest).connector);
    for await (const hint of hintsOf([trace])) {
      const { bytes } = hint;
      const reason = lines.hintReason(bytes);
      ({ stream } = hint);
      if (reason === REASON.dropped) output.leaveOut(LEFT_OUT.hintsDropped, 1);
      else put(reason, bytes, 0, bytes.length);
    }
  }
  return counts;
}

/** What was kept and why, as text. */
function reportOf(account: {
  readonly chosen: number;
  readonly records: number;
  readonly counts: ReadonlyMap<Reason, number>;
  readonly rounds: number;
  readonly written: Written;
}): string {
  const { chosen, records, counts, rounds, written } = account;
  const rows = Object.entries(WORDS).flatMap(([name, words]) => {
    const count = counts.get(REASON[name as keyof typeof REASON]) ?? 0;
    return count === 0 ? [] : [`${String(count).padStart(10)}  ${words}\n`];
  });
  const times = rounds === 1 ? 'once' : `${rounds} times`;
  const again = rounds === 0 ? '' : `, after more was taken ${times}`;
  const left = [...written.leftOut].map(
    ([reason, count]) => `godo: ${count} ${count === 1 ? 'line' : 'lines'} ${reason}\n`,
  );
  const kept = `godo: ${chosen} processes: ${written.lines} of ${records} lines kept${again}\n`;
  return [kept, ...rows, ...left].join('');
}

function complaints(left: readonly Departure[]): string[] {
  if (left.length === 0) return [];
  const named = left.slice(0, NAMED).map(({ process: id, fields }) => {
    const what = fields.length === 0 ? 'is not there' : `differs in ${fields.join(', ')}`;
    return `godo:   ${id} ${what}\n`;
  });
  const more = left.length - named.length;
  return [
    `godo: analysis of the cut says something else of ${left.length} processes:\n`,
    ...named,
    ...(more > 0 ? [`godo:   and ${more} more\n`] : []),
  ];
}
