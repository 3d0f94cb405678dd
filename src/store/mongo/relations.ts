/** Who is above or below whom, asked of the server. Gives `_id`s; documents are read afterwards. */
import { type Collection, type Document, MongoServerError } from 'mongodb';
import type { Stored } from '../values.ts';

export type Kind = 'descendants' | 'ancestors';
export type Processes = Collection<Stored & { _id: string }>;

/** `_id`s in one question to the server. */
const BATCH = 1000;

/** The items in lists of so many. */
export function* batches<T>(items: Iterable<T>, size = BATCH): Generator<T[], void> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** All that stand below, or above, the processes with these `_id`s. */
export async function relatives(processes: Processes, ids: readonly string[], kind: Kind): Promise<Set<string>> {
  const found = new Set<string>();
  for (const roots of batches(ids)) {
    try {
      await lookUp(processes, roots, kind, found);
    } catch (error) {
      // No $graphLookup on this server or over its shards, or more than it can hold in memory.
      if (!(error instanceof MongoServerError)) throw error;
      await stepByStep(processes, roots, kind, found);
    }
  }
  return found;
}

/** One call: the server goes from level to level. */
async function lookUp(processes: Processes, roots: readonly string[], kind: Kind, found: Set<string>): Promise<void> {
  const down = kind === 'descendants';
  const pipeline: Document[] = [
    { $match: { _id: { $in: roots } } },
    {
      $graphLookup: {
        from: processes.collectionName,
        startWith: down ? '$_id' : '$parent',
        connectFromField: down ? '_id' : 'parent',
        connectToField: down ? 'parent' : '_id',
        as: 'related',
      },
    },
    // Right after the look-up, so that the server never makes one document of them all.
    { $unwind: '$related' },
    { $project: { _id: '$related._id' } },
  ];
  for await (const { _id } of processes.aggregate<{ _id: string }>(pipeline)) found.add(_id);
}

/** One call for each level and thousand processes; answered from the index of `parent` alone. */
async function stepByStep(processes: Processes, roots: readonly string[], kind: Kind, found: Set<string>): Promise<void> {
  const next = kind === 'descendants' ? childrenOf : parentsOf;
  for (let level = [...roots]; level.length > 0; ) {
    const below: string[] = [];
    for (const batch of batches(level)) {
      for await (const id of next(processes, batch)) {
        if (found.has(id)) continue;
        found.add(id);
        below.push(id);
      }
    }
    level = below;
  }
}

async function* childrenOf(processes: Processes, ids: readonly string[]): AsyncGenerator<string, void> {
  const cursor = processes.find({ parent: { $in: ids } }, { projection: { _id: 1 } });
  for await (const { _id } of cursor) yield _id;
}

/** Only those that have a document of their own. */
async function* parentsOf(processes: Processes, ids: readonly string[]): AsyncGenerator<string, void> {
  const parents = new Set<string>();
  for await (const { parent } of processes.find({ _id: { $in: [...ids] } }, { projection: { parent: 1 } })) {
    if (typeof parent === 'string') parents.add(parent);
  }
  const cursor = processes.find({ _id: { $in: [...parents] } }, { projection: { _id: 1 } });
  for await (const { _id } of cursor) yield _id;
}
