/**
 * How and when each life ended, by the strongest evidence there is (KERNEL facts 13, 14).
 *
 * A record of the end itself gives the moment and the status. Without one the end lies
 * between the last sign of life and the first event that proves it over; what killed it is
 * concluded only where the evidence leaves one explanation.
 */
import { lowerBound } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import type { Confidence } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts, Kill } from './facts.ts';
import { hasExeced } from './heritage.ts';
import { End, isThread, type Life, NEVER } from './life.ts';
import type { LifeIndex } from './life-index.ts';
import { isRawCall, sureness } from './parents.ts';
import type { Space } from './space.ts';
import { toldEnd } from './told.ts';

const SIGKILL = 9;
const PR_SET_PDEATHSIG = 1;
/** CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH: they do not end a process by default. */
const HARMLESS: ReadonlySet<number> = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

/** QUIT, ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS: core(5). */
const CORE: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 8, 11, 24, 25, 31]);

/** A record of the process's own tells of these ends. */
const RECORDED: ReadonlySet<End['source']> = new Set(['exit_group', 'exit', 'abend']);

export function concludeEnds(facts: Facts, index: LifeIndex, spaces: readonly Space[]): void {
  const lives = index.all();
  for (let i = 0; i < lives.length; i++) {
    const life = lives[i];
    life.end =
      life.told === undefined
        ? (recorded(facts, life) ?? concluded(facts, life))
        : witnessed(facts, life);
  }
  for (const space of spaces) endSpace(facts, space);
  for (let i = 0; i < lives.length; i++) followParent(facts, lives[i]);
}

/**
 * By two witnesses: the record has the call, the connector what became of it. They may
 * disagree: a signal may end a process that has begun to exit.
 */
function witnessed(facts: Facts, life: Life): End | undefined {
  const logged = recorded(facts, life);
  const told = toldEnd(facts, life);
  if (logged === undefined || told === undefined) return told ?? logged;
  if (logged.code === told.code && logged.signal === told.signal) return logged;
  life.disagrees = true;
  return told;
}

/** What the process's own records say of its end. */
function recorded(facts: Facts, life: Life): End | undefined {
  let exits = 0;
  let lastExit = -1;
  let groupExit = -1;
  let execAt = -1;
  for (let i = life.from; i < life.to; i++) {
    const at = facts.own[i];
    if (facts.has(at, HAVE.abend)) {
      facts.conclude(life, 'end', 'abend', 'proven', at);
      const signal = facts.table.sig[facts.rows[at]];
      return new End('abend', facts.time(at), undefined, undefined, signal);
    }
    const kind = facts.kind(at);
    if (kind === KIND.exit_group) {
      if (groupExit < 0) groupExit = at;
    } else if (kind === KIND.exit) {
      exits++;
      lastExit = at;
    } else if (hasExeced(facts, at)) {
      // An exec leaves one thread, whichever called it (fact 15): it also outlives an
      // exit_group that another thread called meanwhile (do_group_exit, group_exec_task).
      exits = 0;
      groupExit = -1;
      execAt = at;
    }
  }
  if (groupExit >= 0) {
    facts.conclude(life, 'end', 'exit_group', 'proven', groupExit);
    return exited(facts, 'exit_group', groupExit);
  }
  if (exits === 0 || exits < 1 + threadsAfter(life, execAt)) return undefined;
  facts.conclude(life, 'end', 'last_thread_exit', sureOfThreads(facts, life), lastExit);
  return exited(facts, 'exit', lastExit);
}

/**
 * That no thread is left is sure where another's account proves the end. A process that is older
 * than the log may have had more threads, and a new thread's exit may be logged before the call
 * that made it, which the log may be too short to show.
 */
function sureOfThreads(facts: Facts, life: Life): Confidence {
  if ((life.told?.over ?? Infinity) < Infinity) return 'proven';
  const isBorn = life.birth !== undefined;
  return isBorn && endedBy(facts, life) !== undefined ? 'proven' : 'inferred';
}

function exited(facts: Facts, source: 'exit' | 'exit_group', at: number): End {
  return new End(source, facts.time(at), undefined, statusOf(facts, at), undefined);
}

function threadsAfter(life: Life, at: number): number {
  let threads = 0;
  for (const fork of life.forks) if (fork.at > at && isThread(fork)) threads++;
  return threads;
}

/** The status that the parent sees: the low 8 bits of the argument (fact 13). */
function statusOf(facts: Facts, at: number): number {
  return facts.table.a0[facts.rows[at]] & 0xff;
}

interface Bound {
  readonly source: End['source'];
  readonly rule: string;
  readonly at: number;
  readonly time: number;
  /** Whose birth it rests on: in other namespaces that is seldom proven. */
  readonly born?: Life | undefined;
}

