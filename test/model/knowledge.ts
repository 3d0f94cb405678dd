/**
 * What the records of a history tell about each true life, and what they cannot.
 *
 * Everything here is derived from the events that are in the log, so it also holds
 * for a log that was cut.
 */
import { stampOf } from '../../src/testing/kernel/arrival.ts';
import { MS } from '../../src/testing/kernel/queue.ts';
import type { Fact, History, SimEvent, TrueProcess } from '../../src/testing/kernel/types.ts';

type Of<K extends Fact['kind']> = SimEvent & { readonly fact: Extract<Fact, { kind: K }> };

/** The events about one life, by kind, in serial order. */
export interface Traces {
  readonly own: SimEvent[];
  readonly birth: Of<'birth'> | undefined;
  readonly births: Of<'birth'>[];
  readonly threads: Of<'thread'>[];
  readonly execs: (Of<'exec'> | Of<'exec_failed'>)[];
  readonly exits: Of<'exit'>[];
  readonly abends: Of<'abend'>[];
  readonly reaps: Of<'reap'>[];
  readonly signals: Of<'signal'>[];
}

type Editable = { -readonly [K in keyof Traces]: Traces[K] };

export interface Known {
  readonly history: History;
  readonly traces: readonly Traces[];
  /**
   * By boot: the true moment the log ends, whether pid namespaces were in use, and whether pids
   * were handed out in an order that still shows (see `isOrdered`).
   */
  readonly ends: readonly number[];
  readonly nested: readonly boolean[];
  readonly ordered: readonly boolean[];
  /** Lives that the records cannot tell from another of the same number. */
  readonly blurred: ReadonlySet<number>;
  /** Events by node and name. */
  readonly byName: ReadonlyMap<string, SimEvent>;
}

const is = <K extends Fact['kind']>(event: SimEvent, kind: K): event is Of<K> =>
  event.fact.kind === kind;

export function knowledgeOf(history: History, complete: boolean): Known {
  const traces = history.lives.map(blank);
  const ends = history.boots.map(() => (complete ? Infinity : 0));
  const byName = new Map<string, SimEvent>();
  for (const event of history.events) {
    if (event.daemon !== true) ends[event.boot] = Math.max(ends[event.boot], event.loggedAt);
    byName.set(`${history.boots[event.boot].node} ${stampOf(event)}`, event);
    // auditd's own records are not the kernel's word about a process.
    if (event.actor >= 0 && event.daemon !== true) sortIn(traces, event);
  }
  const nested = history.boots.map((_, b) =>
    history.lives.some((l) => l.boot === b && l.level > 0),
  );
  const ordered = history.boots.map((_, b) => isOrdered(history, b));
  const blurred = blurredLives(history, traces);
  return { history, traces, ends, nested, ordered, byName, blurred };
}

/** So few numbers in a turn that calls under way at once may be half a turn apart. */
const FEW = 64;
/** Numbers below it are handed out once. */
const RESERVED_PIDS = 300;

/**
 * Births in a namespace are paired with pids by the order in which both were handed out. Where
 * few pids are handed out again and again, a pid does not tell whether it was before or after
 * another: it is as near in the turn before as in the next one.
 */
function isOrdered({ lives }: History, boot: number): boolean {
  const born = lives.filter((life) => life.boot === boot && life.pid >= RESERVED_PIDS);
  born.sort((a, b) => a.bornAt - b.bornAt);
  const again = born.some(({ pid }, i) => i > 0 && pid < born[i - 1].pid);
  const highest = Math.max(0, ...born.map(({ pid }) => pid));
  return !again || highest - RESERVED_PIDS >= FEW;
}

function blank(): Editable {
  return {
    own: [],
    birth: undefined,
    births: [],
    threads: [],
    execs: [],
    exits: [],
    abends: [],
    reaps: [],
    signals: [],
  };
}

/** Lives whose records cannot be told from those of another life of the same number. */
function blurredLives({ lives }: History, traces: readonly Traces[]): Set<number> {
  const blurred = new Set<number>();
  const last = new Map<string, TrueProcess>();
  for (const life of lives) {
    const key = `${life.boot}/${life.pid}`;
    const before = last.get(key);
    last.set(key, life);
    if (before === undefined || isSeparate(traces[before.index], traces[life.index], life))
      continue;
    blurred.add(before.index).add(life.index);
  }
  return blurred;
}

/** Whether an event may be one more of a life: nothing that it shows says otherwise. */
function mayBeOf({ own }: Traces, event: SimEvent): boolean {
  const last = own.findLast((e) => e.parentThen >= 0);
  return own.length > 0 && (event.parentThen < 0 || event.parentThen === last?.parentThen);
}

/** Within so many ms of an end another thread of the process may still log something. */
const LATE = 20;

