/**
 * What the live tests have in common: one recording at a time on the whole machine, of
 * processes that the test starts itself, and audit left as it was found.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ProcessDocument } from '../../src/model/process.ts';
import type { AuditStatus, JournalEntry, Manifest } from '../../src/model/trace.ts';
import { analyze, openInputs } from '../../src/index.ts';
import { build, type Outcome } from '../cli/godo.ts';
import { ownFolder } from '../support/folder.ts';
import { scoreOf } from '../support/score.ts';
import { skipLoudly } from '../support/skip.ts';

const BIN = join(import.meta.dirname, '../../bin/godo.js');
const WORKLOADS = join(import.meta.dirname, 'workloads');
/** Whoever holds it may use audit; test files run at the same time, in several checkouts. */
const LOCK = join(tmpdir(), 'godo-live.lock');
/** Nothing of the surroundings may change what a workload does. */
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

let folder = '';
let trouble: string | undefined;
let locked = false;

/** Prepares the tests of a file, and checks after each that audit is as it was. */
export function useMachine(): void {
  folder = ownFolder();
  beforeAll(async () => {
    build();
    trouble = whyNot();
    if (trouble !== undefined) return;
    await lock();
    compile();
  }, 600_000);

  afterEach(async () => {
    if (trouble !== undefined) return;
    // What a test that failed has left running.
    for (const child of started) {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    const [status, rules] = [settings(), auditctl('-l')];
    // Before the complaint, so that one failure does not make the next.
    if (rules !== 'No rules' || status.enabled !== 0 || status.pid !== 0) setRight();
    expect({ rules, enabled: status.enabled, pid: status.pid }).toEqual({
      rules: 'No rules',
      enabled: 0,
      pid: 0,
    });
  });

  afterAll(() => {
    if (trouble === undefined) unlock();
  });
}

/** Skips the test, loudly, where this machine cannot record. */
export function needMachine(...programs: readonly string[]): void {
  if (trouble !== undefined) skipLoudly(trouble);
  for (const program of programs) if (!has(program)) skipLoudly(`there is no ${program}`);
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: ENV }).status === 0;
}

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'live tests need root';
  for (const program of ['auditctl', 'cc', 'unshare']) {
    if (!has(program)) return `live tests need ${program}`;
  }
  const doctor = spawnSync(process.execPath, [BIN, 'doctor'], { env: ENV, encoding: 'utf8' });
  if (doctor.status !== 0) return `this machine cannot record: ${doctor.stdout.trim()}`;
  const { enabled, pid } = settings();
  if (enabled !== 0 || pid !== 0) return 'audit is in use on this machine';
  return auditctl('-l') === 'No rules' ? undefined : 'audit has rules on this machine';
}

async function lock(): Promise<void> {
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      locked = true;
      return;
    } catch {
      if (!isHeld()) rmSync(LOCK, { force: true });
    }
    await sleep(200);
  }
}

function isHeld(): boolean {
  try {
    return existsSync(`/proc/${Number(readFileSync(LOCK, 'utf8'))}`);
  } catch {
    return false;
  }
}

function unlock(): void {
  // It may be another's, where preparing failed.
  if (locked) rmSync(LOCK, { force: true });
}

function compile(): void {
  const args = ['-O1', '-pthread', '-o', join(folder, 'workload'), join(WORKLOADS, 'workload.c')];
  execFileSync('cc', args, { env: ENV });
}

function setRight(): void {
  auditctl('-D', '-k', 'godo');
  auditctl('-e', '0');
}

/** What auditctl prints for these arguments. */
export function auditctl(...args: readonly string[]): string {
  return execFileSync('auditctl', args, { encoding: 'utf8', env: ENV }).trim();
}

/** Audit's status by auditctl, which is none of godo's. */
export function settings(): AuditStatus {
  const lines = auditctl('-s').split('\n');
  const pairs = lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]);
  return Object.fromEntries(pairs) as AuditStatus;
}

/**
 * What to put before a command for it to run as nobody, who may only read all files: the
 * checkout and Node may lie in a folder of root's.
 */
