/** The frame of every system call: entry, effect, the record at its end, and the way back. */
import { abend, perish } from './death.ts';
import type { Call, Logged } from './log.ts';
import { log } from './log.ts';
import { after, US } from './queue.ts';
import type { Machine, Task } from './state.ts';
import type { Op } from './types.ts';

export const EPERM = -1;
export const ESRCH = -3;
export const EINTR = -4;
export const ECHILD = -10;
export const EAGAIN = -11;
export const ENOMEM = -12;
export const EINVAL = -22;

/** Enters a call; `effect` happens after the step's `pre`. */
export function enter(
  m: Machine,
  task: Task,
  op: Op,
  nr: number,
  args: readonly string[],
  effect: (call: Call) => void,
): void {
  const [a0 = '0', a1 = '0', a2 = '0', a3 = '0'] = args;
  const call: Call = { nr, entry: m.now, args: [a0, a1, a2, a3] };
  task.state = 'busy';
  after(m, op.pre * US, () => effect(call));
}

/** Leaves a call: the record `delay` ns from now, then back to user mode. */
export function leave(
  m: Machine,
  task: Task,
  delay: number,
  logged: Omit<Logged, 'proc'>,
  then?: () => void,
): void {
  task.state = 'busy';
  task.interrupt = null;
  task.wake = null;
  after(m, delay, () => {
    log(m, { proc: task.proc, ...logged });
    then?.();
    returnToUser(m, task);
  });
}

/** Puts a thread to sleep in a call. `interrupt` ends the call early. */
export function block(task: Task, interruptible: boolean, interrupt: () => void): void {
  task.state = 'blocked';
  task.interruptible = interruptible;
  task.interrupt = interrupt;
}

/** Pending signals are acted upon here: on the way back to user mode. */
export function returnToUser(m: Machine, task: Task): void {
  if (task.killed) perish(m, task);
  else if (task.core > 0) abend(m, task);
  else task.state = 'ready';
}
