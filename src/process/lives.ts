/** Every life of every pid: its events as cuts.ts cuts them, with its birth and its waits. */
import { HAVE } from '../event/table.ts';
import { KIND } from '../tables/kinds.ts';
import { CLONE_MS, Cuts, endsLife, nextCut, type PidEvidence, type Placed } from './cuts.ts';
import { CLONE_PARENT, type Facts, type Fork, type Range, type Wait } from './facts.ts';
import { Life, NEVER } from './life.ts';

/** The lives of one pid, oldest first, by whatever evidence there is. */
export function livesOf(facts: Facts, pid: number, evidence: PidEvidence): Life[] {
  return livesInTurn(facts, pid, evidence) ?? livesByCuts(facts, pid, evidence);
}

/** The lives of one pid, oldest first, wherever a birth, an end or a wait cuts its events. */
export function livesByCuts(facts: Facts, pid: number, evidence: PidEvidence): Life[] {
  const { from, to } = facts.range(pid);
  const cuts = new Cuts(facts, from, to, evidence);
  const births = cuts.inOrder(evidence.births);
  const placed = births.map((birth) => cuts.place(birth));
  const lives = assemble(facts, pid, cuts, births, placed);
  attachWaits(facts, lives, pid, evidence.waits);
  return lives;
}

/**
 * Whether a pid's events `own[from, to)` are one life without any cut, the common case: one
 * birth before every event or none at all, one wait after or none, and nothing logged after
 * an exit but by further threads.
 */
export function isOneLife(
  facts: Facts,
  from: number,
  to: number,
  birth: Fork | undefined,
  wait: Wait | undefined,
): boolean {
  if (from === to && birth === undefined) return false;
  if (wait !== undefined && birth !== undefined && wait.at < birth.at) return false;
  if (from === to) return true;
  if (wait !== undefined && wait.at < facts.own[to - 1]) return false;
  const first = facts.own[from];
  // A record before the call's own that shows another parent may be an earlier life's.
  const early = birth !== undefined && first < birth.at;
  if (early && facts.ppid(first) !== facts.pid(birth.at)) return false;
  const since = birth === undefined ? 0 : facts.time(birth.at);
  for (let i = from; i < to; i++) {
    const at = facts.own[i];
    if (facts.time(at) < since || facts.has(at, HAVE.login)) return false;
    if (i + 1 < to && endsLife(facts, at) && !goesOn(facts, at, facts.own[i + 1])) return false;
  }
  return true;
}

/** An exit of one thread: after it, nothing but another parent would be a sign of another life. */
function goesOn(facts: Facts, at: number, next: number): boolean {
  if (facts.kind(at) !== KIND.exit || facts.has(at, HAVE.abend)) return false;
  return facts.ppid(at) >= 0 && facts.ppid(at) === facts.ppid(next);
}

/**
 * The common case of a pid used again: lives one after another, each with its call, its events
 * and at most one wait, in this order and in later ticks than the life before. What it says is
 * what `livesByCuts` says at ten times the cost; undefined when the pid is not such a case.
 */
export function livesInTurn(
  facts: Facts,
  pid: number,
  { births, waits }: PidEvidence,
): Life[] | undefined {
  const { from, to } = facts.range(pid);
  const lives: Life[] = [];
  let w = 0;
  let start = from;
  for (let k = 0; k < births.length; k++) {
    const birth = births[k];
    const next = births[k + 1];
    if (next !== undefined && facts.time(next.at) <= facts.time(birth.at)) return undefined;
    const end = next === undefined ? to : runBefore(facts, start, to, next);
    const freed = w > 0 ? waits[w - 1] : undefined;
    let wait: Wait | undefined;
    if (w < waits.length && (next === undefined || waits[w].at < next.at)) wait = waits[w++];
    if (!isOneLife(facts, start, end, birth, wait)) return undefined;
    const inTurn =
      start === end
        ? start === to || isFreed(facts, start, wait)
        : facts.own[start] > birth.at ||
          isEarly(facts, from, { from: start, to: end }, birth, freed);
    if (!inTurn) return undefined;
    const life = newLife(facts, pid, start, end, birth);
    if (wait !== undefined) life.reapedBy(wait);
    lives.push(life);
    start = end;
  }
  return start === to && w === waits.length ? lives : undefined;
}

