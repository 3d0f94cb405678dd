/**
 * Which call in a pid namespace bore which life.
 *
 * What ties number n to process p: both are handed out in the same order, one of each per
 * birth, so over the births of one namespace p - n never falls; the child's own ppid names
 * the caller; a child is not older than its call and logs nothing after the wait that
 * returned it; setsid and kill show both numbers at once (KERNEL facts 4, 5 and 9).
 */
import { lowerBoundBy, NONE } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import { type Pair, align } from './align.ts';
import type { Ancestry } from './ancestry.ts';
import { CLONE_NEWPID, CLONE_PARENT, type Facts, type Fork, type Wait } from './facts.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import { REACH } from './members.ts';
import { type Moments, isPrompt } from './moments.ts';
import type { Places } from './places.ts';
import { Space } from './space.ts';
import { bornInto, placeUnshared } from './unshared.ts';

/** Weights of a pair in the alignment: any pair counts far more than which one it is. */
const DIRECT = 36;

const ADOPTED = 33;

/** The child was logged before the call that bore it: so is one in fourteen (fact 4). */
const DIRECT_LATE = 32;

/** Everything that the matching of one namespace works on. */
export interface Matching {
  readonly facts: Facts;
  readonly index: LifeIndex;
  readonly space: Space;
  readonly ancestry: Ancestry;
  readonly places: Places;
  /** What the births around a pid tell: first the certain ones, later the other namespaces' too. */
  moments: Moments;
  /** Calls that made or may have made a process, by number. */
  readonly forks: readonly Fork[];
  /** Lives that must have been born by one of them, in order of pid. */
  readonly lives: readonly Life[];
  readonly byPpid: Map<number, Life[]>;
  /** Number shown by the life's own or others' calls. */
  readonly shown: Map<Life, number>;
  readonly byShown: Map<number, Life>;
  /** The wait that returned each number. */
  readonly waited: Map<number, Wait>;
}

/** What is known of a namespace before any of its births is paired. */
export function openMatching(
  facts: Facts,
  index: LifeIndex,
  space: Space,
  ancestry: Ancestry,
  places: Places,
  moments: Moments,
): Matching {
  const lives = space.family.sort(
    (a, b) => a.rank - b.rank || facts.own[a.from] - facts.own[b.from],
  );
  const shown = shownNumbers(facts, index, space);
  const byPpid = new Map<number, Life[]>();
  for (const life of lives) {
    const ppid = facts.ppid(facts.own[life.from]);
    const siblings = byPpid.get(ppid);
    if (siblings === undefined) byPpid.set(ppid, [life]);
    else siblings.push(life);
  }
  const waited = new Map<number, Wait>();
  for (const wait of space.waits) if (wait.death) waited.set(wait.ret, wait);
  const forks = space.forks
    .filter((fork) => !fork.thread)
    .sort((a, b) => a.ret - b.ret || a.at - b.at);
  const byShown = new Map<number, Life>();
  for (const [life, shownNumber] of shown) byShown.set(shownNumber, life);
  return {
    facts,
    index,
    space,
    ancestry,
    places,
    moments,
    forks,
    lives,
    byPpid,
    shown,
    byShown,
    waited,
  };
}

/** All pairs of a namespace that may be, and those that probably are. */
export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly chosen: readonly Pair[];
}

/** Pairs births with lives by what is known for certain. */
export function pairBirths(matching: Matching): Pairing {
  return chooseFrom(matching, [...directPairs(matching), ...adoptedPairs(matching)]);
}

/** Pairs them again with what the other namespaces' pairs tell of the moments. */
export function pairAgain(matching: Matching, first: Pairing): Pairing {
  const { moments } = matching;
  let changed = false;
  const pairs = first.pairs.map((pair) => {
    const agreement = moments.agreement(pair.fork, pair.life);
    if (agreement === pair.agreement) return pair;
    changed = true;
    const { fork, life, place, weight } = pair;
    // Not spread, so that all pairs are of one shape.
    return { fork, life, place, weight, agreement };
  });
  return changed ? chooseFrom(matching, pairs) : first;
}

function chooseFrom({ space, places }: Matching, pairs: readonly Pair[]): Pairing {
  const rank = space.first?.rank;
  const beginning = rank === undefined ? undefined : { rank, place: places.of(rank) };
  return { pairs, chosen: align(pairs, beginning) };
}

/** Gives the lives of a namespace the births that probably began them. */
export function matchSpace(matching: Matching, { pairs, chosen }: Pairing): void {
  const open = openChoices(pairs, chosen);
  for (const { fork, life } of chosen) {
    bear(matching, fork, life, 'ns_number_order', open.has(life) ? 'ambiguous' : 'inferred');
  }
  matchAdopted(matching);
}

