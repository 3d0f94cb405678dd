import { expect, test } from 'vitest';
import { causalOrder } from '../../../src/replay/causal.ts';
import { orderLines, type OrderName } from '../../../src/replay/orders.ts';
import { NO_EVENT, type Recording, RecordingReader } from '../../../src/replay/recording.ts';
import { Log } from '../../support/log.ts';
import { knownOf, recordingOf } from '../../support/recordings.ts';

const SHELL = [100, 1] as const;
const CHILD = [101, 100] as const;

/** The lines in that order, each as `TYPE serial`. */
function played(recording: Recording, order: OrderName, seed = 0): string[] {
  const lines = orderLines(recording, order, seed, knownOf(recording));
  return Array.from(lines, (i) => nameOf(recording.line(i).toString('latin1')));
}

function nameOf(line: string): string {
  const match = /type=(\w+) msg=audit\([\d.]+:(\d+)\)/.exec(line);
  return match === null ? line : `${match[1]} ${match[2]}`;
}

/** Serials, one for each run of lines of an event. */
function eventsIn(recording: Recording, order: OrderName): number[] {
  const serials = played(recording, order).map((name) => Number(name.split(' ')[1]));
  return serials.filter((serial, i) => serial !== serials[i - 1]);
}

test('causal: the fork before its child, the wait after its end, whatever the serials', () => {
  // The child's exec and exit are logged before the fork; the wait was entered before them.
  const log = new Log()
    .exec(0, CHILD, ['/bin/true'])
    .exitGroup(0, CHILD)
    .fork(0, SHELL, 101)
    .wait(0, SHELL, 101)
    .touch(0, SHELL);
  const recording = recordingOf(log.lines);
  expect(eventsIn(recording, 'serial')).toEqual([1, 2, 3, 4, 5]);
  expect(eventsIn(recording, 'time')).toEqual([1, 2, 3, 4, 5]);
  expect(eventsIn(recording, 'causal')).toEqual([3, 1, 2, 4, 5]);
});

test('causal: a wait that blocked comes when it returned, time puts it where it began', () => {
  const log = new Log()
    .fork(0, SHELL, 101)
    .exec(4, CHILD, ['/bin/sleep', '1'])
    .touch(500, [50, 1])
    .exitGroup(1000, CHILD)
    .wait(4, SHELL, 101);
  const recording = recordingOf(log.lines);
  expect(eventsIn(recording, 'time')).toEqual([1, 2, 5, 3, 4]);
  expect(eventsIn(recording, 'causal')).toEqual([1, 2, 3, 4, 5]);
});

test('causal: a life before the next one of its pid', () => {
  const log = new Log()
    .fork(0, SHELL, 101)
    .exitGroup(8, CHILD)
    .wait(0, SHELL, 101)
    .touch(8, CHILD)
    .fork(8, SHELL, 101);
  const recording = recordingOf(log.lines);
  expect(eventsIn(recording, 'causal')).toEqual([1, 2, 3, 5, 4]);
});

test('causal: what contradicts itself still has an order', () => {
  // Each of the two forks the other.
  const log = new Log().fork(0, [7, 8], 8).fork(0, [8, 7], 7).touch(1, [7, 8]).touch(1, [8, 7]);
  const recording = recordingOf(log.lines);
  expect(played(recording, 'causal').toSorted()).toEqual(played(recording, 'recorded').toSorted());
});

test('causal: chains of any depth', () => {
  const depth = 100_000;
  // Each is born by the call that the next one logged: the last one is the oldest.
  const numbers = Int32Array.from({ length: depth }, (_, i) => i);
  const events = Array.from(numbers, (serial) => ({ node: '', time: 0, serial }));
  const lives = events.map((_, i) => ({
    birth: i + 1 < depth ? i + 1 : NO_EVENT,
    own: [i],
    waits: [],
    threaded: false,
    before: [],
  }));
  expect(causalOrder(depth, numbers, events, lives)).toEqual(numbers.toReversed());
});

test('several hosts and boots', () => {
  const a1 = new Log({ node: 'a', serial: 500 }).fork(0, SHELL, 2).fork(10, SHELL, 3).lines;
  const a2 = new Log({ node: 'a', serial: 3 }).fork(1e5, SHELL, 2).fork(100_010, SHELL, 3).lines;
  const b = new Log({ node: 'b', serial: 7 }).fork(5, SHELL, 2).fork(100_005, SHELL, 3).lines;
  const recording = recordingOf(b, a2, a1);
  expect(eventsIn(recording, 'serial')).toEqual([500, 501, 3, 4, 7, 8]);
  for (const order of ['recorded', 'time', 'causal'] as const) {
    expect(eventsIn(recording, order)).toEqual([500, 7, 501, 3, 8, 4]);
  }
});

