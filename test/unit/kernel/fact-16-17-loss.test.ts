/** Facts 16 and 17: execs that failed, and records that the kernel dropped. */
import { describe, expect, test } from 'vitest';
import { analyze, lifeOf, livesOf, Log, START, treeOf } from '../../support/log.ts';

const ENOENT = 2;
const EACCES = 13;

/** The log without the records of a type, or of those one event that `pid` had. */
const without = (log: Log, type: string, pid = ''): string[] =>
  log.lines.filter((line) => !(line.includes(`type=${type} `) && line.includes(pid)));

describe('fact 16: execs', () => {
  test('a failed one has neither arguments nor a new program', () => {
    const { documents } = new Log()
      .exec(0, [1000, 900], ['sh', '-c', 'x'])
      .execFailed(4, [1000, 900], '/no/such', ENOENT)
      .execFailed(8, [1000, 900], '/etc/passwd', EACCES);
    const life = lifeOf(documents, 1000);
    expect(life).toMatchObject({ args: ['sh', '-c', 'x'], exe: '/usr/bin/sh' });
    expect(life.execve.slice(1)).toMatchObject([
      {
        timestamp: START + 4,
        exe: '/no/such',
        cwd: '/srv',
        failed: true,
        errno: 'ENOENT',
        event: '1800000000.004:2',
      },
      {
        timestamp: START + 8,
        exe: '/etc/passwd',
        cwd: '/srv',
        failed: true,
        errno: 'EACCES',
        event: '1800000000.008:3',
      },
    ]);
    expect(life.execve.map((exec) => exec.args?.length)).toEqual([3, undefined, undefined]);
    expect(life.incomplete).not.toContain('missing_arguments');
  });

  test('a successful one shows the new program', () => {
    const { documents } = new Log()
      .touch(0, [1000, 900], { comm: 'sh', exe: '/usr/bin/sh' })
      .exec(4, [1000, 900], ['env', 'x']);
    expect(lifeOf(documents, 1000)).toMatchObject({
      comm: 'env',
      exe: '/usr/bin/env',
      execve: [{ args: ['env', 'x'], exe: '/usr/bin/env', cwd: '/srv' }],
    });
  });

  test('a child runs what its parent ran at its birth, until it execs', () => {
    const { documents } = new Log()
      .exec(0, [1000, 900], ['make', '-j'])
      .fork(4, [1000, 900], 1001)
      .exec(8, [1000, 900], ['other'])
      .fork(12, [1000, 900], 1002)
      .exec(16, [1002, 1000], ['true']);
    expect(lifeOf(documents, 1001)).toMatchObject({
      args: ['make', '-j'],
      comm: 'make',
      execve: [],
    });
    expect(lifeOf(documents, 1002)).toMatchObject({ args: ['true'], comm: 'true' });
  });

  test('execveat is an exec', () => {
    const log = new Log().call(0, [1000, 900], 'execveat', {
      records: ['EXECVE argc=1 a0="true"', 'CWD cwd="/srv"'],
    });
    expect(lifeOf(log.documents, 1000).execve).toMatchObject([{ args: ['true'] }]);
  });
});

