/** The law of cuts on every recording: analysis of a cut says what analysis of the whole says. */
import { describe, expect, test } from 'vitest';
import type { ProcessDocument } from '../../src/model/process.ts';
import type { NamedBytes } from '../../src/pipeline.ts';
import { chosenOf } from '../../src/replay/choice.ts';
import { Prefix, type Wish } from '../../src/replay/cut.ts';
import { analyzed, type Analyzed, chosenInputs, cutOf } from '../support/cutting.ts';
import { LOGS, logInputs, traceInputs, TRACES } from '../support/fixtures.ts';

/** Processes of each recording that are cut out, evenly spread. */
const SAMPLES = 6;

function sampled(processes: readonly ProcessDocument[]): ProcessDocument[] {
  const step = Math.max(1, Math.floor(processes.length / SAMPLES));
  return processes.filter((_, i) => i % step === 0);
}

async function expectLaw(
  inputs: readonly NamedBytes[],
  whole: Analyzed,
  wish: Wish,
): Promise<void> {
  const { left, cut } = await cutOf(inputs, whole, wish);
  expect(left).toEqual([]);
  // The comparison by other means than the law's own code.
  const again = new Map(analyzed(chosenInputs(inputs, cut)).processes.map((p) => [p._id, p]));
  for (const process of whole.processes) {
    if (!wish.chosen.has(process._id)) continue;
    const children = (of: readonly string[] = []): string[] =>
      of.filter((id) => wish.chosen.has(id));
    const other = again.get(process._id);
    expect({ ...other, children: children(other?.children) }).toEqual({
      ...process,
      children: children(process.children),
    });
  }
}

async function expectLaws(inputs: readonly NamedBytes[]): Promise<void> {
  const whole = analyzed(inputs);
  for (const { _id, start_timestamp = 0 } of sampled(whole.processes)) {
    await expectLaw(inputs, whole, { chosen: new Set([_id]) });
    const root = (process: ProcessDocument): boolean => process._id === _id;
    const chosen = chosenOf(whole.processes, { root, below: false });
    await expectLaw(inputs, whole, { chosen });
    const from = start_timestamp + 10;
    const later = chosenOf(whole.processes, { from, below: false });
    await expectLaw(inputs, whole, { chosen: later, from, unnamed: {} });
    const until = start_timestamp + 50;
    const prefix = new Prefix(whole.reconciled, until);
    const before = analyzed(chosenInputs(inputs, prefix));
    const living = chosenOf(before.processes, { from: start_timestamp - 20, below: false });
    await expectLaw(inputs, before, { chosen: living, from: start_timestamp - 20, until });
  }
}

describe('logs', () => {
  test.each(LOGS)('%s', async (name) => {
    await expectLaws(logInputs(name));
  });
});

describe('traces with the connector', () => {
  test.each(TRACES)('%s', async (name) => {
    await expectLaws(await traceInputs(name));
  });
});
