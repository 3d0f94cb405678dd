import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../../src/model/trace.ts';
import { logPath, tracePath } from '../support/fixtures.ts';
import { ownFolder } from '../support/folder.ts';
import { build, godo } from './godo.ts';

const folder = ownFolder();
const at = (name: string): string => join(folder, name);
const log = logPath('files');

beforeAll(build);

test('the same key gives the same log, from an option or from a file', async () => {
  writeFileSync(at('key'), 'secret\n');
  const one = await godo(['anonymize', log, '--key', 'secret']);
  const other = await godo(['anonymize', '-', '--key-file', at('key')], {
    stdin: readFileSync(log),
  });
  expect(one.status).toBe(0);
  expect(one.stdout).toBe(other.stdout);
  expect(one.stdout.length).toBe(gunzipSync(readFileSync(log)).length);
  expect(one.stderr).toContain('godo: not hidden: the tree, pids');
  expect(one.stderr).toMatch(/^godo: shape [0-9a-f]{64}$/m);
  expect(one.stderr).not.toContain('forgotten');
});

test('without a key each run gives other names', async () => {
  const one = await godo(['anonymize', log]);
  const other = await godo(['anonymize', log]);
  expect(one.stdout).not.toBe(other.stdout);
  expect(one.stderr).toContain('the key was made for this run and is forgotten');
  const shape = (text: string): string | undefined => /shape \w+/.exec(text)?.[0];
  expect(shape(one.stderr)).toBe(shape(other.stderr));
});

test('what is to be kept is kept, and times, too', async () => {
  const args = ['--key', 'x', '--keep', '/usr/bin/*', '--keep', 'make', '--keep-times', '-q'];
  const { stdout, stderr } = await godo(['anonymize', logPath('build'), ...args, '--no-verify']);
  expect(stderr).toBe('');
  expect(stdout).toContain('comm="make" exe="/usr/bin/make"');
  expect(stdout).toContain('msg=audit(1795410730.');
  expect(stdout).not.toContain('build.sh');
  const moved = await godo(['anonymize', logPath('build'), '--key', 'x', '-q']);
  expect(moved.stdout).not.toContain('audit(1795410730.');
});

test('a trace has nothing of the machine that it was recorded on', async () => {
  const out = at('out.trace');
  const { status } = await godo(['anonymize', tracePath('container'), '--key', 'x', '-o', out]);
  expect(status).toBe(0);
  const texts = readdirSync(out).map((name) => {
    const bytes = readFileSync(join(out, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  });
  const text = texts.join('\n');
  const manifest = readFileSync(join(tracePath('container'), 'manifest.json'), 'utf8');
  const { created, host } = JSON.parse(manifest) as Pick<Manifest, 'created' | 'host'>;
  const machine = [JSON.stringify(host.name), host.boot_id, host.kernel];
  const when = String(created).slice(0, 7);
  for (const secret of [...machine, when, 'godo-fixture', 'container.sh', 'mkdir', '/usr/bin']) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('hex').toUpperCase());
  }
  const info = await godo(['info', '--verify', out]);
  expect(info.stdout).toContain('all segments are as they were written');
  expect((await godo(['analyze', out, '--format', 'none'])).status).toBe(0);
});

test('what cannot be read is left out and counted', async () => {
  const { stdout, stderr, status } = await godo(['anonymize', '-', '--key', 'x'], {
    stdin: 'my password is hunter2\ntype=EOE msg=audit(1.000:1): \n',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^type=EOE msg=audit\(\d+\.000:1\): \n$/);
  expect(stderr).toContain('godo: 1 line left out that analysis cannot read either');
});

test.each([
  ['an empty key', ['--key', ''], 'the key is empty'],
  ['no such key file', ['--key-file', at('none')], 'ENOENT'],
  ['two keys', ['--key', 'x', '--key-file', at('key')], 'cannot be used with'],
])('%s is wrong usage', async (_, args, words) => {
  const { status, stderr, stdout } = await godo(['anonymize', log, ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
  expect(stdout).toBe('');
});
