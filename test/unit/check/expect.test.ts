import { expect, test } from 'vitest';
import { Judge } from '../../../src/check/expect.ts';
import { type Expectation, isFor, readExpectations } from '../../../src/check/expectations.ts';
import { filterOf } from '../../../src/cli/check/expectations.ts';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { documentOf, idOf, lifeOf } from '../report/documents.ts';

/**
 * 1 make ─┬─ 2 sh ─── 3 cc (1)
 *         └─ 4 cc ─── 5 as (SIGTERM)
 * 6 sh ───── 7 cc (no end)
 */
const PROCESSES: readonly ProcessDocument[] = [
  lifeOf(1, 0, 900, { comm: 'make', children: [idOf(2), idOf(4)] }),
  lifeOf(2, 0, 100, { comm: 'sh', parent: idOf(1), children: [idOf(3)] }),
  lifeOf(3, 0, 80, { comm: 'cc', parent: idOf(2), exit_code: 1 }),
  lifeOf(4, 200, 300, { comm: 'cc', parent: idOf(1), children: [idOf(5)] }),
  lifeOf(5, 200, 100, { comm: 'as', parent: idOf(4), exit_code: undefined, exit_signal: 15 }),
  lifeOf(6, 0, 5000, { comm: 'sh', children: [idOf(7)] }),
  documentOf({ pid: 7, comm: 'cc', parent: idOf(6), start_timestamp: 1 }),
];

function expectationOf(body: string): Expectation {
  const read = readExpectations(`- name: a\n  ${body.replaceAll('; ', '\n  ')}`, filterOf);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.expectations[0];
}

/** What is broken, as `KIND PIDS… of N`. */
function brokenOf(body: string, processes = PROCESSES): string[] {
  return new Judge(processes).judge(expectationOf(body)).broken.map((broken) => {
    const of = 'found' in broken ? broken.found.of : broken.of;
    const pids = 'found' in broken ? broken.found.first.map(({ pid }) => pid) : [];
    return [broken.kind, ...pids, 'of', of].join(' ');
  });
}

test.each([
  ['none: {comm: curl}', []],
  ['none: {comm: cc}', ['none 3 4 7 of 7']],
  ['none: {}', ['none 1 2 3 4 5 6 7 of 7']],
  ['some: {comm: cc}', []],
  ['some: {comm: curl}', ['some of 7']],
  ['where: {comm: cc}; count: 3', []],
  ['where: {comm: cc}; count: 2', ['count 3 4 7 of 3']],
  ['where: {comm: cc}; count: {min: 3}', []],
  ['where: {comm: cc}; count: {min: 4}', ['count 3 4 7 of 3']],
  ['where: {comm: cc}; count: {max: 2}', ['count 3 4 7 of 3']],
  ['where: {comm: cc}; count: {min: 2, max: 4}', []],
  ['where: {comm: curl}; count: 0', []],
  ['where: {comm: curl}; count: {min: 1}', ['count of 0']],
  ['count: {max: 7}', []],
  ['where: {comm: sh}; all: {children: {$size: 1}}', []],
  ['where: {comm: cc}; all: {exit_code: 0}', ['all 3 7 of 3']],
  ['where: {pid: 4}; exit: 0', []],
  ['where: {comm: cc}; exit: 0', ['exit 3 7 of 3']],
  ['where: {pid: {$in: [3, 4]}}; exit: [0, 1]', []],
  ['where: {pid: {$in: [3, 4]}}; exit: {min: 1}', ['exit 4 of 2']],
  ['where: {pid: {$in: [3, 4]}}; exit: {max: 1}', []],
  ['where: {comm: as}; exit: SIGTERM', []],
  ['where: {comm: as}; exit: [0, SIGKILL]', ['exit 5 of 1']],
  ['where: {comm: as}; exit: {max: 255}', ['exit 5 of 1']],
  ['where: {pid: {$lte: 4}}; duration: {max: 900ms}', []],
  ['where: {pid: {$lte: 4}}; duration: {max: 300ms}', ['duration 1 of 4']],
  ['where: {pid: {$lte: 4}}; duration: {min: 100ms}', ['duration 3 of 4']],
  ['where: {pid: {$lte: 4}}; duration: {min: 100ms, max: 300ms}', ['duration 1 3 of 4']],
  ['where: {pid: 7}; duration: {min: 1ms}', ['duration 7 of 1']],
  ['where: {pid: 7}; duration: {max: 1d}', ['duration 7 of 1']],
  ['where: {comm: cc}; count: {max: 1}; exit: 0', ['count 3 4 7 of 3', 'exit 3 7 of 3']],
])('%s', (body, broken) => {
  expect(brokenOf(body)).toEqual(broken);
});

