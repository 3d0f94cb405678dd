/** Signals: who is hit, and what it does to them. */
import { enter, ESRCH, leave, returnToUser } from './calls.ts';
import { interruptSoon, killThreads, settle } from './death.ts';
import type { Call } from './log.ts';
import { argHex, body } from './log.ts';
import { soon, US } from './queue.ts';
import type { Machine, Proc, Task } from './state.ts';
import { namespaceAt, numberFor, pidOf } from './state.ts';
import { quoted } from './text.ts';
import type { Fact, Op, OpKind } from './types.ts';

const NUMBERS: Readonly<Partial<Record<OpKind, number>>> = {
  kill: 62,
  killMissing: 62,
  tkill: 200,
  tgkill: 234,
};

const SIGKILL = 9;
/** TERM and KILL are the usual ones; 0 only asks; CHLD and CONT do not kill. */
const SIGNALS = [15, SIGKILL, 15, SIGKILL, 6, 11, 1, 10, 3, 0, 17, 18];
const CORE = new Set([3, 4, 5, 6, 7, 8, 11, 24, 25, 31]);
const HARMLESS = new Set([0, 17, 18, 28]);

export function startKill(m: Machine, task: Task, op: Op): void {
  const sig = SIGNALS[op.y % SIGNALS.length];
  const nr = NUMBERS[op.kind] ?? 62;
  const targets = visible(m, task.proc);
  const target = op.kind === 'killMissing' ? null : targets[op.x % targets.length];
  const arg = target === null ? missing(task.proc) : numberFor(task.proc, target);
  const args = nr === 234 ? [argHex(arg), argHex(arg), argHex(sig)] : [argHex(arg), argHex(sig)];
  enter(m, task, op, nr, args, (call) => {
    // The number may be someone else's by now, or nobody's.
    const hit = find(m, task.proc, arg);
    if (hit === null) return leave(m, task, op.post * US, { call, result: ESRCH, fact: OTHER });
    deliver(m, hit, sig, task.proc);
    told(m, task, op, call, { kind: 'signal', target: hit.index, sig, arg }, hit);
  });
}

const OTHER: Fact = { kind: 'other' };

function told(m: Machine, task: Task, op: Op, call: Call, fact: Fact, hit: Proc): void {
  const who = `opid=${pidOf(hit)} oauid=${hit.auid} ouid=0 oses=${hit.ses}`;
  const more = [body(m, 'OBJ_PID', `${who} ocomm=${quoted(hit.comm)}`)];
  leave(m, task, op.post * US, { call, result: 0, fact, more });
}

/** Everyone with a number in the caller's namespace, oldest first; the dead until they are reaped. */
function visible(m: Machine, caller: Proc): Proc[] {
  return m.procs.filter((p) => exists(m, p) && numberFor(caller, p) > 0);
}

const exists = (m: Machine, p: Proc): boolean =>
  p.freedAt === null && namespaceAt(p.ns, 0) === m.root;

function find(m: Machine, caller: Proc, nr: number): Proc | null {
  return m.procs.find((p) => exists(m, p) && numberFor(caller, p) === nr) ?? null;
}

function missing(caller: Proc): number {
  let nr = caller.ns.pidMax - 1;
  while (nr > 1 && caller.ns.used.has(nr)) nr--;
  return nr;
}

/** `sender` null is the kernel itself. */
export function deliver(m: Machine, target: Proc, sig: number, sender: Proc | null): void {
  if (target.deadAt !== null || target === m.init || HARMLESS.has(sig)) return;
  if (target.end !== null || target.tasks.length === 0) return;
  if (sig !== SIGKILL && target.ignored.has(sig)) return;
  if (isProtected(target, sig, sender)) return;
  if (sig !== SIGKILL && target.handled.has(sig)) return disturb(m, target);
  if (CORE.has(sig)) dumpCore(m, target, sig);
  else if (settle(m, target, 'signal', sig)) killThreads(m, target, null);
}

/** A namespace's pid 1: from within nothing kills it, from above only SIGKILL. */
function isProtected(target: Proc, sig: number, sender: Proc | null): boolean {
  if (target.ns.reaper !== target) return false;
  const above = sender === null || sender.ns.level < target.ns.level;
  return !(above && sig === SIGKILL);
}

/** A handler runs: a sleeping call ends with EINTR, and life goes on. */
function disturb(m: Machine, target: Proc): void {
  const task = target.tasks.find((t) => t.state === 'blocked' && t.interruptible);
  if (task !== undefined) interruptSoon(m, task);
}

/** One thread will take the signal when it next is on its way to user mode. */
function dumpCore(m: Machine, target: Proc, sig: number): void {
  const task =
    target.tasks.find((t) => t.state === 'ready' || (t.state === 'blocked' && t.interruptible)) ??
    target.tasks.find((t) => !t.gone);
  if (task === undefined || task.core > 0 || task.killed) return;
  task.core = sig;
  if (task.state === 'blocked' && task.interruptible) interruptSoon(m, task);
  else if (task.state === 'ready') takeSoon(m, task);
}

function takeSoon(m: Machine, task: Task): void {
  task.state = 'busy';
  soon(m, () => returnToUser(m, task));
}
