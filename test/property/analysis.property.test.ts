/**
 * The laws over random histories, and over those that once broke them.
 *
 * GODO_RUNS multiplies the number of histories; GODO_SAVE=DIR keeps what fails. The
 * histories are the same in every run, unless GODO_SEED says another seed, or `random`.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare } from '../model/compare.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { PROFILES, type Profile } from '../../src/testing/kernel/types.ts';
import { counterexamples, OPEN, run, save } from './counterexamples.ts';
import { analyze } from './laws.ts';

const TIMES = Number(process.env.GODO_RUNS ?? 1);
const SIZE = { most: 60 };
const SEED = seedOf(process.env.GODO_SEED);

function seedOf(text: string | undefined): number | undefined {
  if (text === 'random') return undefined;
  return text === undefined ? 11 : Number(text);
}

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
const WITNESS_RUNS = 60;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Shrinking large programs to the last step would take minutes. */
const SHRINKS = 1500;

function check(law: string, profile: Profile): void {
  const program = fc.limitShrink(programs(profile, SIZE), SHRINKS);
  const property = fc.property(program, fc.nat(1_000_000), (plan, choice) =>
    run(law, simulate(plan), choice),
  );
  const seed = SEED === undefined ? {} : { seed: SEED };
  const result = fc.check(property, { numRuns: (RUNS[law] ?? WITNESS_RUNS) * TIMES, ...seed });
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

/**
 * With pid namespaces the records often leave open which birth was whose, and the model
 * counts more as known than they decide (docs/limits.md). There the truth is asked for in
 * most lives, not in all.
 */
const IN_MOST_LIVES = ['namespaces', 'all'] as const;
/** By law, the profiles for which it is not asked strictly. */
const OPEN_PROFILES: Readonly<Record<string, readonly Profile[]>> = {
  truth: IN_MOST_LIVES,
  loss: ['all'],
  prefix: ['namespaces', 'all'],
};
/** Differences per life that are let pass there. */
const TOLERATED = { namespaces: 0.01, all: 0.02 };

describe.each(Object.keys(RUNS))('%s', (law) => {
  const open = OPEN_PROFILES[law] ?? [];
  const strict = PROFILES.filter((profile) => !open.includes(profile));
  test.each(strict)('%s', { timeout: 120_000 * TIMES }, (profile) => check(law, profile));
});

/**
 * One host, one boot; the model does not tell when threads begin and end, and in namespaces
 * which of two calls of a tick bore which child is not always known (docs/limits.md).
 */
const WITNESSED: readonly Profile[] = ['plain', 'reuse', 'orphans'];

test.each(WITNESSED)('witness %s', { timeout: 120_000 * TIMES }, (profile) => {
  check('witness', profile);
});

describe('truth in most lives', () => {
  test.each(IN_MOST_LIVES)('%s', { timeout: 120_000 * TIMES }, (profile) => {
    const tolerated = TOLERATED[profile];
    const plans = fc.sample(programs(profile, SIZE), {
      numRuns: RUNS['truth'] * TIMES,
      ...(SEED === undefined ? {} : { seed: SEED }),
    });
    const histories = plans.map((plan) => simulate(plan));
    const differences = histories.flatMap((history) => compare(analyze(history.lines), history));
    const lives = histories.reduce((sum, history) => sum + history.lives.length, 0);
    expect(differences.length / lives, `${differences.length} of ${lives}`).toBeLessThan(tolerated);
    const phantoms = differences.filter(({ what }) => what === 'phantom');
    expect(phantoms.length / lives, `${phantoms.length} of ${lives}`).toBeLessThan(tolerated / 5);
  });
});

describe('kept counterexamples', () => {
  const kept = counterexamples();
  const solved = kept.filter(([name]) => !OPEN.has(name));
  const open = kept.filter(([name]) => OPEN.has(name));
  test.each(solved)('%s', (_, { law, history, choice }) => run(law, history, choice));
  test.fails.each(open)('open: %s', (_, { law, history, choice }) => run(law, history, choice));
});
