import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { findRecordings } from '../../../src/source/recordings.ts';
import { ownFolder } from '../../support/folder.ts';

const RECORD = 'type=SYSCALL msg=audit(1.000:1): arch=c000003e\n';

const folder = ownFolder();

beforeAll(() => {
  put('traces/build.log', RECORD);
  put('traces/web.log.gz', gzipSync(RECORD));
  put('traces/notes.txt', 'nothing of audit');
  put('traces/truth.jsonl.gz', gzipSync('{"pid": 1}'));
  put('traces/empty.log', '');
  put('traces/.hidden.log', RECORD);
  put('traces/dump', RECORD);
  put('traces/dump.golden', `godo golden 1\necho ${RECORD}`);
  put('traces/run.trace/journal.ndjson', '');
  put('traces/other/deep.log', RECORD);
  put('rotated/audit.log', RECORD);
  put('rotated/audit.log.1', RECORD);
  put('rotated/audit.log.2.gz', gzipSync(RECORD));
  put('rotated/audit.log-20261123', RECORD);
  put('rotated/mail.log', RECORD);
  put('twice/a.log', RECORD);
  put('twice/a.log.gz', gzipSync(RECORD));
  put('bare/journal.ndjson', '');
  mkdirSync(join(folder, 'nothing'));
});

function put(name: string, content: Uint8Array | string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** What arguments stand for, as `NAME: PATH…` with paths below the folder. */
async function found(...args: string[]): Promise<string[]> {
  const paths = args.map((arg) => (arg === '-' ? arg : join(folder, arg)));
  const { recordings, clashes } = await findRecordings(paths);
  const text = (all: readonly string[]): string =>
    all.map((path) => path.replace(`${folder}/`, '')).join(' ');
  return [
    ...recordings.map(({ name, paths: all, problem }) =>
      problem === undefined ? `${name}: ${text(all)}` : `${name}: ${text(all)} (${problem})`,
    ),
    ...clashes.map((clash) => `CLASH ${clash.name}: ${text(clash.paths)}`),
  ];
}

test('of a folder, the traces and logs that lie directly in it, by their content', async () => {
  expect(await found('traces')).toEqual([
    'build: traces/build.log',
    'dump: traces/dump',
    'run: traces/run.trace',
    'web: traces/web.log.gz',
  ]);
});

test('a file and a trace are taken as they are named', async () => {
  expect(
    await found('traces/notes.txt', 'traces/run.trace/', 'traces/.hidden.log', 'bare'),
  ).toEqual([
    '.hidden: traces/.hidden.log',
    'bare: bare',
    'notes.txt: traces/notes.txt',
    'run: traces/run.trace/',
  ]);
});

test('the same, whatever the order', async () => {
  const names = ['traces/web.log.gz', 'traces/build.log', 'traces/run.trace', 'traces/dump'];
  expect(await found(...names)).toEqual(await found('traces'));
  expect(await found(...names.toReversed())).toEqual(await found('traces'));
});

test('the files of a rotated log are one recording', async () => {
  expect(await found('rotated')).toEqual([
    'audit: rotated/audit.log rotated/audit.log-20261123 rotated/audit.log.1 rotated/audit.log.2.gz',
    'mail: rotated/mail.log',
  ]);
  expect(await found('rotated/audit.log.1', 'rotated/audit.log')).toEqual([
    'audit: rotated/audit.log rotated/audit.log.1',
  ]);
});

test.each([
  [['traces/build.log', 'traces/build.log'], 'CLASH build: traces/build.log traces/build.log'],
  [['twice'], 'CLASH a: twice/a.log twice/a.log.gz'],
  [['traces', 'traces/run.trace'], 'CLASH run: traces/run.trace traces/run.trace'],
  [['rotated/audit.log', 'audit.log.1'], 'CLASH audit: audit.log.1 rotated/audit.log'],
])('one name for two recordings is a clash: %j', async (args, clash) => {
  expect(await found(...args)).toContain(clash);
});

test('standard input is called stdin', async () => {
  expect(await found('-', 'traces/dump')).toEqual(['dump: traces/dump', 'stdin: -']);
});

test('what is not there is a recording with a problem', async () => {
  expect(await found('gone.trace', 'nothing')).toEqual([
    'gone: gone.trace (no such file or folder)',
    'nothing: nothing (no recording in this folder)',
  ]);
});

test('what of a folder cannot be read is not passed over', async () => {
  put('locked/a.log', RECORD);
  // Root reads everything; a link to nowhere nobody can.
  symlinkSync(join(folder, 'nowhere'), join(folder, 'locked/c.log'));
  expect(await found('locked')).toEqual([
    'a: locked/a.log',
    'c: locked/c.log (no such file or folder)',
  ]);
});
