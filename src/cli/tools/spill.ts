/**
 * Sorted runs in temporary files. A file loses its name as soon as it is open, so that nothing is
 * left of it however the program ends.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CanonicalOrder } from '../../replay/canonical.ts';
import { MergedRuns, type RunCursor } from '../../replay/runs.ts';
import { OutputError } from '../output/output.ts';
import { cannotWrite } from '../output/output-file.ts';

/** Before each line in a run: its length, stream, group and lead, then major, minor and place. */
const HEAD = 40;
const CHUNK = 1 << 16;
/** Runs that are merged at a time: as many files and buffers are open at once. */
const FAN_IN = 64;

/** A run in a file, or what is written to become one. */
class FileRun {
  readonly #fd: number;
  readonly #folder: string;
  #buffer = Buffer.allocUnsafe(CHUNK);
  #used = 0;
  #size = 0;

  /** Throws OutputError. */
  constructor(folder: string, number: number) {
    const path = join(folder, `godo-sort-${process.pid}-${number}`);
    this.#folder = folder;
    try {
      this.#fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Takes all lines of a run that is read from its start. Throws OutputError. */
  write(next: () => RunCursor | undefined): void {
    for (let line = next(); line !== undefined; line = next()) this.#add(line);
    this.#flush();
    this.#buffer = Buffer.alloc(0);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Reads it from its start. */
  cursor(): RunCursor {
    return new FileCursor(this.#fd, this.#size);
  }

  #add({ bytes, start, end, stream, group, lead, major, minor, place }: RunCursor): void {
    const length = end - start;
    if (this.#used + HEAD + length > this.#buffer.length) {
      this.#flush();
      if (HEAD + length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(HEAD + length);
    }
    const buffer = this.#buffer;
    const at = this.#used;
    buffer.writeUInt32LE(length, at);
    buffer.writeUInt32LE(stream, at + 4);
    buffer.writeUInt32LE(group, at + 8);
    buffer.writeUInt32LE(lead, at + 12);
    buffer.writeDoubleLE(major, at + 16);
    buffer.writeDoubleLE(minor, at + 24);
    buffer.writeDoubleLE(place, at + 32);
    bytes.copy(buffer, at + HEAD, start, end);
    this.#used = at + HEAD + length;
  }

  #flush(): void {
    try {
      for (let at = 0; at < this.#used; ) {
        at += writeSync(this.#fd, this.#buffer, at, this.#used - at);
      }
    } catch (error) {
      throw this.#failure(error);
    }
    this.#size += this.#used;
    this.#used = 0;
  }

  #failure(error: unknown): OutputError {
    const { message } = cannotWrite(this.#folder, error);
    return new OutputError(`${message} (the folder for temporary files; --tmp names another)`);
  }
}

class FileCursor implements RunCursor {
  readonly #fd: number;
  readonly #size: number;
  /** Bytes of the file that are in the buffer or were. */
  #read = 0;
  #filled = 0;
  bytes = Buffer.allocUnsafe(CHUNK);
  start = 0;
  end = 0;
  stream = 0;
  group = 0;
  lead = 0;
  major = 0;
  minor = 0;
  place = 0;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }

  next(): boolean {
    if (!this.#have(HEAD)) return false;
    const length = this.bytes.readUInt32LE(this.end);
    this.#have(HEAD + length);
    const { bytes, end: at } = this;
    this.stream = bytes.readUInt32LE(at + 4);
    this.group = bytes.readUInt32LE(at + 8);
    this.lead = bytes.readUInt32LE(at + 12);
    this.major = bytes.readDoubleLE(at + 16);
    this.minor = bytes.readDoubleLE(at + 24);
    this.place = bytes.readDoubleLE(at + 32);
    this.start = at + HEAD;
    this.end = at + HEAD + length;
    return true;
  }

  /** Has the next bytes in the buffer, from `end` on; false at the end of the run. */
  #have(need: number): boolean {
    const rest = this.#filled - this.end;
    if (rest >= need) return true;
    if (rest === 0 && this.#read === this.#size) return false;
    const old = this.bytes;
    if (need > old.length) this.bytes = Buffer.allocUnsafe(2 * need);
    old.copy(this.bytes, 0, this.end, this.#filled);
    this.#filled = rest;
    this.end = 0;
    while (this.#filled < need) this.#fill();
    return true;
  }

  #fill(): void {
    const room = Math.min(this.bytes.length - this.#filled, this.#size - this.#read);
    const count = readSync(this.#fd, this.bytes, this.#filled, room, this.#read);
    if (count === 0) throw new Error('a temporary file ended too early');
    this.#filled += count;
    this.#read += count;
  }
}

/** All runs of a sort that are not in memory. */
export class Spill {
  readonly #folder: string;
  readonly #order: CanonicalOrder;
  readonly #fanIn: number;
  /** By how often their lines were written; never as many at once as are merged at a time. */
  readonly #levels: FileRun[][] = [];
  readonly #open = new Set<FileRun>();
  #made = 0;

  constructor(folder: string, order: CanonicalOrder, fanIn = FAN_IN) {
    this.#folder = folder;
    this.#order = order;
    this.#fanIn = fanIn;
  }

  /** Writes a run. Throws OutputError. */
  add(run: RunCursor): void {
    this.#put(0, () => (run.next() ? run : undefined));
  }

  /** All runs, and one in memory, as one. Throws OutputError. */
  merged(last: RunCursor): MergedRuns {
    let runs = this.#levels.flat();
    while (runs.length >= this.#fanIn) {
      const some = runs.slice(0, this.#fanIn);
      runs = [...runs.slice(this.#fanIn), this.#merge(some)];
    }
    return new MergedRuns(this.#order, [...runs.map((run) => run.cursor()), last]);
  }

  /** All runs, one after the other; each is gone once it is read. What is added meanwhile stays. */
  *take(): Generator<RunCursor, void> {
    for (const run of this.#levels.splice(0).flat()) {
      yield run.cursor();
      this.#drop([run]);
    }
  }

  /** Gives all files back. Nothing of them can be read any more. */
  close(): void {
    for (const run of this.#open) run.close();
    this.#open.clear();
  }

  #put(level: number, next: () => RunCursor | undefined): void {
    const run = this.#write(next);
    const runs = (this.#levels[level] ??= []);
    runs.push(run);
    if (runs.length < this.#fanIn) return;
    this.#levels[level] = [];
    const merged = this.#mergedOf(runs);
    this.#put(level + 1, () => merged.next());
    this.#drop(runs);
  }

  #merge(runs: readonly FileRun[]): FileRun {
    const merged = this.#mergedOf(runs);
    const run = this.#write(() => merged.next());
    this.#drop(runs);
    return run;
  }

  #mergedOf(runs: readonly FileRun[]): MergedRuns {
    return new MergedRuns(
      this.#order,
      runs.map((run) => run.cursor()),
    );
  }

  #write(next: () => RunCursor | undefined): FileRun {
    const run = new FileRun(this.#folder, this.#made++);
    this.#open.add(run);
    run.write(next);
    return run;
  }

  #drop(runs: readonly FileRun[]): void {
    for (const run of runs) {
      run.close();
      this.#open.delete(run);
    }
  }
}
