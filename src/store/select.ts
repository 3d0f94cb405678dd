/**
 * Order and projection of documents, as MongoDB defines them, for a store that has to do it
 * by itself; and the checks of both for every store.
 */
import { FilterError, type Query } from './store.ts';
import { compareStored } from './text.ts';
import type { Stored } from './values.ts';

/** Checks everything in a query but its filter. Throws FilterError. */
export function checkSelection({ sort, limit, project }: Query): void {
  for (const [path, direction] of Object.entries(sort ?? {})) {
    checkPath(path);
    if (direction !== 1 && direction !== -1) {
      throw new FilterError('$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new FilterError('the limit must be a whole number, 1 or more');
  }
  checkProject(project ?? {});
}

function checkPath(path: string): void {
  if (path === '') throw new FilterError('FieldPath cannot be constructed with empty string');
  if (path.split('.').some((part) => part === '')) {
    throw new FilterError(`FieldPath field names may not be empty strings: '${path}'`);
  }
  if (path.split('.').some((part) => part.startsWith('$'))) {
    throw new FilterError(`FieldPath field names may not start with '$': '${path}'`);
  }
}

function checkProject(project: Readonly<Record<string, 0 | 1>>): void {
  const paths = Object.keys(project).filter((path) => path !== '_id');
  for (const path of Object.keys(project)) checkPath(path);
  const [first] = paths;
  for (const path of paths) {
    if (project[path] !== project[first]) {
      const kind = project[first] === 1 ? ['exclusion', 'inclusion'] : ['inclusion', 'exclusion'];
      throw new FilterError(`Cannot do ${kind[0]} on field ${path} in ${kind[1]} projection`);
    }
    const above = paths.find((other) => path.startsWith(`${other}.`));
    if (above !== undefined)
      throw new FilterError(
        `Path collision at ${path} remaining portion ${path.slice(above.length + 1)}`,
      );
  }
}

type Paths = Map<string, Paths | undefined>;

/** What the projection leaves of a document; keys keep their order. */
export function projected(document: Stored, project: Readonly<Record<string, 0 | 1>>): Stored {
  const paths = Object.keys(project).filter((path) => path !== '_id');
  const include = paths.length === 0 ? project['_id'] === 1 : project[paths[0]] === 1;
  const tree = pathTree(paths);
  if (include ? project['_id'] !== 0 : project['_id'] === 0) tree.set('_id', undefined);
  return (include ? included : excluded)(document, tree) as Stored;
}

function pathTree(paths: readonly string[]): Paths {
  const tree: Paths = new Map();
  for (const path of paths) {
    const parts = path.split('.');
    let level = tree;
    for (const part of parts.slice(0, -1)) {
      const below = level.get(part) ?? new Map<string, Paths | undefined>();
      level.set(part, below);
      level = below;
    }
    level.set(parts[parts.length - 1], undefined);
  }
  return tree;
}

function isPlain(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

function included(value: Stored, tree: Paths): unknown {
  if (Array.isArray(value)) {
    return (value as unknown[]).filter(isPlain).map((item) => included(item, tree));
  }
  const kept: Stored = {};
  for (const [key, field] of Object.entries(value)) {
    const below = tree.get(key);
    if (below !== undefined) {
      if (isPlain(field)) kept[key] = included(field, below);
    } else if (tree.has(key)) kept[key] = field;
  }
  return kept;
}

function excluded(value: Stored, tree: Paths): unknown {
  if (Array.isArray(value)) {
    return (value as unknown[]).map((item) => (isPlain(item) ? excluded(item, tree) : item));
  }
  const kept: Stored = {};
  for (const [key, field] of Object.entries(value)) {
    const below = tree.get(key);
    if (below !== undefined && isPlain(field)) kept[key] = excluded(field, below);
    else if (!tree.has(key) || below !== undefined) kept[key] = field;
  }
  return kept;
}

/** The documents in order; no more than `limit` are ever kept, and a few beside. */
export class Sorter {
  readonly #compare: (a: Stored, b: Stored) => number;
  readonly #limit: number;
  #kept: Stored[] = [];

  constructor(sort: Readonly<Record<string, 1 | -1>>, limit: number) {
    const keys = Object.entries(sort);
    this.#limit = limit;
    this.#compare = (a, b) => {
      for (const [path, direction] of keys) {
        const order = compareValues(sortKey(a, path, direction), sortKey(b, path, direction));
        if (order !== 0) return order * direction;
      }
      return compareStored(String(a['_id']), String(b['_id']));
    };
  }

  add(document: Stored): void {
    this.#kept.push(document);
    if (this.#kept.length >= this.#limit * 2 + 1000) this.#cut();
  }

  /** All that were added, or the first of them. */
  sorted(): Stored[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.#compare);
    if (this.#kept.length > this.#limit) this.#kept.length = this.#limit;
  }
}

/** Of a list the smallest item counts in ascending order and the largest in descending. */
function sortKey(document: Stored, path: string, direction: 1 | -1): unknown {
  let best: unknown = UNSET;
  for (const value of valuesAt(document, path)) {
    if (best === UNSET || compareValues(value, best) * direction < 0) best = value;
  }
  return best === UNSET ? undefined : best;
}

const UNSET = Symbol('unset');
/** What an empty list counts as: less than null. */
const EMPTY = Symbol('empty');

/** All values that a dotted path reaches, lists taken apart. */
function valuesAt(document: Stored, path: string): unknown[] {
  let values: unknown[] = [document];
  for (const part of path.split('.')) {
    const next: unknown[] = [];
    for (const value of values) {
      if (Array.isArray(value)) {
        if (/^\d+$/.test(part) && Number(part) < value.length) next.push(value[Number(part)]);
        for (const item of value as unknown[])
          if (isPlain(item) && !Array.isArray(item)) next.push(item[part]);
      } else next.push(isPlain(value) ? value[part] : undefined);
    }
    values = next;
  }
  return values.flatMap((value) => {
    if (!Array.isArray(value)) return [value];
    return value.length === 0 ? [EMPTY] : (value as unknown[]);
  });
}

/** BSON's order of types, of those that occur here. */
function typeRank(value: unknown): number {
  if (value === EMPTY) return 0;
  if (value === undefined || value === null) return 1;
  if (typeof value === 'number') return 2;
  if (typeof value === 'string') return 3;
  if (typeof value === 'boolean') return 6;
  if (value instanceof Date) return 7;
  return Array.isArray(value) ? 5 : 4;
}

/** Total order of values as BSON has it; null and absent are the same. */
export function compareValues(a: unknown, b: unknown): number {
  const types = typeRank(a) - typeRank(b);
  if (types !== 0) return types;
  if (typeof a === 'string') return compareStored(a, b as string);
  if (typeof a === 'number' || typeof a === 'boolean' || a instanceof Date) {
    return Number(a) - Number(b);
  }
  return isPlain(a) ? compareObjects(a, b as Stored) : 0;
}

/** Field by field: type, name, value; the one that ends first is less. */
function compareObjects(a: Stored, b: Stored): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order =
      typeRank(left[i][1]) - typeRank(right[i][1]) ||
      compareStored(left[i][0], right[i][0]) ||
      compareValues(left[i][1], right[i][1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
