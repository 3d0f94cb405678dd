/** Other orders of the same lines, for fast-check. */
import * as fc from 'fast-check';
import { Analyzer } from '../pipeline.ts';
import { type History, orderLines } from '../replay/orders.ts';
import { NO_EVENT, type Recording, RecordingReader } from '../replay/recording.ts';
import type { Trace } from './trace.ts';

/**
 * What is put into another order:
 *
 * - `kernel`: lines, in an order that a kernel could have sent them in, as hostile as can be;
 * - `records`: lines, but the records of each event stay in order among themselves;
 * - `events`: whole events, the records of each together;
 * - `lines`: lines, in any order.
 */
export const SHUFFLE_KINDS = ['kernel', 'records', 'events', 'lines'] as const;

export type ShuffleKind = (typeof SHUFFLE_KINDS)[number];

/**
 * Orders of the lines of a trace, or of any audit log. They shrink to fewer lines (or events) that
 * come too early: towards the order that was given, those of `kernel` towards that of the serials.
 */
export function shuffles(
  of: Trace | readonly string[],
  kind: ShuffleKind = 'lines',
): fc.Arbitrary<readonly string[]> {
  const lines = 'lines' in of ? of.lines : of;
  const recording = recordingOf(lines);
  return ordersOf(recording, kind).map((order) => order.map((i) => lines[i]));
}

function bytesOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
}

function recordingOf(lines: readonly string[]): Recording {
  const reader = new RecordingReader();
  reader.open('trace');
  reader.push(bytesOf(lines));
  reader.close();
  const recording = reader.finish();
  if (recording.length === lines.length) return recording;
  throw new RangeError('lines must not be empty, nor hold line ends, nor be longer than 1 MiB');
}

function ordersOf(recording: Recording, kind: ShuffleKind): fc.Arbitrary<readonly number[]> {
  if (kind === 'kernel') return kernelOrders(recording);
  if (kind === 'events') {
    const units = eventsOf(recording);
    return picks(units.length).map((order) => order.flatMap((unit) => units[unit]));
  }
  const orders = picks(recording.length);
  return kind === 'lines' ? orders : orders.map((order) => inEventOrder(recording, order));
}

/**
 * The first lines come as in an order of the seed, the others by serial: both are orders of a
 * kernel, so this is one, too. Half of them is of the seed as a whole.
 */
function kernelOrders(recording: Recording): fc.Arbitrary<readonly number[]> {
  const history = historyOf(recording);
  const bySerial = orderLines(recording, 'serial', 0, undefined);
  const choice = fc.record({ seed: fc.nat(2 ** 31 - 1), first: fc.nat(2 * recording.length) });
  return choice.map(({ seed, first }) => {
    const hostile = orderLines(recording, 'adversarial', seed, history).subarray(0, first);
    const sent = new Set(hostile);
    return Array.from(hostile).concat(Array.from(bySerial.filter((i) => !sent.has(i))));
  });
}

function historyOf(recording: Recording): History {
  const analyzer = new Analyzer();
  analyzer.open('trace');
  for (let i = 0; i < recording.length; i++) {
    analyzer.push(recording.line(i));
    analyzer.push(LINE_END);
  }
  analyzer.close();
  const { processes } = analyzer.finish();
  return { processes: [...processes], owners: [...analyzer.owners()] };
}

const LINE_END = Uint8Array.of(10);

/** The lines of each event, and each line of none, in the order in which they begin. */
function eventsOf(recording: Recording): number[][] {
  const units: number[][] = [];
  for (let i = 0; i < recording.length; i++) {
    const event = recording.event[i];
    if (event === NO_EVENT) units.push([i]);
    else if (recording.linesOf(event)[0] === i) units.push([...recording.linesOf(event)]);
  }
  return units;
}

/** The places of each event's lines stay, and the lines go into them in order. */
function inEventOrder(recording: Recording, order: readonly number[]): number[] {
  const next = new Int32Array(recording.events.length);
  return order.map((i) => {
    const event = recording.event[i];
    return event === NO_EVENT ? i : recording.linesOf(event)[next[event]++];
  });
}

const SHARES = 2 ** 30;

/**
 * Orders of the numbers below n. Each draw picks the next of those that are left, 0 the first one;
 * what no draw picked follows as it was. So shorter and smaller draws are closer to 0, 1, 2, ….
 */
function picks(n: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(SHARES - 1), { maxLength: n, size: 'max' }).map((draws) => {
    const left = Array.from({ length: n }, (_, i) => i);
    const picked = draws.map((draw) => {
      const at = Math.floor((draw / SHARES) * left.length);
      return left.splice(at, 1)[0];
    });
    return picked.concat(left);
  });
}
