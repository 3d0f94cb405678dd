/**
 * Why the analysis says what it says about a pid.
 */
import { quoteForDisplay } from '../base/text.ts';
import type { Claim, Evidence, Incompleteness, ProcessDocument } from '../model/process.ts';
import { chainSegments, commandText, execText, shortName } from './command.ts';
import { paint } from './columns.ts';
import { ruleSentence } from './rules.ts';
import { durationText, isoTime } from './time.ts';
import { signalText } from '../tables/signals.ts';

/** Children, ancestors and events beyond these are counted, not listed. */
const SHOWN_CHILDREN = 50;
const SHOWN_ANCESTORS = 20;
const SHOWN_EVENTS = 6;

const INCOMPLETE: Readonly<Record<Incompleteness, string>> = {
  no_birth: 'its birth is not in the log: it is older, or the record of the fork was lost',
  no_end: 'its end is not in the log: it was still alive, or the record of the end was lost',
  end_status_unknown: 'it ended, but no record says with which status',
  missing_arguments: 'an exec lacks some of its arguments',
  missing_records: 'one of its events lacks records that the kernel always writes',
  witnesses_disagree: 'the process connector tells another end than its records',
  unidentified_children: 'it bore children whose own pid nothing in the log tells',
};

type ById = ReadonlyMap<string, ProcessDocument>;

/** One line of the explanation: a label, kept for the first of several, and what it says. */
type Row = readonly [label: string, text: string];

/** The lines that explain every life of a pid, without line ends; none if it has no life in the log. */
export function* renderExplanation(
  processes: readonly ProcessDocument[],
  pid: number,
): Generator<string, void> {
  const lives = processes.filter((p) => p.pid === pid);
  if (lives.length === 0) return;
  const byId = new Map(processes.map((p) => [p._id, p]));
  yield `pid ${pid} has ${lives.length === 1 ? 'one life' : `${lives.length} lives`} in this log.`;
  for (let i = 0; i < lives.length; i++) {
    yield '';
    yield `${i + 1}. ${paint(chainSegments(lives[i]), false)}`;
    yield* labelled(lifeRows(lives[i], byId));
  }
}

function* labelled(rows: Iterable<Row>): Generator<string, void> {
  let last = '';
  for (const [label, text] of rows) {
    yield `   ${(label === last ? '' : label).padEnd(11)} ${text}`;
    last = label;
  }
}

function* lifeRows(p: ProcessDocument, byId: ById): Generator<Row, void> {
  yield ['_id', quoteForDisplay(p._id)];
  if (p.node !== undefined) yield ['host', quoteForDisplay(p.node)];
  yield ['born', birthText(p)];
  yield* evidenceRows('born', p, 'birth');
  yield ['parent', parentText(p, byId)];
  yield* evidenceRows('parent', p, 'parent');
  yield ['ancestors', ancestorsText(p, byId)];
  if (p.ns_pid !== undefined) yield ['namespace', `pid ${p.ns_pid} in its own pid namespace`];
  yield* evidenceRows('namespace', p, 'namespace');
  yield* reparentedRows(p, byId);
  yield ['threads', p.threads === 1 ? 'one' : `${p.threads} over its life`];
  yield* evidenceRows('threads', p, 'threads');
  yield* execRows(p);
  yield* childRows(p, byId);
  yield ['ended', endText(p)];
  yield* evidenceRows('ended', p, 'end');
  yield* evidenceRows('ended', p, 'exit_signal');
  for (const what of p.incomplete) yield ['missing', INCOMPLETE[what] ?? what];
}

function birthText(p: ProcessDocument): string {
  if (p.start_timestamp === undefined) return 'when is unknown';
  const time = isoTime(p.start_timestamp);
  switch (p.start_source) {
    case 'first_record':
      return `by ${time}, when its first record was written; no fork in the log accounts for it`;
    case 'wait':
      return `by ${time}; only the wait for it is in the log`;
    case 'signal':
      return `by ${time}; only a signal to it is in the log`;
    case undefined:
      return time;
    default:
      return `${time}, by ${p.start_source}`;
  }
}

function parentText(p: ProcessDocument, byId: ById): string {
  if (p.parent === null) {
    return p.ppid === undefined ? 'unknown' : `pid ${p.ppid}, which has no record in this log`;
  }
  const parent = byId.get(p.parent);
  return parent === undefined ? quoteForDisplay(p.parent) : nameText(parent);
}

function nameText(p: ProcessDocument): string {
  return `${p.pid} ${shortName(p)} (${quoteForDisplay(p._id)})`;
}

