import { expect, test } from 'vitest';
import type { ReplayReport } from '../../../src/model/replay.ts';
import { replayJson, replayText } from '../../../src/report/replay.ts';

const REPORT: ReplayReport = {
  sink: 'unix:/tmp/a\u001b[2J',
  order: 'shuffle',
  order_seed: 7,
  seed: 1,
  speed: 2,
  planned: 10,
  lines: 9,
  events: 4,
  bytes: 1234,
  span: 2000,
  wanted: 1000,
  took: 1001.4,
  lateness: { p50: 0.52, p99: 1.06, max: 12 },
  faults: { dropped: 3, duplicated: 0, delayed: 0, truncated: 1, corrupted: 0, skewed: 0 },
  stopped: 'sink-gone',
  reason: 'the reader has gone away',
};

test('the report for people', () => {
  expect(replayText(REPORT)).toEqual([
    'delivered  9 of 10 lines (4 events, 1234 bytes) to unix:/tmp/a\\x1b[2J',
    'order      shuffle, seed 7',
    'time       2.000s of the recording at speed 2: wanted 1.000s, took 1.001s',
    'late       p50 0.5 ms, p99 1.1 ms, at most 12.0 ms',
    'faults     dropped 3, truncated 1 (lines; seed 1)',
    'stopped    the reader has gone away',
  ]);
});

test('what does not apply is left out', () => {
  const { lateness, reason, stopped, ...rest } = REPORT;
  expect([lateness, reason, stopped]).not.toContain(undefined);
  const faults = { ...REPORT.faults, dropped: 0, truncated: 0 };
  const whole = { ...rest, faults, order: 'causal', lines: 10, speed: Infinity, wanted: 0 };
  expect(replayText(whole)).toEqual([
    'delivered  10 lines (4 events, 1234 bytes) to unix:/tmp/a\\x1b[2J',
    'order      causal',
    'time       2.000s of the recording, took 1.001s',
  ]);
  expect(replayText({ ...whole, stopped: 'interrupted' }).at(-1)).toBe('stopped    interrupted');
});

test('the report as data', () => {
  expect(JSON.parse(replayJson(REPORT))).toEqual(REPORT);
  expect(JSON.parse(replayJson({ ...REPORT, speed: Infinity }))).toMatchObject({ speed: 'max' });
});
