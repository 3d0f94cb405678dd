/**
 * Births in a pid namespace whose child left no record that shows a parent. Its pid follows
 * from its neighbours', or not at all.
 */
import { KIND } from '../tables/kinds.ts';
import type { Facts, Fork } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import { Life, NEVER } from './life.ts';
import {
  type Fixed,
  type Matching,
  around,
  bear,
  fixedPoints,
  mayAdopt,
  possible,
} from './matching.ts';
import { lifeOfRank, pidOfRank } from './rank.ts';
import { bornInto } from './unshared.ts';

/**
 * Births whose child left no record of its own. Between two known pairs that lie equally
 * far apart in both numberings every number in between is known, too.
 */
export function identifySilent(matching: Matching, index: LifeIndex): void {
  const fixed = fixedPoints(matching);
  for (const fork of matching.forks) {
    if (fork.child !== undefined || !isProcess(matching, fork)) continue;
    const rank = rankOfSilent(matching, fixed, fork);
    if (rank !== 0) bearRanked(matching, index, fork, rank, 'ns_number_gap', 'inferred');
  }
}

/** Bears the life whose pid is known by arithmetic: one that records show, or a silent one. */
export function bearRanked(
  matching: Matching,
  index: LifeIndex,
  fork: Fork,
  rank: number,
  rule: string,
  confidence: 'inferred' | 'ambiguous',
): void {
  const shown = lifeOfRank(matching.facts, index, rank);
  if (shown === undefined) bearSilent(matching, index, fork, rank, rule, confidence);
  else if (shown.birth === undefined && canBear(matching, fork, shown)) {
    bear(matching, fork, shown, rule, confidence);
  }
}

/** A birth whose child shows no parent: a life that signals or a crash show, or a new one. */
function bearSilent(
  matching: Matching,
  index: LifeIndex,
  fork: Fork,
  rank: number,
  rule: string,
  confidence: 'inferred' | 'ambiguous',
): void {
  const pid = pidOfRank(matching.facts, rank);
  const namesakes = index.of(pid);
  const known = namesakes.find((life) => fatherless(matching.facts, life, fork));
  // Another life of the same turn of numbers has the pid: what the arithmetic rests on is wrong.
  if (known === undefined && namesakes.some((life) => life.rank === rank)) return;
  const life = known ?? new Life(pid, 0, 0, NEVER);
  life.rank = rank | 0;
  life.space ??= bornInto(fork) ?? matching.space;
  bear(matching, fork, life, rule, confidence);
  if (known === undefined) index.add(life);
}

/** A life of which no record shows a parent: only signals to it, or the record of its crash. */
function fatherless(facts: Facts, life: Life, fork: Fork): boolean {
  if (life.birth !== undefined) return false;
  if (life.silent) return true;
  const first = facts.own[life.from];
  return facts.ppid(first) < 0 && facts.time(first) >= facts.time(fork.at);
}

/** clone3 may have made a thread: only a wait or a signal to its number says otherwise (fact 10). */
export function isProcess(matching: Matching, fork: Fork): boolean {
  if (fork.kind !== KIND.clone3) return true;
  return matching.waited.has(fork.ret) || matching.byShown.has(fork.ret);
}

function rankOfSilent(matching: Matching, fixed: readonly Fixed[], fork: Fork): number {
  const shown = matching.byShown.get(fork.ret);
  if (shown !== undefined && shown.birth === undefined) return shown.rank;
  const { before, after } = around(fixed, 'n', fork.ret);
  if (before === undefined || after === undefined) return 0;
  const { places } = matching;
  const from = places.of(before.rank);
  if (after.n - before.n !== places.of(after.rank) - from) return 0;
  return places.rankAt(from + (fork.ret - before.n));
}

export function canBear(matching: Matching, fork: Fork, life: Life): boolean {
  return !fork.thread && possible(matching, fork, life) && mayAdopt(matching, fork, life);
}
