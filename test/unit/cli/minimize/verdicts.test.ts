import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OutputError } from '../../../../src/cli/output/output.ts';
import { openVerdicts } from '../../../../src/cli/minimize/verdicts.ts';
import { ownFolder } from '../../../support/folder.ts';

const folder = ownFolder();

const SUBJECT = { sha256: 'ab', exec: "echo 'é'", fails: 'exit status 1', timeout_ms: 1000 };
const KEYS = ['0', '1', '2'].map((digit) => digit.repeat(32));

test('what was written down is there again', () => {
  const path = join(folder, 'again');
  const first = openVerdicts(path, SUBJECT);
  first?.add(KEYS[0], true);
  first?.add(KEYS[1], false);
  first?.close();
  const second = openVerdicts(path, SUBJECT);
  expect([...(second?.verdicts ?? [])]).toEqual([
    [KEYS[0], true],
    [KEYS[1], false],
  ]);
  second?.remove();
  expect(existsSync(path)).toBe(false);
});

test('wherever a killed writer stopped, the whole lines count, and more can be added', () => {
  const whole = join(folder, 'whole');
  const file = openVerdicts(whole, SUBJECT);
  for (const key of KEYS) file?.add(key, true);
  file?.close();
  const bytes = readFileSync(whole);
  for (let length = 0; length <= bytes.length; length++) {
    const path = join(folder, 'torn');
    writeFileSync(path, bytes.subarray(0, length));
    const torn = openVerdicts(path, SUBJECT);
    const lines = bytes.subarray(0, length).toString().split('\n').length - 2;
    expect([...(torn?.verdicts.keys() ?? [])], `${length}`).toEqual(
      KEYS.slice(0, Math.max(0, lines)),
    );
    torn?.add('f'.repeat(32), false);
    torn?.close();
    const again = openVerdicts(path, SUBJECT);
    expect(again?.verdicts.get('f'.repeat(32)), `${length}`).toBe(false);
    again?.remove();
  }
});

test.each([{ sha256: 'ac' }, { exec: 'true' }, { fails: 'exit status 2' }, { timeout_ms: 1 }])(
  'verdicts about something else are not taken, and not touched: %o',
  (other) => {
    const path = join(folder, 'other');
    const file = openVerdicts(path, SUBJECT);
    file?.add(KEYS[0], true);
    file?.close();
    const before = readFileSync(path);
    expect(openVerdicts(path, { ...SUBJECT, ...other })).toBeUndefined();
    expect(readFileSync(path)).toEqual(before);
  },
);

test('a file of another kind is neither', () => {
  const path = join(folder, 'notes');
  writeFileSync(path, 'do not lose this\n');
  expect(openVerdicts(path, SUBJECT)).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('do not lose this\n');
});

test('lines that are no verdicts are passed over', () => {
  const path = join(folder, 'odd');
  const file = openVerdicts(path, SUBJECT);
  file?.close();
  appendFileSync(path, `nonsense\n${KEYS[0]} 2\n${KEYS[1]} 1\n`);
  expect([...(openVerdicts(path, SUBJECT)?.verdicts ?? [])]).toEqual([[KEYS[1], true]]);
});

test('where no file can be it says so', () => {
  expect(() => openVerdicts(join(folder, 'none/state'), SUBJECT)).toThrow(OutputError);
});
