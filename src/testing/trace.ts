/** A trace with its truth: audit lines, and what really happened, in a form that stays as it is. */
import { stampOf } from './kernel/arrival.ts';
import { simulate } from './kernel/kernel.ts';
import { MS } from './kernel/queue.ts';
import type { Fact, History, Program, SimEvent, TrueEnd, TrueProcess } from './kernel/types.ts';

/** How a process ended. Statuses are what the parent gets: 0 to 255. */
export type TraceExit = { readonly code: number } | { readonly signal: number };

/** A program that a process ran. */
export interface TraceExec {
  /** Its event in the trace, `SEC.MS:SERIAL`. */
  readonly event: string;
  readonly exe: string;
  readonly args: readonly string[];
}

/** One process that really lived. Processes refer to one another by `id`. */
export interface TraceProcess {
  /** Its place in `Trace.processes`. */
  readonly id: number;
  /** What `node=` says; '' where records carry none. */
  readonly host: string;
  /** Boots are counted over all hosts, from 0. */
  readonly boot: number;
  /** In the initial pid namespace: what `pid=` says. Not unique: pids are reused. */
  readonly pid: number;
  /** Its pid at its birth's parent, in the initial namespace; 0 for none. */
  readonly ppid: number;
  /** Its number in its own pid namespace. */
  readonly namespacePid: number;
  /** How deep that namespace lies; 0 is the initial one. */
  readonly namespaceDepth: number;
  /** The process that was its parent at birth; null for a boot's first. */
  readonly parent: number | null;
  /** Who became its parent later, in order. */
  readonly adopters: readonly number[];
  /** The call that made it, `SEC.MS:SERIAL`; null where the trace does not have it. */
  readonly birth: string | null;
  /** Whether audit rules applied to it. Others appear in records of third parties, or not at all. */
  readonly recorded: boolean;
  /** Programs it ran, in order: those that the trace has. */
  readonly execs: readonly TraceExec[];
  /** Threads over its life, the first included. */
  readonly threads: number;
  /** null: it was still alive when the trace ended. */
  readonly exit: TraceExit | null;
  /** True times, ms since the epoch, with fractions: those in records are coarser. */
  readonly bornAt: number | null;
  readonly endedAt: number | null;
}

/** One event that the trace has. */
export interface TraceEvent {
  /** `SEC.MS:SERIAL`, as records write it; unique on its host. */
  readonly id: string;
  readonly host: string;
  readonly boot: number;
  /** ms since the epoch: when the call was entered, on the coarse clock. */
  readonly time: number;
  readonly serial: number;
  /** The process that made the call; null where the event names none. */
  readonly process: number | null;
  /** What it truly was; the processes in it are ids. */
  readonly fact: Fact;
}

/** Audit lines and what they are about. */
export interface Trace {
  /** In the order of arrival, without line ends. */
  readonly lines: readonly string[];
  /** In the order of birth, by boot. */
  readonly processes: readonly TraceProcess[];
  /** By boot, then in the order in which they were logged. */
  readonly events: readonly TraceEvent[];
  /** What it came from: `kernelModel(program)` gives the same trace. Plain data. */
  readonly program: Program;
}

/**
 * Runs a program on a model of the kernel: forks, threads, execs, exits, waits, signals, pid
 * namespaces, adoption and reuse of pids, and audit records of them with the clock, the serials and
 * the arrival that a kernel has. The same program gives the same trace. Whatever numbers a program
 * holds, each step becomes something that a kernel does, or nothing.
 */
export function kernelModel(program: Program): Trace {
  const history = simulate(program);
  const births = new Map<number, string>();
  const execs = new Map<number, TraceExec[]>();
  for (const event of history.events) {
    const { fact, actor } = event;
    if (fact.kind === 'birth') births.set(fact.child, stampOf(event));
    if (fact.kind !== 'exec') continue;
    const exec = { event: stampOf(event), exe: fact.exe, args: fact.args };
    const known = execs.get(actor);
    if (known === undefined) execs.set(actor, [exec]);
    else known.push(exec);
  }
  const processes = history.lives.map((life) =>
    processOf(history, life, births.get(life.index) ?? null, execs.get(life.index) ?? []),
  );
  const events = history.events.map((event) => eventOf(history, event));
  const trace: Trace = { lines: history.lines, processes, events, program };
  // fast-check asks for this when it prints what failed.
  const toString = Symbol.for('fast-check/toStringMethod');
  Object.defineProperty(trace, toString, { value: () => textOf(trace), enumerable: false });
  return trace;
}

function processOf(
  { boots, lives }: History,
  life: TrueProcess,
  birth: string | null,
  execs: readonly TraceExec[],
): TraceProcess {
  const { node, startMs, phase } = boots[life.boot];
  const wall = (time: number): number => startMs + (time + phase) / MS;
  const [first, ...later] = life.parents;
  const { end, deadAt } = life;
  return {
    id: life.index,
    host: node,
    boot: life.boot,
    pid: life.pid,
    ppid: first === undefined ? 0 : lives[first.parent].pid,
    namespacePid: life.nsPid,
    namespaceDepth: life.level,
    parent: first?.parent ?? null,
    adopters: later.map(({ parent }) => parent),
    birth,
    recorded: life.recorded,
    execs,
    threads: life.threads,
    exit: deadAt === null || end === null ? null : exitOf(end),
    bornAt: life.bornAt < 0 ? null : wall(life.bornAt),
    endedAt: deadAt === null ? null : wall(deadAt),
  };
}

const exitOf = ({ kind, value }: TrueEnd): TraceExit =>
  kind === 'code' ? { code: value } : { signal: value };

function eventOf({ boots }: History, event: SimEvent): TraceEvent {
  const { boot, time, serial, actor, fact } = event;
  const host = boots[boot].node;
  return {
    id: stampOf(event),
    host,
    boot,
    time,
    serial,
    process: actor < 0 ? null : actor,
    fact,
  };
}

const SHOWN_LINES = 40;
const SHOWN_COLUMNS = 200;

/** For the report of a failing test: the lines, and the program to make it a test of its own. */
function textOf({ lines, program }: Trace): string {
  const shown = lines.slice(0, SHOWN_LINES).map((line) => `\n  ${line.slice(0, SHOWN_COLUMNS)}`);
  const more = lines.length > SHOWN_LINES ? `\n  … and ${lines.length - SHOWN_LINES} more` : '';
  return `kernelModel(${JSON.stringify(program)}) /* ${lines.length} lines:${shown.join('')}${more}\n*/`;
}
