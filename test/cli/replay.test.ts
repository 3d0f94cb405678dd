/** `godo replay` as a program: its bytes, its sinks, its report, and how it ends. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixturePath } from '../support/recordings.ts';
import { ownFolder } from '../support/folder.ts';
import { build, godo, type Outcome, start, trace } from './godo.ts';

const BUILD = trace('build');
const TRACE = fixturePath('container.trace');
const folder = ownFolder();

beforeAll(build);

function path(name: string): string {
  return join(folder, name);
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

interface Report {
  readonly planned: number;
  readonly lines: number;
  readonly events: number;
  readonly bytes: number;
  readonly wanted: number;
  readonly took: number;
  readonly stopped?: string;
  readonly faults: Readonly<Record<string, number>>;
}

function reportIn({ stderr }: Pick<Outcome, 'stderr'>): Report {
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Report;
}

const MAX = ['--speed', 'max', '--report', 'json'];

test('as recorded, the bytes of the log', async () => {
  const played = await godo(['replay', BUILD, '--speed', '20', '--report', 'json']);
  const log = gunzipSync(readFileSync(BUILD));
  expect(played.status).toBe(0);
  expect(sha256(played.stdout)).toBe(sha256(log));
  const report = reportIn(played);
  expect(report).toMatchObject({ lines: 2160, planned: 2160, events: 535, bytes: log.length });
  expect(report.took).toBeGreaterThanOrEqual(report.wanted);
  const piped = await godo(['replay', '-', ...MAX], { stdin: log });
  expect(sha256(piped.stdout)).toBe(sha256(log));
});

// What a seed gives is a promise: these bytes are the same on every machine and in every version.
test.each([
  ['build', ['--shuffle', '7'], '59bee498f4795165'],
  ['build', ['--order', 'causal'], '41ba30985da2bbd6'],
  ['build', ['--adversarial', '7'], '6e10f27e4890188c'],
  ['build', ['--drop', '5%', '--dup', '2%', '--delay', '3%:20', '--seed', '3'], 'c8e0aa5387d29486'],
  ['build', ['--truncate', '5%', '--corrupt', '5%', '--skew', '=1500'], '77022e96e8c9c7c3'],
  [
    'trace',
    ['--adversarial', '1', '--drop', '50%:exit_group,EOE', '--skew', 'fixture=-77'],
    '5b29fd9ea33b3476',
  ],
])('the same bytes for ever: %s %j', async (name, args, hash) => {
  const played = await godo(['replay', name === 'build' ? BUILD : TRACE, ...args, ...MAX]);
  expect(played.status).toBe(0);
  expect(sha256(played.stdout)).toBe(hash);
});

test('others than the analyzer get no line of the connector', async () => {
  const played = await godo(['replay', TRACE, ...MAX]);
  expect(played.stdout).not.toContain('"ev"');
  expect(reportIn(played)).toMatchObject({ lines: 689, events: 178 });
  const analyzed = await godo(['replay', TRACE, '--to', 'analyzer', ...MAX]);
  expect(reportIn(analyzed).lines).toBe(773);
});

test.each(['recorded', 'serial', 'time', 'causal', 'shuffle', 'adversarial'])(
  'the analyzer says the same: %s',
  async (order) => {
    const { stdout: summary } = await godo(['analyze', TRACE, '-f', 'none']).then((one) => ({
      stdout: one.stderr,
    }));
    const digest = /digest +(\w+)/.exec(summary)?.[1] ?? '';
    const played = await godo(['replay', TRACE, '--to', 'analyzer', '--order', order, ...MAX]);
    expect(played.status).toBe(0);
    expect(played.stdout).toContain(`digest     ${digest}\n`);
    expect(played.stdout).toContain('the same as of the recording');
  },
);

test('faults change the tree, which is no failure, and are counted', async () => {
  const args = ['--drop', '30%:exit_group', '--to', 'analyzer', ...MAX];
  const played = await godo(['replay', BUILD, ...args]);
  expect(played.status).toBe(0);
  expect(played.stdout).toContain("not the recording's");
  const { planned, faults } = reportIn(played);
  expect(planned).toBe(2160 - faults.dropped);
  expect(faults.dropped).toBeGreaterThan(50);
});

test('a part of the time', async () => {
  const whole = await godo(['replay', BUILD, ...MAX]);
  const early = await godo(['replay', BUILD, '--until', '+200ms', ...MAX]);
  const times = [...whole.stdout.matchAll(/audit\((\d+\.\d+)/g)].map((match) => Number(match[1]));
  const begin = Math.min(...times);
  const count = times.filter((time) => Math.round((time - begin) * 1000) <= 200).length;
  expect(reportIn(early).lines).toBe(count);
  const iso = new Date(Math.round(begin * 1000) + 201).toISOString();
  const late = await godo(['replay', BUILD, '--from', iso, ...MAX]);
  expect(reportIn(late).lines).toBe(2160 - count);
});

describe('sinks', () => {
  test('a file, and never an input', async () => {
    const file = path('out.log');
    writeFileSync(file, 'what was there');
    const played = await godo(['replay', BUILD, '--to', `file:${file}`, ...MAX]);
    expect(played).toMatchObject({ status: 0, stdout: '' });
    expect(sha256(readFileSync(file))).toBe(sha256(gunzipSync(readFileSync(BUILD))));
    const over = await godo(['replay', file, '--to', file]);
    expect(over).toMatchObject({ status: 2, stderr: `godo: ${file} is an input\n` });
    const absent = await godo(['replay', BUILD, '--to', path('no/such/folder')]);
    expect(absent.status).toBe(3);
    expect(absent.stderr).toContain('no such file');
    const full = await godo(['replay', BUILD, '--to', '/dev/full', '--quiet', ...MAX]);
    expect(full.status).toBe(3);
    expect(full.stderr).toMatch(/^godo: file:\/dev\/full: .*; 0 of 2160 lines delivered\n$/);
  });

  /** A server that takes one connection. */
  async function serving(
    at: string | undefined,
  ): Promise<{ server: Server; first: Promise<Socket> }> {
    const server = createServer();
    const first = new Promise<Socket>((resolve) => server.once('connection', resolve));
    if (at === undefined) server.listen(0, '127.0.0.1');
    else server.listen(at);
    await once(server, 'listening');
    return { server, first };
  }

  async function bytesOf(socket: Socket): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  test.each(['unix', 'tcp'])('%s: connects where somebody listens', async (kind) => {
    const { server, first } = await serving(kind === 'unix' ? path('there') : undefined);
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const to = kind === 'unix' ? `unix:${path('there')}` : `tcp:127.0.0.1:${port}`;
    const [played, got] = await Promise.all([
      godo(['replay', BUILD, '--to', to, ...MAX]),
      first.then(bytesOf),
    ]);
    server.close();
    expect(played.status).toBe(0);
    expect(sha256(got)).toBe(sha256(gunzipSync(readFileSync(BUILD))));
  });

  test('unix: listens where nobody does, for one reader, and leaves nothing behind', async () => {
    const at = path('listen');
    const child = start(['replay', BUILD, '--to', `unix:${at}`, ...MAX]);
    const ended = once(child, 'close');
    let said = '';
    child.stderr?.on('data', (part: Buffer) => (said += part.toString()));
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    expect(said).toContain(`waiting for a reader at ${at}`);
    expect(statSync(at).mode & 0o777).toBe(0o600);
    // A reader that says that it will say nothing.
    const socket = connect({ path: at, allowHalfOpen: true });
    socket.end();
    const got = await bytesOf(socket);
    expect(sha256(got)).toBe(sha256(gunzipSync(readFileSync(BUILD))));
    expect((await ended)[0]).toBe(0);
    expect(existsSync(at)).toBe(false);
  });

  test('unix: a socket that was left is replaced, anything else is not', async () => {
    const at = path('left');
    const child = start(['replay', BUILD, '--to', `unix:${at}`]);
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(existsSync(at)).toBe(true);
    const next = start(['replay', BUILD, '--to', `unix:${at}`, ...MAX]);
    const ended = once(next, 'close');
    await once(next.stderr as NodeJS.ReadableStream, 'data');
    expect((await bytesOf(connect(at))).length).toBeGreaterThan(1e5);
    expect((await ended)[0]).toBe(0);
    writeFileSync(at, '');
    const refused = await godo(['replay', BUILD, '--to', `unix:${at}`]);
    expect(refused.status).toBe(3);
    expect(statSync(at).isFile()).toBe(true);
  });

  test('an interrupt ends the waiting, and nothing is left', async () => {
    const at = path('waited');
    const child = start(['replay', BUILD, '--to', `unix:${at}`]);
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    child.kill('SIGINT');
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(130);
    expect(existsSync(at)).toBe(false);
  });

  test('nobody there', async () => {
    const { server } = await serving(undefined);
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const played = await godo(['replay', BUILD, '--to', `tcp:127.0.0.1:${port}`]);
    expect(played.status).toBe(3);
    expect(played.stderr).toContain('ECONNREFUSED');
  });

  test('a reader that goes away in the middle is an error with a count', async () => {
    const { server, first } = await serving(path('away'));
    const played = godo(['replay', trace('pidreuse'), '--to', `unix:${path('away')}`, ...MAX]);
    const socket = await first;
    await once(socket, 'data');
    socket.destroy();
    server.close();
    const { status, stderr } = await played;
    expect(status).toBe(3);
    const report = reportIn({ stderr });
    expect(report).toMatchObject({ stopped: 'sink-gone', planned: 19_059 });
    expect(report.lines).toBeGreaterThan(0);
    expect(report.lines).toBeLessThan(19_059);
  });

  test('one that goes away while nothing is due is noticed', async () => {
    const { server, first } = await serving(path('early'));
    const played = godo(['replay', BUILD, '--speed', '0.001', '--to', `unix:${path('early')}`]);
    const socket = await first;
    await once(socket, 'data');
    socket.destroy();
    server.close();
    const { status, stderr } = await played;
    expect(status).toBe(3);
    expect(stderr).toContain('stopped    the reader has gone away');
  });

  test('a slow reader gets everything', async () => {
    const { server, first } = await serving(path('slow'));
    const played = godo(['replay', trace('pidreuse'), '--to', `unix:${path('slow')}`, ...MAX]);
    const socket = await first;
    let size = 0;
    for await (const part of socket) {
      size += (part as Buffer).length;
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    server.close();
    const { status, stderr } = await played;
    expect(status).toBe(0);
    expect(size).toBe(reportIn({ stderr }).bytes);
    expect(size).toBe(gunzipSync(readFileSync(trace('pidreuse'))).length);
  });

  test.each([
    ['and it is told how much', ['--report', 'json']],
    ['in silence', ['--quiet']],
  ])('a closed pipe: enough has been seen, %s', async (_, args) => {
    const child = start(['replay', trace('pidreuse'), '--speed', 'max', ...args]);
    let stderr = '';
    child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()));
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.stdout?.destroy();
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(0);
    if (args.includes('--quiet')) {
      expect(stderr).toBe('');
      return;
    }
    const report = reportIn({ stderr });
    expect(report.stopped).toBe('sink-gone');
    expect(report.lines).toBeLessThan(19_059);
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with the report', async (signal, expected) => {
  const child = start(['replay', BUILD, '--speed', '0.01', '--report', 'json']);
  let stderr = '';
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  child.stdout?.resume();
  child.kill(signal);
  const [status] = (await once(child, 'close')) as [number];
  expect(status).toBe(expected);
  const report = reportIn({ stderr });
  expect(report.stopped).toBe('interrupted');
  expect(report.lines).toBeGreaterThan(0);
});

