/** `exit` and `exit_group`: the calls that never return. */
import { enter } from './calls.ts';
import { die, killThreads, passGate, settle } from './death.ts';
import type { Call } from './log.ts';
import { argHex, log } from './log.ts';
import { after, soon, US } from './queue.ts';
import type { Machine, Task } from './state.ts';
import type { Fact, Op } from './types.ts';

const EXIT = 60;
const EXIT_GROUP = 231;

/** Statuses as programs pass them: the low 8 bits count. */
const STATUSES = [0, 1, 2, 127, 255, 256, 0x1ff, -1, 42];

export function startExit(m: Machine, task: Task, op: Op): void {
  const group = op.kind === 'exitGroup';
  const status = STATUSES[op.x % STATUSES.length];
  const nr = group ? EXIT_GROUP : EXIT;
  enter(m, task, op, nr, [argHex(status), argHex(nr), '3c', '0'], (call) => {
    const code = status & 0xff;
    // While another thread execs, exit_group ends only the thread that calls it.
    if (group && task.proc.execTask === null && settle(m, task.proc, 'code', code)) {
      killThreads(m, task.proc, task);
    }
    passGate(m, task, code);
    record(m, task, op, call, { kind: 'exit', group, code });
  });
}

/** The record is written early in `do_exit`; the thread is gone a moment later. */
function record(m: Machine, task: Task, op: Op, call: Call, fact: Fact): void {
  task.state = 'dying';
  after(m, op.post * US, () => {
    log(m, { proc: task.proc, call, result: null, fact });
    soon(m, () => die(m, task));
  });
}
