/**
 * Numbers for what processes and subtrees have in common: equal numbers are equal things, in
 * both of the trees that are compared. No hashes: nothing is taken for equal by chance.
 */
import type { Ran, TreeProcess } from '../model/difference.ts';
import type { ProcessTree } from './tree.ts';

/** Stands for what a pattern found; no argument or path can hold it. */
const IGNORED = '\0';

/** What counts, and what does not. */
export interface KeyOptions {
  /** Everything that a golden tree holds; else what another recording of the same may share. */
  readonly everything: boolean;
  /** Whether roots tell by their host, too. */
  readonly hosts: boolean;
  /** With the flag g. What they find in an argument or a path is not compared. */
  readonly ignore: readonly RegExp[];
}

/** A tree with the numbers of its processes, each by place. */
export interface KeyedTree {
  readonly tree: ProcessTree;
  /** What is compared of the process itself. */
  readonly label: Int32Array;
  /** Its arguments, or what else tells what it ran. */
  readonly command: Int32Array;
  /** The program's name. */
  readonly program: Int32Array;
  /** The whole subtree. */
  readonly subtree: Int32Array;
  /** The whole subtree, whatever the order of siblings. */
  readonly bag: Int32Array;
}

/** Numbers things from 0 as they come. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** A text without what the patterns find in it. */
function withoutIgnored(text: string, ignore: readonly RegExp[]): string {
  let rest = text;
  for (const pattern of ignore) rest = rest.replace(pattern, IGNORED);
  return rest;
}

/** The same of all that was run. */
function compared(ran: Ran, ignore: readonly RegExp[]): Ran {
  if (ignore.length === 0) return ran;
  const { args, exe, cwd } = ran;
  const strip = (text: string): string => withoutIgnored(text, ignore);
  return {
    ...ran,
    ...(args === undefined ? {} : { args: args.map((arg) => (arg === null ? null : strip(arg))) }),
    ...(exe === undefined ? {} : { exe: strip(exe) }),
    ...(cwd === undefined ? {} : { cwd: strip(cwd) }),
  };
}

/** What a process ran as far as it is compared: a fork's own first, then its execs. */
export function comparedRan(p: TreeProcess, ignore: readonly RegExp[]): readonly Ran[] {
  const all = p.inherited === undefined ? p.ran : [p.inherited, ...p.ran];
  return all.map((ran) => compared(ran, ignore));
}

/** What kind of row it is: `fork` ran nothing of its own. */
export function kindOf(p: TreeProcess): 'process' | 'fork' | 'unidentified' {
  if (p.unidentified) return 'unidentified';
  return p.ran.some(({ failed }) => !failed) ? 'process' : 'fork';
}

/** Of one step: what it is called with; of one without arguments, its file. */
function stepKey({ args, exe, failed, errno }: Ran): unknown {
  return args ?? [exe ?? null, failed ?? false, errno ?? null];
}

/** The part after the last slash. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function programOf(p: TreeProcess, ran: readonly Ran[]): string {
  const last = ran.findLast(({ failed }) => !failed);
  return `${kindOf(p)} ${baseName(last?.args?.[0] ?? last?.exe ?? '')}`;
}

function labelOf(p: TreeProcess, ran: readonly Ran[], { everything, hosts }: KeyOptions): unknown {
  const main = [
    kindOf(p),
    p.inherited !== undefined,
    ran.map(({ args, exe, cwd, failed, errno }) => [args, exe, cwd, failed, errno]),
    p.end,
    p.uid,
    hosts ? p.host : null,
  ];
  if (!everything) return main;
  const adopted = p.adopted.map((one) => (typeof one === 'number' ? 'process' : one));
  return [...main, p.threads, p.namespace, p.anyOrder, adopted, p.lacks];
}

/** Numbers both trees. Linear in their size, but for the sorting of siblings. */
export function keyTrees(
  a: ProcessTree,
  b: ProcessTree,
  options: KeyOptions,
): readonly [KeyedTree, KeyedTree] {
  const numbers = {
    label: new Numbers(),
    command: new Numbers(),
    program: new Numbers(),
    subtree: new Numbers(),
    bag: new Numbers(),
  };
  return [keyTree(a, numbers, options), keyTree(b, numbers, options)];
}

function keyTree(
  tree: ProcessTree,
  numbers: Readonly<Record<'label' | 'command' | 'program' | 'subtree' | 'bag', Numbers>>,
  options: KeyOptions,
): KeyedTree {
  const { processes, size } = tree;
  const column = (): Int32Array => new Int32Array(processes.length);
  const keyed = {
    tree,
    label: column(),
    command: column(),
    program: column(),
    subtree: column(),
    bag: column(),
  };
  for (const [i, p] of processes.entries()) {
    const ran = comparedRan(p, options.ignore);
    keyed.label[i] = numbers.label.of(JSON.stringify(labelOf(p, ran, options)));
    keyed.command[i] = numbers.command.of(JSON.stringify([kindOf(p), ran.map(stepKey)]));
    keyed.program[i] = numbers.program.of(programOf(p, ran));
  }
  // From the last on, those below come before the one above.
  for (let i = processes.length - 1; i >= 0; i--) {
    const subtrees = [keyed.label[i]];
    const bags: number[] = [];
    for (let child = i + 1; child < i + size[i]; child += size[child]) {
      subtrees.push(keyed.subtree[child]);
      bags.push(keyed.bag[child]);
    }
    bags.sort((x, y) => x - y);
    keyed.subtree[i] = numbers.subtree.of(subtrees.join());
    keyed.bag[i] = numbers.bag.of(`${keyed.label[i]},${bags.join()}`);
  }
  return keyed;
}

/** Places of the children of a place, in their order; those of -1 are the roots. */
export function childrenOf({ size }: ProcessTree, place: number): Int32Array {
  const end = place < 0 ? size.length : place + size[place];
  let count = 0;
  for (let child = place + 1; child < end; child += size[child]) count++;
  const children = new Int32Array(count);
  let n = 0;
  for (let child = place + 1; child < end; child += size[child]) children[n++] = child;
  return children;
}
