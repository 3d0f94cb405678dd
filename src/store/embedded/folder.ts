/**
 * The folder of an embedded store, and how its files change all at once.
 *
 *   godo.json            which version of each file counts; replaced by rename
 *   godo.index           godo's own index of processes.bson
 *   godo.lock            there while somebody writes
 *   godo/                a database as mongodump writes it
 *     processes.bson     processes.metadata.json, and so on
 *
 * A new version of a file is written beside it, as `processes.bson.17`. From the moment at which
 * godo.json says that version 17 counts, it does, whether it has its usual name yet or not.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import { FAULTS, INDEXES, PROCESSES, TRACES } from '../collections.ts';
import { StoreError } from '../store.ts';

/** The version of the folder's layout. It rises with every change, and an upgrader comes with it. */
export const FORMAT = 1;
const MANIFEST = 'godo.json';
const DATABASE = 'godo';
const INDEX = 'godo.index';

/** The files that change together. */
export const FILES = {
  processes: `${DATABASE}/${PROCESSES}.bson`,
  traces: `${DATABASE}/${TRACES}.bson`,
  faults: `${DATABASE}/${FAULTS}.bson`,
  index: INDEX,
} as const;
export type FileName = keyof typeof FILES;
const NAMES = Object.keys(FILES) as FileName[];

interface FileVersion {
  readonly version: number;
  readonly size: number;
}

/** What godo.json says. */
export interface Manifest {
  readonly format: number;
  readonly files: Readonly<Record<FileName, FileVersion>>;
}

/** What kind of folder a path is. */
export type FolderKind = 'absent' | 'empty' | 'store' | 'dump' | 'other';

/** Looks what is at a path. `dump`: what mongodump wrote of a store, without an index. */
export function kindOfFolder(path: string): FolderKind {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'absent';
    throw fileError(path, error);
  }
  if (names.includes(MANIFEST)) return 'store';
  if (existsSync(join(path, FILES.processes))) {
    // A first write that was cut off leaves no such file without a manifest beside it.
    return 'dump';
  }
  const foreign = names.filter((name) => name !== DATABASE && !name.startsWith('godo.'));
  return foreign.length === 0 ? 'empty' : 'other';
}

