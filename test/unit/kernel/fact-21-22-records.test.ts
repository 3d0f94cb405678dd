/** Facts 21, 22 and 3: architectures, records of others, copies, and the forms of a line. */
import { describe, expect, test } from 'vitest';
import { analyze, CLONE_NEWPID, endOf, lifeOf, Log, type Who, treeOf } from '../../support/log.ts';

const AARCH64 = 0xc00000b7;
const I386 = 0x40000003;
const X86_64 = 0xc000003e;
const X32 = 0x40000000;
const RISCV = 0xc00000f3;

const EXECVE = ['EXECVE argc=1 a0="true"'];
const MOTHER: Who = [1000, 900];
const CHILD: Who = [1001, 1000];

describe('fact 21: numbers of system calls differ by architecture', () => {
  test('aarch64: clone 220, execve 221, wait4 260, exit_group 94', () => {
    const { documents } = new Log()
      .call(0, MOTHER, '', { arch: AARCH64, nr: 220, exit: 1001, args: [17] })
      .call(4, CHILD, '', { arch: AARCH64, nr: 221, records: EXECVE })
      .call(8, CHILD, 'exit_group', { arch: AARCH64, nr: 94, args: [4] })
      .call(4, MOTHER, '', { arch: AARCH64, nr: 260, exit: 1001, args: [-1] });
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(lifeOf(documents, 1001)).toMatchObject({ args: ['true'], start_source: 'clone' });
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'exit_group', code: 4 });
  });

  test('i386: fork 2, execve 11, waitpid 7, exit_group 252', () => {
    const { documents } = new Log()
      .call(0, MOTHER, '', { arch: I386, nr: 2, exit: 1001 })
      .call(4, CHILD, '', { arch: I386, nr: 11, records: EXECVE })
      .call(4, MOTHER, '', { arch: I386, nr: 7, exit: 1001, args: [1001] })
      .call(8, MOTHER, 'exit_group', { arch: I386, nr: 252, args: [4] });
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(lifeOf(documents, 1001)).toMatchObject({ args: ['true'], start_source: 'fork' });
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'wait' });
    expect(endOf(lifeOf(documents, 1000))).toMatchObject({ source: 'exit_group', code: 4 });
  });

  test('x32: those of x86-64 with bit 30, but for some: execve is 520, waitid 529', () => {
    const { documents } = new Log()
      .call(0, MOTHER, '', { arch: X86_64, nr: X32 + 57, exit: 1001 })
      .call(4, CHILD, '', { arch: X86_64, nr: X32 + 520, records: EXECVE })
      .call(4, MOTHER, '', { arch: X86_64, nr: X32 + 529, args: [1, 1001, 0, 4] });
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(lifeOf(documents, 1001)).toMatchObject({ args: ['true'], start_source: 'fork' });
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'wait' });
  });

  test('one machine may run several', () => {
    const { documents } = new Log()
      .fork(0, MOTHER, 1001)
      .call(4, CHILD, '', { arch: I386, nr: 11, records: EXECVE })
      .call(8, CHILD, '', { arch: I386, nr: 2, exit: 1002 })
      .exitGroup(12, [1002, 1001]);
    expect(treeOf(documents)).toBe('1000(1001(1002))');
  });

  test('an unknown one is a fault, and its processes are known by ppid=', () => {
    const { processes, summary } = analyze(
      new Log()
        .call(0, MOTHER, '', { arch: RISCV, nr: 220, exit: 1001 })
        .call(4, CHILD, '', { arch: RISCV, nr: 221, records: EXECVE }).lines,
    );
    expect(summary.faults).toEqual({ 'unknown-arch': 2, 'no-fork': 1 });
    expect(treeOf(processes)).toBe('1000(1001)');
    expect(lifeOf(processes, 1001).execve).toEqual([]);
  });
});

