/** Plays a plan into a sink: each line when it is due, and as soon as the sink takes it. */
import type { Lateness, ReplayStop } from '../../model/replay.ts';
import { type Plan, PlannedLines } from '../../replay/faults.ts';
import type { Recording } from '../../replay/recording.ts';
import { type SentLine, type Sink, SinkError } from './sinks.ts';

/** The clock that a replay keeps to. */
export interface Clock {
  /** Milliseconds, from any moment on. */
  now(): number;
  /** Resolves after so many ms, or when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own. */
export const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, LONGEST_SLEEP));
      signal.addEventListener('abort', end);
    }),
};

/** A timer holds no longer ones. */
const LONGEST_SLEEP = 2 ** 31 - 1;
/** What is handed over at once at most, in bytes. */
const BATCH = 65_536;

/** What was played. */
export interface Played {
  readonly lines: number;
  readonly events: number;
  readonly bytes: number;
  /** ms. */
  readonly took: number;
  readonly lateness?: Lateness;
  readonly stopped?: ReplayStop;
  readonly failure?: SinkError;
}

interface PlayOptions {
  readonly sink: Sink;
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * `speed`: times the recorded one; Infinity waits for nothing but the sink. Ends early when
 * `signal` is aborted, and when the sink goes away; never rejects for that.
 */
export async function play(
  recording: Recording,
  plan: Plan,
  { sink, speed, signal, clock }: PlayOptions,
): Promise<Played> {
  const player = new Player(recording, plan, speed, clock.now());
  const stop = AbortSignal.any([signal, sink.gone]);
  let failure: SinkError | undefined;
  try {
    while (player.place < plan.lines.length && !stop.aborted) {
      const now = clock.now();
      const wait = player.untilDue(now);
      if (wait > 0) {
        await clock.sleep(wait, stop);
        continue;
      }
      const batch = player.batch(now);
      if (await doneBefore(signal, sink.write(batch))) player.delivered(batch, now);
    }
    // What is gone fails to end, and says why.
    await doneBefore(signal, sink.end());
  } catch (error) {
    if (!(error instanceof SinkError)) throw error;
    failure = error;
  }
  if (signal.aborted) sink.abandon();
  const stopped = signal.aborted ? 'interrupted' : failure === undefined ? undefined : 'sink-gone';
  return {
    ...player.played(clock.now()),
    ...(stopped === undefined ? {} : { stopped }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Waits for work that a sink which takes nothing may hold up; false when the signal came first. */
function doneBefore(signal: AbortSignal, work: Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(false);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(() => resolve(true), reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Knows what is due, and keeps account of what was delivered. */
class Player {
  place = 0;
  readonly #plan: Plan;
  readonly #bytesOf: PlannedLines;
  readonly #event: Int32Array;
  readonly #speed: number;
  readonly #start: number;
  readonly #heard: Uint8Array;
  /** By place, ms; empty at the greatest speed. */
  readonly #late: Float32Array;
  #events = 0;
  #bytes = 0;

  constructor(recording: Recording, plan: Plan, speed: number, start: number) {
    this.#plan = plan;
    this.#bytesOf = new PlannedLines(recording, plan);
    this.#event = recording.event;
    this.#speed = speed;
    this.#start = start;
    this.#heard = new Uint8Array(recording.events.length);
    this.#late = new Float32Array(Number.isFinite(speed) ? plan.lines.length : 0);
  }

  /** How long to wait for the next line, in ms; 0 or less when it is due. */
  untilDue(now: number): number {
    return Number.isFinite(this.#speed) ? this.#dueAt(this.place) - now : 0;
  }

  /** The next lines that are due, one at least. */
  batch(now: number): SentLine[] {
    const batch: SentLine[] = [];
    let size = 0;
    for (let at = this.place; at < this.#plan.lines.length && size < BATCH; at++) {
      if (at > this.place && Number.isFinite(this.#speed) && this.#dueAt(at) > now) break;
      const bytes = this.#bytesOf.bytes(at);
      batch.push({ line: this.#plan.lines[at], bytes });
      size += bytes.length + 1;
    }
    return batch;
  }

  /** A batch was taken; `now`: when it was handed over. */
  delivered(batch: readonly SentLine[], now: number): void {
    for (const { line, bytes } of batch) {
      if (this.#late.length > 0) this.#late[this.place] = now - this.#dueAt(this.place);
      this.place++;
      this.#bytes += bytes.length + 1;
      const event = this.#event[line];
      if (event < 0 || this.#heard[event] === 1) continue;
      this.#heard[event] = 1;
      this.#events++;
    }
  }

  played(now: number): Played {
    const late = this.#late.subarray(0, this.place).sort();
    return {
      lines: this.place,
      events: this.#events,
      bytes: this.#bytes,
      took: now - this.#start,
      ...(late.length === 0 ? {} : { lateness: latenessOf(late) }),
    };
  }

  #dueAt(place: number): number {
    const { due } = this.#plan;
    return this.#start + (due[place] - due[0]) / this.#speed;
  }
}

/** `late`: ms, rising, not empty. */
function latenessOf(late: Float32Array): Lateness {
  const at = (share: number): number => late[Math.ceil(late.length * share) - 1];
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
