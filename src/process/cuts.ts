/**
 * Where one life of a pid ends and the next begins.
 *
 * What cuts, strongest first (KERNEL facts 4, 5, 6, 12, 13):
 *  - a wait that returned the pid: all events of that life are logged before it, all of
 *    the next life after it;
 *  - a birth: events that entered before the call that made the child are an earlier life's;
 *  - exit_group: only threads that were already in a call can log anything after it; where
 *    there is but one thread, any exit.
 */
import { lowerBound, lowerBoundBy } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import { KIND } from '../tables/kinds.ts';
import {
  CLONE_PARENT,
  CLONE_THREAD,
  type Facts,
  type Fork,
  mayMakeSibling,
  type Wait,
} from './facts.ts';
import { hasExeced } from './heritage.ts';

/** How long after exit_group another thread of the process may still enter a call, in ms. */
const STRAGGLE_MS = 20;
/** How long a clone may take from its entry to the child's pid, in ms, where it matters. */
export const CLONE_MS = 20;

/** Births and deaths of one pid in the initial namespace, each in serial order. */
export interface PidEvidence {
  readonly births: readonly Fork[];
  readonly waits: readonly Wait[];
}

/** Where a birth belongs among its pid's events. */
export interface Placed {
  /** Index in `own` of the life's first event, or of the next life's when it has none. */
  readonly at: number;
  readonly silent: boolean;
}

/** Where a pid's events are cut. `own[i]` begins a life when `marks[i - from]` is set. */
export class Cuts {
  readonly #facts: Facts;
  readonly from: number;
  readonly to: number;
  readonly #marks: Uint8Array;
  readonly #waits: readonly Wait[];
  #floor: number;
  /** Where the birth before was placed. */
  #placed = -1;
  #last: Fork | undefined;
  #suffix: Float64Array | undefined;