test.each([
  ['below: {comm: make}; none: {comm: make}', []],
  ['below: {comm: make}; none: {comm: cc}', ['none 3 4 of 4']],
  ['below: {pid: 2}; count: 1', []],
  ['below: {pid: 4}; where: {comm: cc}; count: 0', []],
  ['below: {comm: cc}; count: 1', []],
  ['below: {comm: sh}; where: {comm: cc}; exit: 1', ['exit 7 of 2']],
  ['below: {pid: 99}; none: {}', []],
  ['below: {pid: 99}; some: {}', ['some of 0']],
  ['below: {parent: null}; count: 5', []],
])('in a subtree: %s', (body, broken) => {
  expect(brokenOf(body)).toEqual(broken);
});

test.each([
  ['where: {comm: curl}; all: {exit_code: 0}', ['nobody of 7']],
  ['where: {comm: curl}; exit: 0', ['nobody of 7']],
  ['where: {comm: curl}; duration: {max: 1s}', ['nobody of 7']],
  ['below: {comm: curl}; exit: 0', ['nobody of 0']],
  ['where: {comm: curl}; exit: 0; count: {min: 0}', []],
  ['where: {comm: curl}; exit: 0; count: {min: 1}', ['count of 0']],
])('what is demanded of each is not shown where there is none: %s', (body, broken) => {
  expect(brokenOf(body)).toEqual(broken);
});

test('of many processes the first are named', () => {
  const many = Array.from({ length: 100 }, (_, i) => lifeOf(i, 0, 1));
  const [broken] = new Judge(many).judge(expectationOf('none: {}')).broken;
  expect(broken?.kind === 'none' && broken.found).toEqual({
    total: 100,
    of: 100,
    first: many.slice(0, 10),
  });
});

test('a judgement says how many processes it is about', () => {
  const judge = new Judge(PROCESSES);
  expect(judge.judge(expectationOf('none: {comm: curl}')).processes).toBe(7);
  expect(judge.judge(expectationOf('where: {comm: cc}; count: 3')).processes).toBe(3);
  expect(judge.judge(expectationOf('below: {comm: make}; none: {comm: curl}')).processes).toBe(4);
});

test('a chain of 100,000 processes is no deeper than another', () => {
  const chain = Array.from({ length: 100_000 }, (_, i) =>
    documentOf({
      pid: i,
      children: i < 99_999 ? [idOf(i + 1)] : [],
      parent: i > 0 ? idOf(i - 1) : null,
    }),
  );
  expect(brokenOf('below: {pid: 0}; count: 99999', chain)).toEqual([]);
});

test('a circle of parents ends', () => {
  const circle = [1, 2, 3].map((pid) => documentOf({ pid, children: [idOf((pid % 3) + 1)] }));
  expect(brokenOf('below: {pid: 1}; count: 3', circle)).toEqual([]);
});

test.each([
  ['build', 'build', true],
  ['build', 'build2', false],
  ['build*', 'build2', true],
  ['*', '', true],
  ['web-?', 'web-1', true],
  ['web-?', 'web-12', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xxaxxbxx', false],
  ['a.b', 'axb', false],
  ['[ab]', 'a', false],
  ['?', '😀', true],
  ['**a**', 'a', true],
])('the pattern %s and the recording %s', (pattern, name, matches) => {
  const expectation = expectationOf(`traces: ${JSON.stringify(pattern)}; none: {}`);
  expect(isFor(expectation, name)).toBe(matches);
});

test('one of several patterns is enough, and without any all recordings are meant', () => {
  expect(isFor(expectationOf('traces: [a, b]; none: {}'), 'b')).toBe(true);
  expect(isFor(expectationOf('traces: [a, b]; none: {}'), 'c')).toBe(false);
  expect(isFor(expectationOf('none: {}'), 'anything')).toBe(true);
});