/** Lives that another call, left over, could have borne just as well between the same neighbours. */
function openChoices(pairs: readonly Pair[], chosen: readonly Pair[]): Set<Life> {
  const taken = new Map<Fork, number>(chosen.map(({ fork }, i) => [fork, i]));
  const placeOf = new Map<Life, number>(chosen.map(({ life }, i) => [life, i]));
  const open = new Set<Life>();
  for (const pair of pairs) {
    const at = placeOf.get(pair.life);
    if (at === undefined || taken.has(pair.fork)) continue;
    if (mayFollow(chosen[at - 1], pair) && mayFollow(pair, chosen[at + 1])) open.add(pair.life);
  }
  return open;
}

function mayFollow(before: Pair | undefined, pair: Pair | undefined): boolean {
  if (before === undefined || pair === undefined) return true;
  const rise = pair.fork.ret - before.fork.ret;
  return rise > 0 && pair.life.rank - before.life.rank >= rise;
}

/** Numbers that calls show beside the pid: setsid's return, kill's argument (fact 9). */
function shownNumbers(facts: Facts, index: LifeIndex, space: Space): Map<Life, number> {
  const shown = new Map<Life, number>();
  for (const member of space.members) {
    for (let i = member.from; i < member.to; i++) {
      const row = facts.rows[facts.own[i]];
      if (facts.table.kind[row] !== KIND.setsid || facts.table.success[row] !== 1) continue;
      shown.set(member, facts.table.exit[row] | 0);
      if (member.nsPid === 0) member.nsPid = facts.table.exit[row] | 0;
    }
  }
  for (const kill of space.kills) {
    if (facts.kind(kill.at) === KIND.tkill) continue;
    const target = index.at(kill.opids[0], kill.at);
    if (target !== undefined && !shown.has(target)) shown.set(target, kill.target);
  }
  return shown;
}

/** Pairs of a call and a life whose ppid names the caller, or its parent under CLONE_PARENT. */
function directPairs(matching: Matching): Pair[] {
  const pairs: Pair[] = [];
  const ranks = new Map<number, number>();
  for (const fork of matching.forks) {
    const caller = matching.facts.pid(fork.at);
    const rank = ranks.get(caller) ?? 0;
    ranks.set(caller, rank + 1);
    const isSibling = (fork.flags & CLONE_PARENT) !== 0;
    const lives = matching.byPpid.get(isSibling ? matching.facts.ppid(fork.at) : caller) ?? NONE;
    const isLarge = lives.length > 4 * REACH;
    const from = isLarge ? Math.max(0, rank - REACH) : 0;
    const to = isLarge ? Math.min(lives.length, rank + REACH) : lives.length;
    for (let i = from; i < to; i++) {
      const life = lives[i];
      if (!possible(matching, fork, life)) continue;
      const late = matching.facts.own[life.from] < fork.at;
      pairs.push(pairOf(matching, fork, life, late && isPrompt(fork) ? DIRECT_LATE : DIRECT));
    }
  }
  return pairs;
}

/** Pairs of a call and a life that was adopted before its first record, not far apart in the log. */
function adoptedPairs(matching: Matching): Pair[] {
  const { facts } = matching;
  const pairs: Pair[] = [];
  const byAt = [...matching.forks].sort((a, b) => a.at - b.at);
  for (const life of matching.lives) {
    const first = facts.own[life.from];
    const ppid = facts.ppid(first);
    let i = lowerBoundBy(byAt, (fork) => fork.at, first) - 1;
    for (let tried = 0; i >= 0 && tried < 2 * REACH; i--, tried++) {
      const fork = byAt[i];
      if (facts.pid(fork.at) === ppid || !possible(matching, fork, life)) continue;
      if (mayAdopt(matching, fork, life)) pairs.push(pairOf(matching, fork, life, ADOPTED));
    }
  }
  return pairs;
}

function pairOf({ places, moments }: Matching, fork: Fork, life: Life, weight: number): Pair {
  const agreement = moments.agreement(fork, life);
  return { fork, life, place: places.of(life.rank), weight, agreement };
}

/** Nothing rules out that the call bore the life. */
export function possible(matching: Matching, fork: Fork, life: Life): boolean {
  const { facts, shown, waited } = matching;
  if (facts.time(fork.at) > facts.time(facts.own[life.from])) return false;
  if (fork.caller === life) return false;
  const ownNumber = shown.get(life);
  const begins = life.space !== matching.space && life.space?.first === life;
  if (!begins && ownNumber !== undefined && ownNumber !== fork.ret) return false;
  if (begins && !mayBegin(fork)) return false;
  const wait = waited.get(fork.ret);
  if (wait !== undefined && facts.own[life.to - 1] >= wait.at) return false;
  return matching.moments.allow(fork, life);
}

/** Whether a call's child may be the pid 1 of a new namespace. */
function mayBegin(fork: Fork): boolean {
  if (fork.kind === KIND.clone3 || (fork.flags & CLONE_NEWPID) !== 0) return true;
  return bornInto(fork) !== undefined;
}