describe('fact 17: what is lost is marked, and nothing is invented', () => {
  test('a gap in the serials is no loss', () => {
    const lines = [
      ...new Log({ serial: 1 }).fork(0, [1000, 900], 1001).lines,
      ...new Log({ serial: 900_000 }).exitGroup(4, [1001, 1000]).lines,
    ];
    const { processes, summary } = analyze(lines);
    expect(lifeOf(processes, 1001).incomplete).toEqual([]);
    expect(summary.faults).toEqual({});
  });

  describe('where a serial is missing a thread may have been made', () => {
    const livesWithout = (log: Log, missing: number): number => {
      const lines = log.lines.filter((line) => !line.includes(`:${missing}):`));
      return livesOf(analyze(lines).processes, 1001).length;
    };

    test('so an exit may not have been the last', () => {
      const log = new Log()
        .fork(0, [1000, 900], 1001)
        .touch(4, [999, 900])
        .exit(8, [1001, 1000])
        .touch(5000, [1001, 1]);
      expect(livesWithout(log, 5)).toBe(2);
      expect(livesWithout(log, 2)).toBe(1);
    });

    test('also before the call that bore the process was logged', () => {
      const log = new Log()
        .touch(0, [999, 900])
        .touch(4, [999, 900])
        .exit(8, [1001, 1000])
        .call(4, [1000, 900], 'vfork', { exit: 1001 })
        .touch(5000, [1001, 1]);
      expect(livesWithout(log, 1)).toBe(2);
      expect(livesWithout(log, 2)).toBe(1);
    });
  });

  test('EXECVE with fewer arguments than argc', () => {
    const record = 'EXECVE argc=4 a0="cc" a2="-o"';
    const log = new Log().exec(0, [1000, 900], ['cc'], { records: [record] });
    const { processes, summary } = analyze(log.lines);
    expect(lifeOf(processes, 1000)).toMatchObject({ args: ['cc', null, '-o', null] });
    expect(lifeOf(processes, 1000).incomplete).toContain('missing_arguments');
    expect(summary.faults).toEqual({ 'missing-arguments': 1 });
  });

  test('an exec without its EXECVE', () => {
    const { processes, summary } = analyze(
      without(new Log().exec(0, [1000, 900], ['cc']), 'EXECVE'),
    );
    const life = lifeOf(processes, 1000);
    expect(life).toMatchObject({ exe: '/usr/bin/cc', execve: [{ exe: '/usr/bin/cc' }] });
    expect(life.args).toBeUndefined();
    expect(life.incomplete).toContain('missing_records');
    expect(summary.faults).toEqual({ 'no-execve': 1 });
  });

  test('an event without its SYSCALL is of nobody', () => {
    const log = new Log().exec(0, [1000, 900], ['sh']).exec(4, [1001, 1000], ['cc']);
    const { processes, summary, faults } = analyze(without(log, 'SYSCALL', 'pid=1001'));
    expect(treeOf(processes)).toBe('1000');
    expect(summary.faults).toEqual({ 'no-syscall': 1 });
    expect(faults).toMatchObject([{ kind: 'no-syscall', event: '1800000000.004:2' }]);
    expect(summary.account.ignored).toEqual({ 'names no process': 4 });
  });

  test('an event without its PROCTITLE', () => {
    const log = new Log().touch(0, [1000, 900]).touch(4, [1001, 900]);
    const lost = log.lines.findIndex((line) => line.includes('PROCTITLE'));
    const { processes } = analyze(log.lines.filter((_, i) => i !== lost));
    expect(lifeOf(processes, 1000).incomplete).toContain('missing_records');
    expect(lifeOf(processes, 1001).incomplete).not.toContain('missing_records');
    expect(lifeOf(log.documents, 1000).incomplete).not.toContain('missing_records');
  });

  test('no PROCTITLE at all: a rule excludes the type', () => {
    const { processes } = analyze(without(new Log().touch(0, [1000, 900]), 'PROCTITLE'));
    expect(lifeOf(processes, 1000).incomplete).not.toContain('missing_records');
  });

  test('a fork', () => {
    const { processes, summary } = analyze(
      new Log().touch(0, [1000, 900]).exec(4, [1001, 1000], ['cc']).lines,
    );
    expect(treeOf(processes)).toBe('1000(1001)');
    const life = lifeOf(processes, 1001);
    expect(life).toMatchObject({ start_source: 'first_record', start_timestamp: START + 4 });
    expect(life.incomplete).toContain('no_birth');
    expect(summary.faults).toEqual({ 'no-fork': 1 });
  });

  test('a process older than the log is no lost fork', () => {
    const { summary } = analyze(
      new Log().exec(4, [1001, 1000], ['cc']).touch(8, [1000, 900]).lines,
    );
    expect(summary.faults).toEqual({});
  });

  test('a fork of the second of two lives breaks neither', () => {
    const { documents } = new Log()
      .fork(0, [1000, 900], 1001)
      .exitGroup(4, [1001, 1000], 1)
      .wait(0, [1000, 900], 1001)
      .exec(8, [1001, 1000], ['b'])
      .exitGroup(12, [1001, 1000], 2)
      .fork(16, [1000, 900], 1001)
      .exitGroup(20, [1001, 1000], 3);
    expect(livesOf(documents, 1001).map((life) => [life.start_source, life.exit_code])).toEqual([
      ['fork', 1],
      ['first_record', 2],
      ['fork', 3],
    ]);
  });

  test('a wait of a life whose fork is in the log, too', () => {
    const { documents } = new Log()
      .fork(0, [1000, 900], 1001)
      .exitGroup(4, [1001, 1000], 1)
      .fork(50, [1000, 900], 1001)
      .exitGroup(54, [1001, 1000], 2)
      .wait(50, [1000, 900], 1001);
    expect(livesOf(documents, 1001).map((life) => life.exit_code)).toEqual([1, 2]);
  });

  test('an OBJ_PID', () => {
    const log = new Log().fork(0, [1000, 900], 1001).kill(4, [1000, 900], 1001, 15, 1001);
    const { processes } = analyze(without(log, 'OBJ_PID'));
    expect(lifeOf(processes, 1001).exit_signal).toBe(15);
  });

  test('everything but PROCTITLE and EOE', () => {
    const log = new Log().fork(0, [1000, 900], 1001).exec(4, [1001, 1000], ['cc']);
    const lines = log.lines.filter((line) => /type=(?:PROCTITLE|EOE) /.test(line));
    const { processes, summary } = analyze(lines);
    expect(processes).toHaveLength(0);
    expect(summary.faults).toEqual({ 'no-syscall': 2 });
  });
});
