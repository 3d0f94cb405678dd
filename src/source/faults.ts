/**
 * Faults of the inputs, which the analysis itself cannot see.
 */
import { FAULT_KINDS, type Fault, type FaultKind } from '../model/fault.ts';
import type { Summary } from '../model/summary.ts';

/** Of each kind so many are kept in full; all are counted. */
const KEPT = 20;

interface Counted {
  readonly summary: Summary;
  readonly faults: readonly Fault[];
}

/** The same analysis with these faults counted and listed, too. */
export function addFaults<T extends Counted>(analysis: T, more: readonly Fault[]): T {
  if (more.length === 0) return analysis;
  const counts: Partial<Record<FaultKind, number>> = {};
  const faults: Fault[] = [];
  for (const kind of Object.keys(FAULT_KINDS) as FaultKind[]) {
    const added = more.filter((fault) => fault.kind === kind);
    const count = (analysis.summary.faults[kind] ?? 0) + added.length;
    if (count > 0) counts[kind] = count;
    const known = analysis.faults.filter((fault) => fault.kind === kind);
    for (const fault of [...added.sort(byPlace), ...known].slice(0, KEPT)) faults.push(fault);
  }
  return { ...analysis, summary: { ...analysis.summary, faults: counts }, faults };
}

function byPlace(a: Fault, b: Fault): number {
  const [left, right] = [a.input ?? '', b.input ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return (a.offset ?? 0) - (b.offset ?? 0);
}
