/** The other recorded calls: sessions, subreapers, namespaces, directories. */
import type { Call } from './log.ts';
import { argHex, cwdBody, pathBody, pointer } from './log.ts';
import { EINVAL, enter, ENOMEM, EPERM, leave } from './calls.ts';
import { newNamespace } from './numbers.ts';
import { US } from './queue.ts';
import type { Machine, Proc, Task } from './state.ts';
import { numberFor } from './state.ts';
import type { Fact, Op } from './types.ts';

const OTHER: Fact = { kind: 'other' };

export function startSetsid(m: Machine, task: Task, op: Op): void {
  enter(m, task, op, 112, ['0', '0', '0', pointer(m)], (call) => {
    const { proc } = task;
    // Only one that leads no group may lead a session; here: one that did it before.
    const again = sessions.has(proc);
    sessions.add(proc);
    const ret = numberFor(proc, proc);
    const result = again ? EPERM : ret;
    const fact: Fact = again ? OTHER : { kind: 'setsid', ret };
    leave(m, task, op.post * US, { call, result, fact });
  });
}

const sessions = new WeakSet<Proc>();

const PR_SET_CHILD_SUBREAPER = 36;

export function startSubreaper(m: Machine, task: Task, op: Op): void {
  enter(m, task, op, 157, [argHex(PR_SET_CHILD_SUBREAPER), '1'], (call) => {
    task.proc.subreaper = true;
    leave(m, task, op.post * US, { call, result: 0, fact: OTHER });
  });
}

const CLONE_NEWPID = 0x20000000;

/** `unshare(CLONE_NEWPID)`: the caller's next children live in a new namespace (KERNEL fact 11). */
export function startUnshare(m: Machine, task: Task, op: Op): void {
  enter(m, task, op, 272, [argHex(CLONE_NEWPID)], (call) => {
    leave(m, task, op.post * US, { call, result: unshare(m, task), fact: OTHER });
  });
}

function unshare(m: Machine, { proc }: Task): number {
  if (proc.childNs !== proc.ns) return EINVAL;
  if (proc.ns.dying) return ENOMEM;
  proc.childNs = newNamespace(m, proc.ns);
  return 0;
}

const DIRECTORIES = ['/', '/srv/work load', '/tmp'];

export function startChdir(m: Machine, task: Task, op: Op): void {
  enter(m, task, op, 80, [pointer(m)], (call) => changed(m, task, op, call));
}

function changed(m: Machine, task: Task, op: Op, call: Call): void {
  const path = DIRECTORIES[op.x % DIRECTORIES.length];
  const more = [cwdBody(m, task.proc), pathBody(m, 0, path, true)];
  task.proc.cwd = path;
  leave(m, task, op.post * US, { call, result: 0, fact: OTHER, items: 1, more });
}
