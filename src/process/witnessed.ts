/** The lives that the process connector tells of, without any audit record. */
import type { Testimony } from '../event/testimony.ts';
import type { ConnectorEvent } from '../record/connector.ts';

/** The longest tick of a kernel, ms (HZ=100). */
export const TICK_MS = 10;
/** How far the two clocks may be apart for having been read one after the other, ms. */
export const APART_MS = 1;
/** Longer than audit's clock ever stands still, ms. */
export const STILL_MS = 1000;

/** One process as the connector saw it. Times in ms since the epoch. */
export interface Witnessed {
  readonly pid: number;
  /** -Infinity when it was born before the connector listened. */
  readonly born: number;
  /** pid of the real parent at birth; 0 unknown. */
  readonly ppid: number;
  readonly parent: Witnessed | undefined;
  /** Threads besides the first, in order. */
  readonly threads: { readonly id: number; readonly time: number }[];
  /** Processes whose parent it is, in order. */
  readonly children: Witnessed[];
  /** Moments of its execs. */
  readonly execs: number[];
  /** Infinity when it was not seen to end. */
  ended: number;
  /** By then it had ended: when its pid was given away. */
  over: number;
  /** As wait(2) gives it; -1 unknown. */
  status: number;
  /** Threads alive. */
  alive: number;
}

/** Lives by pid, oldest first. */
export function witnessedLives(testimony: Testimony): Map<number, Witnessed[]> {
  const lives = new Map<number, Witnessed[]>();
  const current = new Map<number, Witnessed>();
  const begin = (pid: number, born: number, ppid: number): Witnessed => {
    const named = ppid > 0 && !testimony.recorders.has(ppid);
    const parent = named ? (current.get(ppid) ?? begin(ppid, -Infinity, 0)) : undefined;
    const life = newWitnessed(pid, born, ppid, parent);
    const before = current.get(pid);
    // Its exit was not told: the connector lost it.
    if (before !== undefined) before.over = born;
    current.set(pid, life);
    const known = lives.get(pid);
    if (known === undefined) lives.set(pid, [life]);
    else known.push(life);
    return life;
  };
  for (const event of testimony.events()) {
    const time = testimony.time(event);
    if (event.ev === 'fork' && event.pid === event.tgid) {
      const life = begin(event.tgid, time, event.ptgid);
      life.parent?.children.push(life);
      continue;
    }
    const life = current.get(event.tgid) ?? begin(event.tgid, -Infinity, 0);
    if (event.ev === 'exec') {
      life.execs.push(time);
      // It leaves one thread, and the others' exits were told before (KERNEL fact 15).
      life.alive = 1;
    } else if (event.ev === 'fork') {
      life.threads.push({ id: event.pid, time });
      life.alive++;
    } else if (endsWith(life, event, time)) current.delete(event.tgid);
  }
  return lives;
}

function newWitnessed(
  pid: number,
  born: number,
  ppid: number,
  parent: Witnessed | undefined,
): Witnessed {
  return {
    pid,
    born,
    ppid,
    parent,
    threads: [],
    children: [],
    execs: [],
    ended: Infinity,
    over: Infinity,
    status: -1,
    alive: 1,
  };
}

/** A process ends with its last thread, whichever that is (KERNEL fact 13). */
function endsWith(life: Witnessed, { code }: ConnectorEvent, time: number): boolean {
  life.alive--;
  if (life.alive > 0) return false;
  life.ended = time;
  life.over = time;
  life.status = code;
  return true;
}
