/** An analysis of a recording as bonds between its events: what had to be before what. */
import { lowerBoundBy, NONE } from '../base/list.ts';
import type { ProcessDocument } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import { type EventFacts, eventNumbers } from './events.ts';
import { NO_EVENT, type Recording, type RecordingEvent } from './recording.ts';

/** What the analysis of the recording tells; `owners` as `Analyzer.owners` has it. */
export interface History {
  readonly processes: Iterable<ProcessDocument>;
  readonly owners: Iterable<readonly [event: string, process: string]>;
}

/** One process of the analysis, by events of the recording. */
export interface Life {
  /** The call that made it, or NO_EVENT where no record tells. */
  readonly birth: number;
  /** What it logged, by serial. */
  readonly own: readonly number[];
  /** Waits that told its end; later ones than all that it logged. */
  readonly waits: readonly number[];
  /** Whether several threads may have logged at once (KERNEL fact 6). */
  readonly threaded: boolean;
  /** Of the lives that had its pid before: what was logged last, and waits for the one before. */
  readonly before: readonly number[];
}

const FORKS: ReadonlySet<number> = new Set([KIND.fork, KIND.vfork, KIND.clone, KIND.clone3]);
const WAITS: ReadonlySet<number> = new Set([KIND.wait4, KIND.waitpid]);

interface Draft {
  readonly document: ProcessDocument;
  readonly birth: number;
  readonly own: number[];
  readonly waits: number[];
}

/** The processes of the analysis, in its order. */
export function livesOf(recording: Recording, facts: EventFacts, history: History): Life[] {
  const { events } = recording;
  const numbers = eventNumbers(events);
  const drafts: Draft[] = [];
  const indexes = new Map<string, number>();
  for (const document of history.processes) {
    indexes.set(document._id, drafts.length);
    drafts.push({ document, birth: birthOf(document, numbers), own: [], waits: [] });
  }
  const owner = new Int32Array(events.length).fill(-1);
  for (const [key, id] of history.owners) {
    const e = numbers.get(key);
    const index = indexes.get(id);
    if (e === undefined || index === undefined) continue;
    owner[e] = index;
    drafts[index].own.push(e);
  }
  const bySerial = serialOrder(events);
  for (const { own } of drafts) own.sort(bySerial);
  addWaits(drafts, events, facts, owner);
  const before = earlierLives(drafts, bySerial);
  return drafts.map(({ document, birth, own, waits }, i) => ({
    birth,
    own,
    waits,
    threaded: document.threads > 1,
    before: before[i],
  }));
}

/** Within one boot: by serial, then time. */
function serialOrder(events: readonly RecordingEvent[]): (a: number, b: number) => number {
  return (a, b) => events[a].serial - events[b].serial || events[a].time - events[b].time || a - b;
}

function birthOf({ node = '', evidence }: ProcessDocument, numbers: Map<string, number>): number {
  const event = evidence.find(({ claim }) => claim === 'birth')?.events[0];
  return event === undefined ? NO_EVENT : (numbers.get(`${node}/${event}`) ?? NO_EVENT);
}

/**
 * A wait is of the latest child of its caller that has the number which it returned, had begun by
 * then and logged nothing later. Of a child that a call bore the number is what that call
 * returned, in whatever namespace; of an adopted one its pid, there or in its own namespace.
 */
function addWaits(
  drafts: readonly Draft[],
  events: readonly RecordingEvent[],
  { kind, exit }: EventFacts,
  owner: Int32Array,
): void {
  const serialOf = (e: number): number => events[e].serial;
  // A child may have logged before its birth was, and been waited for, by another than who bore it.
  const bornBy = (child: Draft): number =>
    Math.min(serialOf(beginOf(child)), child.own.length > 0 ? serialOf(child.own[0]) : Infinity);
  const children = childrenByNumber(drafts, kind, exit, owner);
  for (const those of children.values()) {
    those.sort((a, b) => bornBy(a) - bornBy(b));
  }
  for (let e = 0; e < owner.length; e++) {
    if (owner[e] < 0 || !WAITS.has(kind[e]) || exit[e] <= 0) continue;
    const those = children.get(numberKey(owner[e], exit[e])) ?? [];
    let i = lowerBoundBy(those, bornBy, serialOf(e)) - 1;
    while (i >= 0 && serialOf(those[i].own.at(-1) ?? those[i].birth) >= serialOf(e)) i--;
    if (i >= 0) those[i].waits.push(e);
  }
}

function numberKey(parent: number, number: number): string {
  return `${parent} ${number}`;
}

function childrenByNumber(
  drafts: readonly Draft[],
  kind: Uint8Array,
  exit: Float64Array,
  owner: Int32Array,
): Map<string, Draft[]> {
  const indexes = new Map(drafts.map(({ document }, i) => [document._id, i]));
  const children = new Map<string, Draft[]>();
  const add = (parent: string | null | undefined, number: number, child: Draft): void => {
    const index = parent == null ? undefined : indexes.get(parent);
    if (index === undefined || beginOf(child) < 0) return;
    const key = numberKey(index, number);
    const those = children.get(key);
    if (those === undefined) children.set(key, [child]);
    else those.push(child);
  };
  for (const child of drafts) {
    const { parent, pid, ns_pid, reparented } = child.document;
    const { birth } = child;
    const told =
      birth >= 0 && FORKS.has(kind[birth]) && drafts[owner[birth]]?.document._id === parent;
    add(parent, told ? exit[birth] : pid, child);
    for (const { parent: adopter } of reparented) {
      add(adopter, pid, child);
      if (ns_pid !== undefined && ns_pid !== pid) add(adopter, ns_pid, child);
    }
  }
  return children;
}

/** The first that is known of it; NO_EVENT where all is the connector's. */
function beginOf({ birth, own }: Draft): number {
  return birth >= 0 ? birth : (own[0] ?? NO_EVENT);
}

/** By life: what ended the earlier lives of its pid. Lives without events are passed over. */
function earlierLives(
  drafts: readonly Draft[],
  bySerial: (a: number, b: number) => number,
): (readonly number[])[] {
  const byPid = new Map<string, number[]>();
  for (const [i, draft] of drafts.entries()) {
    if (beginOf(draft) < 0) continue;
    const key = `${draft.document.node ?? ''} ${draft.document.pid}`;
    const those = byPid.get(key);
    if (those === undefined) byPid.set(key, [i]);
    else those.push(i);
  }
  const before = drafts.map((): readonly number[] => NONE);
  const begunOrder = (a: number, b: number): number =>
    timeOf(drafts[a]) - timeOf(drafts[b]) || bySerial(beginOf(drafts[a]), beginOf(drafts[b]));
  for (const those of byPid.values()) {
    let logged: readonly number[] = NONE;
    let waits: readonly number[] = NONE;
    for (const i of those.sort(begunOrder)) {
      before[i] = [...logged, ...waits];
      logged = drafts[i].own.length > 0 ? drafts[i].own.slice(-1) : logged;
      waits = drafts[i].waits;
    }
  }
  return before;
}

function timeOf({ document }: Draft): number {
  return document.start_timestamp ?? Number.NEGATIVE_INFINITY;
}
