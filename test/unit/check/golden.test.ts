import { describe, expect, test } from 'vitest';
import { compareGolden, goldenText, writeGolden } from '../../../src/check/golden.ts';
import { isGoldenProblem } from '../../../src/check/golden-form.ts';
import { readGolden } from '../../../src/check/golden-reader.ts';
import { forked, ranArgs, treeFrom } from '../../support/trees.ts';
import { documentOf, idOf, lifeOf, T0 } from '../report/documents.ts';

const exec = (args: readonly (string | null)[], exe: string, cwd?: string) => ({
  timestamp: T0,
  args,
  exe,
  event: '1.0:1',
  ...(cwd === undefined ? {} : { cwd }),
});

const BUILD = [
  lifeOf(10, 0, 900, {
    node: 'build host',
    children: [idOf(11), idOf(13)],
    execve: [
      exec(['env', 'make'], '/usr/bin/env', '/srv'),
      exec(['make'], '/usr/bin/make', '/srv/proj'),
    ],
    args: ['make'],
    exe: '/usr/bin/make',
    uid: 0,
    incomplete: ['no_birth'],
  }),
  lifeOf(11, 4, 100, {
    node: 'build host',
    parent: idOf(10),
    children: [idOf(12)],
    execve: [
      { timestamp: T0, failed: true, errno: 'ENOENT', exe: '/opt/cc', event: '1.0:2' },
      exec(['cc', 'a b.c', 'x\ny', '\udcff'], 'cc', '/srv/proj/sub'),
    ],
    uid: 1000,
    threads: 3,
    exit_code: undefined,
    exit_signal: 9,
  }),
  documentOf({
    pid: 12,
    node: 'build host',
    parent: idOf(11),
    start_timestamp: T0 + 8,
    start_source: 'fork',
    args: ['cc', 'a b.c', 'x\ny', '\udcff'],
    uid: 1000,
    reparented: [
      { timestamp: T0, ppid: 10, parent: idOf(10), event: '1.0:3' },
      { timestamp: T0, ppid: 1, event: '1.0:4' },
      { timestamp: T0, ppid: 77, event: '1.0:5' },
    ],
    incomplete: ['no_end'],
  }),
  lifeOf(13, 20, 10, {
    node: 'build host',
    parent: idOf(10),
    execve: [exec(['sh', null, ''], '/bin/sh')],
    ns_pid: 1,
    unidentified_children: [{ timestamp: T0, ns_pid: 2, event: '1.0:6' }],
    exit_code: undefined,
    incomplete: ['missing_arguments', 'end_status_unknown', 'unidentified_children'],
  }),
];

const TEXT = `godo golden 1
host 'build host'
#1 env make {/usr/bin/env in /srv} → make {/usr/bin/make in ./proj}  [exit 0; uid 0; no_birth]
  ✗ /opt/cc ENOENT {in ?} → cc 'a b.c' $'x\\ny' $'\\xff' {in ./sub}  [SIGKILL; 3 threads; uid 1000]
    (cc 'a b.c' $'x\\ny' $'\\xff' {?})  [no end; adopted by #1; adopted by init; adopted by ?]
  sh … '' {/bin/sh in ?}  [exit ?; pid 1 of a namespace]
    ?  [unidentified]
`;

test('says what the processes did, without what is chance', () => {
  expect(goldenText(BUILD)).toBe(TEXT);
});

test('holds times where they are asked for', () => {
  const lines = goldenText(BUILD, { times: true }).split('\n');
  expect(lines[0]).toBe('godo golden 1 times');
  expect(lines[2]).toMatch(/; no_birth; at 0ms; for 900ms\]$/);
  expect(lines[4]).toMatch(/; at 8ms\]$/);
});

test('reads lines that end as on Windows, and empty ones', () => {
  const golden = readGolden(TEXT.replaceAll('\n', '\r\n\r\n'));
  expect(isGoldenProblem(golden) ? golden : writeGolden(golden.tree)).toBe(TEXT);
});

