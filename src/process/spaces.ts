/**
 * Pid namespaces below the initial one: which life lives in which, which call there bore
 * which life, and the lives that only calls show.
 *
 * A call inside a namespace returns a number that only means something there (KERNEL
 * fact 9). The steps: members.ts says who lives where, matching.ts pairs births with lives,
 * silent.ts and leftover.ts find the children that left no record.
 */
import { append } from '../base/list.ts';
import { Ancestry } from './ancestry.ts';
import { Beginnings } from './beginnings.ts';
import { initialBirths } from './births.ts';
import type { Facts } from './facts.ts';
import { matchLeftOver } from './leftover.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import {
  type Matching,
  matchSpace,
  openMatching,
  pairAgain,
  pairBirths,
  type Pairing,
} from './matching.ts';
import { assignSpaces } from './members.ts';
import { type Known, Moments, type Paired } from './moments.ts';
import { placesOf } from './places.ts';
import { rankLives } from './rank.ts';
import { identifySilent, isProcess } from './silent.ts';
import type { Space } from './space.ts';

/** Finds the namespaces, matches births and waits in them, and adds the lives that only calls show. */
export function resolveSpaces(facts: Facts, index: LifeIndex): Space[] {
  if (!mayHaveSpaces(facts)) return [];
  const beginnings = new Beginnings(facts);
  const spaces = assignSpaces(facts, index, beginnings);
  if (spaces.length === 0) return spaces;
  collectCalls(facts);
  rankLives(facts, index, beginnings);
  collectFamilies(index);
  const matchings = matchSpaces(facts, index, spaces, beginnings);
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
  return facts.outside.includes(1) || facts.unshares.length > 0;
}

/** Each namespace's births are paired alone, and again with what that tells of the others' moments. */
function matchSpaces(
  facts: Facts,
  index: LifeIndex,
  spaces: readonly Space[],
  beginnings: Beginnings,
): Matching[] {
  const births = initialBirths(facts);
  const certain: Known = { facts, beginnings, births, paired: [] };
  const ancestry = new Ancestry(index, spaces);
  const matchings: Matching[] = [];
  for (const [space, places] of placesOf(spaces, births)) {
    const moments = new Moments(certain, space);
    matchings.push(openMatching(facts, index, space, ancestry, places, moments));
  }
  const alone = matchings.map(pairBirths);
  const known: Known = { facts, beginnings, births, paired: allPaired(matchings, alone) };
  for (const matching of matchings) matching.moments = new Moments(known, matching.space);
  const pairings = matchings.map((matching, i) => pairAgain(matching, alone[i]));
  for (const [i, matching] of matchings.entries()) matchSpace(matching, pairings[i]);
  return matchings;
}

function allPaired(matchings: readonly Matching[], pairings: readonly Pairing[]): Paired[] {
  const paired: Paired[] = [];
  for (const [i, { space }] of matchings.entries()) {
    for (const { fork, life } of pairings[i].chosen) paired.push({ fork, life, space });
  }
  return paired.sort((a, b) => a.life.rank - b.life.rank || a.fork.at - b.fork.at);
}

function collectCalls(facts: Facts): void {
  const { forks, waits, kills } = facts;
  for (let i = 0; i < forks.length; i++) forks[i].caller?.space?.forks.push(forks[i]);
  for (let i = 0; i < waits.length; i++) waits[i].waiter?.space?.waits.push(waits[i]);
  for (let i = 0; i < kills.length; i++) {
    const kill = kills[i];
    if (kill.target > 0 && kill.opids.length === 1) facts.lifeAt(kill.at)?.space?.kills.push(kill);
  }
}

function collectFamilies(index: LifeIndex): void {
  const lives = index.all();
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
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
