/** What the process connector's account and the list of processes add to the records. */
import { describe, expect, test } from 'vitest';
import type { Analysis } from '../../../src/model/analysis.ts';
import type { AliveProcess } from '../../../src/model/trace.ts';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { analyzeSync, type NamedBytes } from '../../../src/pipeline.ts';
import { CLONE_NEWPID, Log, START } from '../../support/log.ts';

const HOST = 'box';
/** The connector's clock at the log's start, ns. */
const BOOTED = 5_000_000_000;

type Told = Readonly<Record<string, unknown>>;

const at = (ms: number): number => BOOTED + ms * 1e6;
const fork = (ms: number, ptgid: number, pid: number): Told => {
  return { t: at(ms), cpu: 0, ev: 'fork', ppid: ptgid, ptgid, pid, tgid: pid };
};
const thread = (ms: number, ptgid: number, tgid: number, pid: number): Told => {
  return { t: at(ms), cpu: 0, ev: 'fork', ppid: ptgid, ptgid, pid, tgid };
};
const exec = (ms: number, pid: number): Told => ({ t: at(ms), cpu: 1, ev: 'exec', pid, tgid: pid });
const exit = (ms: number, pid: number, code: number): Told => {
  return { t: at(ms), cpu: 1, ev: 'exit', pid, tgid: pid, code, sig: 17 };
};

interface More {
  readonly alive?: readonly AliveProcess[];
  readonly recorders?: readonly number[];
  readonly boot?: string;
}

function inputs(log: Log, told: readonly (Told | string)[], more: More = {}): NamedBytes[] {
  const lines = told.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  const bytes = (text: readonly string[]): Buffer =>
    Buffer.from(text.map((l) => `${l}\n`).join(''));
  const origin = { host: HOST, boot: 'boot', ...more };
  const connector = { offset: START - BOOTED / 1e6 };
  return [
    { name: 'audit', bytes: bytes(log.lines), origin },
    { name: 'connector', bytes: bytes(lines), origin: { ...origin, connector } },
  ];
}

function lives(analysis: Analysis, pid: number): ProcessDocument[] {
  return [...analysis.processes].filter((one) => one.pid === pid);
}

function only(analysis: Analysis, pid: number): ProcessDocument {
  const found = lives(analysis, pid);
  expect(found).toHaveLength(1);
  return found[0];
}

describe('what audit lost', () => {
  test('a process that no record shows', () => {
    const log = new Log().exec(0, [1000, 900], ['make']).touch(50, [1000, 900]);
    const told = [fork(10.5, 1000, 1001), exit(20.5, 1001, 0x300)];
    const analysis = analyzeSync(inputs(log, told));
    const parent = only(analysis, 1000);
    expect(only(analysis, 1001)).toMatchObject({
      _id: `${HOST}/1800000000.010/0000000000/1001`,
      node: HOST,
      parent: parent._id,
      ppid: 1000,
      args: ['make'],
      start_timestamp: START + 10,
      start_source: 'connector',
      exit_timestamp: START + 20,
      exit_code: 3,
      exit_source: 'connector',
      incomplete: [],
    });
    expect(parent.children).toEqual([`${HOST}/1800000000.010/0000000000/1001`]);
  });

  test('an exec: what it ran then is not claimed, nor what it ran before', () => {
    const log = new Log().exec(0, [1000, 900], ['make']).fork(8, [1000, 900], 1001);
    const told = [fork(9, 1000, 1001), exec(15, 1001), exit(30, 1001, 9)];
    const child = only(analyzeSync(inputs(log, told)), 1001);
    expect(child.execve).toEqual([{ timestamp: START + 15, event: '1800000000.015:0' }]);
    expect(child.args).toBeUndefined();
    expect(child.exe).toBeUndefined();
    expect(child).toMatchObject({ exit_signal: 9, incomplete: ['missing_records'] });
  });

  test('what it did after a lost exec shows its program', () => {
    const log = new Log()
      .exec(0, [1000, 900], ['make'])
      .fork(8, [1000, 900], 1001)
      .touch(40, [1001, 1000], { exe: '/usr/bin/cc', comm: 'cc' });
    const told = [fork(9, 1000, 1001), exec(15, 1001)];
    expect(only(analyzeSync(inputs(log, told)), 1001)).toMatchObject({ exe: '/usr/bin/cc' });
  });
});