test('numbers the levels that are too deep to indent', () => {
  const chain = Array.from({ length: 60 }, (_, i) => [i, ranArgs([`p${i}`])] as const);
  const text = writeGolden(treeFrom(chain));
  expect(text).toContain(`\n${'  '.repeat(40)}p40  [exit 0]\n${'  '.repeat(40)}⋯41 p41  [exit 0]`);
});

test.each([
  ['', 1, 'must begin with'],
  ['godo golden 2\n', 1, 'newer godo'],
  ['godo golden 1\nmake\n', 2, 'neither a process nor a host'],
  ['godo golden 1\n make  [exit 0]\n', 2, '2 spaces a level'],
  ['godo golden 1\n\n  make  [exit 0]\n', 3, 'one level above'],
  ['godo golden 1\nmake  [exit 0]\n    cc  [exit 0]\n', 3, 'one level above'],
  ['godo golden 1\nmake  [exit 0; fine]\n', 2, "'fine' is no note"],
  ['godo golden 1\nmake  [exit 256]\n', 2, "'exit 256' is no note"],
  ['godo golden 1\nmake  [SIGNOT]\n', 2, "'SIGNOT' is no note"],
  ['godo golden 1\nmake  [2 threads]\n', 2, 'how the process ended'],
  ['godo golden 1\nmake  [exit 0; SIGKILL]\n', 2, 'a note of the same kind'],
  ["godo golden 1\nsh -c 'a  [exit 0]\n", 2, 'quotes that do not end'],
  ['godo golden 1\nsh "a"  [exit 0]\n', 2, 'must stand in quotes'],
  ["godo golden 1\nsh $'\\q'  [exit 0]\n", 2, 'an escape'],
  ['godo golden 1\nsh → → a  [exit 0]\n', 2, 'a command is missing'],
  ['godo golden 1\n✗ /a  [exit 0]\n', 2, 'a path and an error'],
  ['godo golden 1\n✗ /a ENOENT  [exit 0]\n', 2, 'a mere fork has ()'],
  ['godo golden 1\n() → a  [exit 0]\n', 2, 'no parentheses'],
  ['godo golden 1\na {/b on /c}  [exit 0]\n', 2, 'braces hold'],
  ['godo golden 1\na {/b  [exit 0]\n', 2, 'without its }'],
  ['godo golden 1\n?  [exit 0]\n', 2, 'go together'],
  ['godo golden 1\na  [unidentified]\n', 2, 'go together'],
  ['godo golden 1\n?  [unidentified]\n  a  [exit 0]\n', 3, 'nothing is known below'],
  ['godo golden 1\na  [exit 0; adopted by #3]\n', 2, 'there is no #3'],
  ['godo golden 1\n#1 a  [exit 0]\n#1 a  [exit 0]\n', 3, 'another #1'],
])('%j is refused, with its line', (text, line, reason) => {
  const problem = readGolden(text);
  if (!isGoldenProblem(problem)) throw new Error('it was read');
  expect(problem.line).toBe(line);
  expect(problem.reason).toContain(reason);
});

