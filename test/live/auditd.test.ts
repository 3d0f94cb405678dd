/** Beside a running auditd: through multicast, its plugin interface, its socket and its log. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { analyzeSync } from '../../src/pipeline.ts';
import {
  appears,
  AS_NOBODY,
  auditctl,
  lostIn,
  journalOf,
  manifestOf,
  needMachine,
  outcomeOf,
  place,
  recordCommand,
  runGodo,
  says,
  segmentBytes,
  settings,
  startGodo,
  useMachine,
  workload,
} from './machine.ts';

const DEAF_DAEMON = join(import.meta.dirname, '../support/deaf-daemon.mjs');
const BIN = join(import.meta.dirname, '../../bin/godo.js');

let daemon: ChildProcess | undefined;

/** Starts Debian's auditd with a configuration of its own. */
async function startAuditd(plugins: Readonly<Record<string, string>>): Promise<void> {
  const folder = place('auditd');
  const plugged = join(folder, 'plugins.d');
  mkdirSync(plugged, { recursive: true, mode: 0o750 });
  const settingsText = [
    ['local_events', 'yes'],
    ['log_file', join(folder, 'audit.log')],
    ['log_format', 'RAW'],
    ['flush', 'NONE'],
    ['priority_boost', '0'],
    ['max_log_file_action', 'ROTATE'],
    ['space_left', '5'],
    ['space_left_action', 'IGNORE'],
    ['admin_space_left', '2'],
    ['admin_space_left_action', 'IGNORE'],
    ['disk_full_action', 'IGNORE'],
    ['disk_error_action', 'IGNORE'],
    ['q_depth', '20000'],
    ['overflow_action', 'IGNORE'],
    ['plugin_dir', plugged],
  ];
  const text = settingsText.map(([name, value]) => `${name} = ${value}\n`).join('');
  writeFileSync(join(folder, 'auditd.conf'), text, { mode: 0o640 });
  for (const [name, description] of Object.entries(plugins)) {
    writeFileSync(join(plugged, `${name}.conf`), description, { mode: 0o640 });
  }
  await startDaemon('auditd', '-n', '-s', 'nochange', '-c', folder);
}

async function startDaemon(program: string, ...args: readonly string[]): Promise<void> {
  daemon = spawn(program, args, { stdio: 'ignore' });
  while (settings().pid !== daemon.pid) {
    if (daemon.exitCode !== null) throw new Error(`${program} has ended`);
    await sleep(50);
  }
}

function plugin(path: string, type: 'always' | 'builtin', args = ''): string {
  const lines = ['active = yes', 'direction = out', `path = ${path}`, `type = ${type}`];
  return [...lines, ...(args === '' ? [] : [`args = ${args}`]), 'format = string', ''].join('\n');
}

async function stopAuditd(): Promise<void> {
  if (daemon === undefined || daemon.exitCode !== null) return;
  const ended = new Promise((resolve) => daemon?.once('exit', resolve));
  daemon.kill('SIGTERM');
  // auditd ignores it until it has started.
  const again = setInterval(() => daemon?.kill('SIGTERM'), 500);
  await ended;
  clearInterval(again);
  daemon = undefined;
}

function digestOf(path: string): string {
  const bytes = segmentBytes(path, 'audit');
  return analyzeSync([{ name: 'audit', bytes }]).summary.digest;
}

function linesOf(bytes: Buffer): string[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line.includes(' key="godo"'));
}

// Before the check that audit is as it was, which runs after what stands here.
useMachine();
afterEach(async () => {
  await stopAuditd();
  if (settings().enabled === 1) auditctl('-e', '0');
});

test('multicast, plugin, socket and log tell the same', async () => {
  needMachine('auditd');
  const socket = place('events');
  const plugged = place('plugged');
  const program = place('plugin');
  writeFileSync(
    program,
    `#!/bin/sh\nexec ${process.execPath} ${BIN} record --from stdin --no-connector -o ${plugged}\n`,
  );
  chmodSync(program, 0o750);
  await startAuditd({
    unix: plugin('builtin_af_unix', 'builtin', `0640 ${socket} string`),
    godo: plugin(program, 'always'),
  });
  const log = join(place('auditd'), 'audit.log');
  const feeds = [
    startGodo('record', '--from', `unix:${socket}`, '--no-connector', '-o', place('unix')),
    startGodo('record', '--follow', log, '--no-connector', '-o', place('follow')),
  ];
  const outcomes = feeds.map((child) => outcomeOf(child));
  await Promise.all(feeds.map((child) => says(child, 'recording to')));
  await appears(join(plugged, 'manifest.json'));

  const { path, outcome, manifest } = await recordCommand('multicast', workload('threads', 20));
  expect(outcome.status, outcome.stderr).toBe(0);
  expect(manifest.audit).toMatchObject({ mode: 'multicast', before: { pid: daemon?.pid } });
  expect(settings().pid).toBe(daemon?.pid);
  const expected = linesOf(segmentBytes(path, 'audit'));
  expect(expected.length).toBeGreaterThan(100);

  // auditd gives out what it has; its log is the slowest.
  while (linesOf(readFileSync(log)).length < expected.length) await sleep(50);
  await sleep(500);
  await stopAuditd();
  // The socket's end ends the other.
  feeds[1].kill('SIGTERM');
  for (const one of await Promise.all(outcomes)) expect(one.status, one.stderr).toBe(0);
  while (manifestOf(plugged).end === undefined) await sleep(50);

  for (const one of [place('unix'), plugged, place('follow')]) {
    expect(linesOf(segmentBytes(one, 'audit')), one).toEqual(expected);
    expect(digestOf(one), one).toBe(digestOf(path));
    expect(lostIn(journalOf(one))).toBe(0);
  }
  // Byte for byte what auditd wrote itself.
  expect(linesOf(readFileSync(log))).toEqual(expected);
});

