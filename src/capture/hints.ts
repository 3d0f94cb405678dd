/**
 * Hints: after an exec, what /proc still says of where the process is. A process may have
 * ended by then, or, in theory, have given its pid to another.
 */
import { situationOf } from './proc.ts';
import type { SegmentWriter } from './segments.ts';

/** Execs that may wait to be looked at: older ones have probably ended. */
const MOST_WAITING = 256;
/** Looked at in one go. */
const SLICE = 16;
/** Between two ticks: looking costs the machine that is watched. */
const MOST_A_TICK = 40;

export class Hints {
  readonly #segment: SegmentWriter;
  readonly #waiting: { pid: number; t: string }[] = [];
  #scheduled = false;
  /** Execs that were not looked at. */
  skipped = 0;
  #allowed = MOST_A_TICK;

  constructor(segment: SegmentWriter) {
    this.#segment = segment;
  }

  /** These processes have run a program; times are the connector's, in ns. */
  execs(pids: readonly number[], times: readonly string[]): void {
    for (const [i, pid] of pids.entries()) {
      if (this.#waiting.length >= MOST_WAITING || this.#allowed <= 0) {
        this.skipped++;
        continue;
      }
      this.#allowed--;
      this.#waiting.push({ pid, t: times[i] });
    }
    this.#schedule();
  }

  /** To be called four times a second. */
  tick(): void {
    this.#allowed = MOST_A_TICK;
    this.#segment.flush();
  }

  /** Writes no more. */
  halt(): void {
    this.#waiting.length = 0;
    this.#segment.halt();
  }

  close(): void {
    this.#waiting.length = 0;
    this.#segment.flush();
    this.#segment.close();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const { pid, t } of this.#waiting.splice(0, SLICE)) this.#look(pid, t);
      this.#schedule();
    });
  }

  #look(pid: number, t: string): void {
    const situation = situationOf(pid);
    if (situation === undefined || this.#segment.failed) return;
    const line = Buffer.from(`{"t":${t},"pid":${pid},${JSON.stringify(situation).slice(1)}\n`);
    this.#segment.reserve(line.length);
    this.#segment.buffer.set(line, this.#segment.used);
    this.#segment.used += line.length;
    this.#segment.count('hint', Number(BigInt(t) / 1_000_000n));
  }
}
