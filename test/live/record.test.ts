/** `godo record` on this kernel: what it writes, how it ends, and that it cleans up. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  appears,
  AS_NOBODY,
  auditctl,
  documentsOf,
  journalOf,
  lostIn,
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

useMachine();

const NOBODY = '65534';

/** Nothing but this call of a rare kind is recorded, so the whole machine is left in peace. */
const RARE = ['--syscalls', 'acct', '--no-connector'];

test('a trace holds the command and nothing else, for its owner alone', async () => {
  needMachine('ausearch');
  const { path, outcome, manifest } = await recordCommand('plain', ['sh', '-c', 'true; exit 3']);
  expect(outcome.status, outcome.stderr).toBe(3);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(path)) {
    expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600);
  }
  expect(manifest).toMatchObject({ audit: { mode: 'unicast' }, end: { reason: 'command-ended' } });
  expect(manifest.processes.map(({ pid }) => pid)).toContain(process.pid);
  const lines = segmentBytes(path, 'audit').toString().trimEnd().split('\n');
  const calls = lines.filter((line) => line.startsWith('type=SYSCALL '));
  expect(calls.length).toBeGreaterThan(3);
  for (const call of calls) {
    expect(call).toContain(` ses=${manifest.session} `);
    expect(call).not.toContain(` pid=${manifest.recorder} `);
  }
  const file = join(path, 'audit-000001.log');
  const found = execFileSync('ausearch', ['-if', file, '--raw'], { encoding: 'utf8' });
  expect(found.trimEnd().split('\n').length).toBe(lines.length);
  const documents = await documentsOf(path, 'both');
  const command = documents.find(({ pid }) => pid === manifest.root);
  expect(command).toMatchObject({ args: ['sh', '-c', 'true; exit 3'], exit_code: 3 });
});

test('analyze and info read a trace', async () => {
  needMachine();
  const { path, manifest } = await recordCommand('read', ['sh', '-c', 'echo hello | cat']);
  const tree = await runGodo('analyze', path);
  expect(tree.status, tree.stderr).toBe(0);
  expect(tree.stdout).toContain(`sh -c 'echo hello | cat'`);
  expect(tree.stdout).toMatch(new RegExp(`^${manifest.root} `, 'm'));
  const info = await runGodo('info', '--verify', path);
  expect(info.status, info.stdout).toBe(0);
  expect(info.stdout).toContain('losses     none');
  // A byte that differs is found.
  execFileSync('sed', ['-i', '1s/syscall=59/syscall=58/', join(path, 'audit-000001.log')]);
  const changed = await runGodo('info', '--verify', path);
  expect(changed.status).toBe(1);
  expect(changed.stdout).toContain('sha256 is');
});

describe('the exit status is that of the command', () => {
  test.each([
    [['false'], 1],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['/nonexistent/program'], 127],
    [['/etc/passwd'], 126],
  ] as const)('%j', async (command, status) => {
    needMachine();
    const name = `status-${status}`;
    const { outcome } = await recordCommand(name, command);
    expect(outcome.status, outcome.stderr).toBe(status);
  });
});

test('segments are cut, compressed, and read as one', async () => {
  needMachine();
  // A disk may be slow, and compression ends with the command: so the command waits for it.
  const compressed = `ls ${place('cut')} | grep -q '^audit-.*gz$'`;
  const waiting = `"$@"; for try in $(seq 300); do ${compressed} && exit; sleep 0.1; done; exit 9`;
  const { path, outcome } = await recordCommand(
    'cut',
    ['sh', '-c', waiting, 'sh', ...workload('storm', 1500)],
    '--segment-size',
    '100K',
  );
  expect(outcome.status, outcome.stderr).toBe(0);
  const names = readdirSync(path).filter((name) => name.startsWith('audit-'));
  expect(names.length).toBeGreaterThan(5);
  expect(names.some((name) => name.endsWith('.gz'))).toBe(true);
  const info = await runGodo('info', '--verify', '--format', 'json', path);
  expect(info.status, info.stdout).toBe(0);
  const { sources } = JSON.parse(info.stdout) as {
    sources: Record<'audit' | 'connector', { records: number }>;
  };
  const analysis = await runGodo('analyze', path, '--summary', 'json', '-f', 'ndjson');
  const { account } = JSON.parse(analysis.stderr) as { account: { records: number } };
  expect(account.records).toBe(sources.audit.records + sources.connector.records);
});