describe('fact 22: records of others in the stream', () => {
  test("auditd's own have serials of their own and name no process", () => {
    const lines = [
      ...new Log({ serial: 500_000 }).fork(0, MOTHER, 1001).exitGroup(8, CHILD).lines,
      ...new Log({ serial: 17 }).event(
        4,
        'DAEMON_START op=start ver=3.0 pid=1001 uid=0 res=success',
      ).lines,
      ...new Log({ serial: 18, start: 1_800_000_090_000 }).event(
        0,
        'DAEMON_END op=terminate pid=1 uid=0 res=success',
      ).lines,
    ];
    const { processes, summary } = analyze(lines);
    expect(summary).toMatchObject({ boots: 1, faults: {} });
    expect(treeOf(processes)).toBe('1000(1001)');
    expect(lifeOf(processes, 1001)).toMatchObject({ start_source: 'fork', incomplete: [] });
    expect(summary.account.ignored).toEqual({ 'names no process': 2 });
  });

  test('user-space records name a process; what their message says is not theirs', () => {
    const message = `msg='op=PAM:session acct="ppid=1 pid=7" exe="/usr/sbin/sshd" pid=7 res=success'`;
    const log = new Log().event(0, `USER_START pid=1000 uid=0 auid=4242 ses=3 ${message}`);
    expect(treeOf(log.documents)).toBe('1000');
    expect(lifeOf(log.documents, 1000)).toMatchObject({
      pid: 1000,
      auid: 4242,
      ses: 3,
      exe: '/usr/sbin/sshd',
    });
  });

  test('an apostrophe inside of it is part of it', () => {
    const message = `msg='op=login acct="o'brien pid=7" exe="/usr/sbin/sshd" res=failed'`;
    const log = new Log().event(0, `USER_LOGIN pid=1000 uid=0 auid=1 ses=3 ${message}`);
    expect(treeOf(log.documents)).toBe('1000');
  });

  test('an event of one record has no EOE and lacks nothing', () => {
    const { processes, summary } = analyze(
      new Log().fork(0, MOTHER, 1001).abend(4, CHILD, 11).lines,
    );
    expect(lifeOf(processes, 1001).incomplete).toEqual([]);
    expect(summary.faults).toEqual({});
  });

  test('a LOGIN beside its SYSCALL is the same event', () => {
    const records = [
      'LOGIN pid=1000 uid=0 old-auid=4294967295 auid=7 old-ses=4294967295 ses=3 res=1',
    ];
    const { summary, processes } = analyze(new Log().call(0, MOTHER, 'write', { records }).lines);
    expect(summary).toMatchObject({ events: 1, faults: {} });
    expect(lifeOf(processes, 1000)).toMatchObject({ ppid: 900, auid: 4242 });
  });
});

describe('copies', () => {
  const log = new Log()
    .fork(0, MOTHER, 1001)
    .exec(4, CHILD, ['a', 'b'])
    .kill(8, MOTHER, 1001, 9, 1001);
  const once = analyze(log.lines);

  test('of all records count once', () => {
    const { summary } = analyze([...log.lines, ...log.lines, ...log.lines.slice(3)]);
    expect(summary.digest).toBe(once.summary.digest);
    const extra = 2 * log.lines.length - 3;
    expect(summary.account).toEqual({
      records: log.lines.length + extra,
      attached: log.lines.length,
      ignored: { duplicate: extra },
      rejected: 0,
    });
  });

  test('that differ are a fault, and the order of arrival decides nothing', () => {
    const other = log.lines.map((line) => line.replace('exit=1001', 'exit=1005'));
    const { summary } = analyze([...log.lines, ...other]);
    expect(summary.faults).toMatchObject({ conflict: 1 });
    expect(summary.account.rejected).toBe(1);
  });
});