/** An error of the file system as a StoreError. */
export function fileError(path: string, error: unknown): Error {
  const code = codeOf(error);
  if (code === undefined) return error as Error;
  return new StoreError(`${path}: ${REASONS[code] ?? (error as Error).message}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk; the store is as it was',
  EDQUOT: 'the disk quota is used up; the store is as it was',
  EIO: 'the disk reports an error',
};

/** Reads godo.json. Throws StoreError if it is damaged, or of a newer godo. */
export function readManifest(path: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(path, MANIFEST), 'utf8')) as Manifest;
  } catch (error) {
    if (codeOf(error) !== undefined) throw fileError(path, error);
    throw new StoreError(`${path}: ${MANIFEST} is damaged`, { cause: error });
  }
  if (typeof manifest?.format !== 'number') {
    throw new StoreError(`${path}: ${MANIFEST} is damaged`);
  }
  if (manifest.format > FORMAT) {
    throw new StoreError(
      `${path}: the store has format ${manifest.format}, and this godo knows only up to ${FORMAT}; a newer godo reads it`,
    );
  }
  return manifest;
}

/** Makes the folders, and what mongodump writes beside each collection. */
export function prepareFolder(path: string): void {
  mkdirSync(join(path, DATABASE), { recursive: true });
  for (const [name, indexes] of Object.entries(INDEXES)) {
    const file = join(path, DATABASE, `${name}.metadata.json`);
    const text = metadata(name, indexes);
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) replaceFile(file, text);
  }
}

/** What mongodump writes beside a collection: its indexes, in canonical extended JSON. */
function metadata(
  collection: string,
  indexes: readonly { readonly name: string; readonly key: Readonly<Record<string, number>> }[],
): string {
  const all = [{ name: '_id_', key: { _id: 1 } }, ...indexes].map(({ name, key }) => ({
    v: { $numberInt: '2' },
    key: Object.fromEntries(
      Object.entries(key).map(([field, n]) => [field, { $numberInt: `${n}` }]),
    ),
    name,
  }));
  return JSON.stringify({
    options: {},
    indexes: all,
    collectionName: collection,
    type: 'collection',
  });
}

/** Where a version of a file is written before it counts. */
export function draftPath(path: string, name: FileName, version: number): string {
  return join(path, `${FILES[name]}.${version}`);
}

/**
 * Makes drafts count: all of them or, if it does not get that far, none. They are on the disk
 * already.
 */
export function commit(
  path: string,
  before: Manifest | undefined,
  drafts: readonly FileName[],
  version: number,
): Manifest {
  const files = { ...before?.files } as Record<FileName, FileVersion>;
  for (const name of drafts)
    files[name] = { version, size: statSync(draftPath(path, name, version)).size };
  const manifest: Manifest = { format: FORMAT, files };
  syncFolder(join(path, DATABASE));
  syncFolder(path);
  replaceFile(join(path, MANIFEST), `${JSON.stringify(manifest)}\n`);
  finishRenames(path, manifest);
  return manifest;
}

/** The version that comes next: above all that count. */
export function nextVersion(manifest: Manifest | undefined): number {
  if (manifest === undefined) return 1;
  return Math.max(...NAMES.map((name) => manifest.files[name].version)) + 1;
}

/** Gives files that count their usual name, and takes away drafts that never came to count. */
export function recover(path: string, manifest: Manifest | undefined): void {
  if (manifest !== undefined) finishRenames(path, manifest);
  for (const folder of [path, join(path, DATABASE)]) {
    for (const name of readdirSync(folder)) {
      if (isLeftOver(join(folder, name), name)) rmSync(join(folder, name), { force: true });
    }
  }
}

/** A waiting writer's part of the lock is younger than that. */
const LOCK_AGE = 60_000;

function isLeftOver(path: string, name: string): boolean {
  if (/^(?:\w+\.bson|godo\.index)\.\d+$/.test(name)) return true;
  if (!name.endsWith('.tmp')) return false;
  return !name.startsWith('godo.lock.') || Date.now() - statSync(path).mtimeMs > LOCK_AGE;
}

function finishRenames(path: string, { files }: Manifest): void {
  for (const name of NAMES) {
    const draft = draftPath(path, name, files[name].version);
    if (existsSync(draft)) renameSync(draft, join(path, FILES[name]));
  }
  syncFolder(join(path, DATABASE));
  syncFolder(path);
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w');
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** A rename is on the disk only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The files of one state of the store, open. */
export interface Snapshot {
  readonly manifest: Manifest;
  readonly files: Readonly<Record<FileName, number>>;
}

/** Tries before it is said that the store is damaged; each may meet a writer once. */
const TRIES = 100;

/**
 * Opens the files that count, all of one state, whatever a writer does meanwhile. Needs no right
 * to write. The caller closes them.
 */
export function openSnapshot(path: string): Snapshot {
  for (let i = 0; i < TRIES; i++) {
    const text = readFileSync(join(path, MANIFEST), 'utf8');
    const manifest = readManifest(path);
    const files: Partial<Record<FileName, number>> = {};
    let whole = true;
    for (const name of NAMES) {
      const file = openEither(path, name, manifest.files[name].version);
      if (file === undefined) {
        whole = false;
        continue;
      }
      files[name] = file;
      if (fstatSync(file).size !== manifest.files[name].size) whole = false;
    }
    // What counted when they were opened still counts, so the files are of that state.
    if (whole && readFileSync(join(path, MANIFEST), 'utf8') === text) {
      return { manifest, files: files as Record<FileName, number> };
    }
    closeAll(Object.values(files));
  }
  throw new StoreError(`${path}: its files do not fit together; the store is damaged`);
}

function openEither(path: string, name: FileName, version: number): number | undefined {
  for (const file of [draftPath(path, name, version), join(path, FILES[name])]) {
    try {
      return openSync(file, 'r');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw fileError(path, error);
    }
  }
  return undefined;
}

export function closeAll(files: readonly number[]): void {
  for (const file of files) closeSync(file);
}
