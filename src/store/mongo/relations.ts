/** Who is above or below whom, asked of the server. Gives `_id`s; documents are read afterwards. */
import { type Collection, type Document, MongoServerError } from 'mongodb';
import type { Stored } from '../values.ts';

export type Kind = 'descendants' | 'ancestors';
export type Processes = Collection<Stored & { _id: string }>;

/** `_id`s in one question to the server. */
const BATCH = 1000;
/**
 * Levels of descendants that are asked for one by one, from the index of `parent` alone. Most
 * trees are wide and end before that; a look-up of all of such a tree would hold its documents
 * in the server's memory. What is deeper is mostly a chain, and one look-up.
 */
const LEVELS = 16;

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
  let level = ids;
  if (kind === 'descendants') level = await stepByStep(processes, level, kind, found, LEVELS);
  try {
    for (const batch of batches(level)) await lookUp(processes, batch, kind, found);
  } catch (error) {
    // No $graphLookup on this server or over its shards, or more than it can hold in memory.
    if (!(error instanceof MongoServerError)) throw error;
    const known = new Set<string>();
    await stepByStep(processes, level, kind, known, Number.POSITIVE_INFINITY);
    for (const id of known) found.add(id);
  }
  return found;
}

/** One call: the server goes from level to level. */
async function lookUp(
  processes: Processes,
  ids: readonly string[],
  kind: Kind,
  found: Set<string>,
): Promise<void> {
  const down = kind === 'descendants';
  const stages: Document[] = [
    { $match: { _id: { $in: ids } } },
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
  for await (const { _id } of processes.aggregate<{ _id: string }>(stages)) found.add(_id);
}

/** One call for each level and thousand processes. Gives the level that comes after so many. */
async function stepByStep(
  processes: Processes,
  ids: readonly string[],
  kind: Kind,
  found: Set<string>,
  levels: number,
): Promise<string[]> {
  const next = kind === 'descendants' ? childrenOf : parentsOf;
  let level = [...ids];
  for (let depth = 0; depth < levels && level.length > 0; depth++) {
    const beyond: string[] = [];
    for (const batch of batches(level)) {
      for await (const id of next(processes, batch)) {
        if (found.has(id)) continue;
        found.add(id);
        beyond.push(id);
      }
    }
    level = beyond;
  }
  return level;
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
  const cursor = processes.find({ _id: { $in: [...ids] } }, { projection: { parent: 1 } });
  for await (const { parent } of cursor) if (typeof parent === 'string') parents.add(parent);
  const own = processes.find({ _id: { $in: [...parents] } }, { projection: { _id: 1 } });
  for await (const { _id } of own) yield _id;
}
