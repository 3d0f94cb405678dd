/** The laws of golden trees and of the difference of two trees. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffTrees, type DiffOptions } from '../../src/check/diff.ts';
import { compareGolden, goldenText, writeGolden } from '../../src/check/golden.ts';
import { isGoldenProblem } from '../../src/check/golden-form.ts';
import { readGolden } from '../../src/check/golden-reader.ts';
import { type ProcessTree, treeOf } from '../../src/check/tree.ts';
import type { DifferenceRow, TreeDifference } from '../../src/model/difference.ts';
import type { ProcessDocument } from '../../src/model/process.ts';
import { analyzeSync } from '../../src/pipeline.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { PROFILES, type Program } from '../../src/testing/kernel/types.ts';
import { anyTree, plainTree, ranArgs, type Row, treeFrom } from '../support/trees.ts';
import { analyze } from './laws.ts';

const SEED = 11;
const TRACES = join(import.meta.dirname, '../../fixtures/traces');

function assertLaw<T extends [unknown, ...unknown[]]>(
  runs: number,
  law: fc.IPropertyWithHooks<T>,
): void {
  fc.assert(law, { numRuns: runs, seed: SEED });
}

function goldenOf(text: string): ProcessTree {
  const golden = readGolden(text);
  if (isGoldenProblem(golden)) throw new Error(`line ${golden.line}: ${golden.reason}\n${text}`);
  return golden.tree;
}

function differenceOf(expected: string, actual: string): TreeDifference {
  const difference = compareGolden(expected, actual);
  if (isGoldenProblem(difference)) throw new Error(`line ${difference.line}: ${difference.reason}`);
  return difference;
}

const WAYS: readonly DiffOptions[] = [
  {},
  { everything: true },
  { tolerance: { ms: 0 }, ignore: [/\d+/gu] },
  { everything: true, tolerance: { share: 0 } },
];

/** What a difference says, without the order of its rows and who stands on which side. */
function told({ rows, counts }: TreeDifference, turned: boolean): unknown {
  const turn = {
    added: 'removed',
    removed: 'added',
    changed: 'changed',
    within: 'within',
  } as const;
  const lines = rows.map(({ level, kind, from, to, changes }: DifferenceRow) => {
    const fields = changes.map((change) => ({
      field: change.field,
      values:
        'from' in change ? (turned ? [change.to, change.from] : [change.from, change.to]) : [],
    }));
    const sides = turned ? [to, from] : [from, to];
    return JSON.stringify([level, turned ? turn[kind] : kind, sides, fields]);
  });
  const { added, removed, changed } = counts;
  return {
    rows: lines.sort(),
    counts: turned
      ? [counts.to, counts.from, removed, added, changed]
      : [counts.from, counts.to, added, removed, changed],
  };
}

/** diff(A, A) is empty. */
function expectSame(tree: ProcessTree): void {
  for (const way of WAYS) expect(diffTrees(tree, tree, way).rows).toEqual([]);
}

/** diff(A, B) mirrors diff(B, A). */
function expectMirrored(a: ProcessTree, b: ProcessTree): void {
  for (const way of WAYS) {
    expect(told(diffTrees(a, b, way), false)).toEqual(told(diffTrees(b, a, way), true));
  }
}

/** Every process is in the difference or is not, and the counts add up. */
function expectCounted(a: ProcessTree, b: ProcessTree): void {
  const { counts } = diffTrees(a, b);
  expect(counts.from - counts.removed).toBe(counts.to - counts.added);
}

/** The golden tree of documents is the tree of the documents. */
function expectKept(processes: Iterable<ProcessDocument>): void {
  const all = [...processes];
  for (const times of [false, true]) {
    const text = goldenText(all, { times });
    const tree = goldenOf(text);
    expect(writeGolden(tree, { times })).toBe(text);
    const options = { everything: true, ...(times ? { tolerance: { ms: 0 } } : {}) };
    expect(diffTrees(treeOf(all), tree, options).rows).toEqual([]);
    expect(diffTrees(treeOf(all), tree).rows).toEqual([]);
    expect(differenceOf(text, text).rows).toEqual([]);
  }
}

