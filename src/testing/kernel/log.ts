/** Writing events: the records of one event, and the serial it takes when the first is logged. */
import { MS } from './queue.ts';
import type { Machine, Proc } from './state.ts';
import { pidOf } from './state.ts';
import { quoted, titleOf } from './text.ts';
import type { Body, Fact, SimEvent } from './types.ts';

/** A call under way: what its SYSCALL record will say. */
export interface Call {
  readonly nr: number;
  /** True time of its entry. */
  readonly entry: number;
  readonly args: readonly [string, string, string, string];
}

export interface Logged {
  readonly proc: Proc;
  readonly call: Call;
  /** What the call returned; null for those that never return. */
  readonly result: number | null;
  readonly fact: Fact;
  readonly items?: number;
  /** Records between SYSCALL and PROCTITLE. */
  readonly more?: readonly Body[];
  /** Records before SYSCALL. */
  readonly first?: readonly Body[];
}

/** The coarse clock: wall time of the last tick, in whole ms. */
function coarse(m: Machine, time: number): number {
  return m.startMs + m.tick * Math.floor((time + m.phase) / (m.tick * MS));
}

export const pointer = (m: Machine): string => `7f${hexWord(m)}0`;
const hexWord = (m: Machine): string => (0x10000000 + m.rng.below(0x6fffffff)).toString(16);

export const argHex = (value: number): string =>
  (value < 0 ? BigInt.asUintN(32, BigInt(value)) : BigInt(value)).toString(16);

/** A record; its arrival follows the one before it closely, and seldom late. */
export function body(m: Machine, type: string, text: string): Body {
  const delay = m.rng.once(40) ? m.rng.below(3 * MS) : m.rng.below(3000);
  return { type, text, delay };
}

export function log(m: Machine, logged: Logged): void {
  const { proc, call } = logged;
  if (!proc.recorded) return;
  const bodies = [...(logged.first ?? []), body(m, 'SYSCALL', syscallText(m, logged))];
  bodies.push(...(logged.more ?? []));
  bodies.push(body(m, 'PROCTITLE', `proctitle=${titleOf(proc.args)}`), body(m, 'EOE', ''));
  push(m, proc, call.entry, logged.fact, bodies);
}

/** An event of a single record, at this moment. It names no parent. */
export function logAlone(m: Machine, proc: Proc, type: string, fact: Fact, text: string): void {
  const event = eventOf(m, proc, m.now, fact, [body(m, type, text)]);
  m.events.push({ ...event, serial: ++m.serial, parentThen: -1 });
}

/** A record that names no process. */
export function logNameless(m: Machine, type: string, text: string): void {
  const event = eventOf(m, m.init, m.now, { kind: 'other' }, [body(m, type, text)]);
  m.events.push({ ...event, serial: ++m.serial, actor: -1, parentThen: -1 });
}

/** A record of auditd's own: its serials are a count of its own, from a random start. */
export function logDaemon(m: Machine, auditd: Proc, type: string, text: string): void {
  const event = eventOf(m, auditd, m.now, { kind: 'other' }, [body(m, type, text)]);
  m.events.push({ ...event, serial: m.rng.below(10_000), parentThen: -1, daemon: true });
}

function push(m: Machine, proc: Proc, entry: number, fact: Fact, bodies: Body[]): void {
  m.events.push({ ...eventOf(m, proc, entry, fact, bodies), serial: ++m.serial });
}

function eventOf(
  m: Machine,
  proc: Proc,
  entry: number,
  fact: Fact,
  bodies: Body[],
): Omit<SimEvent, 'serial'> {
  return {
    boot: m.boot,
    time: coarse(m, entry),
    entry,
    loggedAt: m.now,
    actor: proc.index,
    parentThen: proc.parent?.index ?? -1,
    fact,
    bodies,
  };
}

function syscallText(m: Machine, { proc, call, result, items }: Logged): string {
  const ok = result === null ? '' : ` success=${result < 0 ? 'no' : 'yes'} exit=${result}`;
  const args = call.args.map((a, i) => ` a${i}=${a}`).join('');
  const ppid = proc.parent === null ? 0 : pidOf(proc.parent);
  const who = `ppid=${ppid} pid=${pidOf(proc)} auid=${proc.auid} ${IDS} tty=(none) ses=${proc.ses}`;
  const what = `comm=${quoted(proc.comm)} exe=${quoted(proc.exe)} key=(null)`;
  const text = `arch=c000003e syscall=${call.nr}${ok}${args} items=${items ?? 0} ${who} ${what}`;
  return m.enriched ? `${text}\x1dARCH=x86_64 SYSCALL=s${call.nr} AUID="unknown" UID="root"` : text;
}

const IDS = 'uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0';

export function cwdBody(m: Machine, proc: Proc): Body {
  return body(m, 'CWD', `cwd=${quoted(proc.cwd)}`);
}

export function pathBody(m: Machine, item: number, name: string, found: boolean): Body {
  const where = found
    ? ` inode=${1000 + item} dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00`
    : '';
  const type = found ? 'NORMAL' : 'UNKNOWN';
  const caps = 'cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0';
  return body(m, 'PATH', `item=${item} name=${quoted(name)}${where} nametype=${type} ${caps}`);
}
