/**
 * From what stands on the command line to streams of bytes: files, folders of rotated
 * logs, standard input, each plain or gzip.
 *
 * What cannot be read is a fault of kind `unreadable` or `gzip-damaged` and hides
 * nothing else: all other inputs are still read.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { codeOf } from '../base/errors.ts';
import { type Fault, type FaultKind, faultOf } from '../model/fault.ts';
import type { TraceOrigin } from '../model/trace.ts';
import { gunzip, gunzipHead, isGzip } from './gunzip.ts';
import { ahead, readChunks } from './read.ts';
import { isTraceFolder, lossesOf, originsOf, readTrace, withSegment } from './trace.ts';

/** One input, ready to be read once. */
export interface Input {
  /** As given: a path, or `-`. */
  readonly name: string;
  /**
   * The bytes, decompressed. A chunk is valid until the next one is asked for: its
   * memory is used again.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Of an input that belongs to a trace of `godo record`. */
  readonly origin?: TraceOrigin;
}

/** What to tell the caller while inputs are read. */
export interface InputOptions {
  /** Called for each input that cannot be read, or not to its end. */
  readonly onFault: (fault: Fault) => void;
  /**
   * Called after each read with the bytes read so far, before decompression, over all
   * inputs, and how many there are in all, if that is known.
   */
  readonly onProgress?: (read: number, total: number | undefined) => void;
  /** Leaves the process connector's account out of traces: the answer from audit alone. */
  readonly withoutConnector?: boolean;
  /** What `-` stands for; by default the standard input of this program. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** The name for standard input. */
export const STDIN = '-';

interface Source {
  readonly name: string;
  /** Bytes on disk, where that is known. */
  readonly size: number | undefined;
  readonly origin?: TraceOrigin;
}

/** Tells a text log from other files; the first bytes of a log hold whole records. */
const HEAD = 64 * 1024;
/** Compressed bytes to look at: few, since they may stand for a thousand times as many. */
const GZIP_HEAD = 4096;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'too many symbolic links',
  EISDIR: 'it is a folder',
};

/** Opens the inputs that the arguments name, one after the other, in a fixed order. */
export async function* openInputs(
  args: readonly string[],
  options: InputOptions,
): AsyncGenerator<Input, void> {
  const sources: Source[] = [];
  for (const arg of args) for (const source of await expand(arg, options)) sources.push(source);
  const progress = new Progress(sources, options);
  for (const source of sources) {
    if (source.name === STDIN) {
      const bytes = options.stdin ?? process.stdin;
      yield { name: STDIN, chunks: decoded(STDIN, progress.counted(bytes), undefined, options) };
    } else {
      yield* openFile(source, progress, options);
    }
  }
}

async function* openFile(
  { name, size, origin }: Source,
  progress: Progress,
  options: InputOptions,
): AsyncGenerator<Input, void> {
  let file: FileHandle;
  try {
    file = await withSegment(name, (path) => open(path));
  } catch (error) {
    options.onFault(unreadable(name, error));
    return;
  }
  try {
    const seekable = size !== undefined;
    const again = seekable ? () => readChunks(file, true) : undefined;
    const bytes = progress.counted(readChunks(file, seekable));
    yield { name, chunks: decoded(name, bytes, again, options), origin };
  } finally {
    await file.close();
  }
}

/** The sources that one argument stands for. */
async function expand(arg: string, options: InputOptions): Promise<Source[]> {
  const { onFault } = options;
  if (arg === STDIN) return [{ name: STDIN, size: undefined }];
  try {
    const status = await stat(arg);
    if (!status.isDirectory())
      return [{ name: arg, size: status.isFile() ? status.size : undefined }];
    const logs = await logsIn(arg, options);
    if (logs.length === 0) onFault(sourceFault('unreadable', arg, 'no audit log in this folder'));
    return logs;
  } catch (error) {
    onFault(unreadable(arg, error));
    return [];
  }
}

