/** `godo diff` as a program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { build, godo, trace } from './godo.ts';

beforeAll(build);

const RECORDED = join(import.meta.dirname, '../../fixtures/recorded');
const container = join(RECORDED, 'container.trace');
const LOG = gunzipSync(readFileSync(trace('build'))).toString('latin1');
const SAME = { status: 0, stdout: '', stderr: '' };

/** The recording of a build with another flag in one compilation, which fails then. */
function changed(): string {
  const event = /msg=(audit\([^)]*\)): argc=\d+ a0="cc" a1="-O1" a2="-c" a3="-o" a4="f7.o"/.exec(
    LOG,
  );
  if (event === null) throw new Error('no such compilation');
  return LOG.split('\n')
    .map((line) =>
      line.startsWith('type=EXECVE') && line.includes(event[1]) ? line.replace('-O1', '-O9') : line,
    )
    .join('\n');
}

describe('the same', () => {
  test('file', async () => {
    expect(await godo(['diff', trace('build'), trace('build')])).toEqual(SAME);
  });

  test('trace of godo record', async () => {
    expect(await godo(['diff', container, container])).toEqual(SAME);
  });

  test('records in another order, from standard input', async () => {
    const stdin = Buffer.from(LOG.split('\n').reverse().join('\n'), 'latin1');
    expect(await godo(['diff', trace('build'), '-'], { stdin })).toEqual(SAME);
    expect(await godo(['diff', '-', trace('build')], { stdin })).toEqual(SAME);
  });
});

describe('recordings of one build', () => {
  const [first, second, other] = ['steps-1', 'steps-2', 'steps-changed'].map((name) =>
    join(RECORDED, `${name}.trace`),
  );

  test('differ in nothing, however the jobs of make were scheduled', async () => {
    expect(await godo(['diff', first, second, '--ignore', 'tmp'])).toEqual(SAME);
    expect(await godo(['diff', second, first, '--ignore', 'tmp'])).toEqual(SAME);
  });

  test('differ in what was changed, as docs/diff.md shows', async () => {
    const { status, stdout } = await godo(['diff', first, other, '--ignore', 'tmp']);
    expect(status).toBe(1);
    const docs = readFileSync(join(import.meta.dirname, '../../docs/diff.md'), 'utf8');
    for (const line of stdout.split('\n').slice(1)) expect(docs).toContain(line);
    expect(stdout.split('\n').slice(1)).toEqual([
      '~ └─ ./out/app  [-exit 0-]{+exit 3+}',
      '1 changed; processes: 45 before, 45 after',
      '',
    ]);
  });
});

test('one compilation with another flag', async () => {
  const stdin = Buffer.from(changed(), 'latin1');
  const { status, stdout, stderr } = await godo(['diff', trace('build'), '-'], { stdin });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    '  env -i PATH=/usr/bin:/bin LANG=C HOME=/nonexistent ./build.sh → /bin/bash ./build.sh',
    '  └─ make -s -j4',
    "     └─ /bin/sh -c 'test -f f7.c && cc -O1 -c -o f7.o f7.c'",
    '~       └─ cc [--O1-]{+-O9+} -c -o f7.o f7.c',
    expect.stringMatching(/^1 changed; /),
    '',
  ]);
});

test('JSON', async () => {
  const stdin = Buffer.from(changed(), 'latin1');
  const args = ['diff', '-', trace('build'), '--format', 'json'];
  const { status, stdout } = await godo(args, { stdin });
  expect(status).toBe(1);
  const { counts, rows } = JSON.parse(stdout) as { counts: object; rows: { level: number }[] };
  expect(counts).toMatchObject({ added: 0, removed: 0, changed: 1 });
  expect(rows.map(({ level }) => level)).toEqual([0, 1, 2, 3]);
  expect(rows[3]).toMatchObject({ kind: 'changed', changes: [{ field: 'arguments' }] });
});

test('what varies can be ignored', async () => {
  const stdin = Buffer.from(changed(), 'latin1');
  const args = ['diff', trace('build'), '-', '--ignore', 'hex', '--ignore', '(?<=-)O\\d'];
  expect(await godo(args, { stdin })).toEqual(SAME);
});

test('names of temporary files are pointed at', async () => {
  const stdin = Buffer.from(LOG.replaceAll(/\/tmp\/cc(\w)/g, '/tmp/ccX$1'), 'latin1');
  const without = await godo(['diff', trace('build'), '-'], { stdin });
  expect(without.status).toBe(1);
  expect(without.stderr).toMatch(
    /^godo: \d+ of these are names of temporary files: --ignore tmp\n$/,
  );
  expect(await godo(['diff', trace('build'), '-', '--ignore', 'tmp'], { stdin })).toEqual(SAME);
});

test('durations are compared where a tolerance is given', async () => {
  // The last end of a make, 300 ms later.
  const event = /audit\((\d+)\.(\d+):(\d+)\): .* syscall=231 .* comm="make"/;
  const [, seconds, ms, serial] =
    LOG.split('\n')
      .map((line) => event.exec(line))
      .findLast(Boolean) ?? [];
  const later = (Number(`${seconds}.${ms}`) + 0.3).toFixed(3);
  const stdin = LOG.replaceAll(`audit(${seconds}.${ms}:${serial})`, `audit(${later}:${serial})`);
  expect((await godo(['diff', trace('build'), '-'], { stdin })).stdout).toBe('');
  const args = ['diff', trace('build'), '-', '--tolerance'];
  expect((await godo([...args, '50%'], { stdin })).stdout).toContain(
    '~ └─ make -s clean  took [-4ms-]{+304ms+}',
  );
  expect((await godo([...args, '300ms'], { stdin })).stdout).toBe('');
});

test.each([
  [['diff'], "missing required argument 'A'"],
  [['diff', 'a'], "missing required argument 'B'"],
  [['diff', 'a', 'b', 'c'], 'too many arguments'],
  [['diff', '-', '-'], '- can only be given once'],
  [['diff', 'a', 'b', '--ignore', '('], 'Unterminated group'],
  [['diff', 'a', 'b', '--ignore', 'x*'], 'the empty text'],
  [['diff', 'a', 'b', '--tolerance', '5'], 'like 50ms or 20%'],
  [['diff', 'a', 'b', '--format', 'xml'], 'Allowed choices are tree, json'],
])('%j is wrong usage', async (args, message) => {
  const { status, stdout, stderr } = await godo(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test.each([[['/no/such.log', trace('build')]], [[trace('build'), '/no/such.log']]])(
  '%j cannot be read',
  async (names) => {
    const { status, stdout, stderr } = await godo(['diff', ...names]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('/no/such.log');
  },
);

test('faults of a recording are told, since what is missing looks like a difference', async () => {
  const stdin = Buffer.from(`${LOG}garbage\n`, 'latin1');
  const { status, stdout, stderr } = await godo(['diff', trace('build'), '-'], { stdin });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr).toBe('godo: - has faults, and may differ for that: 1 not-audit\n');
});
