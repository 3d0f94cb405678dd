/**
 * Which life lives in which pid namespace (KERNEL facts 9 and 11): inherited from the parent,
 * begun by a flag or by unshare, entered by setns; all three may have left no record, and then
 * the numbers that calls return tell.
 */
import { lowerBoundBy, NONE } from '../base/list.ts';
import { KIND } from '../tables/kinds.ts';
import type { Beginnings } from './beginnings.ts';
import { CLONE_NEWPID, type Facts, type Fork } from './facts.ts';
import { joinEntered } from './entered.ts';
import { Numbers } from './numbers.ts';
import type { LifeIndex } from './life-index.ts';
import type { Life } from './life.ts';
import { isRawCall } from './parents.ts';
import { Space } from './space.ts';
import { Unshared } from './unshared.ts';

/** How many candidates on each side of the expected one are looked at, in a large family. */
export const REACH = 16;

/** What is known of the lives outside the initial namespace while spaces are handed out. */
interface Assigning {
  readonly facts: Facts;
  readonly index: LifeIndex;
  readonly beginnings: Beginnings;
  /** Half of all pids. */
  readonly half: number;
  /** The call of each life that returned the lowest number. */
  readonly least: ReadonlyMap<Life, Fork>;
  /** Numbers that lives' own calls show of themselves. */
  readonly own: ReadonlyMap<Life, number>;
  /** Spaces of families whose parent has no life, by its pid. */
  readonly adrift: Map<number, Space>;
  readonly spaces: Space[];
  /** What the members of each space called so far returned. */
  readonly numbers: Map<Space, Numbers>;
  /** Lives of which a call shows that they left their namespace. */
  readonly unshared: Set<Life>;
  /** Those inside a namespace that did. */
  readonly inside: Unshared;
}

/** Gives each life outside the initial namespace its space, from the outermost inwards. */
export function assignSpaces(facts: Facts, index: LifeIndex, beginnings: Beginnings): Space[] {
  const least = leastReturns(facts);
  const own = ownNumbers(facts);
  const lives = index.all().filter((life) => isOutside(facts, life));
  const all: Assigning = {
    facts,
    index,
    beginnings,
    half: highestOf(facts.pids) / 2,
    least,
    own,
    adrift: new Map(),
    spaces: [],
    numbers: new Map(),
    unshared: new Set(),
    inside: new Unshared(facts, index, lives),
  };
  lives.sort((a, b) => facts.own[a.from] - facts.own[b.from]);
  beginUnshared(all);
  const entered = new Set<Life>();
  for (const life of lives) {
    // Up to the nearest ancestor whose space is known, then down again: no recursion.
    const path: Life[] = [];
    let walk: Life | undefined = life;
    while (walk !== undefined && walk.space === undefined && isOutside(facts, walk)) {
      if (entered.has(walk)) break;
      entered.add(walk);
      path.push(walk);
      walk = walk.birth?.caller ?? index.parentOf(walk);
    }
    for (let i = path.length - 1; i >= 0; i--) enter(all, path[i], path[i + 1] ?? walk);
  }
  enterLaterChildren(all);
  return joinEntered(facts, all.spaces, all.numbers);
}

function highestOf(pids: readonly number[]): number {
  let highest = 0;
  for (let i = 0; i < pids.length; i++) highest = Math.max(highest, pids[i]);
  return highest;
}

/** The first child after an unshare that the log holds is its namespace's pid 1 (fact 11). */
function beginUnshared(all: Assigning): void {
  const { facts } = all;
  for (const at of facts.unshares) {
    const life = facts.lifeAt(at);
    if (life?.childSpace !== undefined) continue;
    const birth = life?.forks.find((fork) => fork.at > at && !fork.thread);
    if (life === undefined || birth?.child === undefined) continue;
    if ((birth.flags & CLONE_NEWPID) !== 0) continue;
    all.unshared.add(life);
    life.childSpace = newSpace(all, life.space, birth.child);
    join(all, birth.child, life.childSpace);
  }
}

function isOutside(facts: Facts, life: Life): boolean {
  return !life.silent && facts.outside[facts.own[life.from]] === 1;
}

function enter(all: Assigning, life: Life, up: Life | undefined): void {
  if (up === undefined) {
    join(all, life, adrift(all, life));
    return;
  }
  const flagged = life.birth !== undefined && (life.birth.flags & CLONE_NEWPID) !== 0;
  const begins = flagged || all.own.get(life) === 1 || all.least.get(life)?.ret === 2;
  if (enterUnshared(all, life, up, begins)) return;
  let space = begins ? undefined : fitting(all, life, up);
  if (space === undefined) {
    space = newSpace(all, up.space, flagged || isFirst(all, life, up) ? life : undefined);
    // Without the flag it was unshare: every later child goes the same way.
    if (!flagged && !mayHaveFlagged(all, life, up)) up.childSpace ??= space;
  }
  join(all, life, space);
}

