/** The journal of a trace: what happened while recording, a line each, as it happens. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  JOURNAL_FILE,
  type JournalEntry,
  type Loss,
  type Manifest,
  type SegmentFacts,
} from '../model/trace.ts';

/** An entry before it gets its time; a distributive Omit. */
export type NewEntry = JournalEntry extends infer E
  ? E extends JournalEntry
    ? Omit<E, 'at'>
    : never
  : never;

/** Losses that the manifest repeats; the journal has all of them. */
const MOST_LOSSES = 1000;

export class Journal {
  readonly segments: SegmentFacts[] = [];
  readonly losses: (Loss & { at: number })[] = [];
  /** How many were lost in all, where that is known. */
  lost = 0;
  readonly #fd: number;
  readonly #onFull: () => void;

  /** `onFull` makes room when the disk is full. Throws where the file cannot be made. */
  constructor(folder: string, onFull: () => void) {
    this.#fd = openSync(join(folder, JOURNAL_FILE), 'ax', 0o600);
    this.#onFull = onFull;
  }

  add(entry: NewEntry): void {
    const at = Date.now();
    if (entry.kind === 'segment') this.segments.push(entry.segment);
    if (entry.kind === 'loss') {
      const { kind: _, ...loss } = entry;
      this.lost += loss.count ?? 0;
      if (this.losses.length < MOST_LOSSES) this.losses.push({ at, ...loss });
    }
    const line = `${JSON.stringify({ at, ...entry })}\n`;
    try {
      writeSync(this.#fd, line);
    } catch {
      this.#onFull();
      this.#again(line);
    }
  }

  /** What the manifest takes from here when recording ends. */
  forManifest(): Pick<Manifest, 'segments' | 'losses'> {
    return { segments: this.segments, losses: this.losses };
  }

  close(): void {
    try {
      fdatasyncSync(this.#fd);
    } catch {
      // The disk may be gone.
    }
    closeSync(this.#fd);
  }

  #again(line: string): void {
    try {
      // The first try may have left a part of a line.
      writeSync(this.#fd, `\n${line}`);
    } catch {
      // The manifest repeats it, if there is room for that.
    }
  }
}
