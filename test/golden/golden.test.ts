/**
 * Every recording in fixtures/traces has its tree and its digest on file: a change of
 * either shows in a review. `npm run golden` writes them anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { analyzeSync } from '../../src/pipeline.ts';
import { renderExplanation } from '../../src/report/explain.ts';
import { renderTree } from '../../src/report/tree.ts';

const TRACES = join(import.meta.dirname, '../../fixtures/traces');
const EXPECTED = join(import.meta.dirname, 'expected');
const SUFFIX = '.log.gz';

const names = readdirSync(TRACES)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

describe.each(names)('%s', (name) => {
  const bytes = gunzipSync(readFileSync(join(TRACES, name + SUFFIX)));
  const analysis = analyzeSync([{ name, bytes }]);
  const { summary } = analysis;
  const processes = [...analysis.processes];

  test('the tree', async () => {
    const rows = [...renderTree(processes, { width: Number.POSITIVE_INFINITY, color: false })];
    await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot(join(EXPECTED, `${name}.tree.txt`));
  });

  test('the digest', async () => {
    const path = join(EXPECTED, `${name}.ndjson.sha256`);
    await expect(`${summary.digest}\n`).toMatchFileSnapshot(path);
  });

  test('every process has a row and every conclusion a sentence', () => {
    const rows = [...renderTree(processes, { width: 80, color: true })];
    const unidentified = processes.flatMap((p) => p.unidentified_children ?? []);
    expect(rows).toHaveLength(processes.length + unidentified.length);
    const pids = new Set(processes.map((p) => p.pid));
    const explained = [...pids].map((pid) => [...renderExplanation(processes, pid)].join('\n'));
    const whole = explained.join('\n');
    const rules = new Set(
      processes.flatMap((p) => p.evidence.map((conclusion) => conclusion.rule)),
    );
    // A rule without a sentence goes by its bare name, without the name in brackets.
    expect([...rules].filter((rule) => !whole.includes(`(${rule})`))).toEqual([]);
  });
});

test('no expectation is left behind by a recording that is gone', () => {
  const wanted = names.flatMap((name) => [`${name}.ndjson.sha256`, `${name}.tree.txt`]);
  expect(readdirSync(EXPECTED).toSorted()).toEqual(wanted.toSorted());
});
