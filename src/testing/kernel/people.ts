/** Making processes and threads. */
import type { Machine, Namespace, Proc, Task } from './state.ts';

export function newTask(proc: Proc, numbers: readonly number[]): Task {
  const task: Task = {
    proc,
    numbers,
    state: 'new',
    killed: false,
    core: 0,
    gone: false,
    interrupt: null,
    wake: null,
    interruptible: false,
  };
  proc.tasks.push(task);
  return task;
}

/** A process of one thread; everything it does not inherit is blank. */
export function newProc(
  m: Machine,
  ns: Namespace,
  numbers: readonly number[],
  parent: Proc | null,
): Proc {
  const proc: Proc = {
    index: m.procs.length,
    numbers,
    ns,
    bornAt: m.now,
    childNs: ns,
    parent,
    parents: parent === null ? [] : [{ parent: parent.index, since: m.now }],
    children: new Set(),
    tasks: [],
    threads: 1,
    recorded: false,
    ses: 0,
    auid: 0,
    comm: 'init',
    exe: '/sbin/init',
    args: ['init'],
    cwd: '/',
    subreaper: false,
    autoreap: false,
    ignored: new Set(),
    handled: new Set(),
    end: null,
    execTask: null,
    resumeExec: null,
    releaseParent: null,
    deadAt: null,
    claimed: false,
    freedAt: null,
    tearingDown: false,
  };
  newTask(proc, numbers);
  m.procs.push(proc);
  m.alive.add(proc);
  parent?.children.add(proc);
  ns.reaper ??= proc;
  return proc;
}

/** What a child has from the process that made it. */
export function inherit(child: Proc, from: Proc): void {
  child.recorded = from.recorded;
  child.ses = from.ses;
  child.auid = from.auid;
  child.comm = from.comm;
  child.exe = from.exe;
  child.args = from.args;
  child.cwd = from.cwd;
  child.ignored = new Set(from.ignored);
  child.handled = new Set(from.handled);
  child.autoreap = from.autoreap;
}
