/**
 * One boot of one host: from events to lives with parents and ends.
 *
 * The order of the steps is the order in which each needs the others' results: lives
 * first roughly, by what every namespace shows; then which of them are in the initial
 * namespace, whose numbers are pids; then lives for good, namespaces, parents and ends.
 */
import { compareText } from '../base/compare.ts';
import { type Groups, groupBy } from '../base/groups.ts';
import { append, lowerBound, NONE } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts, Fork, Kill, Wait } from './facts.ts';
import { concludeEnds } from './ends.ts';
import { outsideInitial } from './initial.ts';
import { isThread, Life, NEVER } from './life.ts';
import { LifeIndex } from './life-index.ts';
import type { PidEvidence } from './cuts.ts';
import { isOneLife, livesOf, newLife } from './lives.ts';
import { concludeParents } from './parents.ts';
import { resolveSpaces } from './spaces.ts';

/** All lives, in the order of their `_id`s. */
export function reconcile(facts: Facts): Life[] {
  facts.outside = outsideInitial(facts);
  const index = finalLives(facts);
  nameCallers(facts);
  attachKills(facts, index);
  dropThreads(facts, index);
  const spaces = resolveSpaces(facts, index);
  concludeParents(facts, index);
  countThreads(facts);
  concludeEnds(facts, index, spaces);
  const lives = [...index.all()];
  for (const life of lives) life.anchor = life.begun;
  return lives.sort((a, b) => compareAnchors(facts, a, b));
}

/** As their `_id`s compare: by time and serial of the first evidence, then by pid as text. */
function compareAnchors(facts: Facts, a: Life, b: Life): number {
  const byEvent = facts.time(a.anchor) - facts.time(b.anchor) || a.anchor - b.anchor;
  return byEvent === 0 ? compareText(String(a.pid), String(b.pid)) : byEvent;
}

/** Lives by all calls in the initial namespace, where numbers are pids. */
function finalLives(facts: Facts): LifeIndex {
  const { forks, waits: calls } = facts;
  const pids = facts.pids.length;
  const born = new Int32Array(forks.length);
  for (let k = 0; k < forks.length; k++) {
    const { at, ret, thread } = forks[k];
    forks[k].child = undefined;
    born[k] = thread || facts.outside[at] !== 0 ? -1 : facts.dense(ret);
  }
  const reaped = new Int32Array(calls.length);
  for (let k = 0; k < calls.length; k++) {
    reaped[k] = facts.outside[calls[k].at] === 0 ? facts.dense(calls[k].ret) : -1;
  }
  const births = groupBy(born, pids);
  const waits = groupBy(reaped, pids);
  const index = new LifeIndex(facts);
  for (let dense = 0; dense < pids; dense++) {
    const pid = facts.pids[dense];
    const evidence = {
      births: itemsOf(births, dense, forks),
      waits: itemsOf(waits, dense, calls),
    };
    const lives = livesOfPid(facts, pid, evidence);
    if (lives.length > 0) index.set(pid, lives);
    for (const life of lives) number(facts, life);
  }
  return index;
}

function itemsOf<T>({ start, items }: Groups, group: number, of: readonly T[]): readonly T[] {
  if (start[group] === start[group + 1]) return NONE;
  const found: T[] = [];
  for (let i = start[group]; i < start[group + 1]; i++) found.push(of[items[i]]);
  return found;
}

function livesOfPid(facts: Facts, pid: number, evidence: PidEvidence): Life[] {
  const { births, waits } = evidence;
  const [from, to] = facts.range(pid);
  const many = births.length > 1 || waits.length > 1;
  if (many || !isOneLife(facts, from, to, births[0], waits[0]))
    return livesOf(facts, pid, evidence);
  const life = newLife(facts, pid, from, to, births[0]);
  if (waits.length === 1) life.reapedBy(waits[0]);
  return [life];
}

/** Puts a life into the facts' list, and its number to each of its events. */
function number(facts: Facts, life: Life): void {
  if (life.silent) return;
  life.number = facts.lives.push(life) - 1;
  for (let i = life.from; i < life.to; i++) facts.lifeNumbers[facts.own[i]] = life.number;
}

function nameCallers(facts: Facts): void {
  for (const fork of facts.forks) {
    fork.caller = facts.lifeAt(fork.at);
    const { caller } = fork;
    if (caller !== undefined) caller.forks = append(caller.forks, fork);
  }
  for (const wait of facts.waits) wait.waiter = facts.lifeAt(wait.at);
  for (const at of facts.childless) {
    const life = facts.lifeAt(at);
    if (life !== undefined) life.childless = append(life.childless, at);
  }
}

