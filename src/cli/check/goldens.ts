import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { compareText } from '../../base/compare.ts';
import { codeOf } from '../../base/errors.ts';
import { type CompareOptions, compareGolden, goldenText } from '../../check/golden.ts';
import { type GoldenOptions, isGoldenProblem } from '../../check/golden-form.ts';
import { readGolden } from '../../check/golden-reader.ts';
import type { ProcessDocument } from '../../model/process.ts';
import type { Check, Note, Place, Shortfall, Suite } from '../../model/verdict.ts';
import { reasonOf } from '../../source/inputs.ts';
import { OutputError } from '../output/output.ts';
import { replaceFile } from '../output/replace-file.ts';

const ENDING = '.golden';
/** The name of every check of a golden tree. */
export const GOLDEN_TREE = 'golden tree';

/** What `--update` is to do about a golden tree: its new text and why, or that it goes away. */
type Change = 'written' | 'renewed' | 'removed';
type Mending = { readonly change: Change; readonly text: string };

/** How recordings are held to golden trees. */
export interface GoldenFolderOptions extends CompareOptions {
  /** Whether golden trees are made to fit. */
  readonly update?: boolean;
}

/** The golden trees in a folder, one for each recording, by its name. */
export class GoldenFolder {
  readonly #path: string;
  readonly #names: ReadonlySet<string>;
  readonly #update: boolean;
  readonly #compare: CompareOptions;

  private constructor(path: string, names: ReadonlySet<string>, options: GoldenFolderOptions) {
    this.#path = path;
    this.#names = names;
    this.#update = options.update === true;
    this.#compare = options;
  }

  /**
   * A folder that is not there is an empty one, which `update` makes. Other files in it than golden
   * trees are left alone. Rejects with what reading the folder throws.
   */
  static async open(path: string, options: GoldenFolderOptions): Promise<GoldenFolder> {
    const names = await namesIn(path);
    if (options.update === true) await mkdir(path, { recursive: true });
    return new GoldenFolder(path, new Set(names), options);
  }

  /** Holds a recording to its golden tree, and renews that where it is to be updated. */
  async check(
    recording: string,
    path: string,
    processes: readonly ProcessDocument[],
  ): Promise<Check> {
    const file = this.#file(recording);
    const expected = this.#names.has(recording) ? await readText(file) : undefined;
    if (expected === undefined) {
      const mending = { change: 'written' as const, text: goldenText(processes) };
      return this.#failed({ kind: 'golden-missing' }, { file: path }, file, mending);
    }
    if ('unreadable' in expected) {
      const shortfall = { kind: 'golden-unreadable' as const, reason: expected.unreadable };
      return checkOf({ file }, [shortfall]);
    }
    const golden = readGolden(expected.text);
    if (isGoldenProblem(golden)) {
      const { line, reason } = golden;
      const mending = { change: 'renewed' as const, text: goldenText(processes) };
      return this.#failed({ kind: 'golden-unreadable', reason }, { file, line }, file, mending);
    }
    return this.#compared(file, expected.text, golden.options, processes);
  }

  async #compared(
    file: string,
    expected: string,
    options: GoldenOptions,
    processes: readonly ProcessDocument[],
  ): Promise<Check> {
    const text = goldenText(processes, options);
    const difference = compareGolden(expected, text, this.#compare);
    // Both texts are golden trees: one was read, the other just made.
    if (isGoldenProblem(difference)) throw new Error(`${file}: ${difference.reason}`);
    const first = difference.rows.find(({ kind }) => kind !== 'within');
    if (first === undefined) {
      return checkOf({ file }, [], { kind: 'processes', count: processes.length });
    }
    const line = first.fromLine ?? difference.rows[first.parent]?.fromLine;
    const place = line === undefined ? { file } : { file, line };
    return this.#failed({ kind: 'golden-differs', difference }, place, file, {
      change: 'renewed',
      text,
    });
  }

  /** The golden trees to which none of these recordings belongs; with `update` they are removed. */
  async strays(recordings: ReadonlySet<string>): Promise<Suite[]> {
    const suites: Suite[] = [];
    for (const name of [...this.#names].sort(compareText)) {
      if (recordings.has(name)) continue;
      const path = this.#file(name);
      const check = this.#update
        ? updated(path, await problemOf(rm(path)), 'removed')
        : checkOf({ file: path }, [{ kind: 'golden-stray' }]);
      suites.push({ name, path, checks: [check] });
    }
    return suites;
  }

  async #failed(
    shortfall: Shortfall,
    place: Place,
    file: string,
    { change, text }: Mending,
  ): Promise<Check> {
    if (!this.#update) return checkOf(place, [shortfall]);
    const problem = await problemOf(replaceFile(file, text));
    return updated(file, problem, change);
  }

  #file(recording: string): string {
    const folder = this.#path.endsWith('/') ? this.#path : `${this.#path}/`;
    return `${folder}${recording}${ENDING}`;
  }
}

function checkOf(place: Place, shortfalls: readonly Shortfall[], note?: Note): Check {
  const outcome = shortfalls.length > 0 ? 'failed' : 'passed';
  return { name: GOLDEN_TREE, place, outcome, shortfalls, ...(note === undefined ? {} : { note }) };
}

/** Hidden files are none: what `replaceFile` leaves after a crash is hidden. */
async function namesIn(folder: string): Promise<string[]> {
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  return files
    .filter((file) => file.endsWith(ENDING) && !file.startsWith('.'))
    .map((file) => file.slice(0, -ENDING.length));
}

async function readText(
  path: string,
): Promise<{ readonly text: string } | { readonly unreadable: string }> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { unreadable: reasonOf(error) };
  }
}

/** Why it could not be done. What was done before is still to be reported, so it is no error. */
async function problemOf(writing: Promise<void>): Promise<string | undefined> {
  try {
    await writing;
    return undefined;
  } catch (error) {
    return error instanceof OutputError ? error.message : reasonOf(error);
  }
}

function updated(file: string, problem: string | undefined, change: Change): Check {
  if (problem === undefined) return checkOf({ file }, [], { kind: 'golden', change });
  return checkOf({ file }, [{ kind: 'golden-unwritten', reason: problem }]);
}
