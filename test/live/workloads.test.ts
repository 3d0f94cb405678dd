/**
 * Workloads recorded on this kernel: what the analysis makes of the audit records is what
 * the process connector, the other witness, says; nothing more and nothing less.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  lostIn,
  needMachine,
  place,
  recordCommand,
  type Recorded,
  runGodo,
  scoreTrace,
  script,
  segmentBytes,
  useMachine,
  type Witnesses,
  workload,
} from './machine.ts';

useMachine();

function expectWhole({ outcome, manifest, journal }: Recorded): void {
  expect(outcome.status, outcome.stderr).toBe(0);
  expect(manifest.end?.reason).toBe('command-ended');
  expect(lostIn(journal)).toBe(0);
}

/** `least`: processes that it must have had. */
async function expectTrue(recorded: Recorded, least: number): Promise<void> {
  expectWhole(recorded);
  await expectAll(recorded, 'audit alone', least);
  await expectAll(recorded, 'both', least);
}

async function expectAll(recorded: Recorded, witnesses: Witnesses, least: number): Promise<void> {
  const { score, phantoms, wrong, questions } = await scoreTrace(recorded, witnesses);
  expect(questions.found.of).toBeGreaterThanOrEqual(least);
  expect({ witnesses, score, phantoms, wrong }).toEqual({
    witnesses,
    score: 100,
    phantoms: 0,
    wrong: [],
  });
}

describe.each([
  ['threads', 24],
  ['vforks', 40],
  ['daemons', 40],
  ['arguments', 5],
  ['chain', 60],
  ['reuse', 400],
  ['storm', 800],
] as const)('%s', (mode, count) => {
  test('as the connector saw it', async () => {
    needMachine();
    await expectTrue(await recordCommand(mode, workload(mode, count)), count);
  });
});

test('a kill storm: everything but which of two signals came first', async () => {
  needMachine();
  const recorded = await recordCommand('kills', workload('kills', 20));
  expectWhole(recorded);
  await expectAll(recorded, 'both', 140);
  const { phantoms, wrong, questions } = await scoreTrace(recorded, 'audit alone');
  expect(phantoms).toBe(0);
  expect(wrong.filter((note) => !note.startsWith('signal:'))).toEqual([]);
  // Each was sent two; audit says which were sent, and not which one it died of.
  expect(questions.signal.of).toBe(140);
  expect(questions.signal.right).toBeGreaterThan(70);
});

test('a parallel build', async () => {
  needMachine('make');
  const folder = place('project');
  mkdirSync(folder);
  await expectTrue(await recordCommand('build', script('build.sh', folder)), 40);
});

test('pid namespaces', async () => {
  needMachine();
  await expectTrue(await recordCommand('namespaces', script('namespaces.sh', place('.'))), 20);
});

test('a container made of unshare and chroot', async () => {
  needMachine('chroot', 'mount');
  const root = place('root');
  mkdirSync(root);
  await expectTrue(await recordCommand('container', script('container.sh', place('.'), root)), 20);
});

const PID_MAX = '/proc/sys/kernel/pid_max';

test('pids that come round again', async () => {
  needMachine();
  const before = readFileSync(PID_MAX, 'utf8');
  let recorded: Recorded;
  try {
    // Few enough to come round, and more than this machine has processes.
    writeFileSync(PID_MAX, '1500');
    recorded = await recordCommand('round', workload('reuse', 3000));
  } finally {
    writeFileSync(PID_MAX, before);
  }
  await expectTrue(recorded, 3000);
  const born = segmentBytes(recorded.path, 'connector')
    .toString()
    .matchAll(/"fork".*"tgid":(\d+)/g);
  const pids = [...born].map(([, pid]) => pid);
  expect(new Set(pids).size).toBeLessThan(pids.length);
});

test('a storm of 20,000 processes at default settings, and nothing is lost', async () => {
  needMachine();
  const recorded = await recordCommand('big', workload('storm', 20_000));
  expectWhole(recorded);
  expect(recorded.peak).toBeGreaterThan(0);
  expect(recorded.peak).toBeLessThan(150e6);
  const forks = segmentBytes(recorded.path, 'connector')
    .toString()
    .match(/"ev":"fork"/g);
  expect(forks?.length).toBeGreaterThanOrEqual(20_000);
  await expectAll(recorded, 'both', 20_000);
  const { questions, phantoms } = await scoreTrace(recorded, 'audit alone');
  expect(questions.found.right).toBe(questions.found.of);
  expect(phantoms).toBe(0);
  const { status, stdout } = await runGodo('info', '--verify', recorded.path);
  expect(status, stdout).toBe(0);
  expect(stdout).toContain('all segments are as they were written');
}, 300_000);
