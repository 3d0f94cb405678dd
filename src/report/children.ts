/** Children that a store has left out of a parent's list, put back from their own documents. */
import { compareText } from '../base/compare.ts';
import type { ProcessDocument } from '../model/process.ts';

/**
 * The processes, each with all of its children that are among them. Those put back stand at
 * the end, by the time at which they began.
 */
export function withAllChildren(processes: readonly ProcessDocument[]): readonly ProcessDocument[] {
  const cut = new Map<string, ProcessDocument[]>();
  for (const { _id, omitted } of processes) if (omitted?.children !== undefined) cut.set(_id, []);
  if (cut.size === 0) return processes;
  for (const process of processes) {
    if (process.parent !== null) cut.get(process.parent)?.push(process);
  }
  return processes.map((process) => {
    const children = cut.get(process._id);
    if (children === undefined) return process;
    const listed = new Set(process.children);
    const others = children.filter(({ _id }) => !listed.has(_id)).sort(byStart);
    return { ...process, children: [...process.children, ...others.map(({ _id }) => _id)] };
  });
}

function byStart(a: ProcessDocument, b: ProcessDocument): number {
  return (a.start_timestamp ?? 0) - (b.start_timestamp ?? 0) || compareText(a._id, b._id);
}
