/** What is said of a trace that is made of others: one manifest and one journal for all of them. */
import { compareText } from '../base/compare.ts';
import type { Container, JournalEntry, KnownProcess, Manifest } from '../model/trace.ts';

/** How a trace was made of others: what did it, and how. It is kept under `options.derived`. */
export type Derivation = { readonly by: string } & Readonly<Record<string, unknown>>;

/** How far the wall clock was ahead of the connector's, ns. */
function aheadOf({ clock }: Manifest): bigint {
  return BigInt(clock.start.realtime_ns) - BigInt(clock.start.monotonic_ns);
}

function byBegin(a: Manifest, b: Manifest): number {
  return a.created - b.created || compareText(JSON.stringify(a), JSON.stringify(b));
}

/**
 * One manifest for recordings of one boot, in whatever order they come: one at least. Its clock is
 * the reading that the analysis of all of them together would go by. Segments are left out.
 */
export function uniteManifests(manifests: readonly Manifest[]): Manifest {
  const [first, ...more] = distinct([...manifests].sort(byBegin));
  const { segments: _, losses: __, ...alone } = first;
  if (more.length === 0) return alone;
  const all = [first, ...more];
  const { session, root, end: ___, ...common } = alone;
  const clocks = all.toSorted((a, b) => Number(aheadOf(a) - aheadOf(b)));
  const last = all.reduce((a, b) => (endedAt(b) > endedAt(a) ? b : a));
  return {
    ...common,
    clock: { ...last.clock, start: clocks[0].clock.start },
    options: { recordings: recordingsOf(all) },
    audit: {
      ...first.audit,
      end: last.audit.end,
      rules: [...new Set(all.flatMap(({ audit }) => audit.rules))],
    },
    connector: all.some(({ connector }) => connector),
    hints: all.some(({ hints }) => hints),
    recorders: recordersOf(all),
    ...(all.every((one) => one.session === session) ? { session } : {}),
    ...(all.every((one) => one.root === root) ? { root } : {}),
    processes: uniteProcesses(all),
    containers: uniteContainers(all),
    // One that has no end may have been cut short: then so is the whole.
    ...(all.every(({ end }) => end !== undefined) ? { end: last.end } : {}),
  };
}

/** When recording ended, in ns of the host's own clock; -1 where it is not known. */
function endedAt({ clock }: Manifest): bigint {
  return BigInt(clock.end?.monotonic_ns ?? -1);
}

/** What was asked for at each recording, of a trace that is itself made of several, too. */
function recordingsOf(manifests: readonly Manifest[]): unknown[] {
  const all = manifests.flatMap(({ created, recorder, options }): unknown[] => {
    const recordings = options['recordings'];
    return Array.isArray(recordings) ? recordings : [{ created, recorder, options }];
  });
  const texts = new Map(all.map((one) => [JSON.stringify(one), one]));
  return [...texts].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

function distinct(manifests: readonly Manifest[]): Manifest[] {
  return [...new Map(manifests.map((one) => [JSON.stringify(one), one])).values()];
}

/** All but the first one's own. */
function recordersOf(manifests: readonly Manifest[]): number[] {
  const all = manifests.flatMap(({ recorder, recorders = [] }) => [recorder, ...recorders]);
  return [...new Set(all)].filter((pid) => pid !== manifests[0].recorder).sort((a, b) => a - b);
}

/** Two lists may have found a process running two programs: the text that sorts last counts. */
function uniteProcesses(manifests: readonly Manifest[]): KnownProcess[] {
  const known = new Map<string, KnownProcess>();
  for (const { processes } of manifests) {
    for (const one of processes) {
      const key = `${one.pid} ${one.start_ticks}`;
      const before = known.get(key);
      if (before === undefined || textOf(before) < textOf(one)) known.set(key, one);
    }
  }
  return [...known.values()].sort((a, b) => a.pid - b.pid || a.start_ticks - b.start_ticks);
}

/** As Testimony compares what two recordings say of one process. */
function textOf({ pid, ppid, comm, exe, args }: KnownProcess): string {
  return JSON.stringify({ pid, ppid, comm, exe, args });
}

function uniteContainers(manifests: readonly Manifest[]): Container[] {
  const all = manifests.flatMap(({ containers }) => containers);
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** The manifest with a note of how its trace was made; the same note is not made twice in a row. */
export function withDerivation(manifest: Manifest, derivation: Derivation): Manifest {
  const known = manifest.options['derived'];
  const before: readonly unknown[] = Array.isArray(known) ? known : [];
  if (JSON.stringify(before.at(-1)) === JSON.stringify(derivation)) return manifest;
  return { ...manifest, options: { ...manifest.options, derived: [...before, derivation] } };
}

/**
 * What the journals say beside their segments, which are written anew. Places in the old segments
 * mean nothing in the new ones, and are left out. What several journals say alike is said once.
 */
export function uniteJournals(journals: readonly (readonly JournalEntry[])[]): JournalEntry[] {
  const kept = journals.map((journal) => journal.flatMap(withoutPlace));
  const entries = [...new Map(kept.map((one) => [JSON.stringify(one), one])).values()];
  if (entries.length === 1) return entries[0];
  const all = new Map(entries.flat().map((entry) => [JSON.stringify(entry), entry]));
  return [...all]
    .sort(([a, one], [b, other]) => one.at - other.at || compareText(a, b))
    .map(([, entry]) => entry);
}

function withoutPlace(entry: JournalEntry): JournalEntry[] {
  if (entry.kind === 'segment') return [];
  if (entry.kind !== 'loss') return [entry];
  const { place: _, ...loss } = entry;
  return [loss];
}
