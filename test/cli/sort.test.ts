/** `godo sort` and `godo merge`, run as such. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Manifest } from '../../src/model/trace.ts';
import { skipLoudly } from '../support/skip.ts';
import { folderIn, ownFolder } from '../support/folder.ts';
import { build, godo, start, trace } from './godo.ts';

const BUILD = trace('build');
const LOG = gunzipSync(readFileSync(BUILD));
const KILLS = join(import.meta.dirname, '../../fixtures/recorded/kills.trace');

const top = ownFolder();
let folder = '';

beforeAll(build);

beforeEach(() => {
  folder = folderIn(top);
});

function put(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A recording larger than `--memory 1M`. */
function large(): string {
  return trace('pidchaos');
}

async function digestOf(name: string): Promise<string> {
  const { stderr } = await godo(['analyze', name, '-f', 'none', '--summary', 'json']);
  return (JSON.parse(stderr) as { digest: string }).digest;
}

test('from standard input to standard output, and said on standard error', async () => {
  const { status, stdout, stderr } = await godo(['sort', '-'], { stdin: LOG });
  expect(status).toBe(0);
  expect(stderr).toBe('godo: 2160 lines written to standard output\n');
  const again = await godo(['sort', BUILD, '-q']);
  expect(again).toEqual({ status: 0, stdout, stderr: '' });
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines.toSorted()).toEqual(LOG.toString().split('\n').slice(0, -1).toSorted());
  const serials = lines.map((line) => Number(/:(\d+)\)/.exec(line)?.[1]));
  expect(serials).toEqual(serials.toSorted((a, b) => a - b));
  const packed = await godo(['sort', '-'], { stdin: gzipSync(LOG) });
  expect(packed.stdout).toBe(stdout);
});

test('little memory changes nothing, and leaves nothing in the folder for temporary files', async () => {
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  const [one, other] = [join(folder, 'one.log'), join(folder, 'other.log.gz')];
  await godo(['sort', large(), '-o', one]);
  const little = await godo(['sort', large(), '-o', other, '--memory', '1M', '--tmp', tmp]);
  expect(little.status).toBe(0);
  expect(gunzipSync(readFileSync(other)).equals(readFileSync(one))).toBe(true);
  expect(readdirSync(tmp)).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(['one.log', 'other.log.gz', 'tmp']);
});

test('runs that do not fit into memory go to the folder that is said, or to TMPDIR', async () => {
  const missing = join(folder, 'missing');
  const said = await godo(['sort', large(), '-q', '--memory', '1M', '--tmp', missing]);
  expect(said).toMatchObject({
    status: 3,
    stderr: `godo: cannot write the output: ${missing}: no such folder (the folder for temporary files; --tmp names another)\n`,
  });
  const env = { TMPDIR: missing };
  expect((await godo(['sort', large(), '-q', '--memory', '1M'], { env })).status).toBe(3);
  expect((await godo(['sort', large(), '-q'], { env })).status).toBe(0);
});

test('sort keeps what is there twice, and merge says how much that was', async () => {
  const log = put('a.log', LOG);
  expect((await godo(['sort', log, BUILD, '-o', join(folder, 's.log')])).stderr).toMatch(
    /^godo: 4320 /,
  );
  const { status, stderr } = await godo(['merge', log, BUILD, '-o', join(folder, 'm.log')]);
  expect(status).toBe(0);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    `godo: 2160 lines written to ${join(folder, 'm.log')}`,
    'godo: 2160 lines left out as repeats',
  ]);
  expect(readFileSync(join(folder, 'm.log'), 'utf8')).toBe((await godo(['sort', log])).stdout);
});

test('the two witnesses go into a trace; a log has only one of them, and that is said', async () => {
  const out = join(folder, 'out.trace');
  const { stderr } = await godo(['sort', KILLS, '-o', out]);
  expect(stderr).toBe(`godo: 482 lines written to ${out}\n`);
  const info = await godo(['info', '--verify', out]);
  expect(info.status).toBe(0);
  expect(info.stdout).toContain('all segments are as they were written');
  expect(await digestOf(out)).toBe(await digestOf(KILLS));
  const plain = await godo(['sort', KILLS]);
  expect(plain.status).toBe(0);
  expect(plain.stdout.split('\n')).toHaveLength(422 + 1);
  expect(plain.stderr.split('\n').slice(0, -1)).toEqual([
    'godo: 422 lines written to standard output',
    'godo: 59 lines of the process connector left out: write a .trace to keep them',
    'godo: 1 line of hints left out: write a .trace to keep them',
  ]);
});

test('traces of several hosts become one log, in which each line names its host', async () => {
  const other = join(folder, 'other.trace');
  execFileSync('cp', ['-r', KILLS, other]);
  const file = join(other, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  writeFileSync(file, JSON.stringify({ ...manifest, host: { ...manifest.host, name: 'other' } }));
  const { status, stdout } = await godo(['merge', KILLS, other, '-q']);
  expect(status).toBe(0);
  const hosts = stdout.split('\n').map((line) => line.split(' ')[0]);
  expect(hosts).toEqual([
    ...Array.from({ length: 422 }, () => 'node=fixture'),
    ...Array.from({ length: 422 }, () => 'node=other'),
    '',
  ]);
  // Again, and in another order, nothing changes.
  const log = put('m.log', stdout);
  expect((await godo(['merge', log, other, KILLS, '-q'])).stdout).toBe(stdout);
  const refused = await godo(['merge', KILLS, other, '-o', join(folder, 'm.trace')]);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('are not of the same: write a log instead');
});

test('lines that are cut, too long or no records are kept or counted', async () => {
  const eoe = 'type=EOE msg=audit(1.000:2): ';
  const log = `noise\n${'x'.repeat(2 ** 20 + 1)}\n${eoe}\nanything\ntype=CWD msg=audit(1.000:1): cwd="/`;
  const { status, stdout, stderr } = await godo(['sort', '-'], { stdin: log });
  expect(status).toBe(0);
  expect(stdout).toBe(`${eoe}\nanything\nnoise\n`);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    'godo: 3 lines written to standard output',
    'godo: 1 line over 1048576 bytes left out',
    'godo: 1 line left out, cut at the end of an input',
  ]);
});