function isSeparate(before: Traces, after: Traces, life: TrueProcess): boolean {
  if (before.reaps.some((e) => e.fact.ret !== null)) return true;
  const { birth } = after;
  const ends: SimEvent[] = [...before.exits, ...before.abends];
  if (birth === undefined) return ends.some((e) => after.own.every((o) => o.time > e.time + LATE));
  // A child may log before the call that made it: what fits it may be its own.
  const fits = (e: SimEvent): boolean =>
    e.time >= birth.time &&
    (e.parentThen < 0 || life.parents.some((p) => p.parent === e.parentThen));
  if (ends.some(fits)) return false;
  const early = after.own.filter((e) => e.serial < birth.serial);
  if (ends.length === 0 && early.some((e) => mayBeOf(before, e))) return false;
  return before.birth !== undefined || before.own.length === 0 || !before.own.every(fits);
}

function sortIn(traces: readonly Editable[], event: SimEvent): void {
  const own = traces[event.actor];
  own.own.push(event);
  if (is(event, 'birth')) {
    own.births.push(event);
    traces[event.fact.child].birth = event;
  } else if (is(event, 'thread')) own.threads.push(event);
  else if (is(event, 'exec') || is(event, 'exec_failed')) own.execs.push(event);
  else if (is(event, 'exit')) own.exits.push(event);
  else if (is(event, 'abend')) own.abends.push(event);
  else if (is(event, 'reap')) traces[event.fact.child].reaps.push(event);
  else if (is(event, 'signal')) traces[event.fact.target].signals.push(event);
}

/** Wall time in ms, not yet on the coarse clock. */
export function wallTime(known: Known, life: TrueProcess, time: number): number {
  const { startMs, phase } = known.history.boots[life.boot];
  return startMs + (time + phase) / MS;
}

const callerLevel = (known: Known, event: SimEvent): number =>
  known.history.lives[event.actor].level;

/** A wait in the initial namespace that returned it: proof that the number was a process. */
export function reapedInTheOpen(known: Known, life: TrueProcess): Of<'reap'> | undefined {
  return known.traces[life.index].reaps.find(
    (e) => callerLevel(known, e) === 0 && (e.fact.ret !== null || e.fact.named),
  );
}

/** Something other than the call that made it shows that it was a process of that pid. */
function isAttested(known: Known, life: TrueProcess): boolean {
  const { own, signals } = known.traces[life.index];
  return own.length > 0 || signals.length > 0 || reapedInTheOpen(known, life) !== undefined;
}

/** Its number had another owner before: a signal to it may be meant for either. */
function livedBefore({ history }: Known, life: TrueProcess): boolean {
  return history.lives.some(
    (other) => other.index < life.index && other.boot === life.boot && other.pid === life.pid,
  );
}

/** Whether a document about it has to be there. Others may be: nothing is wrong with a true one. */
export function mustHaveDocument(known: Known, life: TrueProcess): boolean {
  if (known.blurred.has(life.index)) return false;
  const { own, signals, birth } = known.traces[life.index];
  if (own.length > 0) return true;
  if (signals.length > 0 && !livedBefore(known, life)) return true;
  // Where namespaces are about, a silent process's number may be any namespace's.
  if (known.nested[life.boot]) return false;
  if (reapedInTheOpen(known, life) !== undefined) return true;
  return birth !== undefined && birth.fact.via !== 'clone3';
}

/** The parents a document may name (null is none), and whether only the first of them is right. */
export function parentsOf(known: Known, life: TrueProcess): { exact: boolean; among: number[] } {
  const { own, birth } = known.traces[life.index];
  const first = life.parents[0]?.parent ?? -1;
  const among = [first, ...life.parents.map((p) => p.parent)];
  if (birth === undefined) return { exact: false, among };
  among.push(birth.actor);
  const { raw, sibling } = birth.fact;
  // A sibling that a raw clone3 made looks like an orphan that its parent took in.
  const shown = own.some((e) => e.parentThen === first) && !(raw && sibling);
  const open = callerLevel(known, birth) === 0;
  const sure = !raw && (!sibling || birth.parentThen === first);
  return { exact: shown || (open && sure), among };
}

/** Threads over its life, the first included; null when the records cannot tell. */
export function threadsOf(known: Known, life: TrueProcess): number | null {
  const { threads, birth } = known.traces[life.index];
  if (birth === undefined || threads.length + 1 !== life.threads) return null;
  return tellsThreads(known, life) ? life.threads : null;
}

/** Whether each call of its that could have made a thread or a process shows which it was. */
function tellsThreads(known: Known, life: TrueProcess): boolean {
  if (life.level > 0 && (!known.ordered[life.boot] || mayHaveBorne(known, life))) return false;
  const { births } = known.traces[life.index];
  const hidden = births.filter((e) => e.fact.via === 'clone3');
  if (life.level === 0)
    return hidden.every((e) => isAttested(known, known.history.lives[e.fact.child]));
  // Of several births any may be that of the child that shows, if another left none.
  const named = ({ fact }: Of<'birth'>): boolean =>
    known.traces[fact.child].own.some((x) => x.parentThen === life.index);
  return hidden.length === 0 || births.every(named);
}

