import { describe, expect, test } from 'vitest';
import { diffTrees, type DiffOptions } from '../../../src/check/diff.ts';
import type { ProcessTree } from '../../../src/check/tree.ts';
import type { TreeProcess } from '../../../src/model/difference.ts';
import { displayWidth } from '../../../src/report/columns.ts';
import { differenceJson, differenceLines } from '../../../src/report/difference.ts';
import { forked, ranArgs, type Row, treeFrom, treeOfText } from '../../support/trees.ts';

const WIDE = { width: Infinity, color: false };
const EVERYTHING: DiffOptions = { everything: true, tolerance: { ms: 0 } };

function one(parts: Partial<TreeProcess>): ProcessTree {
  return treeFrom([[0, ranArgs(['x'], parts)]]);
}

function rowsOf(from: ProcessTree, to: ProcessTree, options = EVERYTHING): string[] {
  return [...differenceLines(diffTrees(from, to, options), WIDE)].slice(0, -1);
}

describe('a change is told in words', () => {
  test.each<[string, Partial<TreeProcess>, Partial<TreeProcess>]>([
    ['  [-exit 0-]{+SIGKILL+}', {}, { end: { kind: 'signal', signal: 9 } }],
    ['  [-exit 0-]{+exit ?+}', {}, { end: { kind: 'unknown' } }],
    ['  [-exit 0-]{+no end seen+}', {}, { end: { kind: 'none' } }],
    ['  threads [-1-]{+3+}', {}, { threads: 3 }],
    ['  uid [-?-]{+0+}', {}, { uid: 0 }],
    ['  pid 1 of a namespace: [-false-]{+true+}', {}, { namespace: true }],
    ['  children in any order: [-true-]{+false+}', { anyOrder: true }, {}],
    ['  lacks [-nothing-]{+no_birth+}', {}, { lacks: ['no_birth'] }],
    ['  adopted by another process', { adopted: ['init'] }, { adopted: ['unknown'] }],
    ['  host [-?-]{+\\x1b+}', {}, { host: '\x1b' }],
    ['  began at [-1ms-]{+2ms+}', { start: 1 }, { start: 2 }],
    ['  took [-?-]{+2ms+}', {}, { duration: 2 }],
    [
      '  [-exit 0-]{+exit 1+}  threads [-1-]{+2+}',
      {},
      { end: { kind: 'exit', code: 1 }, threads: 2 },
    ],
  ])('%s', (expected, from, to) => {
    expect(rowsOf(one(from), one(to))).toEqual([`~ x${expected}`]);
  });
});

describe('a command is told by what is different about it', () => {
  const ran = (...args: (string | null)[]): Partial<TreeProcess> => ({ ran: [{ args, exe: 'x' }] });

  test.each<[string, Partial<TreeProcess>, Partial<TreeProcess>]>([
    ['x [-a-]{+b+} c [-d-]{+e+}', ran('x', 'a', 'c', 'd'), ran('x', 'b', 'c', 'e')],
    ['x {+a b+} c', ran('x', 'c'), ran('x', 'a', 'b', 'c')],
    ['x c [-a b-]', ran('x', 'c', 'a', 'b'), ran('x', 'c')],
    ["x [-'a b'-]{+…+}", ran('x', 'a b'), ran('x', null)],
    ["x [-''-]{+$'\\x1b'+}", ran('x', ''), ran('x', '\x1b')],
    ['[-x ?-]{+x+}', { ran: [{ exe: 'x' }] }, ran('x')],
    ['[-x-]{+x → x+}', ran('x'), { ran: [...(ran('x').ran ?? []), ...(ran('x').ran ?? [])] }],
    [
      '([-sh a-]{+sh b+})',
      { ran: [], inherited: { args: ['sh', 'a'] } },
      { ran: [], inherited: { args: ['sh', 'b'] } },
    ],
    [
      '(?) → [-✗ /a ENOENT-]{+✗ /b ENOENT+}',
      { ran: [{ exe: '/a', failed: true, errno: 'ENOENT' }] },
      { ran: [{ exe: '/b', failed: true, errno: 'ENOENT' }] },
    ],
  ])('%s', (expected, from, to) => {
    expect(rowsOf(one(from), one(to))).toEqual([`~ ${expected}`]);
  });
});