test('a trace can be read while it is being written', async () => {
  needMachine();
  const path = place('live');
  const command = workload('storm', 6000);
  const child = startGodo('record', '-o', path, '--segment-size', '150K', '--', ...command);
  const outcome = outcomeOf(child);
  await appears(join(path, 'audit-000002.log'));
  let reads = 0;
  while (child.exitCode === null) {
    const [info, analysis] = await Promise.all([
      runGodo('info', '--verify', path),
      runGodo('analyze', path, '--depth', '1', '-q'),
    ]);
    expect(info.status, info.stdout + info.stderr).toBe(0);
    expect(analysis.stderr).not.toMatch(/ENOENT|no such file/);
    reads++;
  }
  expect(reads).toBeGreaterThan(0);
  expect((await outcome).status).toBe(0);
});

describe('the whole machine, until', () => {
  test('a time', async () => {
    needMachine();
    const path = place('time');
    const { status, stderr } = await runGodo('record', '-o', path, ...RARE, '--duration', '300ms');
    expect(status, stderr).toBe(0);
    expect(manifestOf(path).end?.reason).toBe('duration');
  });

  test('a signal', async () => {
    needMachine();
    const path = place('signal');
    const child = startGodo('record', '-o', path, ...RARE);
    const outcome = outcomeOf(child);
    // Before, a signal would end it as any program.
    await says(child, 'recording to');
    child.kill('SIGINT');
    expect((await outcome).status).toBe(0);
    expect(manifestOf(path).end).toMatchObject({ reason: 'signal', detail: 'SIGINT' });
  });

  test('a size, after which the command goes on', async () => {
    needMachine();
    const command = [...workload('storm', 800), '&&', 'sleep', '0.5', '&&', 'exit', '4'].join(' ');
    const { outcome, manifest } = await recordCommand(
      'size',
      ['sh', '-c', command],
      '--max-size',
      '50K',
    );
    expect(outcome.status, outcome.stderr).toBe(4);
    expect(manifest.end?.reason).toBe('size');
  });
});

test('as another user, once the sockets are open', async () => {
  needMachine();
  // Whoever is to write there must come there.
  chmodSync(place('.'), 0o711);
  const { path, outcome, manifest } = await recordCommand(
    'user',
    ['sh', '-c', 'id -u; grep CapPrm /proc/self/status'],
    '--user',
    'nobody',
  );

  expect(outcome.status, outcome.stderr).toBe(0);
  expect(outcome.stdout).toBe(`${NOBODY}\nCapPrm:\t0000000000000000\n`);
  expect(statSync(path).uid).toBe(Number(NOBODY));
  expect(manifest.end?.reason).toBe('command-ended');
});

test('without root, one line says what is missing', () => {
  needMachine('setpriv');
  const bin = join(import.meta.dirname, '../../bin/godo.js');
  for (const args of [['record', '-o', '/tmp/godo-none', '--', 'true'], ['doctor']]) {
    const run = ['sh', '-c', '"$@" 2>&1; echo $?', 'sh', process.execPath, bin, ...args];
    const out = execFileSync(AS_NOBODY[0], [...AS_NOBODY.slice(1), ...run], { encoding: 'utf8' });
    expect(out).toMatch(/^(godo: |✗ )recording needs root \(CAP_AUDIT_CONTROL\): use sudo\n4\n$/);
  }
});