/** What others' records prove: the earliest moment by which it had ended, and what killed it. */
function concluded(facts: Facts, life: Life): End | undefined {
  const bound = endedBy(facts, life);
  const kill = killedBy(facts, life, bound);
  const sign = lastSign(facts, life);
  if (bound === undefined && kill === undefined) return undefined;
  if (bound !== undefined) {
    const { rule, at, born } = bound;
    const confidence = born === undefined ? 'proven' : sureness(facts, born);
    facts.conclude(life, 'end', rule, confidence, at);
  }
  if (kill === undefined) {
    const by = bound as Bound;
    const last = finalExit(facts, life);
    if (last < 0) return between(by.source, sign, by.time, undefined, undefined);
    // Every thread that ended did so by exit: the last of them gave the status.
    facts.conclude(life, 'end', 'last_exit_before', 'inferred', last);
    return between(by.source, sign, by.time, statusOf(facts, last), undefined);
  }
  facts.conclude(life, 'exit_signal', 'signal_sent', 'inferred', kill.at);
  // A signal is no sign of life: it may have found a zombie, and another have killed.
  const by = Math.max(bound?.time ?? 0, facts.time(kill.at));
  return between('signal', sign, by, undefined, kill.sig);
}

/** Its last `exit`, unless it went on to another program; -1 when there is none. */
function finalExit(facts: Facts, life: Life): number {
  for (let i = life.to - 1; i >= life.from; i--) {
    const at = facts.own[i];
    if (facts.kind(at) === KIND.exit) return at;
    if (hasExeced(facts, at)) return -1;
  }
  return -1;
}

/**
 * The latest moment at which it was certainly alive, in ms; undefined when nothing shows it.
 * Waits and signals do not: a zombie can be waited for and signalled.
 */
function lastSign(facts: Facts, life: Life): number | undefined {
  if (!life.silent) return facts.clock[facts.own[life.to - 1]];
  return life.birth === undefined ? undefined : facts.time(life.birth.at);
}

/** An end that lies between two moments; the later one never before the earlier. */
function between(
  source: End['source'],
  after: number | undefined,
  by: number,
  code: number | undefined,
  signal: number | undefined,
): End {
  const time = after === undefined ? by : Math.max(by, after);
  return new End(source, time, after, code, signal);
}

function endedBy(facts: Facts, life: Life): Bound | undefined {
  let first: Bound | undefined;
  const consider = (bound: Bound): void => {
    const order = first === undefined ? -1 : bound.time - first.time || bound.at - first.at;
    if (order < 0) first = bound;
  };
  const wait = life.waits.findLast((one) => one.death);
  if (wait !== undefined) {
    const time = afterWait(facts, wait.waiter, wait.at);
    // Elsewhere it returned a number, and which birth had that says whose it is (fact 9).
    const born = facts.outside[wait.at] === 1 ? life : undefined;
    consider({ source: 'wait', rule: 'reaped_by_wait', at: wait.at, time, born });
  }
  const childless = nextChildless(facts, life);
  if (childless >= 0) {
    const time = afterWait(facts, life.parent, childless);
    const rule = 'parent_without_children';
    consider({ source: 'wait', rule, at: childless, time, born: life });
  }
  if (life.lostChildAt >= 0) {
    const at = life.lostChildAt;
    const time = facts.clock[at];
    const born = facts.lifeAt(at);
    consider({ source: 'reparented_child', rule: 'child_adopted', at, time, born });
  }
  if (life.next !== undefined) {
    const at = life.next.begun;
    if (at !== NEVER) {
      const time = facts.clock[at];
      consider({ source: 'pid_reused', rule: 'pid_reused', at, time, born: life.next });
    }
  }
  return first;
}

/**
 * Where the parent, after it bore the life, waited for any child and was told that it has
 * none: the life had ended and been reaped. -1 when that did not happen.
 */
function nextChildless(facts: Facts, life: Life): number {
  const { parent, birth } = life;
  if (parent === undefined || birth === undefined || birth.caller !== parent) return -1;
  if (isRawCall(facts, birth) && !showsParent(facts, life, parent)) return -1;
  // Another thread's fork may lie between the wait's look and its record.
  if (life.adoptions.length > 0 || parent.threads > 0) return -1;
  const { childless } = parent;
  let k = lowerBound(childless, 0, childless.length, birth.at);
  while (k < childless.length && facts.time(childless[k]) < facts.time(birth.at)) k++;
  return childless[k] ?? -1;
}

function showsParent(facts: Facts, life: Life, parent: Life): boolean {
  return !life.silent && facts.ppid(facts.own[life.from]) === parent.pid;
}

/** The wait had returned by its caller's next call. */
function afterWait(facts: Facts, waiter: Life | undefined, at: number): number {
  if (waiter !== undefined) {
    const i = lowerBound(facts.own, waiter.from, waiter.to, at + 1);
    if (i < waiter.to) return Math.max(facts.clock[at], facts.time(facts.own[i]));
  }
  return facts.clock[at];
}

/**
 * The first signal that ends a process by default after which it entered no call of its own
 * and logged no exit. Signals that dump core leave a record of their own (fact 14): without
 * it they count only where the end is proven.
 */
