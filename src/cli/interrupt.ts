import { constants } from 'node:os';

/** What a terminal and a shell end a program with. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the signals that end a program into one that it can heed; a second one ends it. */
export class Interrupt {
  /** The exit status of a program that was ended so; undefined until then. */
  status: number | undefined;
  readonly #abort = new AbortController();
  readonly #listeners = ENDING_SIGNALS.map((name) => ({ name, listener: () => this.#heed(name) }));

  constructor() {
    for (const { name, listener } of this.#listeners) process.on(name, listener);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From here on signals do what they always do. */
  end(): void {
    for (const { name, listener } of this.#listeners) process.off(name, listener);
  }

  #heed(name: (typeof ENDING_SIGNALS)[number]): void {
    this.end();
    this.status = 128 + constants.signals[name];
    this.#abort.abort();
  }
}
