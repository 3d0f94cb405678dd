/**
 * The summary of an analysis, for people and as data.
 */
import { quoteForDisplay } from '../base/text.ts';
import type { Analysis } from '../model/analysis.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from '../model/fault.ts';
import type { Summary } from '../model/summary.ts';
import { durationText, isoTime } from './time.ts';

/** What the summary is made of; the documents themselves are not needed. */
type Summarized = Pick<Analysis, 'summary' | 'faults'>;

/** Faults of one kind shown with their place; the JSON form has all that were kept. */
const SHOWN_FAULTS = 3;

/** The summary as aligned lines, without line ends. */
export function summaryText({ summary, faults }: Summarized): string[] {
  const rows: [string, string][] = [
    ['records', accountText(summary)],
    ['events', `${summary.events}`],
    ['processes', `${summary.processes}`],
    ['threads', `${summary.threads}`],
    ['span', spanText(summary)],
    ['hosts', hostsText(summary)],
    ['faults', faultsText(summary)],
    ['digest', summary.digest],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(9)}  ${value}`);
  const at = lines.length - 1;
  return [...lines.slice(0, at), ...faultLines(summary, faults), ...lines.slice(at)];
}

function accountText({ account }: Summary): string {
  const { records, attached, ignored, rejected } = account;
  const rules = Object.keys(ignored);
  const total = rules.reduce((sum, rule) => sum + ignored[rule], 0);
  const detail = rules.map((rule) => `${rule} ${ignored[rule]}`).join(', ');
  const byRule = detail === '' ? '' : ` (${detail})`;
  return `${records} in = ${attached} attached + ${total} ignored${byRule} + ${rejected} rejected`;
}

function spanText({ first_timestamp: first, last_timestamp: last }: Summary): string {
  if (first === undefined || last === undefined) return 'no events';
  return `${isoTime(first)} to ${isoTime(last)} (${durationText(last - first)})`;
}

function hostsText({ hosts, boots }: Summary): string {
  const names = hosts.map((host) => (host === '' ? 'one without a name' : quoteForDisplay(host)));
  const list = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return `${hosts.length}${list}, ${boots} ${boots === 1 ? 'boot' : 'boots'}`;
}

/** Kinds in the order of `FAULT_KINDS`, whatever the order of the counts. */
function kindsOf(summary: Summary): FaultKind[] {
  const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
  return kinds.filter((kind) => (summary.faults[kind] ?? 0) > 0);
}

function faultsText(summary: Summary): string {
  const kinds = kindsOf(summary);
  if (kinds.length === 0) return 'none';
  return kinds
    .map((kind) => `${summary.faults[kind]} ${kind} (${FAULT_KINDS[kind][1]})`)
    .join(', ');
}

function faultLines(summary: Summary, faults: readonly Fault[]): string[] {
  const lines: string[] = [];
  for (const kind of kindsOf(summary)) {
    const shown = faults.filter((fault) => fault.kind === kind).slice(0, SHOWN_FAULTS);
    for (const fault of shown)
      lines.push(`  ${kind}: ${placeText(fault)}${quoteForDisplay(fault.reason)}`);
    const rest = (summary.faults[kind] ?? 0) - shown.length;
    if (rest > 0 && shown.length > 0) lines.push(`  ${kind}: … and ${rest} more`);
  }
  return lines;
}

/** Where a fault is, with a colon after it; empty where nothing tells. */
export function placeText({ input, offset, event }: Fault): string {
  const place: string[] = [];
  if (input !== undefined) place.push(input === '-' ? 'standard input' : quoteForDisplay(input));
  if (offset !== undefined) place.push(`byte ${offset}`);
  if (event !== undefined) place.push(`event ${quoteForDisplay(event)}`);
  return place.length === 0 ? '' : `${place.join(', ')}: `;
}

/** The summary as data: its times as ISO 8601 text, and the first faults of each kind with it. */
function summaryObject({ summary, faults }: Summarized): Record<string, unknown> {
  const { bytes, account, events, processes, threads, first_timestamp, last_timestamp } = summary;
  const { hosts, boots, record_types, digest } = summary;
  const span: Record<string, string> = {};
  if (first_timestamp !== undefined) span.first_timestamp = isoTime(first_timestamp);
  if (last_timestamp !== undefined) span.last_timestamp = isoTime(last_timestamp);
  const counts = {
    bytes,
    account,
    events,
    processes,
    threads,
    ...span,
    hosts,
    boots,
    record_types,
  };
  return { ...counts, faults: summary.faults, first_faults: faults, digest };
}

/** The summary as one line of JSON. */
export function summaryJson(summarized: Summarized): string {
  return JSON.stringify(summaryObject(summarized));
}
