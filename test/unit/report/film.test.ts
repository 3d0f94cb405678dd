import { expect, test } from 'vitest';
import { Film, type Frame, picture } from '../../../src/report/film.ts';
import { Log, START } from '../../support/log.ts';

const SHELL = [100, 1] as const;
const CHILD = [101, 100] as const;
const NEXT = [102, 100] as const;
const FRAME: Frame = { width: 80, height: 5, color: false };

function film(speed = 1): Film {
  const log = new Log()
    .exec(0, SHELL, ['sh'])
    .fork(100, SHELL, 101)
    .exec(200, CHILD, ['true'])
    .exitGroup(300, CHILD, 1)
    .wait(300, SHELL, 101)
    .fork(400, SHELL, 102)
    .exec(404, NEXT, ['sleep', '9']);
  return new Film(log.documents, { from: START, until: START + 1000, speed });
}

/** The rows of the tree. */
function rows(at: Film, frame: Partial<Frame> = {}): string[] {
  const all = picture(at, { ...FRAME, ...frame }).rows;
  return all.slice(0, -1).filter((row) => row !== '');
}

function status(at: Film, frame: Partial<Frame> = {}): string {
  return picture(at, { ...FRAME, ...frame }).rows.at(-1) ?? '';
}

test('the tree grows, and what has ended stays', () => {
  const it = film();
  expect(rows(it)).toEqual(['100 sh  up ≥0ms']);
  it.pass(150.7);
  expect(rows(it)).toEqual(['100 sh  up ≥150ms', '└─ 101 (sh)  up 50ms']);
  it.pass(100);
  expect(rows(it)).toEqual(['100 sh  up ≥250ms', '└─ 101 true  up 150ms']);
  it.pass(100);
  expect(rows(it)).toEqual(['100 sh  up ≥350ms', '└─ 101 true  200ms  exit 1']);
  it.pass(100);
  expect(rows(it)).toEqual([
    '100 sh  up ≥450ms',
    '├─ 101 true  200ms  exit 1',
    '└─ 102 sleep 9  up 50ms',
  ]);
  it.living = true;
  expect(rows(it)).toEqual(['100 sh  up ≥450ms', '└─ 102 sleep 9  up 50ms']);
});

test('it pauses, steps from change to change, and ends', () => {
  const it = film(2);
  it.pass(40);
  expect(it.position - START).toBe(80);
  const steps = Array.from({ length: 8 }, () => {
    it.step(true);
    return it.position - START;
  });
  expect(steps).toEqual([100, 200, 300, 400, 404, 1000, 1000, 1000]);
  expect(it.isOver).toBe(true);
  expect(status(it)).toMatch(/^end ×2 {2}1\.000s of 1\.000s {2}1–3 of 3 {2}2027-/);
  it.step(false);
  expect(it.position - START).toBe(404);
  expect(status(it)).toMatch(/^paused ×2/);
  it.pass(500);
  expect(it.position - START).toBe(404);
  it.paused = false;
  it.restart();
  it.step(false);
  expect(it.position).toBe(START);
});

test('faster and slower, within bounds', () => {
  const it = film();
  it.change(true);
  expect(it.speed).toBe(2);
  for (let i = 0; i < 99; i++) it.change(false);
  expect(it.speed).toBeGreaterThan(0);
  for (let i = 0; i < 99; i++) it.change(true);
  expect(Number.isFinite(it.speed)).toBe(true);
  expect(film(Number.POSITIVE_INFINITY).isOver).toBe(true);
});

test('a screen too small shows the newest, or what one scrolls to', () => {
  const it = film(Number.POSITIVE_INFINITY);
  const small = { height: 2 };
  expect(rows(it, small)[0]).toContain('102');
  expect(status(it, small)).toContain('3–3 of 3');
  expect(rows(it, { ...small, top: 0 })[0]).toContain('100');
  expect(picture(it, { ...FRAME, ...small, top: 50 }).top).toBe(2);
  expect(picture(it, { ...FRAME, height: 1 }).rows).toHaveLength(1);
  for (const row of picture(it, { ...FRAME, width: 9 }).rows) expect(row.length).toBeLessThan(10);
  const none = new Film([], { from: 0, until: 0, speed: 1 });
  expect(picture(none, FRAME).rows.at(-1)).toContain('nobody');
});
