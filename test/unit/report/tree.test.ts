import { expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { displayWidth } from '../../../src/report/columns.ts';
import { renderTree, type TreeOptions } from '../../../src/report/tree.ts';
import { execOf, failedExecOf, idOf, lifeOf, T0 } from './documents.ts';

const PIPE = { width: Number.POSITIVE_INFINITY, color: false };

function tree(processes: readonly ProcessDocument[], options: Partial<TreeOptions> = {}): string[] {
  return [...renderTree(processes, { ...PIPE, ...options })];
}

/** The row of a single process without its pid. */
function rowOf(parts: Partial<ProcessDocument>, options: Partial<TreeOptions> = {}): string {
  const [row] = tree([lifeOf(7, 0, 1234, { args: ['make'], ...parts })], options);
  return row.slice(2);
}

/** make (1) with a subshell (2) that ran gcc (3) and was killed, and a command that failed (4). */
function build(): ProcessDocument[] {
  return [
    lifeOf(1, 0, 5000, {
      children: [idOf(2), idOf(4)],
      execve: [execOf(0, 'env', 'make'), execOf(10, 'make', '-j2')],
      args: ['make', '-j2'],
      comm: 'make',
    }),
    lifeOf(2, 100, 2000, {
      parent: idOf(1),
      children: [idOf(3)],
      args: ['make', '-j2'],
      exit_signal: 9,
      exit_source: 'wait',
    }),
    lifeOf(3, 200, 50, {
      parent: idOf(2),
      execve: [failedExecOf(201, '/usr/local/bin/gcc'), execOf(202, 'gcc', '-c', 'a b.c')],
      args: ['gcc', '-c', 'a b.c'],
      exe: '/usr/bin/gcc',
    }),
    lifeOf(4, 300, 61_000, {
      parent: idOf(1),
      execve: [execOf(301, 'false')],
      args: ['false'],
      exit_code: 1,
    }),
  ];
}

test('a tree', () => {
  expect(tree(build())).toEqual([
    '1 env make → make -j2  5.000s  exit 0',
    '├─ 2 (make -j2)  2.000s  SIGKILL',
    "│  └─ 3 ✗ /usr/local/bin/gcc ENOENT → gcc -c 'a b.c'  50ms  exit 0",
    '└─ 4 false  1m01s  exit 1',
  ]);
});

test('an empty analysis has no rows', () => {
  expect(tree([])).toEqual([]);
  expect(tree([], { at: T0, root: 'make', depth: 2 })).toEqual([]);
});

test.each([
  ['args that never came', { args: ['make', null] }, '(make …)  1.234s  exit 0'],
  [
    'a program whose args are unknown',
    { args: undefined, exe: '/bin/x' },
    '/bin/x ?  1.234s  exit 0',
  ],
  ['only a comm', { args: undefined, comm: 'kwork er' }, '[kwork er]  1.234s  exit 0'],
  ['nothing known', { args: undefined }, '?  1.234s  exit 0'],
  ['threads', { threads: 4 }, '(make)  [4 threads]  1.234s  exit 0'],
  ['an unknown status', { exit_code: undefined }, '(make)  1.234s  exit ?'],
  ['no end', { exit_timestamp: undefined, exit_code: undefined }, '(make)  no end seen'],
  ['no start', { start_timestamp: undefined }, '(make)  ?  exit 0'],
  ['an end between two moments', { exit_after: T0 }, '(make)  ≤1.234s  exit 0'],
  ['an end whose bounds meet', { exit_after: T0 + 1234 }, '(make)  1.234s  exit 0'],
  ['a start before the log', { start_source: 'first_record' as const }, '(make)  ≥1.234s  exit 0'],
  ['both bounds', { start_source: 'wait' as const, exit_after: T0 }, '(make)  ~1.234s  exit 0'],
  [
    'a signal without a name',
    { exit_code: undefined, exit_signal: 99 },
    '(make)  1.234s  signal 99',
  ],
  ['a pid of its own namespace', { ns_pid: 1 }, 'ns=1 (make)  1.234s  exit 0'],
])('%s', (_, parts, expected) => {
  expect(rowOf(parts as Partial<ProcessDocument>)).toBe(expected);
});

test('a signal that is only suspected is marked', () => {
  const evidence = [
    { claim: 'exit_signal', rule: 'x', confidence: 'ambiguous', events: [] },
  ] as const;
  expect(rowOf({ exit_signal: 15, evidence })).toBe('(make)  1.234s  SIGTERM?');
});

test('a search along PATH is one step', () => {
  const tries = ['/a/gcc', '/b/gcc', '/c/gcc', '/c/cc'].map((exe, i) => failedExecOf(i, exe));
  const execve = [...tries, execOf(9, 'gcc')];
  expect(rowOf({ execve })).toBe('✗ /a/gcc ENOENT ×3 → ✗ /c/cc ENOENT → gcc  1.234s  exit 0');
});

test('no value reaches the terminal as it is', () => {
  const hostile = 'a\u001b[2J\n\u202e\udcff';
  const processes = [
    lifeOf(1, 0, 1, { args: [hostile], node: hostile, execve: [failedExecOf(1, hostile)] }),
    lifeOf(2, 0, 1, { comm: hostile, node: 'b' }),
    lifeOf(3, 0, 1, { exe: hostile, node: 'b' }),
  ];
  for (const row of tree(processes))
    expect(row).not.toMatch(/[\p{Control}\p{Format}\p{Surrogate}]/u);
});

test('hosts have headings when there are several', () => {
  const processes = [
    lifeOf(1, 0, 1, { node: 'a', children: [idOf(2)] }),
    lifeOf(2, 0, 1, { node: 'a', parent: idOf(1) }),
    lifeOf(3, 0, 1, { node: 'b' }),
    lifeOf(4, 0, 1),
  ];
  expect(tree(processes).map((row) => row.replace(/ \? .*/, ''))).toEqual([
    'host a',
    '└─ 1',
    '   └─ 2',
    'host b',
    '└─ 3',
    'host without a name',
    '└─ 4',
  ]);
  expect(tree(processes.slice(0, 2))[0]).toMatch(/^1 /);
});

test('a parent that is not in the log makes a root', () => {
  expect(tree([lifeOf(3, 0, 1, { parent: 'gone' })])).toEqual(['3 ?  1ms  exit 0']);
});

test('children that were never identified have rows', () => {
  const child = { timestamp: T0, ns_pid: 5, event: '1.000:2' };
  const rows = tree([lifeOf(1, 0, 1, { unidentified_children: [child] })]);
  expect(rows[1]).toBe('└─ ? ns=5 born, but never seen under its own pid');
});

test.each([
  ['2', ['2', '└─ 3']],
  ['make', ['1', '├─ 2', '│  └─ 3', '└─ 4']],
  ['gcc', ['3']],
  ['nothing', []],
  ['9', []],
])('--root %s', (root, expected) => {
  expect(tree(build(), { root }).map((row) => row.replace(/ [(✗a-z].*/, ''))).toEqual(expected);
});

test('--root finds a login shell by its name', () => {
  expect(tree([lifeOf(1, 0, 1, { args: ['-bash'] })], { root: 'bash' })).toHaveLength(1);
});

test('--root takes every match, but none twice', () => {
  const nested = [
    lifeOf(1, 0, 1, { comm: 'sh', children: [idOf(2)] }),
    lifeOf(2, 0, 1, { comm: 'x', parent: idOf(1), children: [idOf(3)] }),
    lifeOf(3, 0, 1, { comm: 'sh', parent: idOf(2) }),
    lifeOf(4, 0, 1, { comm: 'sh' }),
  ];
  expect(tree(nested, { root: 'sh' }).map((row) => row.replace(/ \[.*/, ''))).toEqual([
    '1',
    '└─ 2',
    '   └─ 3',
    '4',
  ]);
});

test('--depth cuts levels and counts what is below', () => {
  expect(tree(build(), { depth: 1 })).toEqual(['1 env make → make -j2  5.000s  exit 0  +3 below']);
  expect(tree(build(), { depth: 2 })).toEqual([
    '1 env make → make -j2  5.000s  exit 0',
    '├─ 2 (make -j2)  2.000s  SIGKILL  +1 below',
    '└─ 4 false  1m01s  exit 1',
  ]);
  expect(tree(build(), { depth: 3 })).toEqual(tree(build()));
  expect(tree(build(), { root: '2', depth: 1 })).toEqual([
    '2 (make -j2)  2.000s  SIGKILL  +1 below',
  ]);
});

test('--at shows who lived and what it ran then', () => {
  expect(tree(build(), { at: T0 - 1 })).toEqual([]);
  expect(tree(build(), { at: T0 + 5 })).toEqual(['1 env make  up 5ms']);
  expect(tree(build(), { at: T0 + 201 })).toEqual([
    '1 make -j2  up 201ms',
    '└─ 2 make -j2  up 101ms',
    '   └─ 3 make -j2  up 1ms',
  ]);
  expect(tree(build(), { at: T0 + 250 })).toContain("   └─ 3 gcc -c 'a b.c'  up 50ms");
  expect(tree(build(), { at: T0 + 6000 })).toEqual(['4 false  up 5.700s']);
  expect(tree(build(), { at: T0 + 10 ** 9 })).toEqual([]);
});

test('--at puts an orphan under its new parent', () => {
  const processes = [
    lifeOf(1, 0, 9000, { comm: 'init', children: [idOf(2)] }),
    lifeOf(2, 10, 100, { parent: idOf(1), children: [idOf(3)] }),
    lifeOf(3, 20, 8000, {
      parent: idOf(2),
      reparented: [{ timestamp: T0 + 5000, ppid: 1, parent: idOf(1), event: '1.000:9' }],
    }),
  ];
  const pids = (at: number) =>
    tree(processes, { at: T0 + at }).map((row) => row.replace(/ [[?].*/, ''));
  expect(pids(50)).toEqual(['1', '└─ 2', '   └─ 3']);
  // Its parent is gone, though the change is only seen later.
  expect(pids(1000)).toEqual(['1', '└─ 3']);
  expect(pids(6000)).toEqual(['1', '└─ 3']);
});

test('--at says when a process may have ended already', () => {
  const p = lifeOf(1, 0, 1000, { exit_after: T0 + 100 });
  expect(tree([p], { at: T0 + 100 })).toEqual(['1 ?  up 100ms']);
  expect(tree([p], { at: T0 + 101 })).toEqual(['1 ?  up 101ms  may have ended']);
});

test('--at of one that ran nothing of its own in a long line of forks', () => {
  const count = 20_000;
  const chain = Array.from({ length: count }, (_, i) =>
    lifeOf(i, i, 10 ** 6, {
      parent: i === 0 ? null : idOf(i - 1),
      execve: i === 0 ? [execOf(0, 'first'), execOf(500_000, 'second')] : [],
    }),
  );
  const rows = tree(chain, { at: T0 + 600_000 });
  expect(rows).toHaveLength(count);
  expect(rows[0]).toContain(' second ');
  expect(rows[count - 1]).toContain(' first ');
});

test.each([200, 80, 40, 20, 10, 1])('no row is wider than %i columns', (width) => {
  const wide = lifeOf(5, 0, 1, { args: ['日本語'.repeat(30)], node: 'h' });
  for (const row of tree([...build(), wide], { width })) {
    expect(displayWidth(row)).toBeLessThanOrEqual(width);
  }
});

test('what is cut is the command, not how it ended', () => {
  const execve = [execOf(0, 'make', 'x'.repeat(100))];
  expect(rowOf({ execve }, { width: 40 })).toBe('make xxxxxxxxxxxxxxxx…  1.234s  exit 0');
});

test('colour marks failures and signals', () => {
  const rows = tree(build(), { color: true });
  expect(rows[1]).toContain('\u001b[35mSIGKILL\u001b[0m');
  expect(rows[2]).toContain('\u001b[31m✗ /usr/local/bin/gcc ENOENT\u001b[0m');
  expect(rows[3]).toContain('\u001b[31mexit 1\u001b[0m');
  expect(rows.map((row) => row.replace(/\u001b\[\d+m/g, ''))).toEqual(tree(build()));
});

test('a chain 100,000 deep takes space in proportion', () => {
  const count = 100_000;
  const chain = Array.from({ length: count }, (_, i) =>
    lifeOf(i, i, 1, {
      parent: i === 0 ? null : idOf(i - 1),
      children: i === count - 1 ? [] : [idOf(i + 1)],
    }),
  );
  let rows = 0;
  let longest = 0;
  for (const row of renderTree(chain, PIPE)) {
    rows++;
    longest = Math.max(longest, row.length);
  }
  expect(rows).toBe(count);
  expect(longest).toBeLessThan(300);
  expect(tree(chain, { depth: 2 })[1]).toContain(`+${count - 2} below`);
  expect(tree(chain, { root: `${count - 1}` })).toHaveLength(1);
  // The outer levels are counted, and neighbouring rows stay aligned.
  const deep = tree(chain).slice(99_000, 99_002);
  expect(deep[0]).toMatch(/^⋯\d+ +└─ 99000 /);
  expect(deep[1].indexOf('└')).toBe(deep[0].indexOf('└') + 3);
});

test('a parent of 300,000 children', () => {
  const count = 300_000;
  const ids = Array.from({ length: count }, (_, i) => idOf(i + 1));
  const processes = [
    lifeOf(0, 0, 1, { children: ids }),
    ...Array.from({ length: count }, (_, i) => lifeOf(i + 1, i, 1, { parent: idOf(0) })),
  ];
  expect(tree(processes)).toHaveLength(count + 1);
  expect(tree(processes, { depth: 1 })[0]).toContain(`+${count} below`);
  expect(tree(processes, { root: '0', at: T0 })).toHaveLength(2);
});
