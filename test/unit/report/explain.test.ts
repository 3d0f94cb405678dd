import { expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { renderExplanation } from '../../../src/report/explain.ts';
import { documentOf, execOf, failedExecOf, idOf, lifeOf, T0 } from './documents.ts';

function explain(processes: readonly ProcessDocument[], pid: number): string[] {
  return [...renderExplanation(processes, pid)];
}

test('a pid that is not in the log has no explanation', () => {
  expect(explain([lifeOf(1, 0, 1)], 2)).toEqual([]);
});

test('a life with all there can be', () => {
  const p = lifeOf(7, 0, 1500, {
    node: 'web1',
    ppid: 3,
    parent: idOf(3),
    children: [idOf(8), 'gone'],
    ns_pid: 2,
    execve: [failedExecOf(5, '/a/make'), { ...execOf(10, 'make', '-j2'), cwd: '/srv' }],
    args: ['make', '-j2'],
    exit_after: T0 + 1000,
    exit_signal: 9,
    threads: 3,
    reparented: [{ timestamp: T0 + 700, ppid: 1, event: '1795410731.082:9' }],
    unidentified_children: [{ timestamp: T0 + 3, ns_pid: 4, event: '1.000:9' }],
    incomplete: ['end_status_unknown'],
    evidence: [
      { claim: 'birth', rule: 'some_rule', confidence: 'proven', events: ['1.000:1'] },
      { claim: 'parent', rule: 'other_rule', confidence: 'inferred', events: [] },
      {
        claim: 'end',
        rule: 'some_rule',
        confidence: 'ambiguous',
        events: Array.from({ length: 9 }, (_, i) => `1.000:${i}`),
      },
    ],
  });
  const processes = [
    lifeOf(3, 0, 9000, { comm: 'sh', ppid: 1, children: [idOf(7)] }),
    p,
    lifeOf(8, 20, 5, { parent: idOf(7), args: ['gcc'] }),
  ];
  expect(explain(processes, 7)).toEqual([
    'pid 7 has one life in this log.',
    '',
    '1. ✗ /a/make ENOENT → make -j2',
    '   _id         id00000007',
    '   host        web1',
    '   born        2026-11-23T05:12:10.382Z, by fork',
    '                 proven: some rule [event 1.000:1]',
    '   parent      3 sh (id00000003)',
    '                 inferred: other rule',
    '   ancestors   3 sh ← 1, which has no record',
    '   namespace   pid 2 in its own pid namespace',
    '   reparented  by 2026-11-23T05:12:11.082Z to pid 1',
    '   threads     3 over its life',
    '   ran         2026-11-23T05:12:10.387Z tried /a/make: ENOENT, event 1.000:5',
    '               2026-11-23T05:12:10.392Z make -j2 (/usr/bin/make), in /srv, event 1.000:10',
    '   children    2',
    '               2026-11-23T05:12:10.402Z 8 gcc',
    '               gone',
    '               2026-11-23T05:12:10.385Z pid 4 in its namespace, event 1.000:9',
    '   ended       between 2026-11-23T05:12:11.382Z and 2026-11-23T05:12:11.882Z, by SIGKILL',
    '                 ambiguous: some rule [events 1.000:0, 1.000:1, 1.000:2, 1.000:3, 1.000:4, 1.000:5 and 3 more]',
    '   missing     it ended, but no record says with which status',
  ]);
});

test('every life of a pid, and what is not known of it', () => {
  const processes = [
    documentOf({
      pid: 7,
      _id: 'a',
      ppid: 2,
      comm: 'cron',
      start_timestamp: T0,
      start_source: 'first_record',
    }),
    documentOf({ pid: 7, _id: 'b', incomplete: ['no_birth', 'no_end'] }),
  ];
  const lines = explain(processes, 7);
  expect(lines[0]).toBe('pid 7 has 2 lives in this log.');
  expect(lines).toContain(
    '   born        by 2026-11-23T05:12:10.382Z, when its first record was written; no fork in the log accounts for it',
  );
  expect(lines).toContain('   parent      pid 2, which has no record in this log');
  expect(lines).toContain('   ended       not that this log shows');
  expect(lines).toContain('   parent      unknown');
  expect(lines.filter((line) => /^\d\. /.test(line))).toEqual(['1. [cron]', '2. ?']);
});

test('long lists are counted, not written out', () => {
  const count = 100_000;
  const chain = Array.from({ length: count }, (_, i) =>
    lifeOf(i, i, 1, {
      parent: i === 0 ? null : idOf(i - 1),
      children: i === count - 1 ? [] : [idOf(i + 1)],
    }),
  );
  const line = explain(chain, count - 1).find((text) => text.includes('ancestors'));
  expect(line).toContain(`… ${count - 21} more`);
  const children = Array.from({ length: 1000 }, (_, i) => idOf(i));
  const rows = explain([lifeOf(5000, 0, 1, { children })], 5000);
  expect(rows).toContain('               … and 950 more');
});
