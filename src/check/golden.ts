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
import { type ProcessTree, treeOf } from './tree.ts';
import { type Token, tokensOf } from './words.ts';

/** Version of the form. */
const FORMAT = 1;
const TITLE = 'godo golden';
/** Step n leads from the text of version n + 1 to that of n + 2. Version 1 is today's. */
const UPGRADES: readonly ((lines: readonly string[]) => readonly string[])[] = [];

const INDENT = '  ';
/** Levels drawn as indentation; deeper ones are numbered, or a chain would fill the disk. */
const MOST_INDENT = 40;
const DEEPER = '⋯';
const NEXT = '→';
const FAILED = '✗';
const NOTHING = '[]';
const UNKNOWN = '?';
const FORKED = '()';

/** What a golden tree is to hold. */
export interface GoldenOptions {
  /** Births and durations, in ms since the earliest birth. */
  readonly times?: boolean;
}

/** A golden tree that was read. */
export interface Golden {
  readonly tree: ProcessTree;
  readonly options: GoldenOptions;
}

/** Why a text is no golden tree. */
export interface GoldenProblem {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** Tells a problem from a result. */
export function isGoldenProblem(result: object): result is GoldenProblem {
  return 'reason' in result;
}

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
  if (p.unidentified) return ['unidentified'];
  const notes = [endText(p.end)];
  if (p.threads > 1) notes.push(`${p.threads} threads`);
  if (p.namespace) notes.push('pid 1 of a namespace');
  if (p.uid !== undefined) notes.push(`uid ${p.uid}`);
  for (const adopter of p.adopted) notes.push(`adopted by ${adopterText(adopter, names)}`);
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

/** Reads a golden tree. */
export function readGolden(text: string): Golden | GoldenProblem {
  const given = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const title = new RegExp(`^${TITLE} ([1-9]\\d{0,5})( times)?$`).exec(given[0]);
  if (title === null) return { line: 1, reason: `it must begin with '${TITLE} ${FORMAT}'` };
  const version = Number(title[1]);
  if (version > FORMAT) return { line: 1, reason: `version ${version} is of a newer godo` };
  let lines: readonly string[] = given;
  for (let v = version; v < FORMAT; v++) lines = UPGRADES[v - 1](lines);
  const reader = new GoldenReader();
  for (let i = 1; i < lines.length; i++) {
    const reason = reader.read(lines[i], i + 1);
    if (reason !== undefined) return { line: i + 1, reason };
  }
  const tree = reader.finish();
  return isGoldenProblem(tree) ? tree : { tree, options: { times: title[2] !== undefined } };
}

/** What stands in front of a command. */
const HEAD = new RegExp(`^((?:${INDENT})*)(?:${DEEPER}(\\d{1,9}) )?(?:#(\\d{1,9}) )?(?! )`, 'u');

/** A process while its references are still names. */
interface Parsed {
  readonly process: TreeProcess;
  readonly line: number;
  readonly level: number;
  readonly adopted: readonly string[];
}

class GoldenReader {
  readonly #parsed: Parsed[] = [];
  readonly #named = new Map<string, number>();
  #host: string | undefined;

  /** Takes a line; gives the reason why it cannot. */
  read(line: string, number: number): string | undefined {
    if (line.trim() === '') return undefined;
    if (!line.endsWith(']')) return this.#heading(line);
    const head = HEAD.exec(line);
    if (head === null) return `the indentation is not by ${INDENT.length} spaces a level`;
    const [before, indent, deeper, name] = head;
    // No note has a bracket; what is in a command stands in quotes or before it.
    const bracket = line.lastIndexOf(' [');
    if (bracket < before.length) return 'no process: a command and then its notes in brackets';
    const command = line.slice(before.length, bracket);
    const notes = line.slice(bracket + 2, -1);
    const level = deeper === undefined ? indent.length / INDENT.length : Number(deeper);
    const last = this.#parsed.at(-1);
    if (level > (last === undefined ? 0 : last.level + 1))
      return 'nothing stands one level above it';
    const ran = readCommand(command);
    if (typeof ran === 'string') return ran;
    const noted = readNotes(notes);
    if (typeof noted === 'string') return noted;
    if (noted.unidentified !== ran.unidentified)
      return `'${UNKNOWN}' and [unidentified] go together`;
    if (level > 0 && last?.process.unidentified && level > last.level) {
      return 'nothing is known below a process that is unidentified';
    }
    if (name !== undefined) {
      if (this.#named.has(name)) return `there is another #${name}`;
      this.#named.set(name, this.#parsed.length);
    }
    const { adopted, ...rest } = noted;
    const host = level === 0 && this.#host !== undefined ? { host: this.#host } : {};
    const process: TreeProcess = { ...host, ...ran, ...rest, adopted: [] };
    this.#parsed.push({ process, line: number, level, adopted });
    return undefined;
  }

  #heading(line: string): string | undefined {
    const tokens = tokensOf(line);
    if (!Array.isArray(tokens)) return 'neither a process nor a host';
    const words = (tokens as readonly Token[]).map(({ text }) => text);
    if (words[0] !== 'host' || words.length > 2) return 'neither a process nor a host';
    this.#host = words[1];
    return undefined;
  }

