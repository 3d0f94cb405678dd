/**
 * The law of a cut: of the chosen processes, analysis of the cut says what analysis of the whole
 * says. Of their children only the chosen are compared, since the others may not be there. Their
 * ancestors must be there, too, under the same names and the same parents.
 */
import type { Processes } from '../model/analysis.ts';
import type { ProcessDocument } from '../model/process.ts';
import type { Reconciled } from '../process/outline.ts';
import { type Chosen, Cut, ROUNDS, type Wish } from './cut.ts';

/** How a document of the cut differs from that of the whole. */
export interface Departure {
  readonly process: string;
  /** The fields that differ; empty when the cut has no such document. */
  readonly fields: readonly string[];
}

/** A cut that was compared with the whole. */
export interface SettledCut {
  readonly cut: Cut;
  /** How often more had to be taken. */
  readonly rounds: number;
  /** What is still different: nothing, unless all that the host logged is not enough. */
  readonly left: readonly Departure[];
}

/** Keeps more until analysis of what is kept, which `analyze` does, says the same as that of the whole. */
export async function settledCut(
  whole: { readonly processes: Processes; readonly reconciled: Reconciled },
  wish: Wish,
  analyze: (chosen: Chosen) => Promise<Processes>,
): Promise<SettledCut> {
  const cut = new Cut(whole.reconciled, wish);
  for (let rounds = 0; ; rounds++) {
    const left = departures(whole.processes, await analyze(cut), wish.chosen, cut.ancestors);
    if (left.length === 0 || rounds === ROUNDS) return { cut, rounds, left };
    cut.widen(rounds + 1, new Set(left.map(({ process }) => process)));
  }
}

/** Sorted documents in, departures out, in the order of `_id`. Both are read once. */
export function departures(
  whole: Iterable<ProcessDocument>,
  cut: Iterable<ProcessDocument>,
  chosen: ReadonlySet<string>,
  ancestors: ReadonlySet<string>,
): Departure[] {
  const found: Departure[] = [];
  const cuts = cut[Symbol.iterator]();
  let next = cuts.next();
  for (const document of whole) {
    const { _id } = document;
    if (!chosen.has(_id) && !ancestors.has(_id)) continue;
    while (!next.done && next.value._id < _id) next = cuts.next();
    const other = next.done || next.value._id !== _id ? undefined : next.value;
    if (other === undefined) found.push({ process: _id, fields: [] });
    else {
      const fields = chosen.has(_id)
        ? differing(document, other, chosen)
        : document.parent === other.parent
          ? []
          : ['parent'];
      if (fields.length > 0) found.push({ process: _id, fields });
    }
  }
  return found;
}

function differing(
  whole: ProcessDocument,
  cut: ProcessDocument,
  chosen: ReadonlySet<string>,
): string[] {
  const a = withChildren(whole, chosen);
  const b = withChildren(cut, chosen);
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof ProcessDocument>;
  return [...names].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}

/** With only those of its children that are among the given. */
function withChildren(process: ProcessDocument, kept: ReadonlySet<string>): ProcessDocument {
  return { ...process, children: process.children.filter((child) => kept.has(child)) };
}
