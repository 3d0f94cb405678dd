/** The law of cuts over random histories: analysis of a cut says what analysis of the whole says. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import type { NamedBytes } from '../../src/pipeline.ts';
import { chosenOf } from '../../src/replay/choice.ts';
import { Prefix } from '../../src/replay/cut.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { type History, PROFILES, type Profile } from '../../src/testing/kernel/types.ts';
import { type Analyzed, analyzed, chosenInputs, cutOf } from '../support/cutting.ts';
import { witnessed } from './witness.ts';

const SEED = 11;
const TIMES = Number(process.env.GODO_RUNS ?? 1);
const RUNS = 25;
/** Shrinking large programs to the last step would take minutes. */
const SHRINKS = 300;

function inputsOf({ lines }: History): NamedBytes[] {
  return [{ name: 'a.log', bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')) }];
}

/** A process, a subtree, a host, a window of time: one of each. */
async function expectLaws(inputs: readonly NamedBytes[], choice: number): Promise<void> {
  const rng = new Rng(choice);
  const whole = analyzed(inputs);
  const { processes } = whole;
  if (processes.length === 0) return;
  const { _id, start_timestamp = 0, node = '' } = processes[rng.below(processes.length)];
  await expectLaw(inputs, whole, { chosen: new Set([_id]) });
  const below = { root: (process: { _id: string }) => process._id === _id, below: false };
  await expectLaw(inputs, whole, { chosen: chosenOf(processes, below) });
  const host = chosenOf(processes, { host: node, below: false });
  await expectLaw(inputs, whole, { chosen: host, unnamed: { host: node } });
  const from = start_timestamp + rng.below(200);
  const living = chosenOf(processes, { from, below: false });
  await expectLaw(inputs, whole, { chosen: living, from, unnamed: {} });
  const until = from + 1 + rng.below(500);
  const before = analyzed(chosenInputs(inputs, new Prefix(whole.reconciled, until)));
  const then = chosenOf(before.processes, { from, below: false });
  await expectLaw(inputs, before, { chosen: then, from, until });
}

async function expectLaw(
  inputs: readonly NamedBytes[],
  whole: Analyzed,
  wish: Parameters<typeof cutOf>[2],
): Promise<void> {
  if (wish.chosen.size === 0) return;
  expect((await cutOf(inputs, whole, wish)).left).toEqual([]);
}

test.each(PROFILES)('%s', { timeout: 120_000 * TIMES }, async (profile) => {
  await fc.assert(
    fc.asyncProperty(
      fc.limitShrink(programs(profile, { most: 60 }), SHRINKS),
      fc.nat(1_000_000),
      (plan, choice) => expectLaws(inputsOf(simulate(plan)), choice),
    ),
    { numRuns: RUNS * TIMES, seed: SEED },
  );
});

const WITNESSED: readonly Profile[] = ['plain', 'reuse', 'orphans'];

test.each(WITNESSED)('%s with the connector', { timeout: 120_000 * TIMES }, async (profile) => {
  await fc.assert(
    fc.asyncProperty(
      fc.limitShrink(programs(profile, { most: 60 }), SHRINKS),
      fc.nat(1_000_000),
      (plan, choice) =>
        expectLaws(
          witnessed(simulate(plan), (lines) => lines),
          choice,
        ),
    ),
    { numRuns: RUNS * TIMES, seed: SEED },
  );
});

test.each(PROFILES)('what is logged later changes nothing before: %s', (profile) => {
  fc.assert(
    fc.property(
      fc.limitShrink(programs(profile, { most: 60 }), SHRINKS),
      fc.nat(1_000_000),
      (plan, choice) => {
        const inputs = inputsOf(simulate(plan));
        const whole = analyzed(inputs);
        if (whole.processes.length === 0) return;
        const rng = new Rng(choice);
        const { start_timestamp: until = 0 } = whole.processes[rng.below(whole.processes.length)];
        const prefix = chosenInputs(inputs, new Prefix(whole.reconciled, until));
        const again = analyzed(prefix);
        // The log as it stood then stands as it did.
        const twice = chosenInputs(prefix, new Prefix(again.reconciled, until));
        expect(twice[0].bytes.length).toBe(prefix[0].bytes.length);
        for (const { start_timestamp = 0 } of again.processes) {
          expect(start_timestamp).toBeLessThan(until);
        }
      },
    ),
    { numRuns: RUNS * TIMES, seed: SEED },
  );
});
