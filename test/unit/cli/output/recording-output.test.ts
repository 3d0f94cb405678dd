import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readRecording } from '../../../../src/cli/recording.ts';
import { type WriteOptions, writeRecording } from '../../../../src/cli/output/recording-output.ts';
import { infoCommand } from '../../../../src/cli/info.ts';
import { analyze } from '../../../../src/index.ts';
import type { Manifest } from '../../../../src/model/trace.ts';
import type { Recording } from '../../../../src/replay/recording.ts';
import { openInputs } from '../../../../src/source/inputs.ts';
import { readTrace } from '../../../../src/source/trace.ts';
import { skipLoudly } from '../../../support/skip.ts';
import { folderIn, ownFolder } from '../../../support/folder.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const BUILD = join(ROOT, 'fixtures/traces/build.log.gz');
const KILLS = join(ROOT, 'fixtures/recorded/kills.trace');
const THREADS = join(ROOT, 'fixtures/recorded/threads.trace');

const top = ownFolder();
let folder = '';
let said = '';

beforeEach(() => {
  folder = folderIn(top);
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function read(...names: string[]): Promise<Recording> {
  const found = await readRecording(names);
  if (found === undefined) throw new Error('nothing was read');
  return found.recording;
}

function all(recording: Recording): Int32Array {
  return Int32Array.from({ length: recording.length }, (_, i) => i);
}

async function write(
  from: readonly string[],
  output: string,
  options: Partial<WriteOptions> = {},
): Promise<void> {
  const recording = await read(...from);
  const derivation = { by: 'test' };
  await writeRecording(recording, all(recording), { from, output, derivation, ...options });
}

async function digestOf(...names: string[]): Promise<string> {
  const { summary } = await analyze(openInputs(names, { onFault: () => {} }));
  return summary.digest;
}

/** What `godo info --verify` finds wrong. */
async function problemsOf(trace: string): Promise<unknown> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((
    chunk: string,
    done: (error?: Error) => void,
  ) => {
    text += chunk;
    done();
    return true;
  }) as typeof process.stdout.write);
  await infoCommand(trace, { verify: true, format: 'json' });
  spy.mockRestore();
  return (JSON.parse(text) as { problems: unknown }).problems;
}

test('a log is written as it is, plain and compressed', async () => {
  await write([BUILD], join(folder, 'a.log'));
  await write([BUILD], join(folder, 'a.log.gz'), { quiet: true });
  const bytes = gunzipSync(readFileSync(BUILD));
  expect(readFileSync(join(folder, 'a.log'))).toEqual(bytes);
  expect(gunzipSync(readFileSync(join(folder, 'a.log.gz')))).toEqual(bytes);
  expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).toSorted()).toEqual(['a.log', 'a.log.gz']);
  expect(said).toBe(`godo: 2160 lines written to ${join(folder, 'a.log')}\n`);
});

test.each([
  ['its name', 'out.trace', {}],
  ['a slash', 'out/', {}],
  ['--format', 'out', { format: 'trace' as const }],
])('a trace by %s is whole, and says the same', async (_, name, options) => {
  const out = join(folder, name);
  await write([KILLS], out, { hint: (line) => line, ...options });
  expect(await problemsOf(out)).toEqual([]);
  expect(await digestOf(out)).toBe(await digestOf(KILLS));
  const source = await readTrace(KILLS);
  const { manifest, journal, files } = await readTrace(out);
  expect(files.map(({ file }) => file)).toEqual(source.files.map(({ file }) => file));
  expect(journal.at(-1)).toEqual(source.journal.at(-1));
  expect(manifest).toMatchObject({
    host: source.manifest?.host,
    processes: source.manifest?.processes,
    end: source.manifest?.end,
    options: { ...source.manifest?.options, derived: [{ by: 'test' }] },
  });
  // The same lines, so the same hashes; and nothing else is left beside it.
  expect(manifest?.segments?.map(({ sha256 }) => sha256)).toEqual(
    source.manifest?.segments?.map(({ sha256 }) => sha256),
  );
  expect(readdirSync(folder)).toEqual([name.replace('/', '')]);
  expect(statSync(out).mode & 0o777).toBe(0o700);
});

