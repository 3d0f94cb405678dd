/**
 * Pid namespaces below the initial one: which life lives in which, which call there bore
 * which life, and the lives that only calls show.
 *
 * A call inside a namespace returns a number that only means something there (KERNEL
 * fact 9). The steps: members.ts says who lives where, matching.ts pairs births with lives,
 * silent.ts and leftover.ts find the children that left no record.
 */
import { append } from '../base/list.ts';
import { takenAfter } from './beginnings.ts';
import type { Facts } from './facts.ts';
import { matchLeftOver } from './leftover.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import { type Matching, matchSpace, openMatching, pairBirths } from './matching.ts';
import { assignSpaces } from './members.ts';
import { type Known, Moments } from './moments.ts';
import { placesOf } from './places.ts';
import { rankLives } from './rank.ts';
import { identifySilent, isProcess } from './silent.ts';
import type { Space } from './space.ts';

/** Finds the namespaces, matches births and waits in them, and adds the lives that only calls show. */
export function resolveSpaces(facts: Facts, index: LifeIndex): Space[] {
  if (!mayHaveSpaces(facts)) return [];
  const taken = takenAfter(facts);
  const spaces = assignSpaces(facts, index, taken);
  if (spaces.length === 0) return spaces;
  collectCalls(facts);
  rankLives(facts, index, taken);
  collectFamilies(index);
  const matchings = openMatchings(facts, index, spaces, taken);
  for (const matching of matchings) matchSpace(matching);
  for (const matching of matchings) identifySilent(matching, index);
  matchLeftOver(facts, index, new Map(matchings.map((one) => [one.space, one])));
  for (const matching of matchings) {
    noteUnidentified(matching);
    attachSpaceWaits(matching);
  }
  return spaces;
}

/** A namespace shows by a life outside the initial one, or by a call that begins one. */
function mayHaveSpaces(facts: Facts): boolean {
  return facts.outside.includes(1) || facts.special.some((at) => facts.unsharesPid(at));
}

/** Each namespace's births are paired once for what they tell of the others' moments. */
function openMatchings(
  facts: Facts,
  index: LifeIndex,
  spaces: readonly Space[],
  taken: Int32Array,
): Matching[] {
  const certain = new Moments(facts, taken, []);
  const opened: Matching[] = [];
  for (const [space, places] of placesOf(facts, spaces)) {
    opened.push(openMatching(facts, index, space, places, certain));
  }
  const paired = opened.flatMap((matching) =>
    pairBirths(matching).chosen.map(({ fork, life }): Known => {
      return { rank: life.rank, fork, life, space: matching.space };
    }),
  );
  const moments = new Moments(facts, taken, paired);
  for (const matching of opened) matching.moments = moments;
  return opened;
}

function collectCalls(facts: Facts): void {
  for (const fork of facts.forks) fork.caller?.space?.forks.push(fork);
  for (const wait of facts.waits) wait.waiter?.space?.waits.push(wait);
  for (const kill of facts.kills) {
    if (kill.target > 0 && kill.opids.length === 1) facts.lifeAt(kill.at)?.space?.kills.push(kill);
  }
}

function collectFamilies(index: LifeIndex): void {
  for (const life of index.all()) {
    if (life.silent || life.birth !== undefined) continue;
    const parent = index.parentOf(life);
    const space = parent === undefined ? life.space : parent.space;
    if (life !== space?.first) space?.family.push(life);
  }
}

function noteUnidentified(matching: Matching): void {
  for (const fork of matching.forks) {
    if (fork.child === undefined && isProcess(matching, fork)) {
      const { caller } = fork;
      if (caller !== undefined) caller.unidentified = append(caller.unidentified, fork);
    }
  }
}

/** Gives each wait the life whose number it returned: the last that had begun. */
function attachSpaceWaits(matching: Matching): void {
  const { space } = matching;
  for (const wait of space.waits) {
    const lives = space.numbers.get(wait.ret);
    if (lives === undefined) continue;
    let chosen: Life | undefined;
    for (const life of lives) {
      if (life.begun < wait.at || lives.length === 1) chosen = life;
    }
    if (chosen !== undefined) chosen.reapedBy(wait);
  }
}