  constructor(facts: Facts, from: number, to: number, { births, waits }: PidEvidence) {
    this.#facts = facts;
    this.from = from;
    this.to = to;
    this.#waits = waits;
    this.#floor = from;
    this.#marks = new Uint8Array(to - from + 1);
    const threads = new ThreadWatch(facts, births);
    let w = 0;
    for (let i = from + 1; i < to; i++) {
      const before = facts.own[i - 1];
      const at = facts.own[i];
      threads.pass(before);
      while (w < waits.length && (waits[w].at < before || !waits[w].death)) w++;
      const reaped = w < waits.length && waits[w].at < at;
      const ended = this.#afterEnd(i, threads);
      if (!reaped && !ended && !this.#otherSession(before, at)) continue;
      this.#marks[i - from] = 1;
      threads.cut(before);
    }
  }

  isCut(i: number): boolean {
    return i === this.from || this.#marks[i - this.from] === 1;
  }

  /**
   * By time; of one tick first the birth whose child may have logged the earlier events. A call
   * that was still in progress when another's child logged events made its own child after them.
   */
  inOrder(births: readonly Fork[]): readonly Fork[] {
    if (births.length < 2) return births;
    const time = ({ at }: Fork): number => this.#facts.time(at);
    const sorted = [...births].sort(
      (a, b) => time(a) - time(b) || this.#reach(a) - this.#reach(b) || a.at - b.at,
    );
    for (let i = 1; i < sorted.length; i++) {
      if (this.#isOvertaken(sorted[i - 1], sorted[i])) {
        [sorted[i - 1], sorted[i]] = [sorted[i], sorted[i - 1]];
      }
    }
    return sorted;
  }

  #isOvertaken(earlier: Fork, later: Fork): boolean {
    const { own, clock } = this.#facts;
    if (this.#facts.time(later.at) > clock[earlier.at]) return false;
    const at = this.#reach(later);
    return at < this.to && own[at] < earlier.at && at < this.#reach(earlier);
  }

  /** Cuts for a birth. Births must come as `inOrder` has them. */
  place(birth: Fork): Placed {
    const at = this.#reach(birth);
    if (this.#isReaped(birth, at)) return { at, silent: true };
    this.#floor = at === this.#placed ? this.#beside(birth, at) : this.#tail(birth, at);
    this.#placed = this.#floor;
    this.#last = birth;
    if (this.#floor < this.to) this.#marks[this.#floor - this.from] = 1;
    return { at: this.#floor, silent: this.#floor === this.to };
  }

  /** The first event that may be the child's: not older than the call, nor an earlier life's. */
  #reach(birth: Fork): number {
    const { own } = this.#facts;
    const since = this.#facts.time(birth.at);
    const at = this.from + lowerBound(this.#earliest(), 0, this.to - this.from, since);
    const freed = lowerBound(own, this.from, this.to, this.#freedBefore(birth));
    return this.#pastOthers(birth, Math.max(at, this.#floor, freed));
  }

  /**
   * Past the events that show another parent although the birth's had yet to log the call
   * that made the child: it was alive, and so still the child's parent.
   */
  #pastOthers(birth: Fork, from: number): number {
    const facts = this.#facts;
    let at = from;
    for (let i = from; i < this.to && facts.own[i] < birth.at; i++) {
      if (!this.#fits(birth, i)) at = i + 1;
      else if (facts.ppid(facts.own[i]) >= 0 || this.isCut(i)) break;
    }
    while (at > from && at < this.to && this.#isCrashOf(at)) at++;
    return at;
  }

  /** The record of a crash names no parent: it goes with the event before, unless that is an end. */
  #isCrashOf(i: number): boolean {
    const { own } = this.#facts;
    if (this.isCut(i) || this.#facts.ppid(own[i]) >= 0) return false;
    return !endsLife(this.#facts, own[i - 1]);
  }

  /** Position at which the life before was reaped; -1 unknown. */
  #freedBefore(birth: Fork): number {
    let k = lowerBoundBy(this.#waits, (wait) => wait.at, birth.at) - 1;
    while (k >= 0 && !(this.#waits[k].reaps && !mayReap(this.#facts, this.#waits[k], birth))) k--;
    return k < 0 ? -1 : this.#waits[k].at;
  }

  /** The child was reaped before the event was logged. */
  #isReaped(birth: Fork, at: number): boolean {
    if (at === this.to) return false;
    const waits = this.#waits;
    let k = lowerBoundBy(waits, (wait) => wait.at, birth.at);
    while (k < waits.length && !waits[k].reaps) k++;
    return k < waits.length && waits[k].at < this.#facts.own[at];
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

  /**
   * Two births before the same event: it is the later one's, unless its parent says
   * otherwise, or the later one was logged after all that the earlier may have left.
   */
  #beside(birth: Fork, at: number): number {
    if (at === this.to || this.#last === undefined) return at;
    const next = nextCut(this, at);
    if (this.#runs(this.#last, at) && !this.#runs(birth, at)) return next;
    const facts = this.#facts;
    if (!isParent(facts, this.#last, facts.ppid(facts.own[at]))) return at;
    if (!this.#fits(birth, at)) return next;
    const last = facts.own[next - 1];
    if (last > birth.at) return at;
    const goesOn = next < this.to ? this.#fits(birth, next) : this.#wasReaped(last, birth.at);
    return goesOn ? next : at;
  }

  /** Whether an event shows the program that a birth's caller ran, and gave to its child. */
  #runs(birth: Fork, i: number): boolean {
    const { own, rows, table } = this.#facts;
    if (hasExeced(this.#facts, own[i])) return true;
    return table.exe[rows[own[i]]] === table.exe[rows[birth.at]];
  }

  #wasReaped(after: number, before: number): boolean {
    return this.#waits.some((wait) => wait.reaps && wait.at > after && wait.at < before);
  }

  /**
   * Events of the very tick of the birth may still be the earlier life's last ones: then
   * a cut follows them, and the birth was logged after them (fact 5).
   */
  #tail(birth: Fork, at: number): number {
    if (at === this.to || this.isCut(at) || this.#changesTo(birth, at)) return at;
    const facts = this.#facts;
    const late = facts.time(birth.at) + CLONE_MS;
    for (let i = at; i < this.to; i++) {
      const event = facts.own[i];
      if (event > birth.at || facts.time(event) > late) return at;
      if (facts.kind(event) === KIND.exit_group) return i + 1;
      if (i + 1 === this.to || this.isCut(i + 1)) return endsLife(facts, event) ? i + 1 : at;
    }
    return at;
  }

  /** The event shows the birth's parent, and the one before it did not. */
  #changesTo(birth: Fork, i: number): boolean {
    if (!this.#shows(birth, i)) return false;
    if (!this.#shows(birth, i - 1)) return true;
    // Where the caller's parent before the call is not known, any might be the one.
    const ppid = (k: number): number => this.#facts.ppid(this.#facts.own[k]);
    return isParent(this.#facts, birth, ppid(i)) && !isParent(this.#facts, birth, ppid(i - 1));
  }

  #shows(birth: Fork, i: number): boolean {
    return this.#facts.ppid(this.#facts.own[i]) >= 0 && this.#fits(birth, i);
  }

  /** Whether the child of a birth may be shown with the parent that an event shows. */
  #fits(birth: Fork, i: number): boolean {
    const facts = this.#facts;
    const ppid = facts.ppid(facts.own[i]);
    if (ppid < 0 || isParent(facts, birth, ppid)) return true;
    if (birth.kind === KIND.clone3 && ppid === facts.ppid(birth.at)) return true;
    if (!mayMakeSibling(birth)) return false;
    const before = ppidBefore(facts, birth.at);
    return ppid === before || before < 0;
  }

  /** A LOGIN record tells the session before: a session that the earlier event was not in. */
  #otherSession(before: number, at: number): boolean {
    const { table, rows } = this.#facts;
    const old = table.oldSessions.get(rows[at]);
    // Only a system call's record tells the session for sure.
    if (!this.#facts.has(before, HAVE.syscall)) return false;
    return old !== undefined && old !== table.ses[rows[before]];
  }

  #otherParent(i: number): boolean {
    const facts = this.#facts;
    // The record of a crash names no parent.
    const crash = i > this.from + 1 && !this.isCut(i - 1) && facts.ppid(facts.own[i - 1]) < 0;
    const before = facts.ppid(facts.own[crash ? i - 2 : i - 1]);
    const after = facts.ppid(facts.own[i]);
    return before >= 0 && after >= 0 && before !== after;
  }

  /** The parent that an event shows was born after the event before: it is no adopter of that life. */
  #isYounger(i: number): boolean {
    const facts = this.#facts;
    const at = facts.own[i];
    const parent = facts.ppid(at);
    const before = facts.time(facts.own[i - 1]);
    const birth = facts.forksReturning(parent).findLast((fork) => fork.at < at);
    if (birth === undefined || facts.time(birth.at) <= before) return false;
    // The number may be of another namespace: a record of the child tells.
    const { from, to } = facts.range(parent);
    const k = lowerBound(facts.own, from, to, birth.at);
    return k < to && isParent(facts, birth, facts.ppid(facts.own[k]));
  }

  /** Unless it is a thread that had not been stopped yet; a birth says more, see `place`. */
  #afterEnd(i: number, threads: ThreadWatch): boolean {
    const facts = this.#facts;
    const before = facts.own[i - 1];
    if (!endsLife(facts, before)) return false;
    const later = facts.time(facts.own[i]) - facts.time(before);
    // No later life of the pid can have entered a call before this one began to exit.
    if (later < 0) return false;
    // The same parent is no sign of another life: the kernel drops calls that made threads (fact 17).
    if (this.#otherParent(i) && (threads.isLast(i - 1, this.to) || this.#isYounger(i))) return true;
    return facts.kind(before) !== KIND.exit && later > STRAGGLE_MS;
  }
}

/** Whether all threads of the life that a pid's events are at are known, and ended (facts 10, 13, 15). */
class ThreadWatch {
  readonly #facts: Facts;
  readonly #births: readonly Fork[];
  /** Position of the last event of the life before. */
  #since = -1;
  #begun = false;
  /** Every call since then that may have made a thread is in the log, unless some were lost; -1: not so. */
  #knownSince = -1;
  /** Such calls, and ends of single threads, so far. */
  #made = 0;
  #ended = 0;

  constructor(facts: Facts, births: readonly Fork[]) {
    this.#facts = facts;
    this.#births = births;
  }

  /** The life before ended with this event. */
  cut(at: number): void {
    this.#since = at;
    this.#begun = false;
  }

  pass(at: number): void {
    const facts = this.#facts;
    if (!this.#begun) {
      this.#begun = true;
      const time = facts.time(at);
      const birth = this.#births.find((b) => b.at > this.#since && facts.time(b.at) <= time);
      this.#knownSince = birth === undefined ? -1 : this.#lastBefore(birth);
      this.#made = 0;
      this.#ended = 0;
    }
    const kind = facts.kind(at);
    if (hasExeced(facts, at)) {
      this.#knownSince = at;
      this.#made = 0;
      this.#ended = 0;
    } else if (kind === KIND.exit) this.#ended++;
    else if (this.#mayThread(at)) this.#made++;
  }

  /** The last event before any of a birth's child, which may log before the call itself (fact 4). */
  #lastBefore(birth: Fork): number {
    const { clock } = this.#facts;
    return Math.max(0, lowerBound(clock, 0, birth.at, this.#facts.time(birth.at)) - 1);
  }

  /**
   * Whether the end that `own[i]` logs was the last thread's, where another event follows. One more
   * may have ended before the call that made it was logged.
   */
  isLast(i: number, to: number): boolean {
    const facts = this.#facts;
    const threads = facts.kind(facts.own[i]) === KIND.exit ? this.#ended - 1 : 0;
    if (this.#knownSince < 0 || threads < this.#made) return false;
    if (!facts.isWhole(this.#knownSince, facts.own[i + 1])) return false;
    const ended = facts.time(facts.own[i]);
    for (let k = i + 1; k < to && facts.time(facts.own[k]) <= ended + STRAGGLE_MS; k++) {
      const at = facts.own[k];
      if (this.#mayThread(at) && facts.time(at) <= ended) return false;
    }
    return true;
  }

  #mayThread(at: number): boolean {
    const facts = this.#facts;
    const kind = facts.kind(at);
    if (kind === KIND.clone3) return true;
    return kind === KIND.clone && (facts.table.a0[facts.rows[at]] & CLONE_THREAD) !== 0;
  }
}

/** Whether a birth's child shows this parent while it has the one it was born with. */
function isParent(facts: Facts, birth: Fork, ppid: number): boolean {
  const sibling = (birth.flags & CLONE_PARENT) !== 0;
  return ppid === (sibling ? facts.ppid(birth.at) : facts.pid(birth.at));
}

/**
 * Whether a wait that was logged before a birth may have reaped its very child: another
 * thread's of the caller may (fact 4), or one of the parent that it shares with its child.
 */
function mayReap(facts: Facts, wait: Wait, birth: Fork): boolean {
  const waiter = facts.pid(wait.at);
  if (facts.time(birth.at) > facts.clock[wait.at]) return false;
  if (waiter === facts.pid(birth.at)) return true;
  if (!mayMakeSibling(birth)) return false;
  const before = ppidBefore(facts, birth.at);
  return waiter === facts.ppid(birth.at) || waiter === before || before < 0;
}

/** The parent that the caller showed before the call; -1 when it had no event then. */
function ppidBefore(facts: Facts, at: number): number {
  const { from, to } = facts.range(facts.pid(at));
  const i = lowerBound(facts.own, from, to, at);
  return i > from ? facts.ppid(facts.own[i - 1]) : -1;
}

/** What a process of one thread logs last. */
export function endsLife(facts: Facts, at: number): boolean {
  const kind = facts.kind(at);
  return kind === KIND.exit_group || kind === KIND.exit || facts.has(at, HAVE.abend);
}

/** The first cut after an event; the end when there is none. */
export function nextCut(cuts: Cuts, from: number): number {
  let i = from + 1;
  while (i < cuts.to && !cuts.isCut(i)) i++;
  return i;
}
