/** How threads and processes end, and what becomes of their children. */
import { logAlone } from './log.ts';
import { freeNumbers } from './numbers.ts';
import { after, MS, soon } from './queue.ts';
import type { Machine, Namespace, Proc, Task } from './state.ts';
import { chainOf, namespaceAt, pidOf } from './state.ts';
import { quoted } from './text.ts';

const SIGKILL = 9;
const SIGQUIT = 3;

/** Settles the status of the whole process, once. */
export function settle(m: Machine, proc: Proc, kind: 'code' | 'signal', value: number): boolean {
  if (proc.end !== null) return false;
  proc.end = { kind, value, at: m.now };
  return true;
}

/** Kills every thread but one: each goes when it next leaves the kernel. */
export function killThreads(m: Machine, proc: Proc, but: Task | null): void {
  for (const task of proc.tasks) {
    if (task === but || task.killed || task.gone) continue;
    task.killed = true;
    if (task.state === 'ready' || task.state === 'new') perish(m, task);
    else if (task.state === 'blocked') interruptSoon(m, task);
  }
}

/** A blocked call ends a moment after its signal. */
export function interruptSoon(m: Machine, task: Task): void {
  const { interrupt } = task;
  soon(m, () => {
    if (interrupt !== null && task.interrupt === interrupt) interrupt();
  });
}

/** A thread takes its core-dumping signal. SIGQUIT dumps too, but the kernel keeps quiet about it. */
export function abend(m: Machine, task: Task): void {
  const { proc, core } = task;
  settle(m, proc, 'signal', core);
  if (core !== SIGQUIT)
    logAlone(m, proc, 'ANOM_ABEND', { kind: 'abend', sig: core }, text(proc, core));
  killThreads(m, proc, task);
  perish(m, task);
}

function text(proc: Proc, sig: number): string {
  const who = `auid=${proc.auid} uid=0 gid=0 ses=${proc.ses} pid=${pidOf(proc)}`;
  return `${who} comm=${quoted(proc.comm)} exe=${quoted(proc.exe)} sig=${sig} res=1`;
}

/** A thread leaves user mode for good, without a record. */
export function perish(m: Machine, task: Task): void {
  task.state = 'dying';
  passGate(m, task, 0);
  soon(m, () => die(m, task));
}

/** `synchronize_group_exit`: the last thread through here settles the status, if nothing has. */
export function passGate(m: Machine, task: Task, code: number): void {
  if (task.gone) return;
  task.gone = true;
  if (task.proc.tasks.every((other) => other.gone)) settle(m, task.proc, 'code', code);
}

/** The end of `do_exit`: the thread is no more; its process may go on. */
export function die(m: Machine, task: Task): void {
  const { proc } = task;
  task.state = 'dead';
  proc.tasks.splice(proc.tasks.indexOf(task), 1);
  // The leader's number stays with the process.
  if (task.numbers !== proc.numbers) release(m, task.numbers, proc.ns);
  if (proc.tasks.length === 0) endProcess(m, proc);
  else if (proc.execTask !== null && proc.tasks.length === 1) proc.resumeExec?.();
}

function endProcess(m: Machine, proc: Proc): void {
  m.alive.delete(proc);
  // A vfork parent is woken when the memory is given up, before the death is told.
  proc.releaseParent?.();
  proc.releaseParent = null;
  if (proc.ns.reaper === proc) tearDown(m, proc);
  else becomeZombie(m, proc);
}

/** `zap_pid_ns_processes`: everything in the namespace is killed first and has to be gone. */
function tearDown(m: Machine, proc: Proc): void {
  const { ns } = proc;
  proc.tearingDown = true;
  ns.dying = true;
  for (const other of m.alive) {
    if (other !== proc && isInside(other, ns)) killFromAbove(m, other);
  }
  for (const child of proc.children) if (child.deadAt !== null) reapSoon(m, child, 1);
  finishTearDown(m, ns);
}

const isInside = (proc: Proc, ns: Namespace): boolean =>
  proc.ns.level >= ns.level && namespaceAt(proc.ns, ns.level) === ns;

export function killFromAbove(m: Machine, proc: Proc): void {
  if (settle(m, proc, 'signal', SIGKILL)) killThreads(m, proc, null);
}

function finishTearDown(m: Machine, ns: Namespace): void {
  const { reaper } = ns;
  if (!ns.dying || ns.used.size !== 1 || reaper === null || reaper.deadAt !== null) return;
  if (reaper.tearingDown) becomeZombie(m, reaper);
}

function becomeZombie(m: Machine, proc: Proc): void {
  proc.deadAt = m.now;
  for (const child of proc.children) {
    const reaper = reaperFor(m, proc);
    adopt(m, child, reaper);
    if (child.deadAt !== null) tellParent(m, child);
  }
  tellParent(m, proc);
}

/** `find_new_reaper`: the nearest subreaper above in the same namespace, else the namespace's pid 1. */
function reaperFor(m: Machine, father: Proc): Proc {
  const level = father.ns.level;
  for (let at = father.parent; at !== null && at !== m.init; at = at.parent) {
    if (at.ns.level !== level) break;
    if (at.subreaper && at.tasks.some((task) => !task.gone)) return at;
  }
  return father.ns.reaper ?? m.init;
}

function adopt(m: Machine, child: Proc, parent: Proc): void {
  child.parent?.children.delete(child);
  child.parent = parent;
  child.parents.push({ parent: parent.index, since: m.now });
  parent.children.add(child);
}

/** A dead process's parent reaps it, is told, or does not care. */
function tellParent(m: Machine, proc: Proc): void {
  const { parent } = proc;
  if (proc.claimed || parent === null) return;
  if (parent.tearingDown) reapSoon(m, proc, 1);
  else if (parent.autoreap) {
    reap(m, proc);
    wakeWaiters(m, parent);
  } else if (!parent.recorded) reapSoon(m, proc, m.rng.once(4) ? 400 : 3);
  else wakeWaiters(m, parent);
}

/** A parent without records waits for it; in most cases at once. */
function reapSoon(m: Machine, proc: Proc, withinMs: number): void {
  if (proc.claimed) return;
  proc.claimed = true;
  after(m, 1 + m.rng.below(withinMs * MS), () => reap(m, proc));
}

/** `release_task`: the process is gone and its number free. */
export function reap(m: Machine, proc: Proc): void {
  proc.claimed = true;
  proc.freedAt = m.now;
  proc.parent?.children.delete(proc);
  release(m, proc.numbers, proc.ns);
}

function release(m: Machine, numbers: readonly number[], ns: Namespace): void {
  freeNumbers(numbers, ns);
  for (const at of chainOf(ns)) if (at.dying) soon(m, () => finishTearDown(m, at));
}

/** A child has died, or come here dead: those who wait look again. */
function wakeWaiters(m: Machine, parent: Proc): void {
  for (const task of parent.tasks) {
    const { interrupt, wake } = task;
    if (task.state !== 'blocked' || wake === null) continue;
    soon(m, () => {
      if (task.interrupt === interrupt) wake();
    });
  }
}