describe('random trees', () => {
  test('what is written is read', () => {
    const law = fc.property(anyTree, (tree) => {
      const read = goldenOf(writeGolden(tree));
      expect(read.processes).toEqual(tree.processes);
      expect([...read.level]).toEqual([...tree.level]);
      expect([...read.size]).toEqual([...tree.size]);
    });
    assertLaw(600, law);
  });

  test('nothing differs from itself', () => {
    assertLaw(300, fc.property(fc.oneof(anyTree, plainTree), expectSame));
  });

  test('two trees differ as they do the other way round', () => {
    const pair = fc.oneof(fc.tuple(plainTree, plainTree), fc.tuple(anyTree, anyTree));
    assertLaw(
      400,
      fc.property(pair, ([a, b]) => {
        expectMirrored(a, b);
        expectCounted(a, b);
      }),
    );
  });

  test('where the order of siblings means nothing, none is found', () => {
    const law = fc.property(plainTree, fc.infiniteStream(fc.nat(1000)), (tree, chance) => {
      const processes = tree.processes.map((p) => ({ ...p, anyOrder: true }) as const);
      const parallel = { ...tree, processes };
      expect(diffTrees(parallel, shuffled(parallel, chance)).rows).toEqual([]);
    });
    assertLaw(200, law);
  });

  test('any text is read or refused with its line', () => {
    const law = fc.property(
      anyTree,
      fc.nat(),
      fc.nat(9),
      fc.string({ maxLength: 4 }),
      (...input) => {
        const [tree, at, cut, put] = input;
        const text = writeGolden(tree);
        const place = at % text.length;
        const changed = text.slice(0, place) + put + text.slice(place + cut);
        const golden = readGolden(changed);
        if (!isGoldenProblem(golden)) expect(goldenOf(writeGolden(golden.tree))).toBeDefined();
        else expect(golden.line).toBeLessThanOrEqual(changed.split('\n').length);
      },
    );
    assertLaw(400, law);
  });
});

/** The same tree with siblings in another order. */
function shuffled(tree: ProcessTree, chance: Iterator<number>): ProcessTree {
  const rows: Row[] = [];
  const pending: (readonly [number, number])[] = [[0, tree.size.length]];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    const [from, to] = range;
    if (from > 0 || tree.level[0] === -1)
      rows.push([tree.level[from - 1], tree.processes[from - 1]]);
    const children: (readonly [number, number])[] = [];
    for (let child = from; child < to; child += tree.size[child]) {
      const place = Number(chance.next().value) % (children.length + 1);
      children.splice(place, 0, [child + 1, child + tree.size[child]]);
    }
    pending.push(...children);
  }
  return treeFrom(rows);
}

