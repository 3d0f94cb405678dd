/**
 * Every life of every pid: cuts a pid's events where one life ends and the next begins.
 *
 * What cuts, strongest first (KERNEL facts 4, 5, 6, 12, 13):
 *  - a wait that returned the pid: all events of that life are logged before it, all of
 *    the next life after it;
 *  - a birth: events that entered before the call that made the child are an earlier life's;
 *  - exit_group: only threads that were already in a call can log anything after it.
 */
import { append, lowerBound, lowerBoundBy } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import { CLONE_PARENT, type Facts, type Fork, type Wait } from './facts.ts';
import { KIND } from '../tables/kinds.ts';
import { Life } from './life.ts';

/** How long after exit_group another thread of the process may still enter a call, in ms. */
const STRAGGLE_MS = 20;
/** How long a clone may take from its entry to the child's pid, in ms, where it matters. */
const CLONE_MS = 20;

/** Births and deaths of one pid in the initial namespace, each in serial order. */
export interface PidEvidence {
  readonly births: readonly Fork[];
  readonly waits: readonly Wait[];
}

export const NO_EVIDENCE: PidEvidence = { births: [], waits: [] };

/** The lives of one pid, oldest first, linked by `next`. */
export function livesOf(facts: Facts, pid: number, evidence: PidEvidence): Life[] {
  const [from, to] = facts.range(pid);
  const plain = plainLife(facts, pid, from, to, evidence);
  if (plain !== undefined) return [plain];
  const births = [...evidence.births].sort(
    (a, b) => facts.time(a.at) - facts.time(b.at) || a.at - b.at,
  );
  const cuts = new Cuts(facts, from, to, evidence.waits);
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
  for (let i = from; i < to; i++) {
    const at = facts.own[i];
    if (facts.time(at) < since || facts.has(at, HAVE.abend | HAVE.login)) return undefined;
    if (i + 1 < to && facts.kind(at) === KIND.exit_group) return undefined;
  }
  if (waits.length === 1 && waits[0].at < Math.max(facts.own[to - 1], birth.at)) return undefined;
  const life = bornLife(pid, birth, from, to);
  if (waits.length === 1) life.waits = append(life.waits, waits[0]);
  return life;
}

/** Where a pid's events are cut. `own[i]` begins a life when `marks[i - from]` is set. */
class Cuts {
  readonly #facts: Facts;
  readonly from: number;
  readonly to: number;
  readonly #marks: Uint8Array;
  readonly #reaps: readonly Wait[];
  /** Lives that began before the birth to be placed next, as far as they show. */
  #lives = 0;
  #floor: number;
  /** Where the birth before was placed. */
  #placed = -1;
  #last: Fork | undefined;
  #suffix: Float64Array | undefined;