test('a fork is told by what runs in it, before and after', () => {
  const family = (name: string, fork: TreeProcess): ProcessTree =>
    treeFrom([
      [0, ranArgs([name, 'x'], { ran: [{ args: [name, 'x'], exe: '/sh' }] })],
      [1, fork],
    ]);
  const failed = forked({ end: { kind: 'exit', code: 1 } });
  expect(rowsOf(family('sh', forked()), family('sh', failed))).toEqual([
    '  sh x',
    '~ └─ (sh x)  [-exit 0-]{+exit 1+}',
  ]);
  const alone = treeFrom([
    [0, ranArgs(['bash', 'x'], { ran: [{ args: ['bash', 'x'], exe: '/sh' }] })],
  ]);
  expect(rowsOf(family('bash', forked()), alone)[1]).toBe('- └─ (bash x)  exit 0');
  const seen = { ...forked(), unidentified: true } as const;
  expect(rowsOf(alone, family('bash', seen))[1]).toBe(
    '+ └─ ? born, but never seen under its own pid',
  );
});

describe('on a terminal', () => {
  const script = (word: string): ProcessTree =>
    treeFrom([[0, ranArgs(['sh', '-c', `${'long '.repeat(40)}${word}${' rest'.repeat(40)}`])]]);
  const words = (last: string): ProcessTree =>
    treeFrom([[0, ranArgs(['cc', '-a', '-b', '-c', '-d', '-e', '-f', '-g', last])]]);

  test.each([20, 40, 80, 120])('rows keep to %i columns', (width) => {
    const [a, b] = [treeOfText('sh\n  a b c\n    d'), treeOfText('sh\n  a b e\n    f')];
    for (const [from, to] of [
      [script('one'), script('two')],
      [a, b],
    ]) {
      const difference = diffTrees(from, to);
      for (const line of [...differenceLines(difference, { width, color: false })].slice(0, -1)) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });

  test('what is equal and long is left out', () => {
    const lines = (a: ProcessTree, b: ProcessTree): string =>
      [...differenceLines(diffTrees(a, b), { width: 200, color: false })][0];
    expect(lines(words('x'), words('y'))).toBe('~ cc -a ⋯ -f -g [-x-]{+y+}');
    const told = lines(script('one'), script('two'));
    expect(told).toContain('one');
    expect(told).toContain('two');
  });

  test('there are colours, and they end', () => {
    const difference = diffTrees(treeOfText('sh\n  a =1'), treeOfText('sh\n  a\n  b'));
    const lines = [...differenceLines(difference, { width: 80, color: true })];
    expect(lines[1]).toContain('\x1b[33m~ \x1b[0m');
    expect(lines[1]).toContain('\x1b[31m[-exit 1-]\x1b[0m\x1b[32m{+exit 0+}\x1b[0m');
    expect(lines[2]).toContain('\x1b[32m+ \x1b[0m');
  });
});

test('a chain of changes is as deep as it is, and drawn all the same', () => {
  const chain = (code: number): ProcessTree =>
    treeFrom(
      Array.from(
        { length: 3000 },
        (_, i): Row => [i, ranArgs(['x'], { end: { kind: 'exit', code } })],
      ),
    );
  const lines = [...differenceLines(diffTrees(chain(0), chain(1)), WIDE)];
  expect(lines).toHaveLength(3001);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300);
});

test('JSON holds the counts and the rows, one a line', () => {
  const difference = diffTrees(treeOfText('sh\n  a =1'), treeOfText('sh\n  a\n  b'));
  const text = [...differenceJson(difference)].join('');
  expect(text.split('\n')).toHaveLength(8);
  const parsed = JSON.parse(text) as { counts: unknown; rows: unknown[]; schema_version: number };
  expect(parsed.schema_version).toBe(1);
  expect(parsed.counts).toEqual({ from: 2, to: 3, added: 1, removed: 0, changed: 1 });
  expect(parsed.rows).toMatchObject([
    { level: 0, parent: -1, kind: 'within' },
    {
      level: 1,
      parent: 0,
      kind: 'changed',
      changes: [{ field: 'end', to: { kind: 'exit', code: 0 } }],
    },
    { level: 1, parent: 0, kind: 'added', to: { ran: [{ args: ['b'] }] } },
  ]);
  const none = [...differenceJson(diffTrees(treeOfText('a'), treeOfText('a')))].join('');
  expect(JSON.parse(none)).toMatchObject({ rows: [] });
});
