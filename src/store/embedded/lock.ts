/**
 * One writer at a time: a lock file that says who has it.
 *
 * A writer that was killed leaves its lock behind. It is known by its pid together with the
 * time at which it started: a pid alone may long be somebody else's.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../base/errors.ts';
import { StoreError } from '../store.ts';
import { fileError } from './folder.ts';

const LOCK = 'godo.lock';
/** Held for moments, while a dead writer's lock is taken away. */
const GUARD = 'godo.lock.guard';
const GUARD_AGE = 10_000;
const PERIOD = 50;

interface Holder {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** In the kernel's ticks since boot. */
  readonly started: string;
  readonly token: string;
}

/**
 * Takes the lock, and waits for another writer no longer than `patience` milliseconds. Gives the
 * function that returns it. Throws StoreError.
 */
export async function lock(path: string, patience: number): Promise<() => void> {
  const token = randomUUID();
  const text = JSON.stringify({
    ...here(),
    pid: process.pid,
    started: startOf(process.pid),
    token,
  });
  const file = join(path, LOCK);
  const deadline = performance.now() + patience;
  for (;;) {
    if (take(path, file, text, token)) return () => unlock(file, token);
    const holder = holderOf(file);
    if (holder !== undefined && isGone(holder)) takeAway(path, file);
    else if (performance.now() > deadline) throw inUse(path, holder);
    else await sleep(PERIOD);
  }
}

/** The lock appears with all that is in it: a writer may be killed between any two steps. */
function take(path: string, file: string, text: string, token: string): boolean {
  const own = `${file}.${token}.tmp`;
  try {
    writeFileSync(own, text);
    linkSync(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw fileError(path, error);
  } finally {
    rmSync(own, { force: true });
  }
}

function unlock(file: string, token: string): void {
  if (holderOf(file)?.token === token) rmSync(file, { force: true });
}

function here(): Pick<Holder, 'host' | 'boot'> {
  return { host: hostname(), boot: read('/proc/sys/kernel/random/boot_id') };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

/** Field 22 of the kernel's account, after the name, which may hold anything; '' if there is none. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Undefined when the file is not there any more. */
function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(read(file)) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether it certainly does not run any more. Of another machine nothing is certain. */
function isGone(holder: Holder): boolean {
  const { host, boot } = here();
  if (holder.host !== host) return false;
  if (holder.boot !== boot) return true;
  if (boot !== '') return startOf(holder.pid) !== holder.started;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Two may see the same dead writer: the second must not take away the first one's new lock. */
function takeAway(path: string, file: string): void {
  const guard = join(path, GUARD);
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw fileError(path, error);
    dropOldGuard(guard);
    return;
  }
  try {
    const holder = holderOf(file);
    if (holder !== undefined && isGone(holder)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** A guard that old is one of a process killed while it had it. */
function dropOldGuard(guard: string): void {
  try {
    if (Date.now() - statSync(guard).mtimeMs > GUARD_AGE) rmSync(guard, { force: true });
  } catch {
    // It is gone already.
  }
}

function inUse(path: string, holder: Holder | undefined): StoreError {
  const who = holder === undefined ? 'somebody' : `process ${holder.pid} on ${holder.host}`;
  return new StoreError(
    `${path}: ${who} is writing to this store; if that cannot be, remove ${join(path, LOCK)}`,
  );
}
