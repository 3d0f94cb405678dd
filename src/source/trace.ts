/** Reads the folder of a trace: what its manifest and journal say, and what its segments hold. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { lineTime, typeOf } from '../base/audit-line.ts';
import { compareText } from '../base/compare.ts';
import { codeOf } from '../base/errors.ts';
import { Tally } from '../base/tally.ts';
import {
  type AliveProcess,
  JOURNAL_FILE,
  type JournalEntry,
  MANIFEST_FILE,
  type Manifest,
  type SegmentFacts,
  type SegmentSource,
  segmentOf,
  TRACE_FORMAT,
  type TraceOrigin,
  type TracePlace,
  TRACE_VERSION,
} from '../model/trace.ts';

const NEWLINE = 10;

/** A segment's file as it lies in the folder. */
export interface SegmentFile {
  /** The name before compression. */
  readonly file: string;
  readonly path: string;
  readonly source: SegmentSource;
  readonly number: number;
  readonly gzip: boolean;
}

/** A trace as it is on disk. */
export interface TraceFolder {
  /** Absent when the recorder was killed before it began. */
  readonly manifest?: Manifest;
  readonly journal: readonly JournalEntry[];
  readonly files: readonly SegmentFile[];
  /** Lines of the journal that cannot be read: one that was cut, at most, unless it is damaged. */
  readonly tornLines: number;
}

/** Whether a folder with files of these names is a trace: its journal is made first. */
export function isTraceFolder(names: readonly string[]): boolean {
  return names.includes(JOURNAL_FILE);
}

/**
 * Does something with a segment's file, by its path. The recorder may have compressed it
 * since it was listed: then it is done with the compressed one.
 */
export async function withSegment<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  try {
    return await use(path);
  } catch (error) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (codeOf(error) !== 'ENOENT' || segmentOf(name)?.gzip !== false) throw error;
    return use(`${path}.gz`);
  }
}

/** In order; of two forms of one segment the plain one. */
function segmentNames(names: readonly string[]): string[] {
  const all = new Set(names);
  // Between the making of the compressed one and the removal of the other, both are there.
  const isLeft = (name: string): boolean => !(name.endsWith('.gz') && all.has(name.slice(0, -3)));
  return names.filter((name) => segmentOf(name) !== undefined && isLeft(name)).sort(bySegment);
}

function bySegment(a: string, b: string): number {
  const [one, other] = [segmentOf(a), segmentOf(b)];
  if (one === undefined || other === undefined) return compareText(a, b);
  return compareText(one.source, other.source) || one.number - other.number;
}

/** Reads a trace. Throws an Error in words where the folder is not one, or of a later version. */
export async function readTrace(folder: string): Promise<TraceFolder> {
  if (!isTraceFolder(await readdir(folder))) throw new Error('it is not a trace of godo');
  // In this order: while it is being written, no segment is in the journal that is not there.
  const { journal, tornLines } = await readJournal(folder);
  const names = await readdir(folder);
  const files = segmentNames(names).map((name) => fileOf(folder, name));
  const manifest = names.includes(MANIFEST_FILE) ? await readManifest(folder) : undefined;
  return { ...(manifest === undefined ? {} : { manifest }), journal, files, tornLines };
}

function fileOf(folder: string, name: string): SegmentFile {
  const { source, number, gzip } = segmentOf(name) as NonNullable<ReturnType<typeof segmentOf>>;
  const file = gzip ? name.slice(0, -3) : name;
  return { file, path: `${folder}/${name}`, source, number, gzip };
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(`${folder}/${MANIFEST_FILE}`, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('its manifest cannot be read');
  }
  const manifest = value as Manifest | null;
  if (manifest?.format !== TRACE_FORMAT) throw new Error('its manifest is not that of a trace');
  if (!(manifest.version <= TRACE_VERSION)) {
    throw new Error(`its format has version ${manifest.version}; this godo reads ${TRACE_VERSION}`);
  }
  return manifest;
}

async function readJournal(
  folder: string,
): Promise<{ journal: JournalEntry[]; tornLines: number }> {
  const journal: JournalEntry[] = [];
  let tornLines = 0;
  for (const line of (await readFile(`${folder}/${JOURNAL_FILE}`, 'utf8')).split('\n')) {
    if (line === '') continue;
    try {
      journal.push(JSON.parse(line) as JournalEntry);
    } catch {
      tornLines++;
    }
  }
  return { journal, tornLines };
}

