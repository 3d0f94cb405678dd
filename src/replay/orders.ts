/**
 * The orders in which a recording can be played. Each is a permutation of all its lines, and the
 * same for the same recording and seed on every machine.
 *
 * A line that tells no time, unreadable ones among them, stays behind the line before it; only
 * `shuffle` takes it elsewhere.
 */
import { compareText } from '../base/compare.ts';
import { Rng } from '../base/rng.ts';
import { adversarialOrder } from './adversarial.ts';
import { causalOrder } from './causal.ts';
import { eventFacts } from './events.ts';
import { type History, livesOf } from './lives.ts';
import { logClock, mergeByClock } from './merge.ts';
import type { Recording } from './recording.ts';
import { linesOfUnits, type Units, unitsOf } from './units.ts';

export type { History } from './lives.ts';

/**
 * - `recorded`: each input in its own order; several inputs, or the witnesses of a trace, are put
 *   together by the log's clock, the latest time so far.
 * - `serial`: events by host, boot and serial, their records together. Then what has no serial,
 *   the connector's lines, by time.
 * - `time`: events by entry time, those of one tick by serial, then host; the connector's lines
 *   between them by theirs.
 * - `causal`: as it happened. A birth before all that the child did, what one process did in the
 *   order of its serials, the end of a life before the waits that returned it and before the next
 *   life of its pid; as far as the analysis knows. Otherwise as `time`.
 * - `shuffle`: any permutation of the lines.
 * - `adversarial`: the worst that a kernel could have sent with these serials (adversarial.ts):
 *   the records of each event in their order, those of different events mixed, EOEs late,
 *   children before their forks, the ends of others before an exec.
 */
export const ORDER_NAMES = [
  'recorded',
  'serial',
  'time',
  'causal',
  'shuffle',
  'adversarial',
] as const;
export type OrderName = (typeof ORDER_NAMES)[number];

/** Whether an order needs the recording's analysis. */
export function needsHistory(order: OrderName): order is 'causal' | 'adversarial' {
  return order === 'causal' || order === 'adversarial';
}

/**
 * The numbers of all lines of the recording in the order to play them.
 *
 * `seed`: a whole number, for `shuffle` and `adversarial`. `history`: the analysis of the
 * recording, for `causal` and `adversarial`, which throw an Error without it.
 */
export function orderLines(
  recording: Recording,
  order: OrderName,
  seed: number,
  history: History | undefined,
): Int32Array {
  switch (order) {
    case 'recorded':
      return recordedOrder(recording);
    case 'serial':
      return serialOrder(recording);
    case 'time': {
      const units = unitsOf(recording);
      return linesOfUnits(units, unitsByTime(recording, units));
    }
    case 'shuffle': {
      const lines = Int32Array.from(recording.event.keys());
      new Rng(seed).shuffle(lines);
      return lines;
    }
    default:
      if (history === undefined) throw new Error(`the order ${order} needs the analysis`);
      return knowingOrder(recording, order, seed, history);
  }
}

function recordedOrder({ streams, stream, time }: Recording): Int32Array {
  const lines = streams.map((): number[] => []);
  for (const [i, from] of stream.entries()) lines[from].push(i);
  return mergeByClock(
    lines.map((own) => ({
      lines: own,
      clock: logClock(
        own.map((i) => time[i]),
        own.length,
      ),
    })),
  );
}

function serialOrder(recording: Recording): Int32Array {
  const { events } = recording;
  const { boot } = eventFacts(recording);
  const units = unitsOf(recording);
  const order = unitsByTime(recording, units).sort((a, b) => {
    if (a >= events.length || b >= events.length) {
      if (a < events.length) return -1;
      return b < events.length ? 1 : 0;
    }
    return (
      compareText(events[a].node, events[b].node) ||
      boot[a] - boot[b] ||
      events[a].serial - events[b].serial
    );
  });
  return linesOfUnits(units, order);
}

/** Total: by time, then events by serial and host, then as they were read. */
function unitsByTime({ events }: Recording, { count, time }: Units): Int32Array {
  const order = Int32Array.from({ length: count }, (_, unit) => unit);
  return order.sort((a, b) => {
    // Not their difference: both may be -Infinity.
    if (time[a] !== time[b]) return time[a] < time[b] ? -1 : 1;
    if (a >= events.length || b >= events.length) return a - b;
    return (
      events[a].serial - events[b].serial || compareText(events[a].node, events[b].node) || a - b
    );
  });
}

function knowingOrder(
  recording: Recording,
  order: 'causal' | 'adversarial',
  seed: number,
  history: History,
): Int32Array {
  const { events } = recording;
  const facts = eventFacts(recording);
  const units = unitsOf(recording);
  const lives = livesOf(recording, facts, history);
  const byTime = unitsByTime(recording, units);
  if (order === 'causal')
    return linesOfUnits(units, causalOrder(units.count, byTime, events, lives));
  return adversarialOrder(units, byTime, events, facts.boot, lives, new Rng(seed));
}
