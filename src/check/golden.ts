/**
 * Golden trees: what the processes of a recording did, as a text for people to review and for
 * `godo check` to hold recordings to. One process a line, indented. `docs/diff.md` describes
 * the form.
 *
 * It holds nothing that is another number in every recording: no pids, no ids, and times only
 * where they are asked for. All that it holds is compared by structure, never as text.
 */
import { quoteArgument, shellQuote } from '../base/text.ts';
import type { Adopter, End, Ran, TreeDifference, TreeProcess } from '../model/difference.ts';
import type { ProcessDocument } from '../model/process.ts';
import { signalText } from '../tables/signals.ts';
import { diffTrees } from './diff.ts';
import {
  ANY_ORDER,
  DEEPER,
  FAILED,
  FORKED,
  FORMAT,
  type GoldenOptions,
  type GoldenProblem,
  INDENT,
  isGoldenProblem,
  MOST_INDENT,
  NAMESPACE,
  NEXT,
  NOTHING,
  TITLE,
  UNIDENTIFIED,
  UNKNOWN,
} from './golden-form.ts';
import { readGolden } from './golden-reader.ts';
import { type ProcessTree, treeOf } from './tree.ts';

/** The golden tree of an analysis, each line ended by a newline. */
export function goldenText(
  processes: Iterable<ProcessDocument>,
  options: GoldenOptions = {},
): string {
  return writeGolden(treeOf(processes), options);
}

/** The text of a tree. */
export function writeGolden(tree: ProcessTree, options: GoldenOptions = {}): string {
  const lines = [`${TITLE} ${FORMAT}${options.times === true ? ' times' : ''}`];
  const names = namesOf(tree.processes);
  let host: string | undefined;
  for (const [i, p] of tree.processes.entries()) {
    if (tree.level[i] === 0 && p.host !== host) {
      ({ host } = p);
      lines.push(host === undefined ? 'host' : `host ${shellQuote([host])}`);
    }
    const id = names.get(i);
    const mark = id === undefined ? '' : `#${id} `;
    const notes = notesOf(p, names, options).join('; ');
    lines.push(`${indentation(tree.level[i])}${mark}${commandOf(p)}  [${notes}]`);
  }
  return `${lines.join('\n')}\n`;
}

/** Numbers, in tree order, for the processes that another one's line has to name. */
function namesOf(processes: readonly TreeProcess[]): Map<number, number> {
  const referred = new Set<number>();
  for (const { adopted } of processes) {
    for (const adopter of adopted) if (typeof adopter === 'number') referred.add(adopter);
  }
  return new Map([...referred].sort((a, b) => a - b).map((place, i) => [place, i + 1]));
}

function indentation(level: number): string {
  return level <= MOST_INDENT
    ? INDENT.repeat(level)
    : `${INDENT.repeat(MOST_INDENT)}${DEEPER}${level} `;
}

function commandOf(p: TreeProcess): string {
  if (p.unidentified) return UNKNOWN;
  const steps = p.ran.map(ranText);
  if (p.inherited !== undefined) steps.unshift(`(${ranText(p.inherited)})`);
  else if (p.ran.every(({ failed }) => failed)) steps.unshift(FORKED);
  return steps.join(` ${NEXT} `);
}

function ranText({ args, exe, cwd, failed, errno }: Ran): string {
  const where = cwd === undefined ? [] : ['in', cwd === UNKNOWN ? cwd : quoteArgument(cwd)];
  if (failed) {
    const told = `${FAILED} ${wordOr(exe)} ${wordOr(errno)}`;
    return where.length === 0 ? told : `${told} {${where.join(' ')}}`;
  }
  const program = args === undefined ? UNKNOWN : args.length === 0 ? NOTHING : shellQuote(args);
  const known = args !== undefined && args.length > 0 && exe === args[0];
  const aside = [...(known ? [] : [wordOr(exe)]), ...where];
  return aside.length === 0 ? program : `${program} {${aside.join(' ')}}`;
}

function wordOr(text: string | undefined): string {
  return text === undefined ? UNKNOWN : quoteArgument(text);
}

function notesOf(
  p: TreeProcess,
  names: ReadonlyMap<number, number>,
  { times }: GoldenOptions,
): string[] {
  if (p.unidentified) return [UNIDENTIFIED];
  const notes = [endText(p.end)];
  if (p.threads > 1) notes.push(`${p.threads} threads`);
  if (p.namespace) notes.push(NAMESPACE);
  if (p.uid !== undefined) notes.push(`uid ${p.uid}`);
  for (const adopter of p.adopted) notes.push(`adopted by ${adopterText(adopter, names)}`);
  if (p.anyOrder) notes.push(ANY_ORDER);
  for (const lack of p.lacks) notes.push(lack);
  if (times === true && p.start !== undefined) notes.push(`at ${p.start}ms`);
  if (times === true && p.duration !== undefined) notes.push(`for ${p.duration}ms`);
  return notes;
}

function endText(end: End): string {
  if (end.kind === 'exit') return `exit ${end.code}`;
  if (end.kind === 'signal') return signalText(end.signal);
  return end.kind === 'unknown' ? 'exit ?' : 'no end';
}

function adopterText(adopter: Adopter, names: ReadonlyMap<number, number>): string {
  if (adopter === 'init') return adopter;
  return adopter === 'unknown' ? UNKNOWN : `#${names.get(adopter)}`;
}

/** Why two golden trees could not be compared. */
export interface UnreadableGolden extends GoldenProblem {
  readonly which: 'expected' | 'actual';
}

/** How golden trees are compared. */
export interface CompareOptions {
  /** Of two recordings of the same, as `godo diff` does: not what these need not share. */
  readonly rerecorded?: boolean;
  /** With the flag g. What they find in an argument or a path is not compared. */
  readonly ignore?: readonly RegExp[];
}

/**
 * What is different between two golden trees: `from` is what was expected, `to` what is. The
 * order of siblings and times (where both have them) count unless they are of two recordings.
 */
export function compareGolden(
  expected: string,
  actual: string,
  { rerecorded, ignore }: CompareOptions = {},
): TreeDifference | UnreadableGolden {
  const from = readGolden(expected);
  if (isGoldenProblem(from)) return { ...from, which: 'expected' };
  const to = readGolden(actual);
  if (isGoldenProblem(to)) return { ...to, which: 'actual' };
  const times = from.options.times === true && to.options.times === true && rerecorded !== true;
  return diffTrees(from.tree, to.tree, {
    everything: rerecorded !== true,
    ignore,
    tolerance: times ? { ms: 0 } : undefined,
  });
}
