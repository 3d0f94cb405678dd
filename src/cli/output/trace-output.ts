/** Writes lines as a trace: segments, journal and manifest, in a folder that is there once it is whole. */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, TraceFolder } from '../../capture/folder.ts';
import { BUFFER_BYTES, SegmentWriter } from '../../capture/segments.ts';
import {
  JOURNAL_FILE,
  type JournalEntry,
  type Loss,
  type SegmentFacts,
  type SegmentSource,
} from '../../model/trace.ts';
import { uniteJournals, uniteManifests, withDerivation } from '../../replay/manifests.ts';
import { isTraceFolder, lineFacts } from '../../source/trace.ts';
import { atInterrupt } from './cleanup.ts';
import { OutputError, UsageError } from './output.ts';
import { cannotWrite, statusOf, temporaryFor, throughLinks, turn } from './output-file.ts';
import {
  LEFT_OUT,
  LineAccount,
  type OutputOrigin,
  type OutputStream,
  type RecordingOutput,
  type Written,
} from './output-lines.ts';
import type { SourceTrace } from './sources.ts';

const LIMITS = { bytes: 64 * 2 ** 20, ms: Number.POSITIVE_INFINITY };
/** Losses that a manifest repeats; docs/trace-format.md. */
const MOST_LOSSES = 1000;
/** Bytes between two turns of the event loop. */
const TURN = 1 << 20;
const NEWLINE = 10;

export class TraceWriter implements RecordingOutput {
  readonly #path: string;
  readonly #force: boolean;
  readonly #traces: readonly SourceTrace[];
  readonly #origin: OutputOrigin;
  readonly #folder: TraceFolder;
  readonly #release: () => void;
  readonly #account = new LineAccount();
  readonly #segments: SegmentFacts[] = [];
  readonly #writers = new Map<SegmentSource, SegmentWriter>();
  #sinceTurn = 0;
  #failure: OutputError | undefined;

  /** `traces`: of one boot, one at least. Throws UsageError and OutputError. */
  constructor(name: string, force: boolean, traces: readonly SourceTrace[], origin: OutputOrigin) {
    this.#path = throughLinks(name.replace(/(?<=.)\/+$/, ''));
    this.#force = force;
    this.#traces = traces;
    this.#origin = origin;
    checkFree(this.#path, force);
    const temporary = temporaryFor(this.#path);
    try {
      makeFolder(temporary);
      this.#folder = new TraceFolder(temporary);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    this.#release = atInterrupt(() => this.#folder.remove());
  }

  nameHosts(): void {
    // A manifest names the host.
  }

  leaveOut(reason: string, count: number): void {
    this.#account.leaveOut(reason, count);
  }

  put(stream: OutputStream, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length >= BUFFER_BYTES) {
      this.leaveOut(LEFT_OUT.tooLong, 1);
      return false;
    }
    const source = sourceOf(stream);
    const writer = this.#writerOf(source);
    writer.reserve(length + 1);
    const { buffer, used } = writer;
    buffer.set(bytes.subarray(start, end), used);
    buffer[used + length] = NEWLINE;
    writer.used = used + length + 1;
    writer.count(...lineFacts(source, buffer.subarray(used, used + length)));
    this.#account.lines++;
    this.#sinceTurn += length;
    return this.#sinceTurn >= TURN;
  }

  async drain(): Promise<boolean> {
    this.#sinceTurn = 0;
    if (this.#failure !== undefined) throw this.#failure;
    await turn();
    return true;
  }

  async finish(): Promise<Written> {
    for (const writer of this.#writers.values()) {
      writer.flush();
      writer.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#writeAbout();
      await this.#folder.whenCompressed();
      this.#publish();
    } catch (error) {
      throw error instanceof UsageError ? error : cannotWrite(this.#path, error);
    }
    this.#release();
    return this.#account;
  }

  discard(): void {
    for (const writer of this.#writers.values()) {
      writer.halt();
      writer.close();
    }
    this.#folder.stopCompression();
    this.#folder.remove();
    this.#release();
  }

  #writerOf(source: SegmentSource): SegmentWriter {
    const known = this.#writers.get(source);
    if (known !== undefined) return known;
    const writer = new SegmentWriter(this.#folder.path, source, LIMITS, {
      onSegment: (segment) => {
        this.#segments.push(segment);
        this.#folder.compress(segment.file);
      },
      onLoss: () => {},
      onFailure: (reason, detail) => {
        const words = reason === 'disk-full' ? 'no space left on the disk' : detail;
        this.#failure ??= new OutputError(`${this.#path}: ${words}`);
      },
    });
    this.#writers.set(source, writer);
    return writer;
  }

  /** The journal and the manifest. No clock is asked: the same lines give the same files. */
  #writeAbout(): void {
    const { change = {}, derivation } = this.#origin;
    const united = uniteJournals(this.#traces.map(({ journal }) => journal));
    const entries = united.flatMap((entry) => {
      const changed = change.journal === undefined ? entry : change.journal(entry);
      return changed === undefined ? [] : [changed];
    });
    const original = uniteManifests(this.#traces.map((trace) => trace.manifest));
    const manifest = change.manifest?.(original) ?? original;
    const at = Math.max(manifest.created, ...entries.map((entry) => entry.at));
    const segments = this.#segments.map((segment): JournalEntry => {
      return { at, kind: 'segment', segment };
    });
    // What ended the recording stays the last word.
    const stops = entries.filter(({ kind }) => kind === 'stop');
    const others = entries.filter(({ kind }) => kind !== 'stop');
    const lines = [...others, ...segments, ...stops].map((entry) => `${JSON.stringify(entry)}\n`);
    writeFileSync(join(this.#folder.path, JOURNAL_FILE), lines.join(''), {
      mode: 0o600,
      flag: 'wx',
    });
    const whole = {
      ...withDerivation(manifest, derivation),
      ...(manifest.end === undefined
        ? {}
        : { segments: this.#segments, losses: lossesIn(entries) }),
    };
    this.#folder.writeManifest(whole);
    this.#folder.freeReserve();
  }

  #publish(): void {
    checkFree(this.#path, this.#force);
    const isThere = statusOf(this.#path) !== undefined;
    const old = join(dirname(this.#path), `.old-${process.pid}.godo`);
    if (isThere) renameSync(this.#path, old);
    renameSync(this.#folder.path, this.#path);
    if (isThere) new TraceFolder(old).remove();
  }
}

function sourceOf({ hints, origin }: OutputStream): SegmentSource {
  if (hints === true) return 'hints';
  return origin?.connector === undefined ? 'audit' : 'connector';
}

function lossesIn(entries: readonly JournalEntry[]): (Loss & { at: number })[] {
  return entries
    .flatMap((entry) => {
      if (entry.kind !== 'loss') return [];
      const { kind: _, ...loss } = entry;
      return [loss];
    })
    .slice(0, MOST_LOSSES);
}

/** What is there may be an empty folder, or a trace that is to be replaced. */
function checkFree(path: string, force: boolean): void {
  const status = statusOf(path);
  if (status === undefined) return;
  if (!status.isDirectory()) throw new UsageError(`${path} exists, and is no folder`);
  const names = readdirSync(path);
  if (names.length === 0) return;
  if (!isTraceFolder(names)) throw new UsageError(`${path} is a folder with other things in it`);
  if (!force) throw new UsageError(`${path} exists: --force replaces it`);
}
