/** `fork`, `vfork`, `clone`, `clone3`: new processes and new threads. */
import { block, EAGAIN, EINTR, EINVAL, enter, ENOMEM, leave, returnToUser } from './calls.ts';
import type { Call } from './log.ts';
import { argHex, pointer } from './log.ts';
import { newNamespace, takeNumbers } from './numbers.ts';
import { inherit, newProc, newTask } from './people.ts';
import { soon, US } from './queue.ts';
import type { Machine, Namespace, Proc, Task } from './state.ts';
import { numberFor } from './state.ts';
import type { Fact, Op, OpKind, Via } from './types.ts';

/** How to make something: the call, what a0 shows (null is a pointer), and what it does. */
interface Recipe {
  readonly nr: number;
  readonly via: Via;
  readonly a0: number | null;
  readonly thread?: true;
  readonly sibling?: true;
  readonly newNs?: true;
  /** Never made by the C library. */
  readonly raw?: true;
  /** The caller sleeps until the child execs or ends. */
  readonly vfork?: true;
}

const RECIPES: Readonly<Partial<Record<OpKind, Recipe>>> = {
  fork: { nr: 57, via: 'fork', a0: 0 },
  vfork: { nr: 58, via: 'vfork', a0: 0, vfork: true },
  clone: { nr: 56, via: 'clone', a0: 0x1200011 },
  sibling: { nr: 56, via: 'clone', a0: 0x8011, sibling: true },
  newpid: { nr: 56, via: 'clone', a0: 0x20000011, newNs: true },
  thread: { nr: 56, via: 'clone', a0: 0x3d0f00, thread: true },
  clone3: { nr: 435, via: 'clone3', a0: null },
  spawn3: { nr: 435, via: 'clone3', a0: null, vfork: true },
  thread3: { nr: 435, via: 'clone3', a0: null, thread: true },
  newpid3: { nr: 435, via: 'clone3', a0: null, newNs: true, raw: true },
  sibling3: { nr: 435, via: 'clone3', a0: null, sibling: true, raw: true },
};

export function startBirth(m: Machine, task: Task, op: Op): void {
  const recipe = RECIPES[op.kind];
  if (recipe === undefined) return;
  const a0 = recipe.a0 === null ? pointer(m) : argHex(recipe.a0);
  const a1 = recipe.a0 === null ? '58' : '0';
  const raw = isRaw(op, recipe);
  // The C library passes the child's function in the third argument.
  const a2 = recipe.a0 === null && !raw ? pointer(m) : '0';
  enter(m, task, op, recipe.nr, [a0, a1, a2, raw ? '0' : '8'], (call) => {
    const failed = obstacle(task, recipe);
    if (failed !== 0) return fail(m, task, op, call, failed);
    const { proc } = task;
    const ns = recipe.newNs ? newNamespace(m, proc.ns) : proc.childNs;
    const numbers = takeNumbers(ns);
    if (numbers === null) return fail(m, task, op, call, EAGAIN);
    if (recipe.thread) beThread(m, task, op, call, recipe, numbers);
    else beProcess(m, task, op, call, recipe, ns, numbers);
  });
}

/** A plain clone3 is made by the C library or by the program itself. */
const isRaw = (op: Op, recipe: Recipe): boolean =>
  recipe.raw === true || (op.kind === 'clone3' && op.x % 2 === 1);

/** Why the kernel refuses, as a negative errno; 0 when it does not. */
function obstacle(task: Task, recipe: Recipe): number {
  const { proc } = task;
  if (task.killed || task.core > 0) return EINTR;
  const elsewhere = proc.childNs !== proc.ns;
  if (elsewhere && (recipe.thread || recipe.newNs)) return EINVAL;
  // A namespace's pid 1 cannot have siblings.
  if (recipe.sibling && (proc.ns.reaper === proc || proc.parent === null)) return EINVAL;
  return proc.childNs.dying ? ENOMEM : 0;
}

function fail(m: Machine, task: Task, op: Op, call: Call, result: number): void {
  const fact: Fact = { kind: 'birth_failed' };
  leave(m, task, op.post * US, { call, result, fact });
}

function beThread(
  m: Machine,
  task: Task,
  op: Op,
  call: Call,
  recipe: Recipe,
  numbers: readonly number[],
): void {
  const { proc } = task;
  proc.threads++;
  wakeUp(m, newTask(proc, numbers));
  const ret = numbers[proc.ns.level];
  const fact: Fact = { kind: 'thread', via: recipe.via, ret };
  leave(m, task, op.post * US, { call, result: ret, fact });
}

function beProcess(
  m: Machine,
  task: Task,
  op: Op,
  call: Call,
  recipe: Recipe,
  ns: Namespace,
  numbers: readonly number[],
): void {
  const { proc } = task;
  const sibling = recipe.sibling === true;
  const parent: Proc = sibling && proc.parent !== null ? proc.parent : proc;
  const child = newProc(m, ns, numbers, parent);
  inherit(child, proc);
  wakeUp(m, child.tasks[0]);
  const ret = numberFor(proc, child);
  const { via } = recipe;
  const fact: Fact = {
    kind: 'birth',
    via,
    child: child.index,
    parent: parent.index,
    sibling,
    raw: isRaw(op, recipe),
    ret,
  };
  const done = (): void => leave(m, task, op.post * US, { call, result: ret, fact });
  if (!recipe.vfork) return done();
  child.releaseParent = () => {
    if (task.interrupt === done) soon(m, () => task.interrupt === done && done());
  };
  block(task, false, done);
  // Killed while it slept: the call still returns the child.
  if (task.killed) done();
}

/** The child may run before its parent's call returns (KERNEL fact 4). */
function wakeUp(m: Machine, task: Task): void {
  soon(m, () => {
    if (task.state === 'new') returnToUser(m, task);
  });
}
