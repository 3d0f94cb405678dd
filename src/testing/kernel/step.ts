/** One step of the program: who acts, and what it does. */
import { burn, drop, handle, hold, ignore, login, oom } from './background.ts';
import { startBirth } from './birth.ts';
import { startExec, startFailedExec } from './exec.ts';
import { startExit } from './exit.ts';
import { startChdir, startSetsid, startSubreaper, startUnshare } from './misc.ts';
import { MS, runUntil, US } from './queue.ts';
import { deliver, startKill } from './signal.ts';
import type { Machine, Task } from './state.ts';
import type { Op, OpKind } from './types.ts';
import { startWait } from './wait.ts';

/** Steps that no recorded thread takes. */
const AROUND: Readonly<Partial<Record<OpKind, (m: Machine, op: Op) => void>>> = {
  burn,
  hold: (m) => void hold(m),
  drop,
  login,
  idle: () => undefined,
};

const ACTS: Readonly<Partial<Record<OpKind, (m: Machine, task: Task, op: Op) => void>>> = {
  fork: startBirth,
  vfork: startBirth,
  clone: startBirth,
  sibling: startBirth,
  newpid: startBirth,
  thread: startBirth,
  clone3: startBirth,
  spawn3: startBirth,
  thread3: startBirth,
  newpid3: startBirth,
  sibling3: startBirth,
  exec: startExec,
  execFail: startFailedExec,
  exit: startExit,
  exitGroup: startExit,
  crash: (m, task) => deliverHere(m, task),
  kill: startKill,
  tkill: startKill,
  tgkill: startKill,
  killMissing: startKill,
  wait: startWait,
  waitNoHang: startWait,
  waitPid: startWait,
  waitid: startWait,
  setsid: startSetsid,
  subreaper: startSubreaper,
  unshare: startUnshare,
  chdir: startChdir,
  ignore: (_, task) => ignore(task),
  handle: (_, task) => handle(task),
  autoreap: (_, task) => void (task.proc.autoreap = true),
  oom: (m, task) => oom(m, task),
};

const SEGV = 11;

function deliverHere(m: Machine, task: Task): void {
  // A fault is forced: even a namespace's pid 1 dies of it. Handlers are not modelled for it.
  if (task.proc.ns.reaper === task.proc) return;
  deliver(m, task.proc, SEGV, null);
}

export function step(m: Machine, op: Op): void {
  runUntil(m, m.now + op.dt * US);
  const around = AROUND[op.kind];
  if (around !== undefined) return around(m, op);
  let ready = readyTasks(m);
  for (let i = 0; i < PATIENCE && ready.length === 0; i++) {
    runUntil(m, m.now + MS);
    ready = readyTasks(m);
  }
  // A world in which everybody sleeps or is dead: someone comes and starts anew.
  if (ready.length === 0) login(m, op);
  else ACTS[op.kind]?.(m, ready[op.who % ready.length], op);
}

/** ms to wait for someone to be able to act. */
const PATIENCE = 20;

function readyTasks(m: Machine): Task[] {
  const ready: Task[] = [];
  for (const proc of m.alive) {
    if (proc.recorded) ready.push(...proc.tasks.filter((task) => task.state === 'ready'));
  }
  return ready;
}
