import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { analyzeSync } from '../../src/pipeline.ts';
import { ownFolder } from '../support/folder.ts';
import { build, godo, start, trace } from './godo.ts';

const BUILD = trace('build');
const LOG = gunzipSync(readFileSync(BUILD));

const folder = ownFolder();

beforeAll(build);

function put(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

interface SummaryData {
  readonly processes: number;
  readonly digest: string;
  readonly account: { readonly records: number; readonly rejected: number };
  readonly faults: Readonly<Record<string, number>>;
}

/** What a run says of the input as data; `-q` would drop it. */
async function summaryOf(args: readonly string[], stdin?: Uint8Array): Promise<SummaryData> {
  const options = stdin === undefined ? {} : { stdin };
  const { stderr } = await godo(['analyze', ...args, '--summary', 'json', '--depth', '1'], options);
  return JSON.parse(stderr) as SummaryData;
}

test('the tree to stdout, the summary to stderr', async () => {
  const { status, stdout, stderr } = await godo(['analyze', BUILD]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^27306 .*build\.sh .*exit 0$/m);
  expect(stdout).toMatch(/^├─ 27307 make -s clean /m);
  expect(stdout).not.toContain('\u001b');
  expect(stderr).toMatch(/^records +2160 in = \d+ attached \+ \d+ ignored.* \+ 0 rejected$/m);
  expect(stderr).toMatch(/^digest +[0-9a-f]{64}$/m);
});

test('NDJSON is what the digest is of', async () => {
  const { status, stdout, stderr } = await godo(['analyze', BUILD, '--format', 'ndjson']);
  expect(status).toBe(0);
  const digest = createHash('sha256').update(stdout).digest('hex');
  expect(stderr).toContain(digest);
  const ids = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { _id: string })._id);
  expect(ids).toEqual(ids.toSorted());
});

test('JSON is one document with the summary', async () => {
  const { status, stdout } = await godo(['analyze', '-q', '-f', 'json', BUILD]);
  expect(status).toBe(0);
  const { summary, processes } = JSON.parse(stdout) as {
    summary: SummaryData;
    processes: unknown[];
  };
  expect(processes).toHaveLength(summary.processes);
});

test('the form of the input changes nothing', async () => {
  const { digest } = await summaryOf([BUILD]);
  const lines = LOG.toString('latin1').trimEnd().split('\n');
  const half = lines.length >> 1;
  put('rotated/audit.log', Buffer.from(`${lines.slice(half).join('\n')}\n`, 'latin1'));
  const older = Buffer.from(`${lines.slice(0, half).join('\n')}\n`, 'latin1');
  put('rotated/audit.log.1.gz', gzipSync(older));
  const backwards = put('backwards', Buffer.from(`${lines.toReversed().join('\n')}\n`, 'latin1'));
  expect((await summaryOf([put('plain', LOG)])).digest).toBe(digest);
  expect((await summaryOf(['-'], LOG)).digest).toBe(digest);
  expect((await summaryOf(['-'], gzipSync(LOG))).digest).toBe(digest);
  expect((await summaryOf([join(folder, 'rotated')])).digest).toBe(digest);
  expect((await summaryOf([backwards])).digest).toBe(digest);
  expect((await summaryOf([BUILD, join(folder, 'plain')])).digest).toBe(digest);
});

test('--quiet drops the summary, --summary json makes it data', async () => {
  for (const quiet of ['-q', '--quiet']) {
    expect((await godo(['analyze', quiet, BUILD])).stderr).toBe('');
  }
  const summary = await summaryOf([BUILD]);
  expect(summary).toMatchObject({ account: { records: 2160, rejected: 0 }, faults: {} });
});

test('--root, --depth and --at', async () => {
  const rows = async (...args: string[]) => {
    const { status, stdout } = await godo(['analyze', '-q', BUILD, ...args]);
    expect(status).toBe(0);
    return stdout.trimEnd().split('\n');
  };
  expect(await rows('--depth', '1')).toEqual([expect.stringContaining('below')]);
  expect((await rows('--root', '27310', '--depth', '1'))[0]).toMatch(/^27310 make -s -j4 /);
  for (const row of await rows('--root', 'as')) expect(row).toMatch(/^\d+ as /);
  expect((await rows('--at', '2026-11-23T05:12:10.500Z'))[0]).toMatch(/^27306 .* up /);
  expect(await rows('--at', '1795410730.500')).toEqual(await rows('--at', '2026-11-23 05:12:10.5'));
});

test('the clock, the time zone and the locale change nothing', async () => {
  const args = ['analyze', BUILD, '--at', '2026-11-23T05:12:10.500'];
  const usual = await godo(args, { env: { TZ: 'UTC', LANG: 'C' } });
  const other = await godo(args, {
    env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
  });
  expect(other).toEqual(usual);
});

test('explain says why', async () => {
  const { status, stdout } = await godo(['explain', BUILD, '27310']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^pid 27310 has one life/);
  expect(stdout).toMatch(/proven: .*fork or clone.*\[event \d+\.\d{3}:\d+\]/);
  expect(stdout).toMatch(/ended .*status 0/);
});

