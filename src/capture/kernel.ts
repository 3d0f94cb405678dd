/** The kernel's audit as the source of a recording. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditMode, AuditStatus, Manifest } from '../model/trace.ts';
import { Audit, becomeDaemon, type Settings } from './audit.ts';
import { codeOf, wordsOf } from '../base/errors.ts';
import { auditTrouble, CannotRecord } from './errors.ts';
import { Guard } from './guard.ts';
import { close, netlinkSocket, setReceiveBuffer, SystemError } from './libc.ts';
import { NETLINK_AUDIT } from './netlink.ts';
import { commOf, hostFacts, sessionOf, startOf } from './proc.ts';
import { godoRules, type Profile, ruleText } from './rules.ts';
import {
  isRunning,
  readState,
  type RecorderState,
  removeRules,
  restore,
  settingsBefore,
  STATE_FILE,
  writeState,
} from './state.ts';

/** What of a recording's options concerns audit. */
export interface KernelOptions {
  /** A profile, or names of system calls. */
  readonly calls: Profile | readonly string[];
  /** With a command only its audit session is recorded. */
  readonly command?: readonly string[];
  /** Ends an audit daemon that is running. */
  readonly takeOver: boolean;
  /** Records that the kernel keeps before it makes processes wait. */
  readonly backlog: number;
  /** How long it makes them wait, in ms; the system's own setting where absent. */
  readonly backlogWaitMs?: number;
  /** Bytes of each socket's buffer. */
  readonly socketBytes: number;
}

/** What is needed of the program around. */
export interface KernelSurroundings {
  /** What puts audit back after a crash: a program and its arguments. */
  readonly restoreCommand: readonly string[];
  /** Tells the user something while recording. */
  readonly say: (text: string) => void;
}

const AUDIT_NLGRP_READLOG = 1;
const UNSET = 4294967295;
/** A daemon that was asked to end gets so long. */
const TAKE_OVER_MS = 10_000;
/** It is asked again so often: auditd ignores every signal until it has started. */
const ASK_AGAIN_MS = 1000;
const LOOK_MS = 100;

/** The kernel as the source of audit records, with what was changed there. */
export class Kernel {
  readonly mode: AuditMode;
  readonly fd: number;
  readonly session: number | undefined;
  readonly #audit: Audit;
  readonly #before: AuditStatus;
  readonly #settings: Settings;
  readonly #rules: readonly Buffer[];
  readonly #guard: Guard;
  readonly #state: RecorderState;
  #start: AuditStatus;
  #open = true;

  constructor(
    audit: Audit,
    mode: 'unicast' | 'multicast',
    before: AuditStatus,
    options: KernelOptions,
    around: KernelSurroundings,
  ) {
    this.#audit = audit;
    this.mode = mode;
    this.#before = before;
    this.#start = before;
    this.#settings = mode === 'unicast' ? settingsFor(before, options) : { enabled: 1 };
    this.fd = netlinkSocket(NETLINK_AUDIT, mode === 'multicast' ? AUDIT_NLGRP_READLOG : 0);
    setReceiveBuffer(this.fd, options.socketBytes);
    // Before anything is changed.
    this.#state = writeState(settingsBefore(before, this.#settings));
    this.#guard = new Guard(STATE_FILE, around.restoreCommand);
    try {
      if (options.command !== undefined) this.session = newSession();
      this.#rules = godoRules(options.calls, this.#scope(), process.arch);
    } catch (error) {
      void this.end();
      throw error;
    }
  }

  #scope(): { notPid: number; session?: number } {
    const notPid = process.pid;
    return this.session === undefined ? { notPid } : { notPid, session: this.session };
  }

  /** From here on records come in. Throws CannotRecord. */
  begin(): void {
    const { enabled, ...limits } = this.#settings;
    try {
      this.#audit.set(limits);
      if (this.mode === 'unicast') this.#register();
      for (const rule of this.#rules) this.#audit.addRule(rule);
      this.#audit.set({ enabled: enabled ?? 1 });
      this.#start = this.#audit.status();
    } catch (error) {
      if (error instanceof CannotRecord) throw error;
      throw new CannotRecord(`the kernel refused what recording needs: ${wordsOf(error)}`);
    }
  }

  #register(): void {
    becomeDaemon(this.fd);
    const { pid } = this.#audit.status();
    if (pid !== process.pid) {
      throw new CannotRecord(`another program is the audit daemon already (pid ${pid})`);
    }
  }

  facts(): Manifest['audit'] {
    return {
      mode: this.mode,
      before: this.#before,
      start: this.#start,
      rules: this.#audit.rules().map(ruleText),
    };
  }

  /** Undefined once it is closed. */
  status(): AuditStatus | undefined {
    return this.#open ? this.#audit.status() : undefined;
  }

  /** Nothing more is recorded. */
  stopMaking(): void {
    // Off first: while audit is on, each change of the rules is a record itself.
    this.#audit.set({ enabled: this.#before.enabled });
    removeRules(this.#audit);
  }

  /** Puts everything back. Nobody may read from the socket any more. */
  async end(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      restore(this.#audit, this.#state);
    } catch {
      // The guard tries again when the recorder is gone.
      return;
    } finally {
      this.#audit.close();
      close(this.fd);
    }
    await this.#guard.dismiss();
  }
}

