/** The folder of a trace: its manifest, its compression, and that it is still there. */
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  createReadStream,
  createWriteStream,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { JOURNAL_FILE, MANIFEST_FILE, type Manifest, segmentOf } from '../model/trace.ts';

const RESERVE = '.reserve';
/** For the journal's last lines, beside the manifest's rewriting. */
const RESERVE_BYTES = 64 * 1024;

/** Makes the folder, which must be absent or empty. Throws an Error with words for the user. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (readdirSync(path).length > 0) throw new Error(`${path} is not empty`);
}

export class TraceFolder {
  readonly path: string;
  readonly #inode: number;
  /** One at a time: recording comes first. */
  #compressing: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(path: string) {
    this.path = path;
    this.#inode = statSync(path).ino;
  }

  /** Hands the folder and all in it to a user. */
  giveTo(uid: number, gid: number): void {
    for (const name of readdirSync(this.path)) chownSync(join(this.path, name), uid, gid);
    chownSync(this.path, uid, gid);
  }

  /** Whether the folder is still where it was. */
  isThere(): boolean {
    try {
      return statSync(this.path).ino === this.#inode;
    } catch {
      return false;
    }
  }

  /** Writes the manifest: after a crash either the old or the new one is there, whole. */
  writeManifest(manifest: Manifest): void {
    const temporary = join(this.path, `.${MANIFEST_FILE}`);
    const text = `${JSON.stringify(manifest, undefined, 1)}\n`;
    writeFile(temporary, Buffer.from(text));
    renameSync(temporary, join(this.path, MANIFEST_FILE));
    this.#syncNames();
    // The last manifest is needed most when the disk is full.
    if (manifest.end === undefined) {
      writeFile(join(this.path, RESERVE), Buffer.alloc(2 * text.length + RESERVE_BYTES, '.'));
    }
  }

  /** Gives back the room that was kept. */
  freeReserve(): void {
    removeFile(join(this.path, RESERVE));
  }

  /** What these files hold by now outlives a power loss. Files that are not there are passed over. */
  async sync(files: readonly string[]): Promise<void> {
    for (const file of files) {
      try {
        const handle = await open(join(this.path, file), 'r');
        try {
          await handle.datasync();
        } finally {
          await handle.close();
        }
      } catch {
        // Not begun, compressed already, or gone with the folder, which is told elsewhere.
      }
    }
  }

  /** Compresses a segment in the background, one after the other. */
  compress(file: string): void {
    this.#compressing = this.#compressAfter(this.#compressing, file);
  }

  async #compressAfter(others: Promise<void>, file: string): Promise<void> {
    await others;
    if (this.#stop.signal.aborted) return;
    try {
      await gzipFile(join(this.path, file), this.#stop.signal);
    } catch {
      // The segment stays as it is: compression only saves room.
      removeFile(join(this.path, temporaryOf(file)));
    }
  }

  /** Waits until all is compressed that was to be. */
  whenCompressed(): Promise<void> {
    return this.#compressing;
  }

  /** Compresses no more, and gives up what is under way: there may be no room for it. */
  stopCompression(): void {
    this.#stop.abort();
  }

  /** The same, and waits until it is so. */
  async finishCompression(): Promise<void> {
    this.stopCompression();
    await this.#compressing;
  }

  /** Removes the trace: all that godo has made in it, and the folder once it is empty. */
  remove(): void {
    try {
      for (const name of readdirSync(this.path)) {
        const ours = name === MANIFEST_FILE || name === JOURNAL_FILE || name.startsWith('.');
        if (ours || segmentOf(name) !== undefined) removeFile(join(this.path, name));
      }
      rmdirSync(this.path);
    } catch {
      // What is in it is not ours.
    }
  }

  #syncNames(): void {
    const fd = openSync(this.path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function writeFile(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function temporaryOf(file: string): string {
  return `.${file}.gz`;
}

/** Replaces a file by its compressed form: at every moment one of them is there, whole. */
async function gzipFile(path: string, signal: AbortSignal): Promise<void> {
  const cut = path.lastIndexOf('/') + 1;
  const temporary = path.slice(0, cut) + temporaryOf(path.slice(cut));
  const output = createWriteStream(temporary, { mode: 0o600, flags: 'wx' });
  await pipeline(createReadStream(path), createGzip({ level: 4 }), output, { signal });
  if (!output.closed) await once(output, 'close');
  const handle = await open(temporary, 'r+');
  await handle.sync();
  await handle.close();
  await rename(temporary, `${path}.gz`);
  await unlink(path);
}

/** Removes a file that may be gone. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone.
  }
}