test('what cannot be read is said, and the rest is done', async () => {
  const missing = join(folder, 'missing.log');
  const some = await godo(['sort', missing, BUILD, '-q']);
  expect(some.status).toBe(3);
  expect(some.stderr).toBe(`godo: ${missing}: no such file or folder\n`);
  expect(some.stdout.split('\n')).toHaveLength(2160 + 1);
  const none = await godo(['sort', missing, '-o', join(folder, 'out.log')]);
  expect(none.status).toBe(3);
  const damaged = put('damaged.gz', gzipSync(LOG).subarray(0, 20_000));
  const part = await godo(['sort', damaged, '-q']);
  expect(part.status).toBe(1);
  expect(part.stderr).toBe(`godo: ${damaged}: the gzip stream is cut\n`);
  expect(readdirSync(folder)).toEqual(['damaged.gz']);
});

test('an output that is there stays, unless it is to be replaced; it may be the input', async () => {
  const log = put('a.log', LOG);
  const refused = await godo(['sort', log, '-o', log]);
  expect(refused).toMatchObject({
    status: 2,
    stderr: `godo: ${log} exists: --force replaces it\n`,
  });
  expect(readFileSync(log)).toEqual(LOG);
  expect((await godo(['sort', log, '-o', log, '--force'])).status).toBe(0);
  expect(readFileSync(log, 'utf8')).toBe((await godo(['sort', BUILD])).stdout);
});

test.each([
  ['--memory', '1K', /from 1M to 4G/],
  ['--by', 'size', /Allowed choices are serial, time/],
  ['--format', 'json', /Allowed choices are log, trace/],
  ['-o', '', /It must be a name/],
  ['--format', 'trace', /a trace is a folder: name it with -o/],
])('%s %s is wrong usage', async (flag, value, words) => {
  const { status, stderr } = await godo(['sort', BUILD, flag, value]);
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
});

test('a reader that goes away is no error', async () => {
  const bin = join(import.meta.dirname, '../../bin/godo.js');
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '-c',
      '"$0" "$1" sort "$2" | head -c 10; echo "${PIPESTATUS[0]}"',
      process.execPath,
      bin,
      BUILD,
    ],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('type=LOGIN0\n');
  expect(stderr).toBe('');
});

test('no native code is loaded', async () => {
  const hook = put('hook.mjs', "process.dlopen = () => { throw new Error('native code'); };\n");
  const env = { NODE_OPTIONS: `--import=${hook}` };
  const { status, stderr } = await godo(['merge', KILLS, '-q', '-o', join(folder, 'o.trace')], {
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['the output', ['-o', 'disk/out.log'], 'disk/out.log: no space left on the disk'],
  [
    'temporary files',
    ['-o', 'out.log', '--memory', '1M', '--tmp', 'disk'],
    'disk: no space left on the disk (the folder for temporary files; --tmp names another)',
  ],
])('a full disk for %s is said, and nothing is left', async (_, args, words) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
  if (mounted.status !== 0) skipLoudly('no right to mount a small tmpfs');
  try {
    const here = args.map((arg) => arg.replace(/^(?=disk|out)/, `${folder}/`));
    const { status, stderr } = await godo(['sort', large(), ...here]);
    expect(stderr).toBe(`godo: cannot write the output: ${folder}/${words}\n`);
    expect(status).toBe(3);
    expect(readdirSync(disk)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['disk']);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('Ctrl-C leaves nothing of a log', async () => {
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  const out = join(folder, 'out.log');
  const child = start(['sort', '-', '-o', out, '--memory', '1M', '--tmp', tmp]);
  const { stdin } = child;
  if (stdin === null) throw new Error('no pipe');
  // More than the memory holds, and no end.
  const bytes = gunzipSync(readFileSync(large()));
  await new Promise((resolve) => {
    stdin.write(bytes, resolve);
  });
  expect(readdirSync(folder)).toHaveLength(2);
  child.kill('SIGINT');
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect([status, signal]).toEqual([null, 'SIGINT']);
  expect(readdirSync(folder)).toEqual(['tmp']);
  expect(readdirSync(tmp)).toEqual([]);
});

test('nor of a trace', async () => {
  const source = join(folder, 'source.trace');
  execFileSync('cp', ['-r', KILLS, source]);
  const fifo = join(source, 'audit-000002.log');
  execFileSync('mkfifo', [fifo]);
  const child = start(['sort', source, '-o', join(folder, 'out.trace')]);
  const fd = openSync(fifo, 'w');
  writeSync(fd, 'type=EOE msg=audit(1.000:2): \n');
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(2));
  child.kill('SIGTERM');
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGTERM');
  expect(readdirSync(folder)).toEqual(['source.trace']);
  expect(existsSync(fifo)).toBe(true);
});
