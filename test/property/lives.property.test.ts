/** The fast way from events to the lives of a pid says what the general one says, where it answers. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { Analyzer } from '../../src/pipeline.ts';
import type { PidEvidence } from '../../src/process/cuts.ts';
import type { Facts } from '../../src/process/facts.ts';
import type { Life } from '../../src/process/life.ts';
import { livesByCuts, livesInTurn } from '../../src/process/lives.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { PROFILES } from '../../src/testing/kernel/types.ts';
import { bytesOf } from './witness.ts';

const SEED = 11;
const RUNS = Number(process.env.GODO_RUNS ?? 1);

/** Thousandths of the lines that are lost. */
const losses = fc.constantFrom(0, 0, 100, 400);

function factsOf(lines: readonly string[]): Facts[] {
  const analyzer = new Analyzer();
  analyzer.open('a.log');
  analyzer.push(bytesOf(lines));
  analyzer.close();
  analyzer.finish();
  return analyzer.reconciled().boots.map(({ facts }) => facts);
}

/** By what the calls in the initial pid namespace returned. */
function evidenceOf(facts: Facts, pid: number): PidEvidence {
  const { forks, waits, outside } = facts;
  return {
    births: forks.filter(({ at, ret, thread }) => ret === pid && !thread && outside[at] === 0),
    waits: waits.filter(({ at, ret }) => ret === pid && outside[at] === 0),
  };
}

function told({ from, to, begun, birth, waits }: Life): unknown {
  return { from, to, begun, birth: birth?.at, waits: waits.map(({ at }) => at) };
}

describe('lives in turn are the lives that cuts show', () => {
  test.each(PROFILES)('%s', { timeout: 120_000 * RUNS }, (profile) => {
    let reused = 0;
    fc.assert(
      fc.property(programs(profile, { most: 60 }), losses, fc.nat(), (plan, lost, seed) => {
        const rng = new Rng(seed);
        const lines = simulate(plan).lines.filter(() => rng.below(1000) >= lost);
        for (const facts of factsOf(lines)) {
          for (const pid of facts.pids) {
            const evidence = evidenceOf(facts, pid);
            for (const known of [evidence, { ...evidence, waits: [] }]) {
              const fast = livesInTurn(facts, pid, known)?.map((life) => told(life));
              if (fast === undefined) continue;
              if (fast.length > 1) reused++;
              const general = livesByCuts(facts, pid, known).map((life) => told(life));
              expect(fast, `pid ${pid}`).toEqual(general);
            }
          }
        }
      }),
      { numRuns: 600 * RUNS, seed: SEED },
    );
    if (profile === 'reuse') expect(reused).toBeGreaterThan(50);
  });
});
