/** What may happen to a folder: crashes, other writers, full and read-only disks, other versions. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { documentLine } from '../../../src/report/ndjson.ts';
import { lock } from '../../../src/store/embedded/lock.ts';
import { openStore } from '../../../src/store/open.ts';
import { StoreError } from '../../../src/store/store.ts';
import { build, godo } from '../../cli/godo.ts';
import { skipLoudly } from '../../support/skip.ts';
import {
  analysisOf,
  idOf,
  onHost,
  processOf,
  recorded,
  recordingBytes,
} from '../../support/stores/analyses.ts';
import { held } from '../../support/stores/suite.ts';
import { folderIn, ownFolder } from '../../support/folder.ts';

const WRITER = join(import.meta.dirname, '../../support/stores/writer.mjs');
const KILLS = 50;

const top = ownFolder();
let folder = '';
let data = '';

beforeAll(build);

beforeEach(() => {
  folder = folderIn(top);
  chmodSync(folder, 0o755);
  data = join(folder, 'data');
});

/** Logs of the same recording on several hosts, and what each comes to. */
function logsOf(names: readonly string[]): { paths: string[]; lines: Map<string, string[]> } {
  const bytes = recordingBytes('build');
  const lines = new Map<string, string[]>();
  const paths = names.map((name) => {
    const path = join(folder, `${name}.log`);
    const own = onHost(bytes, name);
    writeFileSync(path, own);
    lines.set(name, [...recorded(own).analysis.processes].map(documentLine));
    return path;
  });
  return { paths, lines };
}

async function fill(path: string, name = 'build'): Promise<string[]> {
  const store = await openStore(path, { mode: 'write' });
  const { analysis } = recorded(recordingBytes(name));
  await store.write(analysis);
  await store.close();
  return [...analysis.processes].map(documentLine);
}

async function linesIn(path: string): Promise<readonly string[]> {
  const store = await openStore(path);
  return (await held(store)).processes;
}

