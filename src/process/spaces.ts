/**
 * Pid namespaces below the initial one: which life lives in which, and which call there
 * bore which life.
 *
 * A call inside a namespace returns a number that only means something there (KERNEL
 * fact 9). What ties number n to process p: both are handed out in the same order, one of
 * each per birth, so over the births of one namespace p - n never falls; the child's own
 * ppid names the caller; a child is not older than its call and logs nothing after the
 * wait that returned it; setsid and kill show both numbers at once.
 */
import { append, lowerBoundBy } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import { align, type Pair } from './align.ts';
import { eliminate } from './elimination.ts';
import {
  CLONE_NEWPID,
  CLONE_PARENT,
  type Facts,
  type Fork,
  type Kill,
  type Wait,
} from './facts.ts';
import { Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';

/** One pid namespace. */
export class Space {
  readonly outer: Space | undefined;
  /** Its pid 1, when it was seen to begin. */
  readonly first: Life | undefined;
  readonly members: Life[] = [];
  /** Lives by their number here, oldest first; for a nested namespace's pid 1 too. */
  readonly numbers = new Map<number, Life[]>();
  readonly forks: Fork[] = [];
  readonly waits: Wait[] = [];
  /** Signals that members sent to one process. */
  readonly kills: Kill[] = [];
  /** Lives whose parent by ppid is a member: born here, or adopted by a member. */
  readonly family: Life[] = [];

  constructor(outer: Space | undefined, first: Life | undefined) {
    this.outer = outer;
    this.first = first;
  }
}

/** How many candidates on each side of the expected one are looked at, in a large family. */
const REACH = 32;
/** Weights of a pair in the alignment: any pair counts far more than which one it is. */
const DIRECT = 36;
const ADOPTED = 33;
/** The child was logged before the call that bore it: so is one in fourteen (fact 4). */
const DIRECT_LATE = 32;
/** Births of others, unrecorded, that may lie between a namespace's last number and an entered family's first. */
const ENTERED_WITHIN = 64;

/** Finds the namespaces, matches births and waits in them, and adds the lives that only calls show. */
export function resolveSpaces(facts: Facts, index: LifeIndex): Space[] {
  const spaces = assignSpaces(facts, index);
  if (spaces.length === 0) return spaces;
  collectCalls(facts);
  const byRank = rankLives(facts, index);
  collectFamilies(facts, index);
  const matchings = spaces.map((space) => matchSpace(facts, index, space, byRank));
  matchLeftOver(facts, index, new Map(matchings.map((one) => [one.space, one])));
  for (const matching of matchings) {
    noteUnidentified(matching);
    attachSpaceWaits(matching, index);
  }
  return spaces;
}

/** Wider than any pid: a wrap moves every later number up by this much. */
const WRAP = 1 << 23;

/** Numbers are handed out upwards and start again from below when they reach pid_max (fact 12). */
function rankLives(facts: Facts, index: LifeIndex): Map<number, Life> {
  const lives = [...index.all()].sort((a, b) => index.begun(a) - index.begun(b) || a.pid - b.pid);
  let highest = 0;
  for (const life of lives) highest = Math.max(highest, life.pid);
  const half = highest / 2;
  let counter = 0;
  let epoch = 0;
  for (const life of lives) {
    const ahead = life.pid - counter;
    if (ahead < -half) epoch++;
    // Far ahead of the counter: born before the numbers wrapped, first seen after.
    const late = ahead > half && counter > 0;
    life.rank = life.pid + (late ? epoch - 1 : epoch) * WRAP;
    if (!late && (ahead > 0 || ahead < -half)) counter = life.pid;
  }
  const byRank = new Map<number, Life>();
  for (const life of lives) {
    if (!life.silent && facts.ppid(facts.own[life.from]) >= 0) byRank.set(life.rank, life);
  }
  return byRank;
}

/** What is known of the lives outside the initial namespace while spaces are handed out. */
interface Assigning {
  readonly facts: Facts;
  readonly index: LifeIndex;
  /** The call of each life that returned the lowest number. */
  readonly least: ReadonlyMap<Life, Fork>;
  /** Numbers that lives' own calls show of themselves. */
  readonly own: ReadonlyMap<Life, number>;
  /** Spaces of families whose parent has no life, by its pid. */
  readonly adrift: Map<number, Space>;
  readonly spaces: Space[];
}

/** Gives each life outside the initial namespace its space, from the outermost inwards. */
function assignSpaces(facts: Facts, index: LifeIndex): Space[] {
  const least = leastReturns(facts);
  const own = ownNumbers(facts);
  const all: Assigning = { facts, index, least, own, adrift: new Map(), spaces: [] };
  const lives: Life[] = [];
  for (const life of index.all()) if (isOutside(all, life)) lives.push(life);
  lives.sort((a, b) => facts.own[a.from] - facts.own[b.from]);
  beginUnshared(all);
  const entered = new Set<Life>();
  for (const life of lives) {
    // Up to the nearest ancestor whose space is known, then down again: no recursion.
    const path: Life[] = [];
    let walk: Life | undefined = life;
    while (walk !== undefined && walk.space === undefined && isOutside(all, walk)) {
      if (entered.has(walk)) break;
      entered.add(walk);
      path.push(walk);
      walk = parentByPpid(facts, index, walk);
    }
    for (let i = path.length - 1; i >= 0; i--) enter(all, path[i], path[i + 1] ?? walk);
  }
  enterLaterChildren(all);
  return joinEntered(all);
}

/**
 * A family that came in by setns (nsenter, docker exec) goes on counting where the
 * namespace's own births are: it belongs to the one space whose numbers leave room for its
 * own just there.
 */
function joinEntered(all: Assigning): Space[] {
  if (all.spaces.every((space) => space.first !== undefined)) return all.spaces;
  const kept: Space[] = [];
  const calls = new Map(all.spaces.map((space) => [space, callsOf(space)]));
  for (const space of all.spaces) {
    const target = space.first === undefined ? hostOf(all, space, calls) : undefined;
    if (target === undefined) {
      kept.push(space);
      continue;
    }
    for (const member of space.members) {
      member.space = target;
      target.members.push(member);
    }
  }
  return kept;
}

function hostOf(all: Assigning, guest: Space, calls: Map<Space, Fork[]>): Space | undefined {
  const own = calls.get(guest) as Fork[];
  if (own.length === 0) return undefined;
  let best: Space | undefined;
  let nearest = ENTERED_WITHIN;
  for (const space of all.spaces) {
    if (space.first === undefined || !isAliveAt(all, space.first, own[0].at)) continue;
    const distance = distanceBelow(calls.get(space) as Fork[], own);
    if (distance === nearest) best = undefined;
    else if (distance < nearest) {
      nearest = distance;
      best = space;
    }
  }
  return best;
}

/** As far as its own records show. */
function isAliveAt({ facts }: Assigning, life: Life, at: number): boolean {
  return facts.own[life.from] < at && facts.own[life.to - 1] > at;
}

function callsOf(space: Space): Fork[] {
  const calls = space.members.flatMap((member) => member.forks);
  return calls.sort((a, b) => a.at - b.at);
}

/** How far the guest's first number lies above the host's before it; Infinity when it does not fit. */
function distanceBelow(host: readonly Fork[], guest: readonly Fork[]): number {
  const [first] = guest;
  const last = guest[guest.length - 1];
  let below = 1;
  for (const fork of host) {
    if (fork.at < first.at) below = Math.max(below, fork.ret);
    else if (fork.at > last.at && fork.ret < last.ret) return Infinity;
  }
  return first.ret > below ? first.ret - below : Infinity;
}

/** The first child after an unshare that the log holds is its namespace's pid 1 (fact 11). */
function beginUnshared(all: Assigning): void {
  const { facts } = all;
  for (let at = 0; at < facts.rows.length; at++) {
    const row = facts.rows[at];
    if (facts.table.kind[row] !== KIND.unshare || facts.table.success[row] !== 1) continue;
    const life = facts.lifeAt[at];
    if ((facts.table.a0[row] & CLONE_NEWPID) === 0 || life?.childSpace !== undefined) continue;
    const birth = life?.forks.find((fork) => fork.at > at && !fork.thread);
    if (life === undefined || birth?.child === undefined) continue;
    if ((birth.flags & CLONE_NEWPID) !== 0) continue;
    life.childSpace = newSpace(all, life.space, birth.child);
    birth.child.space = life.childSpace;
    life.childSpace.members.push(birth.child);
  }
}

function isOutside({ facts }: Assigning, life: Life): boolean {
  return !life.silent && facts.outside[facts.own[life.from]] === 1;
}

function enter(all: Assigning, life: Life, up: Life | undefined): void {
  const outer = up?.space;
  const flagged = life.birth !== undefined && (life.birth.flags & CLONE_NEWPID) !== 0;
  const begins = flagged || all.own.get(life) === 1 || all.least.get(life)?.ret === 2;
  if (up === undefined) life.space = adrift(all, life);
  else if (!begins && up.childSpace !== undefined) life.space = up.childSpace;
  else if (outer !== undefined && !begins && !isBelow(all, life, up)) life.space = outer;
  else {
    life.space = newSpace(all, outer, isFirst(all, life, up) ? life : undefined);
    // Without the flag it was unshare: every later child goes the same way.
    if (!flagged) up.childSpace ??= life.space;
  }
  life.space.members.push(life);
}

/** Members of a namespace older than the log share a parent that has no records. */
function adrift(all: Assigning, life: Life): Space {
  const ppid = all.facts.ppid(all.facts.own[life.from]);
  let space = all.adrift.get(ppid);
  if (space === undefined || all.least.get(life)?.ret === 2) {
    space = newSpace(all, undefined, isFirst(all, life, undefined) ? life : undefined);
    all.adrift.set(ppid, space);
  }
  return space;
}

function newSpace(all: Assigning, outer: Space | undefined, first: Life | undefined): Space {
  const space = new Space(outer, first);
  if (first !== undefined) {
    first.nsPid = 1;
    space.numbers.set(1, [first]);
  }
  all.spaces.push(space);
  return space;
}

/**
 * Whether the first life seen in a namespace is its pid 1. The number after 1 is 2: its own
 * lowest is 2, or higher by no more than its parent's later children took before it.
 */
function isFirst(all: Assigning, life: Life, up: Life | undefined): boolean {
  const own = all.own.get(life);
  if (own !== undefined) return own === 1;
  const least = all.least.get(life);
  if (least === undefined || least.ret === 2) return true;
  const born = life.birth?.at ?? all.facts.own[life.from];
  const siblings = up?.forks.filter((fork) => fork.at > born && fork.at < least.at).length ?? 0;
  return least.ret <= 2 + siblings;
}

/**
 * Whether a life is in a namespace below its parent's: numbers only grow, so one well
 * below those its parent had already been given belongs elsewhere.
 */
function isBelow(all: Assigning, life: Life, up: Life): boolean {
  const own = all.least.get(life);
  if (own === undefined) return false;
  const first = all.facts.own[life.from];
  let highest = 0;
  for (const fork of up.forks) if (fork.at < first) highest = Math.max(highest, fork.ret);
  return own.ret < highest - REACH;
}

/** After unshare every later child is in the new namespace, also one that shows no sign of it. */
function enterLaterChildren(all: Assigning): void {
  for (const life of all.index.all()) {
    const space = life.birth?.caller?.childSpace;
    if (space === undefined || life.space !== undefined || life.birth === undefined) continue;
    if (space.first?.birth === undefined || life.birth.at < space.first.birth.at) continue;
    life.space = space;
    space.members.push(life);
  }
}

/** What setsid returned, and what a life called itself in a signal (fact 9). */
function ownNumbers(facts: Facts): Map<Life, number> {
  const own = new Map<Life, number>();
  for (let at = 0; at < facts.rows.length; at++) {
    const row = facts.rows[at];
    if (facts.table.kind[row] !== KIND.setsid || facts.table.success[row] !== 1) continue;
    const life = facts.lifeAt[at];
    if (life !== undefined) own.set(life, facts.table.exit[row]);
  }
  for (const kill of facts.kills) {
    const life = facts.lifeAt[kill.at];
    if (life === undefined || kill.target === 0 || kill.opids[0] !== life.pid) continue;
    if (facts.kind(kill.at) !== KIND.tkill && !own.has(life)) own.set(life, kill.target);
  }
  return own;
}

/** The call of each life that returned the lowest number. */
function leastReturns(facts: Facts): Map<Life, Fork> {
  const least = new Map<Life, Fork>();
  for (const fork of facts.forks) {
    if (fork.caller === undefined) continue;
    const known = least.get(fork.caller);
    if (known === undefined || fork.ret < known.ret) least.set(fork.caller, fork);
  }
  return least;
}

function parentByPpid(facts: Facts, index: LifeIndex, life: Life): Life | undefined {
  if (life.silent) return undefined;
  const first = facts.own[life.from];
  const parent = index.at(facts.ppid(first), first);
  return parent === life ? undefined : parent;
}

function collectCalls(facts: Facts): void {
  for (const fork of facts.forks) fork.caller?.space?.forks.push(fork);
  for (const wait of facts.waits) wait.waiter?.space?.waits.push(wait);
  for (const kill of facts.kills) {
    if (kill.target > 0 && kill.opids.length === 1) facts.lifeAt[kill.at]?.space?.kills.push(kill);
  }
}

/** Everything that the matching of one namespace works on. */
interface Matching {
  readonly facts: Facts;
  readonly space: Space;
  /** Calls that made or may have made a process, by number. */
  readonly forks: readonly Fork[];
  /** Lives that must have been born by one of them, in order of pid. */
  readonly lives: readonly Life[];
  readonly byPpid: Map<number, Life[]>;
  /** Number shown by the life's own or others' calls. */
  readonly shown: Map<Life, number>;
  readonly byShown: Map<number, Life>;
  /** All lives of the boot that records show, by rank. */
  readonly byRank: ReadonlyMap<number, Life>;
  /** The wait that returned each number. */
  readonly waited: Map<number, Wait>;
}

function matchSpace(
  facts: Facts,
  index: LifeIndex,
  space: Space,
  byRank: ReadonlyMap<number, Life>,
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
  const matching: Matching = {
    facts,
    space,
    forks,
    lives,
    byPpid,
    shown,
    byShown,
    byRank,
    waited,
  };
  const first = align([...directPairs(matching), ...adoptedPairs(matching)]);
  for (const pair of first) {
    bear(matching, pair.fork, pair.life, 'ns_number_order', 'inferred');
  }
  matchAdopted(matching);
  identifySilent(matching, index);
  return matching;
}

function collectFamilies(facts: Facts, index: LifeIndex): void {
  for (const life of index.all()) {
    if (life.silent || life.birth !== undefined) continue;
    const parent = parentByPpid(facts, index, life);
    const space = parent === undefined ? life.space : parent.space;
    if (life !== space?.first) space?.family.push(life);
  }
}

/** Numbers that calls show beside the pid: setsid's return, kill's argument (fact 9). */
function shownNumbers(facts: Facts, index: LifeIndex, space: Space): Map<Life, number> {
  const shown = new Map<Life, number>();
  for (const member of space.members) {
    for (let i = member.from; i < member.to; i++) {
      const row = facts.rows[facts.own[i]];
      if (facts.table.kind[row] !== KIND.setsid || facts.table.success[row] !== 1) continue;
      shown.set(member, facts.table.exit[row]);
      if (member.nsPid === 0) member.nsPid = facts.table.exit[row];
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
    const families = [caller];
    if ((fork.flags & CLONE_PARENT) !== 0) families[0] = matching.facts.ppid(fork.at);
    for (const family of families) {
      const lives = matching.byPpid.get(family) ?? [];
      const from = lives.length > 4 * REACH ? Math.max(0, rank - REACH) : 0;
      const to = lives.length > 4 * REACH ? Math.min(lives.length, rank + REACH) : lives.length;
      for (let i = from; i < to; i++) {
        if (!possible(matching, fork, lives[i])) continue;
        const late = matching.facts.own[lives[i].from] < fork.at;
        pairs.push({ fork, life: lives[i], weight: late ? DIRECT_LATE : DIRECT });
      }
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
      if (mayAdopt(facts, fork, life)) pairs.push({ fork, life, weight: ADOPTED });
    }
  }
  return pairs;
}

/** Nothing rules out that the call bore the life. */
function possible(matching: Matching, fork: Fork, life: Life): boolean {
  const { facts, shown, waited } = matching;
  if (facts.time(fork.at) > facts.time(facts.own[life.from])) return false;
  const ownNumber = shown.get(life);
  const begins = life.space !== matching.space && life.space?.first === life;
  if (!begins && ownNumber !== undefined && ownNumber !== fork.ret) return false;
  if (begins && !mayBegin(fork)) return false;
  const wait = waited.get(fork.ret);
  return wait === undefined || facts.own[life.to - 1] < wait.at;
}

/** Whether a call's child may be the pid 1 of a new namespace. */
function mayBegin(fork: Fork): boolean {
  if (fork.kind === KIND.clone3 || (fork.flags & CLONE_NEWPID) !== 0) return true;
  return fork.caller?.childSpace !== undefined;
}

function bear(
  matching: Matching,
  fork: Fork,
  life: Life,
  rule: string,
  confidence: 'proven' | 'inferred' | 'ambiguous',
): void {
  const { space } = matching;
  life.birth = fork;
  fork.child = life;
  const strength = matching.shown.get(life) === fork.ret ? 'proven' : confidence;
  life.conclude('birth', rule, strength, fork.at);
  number(space, fork.ret, life);
  if ((fork.flags & CLONE_NEWPID) !== 0 && life.space === space) {
    // Its flag says what nothing else did: it is the pid 1 of a namespace of its own.
    life.space = new Space(space, life);
    life.nsPid = 1;
  }
  if (life.space === space && life.nsPid === 0) life.nsPid = fork.ret;
}

function number(space: Space, ret: number, life: Life): void {
  const lives = space.numbers.get(ret);
  if (lives === undefined) space.numbers.set(ret, [life]);
  else lives.push(life);
}

/** What is known to correspond: number n is process p. In order of n, and so of p. */
interface Fixed {
  readonly n: number;
  readonly p: number;
}

function fixedPoints(matching: Matching): Fixed[] {
  const fixed: Fixed[] = [];
  const { first } = matching.space;
  if (first !== undefined) fixed.push({ n: 1, p: first.rank });
  for (const fork of matching.forks) {
    if (fork.child !== undefined) fixed.push({ n: fork.ret, p: fork.child.rank });
  }
  return fixed;
}

/** The last of the fixed points for which `key` does not pass `value`, and the one after it. */
function around(
  fixed: readonly Fixed[],
  key: 'n' | 'p',
  value: number,
): readonly [Fixed | undefined, Fixed | undefined] {
  let low = 0;
  let high = fixed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fixed[middle][key] <= value) low = middle + 1;
    else high = middle;
  }
  return [fixed[low - 1], fixed[low]];
}