test('rotated logs are recorded from the oldest on, whatever their names', () => {
  const { lines } = new Log().touch(0, SHELL).touch(1, SHELL).touch(2, SHELL).touch(3, SHELL);
  const recording = recordingOf(lines.slice(6), lines.slice(0, 6));
  expect(eventsIn(recording, 'recorded')).toEqual([1, 2, 3, 4]);
});

test('what tells no time stays behind the line before it', () => {
  const { lines } = new Log().touch(8, SHELL).touch(4, [50, 1]);
  const recording = recordingOf(['early', ...lines.slice(0, 1), 'noise', ...lines.slice(1)]);
  expect(played(recording, 'time')).toEqual([
    'SYSCALL 2',
    'PROCTITLE 2',
    'EOE 2',
    'early',
    'SYSCALL 1',
    'noise',
    'PROCTITLE 1',
    'EOE 1',
  ]);
  expect(played(recordingOf(['a', 'b'], lines), 'serial').slice(0, 2)).not.toContain('a');
  for (const order of ['serial', 'time', 'causal', 'adversarial'] as const) {
    expect(played(recordingOf(['a', 'b'], lines), order)).toHaveLength(lines.length + 2);
  }
  expect(played(recordingOf(['a', 'b']), 'causal')).toEqual(['a', 'b']);
});

test("the connector's lines have a place in time, and behind all serials", () => {
  const reader = new RecordingReader();
  const { lines } = new Log({ start: 1000 }).touch(0, SHELL).touch(8, SHELL);
  reader.open('audit-000001.log', { host: 'h', boot: 'h/1' });
  reader.push(Buffer.from(lines.join('\n')));
  reader.close();
  reader.open('connector-000001.ndjson', { host: 'h', boot: 'h/1', connector: { offset: 1000 } });
  reader.push(Buffer.from('{"t":2500000,"cpu":0,"ev":"exec","pid":5,"tgid":5}\n'));
  reader.close();
  const recording = reader.finish();
  const placeOf = (order: OrderName): number =>
    played(recording, order).findIndex((name) => name.startsWith('{'));
  expect(placeOf('serial')).toBe(6);
  for (const order of ['recorded', 'time', 'causal'] as const) expect(placeOf(order)).toBe(3);
});

test('adversarial: a fork comes after its child, but before what its parent does next', () => {
  const log = new Log()
    .fork(0, SHELL, 101)
    .exec(1, CHILD, ['/bin/true'])
    .exitGroup(2, CHILD)
    .wait(0, SHELL, 101);
  const recording = recordingOf(log.lines);
  let late = 0;
  for (let seed = 0; seed < 40; seed++) {
    const names = played(recording, 'adversarial', seed);
    const at = (name: string): number => names.indexOf(name);
    if (at('SYSCALL 1') > at('EOE 3')) late++;
    expect(at('EOE 1')).toBeLessThan(at('SYSCALL 4'));
    expect(at('EOE 2')).toBeLessThan(at('SYSCALL 3'));
    expect(at('EOE 3')).toBeLessThan(at('SYSCALL 4'));
  }
  expect(late).toBeGreaterThan(5);
});

test('adversarial: nothing is later than a kernel lets it wait', () => {
  const log = new Log().touch(0, SHELL);
  for (let i = 1; i <= 50; i++) log.touch(i * 10_000, [200 + i, 1]);
  const recording = recordingOf(log.lines);
  for (let seed = 0; seed < 20; seed++) {
    const names = played(recording, 'adversarial', seed);
    // Entered 60 s later.
    expect(names.indexOf('EOE 1')).toBeLessThan(names.indexOf('SYSCALL 7'));
  }
});

test('a seed gives what it always gave', () => {
  const log = new Log().fork(0, SHELL, 101).exitGroup(1, CHILD).wait(0, SHELL, 101);
  const recording = recordingOf(log.lines);
  const order = (name: OrderName): number[] => [
    ...orderLines(recording, name, 7, knownOf(recording)),
  ];
  expect(order('shuffle')).toEqual([3, 6, 1, 4, 0, 8, 5, 2, 7]);
  expect(order('adversarial')).toEqual([3, 4, 5, 0, 1, 2, 6, 7, 8]);
});

test('causal and adversarial need an analysis', () => {
  expect(() => orderLines(recordingOf([]), 'causal', 0, undefined)).toThrow('needs the analysis');
});

test.each(['recorded', 'serial', 'time', 'causal', 'shuffle', 'adversarial'] as const)(
  'nothing in the order %s',
  (order) => {
    expect(played(recordingOf([]), order)).toEqual([]);
  },
);
