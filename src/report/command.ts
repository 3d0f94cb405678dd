/**
 * What a process runs or ran, in words fit for a terminal.
 */
import { quoteForDisplay, shellQuote } from '../base/text.ts';
import type { Exec, ProcessDocument } from '../model/process.ts';
import type { Segment } from './columns.ts';

/** Stands for a command line of which nothing is known. */
const UNKNOWN = '?';

function programText(
  args: readonly (string | null)[] | undefined,
  exe: string | undefined,
  comm?: string,
): string {
  if (args !== undefined && args.length > 0) return shellQuote(args);
  // The arguments are unknown, not absent: say so.
  if (exe !== undefined) return `${quoteForDisplay(exe)} ${UNKNOWN}`;
  return comm === undefined ? UNKNOWN : `[${quoteForDisplay(comm)}]`;
}

/** The command line of one exec; of a failed one, the path that was tried. */
export function execText(exec: Pick<Exec, 'args' | 'exe' | 'failed'>): string {
  if (exec.failed) return quoteForDisplay(exec.exe ?? UNKNOWN);
  return programText(exec.args, exec.exe);
}

/** What a process ran last: as a command line, in brackets by its `comm`, or `?`. */
export function commandText(p: ProcessDocument): string {
  return programText(p.args, p.exe, p.comm);
}

/** Whether it ever ran a program of its own; if not, `args` are those of its parent at birth. */
export function hasOwnProgram(p: ProcessDocument): boolean {
  return p.execve.some((exec) => !exec.failed);
}

/** The program's name in a few letters: of the last command line, else `comm`. */
export function shortName(p: ProcessDocument): string {
  const first = p.comm ?? p.args?.[0] ?? p.exe;
  return first == null ? UNKNOWN : quoteForDisplay(baseName(first));
}

/** The part after the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** One step of an exec chain; equal failures in a row (a search along PATH) count as one. */
interface Step {
  readonly text: string;
  readonly failed: boolean;
  readonly key: string;
  count: number;
}

function stepOf(exec: Exec): Step {
  if (!exec.failed) return { text: execText(exec), failed: false, key: '', count: 1 };
  const errno = exec.errno ?? UNKNOWN;
  const key = `${baseName(exec.exe ?? '')} ${errno}`;
  return { text: `✗ ${execText(exec)} ${errno}`, failed: true, key, count: 1 };
}

function stepsOf(p: ProcessDocument): Step[] {
  const steps: Step[] = [];
  if (!hasOwnProgram(p)) {
    // Born by a fork and never anything else: in parentheses, as a shell writes a subshell.
    const inherited = p.args === undefined ? commandText(p) : `(${commandText(p)})`;
    steps.push({ text: inherited, failed: false, key: '', count: 1 });
  }
  for (const exec of p.execve) {
    const step = stepOf(exec);
    const last = steps.at(-1);
    if (step.failed && last?.failed && last.key === step.key) last.count++;
    else steps.push(step);
  }
  return steps;
}

/** All that a process ran, in order: `a → ✗ b ENOENT → c`. */
export function chainSegments(p: ProcessDocument): Segment[] {
  const segments: Segment[] = [];
  for (const { text, failed, count } of stepsOf(p)) {
    if (segments.length > 0) segments.push({ text: ' → ', style: 'dim' });
    const times = count > 1 ? ` ×${count}` : '';
    segments.push({ text: text + times, style: failed ? 'failure' : 'plain' });
  }
  return segments;
}