test('a trace is the same bytes whenever it is written', async () => {
  await write([KILLS], join(folder, 'a.trace'));
  await write([KILLS], join(folder, 'b.trace'));
  const names = readdirSync(join(folder, 'a.trace'));
  expect(readdirSync(join(folder, 'b.trace'))).toEqual(names);
  for (const name of names) {
    expect(readFileSync(join(folder, 'a.trace', name))).toEqual(
      readFileSync(join(folder, 'b.trace', name)),
    );
  }
  // Without a word on hints they are left out, and counted.
  expect(names.filter((name) => name.startsWith('hints'))).toEqual([]);
  expect(said).toContain('godo: 1 line of hints left out\n');
});

test('what a tool changes of a trace is changed', async () => {
  const out = join(folder, 'out.trace');
  await write([KILLS], out, {
    change: {
      manifest: (manifest) => ({ ...manifest, host: { ...manifest.host, name: 'other' } }),
      journal: (entry) => (entry.kind === 'stop' ? undefined : entry),
    },
  });
  const { manifest, journal } = await readTrace(out);
  expect(manifest?.host.name).toBe('other');
  expect(journal.map(({ kind }) => kind)).toEqual(['segment', 'segment']);
});

test('losses of a trace are kept, without their places', async () => {
  const source = join(folder, 'source.trace');
  execFileSync('cp', ['-r', KILLS, source]);
  const loss = { at: 5, kind: 'loss', cause: 'kernel-lost', count: 7 };
  const place = { file: 'audit-000001.log', offset: 3 };
  const journal = readFileSync(join(source, 'journal.ndjson'), 'utf8');
  writeFileSync(
    join(source, 'journal.ndjson'),
    `${JSON.stringify({ ...loss, place })}\n${journal}`,
  );
  await write([source], join(folder, 'out.trace'));
  const written = await readTrace(join(folder, 'out.trace'));
  expect(written.journal[0]).toEqual(loss);
  const { kind: _, ...kept } = loss;
  expect(written.manifest?.losses).toEqual([kept]);
});

test('traces of one boot become one trace that says the same', async () => {
  const out = join(folder, 'both.trace');
  await write([KILLS, THREADS], out);
  expect(await problemsOf(out)).toEqual([]);
  expect(await digestOf(out)).toBe(await digestOf(KILLS, THREADS));
  const { manifest } = await readTrace(out);
  const [first, second] = await Promise.all([THREADS, KILLS].map(recorderOf));
  expect(manifest).toMatchObject({ recorder: first, recorders: [second] });
  expect(manifest?.processes.map(({ pid }) => pid)).toEqual(
    [first, second].sort((a, b) => Number(a) - Number(b)),
  );
});

async function recorderOf(trace: string): Promise<number | undefined> {
  return (await readTrace(trace)).manifest?.recorder;
}

/** A trace as another host might have recorded it. */
function elsewhere(name: string): string {
  const path = join(folder, `${name}.trace`);
  execFileSync('cp', ['-r', THREADS, path]);
  const file = join(path, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  writeFileSync(file, JSON.stringify({ ...manifest, host: { ...manifest.host, name } }));
  return path;
}

test('traces of two hosts become no trace, but a log in which they are apart', async () => {
  const other = elsewhere('other');
  await expect(write([KILLS, other], join(folder, 'out.trace'))).rejects.toThrow(
    `a trace is of one host and boot, and ${KILLS} and ${other} are not of the same`,
  );
  expect(readdirSync(folder)).toEqual(['other.trace']);
  const log = join(folder, 'out.log');
  await write([KILLS, other], log);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.every((line) => /^node=(?:fixture|other) type=/.test(line))).toBe(true);
  expect(said).toMatch(/^godo: \d+ lines written to .*\/out\.log$/m);
  expect(said).toMatch(
    /^godo: \d+ lines of the process connector left out: write a \.trace to keep them$/m,
  );
  expect(said).toMatch(/^godo: \d+ lines of hints left out: write a \.trace to keep them$/m);
  const { summary } = await analyze(
    openInputs([KILLS, other], { onFault: () => {}, withoutConnector: true }),
  );
  expect((await analyze(openInputs([log], { onFault: () => {} }))).summary.events).toBe(
    summary.events,
  );
});

test('of lines of one host all stay as they are, whatever else was read', async () => {
  const other = elsewhere('other');
  const recording = await read(KILLS, other);
  const mine = [...all(recording)].filter(
    (i) => recording.streams[recording.stream[i]].origin?.host === 'fixture',
  );
  const options = { from: [KILLS, other], derivation: { by: 'test' } };
  await writeRecording(recording, mine, { ...options, output: join(folder, 'a.log') });
  expect(readFileSync(join(folder, 'a.log'), 'utf8')).not.toMatch(/^node=/m);
  await writeRecording(recording, mine, { ...options, output: join(folder, 'a.trace') });
  expect(await digestOf(join(folder, 'a.trace'))).toBe(await digestOf(KILLS));
});

