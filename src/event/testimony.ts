/**
 * What the process connector told of one boot of one host: a second witness, beside the audit
 * records, of forks, execs and exits.
 */
import type { AliveProcess } from '../model/trace.ts';
import type { ConnectorEvent } from '../record/connector.ts';

export class Testimony {
  /** The host's name. */
  readonly node: string;
  /** From the connector's clock to the wall clock, ms. */
  #offset = Infinity;
  readonly #events: ConnectorEvent[] = [];
  readonly #alive = new Map<string, AliveProcess>();
  #sorted = true;
  /** Pids of recorders: the parents of commands, and no part of what was recorded. */
  readonly recorders = new Set<number>();
  /** How many events came twice; known once `events` was asked for. */
  duplicates = 0;

  constructor(node: string) {
    this.node = node;
  }

  /**
   * `offset`: what to add to the connector's clock to get ms since the epoch, as one trace has
   * read it. Of several traces of one boot the least counts, so that their order does not.
   */
  clock(offset: number): void {
    this.#offset = Math.min(this.#offset, offset);
  }

  /** Processes that were there when a recording began. */
  found(alive: readonly AliveProcess[]): void {
    for (const one of alive) {
      const key = `${one.pid} ${one.born}`;
      const known = this.#alive.get(key);
      // All segments of a trace come with the same list.
      if (known === one) continue;
      // Two recordings may have found it running two programs: the later text counts, by itself.
      if (known === undefined || JSON.stringify(known) < JSON.stringify(one))
        this.#alive.set(key, one);
    }
  }

  /** By pid, then by birth. */
  get alive(): readonly AliveProcess[] {
    return [...this.#alive.values()].sort((a, b) => a.pid - b.pid || a.born - b.born);
  }

  add(event: ConnectorEvent): void {
    this.#events.push(event);
    this.#sorted = false;
  }

  /** Its moment, ms since the epoch, with parts of a millisecond. */
  time({ t }: ConnectorEvent): number {
    return t / 1e6 + this.#offset;
  }

  /** Events, duplicates among them. */
  get count(): number {
    return this.#events.length + this.duplicates;
  }

  /** As they happened; exact duplicates once. The order is total, whatever the order of `add`. */
  events(): readonly ConnectorEvent[] {
    const events = this.#events;
    if (this.#sorted) return events;
    events.sort(compareEvents);
    let kept = 0;
    for (const event of events) {
      if (kept === 0 || compareEvents(events[kept - 1], event) !== 0) events[kept++] = event;
    }
    this.duplicates += events.length - kept;
    events.length = kept;
    this.#sorted = true;
    return events;
  }
}

const ORDER = { fork: 0, exec: 1, exit: 2 } as const;

/** By time; what one moment holds is ordered by all else there is to compare. */
function compareEvents(a: ConnectorEvent, b: ConnectorEvent): number {
  return (
    a.t - b.t ||
    ORDER[a.ev] - ORDER[b.ev] ||
    a.tgid - b.tgid ||
    a.pid - b.pid ||
    a.cpu - b.cpu ||
    a.ptgid - b.ptgid ||
    a.code - b.code ||
    a.sig - b.sig
  );
}
