/**
 * Process trees to walk: without recursion, since chains get 100,000 deep, and
 * without a copy of what a parent of 1,000,000 children has.
 */
import type { ProcessDocument, UnidentifiedChild } from '../model/process.ts';

/** Trees of processes: over the whole log, or at one moment. */
export interface Forest {
  /** All of them, sorted by `_id`. */
  readonly members: readonly ProcessDocument[];
  readonly roots: readonly ProcessDocument[];
  childrenOf(p: ProcessDocument): readonly TreeItem[];
}

/** What has a row: a process, or a child of which only the birth is known. */
export type TreeItem = ProcessDocument | UnidentifiedChild;

/** Tells the two apart. */
export function isProcess(item: TreeItem): item is ProcessDocument {
  return '_id' in item;
}

/** The forest over the whole log: each process under its parent at birth. */
export function forestOf(processes: readonly ProcessDocument[]): Forest {
  const byId = new Map(processes.map((p) => [p._id, p]));
  const childrenOf = (p: ProcessDocument): readonly TreeItem[] => {
    const children: TreeItem[] = [];
    for (const id of p.children) {
      const child = byId.get(id);
      if (child !== undefined) children.push(child);
    }
    for (const child of p.unidentified_children ?? []) children.push(child);
    return children;
  };
  const roots = processes.filter((p) => p.parent === null || !byId.has(p.parent));
  return { members: processes, roots, childrenOf };
}

/** One step of a walk. */
export interface Visit {
  readonly item: TreeItem;
  /** For each level from the top to the item's own: whether siblings follow on it. Valid during the step. */
  readonly more: readonly boolean[];
  /** Rows that lie below and are left out. */
  readonly hidden: number;
}

interface Level {
  readonly items: readonly TreeItem[];
  next: number;
}

/** Parents before children, siblings in order, `depth` levels at most. */
export function* walk(
  forest: Forest,
  roots: readonly TreeItem[],
  depth: number,
): Generator<Visit, void> {
  const levels: Level[] = [{ items: roots, next: 0 }];
  const more: boolean[] = [];
  while (levels.length > 0) {
    const level = levels[levels.length - 1];
    if (level.next >= level.items.length) {
      levels.pop();
      continue;
    }
    const item = level.items[level.next++];
    more.length = levels.length;
    more[levels.length - 1] = level.next < level.items.length;
    const children = isProcess(item) ? forest.childrenOf(item) : [];
    const open = levels.length < depth;
    yield { item, more, hidden: open ? 0 : sizeOf(forest, children) };
    if (open && children.length > 0) levels.push({ items: children, next: 0 });
  }
}

/** How many items there are, with all that is below them. */
function sizeOf(forest: Forest, items: readonly TreeItem[]): number {
  let size = 0;
  const pending = items.slice();
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    size++;
    if (!isProcess(item)) continue;
    for (const child of forest.childrenOf(item)) pending.push(child);
  }
  return size;
}
