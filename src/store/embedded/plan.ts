/**
 * Which rows can match a filter at all, as far as the index tells: by `_id`, parent, pid and
 * start. Every row is still compared with the whole filter.
 */
import type { Stored } from '../values.ts';
import type { Reader } from './reader.ts';

/** Rows in order, a superset of what matches; undefined when only reading everything will do. */
export function candidateRows(reader: Reader, filter: Stored): Iterable<number> | undefined {
  for (const find of [byId, byParent, byPid, byStart]) {
    const rows = find(reader, filter);
    if (rows !== undefined) return Uint32Array.from(rows).sort();
  }
  const clauses = filter['$and'];
  if (!Array.isArray(clauses)) return undefined;
  for (const clause of clauses) {
    const rows = candidateRows(reader, clause as Stored);
    if (rows !== undefined) return rows;
  }
  return undefined;
}

/** The values that a field must be equal to, one of them; undefined when that is not what is asked. */
function wantedValues(condition: unknown): readonly unknown[] | undefined {
  if (typeof condition !== 'object') return condition === undefined ? undefined : [condition];
  if (condition === null || condition instanceof Date || condition instanceof RegExp)
    return undefined;
  const { $eq, $in } = condition as { $eq?: unknown; $in?: unknown };
  const values = Array.isArray($in) ? ($in as unknown[]) : [$eq];
  // Null also means absent, and a regular expression or a list anything.
  return values.every((value) => typeof value === 'string' || typeof value === 'number')
    ? values
    : undefined;
}

function byId(reader: Reader, filter: Stored): Set<number> | undefined {
  const wanted = wantedValues(filter['_id']);
  if (wanted === undefined) return undefined;
  const rows = new Set<number>();
  for (const id of wanted) {
    const row = typeof id === 'string' ? reader.rowOf(id) : undefined;
    if (row !== undefined) rows.add(row);
  }
  return rows;
}

function byParent(reader: Reader, filter: Stored): Set<number> | undefined {
  const wanted = wantedValues(filter['parent']);
  if (wanted === undefined) return undefined;
  const rows = new Set<number>();
  for (const id of wanted) {
    if (typeof id !== 'string') continue;
    const row = reader.rowOf(id);
    // Children of a process that is not stored are not in the index.
    if (row === undefined) return undefined;
    for (const child of reader.index.children(row)) rows.add(child);
  }
  return rows;
}

function byPid(reader: Reader, filter: Stored): Set<number> | undefined {
  const wanted = wantedValues(filter['pid']);
  if (wanted === undefined) return undefined;
  const rows = new Set<number>();
  for (const pid of wanted) {
    if (typeof pid === 'number') for (const row of reader.index.withPid(pid)) rows.add(row);
  }
  return rows;
}

function byStart(reader: Reader, filter: Stored): Iterable<number> | undefined {
  const condition = filter['start_timestamp'];
  if (condition instanceof Date)
    return reader.index.startedWithin(condition.getTime(), condition.getTime());
  if (typeof condition !== 'object' || condition === null) return undefined;
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [key, value] of Object.entries(condition)) {
    if (!(value instanceof Date)) continue;
    const ms = value.getTime();
    if (key === '$eq' || key === '$gt' || key === '$gte') low = Math.max(low, ms);
    if (key === '$eq' || key === '$lt' || key === '$lte') high = Math.min(high, ms);
  }
  const bounded = low > Number.NEGATIVE_INFINITY || high < Number.POSITIVE_INFINITY;
  return bounded ? reader.index.startedWithin(low, high) : undefined;
}
