import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { ownFolder } from '../support/folder.ts';
import { build, godo, trace } from './godo.ts';

const BUILD = trace('build');
const ANALYZE = ['analyze', BUILD, '--quiet'];

const folder = ownFolder();
let data = '';

beforeAll(async () => {
  build();
  data = join(folder, 'data');
  await godo([...ANALYZE, '--store', data, '--format', 'none']);
});

/** The `_id`s in lines of JSON. */
function idsIn(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { _id: string })._id);
}

test('storing goes with every output, and says what it did', async () => {
  const other = join(folder, 'other');
  const { status, stdout, stderr } = await godo([
    'analyze',
    BUILD,
    '--store',
    other,
    '--format',
    'ndjson',
  ]);
  expect(status).toBe(0);
  expect(stderr).toMatch(
    new RegExp(`^stored +108 processes in ${other}; trace [0-9a-f]{32}$`, 'm'),
  );
  expect((await godo(['query', other])).stdout).toBe(stdout);
});

test('nothing but storing', async () => {
  const none = await godo([...ANALYZE, '--store', join(folder, 'third'), '--format', 'none']);
  expect(none).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('all of a store is what the analysis wrote, byte for byte', async () => {
  const [analyzed, queried] = await Promise.all([
    godo([...ANALYZE, '--format', 'ndjson']),
    godo(['query', data, '{}']),
  ]);
  expect(queried).toEqual(analyzed);
});

test('the filters of the README', async () => {
  const failed = await godo(['query', data, '{"exit_code": {"$gt": 0}}']);
  expect(failed).toMatchObject({ status: 0, stdout: '' });
  const found = await godo([
    'query',
    data,
    '{"execve.args": {"$regex": "f1[.]c"}}',
    '--format',
    'tree',
  ]);
  expect(found.stdout).toMatch(/^27311 \/bin\/sh -c .*f1\.c/);
  expect(found.stdout).toMatch(/^└─ 27314 cc /m);
  const time = '{"start_timestamp": {"$lt": {"$date": "2026-11-23T05:12:10.390Z"}}}';
  expect(idsIn((await godo(['query', data, time])).stdout)).toHaveLength(2);
});

test.each([
  [['--root', 'make']],
  [['--root', '27310', '--depth', '2']],
  [['--at', '2026-11-23T05:12:10.500Z']],
  [['--root', 'make', '--at', '2026-11-23T05:12:10.500Z']],
  [[]],
])('godo tree %j is the tree of the analysis', async (options) => {
  const [analyzed, stored] = await Promise.all([
    godo([...ANALYZE, ...options]),
    godo(['tree', data, ...options]),
  ]);
  expect(analyzed.stdout).toMatch(/\d/);
  expect(stored).toEqual(analyzed);
});

test('a root that is not there is wrong usage', async () => {
  const { status, stdout, stderr } = await godo(['tree', data, '--root', 'emacs']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe('godo: no process of this store is called emacs\n');
});

test('order, limit, fields', async () => {
  const { stdout } = await godo([
    'query',
    data,
    '{}',
    '--sort',
    '-pid',
    '--limit',
    '2',
    '--project',
    'pid,-_id',
  ]);
  expect(stdout).toBe('{"pid":27413}\n{"pid":27412}\n');
  const json = await godo([
    'query',
    data,
    '--sort',
    '{"pid":1}',
    '--limit',
    '1',
    '--project',
    '{"start_timestamp":1}',
  ]);
  expect(json.stdout).toBe(
    '{"_id":"-/1795410730.382/0000117409/27306","start_timestamp":"2026-11-23T05:12:10.382Z"}\n',
  );
});

test('relatives', async () => {
  const below = await godo(['query', data, '{"pid": 27314}', '--descendants']);
  expect(idsIn(below.stdout)).toHaveLength(3);
  const above = await godo(['query', data, '{"pid": 27314}', '--ancestors', '--format', 'table']);
  expect(above.stdout.match(/^ +\d+/gm)).toHaveLength(4);
  expect(above.stdout).toMatch(/^ +PID +PPID START/);
  const both = await godo(['query', data, '--descendants', '--ancestors']);
  expect(both.status).toBe(2);
});

test.each([
  ['{"pid": {"$foo": 1}}', 'godo: unknown operator: $foo\n'],
  ['{"$foo": 1}', /^godo: unknown top level operator: \$foo\./],
  ['{"pid": ', /^godo: the filter is not JSON: /],
  ['[]', 'godo: the filter must be an object\n'],
  ['{"exe": {"$regex": "("}}', /^godo: Regular expression is invalid: /],
  ['{"exe": {"$in": 1}}', 'godo: $in needs an array\n'],
  ['{"$where": "1"}', /^godo: the embedded store does not have \$where/],
  ['{"start_timestamp": {"$date": "yesterday"}}', /^godo: .*/],
])('a bad filter, %s, is wrong usage', async (filter, message) => {
  const { status, stdout, stderr } = await godo(['query', data, filter]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
});

test('what has been stored', async () => {
  const { status, stdout } = await godo(['traces', data]);
  const sha256 = createHash('sha256')
    .update(gunzipSync(readFileSync(BUILD)))
    .digest('hex');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^trace [0-9a-f]{32}\n {2}stored {2}\d{4}-/);
  expect(stdout).toContain(`${BUILD}  350190 bytes  ${sha256}`);
  const data2 = JSON.parse((await godo(['traces', data, '--format', 'ndjson'])).stdout) as {
    digest: string;
  };
  expect(stdout).toContain(data2.digest);
});

test('no store', async () => {
  const none = join(folder, 'none');
  for (const command of ['query', 'tree', 'traces']) {
    const { status, stdout, stderr } = await godo([command, none]);
    expect([status, stdout, stderr]).toEqual([4, '', `godo: ${none}: there is no store\n`]);
  }
  expect(existsSync(none)).toBe(false);
});

test('a store that cannot be is known before the analysis', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const { status, stdout, stderr } = await godo([...ANALYZE, '--store', file]);
  expect([status, stdout, stderr]).toEqual([4, '', `godo: ${file}: not a folder\n`]);
});