/** What godo sets where it is the daemon. */
function settingsFor(before: AuditStatus, options: KernelOptions): Settings {
  const { backlog, backlogWaitMs } = options;
  return {
    enabled: 1,
    // 0 is silent, 1 tells the kernel log, 2 stops the machine at the first lost record.
    failure: Math.min(before.failure, 1),
    rate_limit: 0,
    backlog_limit: backlog,
    ...(backlogWaitMs === undefined ? {} : { backlog_wait_time: kernelTicks(backlogWaitMs) }),
  };
}

function kernelTicks(ms: number): number {
  return Math.round((ms * 1e6) / hostFacts().tick_ns);
}

/**
 * Puts this process, and so what it starts from now on, into an audit session of its own,
 * under the login user it has, or else root; the session's number.
 */
function newSession(): number {
  try {
    const user = Number(readFileSync('/proc/self/loginuid', 'utf8'));
    writeFileSync('/proc/self/loginuid', String(user === UNSET ? 0 : user));
  } catch (error) {
    throw new CannotRecord(
      `the command cannot get an audit session of its own: ${codeOf(error) ?? wordsOf(error)} on /proc/self/loginuid`,
    );
  }
  const session = sessionOf(process.pid);
  if (session === undefined || session === UNSET) {
    throw new CannotRecord('the kernel gave no audit session to the command');
  }
  return session;
}

/** Looks at who owns audit, and takes it where that is allowed. */
export async function openKernel(
  options: KernelOptions,
  around: KernelSurroundings,
): Promise<Kernel> {
  let audit: Audit | undefined;
  try {
    audit = new Audit();
    let before = audit.status();
    cleanUp(audit);
    before = audit.status();
    if (before.enabled === 2) {
      throw new CannotRecord(
        'audit is locked until the next boot (enabled 2): use --from or --follow',
      );
    }
    if (godoRules(options.calls, { notPid: 1 }, process.arch).length === 0) {
      throw new CannotRecord(`the system calls of this machine are not known: ${process.arch}`);
    }
    if (isAlive(before.pid) && options.takeOver) {
      await takeOver(audit, before.pid, around);
      before = { ...audit.status(), enabled: before.enabled };
    }
    const mode = isAlive(before.pid) ? 'multicast' : 'unicast';
    return new Kernel(audit, mode, before, options, around);
  } catch (error) {
    audit?.close();
    throw error instanceof SystemError ? new CannotRecord(auditTrouble(error)) : error;
  }
}

function isAlive(pid: number): boolean {
  return pid > 0 && startOf(pid) !== undefined;
}

/** Removes what a recorder that crashed has left. Throws CannotRecord while another one runs. */
function cleanUp(audit: Audit): void {
  const state = readState();
  if (state === undefined) return;
  if (isRunning(state)) throw new CannotRecord(`godo is recording already (pid ${state.pid})`);
  restore(audit, state);
}

/** Ends the audit daemon, as its own service would. */
async function takeOver(audit: Audit, pid: number, around: KernelSurroundings): Promise<void> {
  const name = commOf(pid) ?? '?';
  around.say(`ending the audit daemon ${name} (pid ${pid}); start it again after the recording`);
  for (let waited = 0; isAlive(audit.status().pid); waited += LOOK_MS) {
    if (waited >= TAKE_OVER_MS) throw new CannotRecord(`${name} (pid ${pid}) does not end`);
    if (waited % ASK_AGAIN_MS === 0) askToEnd(pid);
    await sleep(LOOK_MS);
  }
}

function askToEnd(pid: number): void {
  if (pid <= 1) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It has ended since it was looked at.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
