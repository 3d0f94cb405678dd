/** `godo replay --view`: the tree of a recording as it grew, in a terminal. */
import { Film, picture } from '../../report/film.ts';
import { analyzeInputs, EXIT } from '../analysis.ts';
import type { Moment } from './replay.ts';
import { terminalOf } from '../terminal.ts';

export interface ViewOptions {
  readonly speed: number;
  readonly from?: Moment;
  readonly until?: Moment;
}

/** Shows the recording; gives the exit status. Needs a terminal on stdin and stdout. */
export async function viewCommand(names: readonly string[], options: ViewOptions): Promise<number> {
  const analysis = await analyzeInputs(names);
  if (analysis === undefined) return EXIT.unreadable;
  const { first_timestamp: first = 0, last_timestamp: last = 0, faults } = analysis.summary;
  const from = momentOf(options.from, first) ?? first;
  const until = Math.max(from, momentOf(options.until, first) ?? last);
  const film = new Film([...analysis.processes], { from, until, speed: options.speed });
  await new Screen(film).run();
  return (faults.unreadable ?? 0) > 0 ? EXIT.unreadable : EXIT.fine;
}

function momentOf(moment: Moment | undefined, begin: number): number | undefined {
  if (moment === undefined) return undefined;
  return 'at' in moment ? moment.at : begin + moment.after;
}

/** A picture is drawn at most so often, in ms; a large tree less often, so that keys are heard. */
const PERIOD = 50;
const REST = 4;
const USUAL_HEIGHT = 24;

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;
const CTRL_C = '\u0003';

/** The terminal while a film is shown: its keys, its size, and its state afterwards. */
class Screen {
  readonly #film: Film;
  /** The first row shown; undefined follows the newest process. */
  #top: number | undefined;
  #shownTop = 0;
  #timer: NodeJS.Timeout | undefined;
  #before = performance.now();
  #isShown = false;
  #end: () => void = () => {};

  constructor(film: Film) {
    this.#film = film;
  }

  /** Until a key ends it. However the program ends, the terminal is as it was. */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const leave = (): void => this.#leave();
    const kill = (signal: NodeJS.Signals): void => {
      for (const name of SIGNALS) process.off(name, kill);
      this.#leave();
      process.kill(process.pid, signal);
    };
    const press = (keys: Buffer): void => this.#press(keys.toString('latin1'));
    const redraw = (): void => this.#draw();
    process.once('exit', leave);
    for (const signal of SIGNALS) process.on(signal, kill);
    // Without a terminal Node aborts as it ends (ResetStdio), unless a signal ends it.
    const lose = (): void => kill('SIGHUP');
    process.stdin.on('data', press).on('end', lose).on('error', lose);
    process.stdout.on('resize', redraw);
    try {
      this.#enter();
      this.#draw();
      await ended;
    } finally {
      this.#leave();
      process.stdout.off('resize', redraw);
      process.stdin.off('data', press).off('end', lose).off('error', lose).pause();
      for (const signal of SIGNALS) process.off(signal, kill);
      process.off('exit', leave);
    }
  }

  #enter(): void {
    this.#isShown = true;
    process.stdin.setRawMode(true);
    process.stdout.write(ENTER);
  }

  /** Writes to a terminal are done when they return, so this is good in an exit handler, too. */
  #leave(): void {
    clearTimeout(this.#timer);
    if (!this.#isShown) return;
    this.#isShown = false;
    process.stdout.write(LEAVE);
    process.stdin.setRawMode(false);
  }

  #draw(): void {
    if (!this.#isShown) return;
    clearTimeout(this.#timer);
    const film = this.#film;
    const now = performance.now();
    film.pass(now - this.#before);
    this.#before = now;
    const { rows, top } = picture(film, {
      ...terminalOf(process.stdout, process.env),
      height: process.stdout.rows || USUAL_HEIGHT,
      ...(this.#top === undefined ? {} : { top: this.#top }),
    });
    this.#shownTop = top;
    // Cleared before it is drawn: behind a full row that would take its last character.
    process.stdout.write(HOME + rows.map((row) => CLEAR_LINE + row).join('\r\n'));
    if (film.paused || film.isOver) return;
    const wait = Math.max(PERIOD, (performance.now() - now) * REST);
    this.#timer = setTimeout(() => this.#draw(), wait);
  }

  #press(keys: string): void {
    for (const [key] of keys.matchAll(KEY)) this.#act(key);
    this.#draw();
  }

  #act(key: string): void {
    const film = this.#film;
    // What has passed, passed as it was.
    const now = performance.now();
    film.pass(now - this.#before);
    this.#before = now;
    const page = (process.stdout.rows || USUAL_HEIGHT) - 2;
    switch (key) {
      case 'q':
      case CTRL_C:
        this.#end();
        break;
      case ' ':
        film.paused = !film.paused;
        break;
      case '.':
      case ',':
        film.step(key === '.');
        break;
      case '+':
      case '=':
      case '-':
        film.change(key !== '-');
        break;
      case 'l':
        film.living = !film.living;
        break;
      case 'r':
        film.restart();
        break;
      case 'f':
        this.#top = undefined;
        break;
      default:
        this.#scroll(SCROLLS.get(key.replace('O', '[')) ?? 0, page);
    }
  }

  #scroll(pages: number, page: number): void {
    if (pages === 0) return;
    const rows = Math.abs(pages) < 1 ? Math.sign(pages) : pages * page;
    this.#top = Math.max(0, this.#shownTop + rows);
    this.#shownTop = this.#top;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: keys send it
const KEY = /\u001b[[O][0-9;]*[A-Za-z~]|[^]/g;
/** Pages by key; a row is less than one. */
const SCROLLS: ReadonlyMap<string, number> = new Map([
  ['\u001b[A', -0.5],
  ['\u001b[B', 0.5],
  ['\u001b[5~', -1],
  ['\u001b[6~', 1],
]);