/** Inside a namespace: whether the life was certainly born after its parent's unshare. */
function enterUnshared(all: Assigning, life: Life, up: Life, begins: boolean): boolean {
  const { childSpace } = up;
  if (childSpace?.isUnshared !== true || !all.inside.isAfter(up, life, begins)) return false;
  if (begins && childSpace.first !== undefined) return false;
  if (begins) childSpace.beginWith(life);
  join(all, life, childSpace);
  return true;
}

function join(all: Assigning, life: Life, space: Space): void {
  life.space = space;
  space.members.push(life);
  const numbers = numbersOf(all, space);
  for (const fork of life.forks) numbers.add(fork);
  if (life.childSpace !== undefined) return;
  life.childSpace = all.inside.begin(life, space);
  if (life.childSpace !== undefined) all.spaces.push(life.childSpace);
}

/**
 * The namespace of its parent's children or its parent's own, whichever its calls fit better;
 * neither where half of them do not fit: a few may not because another member is misplaced.
 */
function fitting(all: Assigning, life: Life, up: Life): Space | undefined {
  const later = up.childSpace?.isUnshared === true ? undefined : up.childSpace;
  const candidates = [later, up.space].filter((space) => space !== undefined);
  const { forks } = life;
  if (forks.length === 0) return candidates[0];
  let best: Space | undefined;
  let least = Math.max(1, forks.length / 2);
  // So that as many conflicts as that are too many, however near the numbers are.
  let nearest = 0;
  for (const space of candidates) {
    const numbers = numbersOf(all, space);
    const conflicts = numbers.conflicts(forks);
    const distance = numbers.distance(forks[0]);
    if (conflicts < least || (conflicts === least && distance < nearest)) {
      least = conflicts;
      nearest = distance;
      best = space;
    }
  }
  return best;
}

function numbersOf(all: Assigning, space: Space): Numbers {
  let numbers = all.numbers.get(space);
  if (numbers === undefined) {
    numbers = new Numbers(all.beginnings, all.half);
    all.numbers.set(space, numbers);
  }
  return numbers;
}

/**
 * Inside a namespace the call that bore a life is not known yet: it may have had the flag. A
 * program's own clone3 may have it anywhere.
 */
function mayHaveFlagged({ facts }: Assigning, life: Life, up: Life): boolean {
  if (life.birth !== undefined) return isRawCall(facts, life.birth);
  return up.forks.some((fork) => (fork.flags & CLONE_NEWPID) !== 0 || isRawCall(facts, fork));
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
  const forks = up?.forks ?? NONE;
  const positionOf = (fork: Fork): number => fork.at;
  const from = lowerBoundBy(forks, positionOf, born + 1);
  const siblings = lowerBoundBy(forks, positionOf, least.at) - from;
  return least.ret <= 2 + Math.max(0, siblings);
}

/** After unshare every later child is in the new namespace, also one that shows no sign of it. */
function enterLaterChildren(all: Assigning): void {
  const lives = all.index.all();
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
    if (life.childSpace === undefined) continue;
    const later = laterChildren(life, life.childSpace);
    // A later child whose calls return pids shows that its parent did not leave its namespace.
    if (!all.unshared.has(life) && later.some((child) => showsPids(all, child))) {
      life.childSpace = undefined;
      continue;
    }
    for (const child of later) {
      child.space = life.childSpace;
      child.space.members.push(child);
    }
  }
}

/** Children born after the first of a namespace that are in none yet. */
function laterChildren(life: Life, { first }: Space): Life[] {
  const began = first?.birth?.at;
  const later: Life[] = [];
  if (began === undefined) return later;
  for (const { at, child } of life.forks) {
    if (at >= began && child !== undefined && child.space === undefined) later.push(child);
  }
  return later;
}

/** Whether a life that is in no namespace yet calls something that shows that it is in the initial one. */
function showsPids(all: Assigning, life: Life): boolean {
  return life.forks.length > 0 || all.own.get(life) === life.pid;
}

/** What setsid returned, and what a life called itself in a signal (fact 9). */
function ownNumbers(facts: Facts): Map<Life, number> {
  const own = new Map<Life, number>();
  for (const at of facts.special) {
    if (facts.kind(at) !== KIND.setsid) continue;
    const row = facts.rows[at];
    const life = facts.lifeAt(at);
    if (life !== undefined) own.set(life, facts.table.exit[row] | 0);
  }
  for (const kill of facts.kills) {
    const life = facts.lifeAt(kill.at);
    if (life === undefined || kill.target === 0 || kill.opids[0] !== life.pid) continue;
    if (facts.kind(kill.at) !== KIND.tkill && !own.has(life)) own.set(life, kill.target);
  }
  return own;
}

/** The call of each life that returned the lowest number. */
function leastReturns(facts: Facts): Map<Life, Fork> {
  const { forks } = facts;
  const least = new Map<Life, Fork>();
  for (let i = 0; i < forks.length; i++) {
    const fork = forks[i];
    if (fork.caller === undefined || facts.outside[fork.at] === 0) continue;
    const known = least.get(fork.caller);
    if (known === undefined || fork.ret < known.ret) least.set(fork.caller, fork);
  }
  return least;
}
