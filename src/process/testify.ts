/**
 * Lives by two witnesses: the process connector says who lived when, with ids of the initial
 * pid namespace, and the audit records say what each of them did.
 *
 * The connector's moments are exact, and an audit record's is the tick in which its call was
 * entered (KERNEL fact 1), so most records have one life that they can belong to. Where a pid
 * was used again within a tick, serials decide: no record of a life is logged after one of
 * the next (fact 5).
 */
import type { Testimony } from '../event/testimony.ts';
import { endsLife } from './cuts.ts';
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';
import { LifeIndex } from './life-index.ts';
import { newLife } from './lives.ts';
import { APART_MS, STILL_MS, TICK_MS, type Witnessed, witnessedLives } from './witnessed.ts';

/** All lives of a boot: those that the connector tells of, and those that only records show. */
export function testifiedLives(facts: Facts, testimony: Testimony): LifeIndex {
  const index = new LifeIndex(facts);
  const told = witnessedLives(testimony);
  for (const pid of facts.pids.slice(0, facts.start.length - 1)) {
    const { from, to } = facts.range(pid);
    const seen = told.get(pid) ?? [];
    if (from === to && seen.length === 0) continue;
    index.set(pid, livesOfPid(facts, pid, seen, from, to));
  }
  for (const [pid, seen] of told) {
    if (index.of(pid).length === 0) index.set(pid, livesOfPid(facts, pid, seen, 0, 0));
  }
  return index;
}

function livesOfPid(
  facts: Facts,
  pid: number,
  seen: readonly Witnessed[],
  from: number,
  to: number,
): Life[] {
  const lives: Life[] = [];
  let i = from;
  while (i < to && isOlder(facts, seen[0], facts.own[i])) i++;
  if (i > from) lives.push(newLife(facts, pid, from, i, undefined));
  for (let k = 0; k < seen.length; k++) {
    let end = i;
    while (end < to && !isOver(facts, seen, k, i, end)) end++;
    const life = newLife(facts, pid, i, end, undefined);
    life.told = seen[k];
    lives.push(life);
    i = end;
  }
  return lives;
}

/**
 * A record of a life before the first that the connector tells of; of any, when it tells of
 * none. Long before: audit's clock may stand still for longer than a tick on a busy machine.
 */
function isOlder(facts: Facts, first: Witnessed | undefined, at: number): boolean {
  return first === undefined || facts.time(at) + STILL_MS < first.born;
}

/** Whether the record `own[i]` is of a life after the k-th, whose records begin at `from`. */
function isOver(
  facts: Facts,
  seen: readonly Witnessed[],
  k: number,
  from: number,
  i: number,
): boolean {
  const next = seen[k + 1];
  if (next === undefined) return false;
  const at = facts.own[i];
  const time = facts.time(at);
  if (seen[k].over < time - APART_MS) return true;
  // It was entered before the next one was born.
  if (next.born > time + TICK_MS + APART_MS) return false;
  const ppid = facts.ppid(at);
  if (i > from && endsLife(facts, facts.own[i - 1]) && seen[k].threads.length === 0) return true;
  return ppid >= 0 && ppid !== seen[k].ppid && ppid === next.ppid;
}
