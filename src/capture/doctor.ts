/** Whether this machine can record, what is missing, and putting right what a crash has left. */
import { cpus } from 'node:os';
import type { AuditStatus } from '../model/trace.ts';
import { Audit } from './audit.ts';
import { CN_IDX_PROC } from './connector.ts';
import { auditTrouble, connectorTrouble } from './errors.ts';
import { close, netlinkSocket, SystemError } from './libc.ts';
import { NETLINK_CONNECTOR } from './netlink.ts';
import { commOf, readText, startOf } from './proc.ts';
import { godoRules, isGodoRule, ruleText, silencesTasks } from './rules.ts';
import { isRunning, readState, type RecorderState, removeRules, restore } from './state.ts';

/** `bad` keeps godo from recording; `warning` makes recordings worse; `left` is to be put right. */
export type Health = 'fine' | 'warning' | 'bad' | 'left';

export interface Finding {
  readonly health: Health;
  readonly what: string;
  /** How to put it right. */
  readonly remedy?: string;
}

/** How long a recorder that was killed may take to be gone. */
const DYING_MS = 5000;
const DYING_STEP_MS = 50;

/** Looks at this machine and changes nothing. */
export function examine(): Finding[] {
  return withAudit((audit) => [
    ...machine(),
    ...status(audit.status()),
    ...rules(audit),
    ...loginuid(audit),
    ...leftovers(audit),
    ...connector(),
  ]);
}

/** Puts right what a recorder that is no more has left behind; what was done. */
export async function putRight(): Promise<Finding[]> {
  const state = readState();
  if (state !== undefined) await gone(state);
  return withAudit((audit) => {
    if (state !== undefined && isRunning(state)) {
      return [{ health: 'fine', what: `godo is recording (pid ${state.pid}): nothing is touched` }];
    }
    if (state !== undefined) {
      restore(audit, state);
      return [{ health: 'fine', what: `audit is as it was before godo (pid ${state.pid}) died` }];
    }
    const removed = removeRules(audit);
    return [
      { health: 'fine', what: removed === 0 ? 'nothing was left' : `${removed} rules removed` },
    ];
  });
}

/** A recorder that is being killed is still there for a moment. */
async function gone(state: RecorderState): Promise<void> {
  for (let waited = 0; isRunning(state) && waited < DYING_MS; waited += DYING_STEP_MS) {
    await new Promise((resolve) => {
      setTimeout(resolve, DYING_STEP_MS);
    });
  }
}

function withAudit(look: (audit: Audit) => Finding[]): Finding[] {
  let audit: Audit | undefined;
  try {
    audit = new Audit();
    return look(audit);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return [{ health: 'bad', what: auditTrouble(error) }];
  } finally {
    audit?.close();
  }
}

function machine(): Finding[] {
  const found: Finding[] = [];
  if (godoRules('processes', { notPid: 1 }, process.arch).length === 0) {
    found.push({
      health: 'bad',
      what: `the system calls of ${process.arch} are not known to godo`,
    });
  }
  const kernel = readText('/proc/sys/kernel/osrelease')?.trim() ?? '?';
  found.push({
    health: 'fine',
    what: `Linux ${kernel}, ${process.arch}, ${cpus().length} processors`,
  });
  return found;
}

function status({
  enabled,
  pid,
  failure,
  lost,
  rate_limit,
  backlog_limit,
}: AuditStatus): Finding[] {
  const found: Finding[] = [];
  if (enabled === 2) {
    found.push({
      health: 'bad',
      what: 'audit is locked until the next boot (enabled 2)',
      remedy: 'record what auditd gets: --from unix:/run/audispd_events, or --follow its log',
    });
  } else {
    found.push({
      health: 'fine',
      what: `audit is ${enabled === 1 ? 'on' : 'off; godo turns it on'}`,
    });
  }
  if (pid === 0) {
    found.push({ health: 'fine', what: 'no audit daemon: godo will be it while it records' });
  } else if (startOf(pid) === undefined) {
    found.push({
      health: 'fine',
      what: `the audit daemon (pid ${pid}) is dead: godo will replace it`,
    });
  } else {
    const who = `${commOf(pid) ?? '?'} (pid ${pid})`;
    found.push({ health: 'fine', what: `${who} owns audit: godo will listen beside it` });
    if (rate_limit > 0) {
      found.push({
        health: 'warning',
        what: `audit drops records above ${rate_limit} a second`,
        remedy: 'auditctl -r 0',
      });
    }
    if (backlog_limit < 8192) {
      found.push({
        health: 'warning',
        what: `audit keeps no more than ${backlog_limit} records`,
        remedy: 'auditctl -b 8192',
      });
    }
  }
  if (failure === 2) {
    found.push({
      health: 'warning',
      what: 'the machine stops at the first lost audit record (failure 2)',
      remedy: 'auditctl -f 1',
    });
  }
  if (lost > 0) found.push({ health: 'fine', what: `audit has lost ${lost} records since boot` });
  return found;
}

function rules(audit: Audit): Finding[] {
  const all = audit.rules();
  const others = all.filter((rule) => !isGodoRule(rule));
  const found: Finding[] = [{ health: 'fine', what: `${others.length} rules of others` }];
  for (const rule of others.filter(silencesTasks)) {
    found.push({
      health: 'bad',
      what: 'a rule keeps new processes out of audit',
      remedy: `auditctl ${ruleText(rule).replace('-a', '-d')}`,
    });
  }
  if (!/\baudit=1\b/.test(readText('/proc/cmdline') ?? '')) {
    found.push({
      health: 'fine',
      what: 'processes older than the first use of audit since boot leave no records',
      remedy: 'boot with audit=1 to have them, too',
    });
  }
  return found;
}

function loginuid(audit: Audit): Finding[] {
  if (!audit.features().loginuidImmutable) return [];
  return [
    {
      health: 'warning',
      what: 'audit sessions cannot be changed (loginuid_immutable): no recording of one command',
    },
  ];
}

function leftovers(audit: Audit): Finding[] {
  const state = readState();
  const running = state !== undefined && isRunning(state);
  const left = audit.rules().filter(isGodoRule).length;
  if (running) return [{ health: 'fine', what: `godo is recording now (pid ${state.pid})` }];
  if (state === undefined && left === 0) return [];
  return [
    {
      health: 'left',
      what: `a recording that was killed has left ${left} rules and its settings`,
      remedy: 'godo doctor --fix',
    },
  ];
}

function connector(): Finding[] {
  try {
    close(netlinkSocket(NETLINK_CONNECTOR, CN_IDX_PROC));
    return [{ health: 'fine', what: 'the process connector works' }];
  } catch (error) {
    return [
      {
        health: 'warning',
        what: `${connectorTrouble(error)}: exits without a record stay unknown`,
        remedy: 'record with --no-connector',
      },
    ];
  }
}
