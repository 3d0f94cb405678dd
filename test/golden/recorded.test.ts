/**
 * Traces that godo recorded itself (.tools/record-fixtures.mjs), read as any machine reads
 * them: whole, and their audit records tell what the connector's events do.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/index.ts';
import type { Manifest } from '../../src/model/trace.ts';
import { openInputs } from '../../src/source/inputs.ts';
import { readSegment, readTrace } from '../../src/source/trace.ts';
import { scoreOf } from '../support/score.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/recorded');

/** Audit alone: where two signals were sent, it does not say which one killed. */
const FLOORS: ReadonlyMap<string, number> = new Map([['kills', 90]]);

const names = readdirSync(FOLDER).map((file) => file.replace(/\.trace$/, ''));

test('there are some', () => {
  expect(names.length).toBeGreaterThan(3);
});

describe.each(names)('%s', (name) => {
  const path = join(FOLDER, `${name}.trace`);

  test('is as it was written', async () => {
    const { journal, files, manifest } = await readTrace(path);
    expect(manifest?.end?.reason).toBe('command-ended');
    expect(journal.filter(({ kind }) => kind === 'loss')).toEqual([]);
    for (const file of files) {
      const entry = journal.find((one) => one.kind === 'segment' && one.segment.file === file.file);
      const segment = entry?.kind === 'segment' ? entry.segment : undefined;
      expect(await readSegment(file)).toEqual({ ...segment, tornBytes: 0 });
    }
  });

  test.each([
    ['with the connector', false],
    ['from audit alone', true],
  ])('tells what the connector tells, %s', async (_, withoutConnector) => {
    const inputs = openInputs([path], { onFault: () => {}, withoutConnector });
    const { processes, summary } = await analyze(inputs);
    expect(summary.faults).toEqual({});
    const truth = gunzipSync(readFileSync(join(path, 'connector-000001.ndjson.gz')));
    const { root } = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
    const { score, phantoms } = scoreOf(truth, [...processes], root ?? 0);
    expect(phantoms).toBe(0);
    const floor = withoutConnector ? FLOORS.get(name) : undefined;
    expect(score).toBeGreaterThanOrEqual(floor ?? 100);
  });
});