test('a reader that takes nothing does not hold up an interrupt', async () => {
  const child = start(['replay', trace('pidreuse'), '--speed', 'max', '--report', 'json']);
  let stderr = '';
  child.stderr?.on('data', (part: Buffer) => (stderr += part.toString()));
  await once(child.stdout as NodeJS.ReadableStream, 'readable');
  // The pipe is full by now, or will be: nobody reads.
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  child.kill('SIGINT');
  await once(child, 'exit');
  child.stdout?.destroy();
  expect(reportIn({ stderr }).stopped).toBe('interrupted');
});

test.each([
  [['--speed', '0'], 'number up to'],
  [['--speed', '-1'], 'number up to'],
  [['--order', 'random'], 'Allowed choices'],
  [['--shuffle', 'x'], 'whole number below'],
  [['--shuffle', '1', '--order', 'time'], 'cannot be used with'],
  [['--shuffle', '1', '--adversarial', '1'], 'cannot be used with'],
  [['--drop', '5'], 'like 1%'],
  [['--drop', '101%'], 'like 1%'],
  [['--drop', '5%:frobnicate'], "'frobnicate'"],
  [['--delay', '5%'], '5%:200'],
  [['--skew', 'soon'], 'HOST=MS'],
  [['--skew', '-5'], 'Without a host'],
  [['--from', 'yesterday'], 'ISO 8601'],
  [['--to', 'udp:x:1'], 'tcp:HOST:PORT'],
  [['--view', '--to', 'x'], 'cannot be used with'],
  [['--view'], 'needs a terminal'],
  [['-', '-'], 'only be given once'],
])('wrong usage: %j', async (args, words) => {
  const { status, stderr, stdout } = await godo(['replay', BUILD, ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
  expect(stdout).toBe('');
});

test('a line that is too long is named and left out', async () => {
  const log = path('long.log');
  writeFileSync(log, `type=EOE msg=audit(1.250:7): \n${'x'.repeat((1 << 20) + 1)}\n`);
  const { status, stdout, stderr } = await godo(['replay', log, '--speed', 'max']);
  expect(status).toBe(0);
  expect(stdout).toBe('type=EOE msg=audit(1.250:7): \n');
  expect(stderr).toContain(`godo: ${log} at byte 30: 1048577 bytes, over 1048576: left out`);
});

test('what cannot be read', async () => {
  const none = await godo(['replay', path('nothing')]);
  expect(none).toMatchObject({ status: 3, stdout: '' });
  const some = await godo(['replay', path('nothing'), BUILD, ...MAX]);
  expect(some.status).toBe(3);
  expect(some.stdout.length).toBeGreaterThan(1e5);
});
