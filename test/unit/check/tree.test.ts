import { describe, expect, test } from 'vitest';
import { isSequential, treeOf } from '../../../src/check/tree.ts';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { documentOf, idOf, lifeOf, T0 } from '../report/documents.ts';

/** Of each child when it was born and when it had ended. */
function inOrder(...children: readonly (readonly [number, number])[]): boolean {
  const times = children.map(([born, ended]) => {
    return { born: 0, ended: 0, bornMs: born, endedMs: ended };
  });
  const serials = children.map(([born, ended]) => {
    return { born: 2 * born + 1, ended: 2 * ended, bornMs: 0, endedMs: 0 };
  });
  expect(isSequential(serials)).toBe(isSequential(times));
  return isSequential(times);
}

describe('the order of births is of the making of', () => {
  test('a script: one after the other', () => {
    expect(inOrder([0, 1], [1, 2], [3, 4], [4, 9])).toBe(true);
  });

  test('a pipeline: all together, ending as they like', () => {
    expect(inOrder([0, 9], [1, 5], [2, 12])).toBe(true);
  });

  test('pipelines one after the other', () => {
    expect(inOrder([0, 5], [1, 4], [6, 9], [7, 8], [10, 20])).toBe(true);
  });

  test('whoever starts all and waits for all', () => {
    expect(inOrder([0, Infinity], [1, Infinity], [2, Infinity])).toBe(true);
  });

  test('and not of make -j2, which fills a free place', () => {
    expect(inOrder([0, 5], [1, 9], [6, 12])).toBe(false);
  });

  test('nor of a script beside a job that still runs, which looks the same', () => {
    expect(inOrder([0, 100], [1, 5], [6, 9])).toBe(false);
  });

  test('a job that comes when all others have ended is no sign', () => {
    expect(inOrder([0, 5], [1, 9], [10, 12])).toBe(true);
  });
});

const exec = (cwd: string | undefined): ProcessDocument['execve'][number] => ({
  timestamp: T0,
  args: ['x'],
  exe: 'x',
  event: '1.0:1',
  ...(cwd === undefined ? {} : { cwd }),
});

describe('folders are told against the one before', () => {
  test.each([
    ['/a', '/a', undefined],
    ['/a', '/a/b/c', './b/c'],
    ['/a', '/ab', '/ab'],
    ['/a', '/', '/'],
    ['/', '/a', '/a'],
    ['/a', undefined, '?'],
    [undefined, '/a', '/a'],
    [undefined, undefined, undefined],
  ])('from %s to %s', (before, cwd, expected) => {
    const parent = lifeOf(1, 0, 9, { children: [idOf(2)], execve: [exec(before)] });
    const child = lifeOf(2, 1, 5, { parent: idOf(1), execve: [exec(cwd)] });
    expect(treeOf([parent, child]).processes[1].ran[0].cwd).toBe(expected);
  });
});

test('durations are known where both ends are', () => {
  const durations = (parts: Partial<ProcessDocument>): number | undefined =>
    treeOf([{ ...lifeOf(1, 0, 9), ...parts }]).processes[0].duration;
  expect(durations({})).toBe(9);
  expect(durations({ start_source: 'first_record' })).toBeUndefined();
  expect(durations({ exit_after: T0 + 3 })).toBeUndefined();
  expect(durations({ exit_after: T0 + 9 })).toBe(9);
  expect(durations({ exit_timestamp: undefined })).toBeUndefined();
});

test('threads bear children beside each other', () => {
  const family = (threads: number): ProcessDocument[] => [
    documentOf({ pid: 1, threads, children: [idOf(2), idOf(3)] }),
    lifeOf(2, 0, 1, { parent: idOf(1) }),
    lifeOf(3, 5, 1, { parent: idOf(1) }),
  ];
  expect(treeOf(family(1)).processes[0].anyOrder).toBeUndefined();
  expect(treeOf(family(2)).processes[0].anyOrder).toBe(true);
});

test('whose parent has no document is a root, and roots are in order of their ids', () => {
  const orphans = [lifeOf(5, 0, 1, { parent: idOf(99) }), lifeOf(3, 9, 1), lifeOf(4, 1, 1)];
  const { level, processes } = treeOf(orphans);
  expect([...level]).toEqual([0, 0, 0]);
  expect(processes.map(({ start }) => start)).toEqual([9, 1, 0]);
});