export const AS_NOBODY: readonly string[] = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
];

/** A path in the folder of this file's tests. */
export function place(name: string): string {
  return join(folder, name);
}

/** The compiled workload in one of its modes. */
export function workload(mode: string, count = 0): string[] {
  return [join(folder, 'workload'), mode, ...(count === 0 ? [] : [String(count)])];
}

/** A script among the workloads; the folder of the compiled one is its first argument. */
export function script(name: string, ...args: readonly string[]): string[] {
  return [join(WORKLOADS, name), ...args];
}

const started = new Set<ChildProcess>();

/** Starts godo in a clean environment. */
export function startGodo(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: ENV,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  started.add(child);
  child.on('exit', () => started.delete(child));
  return child;
}

/** Waits until a program has written that to standard error; to be called before it can. */
export function says(child: ChildProcess, text: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
    });
    child.on('exit', () => reject(new Error(`it did not say '${text}', but: ${said}`)));
  });
}

/** Waits for the end of a program, and what it wrote. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr] = [out, err].map((chunks) => Buffer.concat(chunks).toString());
  return { status, stdout, stderr };
}

/** Runs godo to its end. */
export function runGodo(...args: readonly string[]): Promise<Outcome> {
  const child = startGodo(...args);
  child.stdin?.end();
  return outcomeOf(child);
}

/** A trace that is complete, read by none of godo's own code. */
export interface Recorded {
  readonly path: string;
  readonly outcome: Outcome;
  readonly manifest: Manifest;
  readonly journal: readonly JournalEntry[];
  /** The recorder's peak resident memory in bytes, as seen last. */
  readonly peak: number;
}

/** Records a command into a trace of that name. */
export async function recordCommand(
  name: string,
  command: readonly string[],
  ...options: readonly string[]
): Promise<Recorded> {
  const path = place(name);
  const child = startGodo('record', '-o', path, ...options, '--', ...command);
  child.stdin?.end();
  let peak = 0;
  const timer = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
  }, 20);
  const outcome = await outcomeOf(child).finally(() => clearInterval(timer));
  return { path, outcome, manifest: manifestOf(path), journal: journalOf(path), peak };
}

/** Undefined once it has ended. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return kilobytes === null ? undefined : Number(kilobytes[1]) * 1024;
  } catch {
    return undefined;
  }
}

export function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Manifest;
}

export function journalOf(path: string): JournalEntry[] {
  const lines = readFileSync(join(path, 'journal.ndjson'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as JournalEntry);
}

/** Waits until a file is there. */
export async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(20);
}

/** The bytes of all plain segments of a source, one after the other. */
export function segmentBytes(path: string, source: 'audit' | 'connector'): Buffer {
  const names = readdirSync(path).filter((name) => name.startsWith(`${source}-`));
  return Buffer.concat(names.sort().map((name) => readFileSync(join(path, name))));
}

/** The number of all losses of a trace. */
export function lostIn(journal: readonly JournalEntry[], cause?: string): number {
  let lost = 0;
  for (const entry of journal) {
    if (entry.kind !== 'loss' || (cause !== undefined && entry.cause !== cause)) continue;
    lost += entry.count ?? Number.NaN;
  }
  return lost;
}

/** Whether an analysis has the connector's account, too. */
export type Witnesses = 'audit alone' | 'both';

/** The documents of a trace. */
export async function documentsOf(path: string, witnesses: Witnesses): Promise<ProcessDocument[]> {
  const withoutConnector = witnesses === 'audit alone';
  const { processes } = await analyze(openInputs([path], { onFault: () => {}, withoutConnector }));
  return [...processes];
}

/** The analysis of a trace against the connector's account in it, and the other way round. */
export async function scoreTrace(
  { path, manifest }: Recorded,
  witnesses: Witnesses,
): Promise<ReturnType<typeof scoreOf>> {
  if (manifest.root === undefined) throw new Error('the command was never started');
  const documents = await documentsOf(path, witnesses);
  return scoreOf(segmentBytes(path, 'connector'), documents, manifest.root);
}