/** From the parent up to the oldest ancestor that the log knows. */
function ancestorsText(p: ProcessDocument, byId: ById): string {
  const names: string[] = [];
  let count = 0;
  let oldest = p;
  for (let next = parentOf(p, byId); next !== undefined; next = parentOf(next, byId)) {
    if (++count <= SHOWN_ANCESTORS) names.push(`${next.pid} ${shortName(next)}`);
    oldest = next;
  }
  if (count > SHOWN_ANCESTORS) names.push(`… ${count - SHOWN_ANCESTORS} more`);
  const beyond = oldest.ppid === undefined ? 'unknown' : `${oldest.ppid}, which has no record`;
  return [...names, beyond].join(' ← ');
}

function parentOf(p: ProcessDocument, byId: ById): ProcessDocument | undefined {
  return p.parent === null ? undefined : byId.get(p.parent);
}

function* reparentedRows(p: ProcessDocument, byId: ById): Generator<Row, void> {
  for (const { timestamp, ppid, parent } of p.reparented) {
    const known = parent === undefined ? undefined : byId.get(parent);
    const name = known === undefined ? `pid ${ppid}` : nameText(known);
    yield ['reparented', `by ${isoTime(timestamp)} to ${name}`];
  }
}

function* execRows(p: ProcessDocument): Generator<Row, void> {
  if (p.execve.length === 0) {
    yield ['ran', `no program of its own: what it was born with, ${commandText(p)}`];
  }
  for (const exec of p.execve) {
    const time = isoTime(exec.timestamp);
    const where = exec.cwd === undefined ? '' : `, in ${quoteForDisplay(exec.cwd)}`;
    const what = exec.failed
      ? `tried ${execText(exec)}: ${exec.errno ?? 'failed'}`
      : `${execText(exec)}${exec.exe === undefined ? '' : ` (${quoteForDisplay(exec.exe)})`}`;
    yield ['ran', `${time} ${what}${where}, event ${exec.event}`];
  }
}

function* childRows(p: ProcessDocument, byId: ById): Generator<Row, void> {
  if (p.children.length > 0) yield ['children', `${p.children.length}`];
  for (let i = 0; i < p.children.length && i < SHOWN_CHILDREN; i++) {
    const child = byId.get(p.children[i]);
    yield ['children', child === undefined ? quoteForDisplay(p.children[i]) : childText(child)];
  }
  const rest = p.children.length - SHOWN_CHILDREN;
  if (rest > 0) yield ['children', `… and ${rest} more`];
  for (const child of (p.unidentified_children ?? []).slice(0, SHOWN_CHILDREN)) {
    const time = isoTime(child.timestamp);
    yield ['children', `${time} pid ${child.ns_pid} in its namespace, event ${child.event}`];
  }
}

function childText(p: ProcessDocument): string {
  const time = p.start_timestamp === undefined ? '' : `${isoTime(p.start_timestamp)} `;
  return `${time}${p.pid} ${commandText(p)}`;
}

function endText(p: ProcessDocument): string {
  if (p.exit_timestamp === undefined) return 'not that this log shows';
  return `${endMoment(p)}${statusText(p)}`;
}

function endMoment(p: ProcessDocument): string {
  const end = p.exit_timestamp ?? 0;
  if (p.exit_after !== undefined && p.exit_after !== end)
    return `between ${isoTime(p.exit_after)} and ${isoTime(end)}`;
  const start = p.start_timestamp;
  return start === undefined ? isoTime(end) : `${isoTime(end)}, after ${durationText(end - start)}`;
}

function statusText(p: ProcessDocument): string {
  if (p.exit_signal !== undefined) return `, by ${signalText(p.exit_signal)}`;
  return p.exit_code === undefined ? ', status unknown' : `, with status ${p.exit_code}`;
}

function* evidenceRows(label: string, p: ProcessDocument, claim: Claim): Generator<Row, void> {
  for (const evidence of p.evidence) {
    if (evidence.claim === claim) yield [label, evidenceText(evidence)];
  }
}

function evidenceText({ rule, confidence, events }: Evidence): string {
  const shown = events.slice(0, SHOWN_EVENTS).map(quoteForDisplay).join(', ');
  const rest = events.length > SHOWN_EVENTS ? ` and ${events.length - SHOWN_EVENTS} more` : '';
  const word = events.length === 1 ? 'event' : 'events';
  const from = events.length === 0 ? '' : ` [${word} ${shown}${rest}]`;
  return `  ${confidence}: ${ruleSentence(rule)}${from}`;
}
