/** What happens without a record, and how a recorded process comes to be. */
import { killFromAbove } from './death.ts';
import { body, log, logNoise, pointer } from './log.ts';
import { freeNumbers, takeNumbers } from './numbers.ts';
import { inherit, newProc } from './people.ts';
import type { Machine, Proc, Task } from './state.ts';
import { pidOf } from './state.ts';
import { deliver } from './signal.ts';
import type { Op } from './types.ts';

/** Short-lived unrecorded processes: they only use numbers up. */
export function burn(m: Machine, op: Op): void {
  for (let i = op.x % 24; i >= 0; i--) {
    const numbers = takeNumbers(m.root);
    if (numbers !== null) freeNumbers(numbers, m.root);
  }
}

/** An unrecorded process that stays. */
export function hold(m: Machine): Proc | null {
  const numbers = takeNumbers(m.root);
  if (numbers === null) return null;
  const proc = newProc(m, m.root, numbers, m.init);
  proc.comm = 'sshd';
  proc.tasks[0].state = 'blocked';
  m.held.push(proc);
  return proc;
}

/** One of those ends. */
export function drop(m: Machine, op: Op): void {
  const living = m.held.filter((proc) => proc.end === null);
  const proc = living[op.x % living.length];
  if (proc === undefined) return;
  proc.tasks[0].state = 'ready';
  killFromAbove(m, proc);
}

/** The kernel kills a recorded process, e.g. for want of memory: no record at all. */
export function oom(m: Machine, task: Task): void {
  deliver(m, task.proc, 9, null);
}

const NOISE: readonly (readonly [type: string, text: string])[] = [
  [
    'DAEMON_START',
    'op=start ver=4.0 format=raw kernel=6.18 auid=4294967295 pid=12 uid=0 res=success',
  ],
  ['CONFIG_CHANGE', 'auid=0 ses=1 op=add_rule key=(null) list=4 res=1'],
  ['USER_LOGIN', `pid=1 uid=0 auid=0 ses=1 msg='op=login id=0 exe="/usr/sbin/sshd" res=success'`],
];

/** A session starts: a process of sshd's sets its login id, and from then on rules apply to it. */
export function login(m: Machine, op: Op): void {
  if (op.y % 4 === 0) logNoise(m, ...NOISE[op.x % NOISE.length]);
  const parent = hold(m);
  const numbers = parent === null ? null : takeNumbers(m.root);
  if (parent === null || numbers === null) return;
  const proc = newProc(m, m.root, numbers, parent);
  inherit(proc, parent);
  enrol(m, proc);
  proc.tasks[0].state = 'ready';
  const call = { nr: 1, entry: m.now, args: ['3', pointer(m), '4', '0'] as const };
  const ids = 'old-auid=4294967295 auid=4242 tty=(none) old-ses=4294967295';
  const first = [body(m, 'LOGIN', `pid=${pidOf(proc)} uid=0 ${ids} ses=${proc.ses} res=1`)];
  log(m, { proc, call, result: 4, fact: { kind: 'other' }, first });
}

/** Audit rules apply to it from now on. */
export function enrol(m: Machine, proc: Proc): void {
  proc.recorded = true;
  proc.auid = 4242;
  proc.ses = ++m.sessions;
  proc.comm = 'bash';
  proc.exe = '/usr/bin/bash';
  proc.args = ['-bash'];
  proc.cwd = '/root';
}

const TERM = 15;
const ABRT = 6;

export function ignore({ proc }: Task): void {
  proc.ignored.add(TERM);
}

export function handle({ proc }: Task): void {
  proc.handled.add(TERM).add(ABRT);
}