  constructor(facts: Facts, from: number, to: number, waits: readonly Wait[]) {
    this.#facts = facts;
    this.from = from;
    this.to = to;
    this.#floor = from;
    this.#reaps = waits.filter((wait) => wait.reaps);
    this.#marks = new Uint8Array(to - from + 1);
    let w = 0;
    for (let i = from + 1; i < to; i++) {
      const before = facts.own[i - 1];
      const at = facts.own[i];
      while (w < waits.length && (waits[w].at < before || !waits[w].death)) w++;
      const reaped = w < waits.length && waits[w].at < at;
      if (reaped || this.#otherSession(before, at) || this.#afterEnd(before, at))
        this.#marks[i - from] = 1;
    }
  }

  isCut(i: number): boolean {
    return i === this.from || this.#marks[i - this.from] === 1;
  }

  /**
   * Cuts for a birth and returns the index in `own` of the life's first event, which is
   * `to` when it has none. Births must come in the order of their times.
   */
  place(birth: Fork): number {
    const facts = this.#facts;
    const since = facts.time(birth.at);
    let at = this.from + lowerBound(this.#earliest(), 0, this.to - this.from, since);
    if (this.#lives === 0 && at > this.from) this.#lives = 1;
    at = Math.max(at, this.#floor, this.#afterReap(birth));
    this.#lives++;
    at = at === this.#placed ? this.#beside(birth, at) : this.#tail(birth, at);
    this.#floor = at;
    this.#placed = at;
    this.#last = birth;
    if (at < this.to) this.#marks[at - this.from] = 1;
    return at;
  }

  /**
   * The pid was free once it was reaped: what this call bore logged all after that (fact 5).
   * With more waits before the call's record than lives before it, the last one is its own
   * child's: another process waited before the call was logged (fact 4).
   */
  #afterReap(birth: Fork): number {
    const reaps = lowerBoundBy(this.#reaps, (wait) => wait.at, birth.at);
    if (reaps === 0 || reaps > this.#lives) return this.from;
    return lowerBound(this.#facts.own, this.from, this.to, this.#reaps[reaps - 1].at);
  }

  /** For each event the earliest time of it and all after it: rising, so it can be searched. */
  #earliest(): Float64Array {
    if (this.#suffix !== undefined) return this.#suffix;
    const { own } = this.#facts;
    const suffix = new Float64Array(this.to - this.from);
    let earliest = Infinity;
    for (let i = this.to - 1; i >= this.from; i--) {
      earliest = Math.min(earliest, this.#facts.time(own[i]));
      suffix[i - this.from] = earliest;
    }
    this.#suffix = suffix;
    return suffix;
  }

  /** Two births before the same event: it is the later one's, unless its parent says otherwise. */
  #beside(birth: Fork, at: number): number {
    if (at === this.to || this.#last === undefined) return at;
    const ppid = this.#facts.ppid(this.#facts.own[at]);
    // clone3 hides whether it was CLONE_PARENT.
    const hidden = birth.kind === KIND.clone3 && ppid === this.#facts.ppid(birth.at);
    if (hidden || isParent(this.#facts, birth, ppid)) return at;
    if (!isParent(this.#facts, this.#last, ppid)) return at;
    let next = at + 1;
    while (next < this.to && !this.isCut(next)) next++;
    return next;
  }

  /**
   * Events of the very tick of the birth may still be the earlier life's last ones: then
   * a cut follows them, and the birth was logged after them (fact 5).
   */
  #tail(birth: Fork, at: number): number {
    const facts = this.#facts;
    if (this.isCut(at) || at === this.to) return at;
    const born = facts.time(birth.at);
    for (let i = at; i < this.to; i++) {
      const event = facts.own[i];
      if (event > birth.at || facts.time(event) > born + CLONE_MS) return at;
      if (facts.kind(event) === KIND.exit_group) return i + 1;
      if (i + 1 === this.to || this.isCut(i + 1)) return endsLife(facts, event) ? i + 1 : at;
    }
    return at;
  }

  /** A LOGIN record tells the session before: a session that the earlier event was not in. */
  #otherSession(before: number, at: number): boolean {
    const { table, rows } = this.#facts;
    const old = table.oldSessions.get(rows[at]);
    // Only a system call's record tells the session for sure.
    if (!this.#facts.has(before, HAVE.syscall)) return false;
    return old !== undefined && old !== table.ses[rows[before]];
  }

  /** Unless it is a thread that had not been stopped yet; a birth says more, see `place`. */
  #afterEnd(before: number, at: number): boolean {
    const facts = this.#facts;
    if (facts.kind(before) !== KIND.exit_group && !facts.has(before, HAVE.abend)) return false;
    return facts.time(at) > facts.time(before) + STRAGGLE_MS;
  }
}

/** Whether a birth's child shows this parent while it has the one it was born with. */
function isParent(facts: Facts, birth: Fork, ppid: number): boolean {
  const sibling = (birth.flags & CLONE_PARENT) !== 0;
  return ppid === (sibling ? facts.ppid(birth.at) : facts.pid(birth.at));
}

function endsLife(facts: Facts, at: number): boolean {
  const kind = facts.kind(at);
  return kind === KIND.exit_group || kind === KIND.exit;
}

/** One life for each run of events between cuts and for each birth without events. */
function assemble(
  pid: number,
  cuts: Cuts,
  births: readonly Fork[],
  placed: readonly number[],
): Life[] {
  const lives: Life[] = [];
  let b = 0;
  for (let i = cuts.from; i <= cuts.to; i++) {
    if (i < cuts.to && !cuts.isCut(i)) continue;
    // Of several births before the same event the last is its own; the others left no event.
    while (b < births.length && placed[b] === i && (i === cuts.to || placed[b + 1] === i)) {
      lives.push(bornLife(pid, births[b++], i, i));
    }
    if (i === cuts.to) break;
    const end = nextCut(cuts, i);
    if (b < births.length && placed[b] === i) lives.push(bornLife(pid, births[b++], i, end));
    else lives.push(new Life(pid, i, end));
  }
  return lives;
}

function nextCut(cuts: Cuts, from: number): number {
  let i = from + 1;
  while (i < cuts.to && !cuts.isCut(i)) i++;
  return i;
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