export function bear(
  matching: Matching,
  fork: Fork,
  life: Life,
  rule: string,
  confidence: 'proven' | 'inferred' | 'ambiguous',
): void {
  const { space } = matching;
  life.bornBy(fork);
  const strength = matching.shown.get(life) === fork.ret ? 'proven' : confidence;
  matching.facts.conclude(life, 'birth', rule, strength, fork.at);
  nameBorn(space, fork.ret, life);
  if ((fork.flags & CLONE_NEWPID) !== 0 && life.space === space) {
    // Its flag says what nothing else did: it is the pid 1 of a namespace of its own.
    life.space = new Space(space, life);
  } else placeUnshared(fork, life, space);
  if (life.space === space && life.nsPid === 0) life.nsPid = fork.ret;
}

function nameBorn(space: Space, ret: number, life: Life): void {
  const lives = space.numbers.get(ret);
  if (lives === undefined) space.numbers.set(ret, [life]);
  else lives.push(life);
}

/** What is known to correspond: number n is the pid of a rank. In order of n, and so of ranks. */
export interface Fixed {
  readonly n: number;
  readonly rank: number;
}

export function fixedPoints(matching: Matching): Fixed[] {
  const fixed: Fixed[] = [];
  const { first } = matching.space;
  if (first !== undefined) fixed.push({ n: 1, rank: first.rank });
  for (const fork of matching.forks) {
    if (fork.child !== undefined) fixed.push({ n: fork.ret, rank: fork.child.rank });
  }
  return fixed;
}

/** Two neighbours among the fixed points. */
interface Neighbours {
  readonly before: Fixed | undefined;
  readonly after: Fixed | undefined;
}

/** The last of the fixed points for which `key` does not pass `value`, and the one after it. */
export function around(fixed: readonly Fixed[], key: 'n' | 'rank', value: number): Neighbours {
  let low = 0;
  let high = fixed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fixed[middle][key] <= value) low = middle + 1;
    else high = middle;
  }
  return { before: fixed[low - 1], after: fixed[low] };
}

/**
 * Lives whose first record already shows an adopter: they fit between their neighbours'
 * numbers, and their forker was dead by then (or, unseen with clone3, gave them its parent).
 */
function matchAdopted(matching: Matching): void {
  const fixed = fixedPoints(matching);
  const free = matching.forks.filter((fork) => fork.child === undefined);
  const pairs: Pair[] = [];
  for (const life of matching.lives) {
    if (life.birth !== undefined) continue;
    const { before, after } = around(fixed, 'rank', life.rank);
    const lowest = after === undefined ? 0 : after.n - (after.rank - life.rank);
    const highest = before === undefined ? Infinity : before.n + (life.rank - before.rank);
    const floor = Math.max(lowest, (before?.n ?? 0) + 1);
    for (let i = lowerBoundBy(free, (fork) => fork.ret, floor); i < free.length; i++) {
      const fork = free[i];
      if (fork.ret > highest || (after !== undefined && fork.ret >= after.n)) break;
      if (possible(matching, fork, life) && mayAdopt(matching, fork, life)) {
        pairs.push(pairOf(matching, fork, life, ADOPTED));
      }
    }
  }
  const options = new Map<Life, number>();
  for (const pair of pairs) options.set(pair.life, (options.get(pair.life) ?? 0) + 1);
  for (const pair of align(pairs)) {
    const sure = options.get(pair.life) === 1 ? 'inferred' : 'ambiguous';
    bear(matching, pair.fork, pair.life, 'ns_number_between', sure);
  }
}

/** The life's first ppid is not its forker: the forker had ended, or made it a sibling. */
export function mayAdopt(matching: Matching, fork: Fork, life: Life): boolean {
  const { facts } = matching;
  const first = facts.own[life.from];
  const ppid = facts.ppid(first);
  if (ppid === facts.pid(fork.at)) return true;
  const { caller } = fork;
  const gone = caller !== undefined && facts.own[caller.to - 1] < first;
  if (fork.kind === KIND.clone3 && ppid === facts.ppid(fork.at)) return true;
  return gone && mayReap(matching, ppid, caller, life);
}

/**
 * An orphan goes to an ancestor of its parent, and is none itself: one that asked for it, or the
 * first of its namespace.
 */
function mayReap(matching: Matching, ppid: number, caller: Life, orphan: Life): boolean {
  const { facts, index, space, ancestry } = matching;
  if (ancestry.isAbove(orphan, caller)) return false;
  const reaper = index.at(ppid, facts.own[orphan.from]);
  if (reaper === undefined || ancestry.isAbove(reaper, caller)) return true;
  // Where the way up to the first is not known, so is not who stands on it.
  return space.first === undefined || !ancestry.isAbove(space.first, caller);
}