/** The audit logs directly in a folder, by name. Hidden files and everything else is passed over. */
async function logsIn(folder: string, options: InputOptions): Promise<Source[]> {
  const { onFault } = options;
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  if (isTraceFolder(names)) return segmentsOf(folder, options);
  const logs: Source[] = [];
  for (const name of names) {
    const path = folder.endsWith('/') ? folder + name : `${folder}/${name}`;
    try {
      const status = await stat(path);
      if (status.isFile() && (await isLog(path))) logs.push({ name: path, size: status.size });
    } catch (error) {
      onFault(unreadable(path, error));
    }
  }
  return logs;
}

/** The segments of a trace that are evidence. What its recorder lost is reported. */
async function segmentsOf(
  folder: string,
  { onFault, withoutConnector }: InputOptions,
): Promise<Source[]> {
  const { manifest, journal, files } = await readTrace(folder);
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  for (const { place, reason } of lossesOf(journal)) {
    const at = place === undefined ? folder : prefix + place.file;
    onFault(sourceFault('recorder-loss', at, reason, place?.offset));
  }
  const origins = manifest === undefined ? undefined : originsOf(manifest);
  const segments: Source[] = [];
  for (const { path, source } of files) {
    if (source === 'hints' || (source === 'connector' && withoutConnector === true)) continue;
    const origin = origins?.[source];
    // Without a manifest nothing tells the connector's clock.
    if (source === 'connector' && origin === undefined) continue;
    const { size } = await withSegment(path, (file) => stat(file));
    segments.push({ name: path, size, origin });
  }
  return segments;
}

/** By content: text, plain or in gzip, with an audit record near its start. Throws what reading throws. */
export async function isLog(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = buffer.subarray(0, bytesRead);
    if (!isGzip(head)) return hasRecord(head);
    const text = gunzipHead(head.subarray(0, GZIP_HEAD));
    // A damaged one is taken, so that its damage is reported rather than passed over.
    return text === undefined || hasRecord(text);
  } finally {
    await file.close();
  }
}

function hasRecord(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length);
  return text.includes('audit(') || text.includes('audit[');
}

/** Decompresses where needed; an error ends the input and is reported. */
async function* decoded(
  name: string,
  raw: AsyncIterable<Uint8Array>,
  again: (() => AsyncIterable<Uint8Array>) | undefined,
  { onFault }: InputOptions,
): AsyncGenerator<Uint8Array, void> {
  let offset = 0;
  const onDamage = (reason: string, at: number): void =>
    onFault(sourceFault('gzip-damaged', name, reason, at));
  try {
    const { head, whole } = await peek(raw);
    const options = again === undefined ? { onDamage } : { onDamage, again };
    for await (const chunk of isGzip(head) ? ahead(gunzip(whole, options)) : whole) {
      offset += chunk.length;
      yield chunk;
    }
  } catch (error) {
    onFault(unreadable(name, error, offset));
  }
}

/** The first bytes, two at least if there are as many, and the whole with them. */
async function peek(
  raw: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const iterator = raw[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  for (let next = await iterator.next(); ; next = await iterator.next()) {
    if (next.done) break;
    // Copied only when a first chunk of one byte makes it necessary.
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    if (head.length >= 2) break;
    head = Uint8Array.from(head);
  }
  return { head, whole: resumed(head, iterator) };
}

async function* resumed(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Counts the bytes read, over all inputs. */
class Progress {
  readonly #total: number | undefined;
  readonly #report: InputOptions['onProgress'];
  #read = 0;

  constructor(sources: readonly Source[], { onProgress }: InputOptions) {
    let total: number | undefined = 0;
    for (const { size } of sources) {
      total = total === undefined || size === undefined ? undefined : total + size;
    }
    this.#total = total;
    this.#report = onProgress;
  }

  async *counted(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of raw) {
      this.#read += chunk.length;
      this.#report?.(this.#read, this.#total);
      yield chunk;
    }
  }
}

function sourceFault(kind: FaultKind, input: string, reason: string, offset?: number): Fault {
  return faultOf(kind, reason, offset === undefined ? { input } : { input, offset });
}

function unreadable(name: string, error: unknown, offset?: number): Fault {
  return sourceFault('unreadable', name, reasonOf(error), offset);
}

/** Why something could not be read, in words that do not depend on the machine. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? String(error) : (REASONS[code] ?? code);
}
