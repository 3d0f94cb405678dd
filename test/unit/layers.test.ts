import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { violations } from '../support/layers.ts';

const ROOT = join(import.meta.dirname, '../..');
const SRC = join(ROOT, 'src');
const FOLDERS = ['bin', 'docs', 'fixtures', 'src', 'test'];
const FILES = ['LICENSE', 'README.md', 'package-lock.json', 'package.json'];
const SETTINGS = ['biome.json', 'knip.json', 'tsconfig.json'];
/** Not kept in the repository; see .gitignore. */
const MADE = ['data', 'dist', 'node_modules'];

test('nothing else lies at the top: no log of a profiler, no left-over', () => {
  const known = new Set([...FOLDERS, ...FILES, ...SETTINGS, ...MADE]);
  const others = readdirSync(ROOT).filter((name) => !/^\.|\.tgz$/.test(name) && !known.has(name));
  expect(others).toEqual([]);
});

test('every file of src keeps to its layer', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'));
  expect(files).toContain('model/process.ts');
  const found = files.flatMap((file) => violations(file, readFileSync(join(SRC, file), 'utf8')));
  expect(found).toEqual([]);
});

test.each([
  // imports
  ['order/a.ts', `import { x } from '../process/b.ts';`, 'order may not import ../process/b.ts'],
  ['record/a.ts', `import type { X } from '../event/b.ts';`, 'record may not import'],
  ['record/a.ts', `export * from '../event/b.ts';`, 'record may not import'],
  ['record/a.ts', `export { x } from '../event/b.ts';`, 'record may not import'],
  ['record/a.ts', `const x = await import('../event/b.ts');`, 'record may not import'],
  ['record/a.ts', `type X = import('../event/b.ts').X;`, 'record may not import'],
  ['record/a.ts', `const x = await import(name);`, 'not written out'],
  ['store/a.ts', `import { x } from '../report/b.ts';`, 'store may not import ../report/b.ts'],
  ['process/a.ts', `import { x } from '../pipeline.ts';`, 'process may not import'],
  ['pipeline.ts', `import { x } from './cli/b.ts';`, 'pipeline.ts may not import ./cli/b.ts'],
  ['index.ts', `import { x } from './cli/b.ts';`, 'index.ts may not import'],
  ['capture/a.ts', `import { x } from '../record/b.ts';`, 'capture may not import'],
  ['base/a.ts', `import type { X } from '../model/b.ts';`, 'base may not import'],
  ['util/a.ts', `export const x = 1;`, 'src/util is not a layer'],
  // the world, by import
  ['record/a.ts', `import { readFileSync } from 'node:fs';`, 'readFileSync of node:fs'],
  ['record/a.ts', `import 'node:fs';`, 'all of node:fs'],
  ['process/a.ts', `import { createHash } from 'node:crypto';`, 'createHash of node:crypto'],
  ['report/a.ts', `import { randomUUID } from 'node:crypto';`, 'randomUUID of node:crypto'],
  ['report/a.ts', `import * as crypto from 'node:crypto';`, 'all of node:crypto'],
  ['event/a.ts', `import { Command } from 'commander';`, 'Command of commander'],
  [
    'cli/a.ts',
    `import { gunzipSync } from 'node:zlib';`,
    'only source and capture may import node:zlib',
  ],
  // the world, by name
  ['order/a.ts', `const t = Date.now();`, 'order may not use Date.now'],
  ['order/a.ts', `const t = new Date();`, 'new Date()'],
  ['order/a.ts', `const t = new Date(2026, 1);`, 'new Date(year'],
  ['order/a.ts', `const t = Date();`, 'Date()'],
  ['order/a.ts', `const t = new Date(x).getHours();`, '.getHours'],
  ['order/a.ts', `const t = Math.random();`, 'Math.random'],
  ['order/a.ts', `const { env } = process;`, 'may not use process'],
  ['order/a.ts', `const o = { process };`, 'may not use process'],
  ['order/a.ts', `const v = (process as unknown as X).env;`, 'may not use process'],
  ['order/a.ts', `class A { x = process.env; }`, 'may not use process'],
  ['order/a.ts', `const f = new Intl.Collator();`, 'may not use Intl'],
  ['order/a.ts', `list.sort((a, b) => a.localeCompare(b));`, '.localeCompare'],
  ['order/a.ts', `const s = n.toLocaleString();`, '.toLocaleString'],
  ['order/a.ts', `const d = import.meta.dirname;`, 'import.meta'],
  ['pipeline.ts', `const t = performance.now();`, 'performance'],
  ['index.ts', `globalThis.fetch('x');`, 'globalThis'],
])('a violation is caught: %s %s', (path, text, expected) => {
  expect(violations(path, text)).toEqual([expect.stringContaining(expected)]);
});

test.each([
  ['process/a.ts', `import { x } from '../order/b.ts'; import type { Y } from '../model/c.ts';`],
  ['report/a.ts', `import { createHash } from 'node:crypto'; import { x } from '../process/b.ts';`],
  ['source/a.ts', `import { openSync } from 'node:fs'; import { createGunzip } from 'node:zlib';`],
  ['capture/a.ts', `import net from 'node:net'; const t = Date.now(); const e = process.env;`],
  ['cli/main.ts', `import { x } from '../pipeline.ts'; import { Command } from 'commander';`],
  ['pipeline.ts', `import { x } from './source/b.ts'; import { y } from './report/b.ts';`],
  // The word process is this program's daily bread.
  ['process/a.ts', `for (const process of list) { out.push(process.pid, { process }); }`],
  ['process/a.ts', `const f = (process: P): number => process.pid; x.process = { process: 1 };`],
  ['process/a.ts', `interface A { process: P } type C = Intl.Collator; // process.env`],
  ['report/a.ts', `const d = new Date(ms).toISOString(); const s = 'Date.now()';`],
])('what is allowed passes: %s %s', (path, text) => {
  expect(violations(path, text)).toEqual([]);
});