describe('the forms of a line', () => {
  const log = new Log().fork(0, MOTHER, 1001).exec(4, CHILD, ['true']).exitGroup(8, CHILD, 3);
  const digest = analyze(log.lines).summary.digest;
  const NUMBERS: Readonly<Record<string, number>> = {
    SYSCALL: 1300,
    EXECVE: 1309,
    CWD: 1307,
    PROCTITLE: 1327,
    EOE: 1320,
  };
  const numbered = log.lines.map((line) =>
    line.replace(/^type=(\w+) msg=/, (_, name: string) => `type=${NUMBERS[name]} `),
  );

  test.each([
    ['the kernel log', 'audit: '],
    ['dmesg', '[   12.345678] audit: '],
    ['dmesg -T', '[Mon Nov 23 05:12:10 2026] audit: '],
    ['without a tag', ''],
    ['journalctl', 'Nov 23 05:12:10 host kernel: audit: '],
    ['journalctl of audit', 'Nov 23 05:12:10 host audit[7]: '],
    ['syslog', 'Nov 23 05:12:10 host kernel: [   12.345678] audit: '],
    ['monotonic', '[   12.345678] host kernel: audit: '],
  ])('%s', (_name, prefix) => {
    const { summary } = analyze(numbered.map((line) => prefix + line));
    expect(summary).toMatchObject({ digest, faults: {} });
  });

  test.each([
    ['leading spaces', '   '],
    ['audispd', 'Nov 23 05:12:10 h audispd: '],
    ['audisp-syslog', '2026-11-23T05:12:10.1+00:00 h audisp-syslog[9]: '],
  ])('%s before the form of auditd', (_name, prefix) => {
    const { summary } = analyze(log.lines.map((line) => prefix + line));
    expect(summary).toMatchObject({ digest, faults: {} });
  });

  test.each([
    ['kmsg', '5,1234,56789,-;audit: '],
    ['a priority', '<5>audit: '],
  ])('%s', (_name, prefix) => {
    const { summary } = analyze(numbered.map((line) => prefix + line));
    expect(summary).toMatchObject({ digest, faults: {} });
  });

  test('a node after a prefix', () => {
    const prefix = 'Nov 23 05:12:10 h audisp-syslog[9]: node=web ';
    const { summary } = analyze(log.lines.map((line) => prefix + line));
    expect(summary).toMatchObject({ hosts: ['web'], faults: {} });
  });

  test('unknown types by number', () => {
    const lines = log.lines.map((line) => line.replace('type=SYSCALL', 'type=UNKNOWN[1300]'));
    expect(analyze(lines).summary).toMatchObject({ digest, faults: {} });
  });

  test('DOS line ends', () => {
    const { summary } = analyze(log.lines.map((line) => `${line}\r`));
    expect(summary).toMatchObject({ digest, faults: {} });
  });

  test('a line that any program can log is no record', () => {
    const lines = log.lines.map((line) => `Nov 23 05:12:10 h evil[9]: ${line}`);
    const { processes, summary } = analyze(lines);
    expect(processes).toHaveLength(0);
    expect(summary.faults).toEqual({ 'not-audit': lines.length });
  });

  test('nor is one that quotes a record', () => {
    const lines = log.lines.map((line) => `Nov 23 05:12:10 h evil[9]: kernel: audit: ${line}`);
    expect(analyze(lines).processes).toHaveLength(0);
  });
});

test('all of it together: two hosts, two boots, a container, in any order', () => {
  const START = 1_800_000_000_000;
  const DAY = 86_400_000;
  const boot = (node: string, start: number): string[] =>
    new Log({ node, start })
      .clone(0, MOTHER, 1001, CLONE_NEWPID)
      .fork(4, CHILD, 2)
      .exec(8, [1002, 1001], ['true'])
      .exitGroup(12, CHILD).lines;
  const boots = [
    boot('a', START),
    boot('b', START),
    boot('a', START + DAY),
    boot('b', START + DAY),
  ];
  const { processes, summary } = analyze(boots.flat());
  expect(summary).toMatchObject({ boots: 4, hosts: ['a', 'b'], faults: {} });
  expect(treeOf(processes)).toBe(Array(4).fill('1000(1001(1002))').join(' '));
});
