/** Which processes a cut is about, by what their documents say. */
import type { ProcessDocument } from '../model/process.ts';

/** All that are given must hold. Times in ms since the epoch. */
export interface Criteria {
  /** Not those that had ended before. */
  readonly from?: number;
  /** The name of their host, `''` for records without one. */
  readonly host?: string;
  /** Those that this accepts, and all that is below them. */
  readonly root?: (process: ProcessDocument) => boolean;
  /** Those that this accepts; with `below` also all that is below them. */
  readonly filter?: (process: ProcessDocument) => boolean;
  readonly below: boolean;
}

/** The `_id`s of the processes that the criteria hold for. */
export function chosenOf(
  processes: Iterable<ProcessDocument>,
  { from = -Infinity, host, root, filter, below }: Criteria,
): Set<string> {
  const parents = new Map<string, string | null>();
  const roots = new Set<string>();
  const matching = new Set<string>();
  const here = new Set<string>();
  for (const process of processes) {
    const { _id, parent, node = '', exit_timestamp = Infinity } = process;
    parents.set(_id, parent);
    if (root?.(process) === true) roots.add(_id);
    if (filter?.(process) === true) matching.add(_id);
    if (exit_timestamp >= from && (host === undefined || node === host)) here.add(_id);
  }
  const inTree = root === undefined ? here : withDescendants(roots, parents);
  const found = below ? withDescendants(matching, parents) : matching;
  const matched = filter === undefined ? here : found;
  return new Set([...here].filter((id) => inTree.has(id) && matched.has(id)));
}

/** The given, and all that has one of them above it. */
function withDescendants(
  tops: ReadonlySet<string>,
  parents: ReadonlyMap<string, string | null>,
): Set<string> {
  const within = new Map<string, boolean>();
  for (const top of tops) within.set(top, true);
  for (const start of parents.keys()) {
    const line: string[] = [];
    let at: string | null | undefined = start;
    while (at != null && !within.has(at)) {
      line.push(at);
      at = parents.get(at);
    }
    const is = at != null && within.get(at) === true;
    for (const id of line) within.set(id, is);
  }
  return new Set([...within.keys()].filter((id) => within.get(id)));
}