/** What analysis must know of a segment beside its bytes, by source. */
export function originsOf(manifest: Manifest): Record<'audit' | 'connector', TraceOrigin> {
  const { host, clock } = manifest;
  // What was fed through standard input may be from anywhere.
  const name = manifest.audit.mode === 'stdin' ? '' : host.name;
  const recorders = [manifest.recorder, ...(manifest.recorders ?? [])];
  const origin = { host: name, boot: `${name}/${host.boot_id}`, recorders };
  // The connector's events carry the monotonic clock (ktime_get_ns in drivers/connector/cn_proc.c).
  const ahead = BigInt(clock.start.realtime_ns) - BigInt(clock.start.monotonic_ns);
  return {
    audit: { ...origin, alive: aliveIn(manifest) },
    connector: { ...origin, connector: { offset: Number(ahead / 1000n) / 1000 } },
  };
}

function aliveIn({ host, clock, processes }: Manifest): AliveProcess[] {
  const booted = Number(
    (BigInt(clock.start.realtime_ns) - BigInt(clock.start.boottime_ns)) / 1_000_000n,
  );
  return processes.map(({ pid, ppid, start_ticks, comm, exe, args }) => {
    const born = booted + Math.floor((start_ticks * 1000) / host.clock_ticks);
    return { pid, ppid, born, comm, exe, args };
  });
}

/** Losses of evidence, in words. */
export function lossesOf(
  journal: readonly JournalEntry[],
): { reason: string; place: TracePlace | undefined }[] {
  const losses: { reason: string; place: TracePlace | undefined }[] = [];
  for (const entry of journal) {
    if (entry.kind !== 'loss') continue;
    const { cause, count, place } = entry;
    losses.push({ reason: count === undefined ? cause : `${cause}: ${count}`, place });
  }
  return losses;
}

/** What a segment holds, with what of it is not a whole line at its end. */
export interface SegmentContent extends SegmentFacts {
  readonly tornBytes: number;
}

/** Reads a segment to its end. Throws where that cannot be done. */
export function readSegment(segment: SegmentFile): Promise<SegmentContent> {
  return withSegment(segment.path, (path) =>
    readContent({ ...segment, path, gzip: path.endsWith('.gz') }),
  );
}

async function readContent(segment: SegmentFile): Promise<SegmentContent> {
  const hash = createHash('sha256');
  const counter = new LineCounter(segment.source);
  let bytes = 0;
  for await (const chunk of segmentChunks(segment)) {
    hash.update(chunk);
    bytes += chunk.length;
    counter.push(chunk);
  }
  return {
    file: segment.file,
    source: segment.source,
    bytes,
    sha256: hash.digest('hex'),
    ...counter.tally.facts(),
    tornBytes: counter.torn,
  };
}

/** A segment's bytes, decompressed. An error of reading is thrown. */
export function segmentChunks({ path, gzip }: SegmentFile): AsyncIterable<Buffer> {
  const file = createReadStream(path);
  if (!gzip) return file;
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

/** Counts lines by type, as the recorder counts them. */
class LineCounter {
  readonly #source: SegmentSource;
  #rest: Buffer = Buffer.alloc(0);
  readonly tally = new Tally();

  constructor(source: SegmentSource) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    const whole = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = whole.indexOf(NEWLINE); end >= 0; end = whole.indexOf(NEWLINE, at)) {
      this.#line(whole.subarray(at, end));
      at = end + 1;
    }
    this.#rest = Buffer.from(whole.subarray(at));
  }

  get torn(): number {
    return this.#rest.length;
  }

  #line(line: Buffer): void {
    const [type, time] = lineFacts(this.#source, line);
    this.tally.add(type, time);
  }
}

/** What a segment's account counts a line as: its type, and its time in ms (NaN without one). */
export function lineFacts(source: SegmentSource, line: Buffer): readonly [string, number] {
  return source === 'audit' ? [typeOf(line), lineTime(line)] : ofEvent(line);
}

/** The kind and time of a line of the connector's or of a hint; both start with the time in ns. */
function ofEvent(line: Buffer): [string, number] {
  const head = line.toString('latin1', 0, 80);
  const time = /^\{"t":(\d{1,20}),/.exec(head);
  const kind = /"ev":"(\w+)"/.exec(head);
  return [kind?.[1] ?? 'hint', time === null ? Number.NaN : Number(BigInt(time[1]) / 1_000_000n)];
}
