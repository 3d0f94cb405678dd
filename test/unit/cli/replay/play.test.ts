import { expect, test } from 'vitest';
import { type Clock, play } from '../../../../src/cli/replay/play.ts';
import {
  parseSink,
  type SentLine,
  type Sink,
  SinkError,
  sinkText,
} from '../../../../src/cli/replay/sinks.ts';
import { type Plan, planOf } from '../../../../src/replay/faults.ts';
import type { Recording } from '../../../../src/replay/recording.ts';
import { timetable } from '../../../../src/replay/timing.ts';
import { Log } from '../../../support/log.ts';
import { recordingOf } from '../../../support/recordings.ts';

/** A clock that only sleep moves on, a little too far. */
class FakeClock implements Clock {
  time = 5000;
  readonly over: number;

  constructor(over = 0) {
    this.over = over;
  }

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms + this.over;
  }
}

/** Keeps what it gets, and when; each write waits for `taken`. */
class FakeSink implements Sink {
  readonly lost = new AbortController();
  readonly got: { at: number; lines: readonly SentLine[] }[] = [];
  readonly #clock: Clock;
  taken: () => Promise<void> = async () => {};
  state = 'open';
  writing = 0;
  most = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get gone(): AbortSignal {
    return this.lost.signal;
  }

  async write(lines: readonly SentLine[]): Promise<void> {
    if (this.gone.aborted) throw new SinkError('gone');
    this.most = Math.max(this.most, ++this.writing);
    this.got.push({ at: this.#clock.now(), lines });
    await this.taken();
    this.writing--;
  }

  async end(): Promise<void> {
    if (this.gone.aborted) throw new SinkError('gone');
    this.state = 'ended';
  }

  abandon(): void {
    this.state = 'abandoned';
  }
}

const SHELL = [100, 1] as const;

function planned(...at: readonly number[]): { recording: Recording; plan: Plan } {
  const log = new Log();
  for (const ms of at) log.touch(ms, SHELL);
  const recording = recordingOf(log.lines);
  const lines = Int32Array.from(recording.event.keys());
  return {
    recording,
    plan: planOf(recording, timetable(recording, 'recorded', lines, lines), {}, 0),
  };
}

const { signal } = new AbortController();

test.each([
  [1, [0, 100, 300]],
  [10, [0, 10, 30]],
  [0.5, [0, 200, 600]],
  [Number.POSITIVE_INFINITY, [0]],
])('at speed %d', async (speed, times) => {
  const { recording, plan } = planned(0, 100, 300);
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  const played = await play(recording, plan, { sink, speed, signal, clock });
  expect(sink.got.map(({ at }) => at - 5000)).toEqual(times);
  const bytes = sink.got.flatMap(({ lines }) => lines.map((line) => line.bytes.length + 1));
  expect(played).toMatchObject({ lines: 9, events: 3, took: times.at(-1) });
  expect(played.bytes).toBe(bytes.reduce((sum, one) => sum + one, 0));
  const none = speed === Number.POSITIVE_INFINITY;
  expect(played.lateness).toEqual(none ? undefined : { p50: 0, p99: 0, max: 0 });
  expect(sink.state).toBe('ended');
});

test('lateness is what the sink and the machine make of it', async () => {
  const { recording, plan } = planned(0, 100, 300, 400);
  const clock = new FakeClock(2);
  const sink = new FakeSink(clock);
  sink.taken = async () => {
    // A slow reader: what is due meanwhile is late.
    if (sink.got.length === 3) clock.time += 150;
  };
  const played = await play(recording, plan, { sink, speed: 1, signal, clock });
  expect(sink.got.map(({ at }) => at - 5000)).toEqual([0, 102, 302, 452]);
  expect(played.lateness).toEqual({ p50: 2, p99: 52, max: 52 });
});

test('nothing is written before the sink has taken what came before', async () => {
  const { recording, plan } = planned(...Array.from({ length: 2000 }, (_, i) => i));
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  const waiting: (() => void)[] = [];
  sink.taken = () =>
    new Promise((resolve) => {
      waiting.push(resolve);
    });
  const done = play(recording, plan, { sink, speed: Infinity, signal, clock });
  let batches = 0;
  while (sink.state === 'open') {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(waiting.length).toBeLessThanOrEqual(1);
    if (waiting.length === 1) batches++;
    waiting.pop()?.();
  }
  expect(await done).toMatchObject({ lines: 6000 });
  expect(batches).toBeGreaterThan(5);
  expect(sink.most).toBe(1);
});

test('a sink that goes away while nothing is due ends the replay', async () => {
  const { recording, plan } = planned(0, 100, 300);
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  sink.taken = async () => {
    if (sink.got.length === 2) sink.lost.abort();
  };
  const played = await play(recording, plan, { sink, speed: 1, signal, clock });
  expect(played).toMatchObject({ lines: 6, events: 2, stopped: 'sink-gone' });
  expect(played.failure?.message).toBe('gone');
});

test('an interrupt ends it, also while the sink takes nothing', async () => {
  const { recording, plan } = planned(0, 100, 300);
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  const interrupt = new AbortController();
  sink.taken = () => {
    if (sink.got.length < 2) return Promise.resolve();
    interrupt.abort();
    return new Promise(() => {});
  };
  const played = await play(recording, plan, { sink, speed: 1, signal: interrupt.signal, clock });
  expect(played).toMatchObject({ lines: 3, events: 1, stopped: 'interrupted' });
  expect(sink.state).toBe('abandoned');
});

test('nothing to play', async () => {
  const { recording, plan } = planned();
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  const played = await play(recording, plan, { sink, speed: 1, signal, clock });
  expect(played).toEqual({ lines: 0, events: 0, bytes: 0, took: 0 });
  expect(sink.state).toBe('ended');
});

test.each([
  ['-', 'standard output'],
  ['stdout', 'standard output'],
  ['analyzer', 'the analyzer'],
  ['out.log', 'file:out.log'],
  ['/tmp/a:b', 'file:/tmp/a:b'],
  ['file:analyzer', 'file:analyzer'],
  ['unix:/tmp/sock', 'unix:/tmp/sock'],
  ['tcp:localhost:60', 'tcp:localhost:60'],
  ['tcp:[::1]:60', 'tcp:[::1]:60'],
  ['tcp:localhost', undefined],
  ['tcp:localhost:0', undefined],
  ['tcp:localhost:65536', undefined],
  ['udp:localhost:60', undefined],
  ['unix:', undefined],
  ['', undefined],
])('the sink %j', (text, name) => {
  const sink = parseSink(text);
  expect(sink === undefined ? undefined : sinkText(sink)).toBe(name);
});