describe('comparing', () => {
  const changesOf = (actual: string): unknown => {
    const difference = compareGolden(TEXT, actual);
    if (isGoldenProblem(difference)) return difference;
    return difference.rows
      .filter(({ kind }) => kind !== 'within')
      .map(({ kind, fromLine, toLine, changes }) => [
        kind,
        fromLine,
        toLine,
        changes.map(({ field }) => field).join(),
      ]);
  };

  test.each([
    ['nothing', '', '', []],
    ['an end', 'SIGKILL', 'SIGTERM', [['changed', 4, 4, 'end']]],
    ['a program', '{/bin/sh in', '{/bin/dash in', [['changed', 6, 6, 'exe']]],
    ['a folder', 'in ./sub', 'in ./bus', [['changed', 4, 4, 'cwd']]],
    ['threads', '3 threads', '4 threads', [['changed', 4, 4, 'threads']]],
    ['a user', 'uid 1000', 'uid 1001', [['changed', 4, 4, 'uid']]],
    ['what is missing', '; no_birth', '', [['changed', 3, 3, 'lacks']]],
    ['a namespace', '; pid 1 of a namespace', '', [['changed', 6, 6, 'namespace']]],
    ['a host', "'build host'", 'other', [['changed', 3, 3, 'host']]],
    ['an adopter', 'adopted by init', 'adopted by ?', [['changed', 5, 5, 'adopted']]],
    ['an error', 'ENOENT', 'EACCES', [['changed', 4, 4, 'command']]],
    ['one more', '    ?  [u', '    b  [exit 0]\n    ?  [u', [['added', undefined, 7, '']]],
  ])('%s', (_, from, to, expected) => {
    expect(changesOf(TEXT.replace(from, to))).toEqual(expected);
  });

  test('an adopter of the same name elsewhere is another one', () => {
    const text = (first: string, second: string): string =>
      `godo golden 1\n${first}a  [exit 0]\n${second}a  [exit 0]\nb  [exit 0; adopted by #1]\n`;
    const difference = compareGolden(text('#1 ', ''), text('', '#1 '));
    const rows = isGoldenProblem(difference) ? [] : difference.rows;
    expect(rows.map(({ fromLine, changes }) => [fromLine, changes])).toEqual([
      [4, [{ field: 'adopted' }]],
    ]);
  });

  test('the order of siblings counts', () => {
    const text = (...names: string[]): string =>
      `godo golden 1\nsh  [exit 0]\n${names.map((name) => `  ${name}  [exit 0]\n`).join('')}`;
    const difference = compareGolden(text('a', 'b', 'c', 'd'), text('b', 'c', 'a', 'd'));
    const rows = isGoldenProblem(difference) ? [] : difference.rows;
    expect(rows.filter(({ kind }) => kind === 'changed')).toMatchObject([
      { changes: [{ field: 'order', from: 1, to: 3 }], fromLine: 3, toLine: 5 },
    ]);
  });

  test('times count where both have them', () => {
    const [a, b] = [0, 1].map((more) =>
      goldenText([lifeOf(1, 0, 20 + more, { execve: [] })], { times: true }),
    );
    const without = a.replace(' times', '').replace(/; at .*\]/, ']');
    expect(compareGolden(a, b)).toMatchObject({ rows: [{ changes: [{ field: 'duration' }] }] });
    expect(compareGolden(without, b)).toMatchObject({ rows: [] });
  });

  test('which of the two cannot be read', () => {
    expect(compareGolden(TEXT, '')).toMatchObject({ which: 'actual', line: 1 });
    expect(compareGolden('', TEXT)).toMatchObject({ which: 'expected', line: 1 });
  });
});

test('the order of jobs is told to be chance, and counts between recordings alone', () => {
  const jobs = (...names: string[]) =>
    writeGolden(
      treeFrom(
        [[0, ranArgs(['make'])], ...names.map((name) => [1, ranArgs([name])] as const)],
        [0],
      ),
    );
  const [a, b] = [jobs('x', 'y', 'z'), jobs('z', 'y', 'x')];
  expect(a).toContain('make  [exit 0; children in any order]');
  expect(compareGolden(a, b)).toMatchObject({ counts: { changed: 2 } });
  expect(compareGolden(a, b, { rerecorded: true })).toMatchObject({ rows: [] });
});

test('a fork of a fork says only what is new', () => {
  const tree = treeFrom([
    [0, ranArgs(['sh'])],
    [1, forked()],
    [2, forked({ ran: [{ failed: true, exe: '/x', errno: 'ENOENT' }] })],
  ]);
  expect(writeGolden(tree)).toBe(
    'godo golden 1\nsh  [exit 0]\n  ()  [exit 0]\n    () → ✗ /x ENOENT  [exit 0]\n',
  );
});
