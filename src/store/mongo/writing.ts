/**
 * Writing processes to a server: batches, bounded in number, bytes and flight.
 *
 * A batch is inserted as it is, unordered; what is there already is refused with a duplicate
 * `_id`, and only that is compared and replaced. On a new store that is as fast as inserting,
 * where a plain upsert costs a search for every document.
 */
import { MongoBulkWriteError, type WriteError } from 'mongodb';
import type { ProcessDocument } from '../../model/process.ts';
import type { TraceDocument } from '../../model/stored-trace.ts';
import { StoreError } from '../store.ts';
import { textOfStored } from '../text.ts';
import { compareTraces } from '../trace.ts';
import { roughSize, type Stored, storedProcess } from '../values.ts';
import type { Processes } from './relations.ts';

type Kept = Stored & { _id: string };

const BATCH = 1000;
const BATCH_CHARACTERS = 8_000_000;
const DUPLICATE = 11_000;
/** Times that a document may change owner between reading and replacing it. */
const TRIES = 10;

/** What writing needs to know. */
export interface Task {
  readonly collection: Processes;
  readonly trace: TraceDocument;
  /** Reads all traces: another writer may have begun one. */
  readonly traces: () => Promise<TraceDocument[]>;
  readonly onProgress: (processes: number) => void;
}

/**
 * Upserts all processes; where a longer recording has one already, that one stays. Gives how
 * many those are. While the server has one batch the next one is prepared, and no more.
 */
export async function writeProcesses(
  task: Task,
  processes: Iterable<ProcessDocument>,
): Promise<number> {
  const writer = new Writer(task);
  let flight = Promise.resolve();
  let done = 0;
  for (const batch of inBatches(processes, task.trace._id)) {
    await flight;
    done += batch.length;
    task.onProgress(done);
    flight = writer.write(batch);
    // It is awaited later; a failure until then is no unhandled one.
    flight.catch(() => {});
  }
  await flight;
  return writer.left;
}

function* inBatches(processes: Iterable<ProcessDocument>, trace: string): Generator<Kept[], void> {
  let batch: Kept[] = [];
  let characters = 0;
  for (const process of processes) {
    batch.push(storedProcess(process, trace) as Kept);
    characters += roughSize(process);
    if (batch.length < BATCH && characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

class Writer {
  readonly #task: Task;
  #others = new Map<string, TraceDocument>();
  /** Whether documents of the last batches were mostly there already: then it is asked first. */
  #crowded = false;
  /** Processes that another trace has the say about. */
  left = 0;

  constructor(task: Task) {
    this.#task = task;
  }

  async write(batch: readonly Kept[]): Promise<void> {
    let present: readonly Kept[] = batch;
    if (!this.#crowded) {
      present = await this.#insert(batch);
      this.#crowded = present.length > batch.length / 2;
    }
    let open = present;
    for (let i = 0; open.length > 0; i++) {
      if (i === TRIES) throw new StoreError('other writers keep changing the same processes');
      open = await this.#replace(open);
    }
  }

  /** Gives those that are there already. */
  async #insert(batch: readonly Kept[]): Promise<Kept[]> {
    try {
      await this.#task.collection.insertMany(batch, { ordered: false });
      return [];
    } catch (error) {
      return duplicates(error).map((index) => batch[index]);
    }
  }

  /** Replaces what has an owner that this trace outranks. Gives what others changed meanwhile. */
  async #replace(batch: readonly Kept[]): Promise<Kept[]> {
    const owners = await this.#ownersOf(batch);
    await this.#know(new Set(owners.values()));
    const absent = batch.filter(({ _id }) => !owners.has(_id));
    this.#crowded = absent.length < batch.length / 2;
    const present = batch.filter(({ _id }) => owners.has(_id));
    const outranked = present.filter((document) =>
      this.#outranks(owners.get(document._id), document),
    );
    this.left += present.length - outranked.length;
    const again = absent.length > 0 ? await this.#insert(absent) : [];
    return outranked.length > 0 ? [...again, ...(await this.#takeOver(outranked, owners))] : again;
  }

  /** The traces that documents with these `_id`s belong to, as far as there are any. */
  async #ownersOf(batch: readonly Kept[]): Promise<Map<string, unknown>> {
    const owners = new Map<string, unknown>();
    const filter = { _id: { $in: batch.map(({ _id }) => _id) } };
    const cursor = this.#task.collection.find(filter, { projection: { trace: 1 } });
    for await (const { _id, trace } of cursor) owners.set(_id, trace);
    return owners;
  }

  /** Only where the owner is still the same: another writer may have replaced it meanwhile. */
  async #takeOver(batch: readonly Kept[], owners: ReadonlyMap<string, unknown>): Promise<Kept[]> {
    const { collection, trace } = this.#task;
    const operations = batch.map((document) => {
      const { _id, ...replacement } = document;
      const owner = owners.get(_id);
      const filter = { _id, trace: owner === undefined ? { $exists: false } : owner };
      return { replaceOne: { filter, replacement } };
    });
    const { matchedCount } = await collection.bulkWrite(operations, { ordered: false });
    if (matchedCount === batch.length) return [];
    const now = await this.#ownersOf(batch);
    return batch.filter(({ _id }) => now.get(_id) !== trace._id);
  }

  #outranks(owner: unknown, { node }: Kept): boolean {
    const { trace } = this.#task;
    if (owner === trace._id) return true;
    const other = this.#others.get(String(owner));
    return (
      other === undefined ||
      compareTraces(trace, other, textOfStored(typeof node === 'string' ? node : '')) >= 0
    );
  }

  /** Reads the traces again if one of the owners is not known. */
  async #know(owners: ReadonlySet<unknown>): Promise<void> {
    const known = (owner: unknown): boolean =>
      owner === this.#task.trace._id || this.#others.has(String(owner));
    if ([...owners].every(known)) return;
    this.#others = new Map((await this.#task.traces()).map((trace) => [trace._id, trace]));
  }
}

/** Places in the batch that were refused because they are there already; throws everything else. */
function duplicates(error: unknown): number[] {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors: WriteError[] = [error.writeErrors].flat();
  const other = errors.find(({ code }) => code !== DUPLICATE);
  if (
    other !== undefined ||
    error.result.getWriteConcernError() !== undefined ||
    errors.length === 0
  ) {
    throw error;
  }
  return errors.map(({ index }) => index);
}