function startWriter(how: 'once' | 'forever', logs: readonly string[]): ChildProcess {
  return spawn(process.execPath, [WRITER, how, data, ...logs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return new Promise((resolve) => {
    child.on('exit', resolve);
  });
}

/** What is there must be whole: all of each finished trace, and nothing of any other. */
async function checkWhole(lines: ReadonlyMap<string, readonly string[]>): Promise<number> {
  if (!existsSync(join(data, 'godo.json'))) return 0;
  const store = await openStore(data);
  const { processes } = await held(store);
  const finished = (await store.traces()).filter(({ state }) => state === 'finished');
  const expected = finished.flatMap(({ hosts }) => [...(lines.get(hosts[0]) ?? [])]);
  expect(processes.toSorted()).toEqual(expected.sort());
  return finished.length;
}

test(`killed ${KILLS} times at random, it always holds the old state or the new one`, async () => {
  const { paths, lines } = logsOf(['a', 'b', 'c', 'd', 'e', 'f']);
  const seen = new Set<number>();
  // On a busy machine it takes more kills, and later ones, to meet the store in several states.
  for (let i = 0; i < KILLS || (seen.size < 2 && i < 4 * KILLS); i++) {
    // Many a kill is to meet the first writes, before there is much.
    if (i % 10 === 0) rmSync(data, { recursive: true, force: true });
    const writer = startWriter('forever', paths);
    await new Promise((resolve) => {
      writer.stdout?.once('data', resolve);
    });
    await sleep(Math.random() * 120 * Math.max(1, i / KILLS));
    writer.kill('SIGKILL');
    await ended(writer);
    seen.add(await checkWhole(lines));
  }
  // The kills met the store in several states.
  expect(seen.size).toBeGreaterThan(1);
  expect(await ended(startWriter('once', paths))).toBe(0);
  expect(await checkWhole(lines)).toBe(paths.length);
  expect(readdirSync(join(data, 'godo')).filter((name) => /\.\d+$/.test(name))).toEqual([]);
}, 240_000);

test('a crash between the moment from which it counts and the last rename', async () => {
  const before = await fill(data);
  const { files } = JSON.parse(readFileSync(join(data, 'godo.json'), 'utf8')) as {
    files: Record<string, { version: number }>;
  };
  for (const [name, path] of [
    ['processes', 'godo/processes.bson'],
    ['index', 'godo.index'],
    ['traces', 'godo/traces.bson'],
  ] as const) {
    renameSync(join(data, path), join(data, `${path}.${files[name].version}`));
  }
  writeFileSync(join(data, 'godo/processes.bson'), 'of the version before');
  writeFileSync(join(data, 'godo/processes.bson.999'), 'of a version that never came to count');
  expect(await linesIn(data)).toEqual(before);
  await fill(data, 'files');
  expect((await linesIn(data)).length).toBeGreaterThan(before.length);
  expect(existsSync(join(data, 'godo/processes.bson.999'))).toBe(false);
});

test('two programs write at once', async () => {
  const { paths, lines } = logsOf(['a', 'b', 'c', 'd']);
  const writers = [startWriter('once', paths), startWriter('once', paths.toReversed())];
  expect(await Promise.all(writers.map(ended))).toEqual([0, 0]);
  expect(await checkWhole(lines)).toBe(4);
});

test('who has waited long enough for another writer is told who that is', async () => {
  await fill(data);
  const release = await lock(data, 0);
  const store = await openStore(data, { mode: 'write', patience: 100 });
  const attempt = store.write(analysisOf([]));
  await expect(attempt).rejects.toThrow(StoreError);
  await expect(attempt).rejects.toThrow(`process ${process.pid} on ${hostname()} is writing`);
  // Readers do not care.
  expect((await linesIn(data)).length).toBeGreaterThan(0);
  release();
  await store.write(analysisOf([]));
});

test('a writer that died is not waited for, also when its pid is somebody else now', async () => {
  await fill(data);
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const dead = { host: hostname(), boot, pid: process.pid, started: '1', token: 'x' };
  writeFileSync(join(data, 'godo.lock'), JSON.stringify(dead));
  await (await openStore(data, { mode: 'write', patience: 5000 })).write(analysisOf([]));
  expect(existsSync(join(data, 'godo.lock'))).toBe(false);
});

test('a writer on another machine may be alive', async () => {
  await fill(data);
  const far = { host: 'elsewhere', boot: 'x', pid: 1, started: '1', token: 'x' };
  writeFileSync(join(data, 'godo.lock'), JSON.stringify(far));
  const attempt = (await openStore(data, { mode: 'write', patience: 100 })).write(analysisOf([]));
  await expect(attempt).rejects.toThrow('process 1 on elsewhere');
});

test('a full disk leaves the store as it was', async () => {
  mkdirSync(data);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', data]);
  if (mounted.status !== 0) skipLoudly('no right to mount a small tmpfs');
  try {
    const before = await fill(data);
    const many = Array.from({ length: 8000 }, (_, i) =>
      processOf({ _id: idOf(1_000_000, i, i, 'big'), node: 'big', pid: i, exe: 'x'.repeat(100) }),
    );
    const store = await openStore(data, { mode: 'write' });
    await expect(store.write(analysisOf(many))).rejects.toThrow(/no space left on the disk/);
    expect(await linesIn(data)).toEqual(before);
    // There is room again, and the next one can write.
    await store.write(analysisOf(many.slice(0, 100)));
    expect(await linesIn(data)).toHaveLength(before.length + 100);
  } finally {
    execFileSync('umount', [data]);
  }
});

test('a folder that may only be read is read, and not written', async () => {
  await fill(data);
  // What root may do is no proof: without these capabilities modes count for it, too. Another
  // user may not even be able to read this Node or this project.
  const bounds = '--bounding-set=-dac_override,-dac_read_search';
  const mortal = process.getuid?.() === 0 ? ['setpriv', bounds] : [];
  for (const path of [data, join(data, 'godo')]) chmodSync(path, 0o555);
  const bin = join(import.meta.dirname, '../../../bin/godo.js');
  const log = join(folder, 'a.log');
  writeFileSync(log, recordingBytes('files'));
  const run = (
    args: readonly string[],
  ): { status: number | null; stdout: string; stderr: string } => {
    const [program, ...rest] = [...mortal, process.execPath, bin, ...args];
    return spawnSync(program, rest, { encoding: 'utf8' });
  };
  const read = run(['query', data, '{"pid":27306}']);
  expect(read).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(read.stdout)).toMatchObject({ pid: 27_306 });
  const written = run(['analyze', log, '--store', data, '--format', 'none', '-q']);
  expect(written).toMatchObject({ status: 4, stderr: `godo: ${data}: permission denied\n` });
  for (const path of [data, join(data, 'godo')]) chmodSync(path, 0o755);
});

test('a folder of a newer godo is refused, by its version', async () => {
  await fill(data);
  writeFileSync(join(data, 'godo.json'), JSON.stringify({ format: 2, files: {} }));
  await expect(openStore(data)).rejects.toThrow(/format 2, and this godo knows only up to 1/);
});

test('what mongodump wrote is upgraded: put in order and indexed', async () => {
  const before = await fill(data);
  const dump = join(folder, 'dump');
  mkdirSync(join(dump, 'godo'), { recursive: true });
  for (const name of ['processes.metadata.json', 'traces.bson', 'faults.bson']) {
    cpSync(join(data, 'godo', name), join(dump, 'godo', name));
  }
  writeFileSync(
    join(dump, 'godo/processes.bson'),
    reversed(readFileSync(join(data, 'godo/processes.bson'))),
  );
  expect(await linesIn(dump)).toEqual(before);
  expect(readFileSync(join(dump, 'godo.index'))).toEqual(readFileSync(join(data, 'godo.index')));
  expect(readFileSync(join(dump, 'godo.json'), 'utf8')).toContain('"format":1');
});

/** The documents of a BSON file in the opposite order. */
function reversed(bytes: Buffer): Buffer {
  const documents: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32LE(at);
    documents.unshift(bytes.subarray(at, at + length));
    at += length;
  }
  return Buffer.concat(documents);
}

