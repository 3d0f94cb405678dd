/**
 * Folders of another format, brought to today's one step at a time.
 *
 * Format 0 is what mongodump writes of a store: documents without godo's own files. Every
 * later format adds the step that leads to it from the one before.
 */
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../store.ts';
import { damaged, documentsIn, FileWriter, Head, readFully } from './bytes.ts';
import {
  commit,
  draftPath,
  FILES,
  type FileName,
  fileError,
  FORMAT,
  kindOfFolder,
  readManifest,
  recover,
} from './folder.ts';
import { IndexBuilder } from './index-file.ts';
import { lock } from './lock.ts';

/** Step `n` leads from format `n` to `n + 1`. */
const STEPS: readonly ((path: string) => void)[] = [indexDump];

/** Upgrades the folder if it is of an older format. Throws StoreError when it cannot, or the folder is newer. */
export async function upgrade(path: string, patience: number): Promise<void> {
  try {
    if (formatOf(path) === FORMAT) return;
    const release = await lock(path, patience);
    try {
      for (let format = formatOf(path); format < FORMAT; format++) STEPS[format](path);
    } finally {
      release();
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

function formatOf(path: string): number {
  return kindOfFolder(path) === 'dump' ? 0 : readManifest(path).format;
}

/** Puts a dump's documents in order and makes the index of them. */
function indexDump(path: string): void {
  recover(path, undefined);
  sortDocuments(path);
  for (const name of ['traces', 'faults'] as const) {
    const file = new FileWriter(draftPath(path, name, 1));
    for (const bytes of wholeFile(join(path, FILES[name]))) file.add(bytes);
    file.close();
  }
  commit(path, undefined, Object.keys(FILES) as FileName[], 1);
}

/** Where a document of the dump lies. */
interface Place {
  readonly id: Buffer;
  readonly from: number;
  readonly length: number;
}

/** mongodump follows the index of `_id`, but need not (`--forceTableScan`). */
function sortDocuments(path: string): void {
  const dump = join(path, FILES.processes);
  const places: Place[] = [];
  const head = new Head();
  let from = 0;
  for (const bytes of wholeFile(dump)) {
    head.read(bytes, FILES.processes);
    const id = Buffer.from(bytes.subarray(head.idStart, head.idEnd));
    places.push({ id, from, length: bytes.length });
    from += bytes.length;
  }
  places.sort((a, b) => a.id.compare(b.id));
  const twice = places.find(({ id }, i) => i > 0 && id.equals(places[i - 1].id));
  if (twice !== undefined) {
    throw new StoreError(`${FILES.processes} has the _id ${twice.id.toString()} twice`);
  }
  copySorted(dump, places, path);
}

function copySorted(dump: string, places: readonly Place[], path: string): void {
  const builder = new IndexBuilder();
  const head = new Head();
  const source = openSync(dump, 'r');
  const file = new FileWriter(draftPath(path, 'processes', 1));
  try {
    for (const { from, length } of places) {
      const bytes = Buffer.alloc(length);
      if (readFully(source, bytes, from) < length) throw damaged(dump, from);
      head.read(bytes, FILES.processes);
      builder.add(head, file.size);
      file.add(bytes);
    }
  } catch (error) {
    file.abandon();
    throw error;
  } finally {
    closeSync(source);
  }
  file.close();
  builder.write(draftPath(path, 'index', 1), file.size);
}

function* wholeFile(path: string): Generator<Buffer, void> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    yield* documentsIn(file, fstatSync(file).size, path);
  } finally {
    closeSync(file);
  }
}
