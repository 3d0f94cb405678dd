/** One boot of one host, from its first tick to the end of its program. */
import { enrol, hold, login } from './background.ts';
import { takeNumbers } from './numbers.ts';
import { inherit, newProc } from './people.ts';
import { drain, MS } from './queue.ts';
import { Rng } from '../../base/rng.ts';
import type { Machine, Namespace, Proc } from './state.ts';
import { step } from './step.ts';
import type { BootPlan, Op, SimEvent } from './types.ts';

export interface Boot {
  readonly plan: BootPlan;
  /** Index of the boot in the history. */
  readonly index: number;
  readonly seed: number;
  readonly enriched: boolean;
  /** Where its processes are added. */
  readonly procs: Proc[];
}

function newMachine({ plan, index, seed, enriched, procs }: Boot): Machine {
  const rng = new Rng(seed);
  const root: Namespace = {
    id: index * 1000,
    level: 0,
    above: null,
    pidMax: plan.pidMax,
    used: new Set(),
    cursor: 1,
    reaper: null,
    dying: false,
  };
  const m = {
    boot: index,
    rng,
    startMs: plan.startMs,
    phase: rng.below(plan.tick * MS),
    tick: plan.tick,
    enriched,
    now: 0,
    order: 0,
    queue: [],
    serial: plan.firstSerial - 1,
    namespaces: index * 1000,
    sessions: 1,
    root,
    procs,
    held: [],
    events: [],
    alive: new Set<Proc>(),
  };
  const [one] = takeNumbers(root) ?? [1];
  // Nothing that makes a process needs pid 1 to be there already.
  const machine = m as unknown as Machine;
  machine.init = newProc(machine, root, [one], null);
  machine.init.tasks[0].state = 'blocked';
  root.cursor = plan.cursor;
  return machine;
}

/** Processes that the log never saw begin. */
function populate(m: Machine, older: readonly number[]): void {
  const procs: Proc[] = [];
  m.now = -1;
  for (const above of older) {
    const parent = procs[above - 1] ?? m.init;
    const numbers = takeNumbers(m.root);
    if (numbers === null) continue;
    const proc = newProc(m, m.root, numbers, parent);
    if (parent === m.init) enrol(m, proc);
    else inherit(proc, parent);
    proc.tasks[0].state = 'ready';
    procs.push(proc);
  }
  m.now = 0;
}

const FIRST: Op = { kind: 'login', who: 0, x: 0, y: 1, dt: 0, pre: 0, post: 0 };

export function run(boot: Boot): { readonly machine: Machine; readonly events: SimEvent[] } {
  const machine = newMachine(boot);
  hold(machine);
  populate(machine, boot.plan.older);
  if (boot.plan.older.length === 0) login(machine, FIRST);
  for (const op of boot.plan.ops) step(machine, op);
  if (boot.plan.drain) drain(machine);
  return { machine, events: machine.events.slice(boot.plan.skip) };
}