test.each([
  ['godo/processes.bson', 100],
  ['godo.index', 40],
  ['godo.json', 10],
])('a damaged %s is said to be', async (name, size) => {
  await fill(data);
  truncateSync(join(data, name), size);
  const attempt = openStore(data).then(held);
  await expect(attempt).rejects.toThrow(StoreError);
  await expect(attempt).rejects.toThrow(/damaged/);
});

test('a folder with other things in it is left alone', async () => {
  mkdirSync(data);
  writeFileSync(join(data, 'letter.txt'), 'dear');
  await expect(openStore(data, { mode: 'write' })).rejects.toThrow(/holds other things/);
  await expect(openStore(data)).rejects.toThrow(StoreError);
  expect(readdirSync(data)).toEqual(['letter.txt']);
});

test('reading what is not there says so and makes nothing', async () => {
  await expect(openStore(data)).rejects.toThrow(/there is no store/);
  expect(existsSync(data)).toBe(false);
});

test('until it is finished, readers see the trace unfinished', async () => {
  await fill(data);
  const store = await openStore(data, { mode: 'write' });
  const broken = analysisOf([processOf({ _id: idOf(1, 1, 1), pid: 1 })]);
  const failing = {
    ...broken,
    processes: {
      length: 1,
      *[Symbol.iterator](): Generator<ProcessDocument, void> {
        yield processOf({ _id: idOf(1, 1, 1), pid: 1 });
        throw new Error('the power is out');
      },
    },
  };
  await expect(store.write(failing)).rejects.toThrow('the power is out');
  expect((await store.traces()).map(({ state }) => state)).toEqual(['finished', 'unfinished']);
  const { stderr, status } = await godo(['query', data, '{"pid":1}']);
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^godo: trace \w+ is unfinished/)]);
  expect((await godo(['traces', data])).stdout).toContain('UNFINISHED');
  await store.write(broken);
  expect((await store.traces()).map(({ state }) => state)).toEqual(['finished', 'finished']);
  expect(await store.count({ pid: 1 })).toBe(1);
});

const DECODE = `
import bson, json, sys
with open(sys.argv[1], 'rb') as file:
    documents = list(bson.decode_file_iter(file))
print(json.dumps([[d['_id'], d['pid'], d.get('exe'), d.get('uid'), str(d.get('start_timestamp'))] for d in documents]))
`;

test('another implementation of BSON reads the files', async () => {
  const venv = join(import.meta.dirname, '../../../.venv/bin/python');
  const python = ['python3', '/usr/bin/python3', venv].find(
    (one) => spawnSync(one, ['-c', 'import bson; bson.decode_file_iter']).status === 0,
  );
  if (python === undefined) skipLoudly('no python3-bson, nor pymongo: run .tools/test-servers.sh');
  const store = await openStore(data, { mode: 'write' });
  const processes = [
    processOf({
      _id: idOf(1, 1, 1),
      pid: 1,
      uid: 4_294_967_294,
      exe: '/a\0$b',
      start_timestamp: 1_500,
    }),
    processOf({ _id: idOf(2, 2, 2), pid: 2, exe: 'a\udcff' }),
  ];
  await store.write(analysisOf(processes));
  const run = (name: string): string =>
    execFileSync(python, ['-c', DECODE, join(data, 'godo', name)], { encoding: 'utf8' });
  expect(JSON.parse(run('processes.bson'))).toEqual([
    [idOf(1, 1, 1), 1, '/a\0$b', 4_294_967_294, '1970-01-01 00:00:01.500000'],
    [idOf(2, 2, 2), 2, 'a\u{10feff}', null, 'None'],
  ]);
});
