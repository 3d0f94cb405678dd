/** Every fixture in every order: always the same tree, and each order what it says it is. */
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLOCK, play } from '../../src/cli/replay/play.ts';
import { AnalyzerSink } from '../../src/cli/replay/sinks.ts';
import { boundsOf } from '../../src/replay/adversarial.ts';
import { eventFacts } from '../../src/replay/events.ts';
import { type Life, livesOf } from '../../src/replay/lives.ts';
import { planOf } from '../../src/replay/faults.ts';
import { ORDER_NAMES, orderLines, type OrderName } from '../../src/replay/orders.ts';
import type { Recording } from '../../src/replay/recording.ts';
import { timetable } from '../../src/replay/timing.ts';
import {
  FIXTURE_PATHS,
  illegalLines,
  type Known,
  readKnown,
  threadedPids,
} from '../support/recordings.ts';

/** What godo's own analyzer says of the lines, replayed in that order. */
async function replayedDigest(
  recording: Recording,
  name: OrderName,
  order: Int32Array,
): Promise<string> {
  const sink = new AnalyzerSink(recording);
  const recorded = orderLines(recording, 'recorded', 0, undefined);
  const plan = planOf(recording, timetable(recording, name, order, recorded), {}, 0);
  expect([...plan.due]).toEqual([...plan.due].toSorted((a, b) => a - b));
  const { signal } = new AbortController();
  const { lines } = await play(recording, plan, { sink, speed: Infinity, signal, clock: CLOCK });
  expect(lines).toBe(recording.length);
  return sink.finish().summary.digest;
}

/** By event: the places of its first and last record. */
function places({ recording }: Known, order: Int32Array): { first: number[]; last: number[] } {
  const first = recording.events.map(() => Number.POSITIVE_INFINITY);
  const last = recording.events.map(() => -1);
  for (const [place, i] of order.entries()) {
    const e = recording.event[i];
    if (e < 0) continue;
    first[e] = Math.min(first[e], place);
    last[e] = place;
  }
  return { first, last };
}

function lives(known: Known): Life[] {
  return livesOf(known.recording, eventFacts(known.recording), known);
}

/** Records that come too late by all that binds them, but for processes of several threads. */
function outOfBounds(known: Known, order: Int32Array): number[] {
  const { event, events } = known.recording;
  const { boot } = eventFacts(known.recording);
  const all = lives(known);
  const { rank, until } = boundsOf(events, boot, all);
  const threaded = new Set(all.filter((life) => life.threaded).flatMap(({ own }) => own));
  let reached = -1;
  const late: number[] = [];
  for (const i of order) {
    const e = event[i];
    if (e < 0) continue;
    if (until[e] <= reached && !threaded.has(e)) late.push(i);
    reached = Math.max(reached, rank[e]);
  }
  return late;
}

/** Children of which a record comes before the first one of their fork. */
function earlyChildren(known: Known, order: Int32Array): number {
  const { first } = places(known, order);
  const isEarly = ({ birth, own }: Life): boolean => own.some((e) => first[e] < first[birth]);
  return lives(known).filter(isEarly).length;
}

/** Records of an event that stand apart from the one before of the same event. */
function interruptions({ recording: { event } }: Known, order: Int32Array): number {
  const seen = new Set<number>();
  let count = 0;
  for (const [at, i] of order.entries()) {
    if (event[i] < 0) continue;
    if (seen.has(event[i]) && event[order[at - 1]] !== event[i]) count++;
    seen.add(event[i]);
  }
  return count;
}

describe.each(FIXTURE_PATHS.map((path) => [basename(path), path]))('%s', (_, path) => {
  const reading = readKnown(path);

  test.each(ORDER_NAMES)('%s: all lines, the same for a seed, and the same tree', async (name) => {
    const known = await reading;
    const { recording, digest } = known;
    const order = orderLines(recording, name, 7, known);
    expect(Int32Array.from(order).sort()).toEqual(Int32Array.from(recording.event.keys()));
    expect(orderLines(recording, name, 7, known)).toEqual(order);
    expect(await replayedDigest(recording, name, order)).toBe(digest);
  });

  test('the kernel obeys the laws by which the adversarial order is made', async () => {
    const known = await reading;
    const { recording, processes } = known;
    const recorded = orderLines(recording, 'recorded', 0, undefined);
    expect(illegalLines(recording, recorded, threadedPids(processes))).toEqual([]);
    expect(illegalLines(recording, recorded.toReversed()).length).toBeGreaterThan(100);
    expect(outOfBounds(known, recorded)).toEqual([]);
    expect(outOfBounds(known, recorded.toReversed()).length).toBeGreaterThan(10);
  });

  test.each([1, 2, 3])('adversarial, seed %i: legal and hostile', async (seed) => {
    const known = await reading;
    const { recording } = known;
    const order = orderLines(recording, 'adversarial', seed, known);
    expect(illegalLines(recording, order)).toEqual([]);
    const place = new Int32Array(order.length);
    for (const [at, i] of order.entries()) place[i] = at;
    for (let e = 0; e < recording.events.length; e++) {
      const own = Array.from(recording.linesOf(e), (i) => place[i]);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    const recorded = orderLines(recording, 'recorded', 0, undefined);
    expect(earlyChildren(known, order)).toBeGreaterThanOrEqual(earlyChildren(known, recorded));
    // The small ones leave little room.
    if (recording.length < 1000) return;
    expect(earlyChildren(known, order)).toBeGreaterThan(earlyChildren(known, recorded) * 1.2);
    expect(interruptions(known, order)).toBeGreaterThan(interruptions(known, recorded) * 2);
  });

  test('causal: births first, then what a process did, then waits for it', async () => {
    const known = await reading;
    const { first, last } = places(known, orderLines(known.recording, 'causal', 0, known));
    let births = 0;
    for (const { birth, own, waits } of lives(known)) {
      if (birth >= 0) births++;
      for (const e of own) expect(first[e]).toBeGreaterThan(birth < 0 ? -1 : last[birth]);
      for (const wait of waits) for (const e of own) expect(last[e]).toBeLessThan(first[wait]);
    }
    expect(births).toBeGreaterThan(0);
  });

  test('time: entry times rise', async () => {
    const { recording } = await reading;
    const order = orderLines(recording, 'time', 0, undefined);
    const times = [...order].map((i) => recording.time[i]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
