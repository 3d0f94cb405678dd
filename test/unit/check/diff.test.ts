import { describe, expect, test } from 'vitest';
import { diffTrees, type DiffOptions } from '../../../src/check/diff.ts';
import { ignorePattern } from '../../../src/check/ignore.ts';
import type { ProcessTree } from '../../../src/check/tree.ts';
import { differenceLines } from '../../../src/report/difference.ts';
import { ranArgs, treeFrom, treeOfText } from '../../support/trees.ts';

function linesOf(from: ProcessTree, to: ProcessTree, options: DiffOptions = {}): string[] {
  return [...differenceLines(diffTrees(from, to, options), { width: Infinity, color: false })];
}

function ignoring(...texts: readonly string[]): DiffOptions {
  const ignore = texts.map((text) => {
    const pattern = ignorePattern(text);
    if (typeof pattern === 'string') throw new Error(pattern);
    return pattern;
  });
  return { ignore };
}

describe('what is found', () => {
  test.each([
    [
      'a process that was added, among those that are the same',
      `
      sh
        a
        b`,
      `
      sh
        a
        a
        b`,
      ['  sh', '+ └─ a  exit 0', '1 added; processes: 3 before, 4 after'],
    ],
    [
      'a subtree that was removed, with all of it',
      `
      sh
        make x
          cc x.c
        b`,
      `
      sh
        b`,
      [
        '  sh',
        '- └─ make x  exit 0',
        '-    └─ cc x.c  exit 0',
        '2 removed; processes: 4 before, 2 after',
      ],
    ],
    [
      'arguments, deep below, and nothing else',
      `
      sh
        make all
          cc -O1 a.c
          cc -O1 b.c
        b`,
      `
      sh
        make all
          cc -O1 a.c
          cc -O2 b.c
        b`,
      [
        '  sh',
        '  └─ make all',
        '~    └─ cc [--O1-]{+-O2+} b.c',
        '1 changed; processes: 5 before, 5 after',
      ],
    ],
    [
      'an exit status',
      `
      sh
        test x`,
      `
      sh
        test x =1`,
      ['  sh', '~ └─ test x  [-exit 0-]{+exit 1+}', '1 changed; processes: 2 before, 2 after'],
    ],
    [
      'one step that moved, and not those that it passed',
      `
      sh
        a
        b
        c
        d`,
      `
      sh
        b
        c
        a
        d`,
      ['  sh', '~ └─ a  moved from place 1 to 3', '1 changed; processes: 5 before, 5 after'],
    ],
    [
      'a step that moved and changed',
      `
      sh
        a x y z
        b
        c`,
      `
      sh
        b
        c
        a x y w`,
      [
        '  sh',
        '~ └─ a x y [-z-]{+w+}  moved from place 1 to 3',
        '1 changed; processes: 4 before, 4 after',
      ],
    ],
    [
      'another shell around the same',
      `
      sh run
        make
          cc a.c
          cc b.c`,
      `
      bash go
        make
          cc a.c
          cc b.c`,
      [
        '~ [-sh-]{+bash+} [-run-]{+go+} file [-sh-]{+bash+}',
        '1 changed; processes: 4 before, 4 after',
      ],
    ],
    [
      'another program, which is none that changed',
      `
      sh
        sort x`,
      `
      sh
        uniq x`,
      [
        '  sh',
        '- ├─ sort x  exit 0',
        '+ └─ uniq x  exit 0',
        '1 added, 1 removed; processes: 2 before, 2 after',
      ],
    ],
    [
      'of equal commands the one whose children changed',
      `
      sh
        make
          cc a
        make
          cc b
        make
          cc c`,
      `
      sh
        make
          cc a
        make
          cc b
          ld b
        make
          cc c`,
      ['  sh', '  └─ make', '+    └─ ld b  exit 0', '1 added; processes: 7 before, 8 after'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(linesOf(treeOfText(from), treeOfText(to))).toEqual(expected);
  });
});

describe('siblings whose order is chance', () => {
  const [a, b] = [
    `
    make -j4
      cc a.c
      cc b.c
        as b
      cc c.c`,
    `
    make -j4
      cc b.c
        as b
      cc c.c
      cc a.c`,
  ];

  test('are not compared in order where either recording says so', () => {
    expect(linesOf(treeOfText(a, [0]), treeOfText(b, [0]))).toEqual([]);
    expect(linesOf(treeOfText(a, [0]), treeOfText(b))).toEqual([]);
    expect(linesOf(treeOfText(a), treeOfText(b))).toHaveLength(3);
  });

  test('are the same ones, whatever else has changed', () => {
    const changed = treeOfText(b.replace('as b', 'as c').replace('cc a.c', 'cc a.c =1'), [0]);
    expect(linesOf(treeOfText(a, [0]), changed)).toEqual([
      '  make -j4',
      '  ├─ cc b.c',
      '~ │  └─ as [-b-]{+c+}',
      '~ └─ cc a.c  [-exit 0-]{+exit 1+}',
      '2 changed; processes: 5 before, 5 after',
    ]);
  });
});

describe('what is ignored', () => {
  test.each([
    ['tmp', 'as /tmp/ccAbCd.s', 'as /tmp/cc1234.s', true],
    ['tmp', 'as -o=/tmp/ccAbCd.res', 'as -o=/tmp/cc1234.res', true],
    ['tmp', 'cp /tmp/a/x', 'cp /tmp/b/x', true],
    ['tmp', 'cp /tmp/a/x', 'cp /tmp/a/y', false],
    ['hex', 'git show 0a1b2c3', 'git show 9999999', true],
    ['hex', 'git show deadbeef', 'git show defaced', false],
    ['hex', 'git show 0a1b2c', 'git show 999999', false],
    [
      'uuid',
      'rm 12345678-1234-1234-1234-123456789abc',
      'rm 00000000-0000-0000-0000-00000000000f',
      true,
    ],
    ['number', 'job-17', 'job-4', true],
    ['number', 'job-17', 'task-17', false],
    ['(?<=seed=)\\w+', 'run seed=a', 'run seed=b', true],
    ['(?<=seed=)\\w+', 'run seed=a', 'run seed=', false],
  ])('%s: %s and %s', (pattern, from, to, same) => {
    const lines = linesOf(treeOfText(from), treeOfText(to), ignoring(pattern));
    expect(lines.length === 0).toBe(same);
  });

  test('is left out of programs and folders, too', () => {
    const at = (n: number): ProcessTree =>
      treeFrom([[0, ranArgs(['x'], { ran: [{ args: ['x'], exe: `/b${n}/x`, cwd: `/b${n}` }] })]]);
    expect(linesOf(at(1), at(2), ignoring('number'))).toEqual([]);
    expect(linesOf(at(1), at(2))).toEqual([
      '~ x file [-/b1/x-]{+/b2/x+} in [-/b1-]{+/b2+}',
      '1 changed; processes: 1 before, 1 after',
    ]);
  });

  test.each([
    ['(', 'Unterminated group'],
    ['x*', 'the empty text'],
  ])('%s is no pattern', (text, reason) => {
    expect(ignorePattern(text)).toContain(reason);
  });
});

describe('durations', () => {
  const lasting = (ms: number | undefined): ProcessTree =>
    treeFrom([[0, ranArgs(['x'], ms === undefined ? {} : { duration: ms })]]);

  test.each([
    [100, 300, undefined, false],
    [100, 150, { ms: 50 }, false],
    [100, 151, { ms: 50 }, true],
    [151, 100, { ms: 50 }, true],
    [1000, 1200, { share: 0.2 }, false],
    [1000, 1201, { share: 0.2 }, true],
    [1201, 1000, { share: 0.2 }, true],
    // Less than the ticks of the clock at either end says nothing.
    [0, 20, { share: 0.2 }, false],
    [0, 21, { share: 0.2 }, true],
    [undefined, 1000, { ms: 1 }, false],
  ])('%s and %s ms within %j', (from, to, tolerance, differs) => {
    const options = tolerance === undefined ? {} : { tolerance };
    expect(linesOf(lasting(from), lasting(to), options).length > 0).toBe(differs);
  });

  test('are told', () => {
    expect(linesOf(lasting(90), lasting(1200), { tolerance: { ms: 1 } })[0]).toBe(
      '~ x  took [-90ms-]{+1.200s+}',
    );
  });
});

test('recordings of other hosts are the same if each is of one', () => {
  const on = (...hosts: readonly string[]): ProcessTree =>
    treeFrom(hosts.map((host) => [0, ranArgs(['init'], { host })] as const));
  expect(linesOf(on('a'), on('b'))).toEqual([]);
  expect(linesOf(on('a', 'b'), on('b', 'a'))).toEqual([]);
  expect(linesOf(on('a', 'b'), on('a', 'c'))).toEqual([
    '~ init  host [-b-]{+c+}',
    '1 changed; processes: 2 before, 2 after',
  ]);
});
