/**
 * Traces: what identifies an analysis, and which of two has the say about a process.
 */
import { createHash } from 'node:crypto';
import { compareText } from '../base/compare.ts';
import type { Analysis } from '../model/analysis.ts';
import { type ProcessDocument, SCHEMA_VERSION } from '../model/process.ts';
import type {
  NamedCount,
  StoredFault,
  TraceBoot,
  TraceDocument,
  TraceInput,
} from '../model/stored-trace.ts';

/** What a trace document says beside the analysis. */
export interface TraceOrigin {
  readonly inputs: readonly TraceInput[];
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The trace document of an analysis, still unfinished. Reads the documents once, or twice over several boots. */
export function traceOf(analysis: Analysis, origin: TraceOrigin): TraceDocument {
  const { summary } = analysis;
  const inputs = origin.inputs.toSorted(
    (a, b) => compareText(a.sha256, b.sha256) || compareText(a.name, b.name),
  );
  const { bytes, events, processes, threads, first_timestamp, last_timestamp, account } = summary;
  return {
    _id: traceId(inputs, summary.digest),
    state: 'unfinished',
    stored_at: origin.now,
    godo_version: origin.version,
    schema_version: SCHEMA_VERSION,
    inputs,
    hosts: summary.hosts,
    boots: bootsOf(analysis),
    summary: {
      bytes,
      account: { ...account, ignored: counts(account.ignored) },
      events,
      processes,
      threads,
      ...(first_timestamp === undefined ? {} : { first_timestamp }),
      ...(last_timestamp === undefined ? {} : { last_timestamp }),
      record_types: counts(summary.record_types),
      faults: counts(summary.faults),
    },
    digest: summary.digest,
  };
}

/** The same inputs, in whatever order and under whatever names, are the same trace. */
function traceId(inputs: readonly TraceInput[], digest: string): string {
  const hash = createHash('sha256');
  if (inputs.length === 0) hash.update(`digest ${digest}\n`);
  for (const { sha256, size } of inputs) hash.update(`${sha256} ${size}\n`);
  return hash.digest('hex').slice(0, 32);
}

function counts(byName: Readonly<Record<string, number>>): NamedCount[] {
  return Object.entries(byName).map(([name, count]) => ({ name, count }));
}

/** The faults of an analysis as documents; their order is part of their `_id`. */
export function faultsOf({ faults }: Analysis, trace: string): StoredFault[] {
  return faults.map((fault, i) => ({
    _id: `${trace}/${String(i).padStart(4, '0')}`,
    trace,
    ...fault,
  }));
}

interface Seen {
  readonly id: string;
  readonly node: string;
  readonly serial: number;
  last: number;
}

/**
 * The boots as the documents show them. The summary says how many there are; where a host has
 * more than one, they are cut where the serial falls most.
 */
function bootsOf({ processes, summary }: Analysis): TraceBoot[] {
  const { hosts, boots, first_timestamp: first, last_timestamp: last } = summary;
  if (boots === 1 && first !== undefined && last !== undefined) {
    for (const { _id } of processes) {
      return [{ node: hosts[0], first_timestamp: first, last_timestamp: last, first_process: _id }];
    }
  }
  const starts = bootStarts(processes, boots - hosts.length);
  const found: { first: string; node: string; begin: number; end: number }[] = [];
  for (const p of processes) {
    const node = p.node ?? '';
    if (starts.has(p._id) || found.at(-1)?.node !== node) {
      found.push({ first: p._id, node, begin: Number.POSITIVE_INFINITY, end: 0 });
    }
    const boot = found[found.length - 1];
    boot.begin = Math.min(boot.begin, idPart(p._id).time);
    boot.end = Math.max(boot.end, lastSignOf(p));
  }
  return found.map(({ first: first_process, node, begin, end }) => ({
    node,
    first_timestamp: begin,
    last_timestamp: end,
    first_process,
  }));
}

/** The `_id`s at which so many further boots begin: where the serial falls most within a host. */
function bootStarts(processes: Iterable<ProcessDocument>, count: number): Set<string> {
  const falls: { id: string; by: number }[] = [];
  let before: Seen | undefined;
  for (const { _id: id, node = '' } of processes) {
    const { serial, time } = idPart(id);
    if (count > 0 && before?.node === node && serial < before.serial) {
      falls.push({ id, by: before.serial - serial });
      falls.sort((a, b) => b.by - a.by || compareText(a.id, b.id));
      falls.length = Math.min(falls.length, count);
    }
    before = { id, node, serial, last: time };
  }
  return new Set(falls.map(({ id }) => id));
}

/** Time and serial in an `_id` `NODE/SECONDS.MS/SERIAL/PID`; 0 in one that is not of this form. */
function idPart(id: string): { readonly time: number; readonly serial: number } {
  const match = /\/(?<seconds>\d+)\.(?<ms>\d{3})\/(?<serial>\d+)\/\d+$/.exec(id)?.groups;
  if (match === undefined) return { time: 0, serial: 0 };
  const time = Number(match['seconds']) * 1000 + Number(match['ms']);
  return { time, serial: Number(match['serial']) };
}

function lastSignOf(p: ProcessDocument): number {
  const exec = p.execve.at(-1)?.timestamp ?? 0;
  const moved = p.reparented.at(-1)?.timestamp ?? 0;
  return Math.max(idPart(p._id).time, p.exit_after ?? 0, p.exit_timestamp ?? 0, exec, moved);
}

/** What decides between two traces that both have a process of this host. */
export type Ranked = Pick<TraceDocument, '_id' | 'boots'> & {
  readonly summary: Pick<TraceDocument['summary'], 'events'>;
};

/**
 * Total order on traces as far as processes of one host are concerned: positive if `a` has the
 * say. That is the one that saw the host longer at its end, then at its start, then the one
 * with more events; the last resort, the `_id`, only makes it an order.
 */
export function compareTraces(a: Ranked, b: Ranked, node: string): number {
  const [spanA, spanB] = [spanOf(a, node), spanOf(b, node)];
  return (
    spanA.last - spanB.last ||
    spanB.first - spanA.first ||
    a.summary.events - b.summary.events ||
    compareText(a._id, b._id)
  );
}

function spanOf({ boots }: Ranked, node: string): { first: number; last: number } {
  let first = Number.MAX_SAFE_INTEGER;
  let last = 0;
  for (const boot of boots) {
    if (boot.node !== node) continue;
    first = Math.min(first, boot.first_timestamp);
    last = Math.max(last, boot.last_timestamp);
  }
  return { first, last };
}

/** The hosts of which both traces recorded the same boot from the same beginning on. */
export function sharedHosts(a: Ranked, b: Ranked): Set<string> {
  const begun = new Set(b.boots.map(({ node, first_process }) => `${first_process} ${node}`));
  return new Set(
    a.boots
      .filter(({ node, first_process }) => begun.has(`${first_process} ${node}`))
      .map(({ node }) => node),
  );
}

/** By the time at which they were first stored. */
export function compareTraceDocuments(a: TraceDocument, b: TraceDocument): number {
  return a.stored_at - b.stored_at || compareText(a._id, b._id);
}

/** What is compared of two lives of one pid on one host. */
export interface LifeSpan {
  readonly _id: string;
  readonly start: number;
  /** Infinity while no end is known. */
  readonly end: number;
}

/** Whether the two cannot both have been: one pid is one process at a time. */
export function contradict(a: LifeSpan, b: LifeSpan): boolean {
  if (a._id === b._id) return false;
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}
