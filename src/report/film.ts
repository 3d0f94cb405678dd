/** A recording as a film of its tree: where one is in it, and how fast it goes on. */
import type { ProcessDocument } from '../model/process.ts';
import { cutSegments, paint, type Segment } from './columns.ts';
import { durationText, isoTime } from './time.ts';
import { renderWindow } from './tree.ts';

const SLOWEST = 2 ** -10;
const FASTEST = 2 ** 16;

/** Times in ms since the epoch. */
export class Film {
  readonly processes: readonly ProcessDocument[];
  readonly from: number;
  readonly until: number;
  /** Moments at which the tree changes, rising. */
  readonly #changes: Float64Array;
  speed: number;
  position: number;
  paused = false;
  /** Shows only who lives. */
  living = false;

  constructor(
    processes: readonly ProcessDocument[],
    { from, until, speed }: { from: number; until: number; speed: number },
  ) {
    this.processes = processes;
    this.from = from;
    this.until = until;
    const isMax = !Number.isFinite(speed);
    this.speed = isMax ? 1 : speed;
    this.position = isMax ? until : from;
    this.#changes = changesOf(processes, from, until);
  }

  get isOver(): boolean {
    return this.position >= this.until;
  }

  /** So many ms have passed. */
  pass(ms: number): void {
    if (!this.paused) this.position = Math.min(this.until, this.position + ms * this.speed);
  }

  /** To the next change, or back to the one before, and stops there. */
  step(forward: boolean): void {
    this.paused = true;
    const changes = this.#changes;
    const next = forward
      ? changes.find((at) => at > this.position)
      : changes.findLast((at) => at < this.position);
    this.position = next ?? (forward ? this.until : this.from);
  }

  /** Twice as fast, or half as fast. */
  change(faster: boolean): void {
    const speed = faster ? this.speed * 2 : this.speed / 2;
    this.speed = Math.min(FASTEST, Math.max(SLOWEST, speed));
  }

  restart(): void {
    this.position = this.from;
  }
}

function changesOf(
  processes: readonly ProcessDocument[],
  from: number,
  until: number,
): Float64Array {
  const moments = new Set<number>([from, until]);
  const add = (moment: number | undefined): void => {
    if (moment !== undefined && moment > from && moment < until) moments.add(moment);
  };
  for (const { start_timestamp, exit_timestamp, execve } of processes) {
    add(start_timestamp);
    add(exit_timestamp);
    for (const { timestamp } of execve) add(timestamp);
  }
  return Float64Array.from(moments).sort();
}

/** What a picture is drawn for. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
  /** The first row shown; without it the newest process is in the middle. */
  readonly top?: number;
}

/** The screen as rows, the last one the state of the film; and the first row of the tree shown. */
export function picture(film: Film, frame: Frame): { rows: readonly string[]; top: number } {
  const { width, height, color } = frame;
  // Times of the recording are whole.
  const at = Math.floor(film.position);
  const options = { width, color, ...(film.living ? { at } : { soFar: at }) };
  const space = Math.max(0, height - 1);
  const window = { height: space, ...(frame.top === undefined ? {} : { top: frame.top }) };
  const { rows, top, total } = renderWindow(film.processes, options, window);
  const below = Array.from({ length: space - rows.length }, () => '');
  const shown = total === 0 ? 'nobody' : `${top + 1}–${top + rows.length} of ${total}`;
  return { rows: [...rows, ...below, statusLine(film, shown, frame)], top };
}

function statusLine(film: Film, shown: string, { width, color }: Frame): string {
  const { position, from, until, speed, paused, living, isOver } = film;
  const state = isOver ? 'end' : paused ? 'paused' : 'plays';
  const passed = `${durationText(Math.floor(position - from))} of ${durationText(until - from)}`;
  const keys = 'space pause  . , step  + - speed  l living  r again  q end';
  const segments: Segment[] = [
    { text: `${state} ×${speed}  ${passed}`, style: 'bold' },
    { text: `  ${living ? 'living ' : ''}${shown}  ${isoTime(position)}`, style: 'plain' },
    { text: `  ${keys}`, style: 'dim' },
  ];
  return paint(cutSegments(segments, width), color);
}
