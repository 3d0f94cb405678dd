/** The recorder's commands as a user meets them, as far as that needs no rights. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { ownFolder } from '../support/folder.ts';
import { build, godo, trace } from './godo.ts';

const folder = ownFolder();

beforeAll(build);

describe('wrong usage', () => {
  test.each([
    [['record'], "required option '-o, --output <dir>' not specified"],
    [['record', '-o', 'x', '--duration', '5'], 'It must be like 30s, 10m or 1h.'],
    [['record', '-o', 'x', '--max-size', '1.5G'], 'It must be like 64M or 2G.'],
    [['record', '-o', 'x', '--profile', 'none'], 'Allowed choices are processes, files, all.'],
    [['record', '-o', 'x', '--syscalls', 'fork,spoon'], "There is no system call 'spoon'."],
    [['record', '-o', 'x', '--from', 'tcp:1'], 'It must be stdin or unix:PATH.'],
    [['record', '-o', 'x', '--from', 'stdin', '--follow', 'y'], 'cannot be used with'],
    [['record', '-o', 'x', '--from', 'stdin', '--', 'true'], 'a command cannot be recorded'],
    [['info'], "missing required argument 'TRACE'"],
  ])('%j', async (args, message) => {
    const { status, stderr } = await godo(args);
    expect({ status, told: stderr.includes(message) }, stderr).toEqual({ status: 2, told: true });
    expect(existsSync('x')).toBe(false);
  });
});

test('help says what each command does', async () => {
  for (const command of ['record', 'info', 'doctor']) {
    const { status, stdout } = await godo([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('Exit status:');
  }
});

test('info of what is no trace is one line', async () => {
  const { status, stderr } = await godo(['info', folder]);
  expect({ status, stderr }).toEqual({
    status: 3,
    stderr: `godo: ${folder}: it is not a trace of godo\n`,
  });
  const none = await godo(['info', join(folder, 'none')]);
  expect(none.status).toBe(3);
});

test('records from standard input are analyzed as those of the log', async () => {
  const log = gunzipSync(readFileSync(trace('build')));
  const path = join(folder, 'build');
  const args = ['record', '--from', 'stdin', '--no-connector', '-o', path];
  const recorded = await godo([...args, '--segment-size', '100K'], { stdin: log });
  expect(recorded.status, recorded.stderr).toBe(0);
  const info = await godo(['info', '--verify', path]);
  expect(info.status, info.stdout).toBe(0);
  expect(info.stdout).toContain('input-ended');
  const [expected, found] = await Promise.all([
    godo(['analyze', trace('build'), '-f', 'ndjson', '-q']),
    godo(['analyze', path, '-f', 'ndjson', '-q']),
  ]);
  expect(found.stdout).toBe(expected.stdout);
});

test('a folder with something in it is left alone', async () => {
  const path = join(folder, 'full');
  mkdirSync(path);
  writeFileSync(join(path, 'mine'), '');
  const { status, stderr } = await godo([
    'record',
    '--from',
    'stdin',
    '--no-connector',
    '-o',
    path,
  ]);
  expect({ status, stderr }).toEqual({
    status: 4,
    stderr: `godo: cannot make the trace: ${path} is not empty\n`,
  });
  expect(readdirSync(path)).toEqual(['mine']);
});

test.each([
  ['--from', 'unix:/nonexistent/socket'],
  ['--follow', '/nonexistent/log'],
])('an input that is not there is one line: %s', async (...args) => {
  const path = join(folder, 'absent');
  const { status, stderr } = await godo(['record', ...args, '--no-connector', '-o', path]);
  expect(status).toBe(4);
  expect(stderr).toMatch(/^godo: cannot read the input: [^\n]*ENOENT[^\n]*\n$/);
  expect(existsSync(path)).toBe(false);
});
