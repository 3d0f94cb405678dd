/**
 * Records the traces of fixtures/recorded again, each a workload of test/live/workloads:
 *
 *   sudo node .tools/record-fixtures.mjs [NAME...]
 *
 * Needs root, a C compiler, and an audit that nobody uses. Of the processes alive at the
 * start only the recorder is kept: the others are this machine's own business.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @typedef {{ recorder: number, processes: { pid: number }[] }} Manifest */

const ROOT = join(import.meta.dirname, '..');
const WORKLOADS = join(ROOT, 'test/live/workloads');
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Segments that a trace of this size has. */
const SEGMENTS = ['audit-000001.log', 'connector-000001.ndjson', 'hints-000001.ndjson'];

/**
 * The command of each recording; the folder has the compiled workload.
 * @type {Readonly<Record<string, (folder: string) => string[]>>}
 */
const COMMANDS = {
  threads: (folder) => [join(folder, 'workload'), 'threads', '9'],
  kills: (folder) => [join(folder, 'workload'), 'kills', '4'],
  daemons: (folder) => [join(folder, 'workload'), 'daemons', '12'],
  arguments: (folder) => [join(folder, 'workload'), 'arguments'],
  namespaces: (folder) => [join(WORKLOADS, 'namespaces.sh'), folder],
  container: (folder) => {
    mkdirSync(join(folder, 'root'));
    return [join(WORKLOADS, 'container.sh'), folder, join(folder, 'root')];
  },
  // The same build twice, and once with a change: what `godo diff` is for.
  'steps-1': (folder) => steps(folder, 'int main(void) { return 0; }'),
  'steps-2': (folder) => steps(folder, 'int main(void) { return 0; }'),
  'steps-changed': (folder) => steps(folder, 'int main(void) { return 3; }'),
};

/**
 * @param {string} folder
 * @param {string} main
 */
function steps(folder, main) {
  writeFileSync(join(folder, 'c1.c'), `${main}\n`);
  for (const n of [2, 3, 4]) writeFileSync(join(folder, `c${n}.c`), `int f${n}(void);\n`);
  return ['env', '-i', 'PATH=/usr/bin:/bin', join(WORKLOADS, 'steps.sh'), folder];
}

/** @param {string} name */
function record(name) {
  const folder = mkdtempSync(join(tmpdir(), 'godo-fixture-'));
  try {
    const source = join(WORKLOADS, 'workload.c');
    execFileSync('cc', ['-O1', '-pthread', '-o', join(folder, 'workload'), source], { env: ENV });
    const trace = join(folder, 'trace');
    const godo = [
      join(ROOT, 'bin/godo.js'),
      'record',
      '-o',
      trace,
      '--',
      ...COMMANDS[name](folder),
    ];
    execFileSync(process.execPath, godo, { env: ENV, stdio: 'inherit' });
    keep(trace, join(ROOT, 'fixtures/recorded', `${name}.trace`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} trace
 * @param {string} fixture
 */
function keep(trace, fixture) {
  rmSync(fixture, { recursive: true, force: true });
  mkdirSync(fixture, { recursive: true });
  const text = readFileSync(join(trace, 'manifest.json'), 'utf8');
  const manifest = /** @type {Manifest} */ (JSON.parse(text));
  const processes = manifest.processes.filter(({ pid }) => pid === manifest.recorder);
  const kept = JSON.stringify({ ...manifest, processes }, undefined, 1);
  writeFileSync(join(fixture, 'manifest.json'), `${kept}\n`);
  writeFileSync(join(fixture, 'journal.ndjson'), readFileSync(join(trace, 'journal.ndjson')));
  for (const name of SEGMENTS) {
    const bytes = readFileSync(join(trace, name));
    writeFileSync(join(fixture, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(COMMANDS);
for (const name of names) record(name);
