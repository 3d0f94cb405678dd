/** Births that only the count of all births decides: see elimination.ts. */
import { NONE } from '../base/list.ts';
import { eliminate } from './elimination.ts';
import type { Facts, Fork } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import { type Fixed, type Matching, around, fixedPoints } from './matching.ts';
import { lifeOfRank, rankTaken } from './rank.ts';
import { bearRanked, canBear, isProcess } from './silent.ts';
import type { Space } from './space.ts';

/**
 * What neither its family nor its neighbours decide is decided by what is left over: see
 * elimination.ts. A span in which any pairing is impossible is left alone.
 */
export function matchLeftOver(
  facts: Facts,
  index: LifeIndex,
  matchings: Map<Space, Matching>,
): void {
  const unknown: Fork[] = [];
  for (const space of matchings.keys()) {
    for (const fork of space.forks) if (fork.child === undefined) unknown.push(fork);
  }
  unknown.sort((a, b) => a.at - b.at);
  const fixed = new Map<Space, readonly Fixed[]>();
  for (const [space, matching] of matchings) fixed.set(space, fixedPoints(matching));
  for (const run of eliminate(facts, unknown, (fork) => rankTaken(facts, fork))) {
    if (!run.every(({ fork, rank }) => fits(index, matchingOf(matchings, fork), fork, rank)))
      continue;
    const spaces = new Set(run.map(({ fork }) => fork.caller?.space));
    const certain = run.length === 1 || spaces.size === 1;
    // Births of several namespaces may be paired crosswise: then only if each is a process.
    const made = run.filter(({ fork, rank }) => {
      const matching = matchingOf(matchings, fork) as Matching;
      const shown = (): boolean => lifeOfRank(facts, index, rank) !== undefined;
      if (fork.thread || !(isProcess(matching, fork) || shown())) return false;
      return liesBetween(fixed.get(matching.space) ?? NONE, fork, rank);
    });
    if (!certain && made.length < run.length) continue;
    for (const { fork, rank } of made) {
      const matching = matchingOf(matchings, fork) as Matching;
      bearRanked(matching, index, fork, rank, 'pid_left_over', certain ? 'inferred' : 'ambiguous');
    }
  }
}

function fits(index: LifeIndex, matching: Matching | undefined, fork: Fork, rank: number): boolean {
  if (matching === undefined) return false;
  const shown = lifeOfRank(matching.facts, index, rank);
  return shown === undefined || (shown.birth === undefined && canBear(matching, fork, shown));
}

/**
 * Whether a rank lies as far from those of the neighbours in its namespace as its number from
 * theirs, at least. If not, what the count rests on is wrong.
 */
function liesBetween(fixed: readonly Fixed[], { ret }: Fork, rank: number): boolean {
  const { before, after } = around(fixed, 'n', ret);
  if (before !== undefined && rank - before.rank < ret - before.n) return false;
  return after === undefined || after.rank - rank >= after.n - ret;
}

function matchingOf(matchings: Map<Space, Matching>, fork: Fork): Matching | undefined {
  return fork.caller?.space === undefined ? undefined : matchings.get(fork.caller.space);
}