test('a name or pid that no process has', async () => {
  const analyzed = await godo(['analyze', '-q', BUILD, '--root', 'nosuch']);
  expect(analyzed).toEqual({
    status: 2,
    stdout: '',
    stderr: 'godo: no process of this log is called nosuch\n',
  });
  const explained = await godo(['explain', BUILD, '1']);
  expect(explained).toEqual({
    status: 2,
    stdout: '',
    stderr: 'godo: no process of this log has the pid 1\n',
  });
});

test('faults of severity error make the status 1, and the rest is analyzed', async () => {
  const bad = put('bad', Buffer.concat([Buffer.from('this is no record\n'), LOG]));
  const { status, stdout, stderr } = await godo(['analyze', bad]);
  expect(status).toBe(1);
  expect(stdout).toContain('27306');
  expect(stderr).toContain(`not-audit: ${bad}, byte 0: `);
  const damaged = put('damaged.gz', readFileSync(BUILD).subarray(0, 10_000));
  const cut = await godo(['analyze', damaged]);
  expect(cut.status).toBe(1);
  expect(cut.stdout).toContain('27306');
  expect(cut.stderr).toContain('gzip-damaged');
});

test('--strict counts warnings', async () => {
  // An event of which only the EXECVE record came needs its SYSCALL record.
  const line = 'type=EXECVE msg=audit(1795410730.382:999999): argc=2 a0="a"\n';
  const warned = put('warned', Buffer.concat([LOG, Buffer.from(line)]));
  expect((await godo(['analyze', '-q', warned])).status).toBe(0);
  expect((await godo(['analyze', '-q', '--strict', warned])).status).toBe(1);
  expect((await godo(['analyze', '-q', '--strict', BUILD])).status).toBe(0);
});

test('an input that cannot be read makes the status 3 and hides nothing', async () => {
  const missing = join(folder, 'missing.log');
  const both = await godo(['analyze', missing, BUILD]);
  expect(both.status).toBe(3);
  expect(both.stdout).toContain('27306');
  expect(both.stderr).toContain(`godo: ${missing}: no such file or folder\n`);
  expect(both.stderr).toMatch(/^faults +1 unreadable \(error\)/m);
  const alone = await godo(['analyze', missing]);
  expect(alone).toEqual({
    status: 3,
    stdout: '',
    stderr: `godo: ${missing}: no such file or folder\n`,
  });
  expect((await godo(['explain', missing, '1'])).status).toBe(3);
});

test.each([
  [[]],
  [['nosuch']],
  [['analyze']],
  [['analyze', BUILD, '--format', 'xml']],
  [['analyze', BUILD, '--summary', 'xml']],
  [['analyze', BUILD, '--nosuch']],
  [['analyze', BUILD, '--depth', '0']],
  [['analyze', BUILD, '--depth', 'x']],
  [['analyze', BUILD, '--at', 'yesterday']],
  [['analyze', BUILD, '-f', 'ndjson', '--root', '1']],
  [['analyze', BUILD, '-f', 'json', '--depth', '1']],
  [['analyze', BUILD, '-f', 'ndjson', '--at', '1']],
  [['analyze', '-', '-']],
  [['explain']],
  [['explain', BUILD]],
  [['explain', '27306', BUILD]],
])('wrong usage: %j', async (args) => {
  const { status, stdout, stderr } = await godo(args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toBe('');
});

test('help and version', async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as {
    version: string;
  };
  expect(await godo(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  for (const args of [
    ['--help'],
    ['analyze', '--help'],
    ['explain', '--help'],
    ['help', 'analyze'],
  ]) {
    const { status, stdout } = await godo(args);
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: godo ');
  }
});

test('an empty input is no error', async () => {
  const { status, stdout, stderr } = await godo(['analyze', '-']);
  expect(status).toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^processes +0$/m);
});

test.each([
  ['tree', 'storm'],
  ['ndjson', 'pidreuse'],
  ['json', 'pidreuse'],
])('a reader that closes the pipe early is no error: %s', async (format, name) => {
  const child = start(['analyze', '-f', format, trace(name)]);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout?.once('data', () => child.stdout?.destroy());
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(status).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|Error/);
});

test('output to a slow reader comes whole', async () => {
  const child = start(['analyze', '-q', '-f', 'ndjson', trace('pidreuse')]);
  const hash = createHash('sha256');
  for await (const chunk of child.stdout ?? []) {
    hash.update(chunk as Buffer);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(hash.digest('hex')).toBe((await summaryOf([trace('pidreuse')])).digest);
});

test('a program that is not built says so', async () => {
  const bin = put('unbuilt/bin/godo.js', '');
  copyFileSync(join(import.meta.dirname, '../../bin/godo.js'), bin);
  writeFileSync(join(folder, 'unbuilt/package.json'), '{"type":"module"}');
  chmodSync(bin, 0o755);
  const { spawnSync } = await import('node:child_process');
  const { status, stderr } = spawnSync(bin, ['--version'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('npm install');
});

test('a file read in chunks says the same as one in memory', async () => {
  const name = trace('pidreuse');
  const bytes = gunzipSync(readFileSync(name));
  const path = put('pidreuse.log', bytes);
  const whole = analyzeSync([{ name: 'whole', bytes }]);
  const read = await summaryOf([path]);
  expect(read.digest).toBe(whole.summary.digest);
  expect((await summaryOf([name])).digest).toBe(whole.summary.digest);
});
