/** What happens without a record, and how a recorded process comes to be. */
import { killFromAbove } from './death.ts';
import { body, log, logAlone, logDaemon, logNameless, pointer } from './log.ts';
import { freeNumbers, takeNumbers } from './numbers.ts';
import { inherit, newProc } from './people.ts';
import type { Machine, Proc, Task } from './state.ts';
import { pidOf } from './state.ts';
import { deliver } from './signal.ts';
import type { Fact, Op } from './types.ts';

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
  // The first is auditd.
  const living = m.held.slice(1).filter((proc) => proc.end === null);
  const proc = living[op.x % living.length];
  if (proc === undefined) return;
  proc.tasks[0].state = 'ready';
  killFromAbove(m, proc);
}

/** The kernel kills a recorded process, e.g. for want of memory: no record at all. */
export function oom(m: Machine, task: Task): void {
  deliver(m, task.proc, 9, null);
}

/** auditd was there before the log; its own records and those of user space name a process too. */
function chatter(m: Machine, op: Op): void {
  const [auditd] = m.held;
  if (auditd === undefined || auditd.end !== null) return;
  const pid = pidOf(auditd);
  const daemon = `op=start ver=4.0 format=raw kernel=6.18 auid=4294967295 pid=${pid} uid=0 res=success`;
  const user = `pid=${pid} uid=0 auid=0 ses=1 msg='op=login id=0 pid=1 exe="/sbin/sshd" res=success'`;
  const rule = 'auid=0 ses=1 op=add_rule key=(null) list=4 res=1';
  if (op.x % 3 === 0) logDaemon(m, auditd, 'DAEMON_START', daemon);
  else if (op.x % 3 === 1) logAlone(m, auditd, 'USER_LOGIN', OTHER, user);
  else logNameless(m, 'CONFIG_CHANGE', rule);
}

const OTHER: Fact = { kind: 'other' };

/** A session starts: a process of sshd's sets its login id, and from then on rules apply to it. */
export function login(m: Machine, op: Op): void {
  if (op.y % 4 === 0) chatter(m, op);
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
  log(m, { proc, call, result: 4, fact: OTHER, first });
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
