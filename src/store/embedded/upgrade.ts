/**
 * Folders of another format, brought to today's one step at a time.
 *
 * Format 0 is what mongodump writes of a store: documents without godo's own files. Every
 * later format adds the step that leads to it from the one before.
 */
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../store.ts';
import { documentsIn, FileWriter, Head } from './bytes.ts';
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

interface Place {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/** mongodump follows the index of `_id`, but need not (`--forceTableScan`). */
function sortDocuments(path: string): void {
  const places: Place[] = [];
  const head = new Head();
  for (const bytes of wholeFile(join(path, FILES.processes))) {
    head.read(bytes, FILES.processes);
    places.push({ id: Buffer.from(bytes.subarray(head.idStart, head.idEnd)), bytes: Buffer.from(bytes) });
  }
  places.sort((a, b) => a.id.compare(b.id));
  const builder = new IndexBuilder();
  const file = new FileWriter(draftPath(path, 'processes', 1));
  for (const [i, { id, bytes }] of places.entries()) {
    if (i > 0 && id.equals(places[i - 1].id)) {
      throw new StoreError(`${FILES.processes} has the _id ${id.toString()} twice`);
    }
    head.read(bytes, FILES.processes);
    builder.add(head, file.size);
    file.add(bytes);
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
