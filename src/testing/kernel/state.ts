/** The machine's state: what the kernel keeps, as far as the model needs it. */
import type { Rng } from '../../base/rng.ts';
import type { SimEvent, TrueEnd, TrueParent } from './types.ts';

export interface Namespace {
  readonly id: number;
  readonly level: number;
  readonly above: Namespace | null;
  readonly pidMax: number;
  readonly used: Set<number>;
  /** The next number the allocator will try. */
  cursor: number;
  /** Its pid 1. */
  reaper: Proc | null;
  /** Its pid 1 is dying: everything in it is killed and nothing can be born. */
  dying: boolean;
}

/** `new` cannot act yet, `busy` is inside a call, `blocked` sleeps in one, `dying` is past user mode. */
export type TaskState = 'new' | 'ready' | 'busy' | 'blocked' | 'dying' | 'dead';

export interface Task {
  readonly proc: Proc;
  numbers: readonly number[];
  state: TaskState;
  /** A fatal signal is pending: it dies on its way back to user mode. */
  killed: boolean;
  /** A core-dumping signal it takes on its way back to user mode; 0 for none. */
  core: number;
  /** It no longer counts for "the last thread sets the status". */
  gone: boolean;
  /** Ends a blocked call early; null when not blocked. */
  interrupt: (() => void) | null;
  /** Looks again whether a wait is over; null when not waiting. */
  wake: (() => void) | null;
  /** Whether a signal that does not kill the process also ends the blocked call. */
  interruptible: boolean;
}

export interface Proc {
  readonly index: number;
  readonly numbers: readonly number[];
  readonly ns: Namespace;
  readonly bornAt: number;
  /** The namespace of its next children. */
  childNs: Namespace;
  parent: Proc | null;
  readonly parents: TrueParent[];
  readonly children: Set<Proc>;
  readonly tasks: Task[];
  threads: number;
  recorded: boolean;
  ses: number;
  auid: number;
  comm: string;
  exe: string;
  args: readonly string[];
  cwd: string;
  subreaper: boolean;
  autoreap: boolean;
  ignored: Set<number>;
  handled: Set<number>;
  end: TrueEnd | null;
  /** The thread whose exec waits for the others to die. */
  execTask: Task | null;
  resumeExec: (() => void) | null;
  /** Wakes the vfork parent. */
  releaseParent: (() => void) | null;
  deadAt: number | null;
  /** A wait has taken it and will free it. */
  claimed: boolean;
  freedAt: number | null;
  /** It is a namespace's pid 1 and waits for everything in it to be gone. */
  tearingDown: boolean;
}

export interface Scheduled {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

export interface Machine {
  /** Index of this boot in the history. */
  readonly boot: number;
  readonly rng: Rng;
  readonly startMs: number;
  readonly phase: number;
  readonly tick: number;
  readonly enriched: boolean;
  /** ns since the model began. */
  now: number;
  order: number;
  readonly queue: Scheduled[];
  serial: number;
  namespaces: number;
  sessions: number;
  readonly root: Namespace;
  /** Every process of every machine of the history. */
  readonly procs: Proc[];
  /** Unrecorded processes that only hold a number. */
  readonly held: Proc[];
  readonly events: SimEvent[];
  /** Processes of this machine that still have threads. */
  readonly alive: Set<Proc>;
  init: Proc;
}

export const pidOf = (proc: Proc): number => proc.numbers[0];

/** The number by which `viewer` knows `proc`; 0 when it cannot see it. */
export function numberFor(viewer: Proc, proc: Proc): number {
  const level = viewer.ns.level;
  if (proc.numbers.length <= level) return 0;
  return namespaceAt(proc.ns, level) === viewer.ns ? proc.numbers[level] : 0;
}

/** The namespace at `level` among `ns` and those above it. */
export function namespaceAt(ns: Namespace, level: number): Namespace {
  let at = ns;
  while (at.level > level && at.above !== null) at = at.above;
  return at;
}

/** Every namespace a process has a number in, its own first. */
export function* chainOf(ns: Namespace): Generator<Namespace> {
  for (let at: Namespace | null = ns; at !== null; at = at.above) yield at;
}
