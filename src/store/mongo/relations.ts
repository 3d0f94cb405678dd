/** Who is above or below whom, asked of the server. Gives `_id`s; documents are read afterwards. */
import { type Collection, type Document, MongoServerError } from 'mongodb';
import { compareStored } from '../text.ts';
import type { Stored } from '../values.ts';

export type Kind = 'descendants' | 'ancestors';
export type Processes = Collection<Stored & { _id: string }>;

/** `_id`s in one question to the server. */
export const BATCH = 1000;

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
export async function relatives(
  processes: Processes,
  ids: readonly string[],
  kind: Kind,
): Promise<Set<string>> {
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
function lookUpStages(
  { collectionName }: Processes,
  roots: readonly string[],
  kind: Kind,
): Document[] {
  const down = kind === 'descendants';
  return [
    { $match: { _id: { $in: roots } } },
    {
      $graphLookup: {
        from: collectionName,
        startWith: down ? '$_id' : '$parent',
        connectFromField: down ? '_id' : 'parent',
        connectToField: down ? 'parent' : '_id',
        as: 'related',
      },
    },
    // Right after the look-up, so that the server never makes one document of them all.
    { $unwind: '$related' },
  ];
}

async function lookUp(
  processes: Processes,
  roots: readonly string[],
  kind: Kind,
  found: Set<string>,
): Promise<void> {
  const stages = [...lookUpStages(processes, roots, kind), { $project: { _id: '$related._id' } }];
  for await (const { _id } of processes.aggregate<{ _id: string }>(stages)) found.add(_id);
}

/**
 * These processes and what is related to them, each once, by `_id`: read from the server in
 * that order, so nothing is kept here. Gives false, before any document, where the server
 * cannot do it.
 */
export async function* relativesInOrder(
  processes: Processes,
  roots: readonly string[],
  kind: Kind,
): AsyncGenerator<Stored, boolean> {
  const stages = [
    ...lookUpStages(processes, roots, kind),
    { $replaceRoot: { newRoot: '$related' } },
    { $sort: { _id: 1 } },
  ];
  const below = processes.aggregate<Stored>(stages, { allowDiskUse: true });
  const own = processes.find({ _id: { $in: [...roots] } }).sort({ _id: 1 });
  try {
    let next: Stored | null;
    try {
      next = await below.next();
    } catch (error) {
      if (error instanceof MongoServerError) return false;
      throw error;
    }
    let last = '';
    let root: Stored | null = await own.next();
    while (next !== null || root !== null) {
      const first = comesFirst(root, next);
      if (first === root) root = await own.next();
      else next = await below.next();
      // Below two of the roots, or a root itself.
      if (first['_id'] !== last) yield first;
      last = first['_id'] as string;
    }
    return true;
  } finally {
    await below.close();
    await own.close();
  }
}

function comesFirst(a: Stored | null, b: Stored | null): Stored {
  if (a === null || b === null) return (a ?? b) as Stored;
  return compareStored(a['_id'] as string, b['_id'] as string) <= 0 ? a : b;
}

/** One call for each level and thousand processes; answered from the index of `parent` alone. */
async function stepByStep(
  processes: Processes,
  roots: readonly string[],
  kind: Kind,
  found: Set<string>,
): Promise<void> {
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

async function* childrenOf(
  processes: Processes,
  ids: readonly string[],
): AsyncGenerator<string, void> {
  const cursor = processes.find({ parent: { $in: ids } }, { projection: { _id: 1 } });
  for await (const { _id } of cursor) yield _id;
}

/** Only those that have a document of their own. */
async function* parentsOf(
  processes: Processes,
  ids: readonly string[],
): AsyncGenerator<string, void> {
  const parents = new Set<string>();
  for await (const { parent } of processes.find(
    { _id: { $in: [...ids] } },
    { projection: { parent: 1 } },
  )) {
    if (typeof parent === 'string') parents.add(parent);
  }
  const cursor = processes.find({ _id: { $in: [...parents] } }, { projection: { _id: 1 } });
  for await (const { _id } of cursor) yield _id;
}
