/**
 * Records the traces of fixtures/recorded again, each a workload of test/live/workloads:
 *
 *   sudo node .tools/record-fixtures.mjs [NAME...]
 *
 * Needs root, a C compiler, and an audit that nobody uses. A fixture has nothing of the machine:
 * all that is run lies in FOLDER, and runs there, in no group of processes; of the processes alive
 * at the start only the recorder is kept; the names of machine, boot and kernel are made up.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @typedef {{ recorder: number, host: object, processes: { pid: number }[] }} Manifest */

const ROOT = join(import.meta.dirname, '..');
const WORKLOADS = join(ROOT, 'test/live/workloads');
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const FOLDER = '/tmp/godo-fixture';
const HOST = {
  name: 'fixture',
  boot_id: '00000000-0000-4000-8000-000000000001',
  kernel: '6.18.44-fixture',
};
/** Out of all groups of processes, whose names are the machine's, and then the command. */
const UNGROUPED = 'for f in /sys/fs/cgroup/*/cgroup.procs; do echo $$ > "$f"; done; exec "$@"';

/** Segments that a trace of this size has. */
const SEGMENTS = ['audit-000001.log', 'connector-000001.ndjson', 'hints-000001.ndjson'];

const WORKLOAD = join(FOLDER, 'workload');

/**
 * The command of each recording.
 * @type {Readonly<Record<string, () => string[]>>}
 */
const COMMANDS = {
  threads: () => [WORKLOAD, 'threads', '9'],
  kills: () => [WORKLOAD, 'kills', '4'],
  daemons: () => [WORKLOAD, 'daemons', '12'],
  arguments: () => [WORKLOAD, 'arguments'],
  namespaces: () => [join(FOLDER, 'namespaces.sh'), FOLDER],
  container: () => {
    mkdirSync(join(FOLDER, 'root'));
    return [join(FOLDER, 'container.sh'), FOLDER, join(FOLDER, 'root')];
  },
  // The same build twice, and once with a change: what `godo diff` is for.
  'steps-1': () => steps('int main(void) { return 0; }'),
  'steps-2': () => steps('int main(void) { return 0; }'),
  'steps-changed': () => steps('int main(void) { return 3; }'),
};

/** @param {string} main */
function steps(main) {
  writeFileSync(join(FOLDER, 'c1.c'), `${main}\n`);
  for (const n of [2, 3, 4]) writeFileSync(join(FOLDER, `c${n}.c`), `int f${n}(void);\n`);
  return ['env', '-i', 'PATH=/usr/bin:/bin', join(FOLDER, 'steps.sh'), FOLDER];
}

/** @param {string} name */
function record(name) {
  // Fails when somebody else has it.
  mkdirSync(FOLDER);
  try {
    for (const file of readdirSync(WORKLOADS))
      copyFileSync(join(WORKLOADS, file), join(FOLDER, file));
    symlinkSync(ROOT, join(FOLDER, 'godo'));
    const built = ['-O1', '-pthread', '-o', WORKLOAD, join(FOLDER, 'workload.c')];
    execFileSync('cc', built, { env: ENV });
    const trace = join(FOLDER, 'trace');
    const godo = [join(FOLDER, 'godo/bin/godo.js'), 'record', '-o', trace, '--'];
    const command = [process.execPath, ...godo, ...COMMANDS[name]()];
    execFileSync('/bin/sh', ['-c', UNGROUPED, 'sh', ...command], {
      cwd: FOLDER,
      env: ENV,
      stdio: 'inherit',
    });
    keep(trace, join(ROOT, 'fixtures/recorded', `${name}.trace`));
  } finally {
    rmSync(FOLDER, { recursive: true });
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
  const host = { ...manifest.host, ...HOST };
  const kept = JSON.stringify({ ...manifest, host, processes }, undefined, 1);
  writeFileSync(join(fixture, 'manifest.json'), `${kept}\n`);
  writeFileSync(join(fixture, 'journal.ndjson'), readFileSync(join(trace, 'journal.ndjson')));
  for (const name of SEGMENTS) {
    const bytes = readFileSync(join(trace, name));
    writeFileSync(join(fixture, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(COMMANDS);
for (const name of names) record(name);
