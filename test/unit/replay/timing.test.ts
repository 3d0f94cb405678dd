import { expect, test } from 'vitest';
import { orderLines, type OrderName } from '../../../src/replay/orders.ts';
import type { Recording } from '../../../src/replay/recording.ts';
import { beginOf, linesWithin, timetable } from '../../../src/replay/timing.ts';
import { Log, START } from '../../support/log.ts';
import { recordingOf } from '../../support/recordings.ts';

const A = [100, 1] as const;
const B = [200, 1] as const;

/** When each line of the order is due, in ms after START. */
function dues(recording: Recording, order: OrderName, seed = 1): number[] {
  const lines = orderLines(recording, order, seed, { processes: [], owners: [] });
  const recorded = orderLines(recording, 'recorded', 0, undefined);
  return [...timetable(recording, order, lines, recorded).due].map((due) => due - START);
}

test('the events of a tick share it, the records of one go together', () => {
  const { lines } = new Log().touch(0, A).touch(0, B).touch(4, A).touch(12, B);
  expect(dues(recordingOf(lines), 'recorded')).toEqual([0, 0, 0, 2, 2, 2, 4, 4, 4, 12, 12, 12]);
});

test('a tick is never longer than 10 ms, nor than the time to the next', () => {
  const { lines } = new Log().touch(0, A).touch(0, B).touch(500, A).touch(500, B).touch(501, A);
  const due = dues(recordingOf(lines), 'recorded').filter((_, i) => i % 3 === 0);
  expect(due).toEqual([0, 0.5, 500, 500.5, 501]);
  const alone = new Log().touch(0, A).touch(0, B).touch(500, A).lines;
  expect(dues(recordingOf(alone), 'recorded')[3]).toBe(5);
});

test('a call that waited is due when it was logged, as far as the log tells', () => {
  const { lines } = new Log().touch(0, A).touch(1000, B).touch(0, A);
  expect(dues(recordingOf(lines), 'recorded').at(-1)).toBeGreaterThanOrEqual(1000);
});

test.each(['serial', 'shuffle', 'adversarial'] as const)(
  'in the order %s the recorded times are dealt out',
  (order) => {
    const log = new Log();
    for (let i = 0; i < 20; i++) log.touch(i * 4, i % 2 === 0 ? A : B);
    const recording = recordingOf(log.lines);
    expect(dues(recording, order)).toEqual(dues(recording, 'recorded'));
  },
);

test('what tells no time is due with what is beside it', () => {
  const { lines } = new Log().touch(4, A);
  expect(dues(recordingOf(['x', ...lines, 'y']), 'recorded')).toEqual([4, 4, 4, 4, 4]);
  const { due } = timetable(recordingOf(['x']), 'recorded', Int32Array.of(0), Int32Array.of(0));
  expect([...due]).toEqual([0]);
});

test('a part of the time, whole events of it', () => {
  const { lines } = new Log().touch(0, A).touch(4, B).touch(8, A);
  const recording = recordingOf([...lines.slice(0, 4), 'noise', ...lines.slice(4)]);
  const kept = (from?: number, until?: number): number[] => {
    const span = {
      ...(from === undefined ? {} : { from: START + from }),
      ...(until === undefined ? {} : { until: START + until }),
    };
    return [...linesWithin(recording, span)];
  };
  expect(kept()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(kept(4, 4)).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0, 0]);
  expect(kept(5)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  expect(kept(undefined, 3)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(beginOf(recording)).toBe(START);
  expect(beginOf(recordingOf(['noise']))).toBeUndefined();
});
