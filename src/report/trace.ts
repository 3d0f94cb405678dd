/** What is in a trace, as data and as text. */
import { compareText } from '../base/compare.ts';
import { quoteForDisplay, shellQuote } from '../base/text.ts';
import type {
  AuditStatus,
  JournalEntry,
  Loss,
  Manifest,
  SegmentFacts,
  SegmentSource,
  StopReason,
} from '../model/trace.ts';
import type { SegmentContent, SegmentFile, TraceFolder } from '../source/trace.ts';

/** A segment: as it lies there, as the recorder wrote it down, and as it was read. */
export interface SegmentState {
  readonly file: SegmentFile;
  /** Absent for one that was not ended: it is being written, or the recorder was killed. */
  readonly recorded?: SegmentFacts;
  /** Absent where it was not read. */
  readonly content?: SegmentContent;
  /** Why it could not be read. */
  readonly error?: string;
}

export interface TraceReport {
  readonly manifest?: Manifest;
  /** Why recording ended; absent while it goes on and after a crash. */
  readonly end?: { readonly at: number; readonly reason: StopReason; readonly detail?: string };
  readonly sources: Readonly<Partial<Record<SegmentSource, SourceReport>>>;
  readonly losses: readonly (Loss & { readonly at: number })[];
  /** Changes of audit's settings by others. */
  readonly changes: readonly (AuditStatus & { readonly at: number })[];
  readonly notes: readonly string[];
  /** What does not fit together; empty for a trace as it should be. */
  readonly problems: readonly string[];
  /** Whether the segments were read and compared. */
  readonly verified: boolean;
}

export interface SourceReport {
  readonly segments: number;
  readonly records: number;
  readonly bytes: number;
  /** ms: the wall clock's for audit, the monotonic one's for the others. */
  readonly first?: number;
  readonly last?: number;
  readonly types: Readonly<Record<string, number>>;
}

/** Puts together what a trace says of itself and what was found in it. */
export function reportTrace(
  { manifest, journal, tornLines }: TraceFolder,
  segments: readonly SegmentState[],
  verified: boolean,
): TraceReport {
  const stop = journal.findLast((entry) => entry.kind === 'stop');
  const end = manifest?.end ?? (stop?.kind === 'stop' ? stop : undefined);
  return {
    ...(manifest === undefined ? {} : { manifest }),
    ...(end === undefined ? {} : { end }),
    sources: sourcesOf(segments),
    losses: journal.flatMap((entry) => (entry.kind === 'loss' ? [entry] : [])),
    changes: journal.flatMap((entry) =>
      entry.kind === 'status' ? [{ at: entry.at, ...entry.status }] : [],
    ),
    notes: journal.flatMap((entry) => (entry.kind === 'note' ? [entry.text] : [])),
    problems: [
      ...(manifest === undefined ? ['there is no manifest'] : []),
      ...(tornLines > 1 ? [`${tornLines} lines of the journal cannot be read`] : []),
      ...segments.flatMap((segment) => segmentProblems(segment, end !== undefined)),
      ...missing(journal, segments),
    ],
    verified,
  };
}

function sourcesOf(segments: readonly SegmentState[]): TraceReport['sources'] {
  const sources: Partial<Record<SegmentSource, SourceReport>> = {};
  for (const { recorded, content } of segments) {
    const facts = content ?? recorded;
    if (facts !== undefined) sources[facts.source] = sum(sources[facts.source], facts);
  }
  return sources;
}

function sum(before: SourceReport | undefined, facts: SegmentFacts): SourceReport {
  const types = new Map(Object.entries(before?.types ?? {}));
  for (const [type, n] of Object.entries(facts.types)) types.set(type, (types.get(type) ?? 0) + n);
  const first = least([before?.first, facts.first], Math.min);
  const last = least([before?.last, facts.last], Math.max);
  return {
    segments: (before?.segments ?? 0) + 1,
    records: (before?.records ?? 0) + facts.records,
    bytes: (before?.bytes ?? 0) + facts.bytes,
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    types: Object.fromEntries([...types].sort(([a], [b]) => compareText(a, b))),
  };
}

function least(
  values: readonly (number | undefined)[],
  choose: (...numbers: number[]) => number,
): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : choose(...known);
}

function segmentProblems(
  { file, recorded, content, error }: SegmentState,
  ended: boolean,
): string[] {
  const say = (what: string): string[] => [`${file.file}: ${what}`];
  if (error !== undefined) return say(error);
  if (recorded === undefined) return ended ? say('the recorder did not write it down') : [];
  if (content === undefined) return [];
  for (const name of ['bytes', 'records', 'first', 'last', 'sha256'] as const) {
    if (content[name] !== recorded[name]) {
      return say(`${name} is ${content[name]}, and was ${recorded[name]} when it was written`);
    }
  }
  return [];
}

function missing(journal: readonly JournalEntry[], segments: readonly SegmentState[]): string[] {
  const there = new Set(segments.map(({ file }) => file.file));
  return journal.flatMap((entry) =>
    entry.kind === 'segment' && !there.has(entry.segment.file)
      ? [`${entry.segment.file}: it is missing`]
      : [],
  );
}

/** The report for a terminal or a pipe, line by line. */
export function traceText(report: TraceReport): string[] {
  const { manifest } = report;
  return [
    ...(manifest === undefined ? [] : manifestLines(manifest)),
    row('ended', endText(report)),
    ...sourceLines(report),
    ...(manifest === undefined ? [] : ruleLines(manifest)),
    ...changeLines(report),
    ...report.notes.map((note) => row('note', quoteForDisplay(note))),
    ...lossLines(report),
    ...healthLines(report),
  ];
}

