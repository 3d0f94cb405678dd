/** Processes that were there when recording began, by the recorder's list of them. */
import type { AliveProcess } from '../model/trace.ts';
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';
import type { LifeIndex } from './life-index.ts';

/** How far a birth on the list, which is rounded, may lie after a life's first record, ms. */
const ROUNDED_MS = 20;

/**
 * Tells older lives what they ran, when they were born and, where nothing else does, who their
 * parent was when recording began. `alive`: by pid, then by birth.
 */
export function recognise(facts: Facts, index: LifeIndex, alive: readonly AliveProcess[]): void {
  const found = new Map<Life, AliveProcess>();
  for (const one of alive) {
    const [oldest] = index.of(one.pid);
    if (oldest !== undefined && isOlder(facts, oldest, one)) found.set(oldest, one);
  }
  for (const [life, one] of found) {
    const node = facts.table.node[facts.rows[0]];
    life.known = { born: one.born, row: facts.table.tellProgram(node, one.born, one.pid, one) };
    if (life.parent === undefined) nameParent(index, life, one, found);
  }
}

/** Its birth is not in the recording, and it was there by its first record. */
function isOlder(facts: Facts, life: Life, { born }: AliveProcess): boolean {
  if (life.birth !== undefined || (life.told !== undefined && life.told.born !== -Infinity))
    return false;
  return life.silent || born <= facts.time(facts.own[life.from]) + ROUNDED_MS;
}

function nameParent(
  index: LifeIndex,
  life: Life,
  { ppid }: AliveProcess,
  found: ReadonlyMap<Life, AliveProcess>,
): void {
  const [parent] = index.of(ppid);
  if (life.ppid < 0) life.ppid = ppid;
  // The list is of one moment, so its parents make no circles.
  if (parent === undefined || life.ppid !== ppid || !found.has(parent)) return;
  life.parent = parent;
  parent.children = [...parent.children, life];
}
