/** Which recordings the arguments of a command stand for, one by one, and what each is called. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { compareText } from '../base/compare.ts';
import { isLog, reasonOf, STDIN } from './inputs.ts';
import { isTraceFolder } from './trace.ts';

/** One recording: a trace, standard input, or a log with what was rotated away from it. */
export interface NamedRecording {
  readonly name: string;
  /** What to open for it, in the order of names. */
  readonly paths: readonly [string, ...string[]];
  /** Why it cannot be opened, where that is known already. */
  readonly problem?: string;
}

/** What the arguments stand for. */
export interface FoundRecordings {
  /** Sorted by name. */
  readonly recordings: readonly NamedRecording[];
  /** Paths that would go by one name, though they are different recordings. */
  readonly clashes: readonly { readonly name: string; readonly paths: readonly string[] }[];
}

/** A path that belongs to a recording. */
interface Part {
  readonly name: string;
  readonly path: string;
  /** Equal for the files of one rotated log, and for nothing else. */
  readonly group: string;
  /** Which of them it is; empty for the one that was written last. */
  readonly rotation: string;
  readonly problem?: string;
}

/**
 * The recordings that arguments stand for: a file, a trace and standard input are one each, any
 * other folder is all that lie directly in it, told by their content. Files that differ in the
 * number of their rotation alone are one recording, wherever they are named.
 */
export async function findRecordings(args: readonly string[]): Promise<FoundRecordings> {
  const parts: Part[] = [];
  for (const arg of args) parts.push(...(await partsOf(arg)));
  return grouped(parts);
}

async function partsOf(arg: string): Promise<Part[]> {
  if (arg === STDIN) return [single(arg, 'stdin')];
  try {
    if (!(await stat(arg)).isDirectory()) return [fileOf(arg)];
    const names = await readdir(arg);
    if (isTraceFolder(names)) return [single(arg, traceName(arg))];
    const parts = await partsIn(arg, names);
    if (parts.length > 0) return parts;
    return [{ ...single(arg, traceName(arg)), problem: 'no recording in this folder' }];
  } catch (error) {
    return [{ ...fileOf(arg), problem: reasonOf(error) }];
  }
}

/**
 * Hidden entries, folders that are no traces, and files without audit records are passed over;
 * golden trees, too, whose commands may hold what looks like a record.
 */
async function partsIn(folder: string, names: readonly string[]): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of names) {
    if (name.startsWith('.') || name.endsWith('.golden')) continue;
    const path = folder.endsWith('/') ? folder + name : `${folder}/${name}`;
    try {
      const status = await stat(path);
      if (status.isDirectory()) {
        if (isTraceFolder(await readdir(path))) parts.push(single(path, traceName(path)));
      } else if (status.isFile() && (await isLog(path))) {
        parts.push(fileOf(path));
      }
    } catch (error) {
      parts.push({ ...fileOf(path), problem: reasonOf(error) });
    }
  }
  return parts;
}

function single(path: string, name: string): Part {
  return { name, path, group: resolve(path), rotation: '' };
}

function traceName(path: string): string {
  return withoutEnding(basename(resolve(path)), '.trace');
}

/** `audit.log`, `audit.log.1` and `audit.log-20261123.gz` are parts of one log. */
function fileOf(path: string): Part {
  const whole = resolve(path);
  const plain = withoutEnding(basename(whole), '.gz');
  const rotated = /^(.*\.log)[.-](\d+)$/.exec(plain);
  const log = rotated?.[1] ?? plain;
  const name = withoutEnding(withoutEnding(log, '.log'), '.trace');
  return { name, path, group: `${dirname(whole)}/${log}`, rotation: rotated?.[2] ?? '' };
}

/** Never empty: of a name that is nothing else the ending is the name. */
function withoutEnding(name: string, ending: string): string {
  return name.endsWith(ending) && name.length > ending.length
    ? name.slice(0, -ending.length)
    : name;
}

function grouped(parts: readonly Part[]): FoundRecordings {
  const byName = new Map<string, Part[]>();
  for (const part of parts.toSorted((a, b) => compareText(a.path, b.path))) {
    const same = byName.get(part.name);
    if (same === undefined) byName.set(part.name, [part]);
    else same.push(part);
  }
  const recordings: NamedRecording[] = [];
  const clashes: FoundRecordings['clashes'][number][] = [];
  for (const [name, [first, ...more]] of [...byName].sort(([a], [b]) => compareText(a, b))) {
    const all = [first, ...more];
    const paths = [first.path, ...more.map(({ path }) => path)] as const;
    const rotations = new Set(all.map(({ rotation }) => rotation));
    if (rotations.size < all.length || all.some(({ group }) => group !== first.group)) {
      clashes.push({ name, paths });
      continue;
    }
    const problem = all.find((part) => part.problem !== undefined)?.problem;
    recordings.push({ name, paths, ...(problem === undefined ? {} : { problem }) });
  }
  return { recordings, clashes };
}
