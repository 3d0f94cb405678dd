import { expect, test } from 'vitest';
import type { Fault } from '../../../src/model/fault.ts';
import type { Summary } from '../../../src/model/summary.ts';
import { summaryJson, summaryText } from '../../../src/report/summary.ts';
import { T0 } from './documents.ts';

const SUMMARY: Summary = {
  bytes: 1000,
  account: { records: 20, attached: 12, ignored: { daemon: 3, eoe: 2 }, rejected: 3 },
  events: 9,
  processes: 4,
  threads: 6,
  first_timestamp: T0,
  last_timestamp: T0 + 61_000,
  hosts: ['', 'web\u001b1'],
  boots: 2,
  record_types: { EOE: 2, SYSCALL: 18 },
  // Not in the order of FAULT_KINDS, in which they are shown.
  faults: { 'clock-step': 1, 'not-audit': 5 },
  digest: 'abc',
};

function notAudit(offset: number): Fault {
  const reason = 'no type= or msg=';
  return { kind: 'not-audit', severity: 'error', stage: 'record', reason, input: 'a.log', offset };
}

const FAULTS: Fault[] = [
  ...[0, 10, 20, 30, 40].map(notAudit),
  { kind: 'clock-step', severity: 'warning', stage: 'order', reason: 'by 5 ms', event: '1.000:7' },
];

test('the text form', () => {
  expect(summaryText({ summary: SUMMARY, faults: FAULTS })).toEqual([
    'records    20 in = 12 attached + 5 ignored (daemon 3, eoe 2) + 3 rejected',
    'events     9',
    'processes  4',
    'threads    6',
    'span       2026-11-23T05:12:10.382Z to 2026-11-23T05:13:11.382Z (1m01s)',
    'hosts      2 (one without a name, web\\x1b1), 2 boots',
    'faults     5 not-audit (error), 1 clock-step (warning)',
    '  not-audit: a.log, byte 0: no type= or msg=',
    '  not-audit: a.log, byte 10: no type= or msg=',
    '  not-audit: a.log, byte 20: no type= or msg=',
    '  not-audit: … and 2 more',
    '  clock-step: event 1.000:7: by 5 ms',
    'digest     abc',
  ]);
});

test('the text form of nothing', () => {
  const { first_timestamp: _, last_timestamp: __, ...rest } = SUMMARY;
  const account = { records: 0, attached: 0, ignored: {}, rejected: 0 };
  const summary = { ...rest, account, hosts: [], boots: 0, faults: {} };
  const lines = summaryText({ summary, faults: [] });
  expect(lines[0]).toBe('records    0 in = 0 attached + 0 ignored + 0 rejected');
  expect(lines).toContain('span       no events');
  expect(lines).toContain('hosts      0, 0 boots');
  expect(lines).toContain('faults     none');
});

test('standard input is named in words', () => {
  const fault = { ...notAudit(3), input: '-' };
  const lines = summaryText({ summary: SUMMARY, faults: [fault] });
  expect(lines).toContain('  not-audit: standard input, byte 3: no type= or msg=');
});

test('the JSON form is one line with everything in it', () => {
  const line = summaryJson({ summary: SUMMARY, faults: FAULTS });
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    ...SUMMARY,
    first_timestamp: '2026-11-23T05:12:10.382Z',
    last_timestamp: '2026-11-23T05:13:11.382Z',
    first_faults: FAULTS,
  });
});
