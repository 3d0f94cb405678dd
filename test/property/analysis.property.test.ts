/**
 * The laws over random histories, and over those that once broke them.
 *
 * GODO_RUNS multiplies the number of histories; GODO_SAVE=DIR keeps what fails.
 */
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { programs } from '../model/program.ts';
import { PROFILES, type Profile } from '../model/types.ts';
import { counterexamples, replay, save } from './counterexamples.ts';

const TIMES = Number(process.env.GODO_RUNS ?? 1);
const SIZE = { most: 120 };

/** Histories per profile. */
const RUNS: Readonly<Record<string, number>> = {
  truth: 60,
  permutation: 15,
  chunks: 10,
  files: 10,
  duplication: 15,
  loss: 30,
  prefix: 30,
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function check(law: string, profile: Profile): void {
  const property = fc.property(programs(profile, SIZE), fc.nat(1_000_000), (program, choice) =>
    replay({ law, program, choice }),
  );
  // A healthy run takes a second or two: the limit cuts the shrinking of large programs short.
  const plugins = [fc.interruptAfterTimeLimit(20_000 * TIMES)];
  const result = fc.check(property, { numRuns: RUNS[law] * TIMES, plugins });
  if (!result.failed || result.counterexample === null) return;
  const [program, choice] = result.counterexample;
  const note = messageOf(result.errorInstance);
  const where = save({ law, note: note.slice(0, 2000), program, choice });
  throw new Error(
    `${law} is broken on ${profile}: ${note}\n` +
      `seed ${result.seed}, path ${result.counterexamplePath}; ${where}\n` +
      JSON.stringify({ law, program, choice }),
  );
}

describe.each(Object.keys(RUNS))('%s', (law) => {
  test.each(PROFILES)('%s', { timeout: 60_000 * TIMES }, (profile) => check(law, profile));
});

describe('kept counterexamples', () => {
  const kept = counterexamples();
  test.each(kept)('%s', (_, example) => replay(example));
  test.runIf(kept.length === 0)('none so far', () => undefined);
});
