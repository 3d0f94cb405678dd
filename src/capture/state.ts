/**
 * What godo has changed of the kernel's audit settings, kept outside of the recorder, so
 * that it can be put back after a crash.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AuditStatus } from '../model/trace.ts';
import { type Audit, becomeDaemon, type Settings } from './audit.ts';
import { removeFile } from './folder.ts';
import { close, netlinkSocket, SystemError } from './libc.ts';
import { NETLINK_AUDIT } from './netlink.ts';
import { bootId, startOf } from './proc.ts';
import { isGodoRule } from './rules.ts';

/** Lost at a reboot, as the settings are. */
export const STATE_FILE = '/run/godo/recorder.json';

/** A recording under way, or what one left behind. */
export interface RecorderState {
  readonly pid: number;
  /** With the pid, this names the process. */
  readonly start_ticks: number;
  readonly boot_id: string;
  /** The settings to put back. */
  readonly settings: Settings;
}

/** The state that a recorder of this boot wrote; undefined without one. */
export function readState(): RecorderState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(STATE_FILE, 'utf8'));
  } catch {
    return undefined;
  }
  return isState(value) && value.boot_id === bootId() ? value : undefined;
}

function isState(value: unknown): value is RecorderState {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value && 'start_ticks' in value && 'settings' in value)) return false;
  const { pid, start_ticks, settings } = value;
  return (
    typeof pid === 'number' &&
    typeof start_ticks === 'number' &&
    typeof settings === 'object' &&
    settings !== null &&
    Object.values(settings).every((setting) => typeof setting === 'number')
  );
}

/** Writes down what to put back; it is given back, too. */
export function writeState(settings: Settings): RecorderState {
  const state: RecorderState = {
    pid: process.pid,
    start_ticks: startOf(process.pid) ?? 0,
    boot_id: bootId(),
    settings,
  };
  mkdirSync(dirname(STATE_FILE), { recursive: true, mode: 0o700 });
  writeFileSync(STATE_FILE, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  return state;
}

/** Whether the recorder that wrote the state is still running. */
export function isRunning(state: RecorderState): boolean {
  return startOf(state.pid) === state.start_ticks;
}

/** The settings that differ from the ones before, with their old values. */
export function settingsBefore(before: AuditStatus, changed: Settings): Settings {
  return Object.fromEntries(
    Object.keys(changed).map((name) => [name, before[name as keyof AuditStatus]]),
  );
}

/** Removes all of godo's rules; the count of them. Throws SystemError. */
export function removeRules(audit: Audit): number {
  const ours = audit.rules().filter(isGodoRule);
  for (const rule of ours) deleteRule(audit, rule);
  return ours.length;
}

/** A rule that another clean-up has removed is no error. */
function deleteRule(audit: Audit, rule: Buffer): void {
  try {
    audit.deleteRule(rule);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'ENOENT')) throw error;
  }
}

/** Puts everything back as it was. Throws SystemError. */
export function restore(audit: Audit, state: RecorderState): void {
  removeRules(audit);
  audit.set(state.settings);
  releaseDaemon(audit, state.pid);
  removeFile(STATE_FILE);
}

/** The kernel forgets an audit daemon that is the recorder. */
function releaseDaemon(audit: Audit, recorder: number): void {
  if (audit.status().pid !== recorder) return;
  if (recorder !== process.pid) {
    // Only the daemon itself may resign; one that is dead can be replaced.
    const fd = netlinkSocket(NETLINK_AUDIT);
    becomeDaemon(fd);
    close(fd);
  }
  if (audit.status().pid === process.pid) audit.set({ pid: 0 });
}
