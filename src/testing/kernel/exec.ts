/** `execve`: a new program, and the end of all other threads. */
import { block, EAGAIN, EINTR, enter, leave } from './calls.ts';
import { killThreads } from './death.ts';
import type { Call } from './log.ts';
import { body, cwdBody, pathBody, pointer } from './log.ts';
import { freeNumbers } from './numbers.ts';
import { US } from './queue.ts';
import type { Machine, Task } from './state.ts';
import { commOf, execveTexts } from './text.ts';
import type { Fact, Op } from './types.ts';
import { argsFor, MISSING } from './words.ts';

const EXECVE = 59;

export function startExec(m: Machine, task: Task, op: Op): void {
  const args = [pointer(m), pointer(m), pointer(m), '8'];
  enter(m, task, op, EXECVE, args, (call) => {
    const { proc } = task;
    // Copying the arguments stops at a fatal signal: another thread's exit or exec sends one, too.
    if (task.killed) fail(m, task, op, call, EINTR, 'EINTR', argsFor(op.x, op.y).exe);
    else if (proc.tasks.length === 1) become(m, task, op, call);
    else waitForOthers(m, task, op, call);
  });
}

function waitForOthers(m: Machine, task: Task, op: Op, call: Call): void {
  const { proc } = task;
  proc.execTask = task;
  proc.resumeExec = () => {
    proc.execTask = null;
    become(m, task, op, call);
  };
  block(task, false, () => {
    proc.execTask = null;
    fail(m, task, op, call, EAGAIN, 'EAGAIN', argsFor(op.x, op.y).exe);
  });
  killThreads(m, proc, task);
}

/** The point of no return: the thread becomes the leader and runs the new program. */
function become(m: Machine, task: Task, op: Op, call: Call): void {
  const { proc } = task;
  if (task.numbers !== proc.numbers) {
    freeNumbers(task.numbers, proc.ns);
    task.numbers = proc.numbers;
  }
  const { exe, args } = argsFor(op.x, op.y);
  proc.exe = exe;
  proc.args = args;
  proc.comm = commOf(exe);
  proc.handled.clear();
  proc.releaseParent?.();
  proc.releaseParent = null;
  const fact: Fact = { kind: 'exec', args, exe };
  const more = [
    ...execveTexts(args).map((text) => body(m, 'EXECVE', text)),
    cwdBody(m, proc),
    pathBody(m, 0, exe, true),
    pathBody(m, 1, '/lib64/ld-linux-x86-64.so.2', true),
  ];
  leave(m, task, op.post * US, { call, result: 0, fact, items: 2, more });
}

export function startFailedExec(m: Machine, task: Task, op: Op): void {
  const [path, errno, value] = MISSING[op.x % MISSING.length];
  const args = [pointer(m), pointer(m), pointer(m), '8'];
  enter(m, task, op, EXECVE, args, (call) => fail(m, task, op, call, value, errno, path));
}

function fail(
  m: Machine,
  task: Task,
  op: Op,
  call: Call,
  result: number,
  errno: string,
  path: string,
): void {
  const fact: Fact = { kind: 'exec_failed', path, errno };
  const more = [cwdBody(m, task.proc), pathBody(m, 0, path, errno !== 'ENOENT')];
  leave(m, task, op.post * US, { call, result, fact, items: 1, more });
}
