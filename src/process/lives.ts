/** Every life of every pid: its events as cuts.ts cuts them, with its birth and its waits. */
import { append } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import { Cuts, endsLife, nextCut, type PidEvidence, type Placed } from './cuts.ts';
import type { Facts, Fork, Wait } from './facts.ts';
import { Life } from './life.ts';

export const NO_EVIDENCE: PidEvidence = { births: [], waits: [] };

/** The lives of one pid, oldest first, linked by `next`. */
export function livesOf(facts: Facts, pid: number, evidence: PidEvidence): Life[] {
  const [from, to] = facts.range(pid);
  const plain = plainLife(facts, pid, from, to, evidence);
  if (plain !== undefined) return [plain];
  const cuts = new Cuts(facts, from, to, evidence);
  const births = cuts.inOrder(evidence.births);
  const placed = births.map((birth) => cuts.place(birth));
  const lives = assemble(pid, cuts, births, placed);
  attachWaits(facts, lives, pid, evidence.waits);
  for (let k = 0; k + 1 < lives.length; k++) lives[k].next = lives[k + 1];
  return lives;
}

/**
 * The common case without any cut: one birth before every event, one wait after, and nothing
 * logged after an exit.
 */
function plainLife(
  facts: Facts,
  pid: number,
  from: number,
  to: number,
  { births, waits }: PidEvidence,
): Life | undefined {
  if (births.length !== 1 || waits.length > 1 || from === to) return undefined;
  const [birth] = births;
  const since = facts.time(birth.at);
  const first = facts.own[from];
  // A record before the call's own that shows another parent may be an earlier life's.
  if (first < birth.at && facts.ppid(first) !== facts.pid(birth.at)) return undefined;
  for (let i = from; i < to; i++) {
    const at = facts.own[i];
    if (facts.time(at) < since || facts.has(at, HAVE.abend | HAVE.login)) return undefined;
    if (i + 1 < to && endsLife(facts, at)) return undefined;
  }
  if (waits.length === 1 && waits[0].at < Math.max(facts.own[to - 1], birth.at)) return undefined;
  const life = bornLife(pid, birth, from, to);
  if (waits.length === 1) life.waits = append(life.waits, waits[0]);
  return life;
}

/** One life for each run of events between cuts and for each birth without events. */
function assemble(
  pid: number,
  cuts: Cuts,
  births: readonly Fork[],
  placed: readonly Placed[],
): Life[] {
  const lives: Life[] = [];
  let b = 0;
  for (let i = cuts.from; i <= cuts.to; i++) {
    if (i < cuts.to && !cuts.isCut(i)) continue;
    while (placed[b]?.at === i && isSilent(placed, b)) lives.push(bornLife(pid, births[b++], i, i));
    if (i === cuts.to) break;
    const end = nextCut(cuts, i);
    if (placed[b]?.at === i) lives.push(bornLife(pid, births[b++], i, end));
    else lives.push(new Life(pid, i, end));
  }
  return lives;
}

/** Of several births before the same event the last is its own; the others left no event. */
function isSilent(placed: readonly Placed[], b: number): boolean {
  return placed[b].silent || placed[b + 1]?.at === placed[b].at;
}

function bornLife(pid: number, birth: Fork, from: number, to: number): Life {
  const life = new Life(pid, from, to);
  life.birth = birth;
  birth.child = life;
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
    while (k + 1 < lives.length && begun(facts, lives[k + 1]) < wait.at) k++;
    if (k < lives.length && isReaped(lives[k]) && mayHaveBegun(facts, lives[k + 1], wait)) k++;
    const life = lives[k];
    const fits =
      life !== undefined &&
      !isReaped(life) &&
      (begun(facts, life) < wait.at || mayHaveBegun(facts, life, wait));
    if (fits) {
      life.waits = append(life.waits, wait);
    } else if (wait.reaps) {
      const lone = new Life(pid, 0, 0);
      lone.waits = append(lone.waits, wait);
      if (life !== undefined && begun(facts, life) < wait.at) k++;
      lives.splice(k, 0, lone);
    }
  }
}

/** Position of the first event that shows the life, its own or its birth. */
function begun(facts: Facts, life: Life): number {
  const own = life.silent ? Infinity : facts.own[life.from];
  const birth = life.birth?.at ?? Infinity;
  const wait = life.waits.length > 0 ? life.waits[0].at : Infinity;
  return Math.min(own, birth, wait);
}

/** A clone may be logged after the wait for its child when another thread waits (fact 4). */
function mayHaveBegun(facts: Facts, life: Life | undefined, wait: Wait): boolean {
  if (life?.birth === undefined || life.birth.at < wait.at) return false;
  return facts.time(life.birth.at) <= facts.clock[wait.at];
}

function isReaped(life: Life): boolean {
  return life.waits.some((wait) => wait.reaps);
}
