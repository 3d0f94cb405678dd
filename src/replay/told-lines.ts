/** Whose each event of a process connector is. */
import type { Life } from '../process/life.ts';
import { REASON, type Reason } from './needs.ts';

/** A choice among the events of connectors. */
export interface ToldLines {
  /** Why an event of a process is kept. `time`: ms since the epoch. */
  reason(pid: number, time: number, host: string): Reason;
}

/** Two sums of the same readings of a clock may differ in the last bits, ms. */
const ROUNDING_MS = 1e-3;

/** A life as the connector told of it, ms since the epoch. */
interface Span {
  readonly born: number;
  readonly over: number;
  readonly reason: Reason;
}

/** What was told of some lives. */
export class Told implements ToldLines {
  /** By host and pid. */
  readonly #spans = new Map<string, Map<number, Span[]>>();
  readonly #until: number;

  /** `until`: nothing from then on is kept, ms since the epoch. */
  constructor(until: number) {
    this.#until = until;
  }

  /** A life whose events are kept; nothing when no connector told of it. */
  add(host: string, { pid, told }: Life, reason: Reason): void {
    if (told === undefined) return;
    const pids = this.#spans.get(host) ?? new Map<number, Span[]>();
    this.#spans.set(host, pids);
    const span = { born: told.born, over: told.over, reason };
    const spans = pids.get(pid);
    if (spans === undefined) pids.set(pid, [span]);
    else spans.push(span);
  }

  reason(pid: number, time: number, host: string): Reason {
    if (time >= this.#until) return REASON.dropped;
    for (const { born, over, reason } of this.#spans.get(host)?.get(pid) ?? []) {
      if (born <= time + ROUNDING_MS && time <= over + ROUNDING_MS) return reason;
    }
    return REASON.dropped;
  }
}
