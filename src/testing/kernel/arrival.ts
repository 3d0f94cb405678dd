/** Arrival: the records of one event come in order; those of different events interleave (KERNEL fact 3). */
import { MS } from './queue.ts';
import { Rng } from '../../base/rng.ts';
import type { SimEvent, TrueBoot } from './types.ts';

interface Arriving {
  readonly at: number;
  readonly line: string;
}

/** Whole events are now and then queued late, on a CPU that was busy. */
const LATE = 25;

export function arrive(
  events: readonly SimEvent[],
  boots: readonly TrueBoot[],
  seed: number,
): string[] {
  const rng = new Rng(seed ^ 0x5eed);
  const arriving: Arriving[] = [];
  for (const event of events) {
    const { node, startMs, enriched } = boots[event.boot];
    let at = startMs * MS + event.loggedAt + (rng.once(LATE) ? rng.below(5 * MS) : 0);
    const stamp = `msg=audit(${stampOf(event)}):`;
    for (const { type, text, delay } of event.bodies) {
      // auditd, which alone enriches, does not write EOE to its file.
      if (type === 'EOE' && enriched) continue;
      at += delay;
      arriving.push({
        at,
        line: `${node === '' ? '' : `node=${node} `}type=${type} ${stamp} ${text}`,
      });
    }
  }
  return arriving.sort((a, b) => a.at - b.at).map(({ line }) => line);
}

/** An event's name as records and documents write it. */
export function stampOf(event: SimEvent): string {
  const ms = String(event.time % 1000).padStart(3, '0');
  return `${Math.floor(event.time / 1000)}.${ms}:${event.serial}`;
}