/**
 * Inside a namespace nothing tells a clone3 that made a thread from the unrecorded birth of a
 * child that names it as parent.
 */
function mayHaveBorne({ history, traces }: Known, life: TrueProcess): boolean {
  if (traces[life.index].threads.every((e) => e.fact.via !== 'clone3')) return false;
  return history.lives.some(
    ({ index }) =>
      traces[index].birth === undefined &&
      traces[index].own.some((e) => e.parentThen === life.index),
  );
}

/** An exit record that looks like the end, of one that lives: its other threads are not in the log yet. */
export function seemsEnded(known: Known, life: TrueProcess): boolean {
  const { exits, execs, threads } = known.traces[life.index];
  const last = exits.at(-1);
  if (last === undefined || execs.some((e) => e.serial > last.serial)) return false;
  return exits.some((e) => e.fact.group) || threads.length + 1 < life.threads;
}

/**
 * Whether the records tell which birth was its own: it said its number itself, its pid is what
 * a call returned, or everything that took a number in its namespace is a process with records
 * that show its parent, and a birth. Of one in the initial namespace whose birth was not
 * recorded, and which shows no parent, nothing says that it is in no other: a birth in any
 * namespace may have taken its pid.
 */
export function tellsNumber(known: Known, life: TrueProcess): boolean {
  const { own, birth } = known.traces[life.index];
  if (life.level === 0) return birth !== undefined || showsParent(known, life);
  if (own.some((e) => is(e, 'setsid'))) return true;
  if (birth !== undefined && callerLevel(known, birth) === 0 && birth.fact.via !== 'clone3') {
    return true;
  }
  if (beginsUnseen(known, life) || !known.ordered[life.boot]) return false;
  const { level } = life;
  return known.history.lives.every((other) => {
    if (other.namespaces[level] !== life.namespaces[level]) return true;
    const born = known.traces[other.index].birth !== undefined;
    return showsParent(known, other) && born && other.threads === 1;
  });
}

/** The record of a crash shows no parent. */
function showsParent({ traces }: Known, { index }: TrueProcess): boolean {
  return traces[index].own.some((e) => e.parentThen >= 0);
}

/**
 * A program's own clone3 hides CLONE_NEWPID as it hides the rest. Whether its child is one more
 * of its caller's namespace or the pid 1 of a new one, only the child's own children tell: the
 * number after 1 is 2.
 */
function beginsUnseen(known: Known, life: TrueProcess): boolean {
  const { birth, births } = known.traces[life.index];
  if (birth === undefined || !birth.fact.raw) return false;
  const caller = known.history.lives[birth.actor];
  const begins = life.namespaces.length > caller.namespaces.length;
  return begins && !births.some((e) => e.fact.ret === 2);
}

export const isAlive = (known: Known, life: TrueProcess): boolean =>
  life.end === null || life.end.at > known.ends[life.boot];

/** The exit statuses that the records allow; `sure` when one of them has to be given. */
export function codesOf(known: Known, life: TrueProcess): { sure: boolean; among: Set<number> } {
  const exits = lastingExits(known, life);
  const groups = exits.filter((e) => e.fact.group);
  const among = new Set<number>();
  const decisive = groups.length > 0 ? groups : lastExits(exits);
  for (const e of decisive) among.add(e.fact.code);
  if (life.end?.kind !== 'code') return { sure: false, among };
  const found = decisive.some((e) => e.fact.code === life.end?.value);
  const { threads } = known.traces[life.index];
  const counted =
    exits.length >= life.threads &&
    threads.length + 1 === life.threads &&
    tellsThreads(known, life);
  return { sure: found && (groups.length > 0 || counted), among };
}

/** An exec leaves one thread, which also outlives an exit_group that another called meanwhile. */
function lastingExits(known: Known, life: TrueProcess): Of<'exit'>[] {
  const { exits, execs } = known.traces[life.index];
  const exec = execs.findLast((e) => is(e, 'exec'));
  return exec === undefined ? exits : exits.filter((e) => e.serial > exec.serial);
}

/** The last `exit` and those that were under way together with it. */
function lastExits(exits: readonly Of<'exit'>[]): Of<'exit'>[] {
  const last = exits.at(-1);
  return last === undefined ? [] : exits.filter((e) => e === last || e.loggedAt >= last.entry);
}

/** True time at which the first call that may have ended it, its own or a killer's, began. */
export function endBegan(known: Known, life: TrueProcess): number {
  const { exits, signals } = known.traces[life.index];
  if (life.end === null) return Infinity;
  const { value, at } = life.end;
  const kills = signals.filter((e) => e.fact.sig === value);
  return Math.min(at, ...exits.map((e) => e.entry), ...kills.map((e) => e.entry));
}

/** The log's clock when an event was logged: the latest entry time up to its serial. */
export function clockAt(known: Known, event: SimEvent): number {
  let clock = 0;
  for (const other of known.history.events) {
    if (other.boot === event.boot && other.serial <= event.serial && other.daemon !== true) {
      clock = Math.max(clock, other.time);
    }
  }
  return clock;
}