describe('an edit of a golden tree is found as exactly that', () => {
  const edits: Readonly<Record<string, (lines: string[], at: number) => number>> = {
    removed: (lines, at) => lines.splice(at, 1).length,
    added: (lines, at) => {
      const indent = /^ */.exec(lines[at])?.[0] ?? '';
      lines.splice(at + 1, 0, `${indent}  brand-new  [exit 0]`);
      return 1;
    },
    changed: (lines, at) => {
      lines[at] = lines[at].replace(/\[exit \d+([^[]*)$/, '[exit 77$1');
      return 1;
    },
  };

  test.each(Object.keys(edits))('%s', (kind) => {
    const law = fc.property(plainTree, fc.nat(), (tree, choice) => {
      const text = writeGolden(tree);
      const lines = text.split('\n').slice(0, -1);
      // Of the leaves, so that nothing else moves with it.
      const leaves = [...tree.size.keys()].filter((i) => tree.size[i] === 1);
      if (leaves.length === 0) return;
      edits[kind](lines, 1 + leaves[choice % leaves.length]);
      const { rows } = differenceOf(text, `${lines.join('\n')}\n`);
      const found = rows.filter((row) => row.kind !== 'within');
      expect(found.map((row) => [row.kind, row.changes.map(({ field }) => field)])).toEqual([
        [kind, kind === 'changed' ? ['end'] : []],
      ]);
    });
    assertLaw(300, law);
  });
});

/** The same processes with other pids, times, events and ids, as another recording has them. */
function again(processes: readonly ProcessDocument[]): ProcessDocument[] {
  const idOf = (id: string): string => `again/${id}`;
  return processes.map((p) => ({
    ...p,
    _id: idOf(p._id),
    pid: p.pid + 7919,
    parent: p.parent === null ? null : idOf(p.parent),
    children: p.children.map(idOf),
    ...(p.start_timestamp === undefined ? {} : { start_timestamp: p.start_timestamp + 5_000_000 }),
    ...(p.exit_timestamp === undefined ? {} : { exit_timestamp: p.exit_timestamp + 5_000_000 }),
    ...(p.exit_after === undefined ? {} : { exit_after: p.exit_after + 5_000_000 }),
  }));
}

function documentsFrom(program: Program): ProcessDocument[] {
  return [...analyze(simulate(program).lines).processes];
}

describe('random histories', () => {
  test.each(PROFILES)('%s', (profile) => {
    const plan = programs(profile, { most: 40 });
    const law = fc.property(plan, plan, (one, two) => {
      const [a, b] = [documentsFrom(one), documentsFrom(two)];
      expectKept(a);
      expectSame(treeOf(a));
      expect(diffTrees(treeOf(a), treeOf(again(a)), { tolerance: { ms: 0 } }).rows).toEqual([]);
      expectMirrored(treeOf(a), treeOf(b));
    });
    assertLaw(15, law);
  });
});

describe('recordings', () => {
  const names = readdirSync(TRACES).filter((name) => name.endsWith('.log.gz'));
  const documents = new Map<string, ProcessDocument[]>();
  const documentsOf = (name: string): ProcessDocument[] => {
    const bytes = gunzipSync(readFileSync(join(TRACES, name)));
    const known = documents.get(name) ?? [...analyzeSync([{ name, bytes }]).processes];
    documents.set(name, known);
    return known;
  };

  test.each(names)('%s is kept, the same as itself, and mirrored', (name) => {
    const all = documentsOf(name);
    expectKept(all);
    expectSame(treeOf(all));
    const other = documentsOf(names[(names.indexOf(name) + 1) % names.length]);
    expectMirrored(treeOf(all), treeOf(other));
  });
});

describe('hard shapes', () => {
  const MANY = 100_000;
  const leaf = (i: number): Row => [1, ranArgs(['job', `${i}`])];
  const chain = Array.from({ length: MANY }, (_, i): Row => [i, ranArgs(['sh', '-c', 'next'])]);
  const wide = [[0, ranArgs(['make'])] as Row, ...Array.from({ length: MANY }, (_, i) => leaf(i))];
  const equal = [[0, ranArgs(['make'])] as Row, ...wide.slice(1).map(() => leaf(1))];

  test.each([
    ['a chain', chain],
    ['many children', wide],
    ['many equal children', equal],
  ])('%s: the same, written and read, and one change at its end', (_, rows) => {
    const tree = treeFrom(rows);
    expect(diffTrees(tree, tree).rows).toEqual([]);
    const text = writeGolden(tree);
    expect(writeGolden(goldenOf(text))).toBe(text);
    const [level, last] = rows[rows.length - 1];
    const changed: Row = [level, { ...last, end: { kind: 'exit', code: 3 } }];
    const { counts, rows: found } = diffTrees(tree, treeFrom([...rows.slice(0, -1), changed]));
    expect(counts).toEqual({
      from: rows.length,
      to: rows.length,
      added: 0,
      removed: 0,
      changed: 1,
    });
    expect(found.at(-1)?.changes.map(({ field }) => field)).toEqual(['end']);
  });

  test('many children, each with other arguments, are matched by the words they keep', () => {
    const flags = (flag: string): ProcessTree =>
      treeFrom([
        [0, ranArgs(['make'])],
        ...Array.from(
          { length: MANY },
          (_, i): Row => [1, ranArgs(['cc', flag, '-o', `f${i}.o`, `f${i}.c`])],
        ),
      ]);
    const { counts } = diffTrees(flags('-O1'), flags('-O2'));
    expect(counts).toMatchObject({ added: 0, removed: 0, changed: MANY });
  });

  test('two wide trees without anything in common', () => {
    const named = (name: string): ProcessTree =>
      treeFrom([
        [0, ranArgs(['make'])],
        ...Array.from({ length: MANY }, (_, i): Row => [1, ranArgs([name, `${name}${i}`])]),
      ]);
    const { counts } = diffTrees(named('cc'), named('ld'));
    expect(counts).toMatchObject({ added: MANY, removed: MANY, changed: 0 });
  });
});