  finish(): ProcessTree | GoldenProblem {
    const parsed = this.#parsed;
    const processes: TreeProcess[] = [];
    for (const { process, line, adopted } of parsed) {
      const adopters: Adopter[] = [];
      for (const name of adopted) {
        const place = name.startsWith('#') ? this.#named.get(name.slice(1)) : undefined;
        if (name.startsWith('#') && place === undefined)
          return { line, reason: `there is no ${name}` };
        adopters.push(place ?? (name === 'init' ? name : 'unknown'));
      }
      processes.push(adopters.length === 0 ? process : { ...process, adopted: adopters });
    }
    const level = Int32Array.from(parsed, (p) => p.level);
    return {
      processes,
      level,
      size: sizesOf(level),
      line: Int32Array.from(parsed, ({ line }) => line),
    };
  }
}

/** Of levels in tree order. */
export function sizesOf(level: Int32Array): Int32Array {
  const size = new Int32Array(level.length);
  const open: number[] = [];
  for (let i = 0; i <= level.length; i++) {
    const above = i < level.length ? level[i] : 0;
    for (let top = open.at(-1); top !== undefined && level[top] >= above; top = open.at(-1)) {
      size[top] = i - top;
      open.pop();
    }
    open.push(i);
  }
  return size;
}

type Command = Pick<TreeProcess, 'ran' | 'inherited' | 'unidentified'>;

function readCommand(text: string): Command | string {
  const tokens = tokensOf(text);
  if (!isTokens(tokens)) return `column ${tokens.at + 1} of the command: ${tokens.reason}`;
  if (tokens.length === 1 && isMark(tokens[0], UNKNOWN)) return { ran: [], unidentified: true };
  const ran: Ran[] = [];
  let inherited: Ran | undefined;
  for (const [i, step] of stepsOf(tokens).entries()) {
    const isFork = isMark(step[0], '(') && isMark(step.at(-1), ')');
    if (isFork && i > 0) return 'what a fork began with stands first';
    if (isFork && step.length === 2) continue;
    const one = readRan(isFork ? step.slice(1, -1) : step);
    if (typeof one === 'string') return one;
    if (isFork) inherited = one;
    else ran.push(one);
  }
  const forked = isMark(tokens[0], '(');
  if (forked === ran.some(({ failed }) => !failed)) {
    return forked ? 'a fork that ran something has no parentheses' : `a mere fork has ${FORKED}`;
  }
  return { ran, ...(inherited === undefined ? {} : { inherited }) };
}

function isTokens(tokens: ReturnType<typeof tokensOf>): tokens is readonly Token[] {
  return Array.isArray(tokens);
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}

function stepsOf(tokens: readonly Token[]): (readonly Token[])[] {
  const steps: Token[][] = [[]];
  for (const token of tokens) {
    if (isMark(token, NEXT)) steps.push([]);
    else steps[steps.length - 1].push(token);
  }
  return steps;
}

function readRan(tokens: readonly Token[]): Ran | string {
  const aside = tokens.findIndex((token) => isMark(token, '{'));
  const told = aside < 0 ? tokens : tokens.slice(0, aside);
  const within = aside < 0 ? [] : tokens.slice(aside + 1, -1);
  if (aside >= 0 && !isMark(tokens.at(-1), '}')) return 'a { without its }';
  if (told.length === 0) return 'a command is missing';
  const failed = isMark(told[0], FAILED);
  // `{EXE}`, `{EXE in FOLDER}` or `{in FOLDER}`; what is called "in" is left to the count.
  const hasExe = within.length === 1 || within.length === 3;
  const folder = within.length >= 2 ? within[within.length - 1] : undefined;
  if (within.length > 3 || (folder !== undefined && within.at(-2)?.text !== 'in')) {
    return 'braces hold a program, a folder after "in", or both';
  }
  const cwd = folder === undefined ? {} : { cwd: folder.text };
  if (failed) {
    if (told.length !== 3 || hasExe) return `${FAILED} has a path and an error behind it`;
    return { ...named('exe', told[1]), ...cwd, failed, ...named('errno', told[2]) };
  }
  const args = readArguments(told);
  if (typeof args === 'string') return args;
  const first = args?.[0];
  const exe = hasExe ? named('exe', within[0]) : first == null ? {} : { exe: first };
  return { ...(args === undefined ? {} : { args }), ...exe, ...cwd };
}

function named(key: 'exe' | 'errno', token: Token): { exe?: string; errno?: string } {
  return isMark(token, UNKNOWN) ? {} : { [key]: token.text };
}

function readArguments(told: readonly Token[]): (string | null)[] | undefined | string {
  if (told.length === 1 && isMark(told[0], UNKNOWN)) return undefined;
  if (told.length === 1 && isMark(told[0], NOTHING)) return [];
  const args: (string | null)[] = [];
  for (const token of told) {
    if (token.kind === 'mark' && token.text !== '…')
      return `'${token.text}' stands where an argument should`;
    args.push(token.kind === 'mark' ? null : token.text);
  }
  return args;
}

interface Notes extends Pick<TreeProcess, 'end' | 'threads' | 'namespace' | 'uid' | 'lacks'> {
  readonly unidentified?: true;
  readonly adopted: readonly string[];
  readonly start?: number;
  readonly duration?: number;
}

type Draft = { -readonly [K in keyof Notes]?: Notes[K] } & { adopted: string[]; lacks: string[] };

const NUMBERED: readonly (readonly [RegExp, 'threads' | 'uid' | 'start' | 'duration'])[] = [
  [/^([1-9]\d{0,8}) threads$/, 'threads'],
  [/^uid (\d{1,10})$/, 'uid'],
  [/^at (\d{1,15})ms$/, 'start'],
  [/^for (-?\d{1,15})ms$/, 'duration'],
];

const LACKS = /^[a-z]+(?:_[a-z]+)+$/;
const ADOPTED = /^adopted by (#\d{1,9}|init|\?)$/;

function readNotes(text: string): Notes | string {
  const notes: Draft = { adopted: [], lacks: [] };
  for (const note of text.split('; ')) {
    const end = readEnd(note);
    const numbered = NUMBERED.find(([pattern]) => pattern.test(note));
    const adopted = ADOPTED.exec(note);
    if (end !== undefined) notes.end = end;
    else if (numbered !== undefined) notes[numbered[1]] = Number(numbered[0].exec(note)?.[1]);
    else if (adopted !== null) notes.adopted.push(adopted[1]);
    else if (note === 'pid 1 of a namespace') notes.namespace = true;
    else if (note === 'unidentified') notes.unidentified = true;
    else if (LACKS.test(note)) notes.lacks.push(note);
    else return `'${note}' is no note`;
  }
  if (notes.unidentified) notes.end = { kind: 'none' };
  if (notes.end === undefined) return 'it does not say how the process ended';
  return { threads: 1, ...notes, end: notes.end };
}

const SIGNALS = new Map(Array.from({ length: 64 }, (_, i) => [signalText(i + 1), i + 1] as const));

function readEnd(note: string): End | undefined {
  if (note === 'no end') return { kind: 'none' };
  if (note === 'exit ?') return { kind: 'unknown' };
  const code = /^exit (\d{1,3})$/.exec(note);
  if (code !== null) return { kind: 'exit', code: Number(code[1]) };
  const signal = SIGNALS.get(note) ?? Number(/^signal (\d{1,3})$/.exec(note)?.[1] ?? Number.NaN);
  return Number.isNaN(signal) ? undefined : { kind: 'signal', signal };
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
 * order of siblings counts unless they are of two recordings, and times where both have them.
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
  const times = from.options.times === true && to.options.times === true;
  return diffTrees(from.tree, to.tree, {
    everything: rerecorded !== true,
    ignore,
    tolerance: times ? { ms: 0 } : undefined,
  });
}
