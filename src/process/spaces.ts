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
import { KIND } from '../tables/kinds.ts';
import { align, type Pair } from './align.ts';
import { CLONE_PARENT, type Facts, type Fork, type Wait } from './facts.ts';
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

  constructor(outer: Space | undefined, first: Life | undefined) {
    this.outer = outer;
    this.first = first;
  }
}

/** How many candidates on each side of the expected one are looked at, in a large family. */
const REACH = 32;
const DIRECT = 16;
const ADOPTED = 8;

/** Finds the namespaces, matches births and waits in them, and adds the lives that only calls show. */
export function resolveSpaces(facts: Facts, index: LifeIndex, outside: Uint8Array): Space[] {
  const spaces = assignSpaces(facts, index, outside);
  if (spaces.length === 0) return spaces;
  collectCalls(facts);
  for (const space of spaces) matchSpace(facts, index, space);
  return spaces;
}

/** Gives each life outside the initial namespace its space, from the outermost inwards. */
function assignSpaces(facts: Facts, index: LifeIndex, outside: Uint8Array): Space[] {
  const spaces: Space[] = [];
  const lives: Life[] = [];
  for (const life of index.all()) {
    if (!life.silent && outside[facts.own[life.from]] === 1) lives.push(life);
  }
  lives.sort((a, b) => facts.own[a.from] - facts.own[b.from]);
  const least = leastReturns(facts);
  const orphans = new Map<number, Space>();
  const state = new Map<Life, boolean>();
  for (const life of lives) {
    // Up to the nearest ancestor whose space is known, then down again: no recursion.
    const path: Life[] = [];
    let walk: Life | undefined = life;
    while (walk !== undefined && walk.space === undefined && !state.has(walk)) {
      state.set(walk, true);
      path.push(walk);
      const up: Life | undefined = parentByPpid(facts, index, walk);
      walk = up !== undefined && !up.silent && outside[facts.own[up.from]] === 1 ? up : undefined;
    }
    for (let i = path.length - 1; i >= 0; i--) {
      const up = i + 1 < path.length ? path[i + 1] : walk;
      enter(facts, index, path[i], up, least, orphans, spaces);
    }
  }
  return spaces;
}

function enter(
  facts: Facts,
  index: LifeIndex,
  life: Life,
  up: Life | undefined,
  least: Map<Life, Fork>,
  orphans: Map<number, Space>,
  spaces: Space[],
): void {
  const outer = up?.space;
  if (outer !== undefined && !beginsSpace(facts, life, up as Life, least)) {
    life.space = outer;
  } else if (outer === undefined && parentByPpid(facts, index, life) === undefined) {
    // Members of a namespace older than the log share a parent that is not in it.
    const ppid = facts.ppid(facts.own[life.from]);
    life.space = orphans.get(ppid);
    if (life.space === undefined) {
      life.space = newSpace(outer, life, least, spaces);
      orphans.set(ppid, life.space);
    }
  } else {
    life.space = newSpace(outer, life, least, spaces);
  }
  life.space.members.push(life);
}

function newSpace(
  outer: Space | undefined,
  life: Life,
  least: Map<Life, Fork>,
  spaces: Space[],
): Space {
  // The first number after 1 is 2: whoever was given it, or bore nobody, is taken for pid 1.
  const lowest = least.get(life)?.ret ?? 2;
  const first = lowest === 2 ? life : undefined;
  const space = new Space(outer, first);
  if (first !== undefined) {
    first.nsPid = 1;
    space.numbers.set(1, [first]);
  }
  spaces.push(space);
  return space;
}

/**
 * Whether a life is the pid 1 of a namespace of its own rather than a member of its
 * parent's: numbers only grow, so a number not above those its parent had already been
 * given belongs to another namespace, and 2 is given once in each.
 */
