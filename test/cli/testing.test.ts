/** docs/testing.md: its examples run as they stand, in a project that has godo as a package. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { ownFolder } from '../support/folder.ts';
import { build } from './godo.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = ownFolder();
const run = promisify(execFile);
const SEED = 2;

/** Files of the examples, by name. */
const examples = new Map<string, string>();
for (const [, name, text] of readFileSync(join(ROOT, 'docs/testing.md'), 'utf8').matchAll(
  /```ts\n\/\/ (\S+)\n(.*?)```/gs,
)) {
  examples.set(name, text);
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs vitest in the project, with a file changed; gives the tests by title. */
async function vitest(
  change: (name: string, text: string) => string = (_, text) => text,
): Promise<Map<string, { readonly status: string; readonly why: string }>> {
  for (const [name, text] of examples) writeFileSync(join(folder, name), change(name, text));
  const args = [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json'];
  const output = await run(process.execPath, args, { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  const { testResults } = JSON.parse(output.stdout) as Report;
  const results = new Map<string, { status: string; why: string }>();
  for (const { message, assertionResults } of testResults) {
    if (message !== '') results.set('?', { status: 'failed', why: message });
    for (const { title, status, failureMessages } of assertionResults) {
      results.set(title, { status, why: failureMessages.join('\n') });
    }
  }
  return results;
}

beforeAll(() => {
  build();
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, join(modules, 'godo'));
  for (const name of ['fast-check', 'vitest', 'typescript', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  // How long a counterexample takes to shrink depends on the seed: from half a second to half a minute.
  const seed = `import * as fc from 'fast-check';\nfc.configureGlobal({ seed: ${SEED} });\n`;
  writeFileSync(join(folder, 'seed.js'), seed);
  const config = `export default { test: { setupFiles: ['./seed.js'] } };\n`;
  writeFileSync(join(folder, 'vitest.config.js'), config);
});

test('the examples pass', async () => {
  const results = await vitest();
  expect([...results.values()].map(({ why }) => why).join('')).toBe('');
  expect(Object.fromEntries([...results].map(([title, { status }]) => [title, status]))).toEqual({
    'it tells what every process ran': 'passed',
    'whatever order the lines come in': 'passed',
    'a shell that forks, and a child that ends': 'passed',
  });
});

test('what the text says of changes to them is true', async () => {
  const unsorted = await vitest((_, text) => text.replace(/^ *execs\.sort.*\n/m, ''));
  const order = unsorted.get('whatever order the lines come in');
  expect(order?.status).toBe('failed');
  expect(order?.why).toContain('kernelModel(');
  expect(order?.why.match(/syscall=59/g)?.length).toBeLessThanOrEqual(8);
  const reuse = await vitest((_, text) => text.replace(`['threads', 'orphans']`, `['reuse']`));
  expect(reuse.get('it tells what every process ran')?.status).toBe('failed');
});

test('the examples have the types that the package says', async () => {
  for (const [name, text] of examples) writeFileSync(join(folder, name), text);
  const config = {
    compilerOptions: {
      target: 'es2023',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      types: ['node'],
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const output = await run(process.execPath, [tsc, '-p', folder]).catch(
    (error: { stdout: string }) => error,
  );
  expect(output.stdout).toBe('');
});
