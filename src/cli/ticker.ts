import { ProgressBar, type Screen } from './progress.ts';

/** Time between two lines, where nobody looks on. */
const PERIOD = 10_000;

/** Says how far long work is: at once on a terminal, elsewhere with a line now and then. */
export class Ticker {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #bar: ProgressBar;
  readonly #quiet: boolean;
  #said: number;

  /** `now`: a clock in milliseconds. */
  constructor(screen: Screen, now: () => number, quiet: boolean) {
    this.#screen = screen;
    this.#now = now;
    this.#bar = new ProgressBar(screen, now);
    this.#quiet = quiet;
    this.#said = now();
  }

  say(text: string): void {
    if (this.#quiet) return;
    if (this.#screen.isTTY === true) {
      this.#bar.announce(text);
      return;
    }
    const now = this.#now();
    if (now - this.#said < PERIOD) return;
    this.#said = now;
    this.#screen.write(`godo: ${text}\n`);
  }

  /** Takes away what a terminal shows. */
  clear(): void {
    this.#bar.clear();
  }
}
