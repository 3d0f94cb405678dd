/**
 * One boot of one host: from events to lives with parents and ends.
 *
 * The order of the steps is the order in which each needs the others' results: lives
 * first roughly, by what every namespace shows; then which of them are in the initial
 * namespace, whose numbers are pids; then lives for good, namespaces, parents and ends.
 */
import { compareText } from '../base/compare.ts';
import { type Groups, groupBy, itemsOf } from '../base/groups.ts';
import { sortNearlySorted } from '../base/sort.ts';
import { append, columnOf, itemsAt, NONE } from '../base/list.ts';
import type { Testimony } from '../event/testimony.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts } from './facts.ts';
import { concludeEnds } from './ends.ts';
import { outsideInitial } from './initial.ts';
import { isThread, type Life } from './life.ts';
import { LifeIndex } from './life-index.ts';
import { isOneLife, livesOf, newLife } from './lives.ts';
import { concludeParents } from './parents.ts';
import { Signals } from './signals.ts';
import { recognise } from './older.ts';
import { concludeTold } from './told.ts';
import { testifiedLives } from './testify.ts';
import { resolveSpaces } from './spaces.ts';

/** All lives, in the order of their `_id`s. `testimony`: what the process connector told of this boot. */
export function reconcile(facts: Facts, testimony?: Testimony): Life[] {
  const told = testimony !== undefined && testimony.events().length > 0;
  const index = told ? reconcileBoth(facts, testimony) : reconcileRecords(facts);
  if (testimony !== undefined) recognise(facts, index, testimony.alive);
  facts.settle();
  return inOrder(facts, index.all());
}

function reconcileBoth(facts: Facts, testimony: Testimony): LifeIndex {
  const index = testifiedLives(facts, testimony);
  for (const life of index.all()) register(facts, life);
  nameCallers(facts);
  concludeTold(facts, index);
  new Signals(facts, index).attach();
  concludeParents(facts, index);
  concludeEnds(facts, index, []);
  return index;
}

function reconcileRecords(facts: Facts): LifeIndex {
  facts.outside = outsideInitial(facts);
  const index = finalLives(facts);
  nameCallers(facts);
  new Signals(facts, index).attach();
  dropThreads(facts, index);
  const spaces = resolveSpaces(facts, index);
  concludeParents(facts, index);
  countThreads(facts);
  concludeEnds(facts, index, spaces);
  return index;
}

function inOrder(facts: Facts, lives: readonly Life[]): Life[] {
  for (let i = 0; i < lives.length; i++) lives[i].anchor = lives[i].begun;
  const anchors = columnOf(lives, (life) => life.anchor);
  // By position first, without comparing: times follow positions but for calls that waited.
  const order = groupBy(anchors, facts.rows.length).items;
  sortNearlySorted(order, (a, b) => compareAnchors(facts, lives[a], lives[b]));
  return itemsAt(order, lives);
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
  const reaped = columnOf(calls, ({ at, ret }) =>
    facts.outside[at] === 0 ? facts.dense(ret) : -1,
  );
  const births = groupBy(born, pids);
  const waits = groupBy(reaped, pids);
  const index = new LifeIndex(facts);
  for (let dense = 0; dense < pids; dense++) {
    const lives = livesOfPid(facts, dense, births, waits);
    if (lives.length > 0) index.set(facts.pids[dense], lives);
    for (const life of lives) register(facts, life);
  }
  return index;
}

function livesOfPid(facts: Facts, dense: number, births: Groups, waits: Groups): readonly Life[] {
  const pid = facts.pids[dense];
  const b = births.start[dense];
  const w = waits.start[dense];
  const bornTimes = births.start[dense + 1] - b;
  const reapedTimes = waits.start[dense + 1] - w;
  if (bornTimes < 2 && reapedTimes < 2) {
    const { from, to } = facts.range(pid);
    const birth = bornTimes === 0 ? undefined : facts.forks[births.items[b]];
    const wait = reapedTimes === 0 ? undefined : facts.waits[waits.items[w]];
    if (from === to && birth === undefined && wait === undefined) return NONE;
    if (isOneLife(facts, from, to, birth, wait)) {
      const life = newLife(facts, pid, from, to, birth);
      if (wait !== undefined) life.reapedBy(wait);
      return [life];
    }
  }
  return livesOf(facts, pid, {
    births: itemsOf(births, dense, facts.forks),
    waits: itemsOf(waits, dense, facts.waits),
  });
}

/** Puts a life into the facts' list, and its number to each of its events. */
function register(facts: Facts, life: Life): void {
  if (life.silent) return;
  life.number = facts.lives.push(life) - 1;
  for (let i = life.from; i < life.to; i++) facts.lifeNumbers[facts.own[i]] = life.number;
}

/** Gives each call the life that made it, and each life its births. */
function nameCallers(facts: Facts): void {
  const { forks, lives } = facts;
  const callers = new Int32Array(forks.length).fill(-1);
  for (let k = 0; k < forks.length; k++) {
    const number = facts.lifeNumbers[forks[k].at];
    forks[k].caller = lives[number];
    if (number > 0) callers[k] = number;
  }
  const made = groupBy(callers, lives.length);
  for (let number = 1; number < lives.length; number++) {
    const life = lives[number];
    if (life !== undefined) life.forks = itemsOf(made, number, forks);
  }
  const { waits } = facts;
  for (let i = 0; i < waits.length; i++) waits[i].waiter = facts.lifeAt(waits[i].at);
  for (const at of facts.childless) {
    const life = facts.lifeAt(at);
    if (life !== undefined) life.childless = append(life.childless, at);
  }
}

/**
 * clone3 may have made a thread. A process has records of its own, is waited for or is
 * signalled by that number; a thread never (fact 10).
 */
function dropThreads(facts: Facts, index: LifeIndex): void {
  const { forks } = facts;
  for (let i = 0; i < forks.length; i++) {
    const fork = forks[i];
    const { child } = fork;
    if (fork.kind !== KIND.clone3 || child === undefined || !child.silent) continue;
    if (child.waits.length > 0 || child.signals.length > 0) continue;
    fork.child = undefined;
    index.remove(child);
  }
}

/** Threads that a life's calls made: by flag, or by clone3 without any sign of a process. */
function countThreads(facts: Facts): void {
  const { forks } = facts;
  const threaded: Life[] = [];
  for (let i = 0; i < forks.length; i++) {
    const fork = forks[i];
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
