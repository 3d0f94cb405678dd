/** Judges the processes of a recording by expectations. */
import type { ProcessDocument } from '../model/process.ts';
import type { AllowedEnd, Bounds, Broken, Found } from '../model/verdict.ts';
import type { Demand, Expectation, Matches } from './expectations.ts';

/** Processes that a verdict names; of all others it has the number. */
const NAMED = 10;

/** What became of an expectation: the demands that are not met, and of how many processes it spoke. */
export interface Judgement {
  readonly broken: readonly Broken[];
  readonly processes: number;
}

/** The processes of one recording, to be judged by any number of expectations. */
export class Judge {
  readonly #processes: readonly ProcessDocument[];
  #byId: ReadonlyMap<string, ProcessDocument> | undefined;

  /** `processes` are all of the recording, sorted by `_id`. */
  constructor(processes: readonly ProcessDocument[]) {
    this.#processes = processes;
  }

  judge({ below, where, demands }: Expectation): Judgement {
    const scope = below === undefined ? this.#processes : this.#below(below);
    const chosen = where === undefined ? scope : scope.filter(where);
    const broken: Broken[] = [];
    for (const demand of demands) {
      const shortfall = shortfallOf(demand, chosen);
      if (shortfall !== undefined) broken.push(shortfall);
    }
    // Where a count says how many there may be, none may be one of the answers.
    const isAboutEach = demands.some(({ kind }) => EACH.has(kind));
    const isCounted = demands.some(({ kind }) => kind === 'count');
    if (isAboutEach && !isCounted && chosen.length === 0) {
      broken.push({ kind: 'nobody', of: scope.length });
    }
    return { broken, processes: chosen.length };
  }

  /** The processes below those that match, which themselves are only among them if below another. */
  #below(matches: Matches): ProcessDocument[] {
    this.#byId ??= new Map(this.#processes.map((p) => [p._id, p]));
    const below = new Set<string>();
    const pending: (readonly string[])[] = [];
    for (const p of this.#processes) if (matches(p)) pending.push(p.children);
    for (let ids = pending.pop(); ids !== undefined; ids = pending.pop()) {
      for (const id of ids) {
        const child = below.has(id) ? undefined : this.#byId.get(id);
        if (child === undefined) continue;
        below.add(id);
        pending.push(child.children);
      }
    }
    return this.#processes.filter(({ _id }) => below.has(_id));
  }
}

/** Demands on every process that is chosen. */
const EACH: ReadonlySet<Demand['kind']> = new Set(['all', 'duration', 'exit']);

function shortfallOf(demand: Demand, chosen: readonly ProcessDocument[]): Broken | undefined {
  switch (demand.kind) {
    case 'none': {
      const found = foundAmong(chosen, demand.matches);
      return found.total === 0 ? undefined : { kind: 'none', found };
    }
    case 'some':
      return chosen.some(demand.matches) ? undefined : { kind: 'some', of: chosen.length };
    case 'count': {
      const { bounds } = demand;
      const found = foundAmong(chosen, () => true);
      return isWithin(found.total, bounds) ? undefined : { kind: 'count', bounds, found };
    }
    case 'all': {
      const found = foundAmong(chosen, (p) => !demand.matches(p));
      return found.total === 0 ? undefined : { kind: 'all', found };
    }
    case 'duration': {
      const { bounds } = demand;
      const found = foundAmong(chosen, (p) => !hasDuration(p, bounds));
      return found.total === 0 ? undefined : { kind: 'duration', bounds, found };
    }
    default: {
      const { allowed } = demand;
      const found = foundAmong(chosen, (p) => !allowed.some((end) => endedSo(p, end)));
      return found.total === 0 ? undefined : { kind: 'exit', allowed, found };
    }
  }
}

function foundAmong(processes: readonly ProcessDocument[], matches: Matches): Found {
  const first: ProcessDocument[] = [];
  let total = 0;
  for (const p of processes) {
    if (!matches(p)) continue;
    total++;
    if (first.length < NAMED) first.push(p);
  }
  return { total, of: processes.length, first };
}

function isWithin(amount: number, { min, max }: Bounds): boolean {
  return (min === undefined || amount >= min) && (max === undefined || amount <= max);
}

/** By the times of the document, exact or not. Without an end nothing is known to be kept. */
function hasDuration(
  { start_timestamp, exit_timestamp }: ProcessDocument,
  bounds: Bounds,
): boolean {
  if (start_timestamp === undefined || exit_timestamp === undefined) return false;
  return isWithin(exit_timestamp - start_timestamp, bounds);
}

function endedSo({ exit_code, exit_signal }: ProcessDocument, end: AllowedEnd): boolean {
  if ('signal' in end) return exit_signal === end.signal;
  if (exit_code === undefined || exit_signal !== undefined) return false;
  return 'code' in end ? exit_code === end.code : isWithin(exit_code, end.codes);
}
