/**
 * Who bore whom, and who took in whom afterwards.
 *
 * The parent at birth is the caller of the call that made the child, or the caller's own
 * parent under CLONE_PARENT. It stays the parent: what `ppid=` shows later is adoption
 * (KERNEL facts 8 and 10).
 */
import { groupBy, itemsOf } from '../base/groups.ts';
import { append, columnOf, lowerBound } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import type { Confidence } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import { endsLife } from './cuts.ts';
import { CLONE_PARENT, type Facts, type Fork, mayMakeSibling } from './facts.ts';
import type { Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';
import { isThread } from './life.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const INIT = 1;
/** vm.mmap_min_addr's default: no function lies below it. */
const LOWEST_ADDRESS = 0x10000;

export function concludeParents(facts: Facts, index: LifeIndex): void {
  const reapers = reapersOf(facts, index);
  const lives = index.all();
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
    if (life.told !== undefined && life.told.born !== -Infinity) continue;
    if (life.birth !== undefined) byBirth(facts, index, life, life.birth, reapers);
    else if (!life.silent) byPpid(facts, index, life, reapers);
    else byWait(facts, life);
  }
  breakCycles(lives);
  nameChildren(lives);
  for (let i = 0; i < lives.length; i++) {
    if (!lives[i].silent) followAdoptions(facts, index, lives[i]);
  }
}

function nameChildren(lives: readonly Life[]): void {
  for (let i = 0; i < lives.length; i++) lives[i].place = i;
  const parents = columnOf(lives, (life) => life.parent?.place ?? -1);
  const children = groupBy(parents, lives.length);
  for (let i = 0; i < lives.length; i++) lives[i].children = itemsOf(children, i, lives);
}

/**
 * The caller is the parent, unless clone3 may have hidden CLONE_PARENT: then a child first
 * seen under another parent, after the caller's end, may be an orphan or a sibling.
 */
function byCaller(facts: Facts, life: Life, birth: Fork, caller: number): void {
  const first = life.silent ? -1 : facts.ppid(facts.own[life.from]);
  const open = birth.kind === KIND.clone3 && first >= 0 && first !== caller;
  if (open && facts.ppid(birth.at) === INIT && isRawCall(facts, birth)) {
    // Either the caller's child or init's: of the two only init's is nobody's in the log.
    life.ppid = INIT;
    facts.conclude(life, 'parent', 'clone3_orphan_or_sibling', 'ambiguous', birth.at);
    return;
  }
  life.ppid = caller;
  life.parent = birth.caller;
  const confidence = open ? 'ambiguous' : sureOfCaller(facts, life, birth);
  facts.conclude(life, 'parent', 'caller', confidence, birth.at);
}

/** As long as nothing shows a clone3 child's parent, the call may have had CLONE_PARENT. */
function sureOfCaller(facts: Facts, life: Life, birth: Fork): Confidence {
  const sure = sureness(facts, life);
  if (sure !== 'proven' || !life.silent || !isRawCall(facts, birth)) return sure;
  const isShown = life.waits.some(({ waiter }) => waiter === birth.caller);
  return isShown ? 'proven' : 'inferred';
}

/** What rests on which call bore a life is no surer than that. */
export function sureness({ conclusions }: Facts, life: Life): Confidence {
  const birth = conclusions.first(life, 'birth');
  return birth === 0 ? 'proven' : conclusions.verdict(birth).confidence;
}

/**
 * Whether a program made the call itself rather than through the C library, which never
 * uses CLONE_PARENT and leaves the address of the child's function in the third argument.
 */
export function isRawCall(facts: Facts, birth: Fork): boolean {
  if (birth.kind !== KIND.clone3) return false;
  return facts.table.a2[facts.rows[birth.at]] >>> 0 < LOWEST_ADDRESS;
}

/**
 * Lives that take in orphans: those that asked to (prctl), a namespace's pid 1, and those
 * that are shown as parent of a child which another call certainly bore.
 */
function reapersOf(facts: Facts, index: LifeIndex): Set<Life> {
  const found = new Set<Life>();
  for (const at of facts.special) {
    if (facts.kind(at) !== KIND.prctl) continue;
    const row = facts.rows[at];
    const life = facts.lifeAt(at);
    if (facts.table.a0[row] !== PR_SET_CHILD_SUBREAPER || facts.table.a1[row] === 0) continue;
    if (life !== undefined) found.add(life);
  }
  const lives = index.all();
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
    if (life.space?.first === life) found.add(life);
    const adopter = adopterOf(facts, index, life);
    if (adopter !== undefined) found.add(adopter);
  }
  return found;
}