function beginsSpace(facts: Facts, life: Life, up: Life, least: Map<Life, Fork>): boolean {
  const own = least.get(life);
  if (own === undefined) return false;
  if (own.ret === 2) return true;
  const first = facts.own[life.from];
  let highest = 0;
  for (const fork of up.forks) {
    if (fork.at < first) highest = Math.max(highest, fork.ret);
  }
  return own.ret < highest - REACH;
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

export function parentByPpid(facts: Facts, index: LifeIndex, life: Life): Life | undefined {
  if (life.silent) return undefined;
  const first = facts.own[life.from];
  const parent = index.at(facts.ppid(first), first);
  return parent === life ? undefined : parent;
}

function collectCalls(facts: Facts): void {
  for (const fork of facts.forks) fork.caller?.space?.forks.push(fork);
  for (const wait of facts.waits) wait.waiter?.space?.waits.push(wait);
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
  /** The wait that returned each number. */
  readonly waited: Map<number, Wait>;
}

function matchSpace(facts: Facts, index: LifeIndex, space: Space): void {
  const lives = familyOf(facts, index, space);
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
  const matching: Matching = { facts, space, forks, lives, byPpid, shown, byShown, waited };
  const first = align(directPairs(matching));
  for (const pair of first) bear(matching, pair.fork, pair.life, 'ns_number_order', 'inferred');
  matchAdopted(matching);
  identifySilent(matching, index);
  attachSpaceWaits(matching, index);
}

/** Lives whose parent by ppid is a member: born here, or adopted by a member. */
function familyOf(facts: Facts, index: LifeIndex, space: Space): Life[] {
  const members = new Set(space.members);
  const lives: Life[] = [];
  for (const life of index.all()) {
    if (life.silent || life === space.first || life.birth !== undefined) continue;
    const parent = parentByPpid(facts, index, life);
    const inside = parent === undefined ? life.space === space : members.has(parent);
    if (inside) lives.push(life);
  }
  return lives.sort((a, b) => a.pid - b.pid || facts.own[a.from] - facts.own[b.from]);
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
  for (const kill of facts.kills) {
    if (kill.target === 0 || facts.lifeAt[kill.at]?.space !== space) continue;
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
        pairs.push({ fork, life: lives[i], weight: DIRECT });
      }
    }
  }
  return pairs;
}

/** Nothing rules out that the call bore the life. */
function possible(matching: Matching, fork: Fork, life: Life): boolean {
  const { facts, shown, waited } = matching;
  if (facts.time(fork.at) > facts.time(facts.own[life.from])) return false;
  const number = shown.get(life);
  if (number !== undefined && number !== fork.ret) return false;
  const wait = waited.get(fork.ret);
  return wait === undefined || facts.own[life.to - 1] < wait.at;
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
  if (first !== undefined) fixed.push({ n: 1, p: first.pid });
  for (const fork of matching.forks) {
    if (fork.child !== undefined) fixed.push({ n: fork.ret, p: fork.child.pid });
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
    const [before, after] = around(fixed, 'p', life.pid);
    const lowest = after === undefined ? 0 : after.n - (after.p - life.pid);
    const highest = before === undefined ? Infinity : before.n + (life.pid - before.p);
    const floor = Math.max(lowest, (before?.n ?? 0) + 1);
    for (let i = lowerBound(free, floor); i < free.length; i++) {
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

function lowerBound(forks: readonly Fork[], ret: number): number {
  let low = 0;
  let high = forks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (forks[middle].ret < ret) low = middle + 1;
    else high = middle;
  }
  return low;
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
  const { space } = matching;
  const fixed = fixedPoints(matching);
  for (const fork of matching.forks) {
    if (fork.child !== undefined || !isProcess(matching, fork)) continue;
    const pid = pidOf(matching, fixed, fork);
    if (pid === 0) {
      fork.caller?.unidentified.push(fork);
      continue;
    }
    const known = index.of(pid).find((life) => life.silent && life.birth === undefined);
    const life = known ?? new Life(pid, 0, 0);
    life.space ??= space;
    life.birth = fork;
    fork.child = life;
    life.nsPid = fork.ret;
    life.conclude('birth', 'ns_number_gap', 'inferred', fork.at);
    number(space, fork.ret, life);
    if (known === undefined) index.add(life, fork.at);
  }
}

/** clone3 may have made a thread: only a wait or a signal to its number says otherwise (fact 10). */
function isProcess(matching: Matching, fork: Fork): boolean {
  if (fork.kind !== KIND.clone3) return true;
  return matching.waited.has(fork.ret) || matching.byShown.has(fork.ret);
}

function pidOf(matching: Matching, fixed: readonly Fixed[], fork: Fork): number {
  const shown = matching.byShown.get(fork.ret);
  if (shown !== undefined && shown.birth === undefined) return shown.pid;
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
    chosen?.waits.push(wait);
  }
}
