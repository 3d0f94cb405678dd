/**
 * The processes as they stood at one moment: who lived, under whom, running what.
 */
import type { ProcessDocument } from '../model/process.ts';
import { commandText, execText, hasOwnProgram } from './command.ts';
import { type Forest, forestOf } from './forest.ts';

/** Alive at that moment, both ends included: an exit is entered by a living process. */
function isAlive(p: ProcessDocument, at: number): boolean {
  const start = p.start_timestamp ?? Number.NEGATIVE_INFINITY;
  const end = p.exit_timestamp ?? Number.POSITIVE_INFINITY;
  return start <= at && at <= end;
}

/**
 * The parent at that moment. A new parent is seen only at the child's next event, so
 * when the last one seen had already ended, the one seen next is the one it had.
 */
function parentAt(
  p: ProcessDocument,
  at: number,
  alive: ReadonlyMap<string, ProcessDocument>,
): ProcessDocument | undefined {
  let seen = 0;
  while (seen < p.reparented.length && p.reparented[seen].timestamp <= at) seen++;
  for (let i = seen; i <= p.reparented.length; i++) {
    const id = i === 0 ? p.parent : p.reparented[i - 1].parent;
    if (id === null || id === undefined) return undefined;
    const parent = alive.get(id);
    if (parent !== undefined) return parent;
  }
  return undefined;
}

/** The forest of the processes alive at that moment. */
export function forestAt(processes: readonly ProcessDocument[], at: number): Forest {
  const living = processes.filter((p) => isAlive(p, at));
  const alive = new Map(living.map((p) => [p._id, p]));
  const roots: ProcessDocument[] = [];
  const children = new Map<string, ProcessDocument[]>();
  for (const p of living) {
    const parent = parentAt(p, at, alive);
    const siblings = parent === undefined ? roots : children.get(parent._id);
    if (siblings !== undefined) siblings.push(p);
    else if (parent !== undefined) children.set(parent._id, [p]);
  }
  return { members: living, roots, childrenOf: (p) => children.get(p._id) ?? [] };
}

/** The forest of all processes born by that moment, each under its parent at birth. */
export function forestSoFar(processes: readonly ProcessDocument[], at: number): Forest {
  return forestOf(
    processes.filter((p) => (p.start_timestamp ?? at) <= at).map((p) => soFar(p, at)),
  );
}

/** The process with the execs and children that it had by then. */
function soFar(p: ProcessDocument, at: number): ProcessDocument {
  if (p.exit_timestamp !== undefined && p.exit_timestamp <= at) return p;
  const execve = p.execve.filter((exec) => exec.timestamp <= at);
  const unidentified = p.unidentified_children?.filter((child) => child.timestamp <= at);
  return unidentified === undefined
    ? { ...p, execve }
    : { ...p, execve, unidentified_children: unidentified };
}

/** Tells what each process ran at a moment. */
export class ProgramsAt {
  readonly #at: number;
  readonly #byId: ReadonlyMap<string, ProcessDocument>;
  /** Command line at birth, by `_id`. */
  readonly #atBirth = new Map<string, string>();

  constructor(processes: readonly ProcessDocument[], at: number) {
    this.#at = at;
    this.#byId = new Map(processes.map((p) => [p._id, p]));
  }

  /** What the process ran then: its last exec by then, else what it was born with. */
  textOf(p: ProcessDocument): string {
    return lastExecBy(p, this.#at) ?? this.#birthText(p);
  }

  /** Up the line of births to the nearest exec; every process passed was born with the same. */
  #birthText(start: ProcessDocument): string {
    const passed: string[] = [];
    let p = start;
    let text: string | undefined;
    while (text === undefined) {
      text = this.#atBirth.get(p._id);
      if (text !== undefined) break;
      passed.push(p._id);
      const parent = p.parent === null ? undefined : this.#byId.get(p.parent);
      if (parent === undefined) text = hasOwnProgram(p) ? '?' : commandText(p);
      else {
        text = lastExecBy(parent, p.start_timestamp ?? this.#at);
        p = parent;
      }
    }
    for (const id of passed) this.#atBirth.set(id, text);
    return text;
  }
}

function lastExecBy(p: ProcessDocument, at: number): string | undefined {
  for (let i = p.execve.length - 1; i >= 0; i--) {
    const exec = p.execve[i];
    if (!exec.failed && exec.timestamp <= at) return execText(exec);
  }
  return undefined;
}