/** The parent that a life's records show although a call whose flags are seen bore it elsewhere. */
function adopterOf(facts: Facts, index: LifeIndex, life: Life): Life | undefined {
  const { birth } = life;
  if (birth === undefined || life.silent || mayMakeSibling(birth)) return undefined;
  const caller = facts.pid(birth.at);
  for (let i = life.from; i < life.to; i++) {
    const ppid = facts.ppid(facts.own[i]);
    if (ppid >= 0 && ppid !== caller) return index.at(ppid, facts.own[i]);
  }
  return undefined;
}

function byBirth(
  facts: Facts,
  index: LifeIndex,
  life: Life,
  birth: Fork,
  reapers: ReadonlySet<Life>,
): void {
  const caller = facts.pid(birth.at);
  if (facts.conclusions.first(life, 'birth') === 0) {
    facts.conclude(life, 'birth', 'clone_return', 'proven', birth.at);
  }
  const sibling = (birth.flags & CLONE_PARENT) !== 0;
  const shown = !sibling && bornAsSibling(facts, index, life, birth, reapers);
  if (!sibling && !shown) {
    byCaller(facts, life, birth, caller);
    return;
  }
  const shownAt = sibling ? siblingShownAt(facts, life, birth) : birth.at;
  life.ppid = facts.ppid(shownAt);
  life.parent = parentAt(facts, index, life.ppid, shownAt, life);
  const rule = sibling ? 'clone_parent_flag' : 'clone_parent_shown';
  facts.conclude(life, 'parent', rule, sibling ? sureness(facts, life) : 'inferred', birth.at);
}

/**
 * Siblings are adopted together: whichever of the two is logged first shows the parent that
 * was theirs at the birth, or is nearest to it.
 */
function siblingShownAt(facts: Facts, life: Life, birth: Fork): number {
  const first = life.silent ? Infinity : facts.own[life.from];
  return first < birth.at && facts.ppid(first) >= 0 ? first : birth.at;
}

/**
 * clone3 hides CLONE_PARENT. A child whose first record, or whose wait, shows another parent
 * was never the caller's child if the caller was still alive then (it would still be shown),
 * or if that parent is the caller's own and nobody who takes in orphans.
 */
function bornAsSibling(
  facts: Facts,
  index: LifeIndex,
  life: Life,
  birth: Fork,
  reapers: ReadonlySet<Life>,
): boolean {
  const { caller } = birth;
  if (birth.kind !== KIND.clone3 || caller === undefined) return false;
  const grandparent = facts.ppid(birth.at);
  if (grandparent === facts.pid(birth.at)) return false;
  if (outlivedChildless(facts, life, birth, caller)) return true;
  const wait = life.waits[0];
  const shownAt = life.silent ? wait?.at : facts.own[life.from];
  const shown = life.silent ? wait?.waiter?.pid : facts.ppid(facts.own[life.from]);
  if (shownAt === undefined || shown === undefined) return false;
  if (shown < 0 || shown === caller.pid) return false;
  if (facts.own[caller.to - 1] > shownAt) return true;
  if (shown !== grandparent) return false;
  const parent = index.at(grandparent, birth.at);
  return grandparent !== INIT && (parent === undefined || !reapers.has(parent));
}

/** The caller was told that it has no child while the life still had records to log. */
function outlivedChildless(facts: Facts, life: Life, birth: Fork, caller: Life): boolean {
  if (life.silent || caller.forks.some((fork) => fork !== birth && isThread(fork))) return false;
  const last = facts.own[life.to - 1];
  const next = caller.childless[lowerBound(caller.childless, 0, caller.childless.length, birth.at)];
  return next !== undefined && next < last;
}

/** Without a fork in the log the first `ppid=` is all there is; a reaper may be an adopter. */
function byPpid(facts: Facts, index: LifeIndex, life: Life, reapers: ReadonlySet<Life>): void {
  const first = facts.own[life.from];
  const ppid = facts.ppid(first);
  if (ppid < 0) return;
  life.ppid = ppid;
  const parent = parentAt(facts, index, ppid, first);
  if (parent === life || (parent !== undefined && !hadBegun(facts, parent, life))) return;
  life.parent = parent;
  const adopts = ppid === INIT || (parent !== undefined && reapers.has(parent));
  const first1 = parent?.space !== undefined && parent.space.first === parent;
  facts.conclude(life, 'parent', 'ppid', adopts || first1 ? 'ambiguous' : 'inferred', first);
}

/** A parent is not younger than its child, as far as both are dated. */
function hadBegun(facts: Facts, parent: Life, life: Life): boolean {
  if (parent.birth === undefined) return true;
  return (
    facts.time(parent.birth.at) <= facts.time(facts.own[life.from]) || parent.begun <= life.begun
  );
}

/** How long a process may still be shown as parent after its exit was logged, in ms. */
const PARTING_MS = 20;

/**
 * The life that a `ppid=` means: not one that had ended, whose children had new parents by
 * then, nor one born later, nor a descendant of the process that it is the parent of.
 */