test('what a full multicast socket drops is told to the last record', async () => {
  needMachine('auditd');
  await startAuditd({});
  const limit = settings().backlog_limit;
  // auditd itself must get all, so that its log can tell.
  auditctl('-b', '60000');
  try {
    const path = place('dropped');
    const command = workload('storm', 1500);
    const child = startGodo('record', '-o', path, '--buffer', '16K', '--', ...command);
    const outcome = outcomeOf(child);
    await appears(join(path, 'audit-000001.log'));
    for (let i = 0; i < 3; i++) {
      child.kill('SIGSTOP');
      await sleep(150);
      child.kill('SIGCONT');
      await sleep(30);
    }
    const { status, stderr } = await outcome;
    expect(status, stderr).toBe(0);
    const lost = lostIn(journalOf(path), 'audit-overflow');
    expect(lost).toBeGreaterThan(0);
    await sleep(1000);
    await stopAuditd();
    // What audit kept from before goes to its daemon alone.
    const { created } = manifestOf(path);
    const log = readFileSync(join(place('auditd'), 'audit.log'), 'latin1')
      .split('\n')
      .filter((line) => Number(/audit\((\d+\.\d+)/.exec(line)?.[1]) * 1000 > created - 500);
    const calls = log.filter((line) => line.startsWith('type=SYSCALL '));
    const others = log.filter((line) => /^type=(?!DAEMON_|$)/.test(line));
    // auditd does not write the EOE of each event.
    const lines = segmentBytes(path, 'audit').toString('latin1').trimEnd().split('\n');
    expect(lines.length + lost).toBe(others.length + calls.length);
  } finally {
    auditctl('-b', String(limit));
  }
});

test('a running daemon keeps audit, unless it is taken', async () => {
  needMachine('auditd');
  await startAuditd({});
  const before = daemon;
  const path = place('taken');
  const { status, stderr } = await runGodo('record', '-o', path, '--take-over', '--', 'true');
  expect(status, stderr).toBe(0);
  expect(stderr).toContain(`ending the audit daemon auditd (pid ${before?.pid})`);
  expect(manifestOf(path).audit.mode).toBe('unicast');
  expect(segmentBytes(path, 'audit').toString()).toContain('type=EXECVE');
});

test('a daemon that does not hear at first is asked again', async () => {
  needMachine();
  await startDaemon(process.execPath, DEAF_DAEMON);
  const { status, stderr } = await runGodo('record', '-o', place('asked'), '--take-over', 'true');
  expect(status, stderr).toBe(0);
  expect(manifestOf(place('asked')).audit.mode).toBe('unicast');
});

test('a log is followed through its rotation, and cut back', async () => {
  needMachine();
  const log = place('own.log');
  const line = (n: number): string => `type=SYSCALL msg=audit(1700000000.00${n}:${n}): pid=${n}\n`;
  writeFileSync(log, line(0));
  const path = place('followed');
  const child = startGodo('record', '--follow', log, '--no-connector', '-o', path);
  const outcome = outcomeOf(child);
  await says(child, 'recording to');
  const written = (): string =>
    existsSync(join(path, 'audit-000001.log')) ? segmentBytes(path, 'audit').toString() : '';
  const add = async (n: number): Promise<void> => {
    writeFileSync(log, line(n), { flag: 'a' });
    while (!written().includes(line(n))) await sleep(20);
  };
  await add(1);
  renameSync(log, `${log}.1`);
  await add(2);
  writeFileSync(log, '');
  await sleep(500);
  await add(3);
  child.kill('SIGTERM');
  expect((await outcome).status).toBe(0);
  // What stood there before is not followed.
  expect(written()).toBe(line(1) + line(2) + line(3));
});

test('standard input, without any rights', () => {
  needMachine('setpriv');
  const log = readFileSync(join(import.meta.dirname, '../../fixtures/traces/build.log.gz'));
  chmodSync(place('.'), 0o711);
  const folder = place('open');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const trace = join(folder, 'trace');
  const godo = [process.execPath, BIN, 'record', '--from', 'stdin', '-o', trace];
  const run = [...AS_NOBODY.slice(1), 'sh', '-c', 'zcat | "$@"', 'sh', ...godo];
  execFileSync(AS_NOBODY[0], run, { input: log, stdio: ['pipe', 'ignore', 'ignore'] });
  expect(manifestOf(trace).end?.reason).toBe('input-ended');
  const all = execFileSync('zcat', { input: log });
  expect(segmentBytes(trace, 'audit').equals(all)).toBe(true);
});
