/**
 * The laws over random histories, and over those that once broke them.
 *
 * GODO_RUNS multiplies the number of histories; GODO_SAVE=DIR keeps what fails.
 */
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { simulate } from '../model/kernel.ts';
import { programs } from '../model/program.ts';
import { PROFILES, type Profile } from '../model/types.ts';
import { counterexamples, run, save } from './counterexamples.ts';

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

/** Shrinking large programs to the last step would take minutes. */
const SHRINKS = 1500;

function check(law: string, profile: Profile): void {
  const program = fc.limitShrink(programs(profile, SIZE), SHRINKS);
  const property = fc.property(program, fc.nat(1_000_000), (plan, choice) =>
    run(law, simulate(plan), choice),
  );
  const result = fc.check(property, { numRuns: RUNS[law] * TIMES });
  if (!result.failed || result.counterexample === null) return;
  const [plan, choice] = result.counterexample;
  const note = messageOf(result.errorInstance);
  const where = save({ law, note: note.slice(0, 2000), history: simulate(plan), choice });
  throw new Error(
    `${law} is broken on ${profile}: ${note}\n` +
      `seed ${result.seed}, path ${result.counterexamplePath}; ${where}\n` +
      JSON.stringify({ law, plan, choice }),
  );
}

describe.each(Object.keys(RUNS))('%s', (law) => {
  test.each(PROFILES)('%s', { timeout: 60_000 * TIMES }, (profile) => check(law, profile));
});

describe('kept counterexamples', () => {
  const kept = counterexamples();
  test.each(kept)('%s', (_, { law, history, choice }) => run(law, history, choice));
  test.runIf(kept.length === 0)('none so far', () => undefined);
});
