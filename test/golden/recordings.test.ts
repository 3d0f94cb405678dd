/**
 * Every recording in fixtures/traces against the kernel's account of the same run, which
 * was recorded beside it: how right the analysis is, and that neither the order of the
 * lines nor how they are cut into inputs changes anything.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { analyzeSync, type NamedBytes } from '../../src/pipeline.ts';
import { Rng } from '../../src/base/rng.ts';
import { traceInputs } from '../support/connector.ts';
import { scoreOf } from '../support/score.ts';

const TRACES = join(import.meta.dirname, '../../fixtures/traces');
const SUFFIX = '.log.gz';
const LINE_END = 10;
const INPUTS = 3;

/** The least percentage of right answers. What is missed is what the evidence cannot decide. */
const FLOORS: ReadonlyMap<string, number> = new Map([
  ['build', 100],
  ['files', 100],
  ['storm', 100],
  ['pidreuse', 100],
  ['chaos', 99.89],
  ['shapes', 100],
  ['namespaces', 100],
  ['lost', 75.27],
  ['chaos2', 99.94],
  ['mix', 100],
  ['pidchaos', 99.96],
  ['nested', 99.36],
  ['teardown', 98.6],
  ['lostrate', 68.41],
  ['interleaved', 96.99],
  ['crowded', 98.13],
]);

const names = readdirSync(TRACES)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0, end; start < bytes.length; start = end) {
    end = bytes.indexOf(LINE_END, start) + 1;
    lines.push(bytes.subarray(start, end));
  }
  return lines;
}

function rootOf(name: string): number {
  const about = JSON.parse(readFileSync(join(TRACES, `${name}.json`), 'utf8')) as { root: number };
  return about.root;
}

function shuffled(lines: readonly Uint8Array[], seed: number): Uint8Array[] {
  const rng = new Rng(seed);
  const all = [...lines];
  for (let i = all.length - 1; i > 0; i--) {
    const k = rng.below(i + 1);
    [all[i], all[k]] = [all[k], all[i]];
  }
  return all;
}

function inputOf(lines: readonly Uint8Array[], name = 'audit.log'): NamedBytes {
  return { name, bytes: Buffer.concat(lines) };
}

/** Like rotated logs, the newest first. */
function rotated(lines: readonly Uint8Array[]): NamedBytes[] {
  const size = Math.ceil(lines.length / INPUTS);
  const parts = Array.from({ length: INPUTS }, (_, i) => lines.slice(i * size, (i + 1) * size));
  return parts.map((part, i) => inputOf(part, `audit.log.${INPUTS - i}`)).toReversed();
}

/** Line by line to several inputs, so that no event is whole in one. */
function dealt(lines: readonly Uint8Array[]): NamedBytes[] {
  const parts = Array.from({ length: INPUTS }, (_, i) =>
    lines.filter((_line, at) => at % INPUTS === i),
  );
  return parts.map((part, i) => inputOf(part, `${i}.log`));
}

const WAYS: readonly (readonly [string, (lines: readonly Uint8Array[]) => NamedBytes[]])[] = [
  ['shuffled with seed 1', (lines) => [inputOf(shuffled(lines, 1))]],
  ['shuffled with seed 2', (lines) => [inputOf(shuffled(lines, 2))]],
  ['shuffled with seed 3', (lines) => [inputOf(shuffled(lines, 3))]],
  ['reversed', (lines) => [inputOf(lines.toReversed())]],
  ['rotated', rotated],
  ['dealt', dealt],
];

const report: string[] = [];
afterAll(() => console.log(report.join('\n')));

test('every recording has a floor, and every floor a recording', () => {
  expect([...FLOORS.keys()].toSorted()).toEqual(names.toSorted());
});

describe.each(names)('%s', (name) => {
  const lines = linesOf(gunzipSync(readFileSync(join(TRACES, name + SUFFIX))));
  const truth = gunzipSync(readFileSync(join(TRACES, `${name}.truth.jsonl.gz`)));
  const recorded = analyzeSync([inputOf(lines)]);

  test('as recorded, it is as right as it can be and invents nothing', () => {
    const { score, phantoms, questions, wrong } = scoreOf(
      truth,
      [...recorded.processes],
      rootOf(name),
    );
    const answers = Object.entries(questions).map(
      ([key, { right, of }]) => `${key} ${right}/${of}`,
    );
    report.push(`${name}: ${score.toFixed(2)} (${answers.join(', ')}, phantoms ${phantoms})`);
    expect(phantoms).toBe(0);
    expect(Number(score.toFixed(2)), wrong.join('\n')).toBeGreaterThanOrEqual(
      FLOORS.get(name) ?? 100,
    );
  });

  test('with the process connector beside it, every answer is right', () => {
    const log = Buffer.concat(lines);
    const told = analyzeSync(traceInputs(log, truth));
    const { score, wrong } = scoreOf(truth, [...told.processes], rootOf(name));
    expect(score, wrong.join('\n')).toBe(100);
  });

  test('the connector beside it, the order of lines changes nothing', () => {
    const [log, connector] = traceInputs(Buffer.concat(lines), truth);
    const told = analyzeSync([log, connector]);
    const mix = ({ name: input, bytes, origin }: NamedBytes, seed: number): NamedBytes => {
      return { name: input, origin, bytes: Buffer.concat(shuffled(linesOf(bytes), seed)) };
    };
    const again = analyzeSync([mix(connector, 1), mix(log, 2)]);
    expect(again.summary.digest).toBe(told.summary.digest);
    expect(again.summary.account).toEqual(told.summary.account);
  });

  test.each(WAYS)('%s, it is the same', (_way, cut) => {
    const { summary } = analyzeSync(cut(lines));
    expect(summary.digest).toBe(recorded.summary.digest);
    expect(summary.account).toEqual(recorded.summary.account);
    expect(summary.faults).toEqual(recorded.summary.faults);
  });
});
