/** The listening thread as the recorder sees it. */
import { Worker } from 'node:worker_threads';
import { segmentFile, type TracePlace } from '../model/trace.ts';
import {
  type ListenerData,
  type ListenerMessage,
  SHARED,
  SHARED_BYTES,
  SHARED_DOUBLES,
  TOTALS,
} from './listener-messages.ts';

/** In megabytes: the thread makes little garbage, and a young heap of its own is most of its cost. */
const YOUNG_HEAP = 4;

export class Listener {
  readonly #worker: Worker;
  readonly #flags: Int32Array;
  readonly #totals: Float64Array;
  readonly #done: Promise<void>;

  /** `onMessage` is told what the thread tells, in order. */
  constructor(data: Omit<ListenerData, 'shared'>, onMessage: (message: ListenerMessage) => void) {
    const shared = new SharedArrayBuffer(SHARED_BYTES);
    this.#flags = new Int32Array(shared, 0, SHARED_DOUBLES / 4);
    this.#totals = new Float64Array(shared, SHARED_DOUBLES);
    this.#worker = new Worker(new URL('./listener.js', import.meta.url), {
      workerData: { ...data, shared },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP },
    });
    this.#worker.on('message', onMessage);
    this.#done = new Promise((resolve, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('exit', () => resolve());
    });
    this.#done.catch((error: unknown) =>
      onMessage({ kind: 'failure', reason: 'source-failed', detail: String(error) }),
    );
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#totals[TOTALS.bytes];
  }

  /** Audit messages received so far. */
  get records(): number {
    return this.#totals[TOTALS.records];
  }

  /** Where the next audit record will be. */
  get place(): TracePlace {
    const number = this.#totals[TOTALS.segment] || 1;
    return { file: segmentFile('audit', number), offset: this.#totals[TOTALS.offset] };
  }

  /** What comes from now on is not written, only counted. */
  halt(): void {
    Atomics.store(this.#flags, SHARED.halt, 1);
  }

  /** Ends the thread once the sockets are empty, and waits until it has. */
  async stop(): Promise<void> {
    Atomics.store(this.#flags, SHARED.stop, 1);
    try {
      await this.#done;
    } catch {
      // Told as a failure already.
    }
  }
}