/** A signal's OBJ_PID names its target in the initial namespace, whoever sent it (fact 9). */
function attachKills(facts: Facts, index: LifeIndex): void {
  for (const kill of facts.kills) {
    for (const opid of kill.opids) attachKill(facts, index, kill, opid);
    if (kill.opids.length === 0) attachBareKill(facts, index, kill);
  }
}

/**
 * Its OBJ_PID record was lost: in the initial namespace the argument is the pid itself, of a
 * process, or of a thread, which is why it is no evidence that such a process existed.
 */
function attachBareKill(facts: Facts, index: LifeIndex, kill: Kill): void {
  const life = index.at(kill.target, kill.at);
  const known = life !== undefined && mayBeAlive(facts, life, kill);
  if (known && facts.outside[kill.at] === 0) life.signalledBy(kill);
}

function attachKill(facts: Facts, index: LifeIndex, kill: Kill, opid: number): void {
  const life = index.at(opid, kill.at);
  // The clone that began the next life may be logged after the signal to it.
  for (const target of [life, life?.next]) {
    if (target === undefined || !mayBeAlive(facts, target, kill)) continue;
    target.signalledBy(kill);
    return;
  }
  const lone = new Life(opid, 0, 0, NEVER);
  lone.signalledBy(kill);
  index.add(lone);
}

function mayBeAlive(facts: Facts, life: Life, kill: Kill): boolean {
  // A signal that found the zombie may be logged after the wait that reaped it, unless its
  // sender, if it has but one thread (fact 6), had already logged something else in between.
  const before = previousOwn(facts, kill.at);
  const entered = facts.time(kill.at);
  const isOver = (wait: Wait): boolean =>
    wait.at < before || (wait.at < kill.at && returnedBefore(facts, wait, entered));
  if (life.waits.some((wait) => wait.reaps && isOver(wait))) return false;
  if (life.begun <= kill.at) return true;
  // Its first record may come after: it is older, or its clone was logged late (fact 4).
  return life.birth === undefined || facts.time(life.birth.at) <= facts.clock[kill.at];
}

/** Whether the waiter had gone on to its next call in an earlier tick. */
function returnedBefore(facts: Facts, { waiter, at }: Wait, time: number): boolean {
  if (waiter === undefined || mayHaveThreads(waiter)) return false;
  const i = lowerBound(facts.own, waiter.from, waiter.to, at + 1);
  return i < waiter.to && facts.time(facts.own[i]) < time;
}

/** A clone3 without a sign of a process may have made a thread (fact 10). */
function mayHaveThreads(life: Life): boolean {
  return life.forks.some(
    (fork) => isThread(fork) || (isHidden(fork) && fork.child?.silent === true),
  );
}

const isHidden = (fork: Fork): boolean => fork.kind === KIND.clone3;

/** Position of the event that the same process logged before this one; -1 if none or unknown. */
function previousOwn(facts: Facts, at: number): number {
  const life = facts.lifeAt(at);
  if (life === undefined || mayHaveThreads(life)) return -1;
  const i = lowerBound(facts.own, life.from, life.to, at);
  return i > life.from ? facts.own[i - 1] : -1;
}

/**
 * clone3 may have made a thread. A process has records of its own, is waited for or is
 * signalled by that number; a thread never (fact 10).
 */
function dropThreads(facts: Facts, index: LifeIndex): void {
  for (const fork of facts.forks) {
    const { child } = fork;
    if (fork.kind !== KIND.clone3 || child === undefined || !child.silent) continue;
    if (child.waits.length > 0 || child.signals.length > 0) continue;
    fork.child = undefined;
    index.remove(child);
  }
}

/** Threads that a life's calls made: by flag, or by clone3 without any sign of a process. */
function countThreads(facts: Facts): void {
  const threaded: Life[] = [];
  for (const fork of facts.forks) {
    if (!isThread(fork) || fork.caller === undefined) continue;
    if (fork.caller.threads === 0) threaded.push(fork.caller);
    fork.caller.threads++;
  }
  for (const life of threaded) {
    const made = life.forks.filter(isThread);
    const sure = made.every((fork) => fork.thread);
    const rule = sure ? 'clone_thread' : 'clone3_silent';
    facts.conclude(life, 'threads', rule, sure ? 'proven' : 'inferred', made[0].at);
  }
}
