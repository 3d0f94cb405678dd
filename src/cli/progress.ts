/** Work shorter than this shows no bar. */
const PATIENCE = 1000;
/** Time between two drawings. */
const PERIOD = 100;
const WIDTH = 30;
const MEGABYTE = 1e6;

/** Where the bar is drawn: a terminal, or nothing happens. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress bar on a terminal, for work that takes more than a second. */
export class ProgressBar {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #start: number;
  #drawn = Number.NEGATIVE_INFINITY;

  /** `now`: a clock in milliseconds. */
  constructor(screen: Screen, now: () => number) {
    this.#screen = screen;
    this.#now = now;
    this.#start = now();
  }

  /** So many bytes of the input are read, of so many in all where that is known. */
  update(read: number, total: number | undefined): void {
    const now = this.#now();
    if (now - this.#drawn < PERIOD) return;
    this.#draw(barText(read, total, now - this.#start), now);
  }

  /** Work that cannot be measured has begun. */
  announce(what: string): void {
    this.#draw(what, this.#now());
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#drawn > 0) this.#screen.write('\r\u001b[K');
    this.#drawn = Number.NEGATIVE_INFINITY;
  }

  #draw(text: string, now: number): void {
    if (this.#screen.isTTY !== true || now - this.#start < PATIENCE) return;
    this.#screen.write(`\r\u001b[K${text}`);
    this.#drawn = now;
  }
}

function barText(read: number, total: number | undefined, ms: number): string {
  const speed = `${(read / MEGABYTE / (ms / 1000)).toFixed(0)} MB/s`;
  if (total === undefined || total === 0) return `${(read / MEGABYTE).toFixed(0)} MB  ${speed}`;
  const share = Math.min(1, read / total);
  const full = Math.floor(share * WIDTH);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent}  ${speed}`;
}