function parentAt(
  facts: Facts,
  index: LifeIndex,
  pid: number,
  at: number,
  child = facts.lifeAt(at),
): Life | undefined {
  let life = index.at(pid, at);
  if (life !== undefined && hadEnded(facts, life, at)) life = nextBorn(facts, life, at);
  if (life === undefined || life.begun < at) return life;
  if (!mayBeBorn(facts, life, at) || isShownBefore(facts, life, at)) return undefined;
  return isBelow(life, facts.lifeAt(at)) || isBelow(life, child) ? undefined : life;
}

/** Older than the log, or by a clone that was logged later than it was called (fact 4). */
function mayBeBorn(facts: Facts, { birth }: Life, at: number): boolean {
  return birth === undefined || facts.time(birth.at) <= facts.clock[at];
}

/** Whoever logged the event showed the same `ppid=` before the life was born: an older one's. */
function isShownBefore(facts: Facts, { pid, birth }: Life, at: number): boolean {
  const child = facts.lifeAt(at);
  if (birth === undefined || child === undefined) return false;
  const first = facts.own[child.from];
  return facts.ppid(first) === pid && facts.clock[first] < facts.time(birth.at);
}

function hadEnded(facts: Facts, life: Life, at: number): boolean {
  if (life.waits.some((wait) => wait.reaps && wait.at < at)) return true;
  if (life.silent) return false;
  const last = facts.own[life.to - 1];
  const goesOn = facts.kind(last) === KIND.exit && life.forks.some(isThread);
  return (
    endsLife(facts, last) && !goesOn && last < at && facts.time(last) + PARTING_MS < facts.clock[at]
  );
}

/** The next life of the same pid, if it was born by then. */
function nextBorn(facts: Facts, { next }: Life, at: number): Life | undefined {
  return next?.birth !== undefined && mayBeBorn(facts, next, at) ? next : undefined;
}

/** How far up the tree a life is looked for. */
const REACH = 64;

function isBelow({ birth }: Life, above: Life | undefined): boolean {
  let walk = birth?.caller;
  for (let i = 0; i < REACH && walk !== undefined; i++) {
    if (walk === above) return true;
    walk = walk.birth?.caller;
  }
  return false;
}

function byWait(facts: Facts, life: Life): void {
  const wait = life.waits[0];
  if (wait?.waiter === undefined) return;
  life.parent = wait.waiter;
  life.ppid = facts.pid(wait.at);
  facts.conclude(life, 'parent', 'waited_for', 'inferred', wait.at);
}

/** A life is not its own ancestor: of such a circle the link that only a ppid= tells is dropped. */
function breakCycles(lives: readonly Life[]): void {
  for (let i = 0; i < lives.length; i++) {
    const walkNumber = i + 1;
    let walk: Life | undefined = lives[i];
    while (walk !== undefined && walk.walked === 0) {
      walk.walked = walkNumber;
      if (walk.parent?.walked === walkNumber) {
        weakestLink(walk).parent = undefined;
        break;
      }
      walk = walk.parent;
    }
  }
}

function weakestLink(life: Life): Life {
  let link = life;
  for (let walk = life.parent; walk !== undefined && walk !== life; walk = walk.parent) {
    if (link.birth !== undefined && walk.birth === undefined) link = walk;
  }
  return link;
}

/** Whether the call alone tells the parent: neither CLONE_PARENT nor a clone3 that may hide it. */
function isSureParent({ birth }: Life): boolean {
  return birth !== undefined && !mayMakeSibling(birth);
}

/** Orphans go to an ancestor of their parent: never to its descendant, and never from init. */
function mayAdopt(adopter: Life | undefined, parent: Life): boolean {
  if (parent.pid === INIT) return false;
  let walk = adopter?.parent;
  for (let i = 0; i < REACH && walk !== undefined; i++) {
    if (walk === parent) return false;
    walk = walk.parent;
  }
  return true;
}

function loseChild(parent: Life, at: number): void {
  if (parent.lostChildAt < 0 || at < parent.lostChildAt) parent.lostChildAt = at;
}

/** Keeps each later change of ppid, and tells the parent that was left that it had ended. */
function followAdoptions(facts: Facts, index: LifeIndex, life: Life): void {
  let ppid = life.ppid;
  let parent = life.parent;
  let sure = isSureParent(life);
  for (let i = life.from; i < life.to; i++) {
    const at = facts.own[i];
    const shown = facts.ppid(at);
    if (!facts.has(at, HAVE.syscall)) continue;
    if (shown === ppid) {
      sure = true;
      continue;
    }
    const adopter = parentAt(facts, index, shown, at);
    if (sure && parent !== undefined && mayAdopt(adopter, parent)) loseChild(parent, at);
    sure = true;
    ppid = shown;
    parent = adopter;
    life.adoptions = append(life.adoptions, { at, ppid, parent });
  }
}
