/** Counterexamples: programs that once broke a law, kept as files and replayed. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simulate } from '../model/kernel.ts';
import { Rng } from '../model/rng.ts';
import type { Program } from '../model/types.ts';
import { LAWS } from './laws.ts';

export interface Counterexample {
  readonly law: string;
  /** What went wrong, for the reader. */
  readonly note: string;
  readonly program: Program;
  /** Seed of what the law itself draws. */
  readonly choice: number;
}

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

/** Throws when the law is still broken. */
export function replay({ law, program, choice }: Omit<Counterexample, 'note'>): void {
  LAWS[law](simulate(program), new Rng(choice));
}

/** Keeps one, if GODO_SAVE names a directory; says where. */
export function save(example: Counterexample): string {
  const directory = process.env.GODO_SAVE;
  if (directory === undefined) return 'set GODO_SAVE=DIRECTORY to keep it';
  mkdirSync(directory, { recursive: true });
  const { law, program } = example;
  const path = join(directory, `${law}-${program.profile}-${program.seed}.json`);
  writeFileSync(path, `${JSON.stringify(example)}\n`);
  return `kept in ${path}`;
}