test('a loss that is forced is told in full', async () => {
  needMachine();
  const before = settings().lost;
  const path = place('forced');
  const tiny = ['--backlog', '16', '--backlog-wait', '1ms', '--buffer', '8K'];
  const child = startGodo('record', '-o', path, ...tiny, '--', ...workload('storm', 3000));
  const outcome = outcomeOf(child);
  await appears(join(path, 'audit-000001.log'));
  for (let i = 0; i < 3; i++) {
    child.kill('SIGSTOP');
    await sleep(300);
    child.kill('SIGCONT');
    await sleep(50);
  }
  const { status, stderr } = await outcome;
  expect(status, stderr).toBe(0);
  const lost = settings().lost - before;
  expect(lost).toBeGreaterThan(0);
  expect(lostIn(journalOf(path), 'kernel-lost')).toBe(lost);
  const forks =
    segmentBytes(path, 'connector')
      .toString()
      .match(/"ev":"fork"/g)?.length ?? 0;
  expect(forks).toBeLessThan(3000);
  expect(lostIn(journalOf(path), 'connector-overflow')).toBeGreaterThan(0);
  const info = await runGodo('info', path);
  expect(info.stdout).toContain(`kernel-lost ${lost}`);
});

test('a full disk ends it cleanly', async () => {
  needMachine('mount', 'umount');
  const disk = place('disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  try {
    const { path, outcome, manifest, journal } = await recordCommand('disk/trace', [
      'sh',
      '-c',
      `${workload('storm', 4000).join(' ')}; sleep 0.5`,
    ]);
    expect(outcome.status, outcome.stderr).toBe(5);
    expect(manifest.end?.reason).toBe('disk-full');
    expect(lostIn(journal, 'write-failed')).toBeGreaterThan(0);
    const info = await runGodo('info', '--verify', path);
    expect(info.status, info.stdout).toBe(0);
    expect(segmentBytes(path, 'audit').at(-1)).toBe(10);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a folder that is gone ends it', async () => {
  needMachine();
  const path = place('gone');
  const child = startGodo('record', '-o', path, ...RARE);
  const outcome = outcomeOf(child);
  await says(child, 'recording to');
  rmSync(path, { recursive: true });
  const { status, stderr } = await outcome;
  expect(status, stderr).toBe(5);
  expect(stderr).toContain('folder-gone');
});

/** All 30 where it counts; each takes a second or two. */
const KILLS = process.env.CI === 'true' ? 30 : 6;

test(`killed at ${KILLS} moments`, async () => {
  needMachine();
  const before = settings();
  for (let i = 0; i < KILLS; i++) {
    const path = place(`killed-${i}`);
    const child = startGodo(
      'record',
      '-o',
      path,
      '--segment-size',
      '200K',
      '--',
      ...workload('storm', 2500),
    );
    const outcome = outcomeOf(child);
    // From before it has begun to after it has ended.
    await sleep(100 + ((i * 797) % 1000));
    child.kill('SIGKILL');
    await outcome;
    const fixed = await runGodo('doctor', '--fix');
    expect(fixed.status, fixed.stdout).toBe(0);
    expect(auditctl('-l')).toBe('No rules');
    const { enabled, pid, backlog_limit, failure, rate_limit } = settings();
    expect({ enabled, pid, backlog_limit, failure, rate_limit }).toEqual({
      enabled: before.enabled,
      pid: before.pid,
      backlog_limit: before.backlog_limit,
      failure: before.failure,
      rate_limit: before.rate_limit,
    });
    if (!existsSync(join(path, 'manifest.json'))) continue;
    const info = await runGodo('info', '--verify', path);
    expect(info.status, info.stdout).toBe(0);
    expect(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'))).toHaveProperty('host');
  }
}, 300_000);

test('two cannot record at once', async () => {
  needMachine();
  const child = startGodo('record', '-o', place('one'), ...RARE);
  const outcome = outcomeOf(child);
  await says(child, 'recording to');
  const other = await runGodo('record', '-o', place('other'), ...RARE);
  expect(other.status).toBe(4);
  expect(other.stderr).toMatch(/^godo: godo is recording already \(pid \d+\)\n$/);
  expect(existsSync(place('other'))).toBe(false);
  const doctor = await runGodo('doctor', '--fix');
  expect(doctor.stdout).toContain('nothing is touched');
  expect(auditctl('-l')).toContain('key=godo');
  child.kill('SIGTERM');
  expect((await outcome).status).toBe(0);
});
