import { expect, test } from 'vitest';
import { durationOf } from '../../../src/base/duration.ts';
import { bytesOf } from '../../../src/cli/units.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['10', undefined],
  ['0s', undefined],
  ['-1s', undefined],
  ['1 h', undefined],
])('a duration of %s', (text, ms) => {
  expect(durationOf(text)).toBe(ms);
});

test.each([
  ['4096', 4096],
  ['64M', 67_108_864],
  ['2GiB', 2_147_483_648],
  ['1KB', 1024],
  ['0', undefined],
  ['1.5M', undefined],
  ['M', undefined],
])('a size of %s', (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes);
});
