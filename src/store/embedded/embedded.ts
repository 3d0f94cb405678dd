/** The embedded store: a folder, no server. */
import { mkdirSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { serialize } from 'bson';
import type { Analysis } from '../../model/analysis.ts';
import type { ProcessDocument } from '../../model/process.ts';
import type { StoredFault, TraceDocument } from '../../model/stored-trace.ts';
import { checkFilter, compiledFilter, storedFilter } from '../filter.ts';
import { checkSelection, projected, Sorter } from '../select.ts';
import {
  type Filter,
  type Found,
  type OpenOptions,
  type Query,
  type Store,
  StoreError,
  type WriteOptions,
  type Written,
} from '../store.ts';
import { compareStored } from '../text.ts';
import { compareTraceDocuments, faultsOf, traceOf } from '../trace.ts';
import { fromStored, type Stored, toStored, withoutOwner } from '../values.ts';
import { FileWriter } from './bytes.ts';
import {
  commit,
  draftPath,
  FILES,
  type FileName,
  fileError,
  kindOfFolder,
  nextVersion,
  prepareFolder,
  readManifest,
  recover,
} from './folder.ts';
import { IndexBuilder } from './index-file.ts';
import { lock } from './lock.ts';
import { matcherOf } from './matcher.ts';
import { merge } from './merge.ts';
import { candidateRows } from './plan.ts';
import { Reader } from './reader.ts';
import { upgrade } from './upgrade.ts';

const PATIENCE = 30_000;

/** Opens a folder. Throws StoreError when there is no store in it, or one that cannot be used. */
export async function openEmbedded(path: string, options: OpenOptions): Promise<Store> {
  const patience = options.patience ?? PATIENCE;
  const kind = kindOfFolder(path);
  if (kind === 'other') throw new StoreError(`${path}: the folder holds other things and no store`);
  if (options.mode !== 'write' && (kind === 'absent' || kind === 'empty')) {
    throw new StoreError(`${path}: there is no store`);
  }
  const store = new EmbeddedStore(path, patience);
  if (kind === 'dump' || kind === 'store') await store.upgrade();
  return store;
}

class EmbeddedStore implements Store {
  readonly name: string;
  readonly #path: string;
  readonly #patience: number;

  constructor(path: string, patience: number) {
    this.name = path;
    this.#path = path;
    this.#patience = patience;
  }

  /** Brings a folder of an older format, or a dump, to today's; does nothing to one of today's. */
  async upgrade(): Promise<void> {
    await upgrade(this.#path, this.#patience);
  }

  async write(analysis: Analysis, options: WriteOptions = {}): Promise<Written> {
    const path = this.#path;
    let release: (() => void) | undefined;
    try {
      mkdirSync(path, { recursive: true });
      release = await lock(path, this.#patience);
      prepareFolder(path);
      return await this.#write(analysis, options);
    } catch (error) {
      throw fileError(path, error);
    } finally {
      release?.();
    }
  }

  async #write(
    analysis: Analysis,
    { inputs = [], version = '', onProgress }: WriteOptions,
  ): Promise<Written> {
    const path = this.#path;
    if (kindOfFolder(path) === 'empty') createEmpty(path);
    let reader = new Reader(path);
    recover(path, reader.manifest);
    try {
      const before = reader.traces();
      const trace = this.#begin(
        traceOf(analysis, { inputs, version, now: Date.now() }),
        before,
        reader,
      );
      const others = before.filter(({ _id }) => _id !== trace._id);
      reader.close();
      reader = new Reader(path);
      const number = nextVersion(reader.manifest);
      const merged = await merge({
        processes: analysis.processes,
        trace,
        others,
        stored: {
          file: reader.processesFile,
          size: reader.manifest.files.processes.size,
          name: FILES.processes,
        },
        documentsPath: draftPath(path, 'processes', number),
        indexPath: draftPath(path, 'index', number),
        onProgress: async (processes) => {
          onProgress?.(processes);
          await breathe();
        },
      });
      const faults = [...reader.faults()].filter((fault) => fault['trace'] !== trace._id);
      const own = faultsOf(analysis, trace._id).map(toStored);
      writeDocuments(draftPath(path, 'faults', number), [...faults, ...own].sort(byId));
      const finished: TraceDocument = { ...trace, state: 'finished' };
      writeTraces(draftPath(path, 'traces', number), [...others, finished]);
      commit(path, reader.manifest, ['processes', 'index', 'faults', 'traces'], number);
      return { trace: finished, processes: merged.own, removed: merged.removed };
    } catch (error) {
      tidy(path);
      throw error;
    } finally {
      reader.close();
    }
  }

  /** Says that the trace is there and unfinished, unless it is there and finished. */
  #begin(trace: TraceDocument, before: readonly TraceDocument[], reader: Reader): TraceDocument {
    const known = before.find(({ _id }) => _id === trace._id);
    const same = known?.digest === trace.digest;
    if (known !== undefined && same && known.state === 'finished') {
      return { ...trace, stored_at: known.stored_at };
    }
    const begun = known === undefined ? trace : { ...trace, stored_at: known.stored_at };
    const others = before.filter(({ _id }) => _id !== trace._id);
    const number = nextVersion(reader.manifest);
    writeTraces(draftPath(this.#path, 'traces', number), [...others, begun]);
    commit(this.#path, reader.manifest, ['traces'], number);
    return begun;
  }

  async *find(query: Query = {}): AsyncGenerator<Found, void> {
    for await (const stored of this.#found(query)) yield fromStored(stored) as Found;
  }

  async *#found(query: Query): AsyncGenerator<Stored, void> {
    checkSelection(query);
    const filter = prepared(query.filter);
    yield* this.#reading((reader) => found(reader, filter, query));
  }

  async count(filter?: Filter): Promise<number> {
    let count = 0;
    for await (const _ of this.#found({
      ...(filter === undefined ? {} : { filter }),
      project: { _id: 1 },
    }))
      count++;
    return count;
  }

  async *aliveAt(at: number): AsyncGenerator<ProcessDocument, void> {
    for await (const stored of this.#reading((reader) => alive(reader, at))) {
      yield fromStored(withoutOwner(stored)) as ProcessDocument;
    }
  }

  async traces(): Promise<TraceDocument[]> {
    const reader = this.#reader();
    try {
      return reader.traces().sort(compareTraceDocuments);
    } finally {
      reader.close();
    }
  }

  async *faults(filter?: Filter): AsyncGenerator<StoredFault, void> {
    const matcher = matcherOf(prepared(filter));
    for await (const stored of this.#reading((reader) => reader.faults())) {
      if (matcher.test(stored)) yield fromStored(stored) as StoredFault;
    }
  }

  async close(): Promise<void> {
    // Every question opens what it needs and closes it.
  }

  #reader(): Reader {
    try {
      return new Reader(this.#path);
    } catch (error) {
      throw fileError(this.#path, error);
    }
  }

  /** Reads from one state of the store, whatever is written meanwhile. */
  async *#reading(read: (reader: Reader) => Iterable<Stored>): AsyncGenerator<Stored, void> {
    const reader = this.#reader();
    try {
      let taken = 0;
      for (const stored of read(reader)) {
        yield stored;
        if (++taken % BREATH === 0) await breathe();
      }
    } catch (error) {
      throw fileError(this.#path, error);
    } finally {
      reader.close();
    }
  }
}

/** Documents after which other work gets its turn: reading itself never waits. */
const BREATH = 1000;

/** A filter, checked and in the form that documents are compared with. */
function prepared(filter: Filter = {}): Stored {
  checkFilter(filter);
  return compiledFilter(storedFilter(filter));
}

function* found(reader: Reader, filter: Stored, query: Query): Generator<Stored, void> {
  const { sort, limit = Number.POSITIVE_INFINITY, project } = query;
  const documents =
    query.related === undefined ? matching(reader, filter) : related(reader, filter, query.related);
  let left = limit;
  for (const stored of sort === undefined ? documents : inOrder(documents, sort, limit)) {
    yield project === undefined ? withoutOwner(stored) : projected(stored, project);
    if (--left <= 0) return;
  }
}

function inOrder(
  documents: Iterable<Stored>,
  sort: NonNullable<Query['sort']>,
  limit: number,
): Stored[] {
  const sorter = new Sorter(sort, limit);
  for (const document of documents) sorter.add(document);
  return sorter.sorted();
}

function* matching(reader: Reader, filter: Stored): Generator<Stored, void> {
  for (const { document } of matchingRows(reader, filter)) yield document;
}

function* matchingRows(
  reader: Reader,
  filter: Stored,
): Generator<{ row: number; document: Stored }, void> {
  const matcher = matcherOf(filter);
  const rows = candidateRows(reader, filter);
  if (rows !== undefined) {
    for (const row of rows) {
      const document = reader.document(row);
      if (matcher.test(document)) yield { row, document };
    }
    return;
  }
  let row = 0;
  for (const document of reader.all()) {
    if (matcher.test(document)) yield { row, document };
    row++;
  }
}

/** What matches, and what is related to it, in the order of `_id`. */
function* related(
  reader: Reader,
  filter: Stored,
  kind: 'descendants' | 'ancestors',
): Generator<Stored, void> {
  const rows: number[] = [];
  for (const { row } of matchingRows(reader, filter)) rows.push(row);
  const all = kind === 'descendants' ? reader.descendants(rows) : reader.ancestors(rows);
  for (const row of rows) all.add(row);
  for (const row of Uint32Array.from(all).sort()) yield reader.document(row);
}

function* alive(reader: Reader, at: number): Generator<Stored, void> {
  const { index } = reader;
  const rows: number[] = [];
  for (let row = 0; row < index.rows; row++) {
    const { start, end } = index.life(row);
    if (!(start > at) && !(end < at)) rows.push(row);
  }
  const all = reader.ancestors(rows);
  for (const row of rows) all.add(row);
  for (const row of Uint32Array.from(all).sort()) yield reader.document(row);
}

/** A store without anything in it. */
function createEmpty(path: string): void {
  recover(path, undefined);
  writeDocuments(draftPath(path, 'processes', 1), []);
  writeDocuments(draftPath(path, 'faults', 1), []);
  writeDocuments(draftPath(path, 'traces', 1), []);
  new IndexBuilder().write(draftPath(path, 'index', 1), 0);
  commit(path, undefined, Object.keys(FILES) as FileName[], 1);
}

function writeTraces(path: string, traces: readonly TraceDocument[]): void {
  writeDocuments(path, traces.map(toStored).sort(byId));
}

function byId(a: Stored, b: Stored): number {
  return compareStored(String(a['_id']), String(b['_id']));
}

function writeDocuments(path: string, documents: readonly Stored[]): void {
  const file = new FileWriter(path);
  try {
    for (const document of documents) file.add(serialize(document));
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.close();
}

/** Makes room again after a write that failed, on a full disk above all. The error that made it fail is what counts. */
function tidy(path: string): void {
  try {
    recover(path, readManifest(path));
  } catch {
    // The next writer does it.
  }
}
