import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cutSegments,
  displayWidth,
  paint,
  type Segment,
  segmentsWidth,
} from '../../../src/report/columns.ts';

test.each([
  ['', 0],
  ['make -j4', 8],
  ['├─ ✗', 4],
  ['日本語', 6],
  ['한글', 4],
  ['e\u0301', 1],
  ['🙂', 2],
  ['ï', 1],
])('%s takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

function plain(...texts: string[]): Segment[] {
  return texts.map((text) => ({ text, style: 'plain' }));
}

test.each([
  [['make', ' all'], 8, 'make all'],
  [['make', ' all'], 7, 'make a…'],
  [['make', ' all'], 5, 'make…'],
  [['make', ' all'], 4, 'mak…'],
  [['make'], 1, '…'],
  [['make'], 0, ''],
  [['make'], -3, ''],
  [['日本語'], 6, '日本語'],
  [['日本語'], 5, '日本…'],
  [['日本語'], 4, '日…'],
])('%j in %i columns', (texts, columns, expected) => {
  expect(paint(cutSegments(plain(...texts), columns), false)).toBe(expected);
});

test('nothing is ever wider than asked for, and nothing that fits is cut', () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '日', 'e\u0301', '🙂') }));
  fc.assert(
    fc.property(texts, fc.nat({ max: 40 }), (list, columns) => {
      const segments = plain(...list);
      const cut = cutSegments(segments, columns);
      expect(segmentsWidth(cut)).toBeLessThanOrEqual(columns);
      if (segmentsWidth(segments) <= columns) expect(cut).toBe(segments);
    }),
  );
});

test('colour is only where it is asked for, and ends where it began', () => {
  const segments: Segment[] = [
    { text: 'a', style: 'plain' },
    { text: 'b', style: 'failure' },
    { text: '', style: 'dim' },
  ];
  expect(paint(segments, false)).toBe('ab');
  expect(paint(segments, true)).toBe('a\u001b[31mb\u001b[0m');
});