test('a host is put where the record begins, behind what a log daemon has put before it', async () => {
  const log = join(folder, 'in.log');
  writeFileSync(
    log,
    'node=b type=EOE msg=audit(1.250:7): \nNov 23 kernel: audit: type=1320 audit(1.250:8): \nnoise\n',
  );
  const trace = elsewhere('other');
  execFileSync('cp', [log, join(trace, 'audit-000002.log')]);
  await write([trace], join(folder, 'out.log'));
  const lines = readFileSync(join(folder, 'out.log'), 'utf8').trimEnd().split('\n').slice(-3);
  expect(lines).toEqual([
    'node=b type=EOE msg=audit(1.250:7): ',
    'Nov 23 kernel: audit: node=other type=1320 audit(1.250:8): ',
    'noise',
  ]);
});

test('no trace is made of a log, nor on standard output', async () => {
  await expect(write([BUILD], join(folder, 'out.trace'))).rejects.toThrow(
    `a trace can only be made of traces, and ${BUILD} is none`,
  );
  await expect(write([KILLS], '-', { format: 'trace' })).rejects.toThrow('a trace is a folder');
  expect(readdirSync(folder)).toEqual([]);
});

test('what is there is replaced only with --force', async () => {
  const log = join(folder, 'a.log');
  const link = join(folder, 'link.log');
  writeFileSync(log, 'mine');
  symlinkSync(log, link);
  await expect(write([BUILD], link)).rejects.toThrow(`${log} exists: --force replaces it`);
  expect(readFileSync(log, 'utf8')).toBe('mine');
  await write([BUILD], link, { force: true });
  expect(readFileSync(log)).toEqual(gunzipSync(readFileSync(BUILD)));
  const trace = join(folder, 'a.trace');
  mkdirSync(trace);
  await write([KILLS], trace);
  await expect(write([THREADS], trace)).rejects.toThrow(`${trace} exists: --force replaces it`);
  await write([THREADS], trace, { force: true });
  expect(await digestOf(trace)).toBe(await digestOf(THREADS));
  const mine = join(folder, 'mine');
  mkdirSync(mine);
  writeFileSync(join(mine, 'x'), '');
  const onto = write([KILLS], `${mine}/`, { force: true });
  await expect(onto).rejects.toThrow(`${mine} is a folder with other things in it`);
  await expect(write([KILLS], mine, { force: true })).rejects.toThrow(`${mine} is a folder`);
  expect(readdirSync(folder).toSorted()).toEqual(['a.log', 'a.trace', 'link.log', 'mine']);
});

test('where nothing can be written, that is said', async () => {
  await expect(write([BUILD], join(folder, 'no/a.log'))).rejects.toThrow(/no such folder/);
  await expect(write([KILLS], join(BUILD, 'a.trace'))).rejects.toThrow(/is not a folder/);
});

test('what is no file is written as it is', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const out = join(folder, 'read');
  const reader = spawnSync('sh', ['-c', `cat ${fifo} > ${out} &`], { stdio: 'ignore' });
  expect(reader.status).toBe(0);
  await write([BUILD], fifo);
  await vi.waitFor(() => expect(readFileSync(out)).toEqual(gunzipSync(readFileSync(BUILD))));
  expect(statSync(fifo).isFIFO()).toBe(true);
});

test.each([
  ['a log', 'a.log'],
  ['a compressed log', 'a.log.gz'],
  ['a trace', 'a.trace'],
])('a full disk leaves nothing of %s', async (_, name) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  if (mounted.status !== 0) skipLoudly('no right to mount a small tmpfs');
  try {
    // More than fits, and nothing that compresses well.
    const trace = join(folder, 'big.trace');
    execFileSync('cp', ['-r', KILLS, trace]);
    const noise = Buffer.from(
      Array.from({ length: 9000 }, (__, i) => `${Math.sin(i)} ${Math.cos(i)}\n`).join(''),
    );
    writeFileSync(join(trace, 'audit-000002.log'), noise);
    await expect(write([trace], join(disk, name))).rejects.toThrow(
      `${join(disk, name)}: no space left on the disk`,
    );
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});
