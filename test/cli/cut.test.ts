import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ProcessDocument } from '../../src/model/process.ts';
import { logPath, tracePath } from '../support/fixtures.ts';
import { ownFolder } from '../support/folder.ts';
import { build, godo } from './godo.ts';

const folder = ownFolder();
const at = (name: string): string => join(folder, name);

beforeAll(build);

/** Documents as they stand in NDJSON. */
async function documentsOf(
  args: readonly string[],
  stdin?: string,
): Promise<Map<string, ProcessDocument>> {
  const { stdout } = await godo(
    ['analyze', ...args, '--format', 'ndjson', '-q'],
    stdin === undefined ? {} : { stdin },
  );
  const lines = stdout.split('\n').filter((line) => line !== '');
  const documents = lines.map((line) => JSON.parse(line) as ProcessDocument);
  return new Map(documents.map((one) => [one._id, one]));
}

describe('a subtree', () => {
  const log = logPath('build');

  test('to standard output, which analyze reads', async () => {
    const { status, stdout, stderr } = await godo(['cut', log, '--root', 'make']);
    expect(status).toBe(0);
    expect(stderr).toContain('godo: 96 processes: 1920 of 2160 lines kept');
    expect(stderr).toContain('evidence about them, logged by others');
    const whole = await documentsOf([log]);
    const cut = await documentsOf(['-'], stdout);
    const tops = [...cut.values()].filter(({ args }) => args?.[0] === 'make');
    expect(tops.length).toBe(3);
    for (const top of tops) expect(top).toEqual(whole.get(top._id));
    expect(cut.size).toBeLessThan(whole.size);
  });

  test('from standard input, and quietly', async () => {
    const stdin = gunzipSync(readFileSync(log));
    const piped = await godo(['cut', '-', '--root', 'make', '-q'], { stdin });
    const read = await godo(['cut', log, '--root', 'make', '-q']);
    expect(piped).toEqual(read);
    expect(piped).toMatchObject({ status: 0, stderr: '' });
  });

  test('of a filter, with all below', async () => {
    const filter = '{"execve.exe":{"$regex":"/make$"}}';
    const alone = await godo(['cut', log, '--filter', filter]);
    const below = await godo(['cut', log, '--filter', filter, '--below']);
    expect(alone.stderr).toContain('godo: 3 processes:');
    expect(below.stderr).toContain('godo: 96 processes:');
  });

  test('from a time on and until another', async () => {
    const [from, until] = ['2026-11-23T05:12:10.500Z', '2026-11-23T05:12:10.600Z'];
    const { status, stdout } = await godo(['cut', log, '--from', from, '--until', until]);
    expect(status).toBe(0);
    const documents = [...(await documentsOf(['-'], stdout)).values()];
    expect(documents.length).toBeGreaterThan(10);
    for (const { execve } of documents) {
      for (const { timestamp } of execve) expect(String(timestamp) < until).toBe(true);
    }
  });
});

describe('a trace', () => {
  const trace = tracePath('container');

  test('into a trace, with both witnesses', async () => {
    const out = at('cut.trace');
    const { status } = await godo(['cut', trace, '--root', 'mkdir', '-o', out, '-q']);
    expect(status).toBe(0);
    const whole = await documentsOf([trace]);
    const cut = await documentsOf([out]);
    const made = [...cut.values()].filter(({ comm }) => comm === 'mkdir');
    expect(made.length).toBe(5);
    for (const one of made) expect(one).toEqual(whole.get(one._id));
    const info = await godo(['info', '--verify', out]);
    expect(info.stdout).toContain('all segments are as they were written');
  });

  test('into a log, in which the host has a name', async () => {
    const { stdout, status } = await godo([
      'cut',
      trace,
      '--root',
      'mkdir',
      '--host',
      'fixture',
      '-q',
    ]);
    expect(status).toBe(0);
    const whole = await documentsOf([trace, '--without', 'connector']);
    const cut = await documentsOf(['-'], stdout);
    for (const one of cut.values()) {
      if (one.comm === 'mkdir') expect(one).toEqual(whole.get(one._id));
    }
  });
});

test('several hosts', async () => {
  const one = gunzipSync(readFileSync(logPath('build'))).toString('latin1');
  const other = gunzipSync(readFileSync(logPath('files'))).toString('latin1');
  const named = (text: string, node: string): string =>
    text.replaceAll(/^type=/gm, `node=${node} type=`);
  const log = at('hosts.log');
  writeFileSync(log, named(one, 'a') + named(other, 'b'), 'latin1');
  const { stdout, status } = await godo(['cut', log, '--host', 'b', '-q']);
  expect(status).toBe(0);
  expect(stdout).toBe(named(other, 'b'));
});

describe('what cannot be cut', () => {
  test.each([
    [
      'no such process',
      [logPath('files'), '--root', 'nobody'],
      2,
      'no process of this log is meant',
    ],
    ['no such file', [at('nothing'), '--root', 'x'], 3, 'no such file or folder'],
    ['no filter', [logPath('files'), '--filter', '{"$x":1}'], 2, 'unknown top level operator: $x'],
    ['no time', [logPath('files'), '--from', 'noon'], 2, 'It must be ISO 8601'],
    ['below what', [logPath('files'), '--below'], 2, '--below needs --filter'],
    [
      'a log as a trace',
      [logPath('files'), '-o', at('x.trace')],
      2,
      'a trace can only be made of traces',
    ],
  ])('%s', async (_, args, status, words) => {
    const outcome = await godo(['cut', ...args]);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(words);
    expect(outcome.stdout).toBe('');
  });
});
