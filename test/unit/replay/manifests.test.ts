import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JournalEntry, Manifest } from '../../../src/model/trace.ts';
import { uniteJournals, uniteManifests, withDerivation } from '../../../src/replay/manifests.ts';
import { originsOf } from '../../../src/source/trace.ts';

const RECORDED = new URL('../../../fixtures/recorded/', import.meta.url);

const manifests = readdirSync(RECORDED).map((name) => {
  return JSON.parse(readFileSync(new URL(`${name}/manifest.json`, RECORDED), 'utf8')) as Manifest;
});
const [one, other] = manifests;

describe('manifests', () => {
  test('of one trace, however often, are that one without its segments', () => {
    const { segments: _, losses: __, ...alone } = one;
    expect(uniteManifests([one])).toEqual(alone);
    expect(uniteManifests([one, one])).toEqual(alone);
  });

  test('of several say the same in any order', () => {
    expect(uniteManifests(manifests.toReversed())).toEqual(uniteManifests(manifests));
  });

  test('of several have the clock that an analysis of all would go by', () => {
    const offsetOf = (manifest: Manifest): number =>
      originsOf(manifest).connector.connector?.offset ?? Number.NaN;
    expect(offsetOf(uniteManifests(manifests))).toBe(Math.min(...manifests.map(offsetOf)));
  });

  test('of several have what each of them has', () => {
    const united = uniteManifests(manifests);
    const begins = manifests.map(({ created }) => created);
    expect(united.created).toBe(Math.min(...begins));
    expect(united.end?.at).toBe(Math.max(...manifests.map(({ end }) => end?.at ?? 0)));
    // The first is that of the earliest recording.
    const recorders = manifests.map(({ recorder }) => recorder).toSorted((a, b) => a - b);
    const earliest = manifests.find(({ created }) => created === united.created)?.recorder;
    expect(united.recorder).toBe(earliest);
    expect(united.recorders).toEqual(recorders.filter((pid) => pid !== earliest));
    expect(united.processes).toHaveLength(manifests.length);
    expect(united.audit.rules).toHaveLength(
      manifests.reduce((sum, { audit }) => sum + audit.rules.length, 0),
    );
    expect(united).not.toHaveProperty('root');
    expect(united).not.toHaveProperty('session');
    expect(united.options['recordings']).toHaveLength(manifests.length);
    const nested = uniteManifests([uniteManifests(manifests.slice(0, 2)), ...manifests.slice(2)]);
    const rules = (manifest: Manifest): string[] => manifest.audit.rules.toSorted();
    expect(rules(nested)).toEqual(rules(united));
    expect({ ...nested, audit: { ...nested.audit, rules: united.audit.rules } }).toEqual(united);
  });

  test('of several have an end where all have one', () => {
    const { end: _, ...open } = other;
    expect(uniteManifests([one, open])).not.toHaveProperty('end');
  });

  test('have a process once, as the text that sorts last has it', () => {
    const known = { pid: 7, ppid: 1, start_ticks: 5 };
    const at = (manifest: Manifest, processes: Manifest['processes']): Manifest =>
      Object.assign({}, manifest, { processes });
    const a = at(one, [{ ...known, comm: 'sh' }]);
    const b = at(other, [
      { ...known, comm: 'make' },
      { ...known, start_ticks: 4, comm: 'x' },
    ]);
    const expected = [
      { ...known, start_ticks: 4, comm: 'x' },
      { ...known, comm: 'sh' },
    ];
    expect(uniteManifests([a, b]).processes).toEqual(expected);
    expect(uniteManifests([b, a]).processes).toEqual(expected);
  });

  test('have a note of how they were made, and not twice the same', () => {
    const sorted = withDerivation(one, { by: 'sort', order: 'serial' });
    expect(sorted.options).toEqual({
      ...one.options,
      derived: [{ by: 'sort', order: 'serial' }],
    });
    expect(withDerivation(sorted, { by: 'sort', order: 'serial' })).toEqual(sorted);
    const merged = withDerivation(sorted, { by: 'merge', order: 'serial' });
    expect(merged.options['derived']).toEqual([
      { by: 'sort', order: 'serial' },
      { by: 'merge', order: 'serial' },
    ]);
  });
});

describe('journals', () => {
  const note = (at: number, text: string): JournalEntry => ({ at, kind: 'note', text });
  const loss: JournalEntry = { at: 5, kind: 'loss', cause: 'kernel-lost', count: 2 };

  test('of one trace keep their order, without segments and places', () => {
    const place = { file: 'audit-000001.log', offset: 5 };
    const segment = {
      file: 'audit-000001.log',
      source: 'audit',
      records: 0,
      bytes: 0,
      sha256: '',
      types: {},
    } as const;
    const journal: JournalEntry[] = [
      note(9, 'a'),
      { at: 1, kind: 'segment', segment },
      { ...loss, place },
      note(1, 'b'),
    ];
    const kept = [note(9, 'a'), loss, note(1, 'b')];
    expect(uniteJournals([journal])).toEqual(kept);
    expect(uniteJournals([journal, journal])).toEqual(kept);
  });

  test('of several are one by time, in which what both say is said once', () => {
    const a = [note(3, 'a'), loss];
    const b = [note(1, 'b'), loss, note(3, 'c')];
    const united = [note(1, 'b'), note(3, 'a'), note(3, 'c'), loss];
    expect(uniteJournals([a, b])).toEqual(united);
    expect(uniteJournals([b, a])).toEqual(united);
  });
});