describe('lives', () => {
  test('a pid that is used again within a tick', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .exitGroup(0, [1001, 1000], 1)
      .fork(0, [1000, 900], 1001)
      .exitGroup(0, [1001, 1000], 2);
    const told = [
      fork(0.5, 1000, 1001),
      exit(1, 1001, 0x100),
      fork(1.5, 1000, 1001),
      exit(2, 1001, 0x200),
    ];
    const codes = lives(analyzeSync(inputs(log, told)), 1001).map((life) => life.exit_code);
    expect(codes).toEqual([1, 2]);
  });

  test('a child in a namespace is found by the order of births', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .clone(10, [1001, 1000], 2)
      .clone(20, [1001, 1000], 3)
      .touch(30, [1005, 1001]);
    const told = [fork(1, 1000, 1001), fork(11, 1001, 1003), fork(21, 1001, 1005)];
    const analysis = analyzeSync(inputs(log, told));
    expect(only(analysis, 1001).ns_pid).toBe(1);
    expect(only(analysis, 1003)).toMatchObject({ ns_pid: 2, start_source: 'clone' });
    expect(only(analysis, 1005)).toMatchObject({ ns_pid: 3, start_source: 'clone' });
  });

  test('threads are counted, and end with the last of them', () => {
    const log = new Log().touch(0, [1000, 900]).exit(20, [1000, 900], 5);
    const told = [
      thread(1, 900, 1000, 1001),
      { ...exit(5, 1000, 0), tgid: 1000 },
      { ...exit(20, 1001, 0x500), tgid: 1000 },
    ];
    expect(only(analyzeSync(inputs(log, told)), 1000)).toMatchObject({
      threads: 2,
      exit_code: 5,
      exit_timestamp: START + 20,
    });
  });
});

test('where the two disagree about the end the connector counts, and the document says so', () => {
  const log = new Log().fork(0, [1000, 900], 1001).exitGroup(8, [1001, 1000], 0);
  const told = [fork(1, 1000, 1001), exit(9, 1001, 9)];
  const life = only(analyzeSync(inputs(log, told)), 1001);
  expect(life).toMatchObject({ exit_signal: 9, exit_source: 'connector' });
  expect(life.exit_code).toBeUndefined();
  expect(life.incomplete).toEqual(['witnesses_disagree']);
  const rules = life.evidence.filter(({ claim }) => claim === 'end').map(({ rule }) => rule);
  expect(rules).toEqual(['exit_group', 'connector_exit']);
});

test('the recorder is no part of the tree', () => {
  const log = new Log().touch(2, [1000, 800]);
  const analysis = analyzeSync(inputs(log, [fork(1, 800, 1000)], { recorders: [800] }));
  expect([...analysis.processes].map(({ pid, ppid, parent }) => [pid, ppid, parent])).toEqual([
    [1000, 800, null],
  ]);
});

test('the list of processes names what was there before', () => {
  const log = new Log().touch(2, [1000, 800]).fork(4, [1000, 800], 1001);
  const alive = [
    { pid: 800, ppid: 1, born: START - 9000, comm: 'sshd', exe: '/usr/sbin/sshd', args: ['sshd'] },
    { pid: 1000, ppid: 800, born: START - 500, comm: 'ba"sh', args: ['-bash', 'ä'] },
    { pid: 1001, ppid: 1, born: START - 400, comm: 'other' },
  ];
  const told = [fork(5, 1000, 1001), exit(9, 800, 0)];
  const analysis = analyzeSync(inputs(log, told, { alive }));
  expect(only(analysis, 800)).toMatchObject({ args: ['sshd'], exe: '/usr/sbin/sshd', ppid: 1 });
  expect(only(analysis, 1000)).toMatchObject({
    args: ['-bash', 'ä'],
    start_timestamp: START - 500,
    start_source: 'process_list',
    parent: only(analysis, 800)._id,
  });
  expect(only(analysis, 1001)).toMatchObject({ args: ['-bash', 'ä'], start_source: 'fork' });
});

describe('the account', () => {
  const log = new Log().touch(0, [1000, 900]);
  const event = exec(5, 1000);

  test('counts what the connector told, once', () => {
    const { summary } = analyzeSync(inputs(log, [event, event]));
    expect(summary.account).toEqual({
      records: 5,
      attached: 4,
      ignored: { duplicate: 1 },
      rejected: 0,
    });
    expect(summary.events).toBe(1);
  });

  test('rejects what is no event, with its place', () => {
    const { summary, faults } = analyzeSync(inputs(log, ['{"ev":"fork"}', '{', event]));
    expect(summary.account).toMatchObject({ records: 6, attached: 4, rejected: 2 });
    expect(faults).toMatchObject([
      { kind: 'not-connector', input: 'connector', offset: 0 },
      { kind: 'not-connector', input: 'connector', offset: 14 },
    ]);
  });

  test('says what belongs to no records', () => {
    const late = { ...event, t: at(3_600_000) };
    const { summary } = analyzeSync(inputs(log, [late]));
    expect(summary.account.ignored).toEqual({ 'connector without records': 1 });
    expect(summary.processes).toBe(1);
  });
});
