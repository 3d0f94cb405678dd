/** `wait4` and `waitid`. */
import { block, ECHILD, EINTR, enter, leave } from './calls.ts';
import { reap } from './death.ts';
import type { Call } from './log.ts';
import { argHex, pointer } from './log.ts';
import { US } from './queue.ts';
import type { Machine, Proc, Task } from './state.ts';
import { numberFor } from './state.ts';
import type { Fact, Op } from './types.ts';

const WAIT4 = 61;
const WAITID = 247;

interface Wait {
  readonly task: Task;
  readonly op: Op;
  readonly call: Call;
  /** Waits for one child only. */
  readonly child: Proc | null;
  readonly noHang: boolean;
}

export function startWait(m: Machine, task: Task, op: Op): void {
  const children = [...task.proc.children];
  const one = op.kind === 'waitPid' || (op.kind === 'waitid' && op.y % 2 === 1);
  const child = one && children.length > 0 ? children[op.x % children.length] : null;
  const noHang = op.kind === 'waitNoHang';
  const nr = op.kind === 'waitid' ? WAITID : WAIT4;
  const args = nr === WAITID ? waitidArgs(m, task, child) : wait4Args(m, task, child, noHang);
  enter(m, task, op, nr, args, (call) => attempt(m, { task, op, call, child, noHang }));
}

function wait4Args(m: Machine, task: Task, child: Proc | null, noHang: boolean): string[] {
  const who = child === null ? 'ffffffff' : argHex(numberFor(task.proc, child));
  return [who, pointer(m), noHang ? '1' : '0', '0'];
}

const WEXITED = '4';

function waitidArgs(m: Machine, task: Task, child: Proc | null): string[] {
  const id = child === null ? '0' : argHex(numberFor(task.proc, child));
  return [child === null ? '0' : '1', id, pointer(m), WEXITED];
}

/** Looks for a dead child; sleeps when there is none yet. */
function attempt(m: Machine, wait: Wait): void {
  const { task } = wait;
  const children = [...task.proc.children].filter(
    (child) => (wait.child === null || child === wait.child) && !child.claimed,
  );
  const dead = children.find((child) => child.deadAt !== null);
  if (dead !== undefined) collect(m, wait, dead);
  else if (children.length === 0) finish(m, wait, ECHILD);
  else if (wait.noHang) finish(m, wait, 0);
  else if (task.killed || task.core > 0) finish(m, wait, EINTR);
  else {
    block(task, true, () => finish(m, wait, EINTR));
    task.wake = () => attempt(m, wait);
  }
}

const OTHER: Fact = { kind: 'other' };

function finish(m: Machine, { task, op, call }: Wait, result: number): void {
  leave(m, task, op.post * US, { call, result, fact: OTHER });
}

/**
 * Takes a dead child. Its number becomes free when the call returns: a clone that
 * gets it can then only be logged later (KERNEL fact 5).
 */
function collect(m: Machine, { task, op, call, child }: Wait, dead: Proc): void {
  dead.claimed = true;
  const ret = call.nr === WAIT4 ? numberFor(task.proc, dead) : null;
  const fact: Fact = { kind: 'reap', child: dead.index, ret, named: child !== null };
  leave(m, task, op.post * US, { call, result: ret ?? 0, fact }, () => reap(m, dead));
}
