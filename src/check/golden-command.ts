/** What a process ran, as a line of a golden tree says it. */
import type { Ran, TreeProcess } from '../model/difference.ts';
import { FAILED, FORKED, NEXT, NOTHING, UNKNOWN } from './golden-form.ts';
import { type Token, tokensOf } from './words.ts';

type Command = Pick<TreeProcess, 'ran' | 'inherited' | 'unidentified'>;

/** Reads it; a text is the reason why it cannot be. */
export function readCommand(text: string): Command | string {
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
