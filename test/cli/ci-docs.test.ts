/** docs/ci.md, as a person follows it who has never seen godo. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { beforeAll, expect, test } from 'vitest';
import { readExpectations } from '../../src/check/expectations.ts';
import { filterOf } from '../../src/cli/check/expectations.ts';
import { readJunit } from '../support/reports.ts';
import { ownFolder } from '../support/folder.ts';
import { build } from './godo.ts';

const ROOT = join(import.meta.dirname, '../..');
const TEXT = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
/** The line that a person's machine runs and this one does not. */
const INSTALL = '(cd godo && npm install) && npm install --global ./godo';

const folder = ownFolder();

beforeAll(() => {
  build();
  symlinkSync(ROOT, join(folder, 'godo'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(ROOT, 'bin/godo.js'), join(folder, 'bin/godo'));
});

/** The fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...TEXT.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]);
}

/** Runs a script in the folder, with this godo on the PATH. */
function run(script: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` };
  return spawnSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
}

/** The steps of the workflow in the document. */
interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>
  >;
}

test('the shell example, the Actions example and the reports are what is printed', () => {
  const [script] = blocks('sh');
  const [passes, fails] = blocks('text');
  expect(script.split('\n').filter((line) => line === INSTALL)).toHaveLength(1);
  const shell = run(script.replace(INSTALL, 'godo --version'));
  expect(shell.stderr).toBe('');
  expect(shell.status).toBe(0);
  expect(shell.stdout).toContain('✓ golden tree  written');
  expect(shell.stdout).toMatch(/^godo golden 1\n/m);
  expect(shell.stdout.endsWith(passes)).toBe(true);

  // What the document says of a failure.
  writeFileSync(
    join(folder, 'ci/forbidden.yaml'),
    '- name: nothing is packed\n  none: {comm: tar}\n',
  );
  const failure = run('godo check ci/traces --expect ci/forbidden.yaml');
  expect(failure.stdout).toBe(fails);
  expect(failure.status).toBe(1);

  const [yaml] = blocks('yaml');
  const { jobs } = parse(yaml) as Workflow;
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.run ?? []));
  expect(runs).toHaveLength(3);
  expect(runs[0]).toBe(INSTALL);
  for (const step of runs.slice(1)) {
    const { status, stderr } = run(step);
    expect([status, stderr]).toEqual([0, '']);
  }
  expect(readJunit(readFileSync(join(folder, 'report.xml'), 'utf8'))).toHaveLength(4);
  expect(existsSync(join(folder, 'ci/golden/build.golden'))).toBe(true);
});

test('the example of expectations is one', () => {
  const [, expectations] = blocks('yaml');
  const read = readExpectations(expectations, filterOf);
  expect('problems' in read ? read.problems : read.expectations.length).toBe(6);
});

test('every option of the command is in the document, and no other', () => {
  const { stdout } = run('godo check --help');
  const options = [...stdout.matchAll(/^ {2}--([a-z]+)/gm)].map((match) => match[1]);
  const told = [...TEXT.matchAll(/^\| `--([a-z]+)[ `]/gm)].map((match) => match[1]);
  expect(told.toSorted()).toEqual(options.toSorted());
});
