/**
 * What recording costs: the wall time of a parallel build without it, under `godo record`,
 * and with auditd and laurel under the same system calls, by turns in one run.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { number, printTable } from './print.ts';

/** Source files of the build; each takes a shell, a compiler driver and its two programs. */
const FILES = 150;
const TURNS = 5;
/** A login user that nobody has: the rules beside auditd filter on it, as godo's on a session. */
const LOGINUID = 4_242_424;
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/** Says why it cannot be measured here; undefined when it can. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['make', 'cc', 'auditctl']) if (!has(program)) return `no ${program}`;
  const now = status();
  return /^enabled 0$/m.test(now) && /^pid 0$/m.test(now) ? undefined : 'audit is in use';
}

function status(): string {
  return execFileSync('auditctl', ['-s'], { encoding: 'utf8', env: ENV });
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: ENV }).status === 0;
}

/** Prints ratios of wall times. */
export async function overhead(root: string, folder: string): Promise<void> {
  console.log('\nRecording: wall time of a parallel build');
  const reason = whyNot();
  if (reason !== undefined) {
    console.log(`  not measured: ${reason}`);
    return;
  }
  const place = join(folder, 'overhead');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'build'), { recursive: true });
  writeBuild(join(place, 'build'));
  const ways = [alone, underGodo(root), ...(has('auditd') && has('laurel') ? [besideAuditd] : [])];
  const times: number[][] = ways.map(() => []);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, way] of ways.entries()) times[i].push(await way(place));
  }
  const names = ['without', 'godo record', 'auditd + laurel'];
  const rows = times.map((all, i) => ({
    name: names[i],
    median: all.sort((a, b) => a - b)[TURNS >> 1],
  }));
  printTable(
    [
      { title: '', text: ({ name }) => name },
      { title: 'seconds', text: ({ median }) => number(median, 2) },
      { title: 'ratio', text: ({ median }) => number(median / rows[0].median, 2) },
    ],
    rows,
  );
  if (ways.length < names.length) console.log('  not installed: auditd, laurel');
  rmSync(place, { recursive: true });
}

function writeBuild(folder: string): void {
  for (let i = 0; i < FILES; i++) {
    writeFileSync(join(folder, `f${i}.c`), `int f${i}(int x) { return x * ${i}; }\n`);
  }
  const rule = '%.o: %.c\n\ttest -f $< && cc -c -o $@ $<\n';
  const all = 'all: $(patsubst %.c,%.o,$(wildcard *.c))\n';
  writeFileSync(join(folder, 'Makefile'), `${all}${rule}clean:\n\trm -f *.o\n`);
}

/** The build times itself, so that starting and ending a recorder does not count. */
function buildCommand(place: string, before = ''): string[] {
  const time = 'date +%s%N';
  const steps = `${before}cd "$0/build" && make -s clean && ${time} > ../start && make -s -j4 && ${time} > ../end`;
  return ['sh', '-c', steps, place];
}

function secondsOf(place: string): number {
  const [start, end] = ['start', 'end'].map((name) => readFileSync(join(place, name), 'utf8'));
  return Number(BigInt(end) - BigInt(start)) / 1e9;
}

async function alone(place: string): Promise<number> {
  const [program, ...args] = buildCommand(place);
  execFileSync(program, args, { env: ENV });
  return secondsOf(place);
}

function underGodo(root: string): (place: string) => Promise<number> {
  return async (place) => {
    const trace = join(place, 'trace');
    rmSync(trace, { recursive: true, force: true });
    const args = [join(root, 'bin/godo.js'), 'record', '-o', trace, '--', ...buildCommand(place)];
    execFileSync(process.execPath, args, { env: ENV, stdio: 'pipe' });
    return secondsOf(place);
  };
}

const CALLS =
  'fork,vfork,clone,clone3,execve,execveat,exit,exit_group,wait4,waitid,kill,tkill,tgkill,' +
  'rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal,setsid,setpgid,unshare,setns,chdir,' +
  'fchdir,set_tid_address';

async function besideAuditd(place: string): Promise<number> {
  const rule = ['always,exit', '-F', 'arch=b64', '-S', CALLS, '-F', `auid=${LOGINUID}`];
  const daemon = await startAuditd(place);
  const limit = /^backlog_limit (\d+)$/m.exec(status())?.[1] ?? '64';
  try {
    auditctl('-b', '8192');
    auditctl('-a', ...rule);
    auditctl('-e', '1');
    const [program, ...args] = buildCommand(place, `echo ${LOGINUID} > /proc/self/loginuid && `);
    execFileSync(program, args, { env: ENV });
    return secondsOf(place);
  } finally {
    auditctl('-e', '0');
    auditctl('-d', ...rule);
    auditctl('-b', limit);
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    await ended;
  }
}

function auditctl(...args: readonly string[]): void {
  execFileSync('auditctl', args, { env: ENV, stdio: 'pipe' });
}

async function startAuditd(place: string): Promise<ChildProcess> {
  const folder = join(place, 'auditd');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'plugins.d'), { recursive: true, mode: 0o750 });
  mkdirSync(join(folder, 'laurel'));
  const laurel = join(folder, 'laurel.toml');
  writeFileSync(laurel, `directory = "${folder}/laurel"\n[auditlog]\nfile = "audit.log"\n`);
  const plugin = ['active = yes', 'direction = out', 'type = always', 'format = string'];
  const command = [`path = ${pathOf('laurel')}`, `args = --config ${laurel}`];
  writeFileSync(join(folder, 'plugins.d/laurel.conf'), [...plugin, ...command, ''].join('\n'), {
    mode: 0o640,
  });
  // Debian's settings, but for where files lie and what a full disk does.
  const lines = [
    'local_events = yes',
    `log_file = ${folder}/audit.log`,
    'log_format = ENRICHED',
    'flush = INCREMENTAL_ASYNC',
    'freq = 50',
    'max_log_file = 8',
    'num_logs = 5',
    'max_log_file_action = ROTATE',
    'priority_boost = 4',
    'space_left = 5',
    'space_left_action = IGNORE',
    'admin_space_left = 2',
    'admin_space_left_action = IGNORE',
    'disk_full_action = IGNORE',
    'disk_error_action = IGNORE',
    'q_depth = 20000',
    'overflow_action = IGNORE',
    `plugin_dir = ${folder}/plugins.d`,
  ];
  writeFileSync(join(folder, 'auditd.conf'), `${lines.join('\n')}\n`, { mode: 0o640 });
  const daemon = spawn('auditd', ['-n', '-s', 'nochange', '-c', folder], {
    env: ENV,
    stdio: 'ignore',
  });
  while (
    !status().includes(`
pid ${daemon.pid}
`)
  ) {
    if (daemon.exitCode !== null) throw new Error('auditd has ended');
    await sleep(50);
  }
  return daemon;
}

function pathOf(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8', env: ENV }).trim();
}
