/** What follows from the process connector's account of a life: birth, parent, threads, end. */
import { HAVE } from '../event/table.ts';
import type { Testimony } from '../event/testimony.ts';
import { KIND } from '../tables/kinds.ts';
import { Calls } from './calls.ts';
import type { Facts } from './facts.ts';
import { End, type Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';
import { hasExeced } from './heritage.ts';
import { APART_MS, STILL_MS, TICK_MS, type Witnessed } from './witnessed.ts';

/** Finds the calls that made the lives, and concludes births, parents and threads. */
export function concludeTold(facts: Facts, index: LifeIndex): void {
  const lifeOf = new Map<Witnessed, Life>();
  for (const life of index.all()) if (life.told !== undefined) lifeOf.set(life.told, life);
  const lives = [...lifeOf.values()].sort(compareBirths);
  new Calls(facts, index, lifeOf).match(lives);
  for (const life of lives) {
    const told = life.told as Witnessed;
    life.toldExecs = execsWithoutRecord(facts, life, told);
    life.threads = told.threads.length;
    if (life.threads > 0) {
      const at = facts.tell(told.threads[0].time, life.pid, KIND.clone);
      facts.conclude(life, 'threads', 'connector_threads', 'proven', at);
    }
    if (told.born === -Infinity) continue;
    const at = life.birth?.at ?? facts.tell(told.born, life.pid, KIND.fork);
    facts.conclude(life, 'birth', 'connector_fork', 'proven', at);
    life.ppid = told.ppid;
    life.parent = told.parent === undefined ? undefined : lifeOf.get(told.parent);
    facts.conclude(life, 'parent', 'connector_parent', 'proven', at);
  }
  for (const life of index.all()) if (life.begun >= facts.rows.length) begin(facts, life);
}

/** A life that no audit record shows: the connector's first word of it stands for its birth. */
function begin(facts: Facts, life: Life): void {
  const { told } = life;
  if (told === undefined) return;
  const first =
    told.born === -Infinity ? (told.execs[0] ?? Math.min(told.over, bornOfChild(told))) : told.born;
  life.begun = facts.tell(first, life.pid, KIND.fork);
}

/** The latest moment by which a life older than the recording had begun. */
function bornOfChild({ children, threads }: Witnessed): number {
  return Math.min(children[0]?.born ?? Infinity, threads[0]?.time ?? Infinity);
}

/** Those older than the recording first. A pid has one life at a time, so the order is total. */
function compareBirths({ told: a, pid: pidA }: Life, { told: b, pid: pidB }: Life): number {
  const bornA = a?.born ?? -Infinity;
  const bornB = b?.born ?? -Infinity;
  return bornA === bornB ? pidA - pidB : bornA - bornB;
}

/** Execs that the connector tells of and whose audit event was lost: positions, in order. */
function execsWithoutRecord(facts: Facts, life: Life, { execs }: Witnessed): number[] {
  const missing: number[] = [];
  let i = life.from;
  for (const time of execs.slice(execsBeforeLogin(facts, life, execs))) {
    while (i < life.to && !hasExeced(facts, facts.own[i])) i++;
    // One that was entered after this one was done is a later one's.
    if (i < life.to && facts.time(facts.own[i]) <= time + APART_MS) i++;
    else missing.push(facts.tell(time, life.pid, KIND.execve));
  }
  return missing;
}

/**
 * A recording of one session begins, for its first process, with a LOGIN record: of the execs
 * within that tick those before it have no record, and were not lost.
 */
function execsBeforeLogin(facts: Facts, life: Life, execs: readonly number[]): number {
  if (life.silent || !facts.has(facts.own[life.from], HAVE.login)) return 0;
  let records = 0;
  for (let i = life.from; i < life.to; i++) if (hasExeced(facts, facts.own[i])) records++;
  const until = facts.time(facts.own[life.from]) + TICK_MS;
  let before = 0;
  while (before < execs.length - records && execs[before] < until) before++;
  return before;
}

/** How the connector tells that it ended; undefined when it does not. */
export function toldEnd(facts: Facts, life: Life): End | undefined {
  const { told } = life;
  if (told === undefined || told.ended === Infinity) return undefined;
  const at = facts.tell(told.ended, life.pid, KIND.exit_group);
  facts.conclude(life, 'end', 'connector_exit', 'proven', at);
  const signal = told.status & 0x7f;
  const time = Math.floor(told.ended);
  if (signal !== 0) return new End('connector', time, undefined, undefined, signal);
  return new End('connector', time, undefined, (told.status >> 8) & 0xff, undefined);
}

/** Whether the connector's testimony is about this boot: the node's name, and a time in common. */
export function isAbout(testimony: Testimony, facts: Facts): boolean {
  const events = testimony.events();
  if (testimony.node !== facts.node || facts.rows.length === 0) return false;
  // A boot that only a process list is known of: that of the node's only one, or it says nothing.
  if (events.length === 0) return true;
  const from = testimony.time(events[0]);
  const to = testimony.time(events[events.length - 1]);
  return facts.clock[0] <= to + STILL_MS && from <= facts.clock[facts.clock.length - 1] + STILL_MS;
}