/** Whether the pid was free again before an event. */
function isFreed(facts: Facts, i: number, wait: Wait | undefined): boolean {
  return wait !== undefined && wait.reaps && wait.at < facts.own[i];
}

/**
 * Whether a life's first events, logged before the call that bore it, can be no one else's: no
 * event of the pid came before, or a wait freed it meanwhile, or the life goes on after the call.
 */
function isEarly(
  facts: Facts,
  first: number,
  { from, to }: Range,
  { at, flags }: Fork,
  freed: Wait | undefined,
): boolean {
  if ((flags & CLONE_PARENT) !== 0) return false;
  if (freed !== undefined && freed.at > facts.own[from]) return false;
  if (from === first || facts.own[to - 1] > at) return true;
  return freed !== undefined && freed.reaps && freed.at > facts.own[from - 1];
}

/** The end of the events from `start` on that were logged, and had entered, before a call. */
function runBefore(facts: Facts, start: number, to: number, { at }: Fork): number {
  const time = facts.time(at);
  let end = start;
  while (end < to && facts.own[end] < at && facts.time(facts.own[end]) < time) end++;
  return end;
}

/** One life for each run of events between cuts and for each birth without events. */
function assemble(
  facts: Facts,
  pid: number,
  cuts: Cuts,
  births: readonly Fork[],
  placed: readonly Placed[],
): Life[] {
  const lives: Life[] = [];
  const add = (from: number, to: number, birth: Fork | undefined): void => {
    lives.push(newLife(facts, pid, from, to, birth));
  };
  let b = 0;
  for (let i = cuts.from; i <= cuts.to; i++) {
    if (i < cuts.to && !cuts.isCut(i)) continue;
    while (placed[b]?.at === i && isSilent(placed, b)) add(i, i, births[b++]);
    if (i === cuts.to) break;
    const end = nextCut(cuts, i);
    add(i, end, placed[b]?.at === i ? births[b++] : undefined);
  }
  return lives;
}

/** Of several births before the same event the last is its own; the others left no event. */
function isSilent(placed: readonly Placed[], b: number): boolean {
  return placed[b].silent || placed[b + 1]?.at === placed[b].at;
}

/** A life with the events `own[from, to)`. */
export function newLife(
  facts: Facts,
  pid: number,
  from: number,
  to: number,
  birth: Fork | undefined,
): Life {
  const life = new Life(pid, from, to, from < to ? facts.own[from] : NEVER);
  if (birth !== undefined) life.bornBy(birth);
  return life;
}

/**
 * Each wait belongs to the last life that had begun when it was logged: the next life's
 * birth and events all come after it (fact 5). A second wait that reaped, or one before any
 * life, is the only sign of a life whose fork is not in the log.
 */
function attachWaits(facts: Facts, lives: Life[], pid: number, waits: readonly Wait[]): void {
  let k = 0;
  for (const wait of waits) {
    while (k + 1 < lives.length && lives[k + 1].begun < wait.at) k++;
    if (k < lives.length && isReaped(lives[k]) && mayHaveBegun(facts, lives[k + 1], wait)) k++;
    const life = lives[k];
    const fits =
      life !== undefined &&
      !isReaped(life) &&
      (life.begun < wait.at || mayHaveBegun(facts, life, wait));
    if (fits) {
      life.reapedBy(wait);
    } else if (wait.reaps) {
      const lone = new Life(pid, 0, 0, NEVER);
      lone.reapedBy(wait);
      if (life !== undefined && life.begun < wait.at) k++;
      lives.splice(k, 0, lone);
    }
  }
}

/**
 * A clone may be logged after the wait for its child when another thread waits (fact 4). When the
 * wait was logged is known by the calls that had entered, unless records of such are missing.
 */
function mayHaveBegun(facts: Facts, life: Life | undefined, wait: Wait): boolean {
  if (life?.birth === undefined || life.birth.at < wait.at) return false;
  const slack = facts.isWhole(0, facts.rows.length - 1) ? 0 : CLONE_MS;
  return facts.time(life.birth.at) <= facts.clock[wait.at] + slack;
}

function isReaped(life: Life): boolean {
  return life.waits.some((wait) => wait.reaps);
}
