import type { Fault } from '../model/fault.ts';
import type { Analysis } from '../model/analysis.ts';
import { Analyzer } from '../pipeline.ts';
import type { Reconciled } from '../process/outline.ts';
import { type Criteria, chosenOf } from '../replay/choice.ts';
import { type Chosen, ChosenLines, Prefix, type Wish } from '../replay/cut.ts';
import { type Departure, settledCut } from '../replay/cut-law.ts';
import { REASON, type Reason } from '../replay/needs.ts';
import { matchesRoot } from '../report/tree.ts';
import type { Filter } from '../store/store.ts';
import { documentMatcher } from '../store/matching.ts';
import { EXIT } from './analysis.ts';
import { inputsOf, readLines, withSpooled } from './lines.ts';
import { writeAll } from './output.ts';

/** What `godo cut` was asked for. Times in ms since the epoch. */
export interface CutOptions {
  readonly from?: number;
  readonly until?: number;
  readonly root?: string;
  readonly host?: string;
  readonly filter?: Filter;
  readonly below?: boolean;
  readonly quiet?: boolean;
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

/** An analysis with what it was concluded from. */
interface Analyzed {
  readonly analysis: Analysis;
  readonly reconciled: Reconciled;
}

/** `godo cut`: gives the exit status. */
export async function cutCommand(names: readonly string[], options: CutOptions): Promise<number> {
  return withSpooled(names, async (inputs) => cutInputs(inputs, options));
}

async function cutInputs(names: readonly string[], options: CutOptions): Promise<number> {
  const faults: Fault[] = [];
  const log = await analyzeAll(names, (fault) => faults.push(fault));
  for (const { kind, input = '?', reason } of faults) {
    if (kind === 'unreadable') process.stderr.write(`godo: ${input}: ${reason}\n`);
  }
  if (log === undefined) return EXIT.unreadable;
  const { until } = options;
  const whole =
    until === undefined ? log : await analyzeChosen(names, new Prefix(log.reconciled, until));
  const chosen = chosenOf(whole.analysis.processes, criteriaOf(options));
  if (chosen.size === 0) {
    process.stderr.write('godo: no process of this log is meant\n');
    return EXIT.usage;
  }
  const settled = await settledCut(
    { processes: whole.analysis.processes, reconciled: whole.reconciled },
    wishOf(chosen, options),
    async (part) => (await analyzeChosen(names, part)).analysis.processes,
  );
  const { cut, rounds, left } = settled;
  const counts = new Map<Reason, number>();
  const written = await writeAll(process.stdout, chosenChunks(names, cut, counts));
  if (options.quiet !== true) {
    const all = whole.analysis.summary.account.records;
    process.stderr.write(reportOf({ chosen: chosen.size, all, counts, rounds }));
  }
  for (const line of complaints(left)) process.stderr.write(line);
  if (written === 'closed') return EXIT.fine;
  if (faults.some(({ kind }) => kind === 'unreadable')) return EXIT.unreadable;
  return left.length > 0 ? EXIT.faults : EXIT.fine;
}

function wishOf(chosen: ReadonlySet<string>, { from, host, root, filter }: CutOptions): Wish {
  const everybody = root === undefined && filter === undefined;
  return {
    chosen,
    ...(from === undefined ? {} : { from }),
    ...(everybody ? { unnamed: host === undefined ? {} : { host } } : {}),
  };
}

function criteriaOf({ from, host, root, filter, below }: CutOptions): Criteria {
  return {
    ...(from === undefined ? {} : { from }),
    ...(host === undefined ? {} : { host }),
    ...(root === undefined ? {} : { root: (process) => matchesRoot(process, root) }),
    ...(filter === undefined ? {} : { filter: documentMatcher(filter) }),
    below: below === true,
  };
}

async function analyzeAll(
  names: readonly string[],
  onFault: (fault: Fault) => void,
): Promise<Analyzed | undefined> {
  const analyzer = new Analyzer();
  let opened = 0;
  for await (const { name, chunks, origin } of inputsOf(names, { plain: true, onFault })) {
    opened++;
    analyzer.open(name, origin);
    for await (const chunk of chunks) analyzer.push(chunk);
    analyzer.close();
  }
  return opened === 0 ? undefined : finished(analyzer);
}

const NEWLINE = Buffer.from('\n');

async function analyzeChosen(names: readonly string[], chosen: Chosen): Promise<Analyzed> {
  const analyzer = new Analyzer();
  const lines = new ChosenLines(chosen);
  const reader = {
    open(name: string, origin: Parameters<Analyzer['open']>[1]): void {
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
  for await (const _ of readLines(names, { plain: true, onFault: () => {} }, reader)) continue;
  return finished(analyzer);
}

function finished(analyzer: Analyzer): Analyzed {
  const analysis = analyzer.finish();
  return { analysis, reconciled: analyzer.reconciled() };
}

/** The kept lines, and how many there are for which reason. */
async function* chosenChunks(
  names: readonly string[],
  chosen: Chosen,
  counts: Map<Reason, number>,
): AsyncGenerator<Uint8Array, void> {
  const lines = new ChosenLines(chosen);
  let gathered: Buffer[] = [];
  const reader = {
    open: (_: string, origin: Parameters<Analyzer['open']>[1]) => lines.open(origin),
    line(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
      const reason = lines.reason(bytes, start, end, whole);
      if (reason === REASON.dropped) return;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      gathered.push(Buffer.from(bytes.subarray(start, end)), NEWLINE);
    },
    tooLong(): void {},
    close(): void {},
  };
  for await (const _ of readLines(names, { plain: true, onFault: () => {} }, reader)) {
    if (gathered.length === 0) continue;
    yield Buffer.concat(gathered);
    gathered = [];
  }
}

/** What was kept and why, as text. */
function reportOf({
  chosen,
  all,
  counts,
  rounds,
}: {
  readonly chosen: number;
  readonly all: number;
  readonly counts: ReadonlyMap<Reason, number>;
  readonly rounds: number;
}): string {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  const rows = Object.entries(WORDS).flatMap(([name, words]) => {
    const count = counts.get(REASON[name as keyof typeof REASON]) ?? 0;
    return count === 0 ? [] : [`${String(count).padStart(10)}  ${words}\n`];
  });
  const again =
    rounds === 0 ? '' : `, after more was taken ${rounds === 1 ? 'once' : `${rounds} times`}`;
  return `${chosen} processes; ${sum} of ${all} records kept${again}\n${rows.join('')}`;
}

/** Departures to name one by one. */
const NAMED = 20;

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