function row(name: string, value: string): string {
  return `${name.padEnd(10)} ${value}`;
}

function more(lines: readonly string[]): string[] {
  return lines.map((line) => row('', line));
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function manifestLines(manifest: Manifest): string[] {
  const { host, audit, options, processes, containers } = manifest;
  const command = options.command;
  const args = Array.isArray(command) ? command.map(String) : undefined;
  const status = audit.start;
  return [
    row('trace', `version ${manifest.version}, by godo ${manifest.godo}, pid ${manifest.recorder}`),
    row(
      'host',
      `${quoteForDisplay(host.name)}, Linux ${host.kernel} ${host.arch}, boot ${host.boot_id}`,
    ),
    row('begun', timeText(manifest.created)),
    row('what', args === undefined ? wholeText(manifest) : commandText(args, manifest)),
    ...derivedLines(manifest),
    row(
      'source',
      `audit by ${audit.mode}${manifest.connector ? ', process connector' : ''}${manifest.hints ? ', hints' : ''}`,
    ),
    ...(status === undefined
      ? []
      : [
          row(
            'audit',
            `backlog limit ${status.backlog_limit}, rate limit ${status.rate_limit}, lost before ${status.lost}`,
          ),
        ]),
    row(
      'alive',
      `${processes.length} processes at the start, ${containers.length} containers and units`,
    ),
    ...more(
      containers
        .filter(({ runtime }) => runtime !== 'systemd')
        .map(({ runtime, id }) => `${runtime} ${quoteForDisplay(id)}`),
    ),
  ];
}

function wholeText({ options }: Manifest): string {
  const recordings = options['recordings'];
  return Array.isArray(recordings) ? `${recordings.length} recordings in one` : 'the whole machine';
}

/** By which tools the trace was made of others. */
function derivedLines({ options }: Manifest): string[] {
  const derived: unknown = options['derived'];
  if (!Array.isArray(derived)) return [];
  const [first = '', ...rest] = derived.map((one) => quoteForDisplay(derivationText(one)));
  return [row('made', first), ...more(rest)];
}

function derivationText(derivation: unknown): string {
  if (typeof derivation !== 'object' || derivation === null) return String(derivation);
  const fields = Object.entries(derivation).filter(([name]) => name !== 'by');
  const by = 'by' in derivation ? String(derivation.by) : '?';
  const how = fields.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ');
  return how === '' ? `by ${by}` : `by ${by}: ${how}`;
}

function commandText(args: readonly string[], { session, root }: Manifest): string {
  const pid = root === undefined ? 'never started' : `pid ${root}`;
  return `${shellQuote(args)} (${pid}, session ${session ?? '?'})`;
}

function endText({ end }: TraceReport): string {
  if (end === undefined) return 'not yet, or the recorder was killed';
  const detail = end.detail === undefined ? '' : ` (${quoteForDisplay(end.detail)})`;
  return `${timeText(end.at)}: ${end.reason}${detail}`;
}

function sourceLines({ sources }: TraceReport): string[] {
  const lines: string[] = [];
  for (const source of (Object.keys(sources) as SegmentSource[]).sort(compareText)) {
    const facts = sources[source];
    if (facts === undefined) continue;
    const { records, bytes, segments, types } = facts;
    const span = source === 'audit' ? spanText(facts) : '';
    lines.push(row(source, `${records} records, ${bytes} bytes in ${segments} segments${span}`));
    const counts = Object.entries(types).map(([type, n]) => `${quoteForDisplay(type)} ${n}`);
    lines.push(...more(counts));
  }
  return lines;
}

function spanText({ first, last }: SourceReport): string {
  if (first === undefined || last === undefined) return '';
  return `, ${timeText(first)} to ${timeText(last)}`;
}

function ruleLines({ audit }: Manifest): string[] {
  const [first = 'none', ...rest] = audit.rules.map(quoteForDisplay);
  return [row('rules', first), ...more(rest)];
}

function changeLines({ changes }: TraceReport): string[] {
  return changes.map(({ at, enabled, pid, rate_limit, backlog_limit }) =>
    row(
      'changed',
      `${timeText(at)}: enabled ${enabled}, daemon ${pid}, rate limit ${rate_limit}, backlog limit ${backlog_limit}`,
    ),
  );
}

const LOSS_LINES = 20;

function lossLines({ losses }: TraceReport): string[] {
  if (losses.length === 0) return [row('losses', 'none')];
  const totals = new Map<string, number>();
  for (const { cause, count } of losses) totals.set(cause, (totals.get(cause) ?? 0) + (count ?? 0));
  const text = [...totals].map(([cause, count]) => `${cause} ${count}`).join(', ');
  const shown = losses.slice(0, LOSS_LINES).map(({ at, cause, count, place }) => {
    const where = place === undefined ? '' : ` in ${place.file} at ${place.offset}`;
    return `${timeText(at)} ${cause} ${count ?? 'unknown'}${where}`;
  });
  const left = losses.length - shown.length;
  return [row('losses', text), ...more(shown), ...(left > 0 ? more([`and ${left} more`]) : [])];
}

function healthLines({ problems, verified }: TraceReport): string[] {
  const [first, ...rest] = problems.map(quoteForDisplay);
  if (first !== undefined) return [row('problems', first), ...more(rest)];
  return [
    row(
      'health',
      verified
        ? 'all segments are as they were written'
        : 'fine (--verify reads the segments, too)',
    ),
  ];
}
