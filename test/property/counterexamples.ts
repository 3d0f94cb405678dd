/**
 * Counterexamples: histories that once broke a law, kept as files and replayed.
 *
 * The whole history is kept, not the program it came from: what a program means
 * changes with the model.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../src/base/rng.ts';
import type { History } from '../../src/testing/kernel/types.ts';
import { LAWS } from './laws.ts';

export interface Counterexample {
  readonly law: string;
  /** What went wrong, for the reader. */
  readonly note: string;
  /** Seed of what the law itself draws. */
  readonly choice: number;
  readonly history: History;
}

/**
 * What is not solved yet: these still break their law, and docs/limits.md says why. The test
 * fails when one of them is solved, so that it leaves this list.
 */
export const OPEN: ReadonlySet<string> = new Set(['reuse-missing.json', 'reuse-ns_pid.json']);

const DIRECTORY = join(import.meta.dirname, 'counterexamples');

/** All that are kept, by file name. */
export function counterexamples(): [name: string, example: Counterexample][] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [
      name,
      JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8')) as Counterexample,
    ]);
}

/** Throws when the law is broken. */
export function run(law: string, history: History, choice: number): void {
  LAWS[law](history, new Rng(choice));
}

/** Keeps one, if GODO_SAVE names a directory; says where. */
export function save(example: Counterexample): string {
  const directory = process.env.GODO_SAVE;
  if (directory === undefined) return 'set GODO_SAVE=DIRECTORY to keep it';
  mkdirSync(directory, { recursive: true });
  const { law, history } = example;
  const path = join(directory, `${law}-${history.program.profile}-${history.program.seed}.json`);
  writeFileSync(path, `${JSON.stringify(example)}\n`);
  return `kept in ${path}`;
}
