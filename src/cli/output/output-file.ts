/**
 * Where bytes go: standard output, or a file that is there only when it is whole. Until then it
 * has a temporary name beside its own.
 */
import {
  closeSync,
  fdatasyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf, wordsOf } from '../../base/errors.ts';
import { Gzipper } from '../../capture/gzip.ts';
import { atInterrupt } from './cleanup.ts';
import { OutputError, UsageError, writeAll } from './output.ts';

/** Takes bytes; whoever writes waits for each write, and ends with `finish` or `discard`. */
export interface ByteSink {
  /** False when nobody reads any more. Throws OutputError. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** What was written is all of it. Throws OutputError. */
  finish(): Promise<void>;
  /** It stays unfinished: nothing of it is left where that is possible. */
  discard(): void;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EROFS: 'the file system is read-only',
  EBUSY: 'it is in use',
  EIO: 'the disk reports an error',
};

/** What to throw where a path could not be written. */
export function cannotWrite(path: string, error: unknown): OutputError {
  if (error instanceof OutputError) return error;
  const code = codeOf(error) ?? '';
  return new OutputError(`${path}: ${WORDS[code] ?? wordsOf(error)}`);
}

/** What is at a path, not following a link; undefined for nothing, and where no path leads. */
export function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Where a path leads: what it is written through stays a link. */
export function throughLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The temporary name for what will be at `path`; a reader of folders passes over it. */
export function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.godo-${process.pid}`);
}

/** Standard output. */
export class StdoutSink implements ByteSink {
  async write(bytes: Uint8Array): Promise<boolean> {
    return (await writeAll(process.stdout, [bytes])) === 'written';
  }

  async finish(): Promise<void> {}

  discard(): void {}
}

/** A turn of the event loop, in which signals are heard. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A file, compressed if its name ends in `.gz`. Mode 0600, as traces have it. */
export class FileSink implements ByteSink {
  readonly #path: string;
  /** Undefined for what is no regular file, such as a fifo: that is written as it is. */
  readonly #temporary: string | undefined;
  readonly #fd: number;
  readonly #gzip: Gzipper | undefined;
  readonly #force: boolean;
  readonly #release: () => void;

  /** Throws UsageError where something is there, and OutputError where it cannot be made. */
  constructor(name: string, force: boolean) {
    const path = throughLinks(name);
    checkFree(path, force);
    const status = statusOf(path);
    this.#path = path;
    this.#force = force;
    this.#temporary = status === undefined || status.isFile() ? temporaryFor(path) : undefined;
    try {
      this.#fd =
        this.#temporary === undefined
          ? openSync(path, 'w')
          : openSync(this.#temporary, 'wx', 0o600);
    } catch (error) {
      throw cannotWrite(path, error);
    }
    this.#release = atInterrupt(() => this.#remove());
    this.#gzip = path.endsWith('.gz') ? new Gzipper((bytes) => this.#put(bytes)) : undefined;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      if (this.#gzip === undefined) this.#put(bytes);
      else await this.#gzip.write(bytes);
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
    await turn();
    return true;
  }

  async finish(): Promise<void> {
    try {
      await this.#gzip?.end();
      if (this.#temporary !== undefined) {
        fdatasyncSync(this.#fd);
        checkFree(this.#path, this.#force);
        renameSync(this.#temporary, this.#path);
      }
      closeSync(this.#fd);
      this.#release();
    } catch (error) {
      throw error instanceof UsageError ? error : cannotWrite(this.#path, error);
    }
  }

  discard(): void {
    this.#gzip?.discard();
    this.#remove();
    this.#release();
  }

  #remove(): void {
    try {
      if (this.#temporary !== undefined) unlinkSync(this.#temporary);
      closeSync(this.#fd);
    } catch {
      // It has its name already, or is gone.
    }
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}

/** An output that is there is only replaced when that was asked for. */
function checkFree(path: string, force: boolean): void {
  const status = statusOf(path);
  if (status?.isDirectory()) throw new UsageError(`${path} is a folder`);
  if (status?.isFile() && !force) {
    throw new UsageError(`${path} exists: --force replaces it`);
  }
}
