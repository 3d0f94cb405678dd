import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Faults, type Plan, PlannedLines, planOf } from '../../../src/replay/faults.ts';
import type { Recording } from '../../../src/replay/recording.ts';
import { timetable } from '../../../src/replay/timing.ts';
import { Log } from '../../support/log.ts';
import { recordingOf } from '../../support/recordings.ts';

const SHELL = [100, 1] as const;

function someLog(node?: string): string[] {
  const log = new Log(node === undefined ? {} : { node });
  for (let i = 0; i < 100; i++) {
    log.fork(i * 8, SHELL, 200 + i).exitGroup(i * 8 + 4, [200 + i, 100]);
  }
  return log.lines;
}

function plan(recording: Recording, faults: Faults, seed = 5): Plan {
  const lines = Int32Array.from(recording.event.keys());
  return planOf(recording, timetable(recording, 'recorded', lines, lines), faults, seed);
}

/** What is played, line by line. */
function sent(recording: Recording, faults: Faults, seed?: number): string[] {
  const planned = plan(recording, faults, seed);
  const bytes = new PlannedLines(recording, planned);
  return Array.from(planned.lines.keys(), (at) => bytes.bytes(at).toString('latin1'));
}

const lines = someLog();
const recording = recordingOf(lines);
const none = { dropped: 0, duplicated: 0, delayed: 0, truncated: 0, corrupted: 0, skewed: 0 };

test('without faults everything is as it was', () => {
  expect(sent(recording, {})).toEqual(lines);
  expect(plan(recording, {}).counts).toEqual(none);
  const nothing = { drop: { share: 0 }, duplicate: 0, truncate: 0, corrupt: 0 };
  expect(sent(recording, { ...nothing, delay: { share: 0, ms: 9 } })).toEqual(lines);
});

test('all of it', () => {
  expect(sent(recording, { drop: { share: 1 } })).toEqual([]);
  expect(sent(recording, { duplicate: 1 })).toEqual(lines.flatMap((line) => [line, line]));
  expect(sent(recording, { delay: { share: 1, ms: 50 } })).toEqual(lines);
  const cut = sent(recording, { truncate: 1 });
  for (const [i, line] of cut.entries()) {
    expect(line.length).toBeGreaterThan(0);
    expect(line.length).toBeLessThan(lines[i].length);
    expect(lines[i].startsWith(line)).toBe(true);
  }
});

test('a seed gives what it always gave, another one something else', () => {
  const faults = { drop: { share: 0.1 } };
  const { dropped } = plan(recording, faults, 5).counts;
  expect(dropped).toBe(74);
  expect(sent(recording, faults, 5)).toEqual(sent(recording, faults, 5));
  expect(sent(recording, faults, 6)).not.toEqual(sent(recording, faults, 5));
});

test('loss of single types of records, and of whole calls', () => {
  const types = sent(recording, { drop: { share: 1, only: new Set(['EOE']) } });
  expect(types).toEqual(lines.filter((line) => !line.startsWith('type=EOE')));
  const only = new Set(['exit_group', 'PROCTITLE']);
  const calls = sent(recording, { drop: { share: 1, only } });
  expect(calls).toHaveLength(200);
  expect(calls.some((line) => line.includes('syscall=231'))).toBe(false);
  const some = plan(recording, { drop: { share: 0.3, only: new Set(['exit_group']) } }).counts;
  expect(some.dropped % 3).toBe(0);
  expect(some.dropped / 3).toBeGreaterThan(10);
  expect(some.dropped / 3).toBeLessThan(60);
});

test('late lines come late, and nothing else moves', () => {
  const { lines: order, due, counts } = plan(recording, { delay: { share: 0.1, ms: 40 } });
  expect(counts.delayed).toBeGreaterThan(30);
  expect([...due]).toEqual([...due].toSorted((a, b) => a - b));
  const early = plan(recording, {});
  const late = [...order].filter((i, at) => due[at] !== early.due[i]);
  expect(late).toHaveLength(counts.delayed);
  const others = [...order].filter((i, at) => due[at] === early.due[i]);
  expect(others).toEqual(others.toSorted((a, b) => a - b));
});

test('damage changes up to four bytes of a line and makes no new one', () => {
  const damaged = sent(recording, { corrupt: 1 });
  for (const [i, line] of damaged.entries()) {
    expect(line).toHaveLength(lines[i].length);
    const changed = Array.from(line).filter((c, at) => c !== lines[i][at]).length;
    expect(changed).toBeGreaterThanOrEqual(1);
    expect(changed).toBeLessThanOrEqual(4);
    expect(line).not.toContain('\n');
  }
});

test('another clock', () => {
  const both = recordingOf(someLog('a'), someLog('b'));
  const skewed = sent(both, { skew: [{ host: 'b', ms: -86_400_000 }] });
  for (const [i, line] of skewed.entries()) {
    const old = both.line(i).toString('latin1');
    const stamp = /audit\((\d+)\./;
    const moved = Number(stamp.exec(old)?.[1]) - (old.startsWith('node=b') ? 86_400 : 0);
    expect(line).toBe(old.replace(stamp, `audit(${moved}.`));
  }
  const { skew, counts } = plan(both, { skew: [{ most: 500 }] });
  expect([...skew.keys()]).toEqual(['b']);
  expect(Math.abs(skew.get('b') ?? 0)).toBeLessThanOrEqual(500);
  expect(counts.skewed).toBe(600);
  // Before 1970 there is no time.
  expect(
    sent(recordingOf(['type=EOE msg=audit(1.250:7): ']), { skew: [{ host: '', ms: -9e9 }] }),
  ).toEqual(['type=EOE msg=audit(0.000:7): ']);
});

test('the account holds whatever happens', () => {
  const share = fc.constantFrom(0, 0.1, 0.5, 1);
  const faults = fc.record({
    drop: fc.record({ share }),
    duplicate: share,
    delay: fc.record({ share, ms: fc.nat(100) }),
    truncate: share,
    corrupt: share,
  });
  fc.assert(
    fc.property(faults, fc.nat(), (some, seed) => {
      const { lines: order, counts } = plan(recording, some, seed);
      expect(order).toHaveLength(lines.length - counts.dropped + counts.duplicated);
      const out = sent(recording, some, seed);
      const whole = out.filter((line, at) => line === lines[order[at]]).length;
      const harmed = out.length - whole;
      expect(harmed).toBeGreaterThanOrEqual(Math.max(counts.truncated, counts.corrupted));
      expect(harmed).toBeLessThanOrEqual(counts.truncated + counts.corrupted);
    }),
    { numRuns: 50 },
  );
});
