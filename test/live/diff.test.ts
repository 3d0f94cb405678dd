/**
 * The same build recorded twice on this kernel differs in nothing, however its parallel jobs
 * were scheduled; and a build that was changed differs in just that.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  lostIn,
  needMachine,
  place,
  recordCommand,
  type Recorded,
  runGodo,
  script,
  useMachine,
} from './machine.ts';

useMachine();

const CLEAN = ['env', '-i', 'PATH=/usr/bin:/bin'];
/** The compiler names its temporary files by chance. */
const IGNORE = ['--ignore', 'tmp'];

function writeSources(name: string, files = 9): string {
  const folder = place(name);
  mkdirSync(folder, { recursive: true });
  for (let n = 1; n <= files; n++) {
    writeFileSync(join(folder, `c${n}.c`), `int f${n}(int a) { return a + ${n}; }\n`);
  }
  writeFileSync(join(folder, 'c1.c'), 'int f2(int); int main(void) { return f2(0) - 2; }\n');
  return folder;
}

async function recordBuild(trace: string, folder: string): Promise<Recorded> {
  const recorded = await recordCommand(trace, [...CLEAN, ...script('steps.sh', folder)]);
  expect(recorded.outcome.status, recorded.outcome.stderr).toBe(0);
  expect(lostIn(recorded.journal)).toBe(0);
  return recorded;
}

interface Row {
  readonly level: number;
  readonly kind: string;
  readonly changes: readonly { readonly field: string }[];
  readonly from?: { readonly ran: readonly { readonly args?: readonly string[] }[] };
  readonly to?: { readonly ran: readonly { readonly args?: readonly string[] }[] };
}

async function rowsOf(...args: readonly string[]): Promise<Row[]> {
  const { stdout } = await runGodo('diff', ...args, '--format', 'json');
  return (JSON.parse(stdout) as { rows: Row[] }).rows;
}

test('the same build five times differs in nothing, and a changed one in that', async () => {
  needMachine('make');
  const folder = writeSources('same');
  const paths: string[] = [];
  for (let n = 1; n <= 5; n++) {
    paths.push((await recordBuild(`same-${n}`, folder)).path);
  }
  for (const path of paths.slice(1)) {
    const silent = { status: 0, stdout: '', stderr: '' };
    expect(await runGodo('diff', paths[0], path, ...IGNORE)).toEqual(silent);
    expect(await runGodo('diff', path, paths[0], ...IGNORE)).toEqual(silent);
  }
  writeFileSync(join(folder, 'c10.c'), 'int f10(int a) { return a; }\n');
  writeFileSync(join(folder, 'c1.c'), 'int main(void) { return 3; }\n');
  const { path } = await recordBuild('changed', folder);
  const rows = await rowsOf(paths[0], path, ...IGNORE);
  const told = rows.filter(({ kind }) => kind !== 'within');
  for (const row of told.filter(({ kind }) => kind === 'added')) {
    expect(JSON.stringify(row.to)).toContain('c10.');
  }
  expect(told.filter(({ kind }) => kind === 'removed')).toEqual([]);
  const changed = told.filter(({ kind }) => kind === 'changed');
  const link = changed.filter(({ changes }) => changes[0].field === 'arguments');
  expect(link.length).toBeGreaterThan(0);
  for (const row of link) expect(JSON.stringify(row.to)).toContain('c10.o');
  const ends = changed.filter(({ changes }) => changes[0].field === 'end');
  expect(ends.map(({ to }) => to?.ran.at(-1)?.args)).toEqual([['./out/app']]);
}, 300_000);

test('names of temporary files are the only difference where there are any', async () => {
  needMachine('make');
  const folder = writeSources('temporary', 4);
  const [a, b] = [
    await recordBuild('temporary-1', folder),
    await recordBuild('temporary-2', folder),
  ];
  const different = await runGodo('diff', a.path, b.path);
  expect(different.status).toBe(1);
  expect(different.stdout).toContain('/tmp/cc');
  expect(different.stderr).toContain('--ignore tmp');
  const ignored = await runGodo('diff', a.path, b.path, ...IGNORE);
  expect(ignored).toEqual({ status: 0, stdout: '', stderr: '' });
}, 300_000);