/**
 * Lives whose first record already shows an adopter: they fit between their neighbours'
 * numbers, and their forker was dead by then (or, unseen with clone3, gave them its parent).
 */
function matchAdopted(matching: Matching): void {
  const { facts } = matching;
  const fixed = fixedPoints(matching);
  const free = matching.forks.filter((fork) => fork.child === undefined);
  const pairs: Pair[] = [];
  for (const life of matching.lives) {
    if (life.birth !== undefined) continue;
    const [before, after] = around(fixed, 'p', life.rank);
    const lowest = after === undefined ? 0 : after.n - (after.p - life.rank);
    const highest = before === undefined ? Infinity : before.n + (life.rank - before.p);
    const floor = Math.max(lowest, (before?.n ?? 0) + 1);
    for (let i = lowerBoundBy(free, (fork) => fork.ret, floor); i < free.length; i++) {
      const fork = free[i];
      if (fork.ret > highest || (after !== undefined && fork.ret >= after.n)) break;
      if (possible(matching, fork, life) && mayAdopt(facts, fork, life)) {
        pairs.push({ fork, life, weight: ADOPTED });
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
function mayAdopt(facts: Facts, fork: Fork, life: Life): boolean {
  const first = facts.own[life.from];
  const ppid = facts.ppid(first);
  if (ppid === facts.pid(fork.at)) return true;
  const { caller } = fork;
  const gone = caller !== undefined && facts.own[caller.to - 1] < first;
  return gone || (fork.kind === KIND.clone3 && ppid === facts.ppid(fork.at));
}

/**
 * Births whose child left no record of its own. Between two known pairs that lie equally
 * far apart in both numberings every number in between is known, too.
 */
function identifySilent(matching: Matching, index: LifeIndex): void {
  const fixed = fixedPoints(matching);
  for (const fork of matching.forks) {
    if (fork.child !== undefined || !isProcess(matching, fork)) continue;
    const rank = rankOfSilent(matching, fixed, fork);
    if (rank !== 0) bearRanked(matching, index, fork, rank, 'ns_number_gap', 'inferred');
  }
}

/** Bears the life whose pid is known by arithmetic: one that records show, or a silent one. */
function bearRanked(
  matching: Matching,
  index: LifeIndex,
  fork: Fork,
  rank: number,
  rule: string,
  confidence: 'inferred' | 'ambiguous',
): void {
  const shown = matching.byRank.get(rank);
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
  const pid = ((rank % WRAP) + WRAP) % WRAP;
  const known = index.of(pid).find((life) => fatherless(matching.facts, life, fork));
  const life = known ?? new Life(pid, 0, 0);
  life.rank = rank;
  life.space ??= fork.caller?.childSpace ?? matching.space;
  bear(matching, fork, life, rule, confidence);
  if (known === undefined) index.add(life, fork.at);
}

/**
 * What neither its family nor its neighbours decide is decided by what is left over: see
 * elimination.ts. A span in which any pairing is impossible is left alone.
 */
function matchLeftOver(facts: Facts, index: LifeIndex, matchings: Map<Space, Matching>): void {
  for (const run of eliminate(facts, rankTaken)) {
    if (!run.every(({ fork, rank }) => fits(matchingOf(matchings, fork), fork, rank))) continue;
    const spaces = new Set(run.map(({ fork }) => fork.caller?.space));
    const certain = run.length === 1 || spaces.size === 1;
    // Births of several namespaces may be paired crosswise: then only if each is a process.
    const processes = run.every(({ fork, rank }) => {
      const matching = matchingOf(matchings, fork) as Matching;
      return !fork.thread && (matching.byRank.has(rank) || isProcess(matching, fork));
    });
    if (!certain && !processes) continue;
    for (const { fork, rank } of run) {
      const matching = matchingOf(matchings, fork) as Matching;
      if (fork.thread || (!matching.byRank.has(rank) && !isProcess(matching, fork))) continue;
      bearRanked(matching, index, fork, rank, 'pid_left_over', certain ? 'inferred' : 'ambiguous');
    }
  }
}

function fits(matching: Matching | undefined, fork: Fork, rank: number): boolean {
  if (matching === undefined) return false;
  const shown = matching.byRank.get(rank);
  return shown === undefined || (shown.birth === undefined && canBear(matching, fork, shown));
}

function matchingOf(matchings: Map<Space, Matching>, fork: Fork): Matching | undefined {
  return fork.caller?.space === undefined ? undefined : matchings.get(fork.caller.space);
}

function canBear(matching: Matching, fork: Fork, life: Life): boolean {
  return !fork.thread && possible(matching, fork, life) && mayAdopt(matching.facts, fork, life);
}

/** Rank of the pid that a birth took: from the child, or from the number itself at the top; 0 unknown. */
function rankTaken(fork: Fork): number {
  if (fork.child !== undefined) return fork.child.rank;
  if (fork.caller === undefined || fork.caller.space !== undefined) return 0;
  // A thread has no life to take the rank from: it is of its caller's turn of numbers.
  return fork.ret + Math.floor(fork.caller.rank / WRAP) * WRAP;
}

function noteUnidentified(matching: Matching): void {
  for (const fork of matching.forks) {
    if (fork.child === undefined && isProcess(matching, fork)) {
      const { caller } = fork;
      if (caller !== undefined) caller.unidentified = append(caller.unidentified, fork);
    }
  }
}

/** A life of which no record shows a parent: only signals to it, or the record of its crash. */
function fatherless(facts: Facts, life: Life, fork: Fork): boolean {
  if (life.birth !== undefined) return false;
  if (life.silent) return true;
  const first = facts.own[life.from];
  return facts.ppid(first) < 0 && facts.time(first) >= facts.time(fork.at);
}

/** clone3 may have made a thread: only a wait or a signal to its number says otherwise (fact 10). */
function isProcess(matching: Matching, fork: Fork): boolean {
  if (fork.kind !== KIND.clone3) return true;
  return matching.waited.has(fork.ret) || matching.byShown.has(fork.ret);
}

function rankOfSilent(matching: Matching, fixed: readonly Fixed[], fork: Fork): number {
  const shown = matching.byShown.get(fork.ret);
  if (shown !== undefined && shown.birth === undefined) return shown.rank;
  const [before, after] = around(fixed, 'n', fork.ret);
  if (before === undefined || after === undefined) return 0;
  if (after.n - before.n !== after.p - before.p) return 0;
  return before.p + (fork.ret - before.n);
}

/** Gives each wait the life whose number it returned: the last that had begun. */
function attachSpaceWaits(matching: Matching, index: LifeIndex): void {
  const { space } = matching;
  for (const wait of space.waits) {
    const lives = space.numbers.get(wait.ret);
    if (lives === undefined) continue;
    let chosen: Life | undefined;
    for (const life of lives) {
      if (index.begun(life) < wait.at || lives.length === 1) chosen = life;
    }
    if (chosen !== undefined) chosen.waits = append(chosen.waits, wait);
  }
}