function killedBy(facts: Facts, life: Life, bound: Bound | undefined): Kill | undefined {
  if (life.signals.length === 0) return undefined;
  const lastEntry = latestEntry(facts, life);
  for (const kill of life.signals) {
    if (kill.sig === 0 || HARMLESS.has(kill.sig)) continue;
    if (isShielded(facts, life, kill)) continue;
    if (CORE.has(kill.sig) && bound === undefined) continue;
    if (facts.time(kill.at) < lastEntry || survived(facts, life, kill)) continue;
    if (bound !== undefined && bound.at < kill.at) continue;
    return kill;
  }
  return undefined;
}

/**
 * A pid 1 survives every signal from its own namespace, and SIGKILL alone ends it from
 * outside (pid_namespaces(7)); the machine's own pid 1 survives them all.
 */
function isShielded(facts: Facts, life: Life, kill: Kill): boolean {
  if (life.pid === 1 || kill.target === 1) return true;
  if (life.space === undefined || life.space.first !== life) return false;
  return kill.sig !== SIGKILL || facts.lifeAt(kill.at)?.space === life.space;
}

/**
 * A signal takes effect before the next call: each thread may still log the one it was in,
 * and one that signalled itself not even that. Whoever logged more was not killed.
 */
function survived(facts: Facts, life: Life, kill: Kill): boolean {
  const first = lowerBound(facts.own, life.from, life.to, kill.at + 1);
  const self = facts.lifeAt(kill.at) === life && life.threads === 0;
  if (life.to - first > (self ? 0 : 1 + life.threads)) return true;
  // An exec leaves one thread (fact 15): what that logs next is another call.
  for (let i = first; i + 1 < life.to; i++) if (hasExeced(facts, facts.own[i])) return true;
  return false;
}

function latestEntry(facts: Facts, life: Life): number {
  let latest = 0;
  for (let i = life.from; i < life.to; i++) latest = Math.max(latest, facts.time(facts.own[i]));
  return latest;
}

/**
 * When a namespace's pid 1 ends, everything in it is killed (fact 11): what ended there
 * without a record of how, and not provably before, ended so.
 */
function endSpace(facts: Facts, space: Space): void {
  const { first } = space;
  const end = first?.end;
  if (first === undefined || end === undefined) return;
  const at = endShownAt(facts, first);
  if (at < 0) return;
  const by = afterFirst(facts, first, end, at);
  const lives = new Set(space.members);
  for (const numbered of space.numbers.values()) for (const life of numbered) lives.add(life);
  for (const life of lives) {
    if (life === first || !mayEndWith(facts, life, at)) continue;
    if (facts.time(life.begun) > by) continue;
    const after = Math.max(lastSign(facts, life) ?? 0, end.after ?? 0);
    facts.conclude(life, 'exit_signal', 'namespace_end', 'inferred', at);
    const known = after > 0 ? after : undefined;
    life.end = between('namespace_end', known, by, undefined, SIGKILL);
  }
}

/** Position of the event that the last conclusion about its end rests on; -1 when there is none. */
function endShownAt({ conclusions }: Facts, life: Life): number {
  let at = -1;
  for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
    const { claim } = conclusions.verdict(number);
    if (claim === 'end' || claim === 'exit_signal') at = conclusions.at(number);
  }
  return at;
}

/** Nothing says how it ended, and nothing that it had ended before the namespace did. */
function mayEndWith(facts: Facts, life: Life, at: number): boolean {
  if (life.end === undefined) return true;
  if (life.end.code !== undefined || life.end.signal !== undefined) return false;
  const bound = facts.conclusions.first(life, 'end');
  return bound !== 0 && facts.conclusions.at(bound) > at;
}

/**
 * The kernel reaps the whole namespace before its pid 1 can be waited for, and kills it only
 * once the pid 1 has left its last call: after the record of that was logged (zap_pid_ns_processes).
 */
function afterFirst(facts: Facts, first: Life, end: End, at: number): number {
  const wait = first.waits.findLast((one) => one.death);
  if (wait !== undefined) return afterWait(facts, wait.waiter, wait.at);
  return RECORDED.has(end.source) ? Math.max(end.time, facts.clock[at]) : end.time;
}

/** prctl(PR_SET_PDEATHSIG): the signal comes when the parent ends. */
function followParent(facts: Facts, life: Life): void {
  const parentEnd = life.parent?.end;
  if (life.end !== undefined || parentEnd === undefined) return;
  for (let i = life.to - 1; i >= life.from; i--) {
    const row = facts.rows[facts.own[i]];
    if (facts.table.kind[row] !== KIND.prctl || facts.table.a0[row] !== PR_SET_PDEATHSIG) continue;
    const signal = facts.table.a1[row];
    if (signal <= 0 || HARMLESS.has(signal) || latestEntry(facts, life) > parentEnd.time) return;
    const after = Math.max(lastSign(facts, life) ?? 0, parentEnd.after ?? parentEnd.time);
    facts.conclude(life, 'exit_signal', 'parent_death_signal', 'inferred', facts.own[i]);
    life.end = between('signal', after, after, undefined, signal);
    return;
  }
}
