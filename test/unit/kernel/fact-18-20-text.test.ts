/** Facts 18 to 20: strings as the kernel writes them, and auditd's own copies beside them. */
import { describe, expect, test } from 'vitest';
import { analyze, lifeOf, Log, treeOf, value } from '../../support/log.ts';

const FAKE = 'x pid=1 ppid=1 type=SYSCALL msg=audit(1.2:3): syscall=231 a0=9';
const SEPARATOR = '\x1d';

const hex = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('hex').toUpperCase();

/** An exec of 1000 with these EXECVE records. */
function execOf(...records: readonly string[]): Log {
  return new Log().call(0, [1000, 900], 'execve', {
    records: [...records.map((record) => `EXECVE ${record}`), 'CWD cwd="/srv"'],
  });
}

const argsOf = (log: Log): unknown => lifeOf(log.documents, 1000).args;

describe('fact 18: values', () => {
  test.each([
    ['as the kernel orders them', 'uid=2 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0'],
    ['with some left out', 'uid=2'],
  ])('in quotes are verbatim: what looks like a field in them is none, %s', (_name, ids) => {
    const tail = `auid=1 ${ids} tty=pts0 ses=3 comm="${FAKE}" exe="/opt/${FAKE}" key="${FAKE}"`;
    const { documents } = new Log().touch(0, [1000, 900], { tail });
    expect(treeOf(documents)).toBe('1000');
    expect(lifeOf(documents, 1000)).toMatchObject({ comm: FAKE, exe: `/opt/${FAKE}`, ppid: 900 });
    expect(lifeOf(documents, 1000)).toMatchObject({ uid: 2, auid: 1, ses: 3, tty: 'pts0' });
  });

  test('in an argument, too', () => {
    const log = execOf(`argc=3 a0="sh" a1="${FAKE} a2=" a2="\\x41'="`);
    expect(treeOf(log.documents)).toBe('1000');
    expect(argsOf(log)).toEqual(['sh', `${FAKE} a2=`, "\\x41'="]);
  });

  test('without quotes are hexadecimal', () => {
    const tail = `auid=1 uid=2 gid=0 tty=pts0 ses=3 comm=${hex('a "b\n')} exe=${hex('/é')} key=(null)`;
    const { documents } = new Log().touch(0, [1000, 900], { tail });
    expect(lifeOf(documents, 1000)).toMatchObject({ comm: 'a "b\n', exe: '/é' });
  });

  test('of arguments are both, and what looks like hexadecimal in quotes is text', () => {
    const log = execOf(`argc=5 a0="sh" a1="4142" a2=4142 a3="" a4=${hex(FAKE)}`);
    expect(argsOf(log)).toEqual(['sh', '4142', 'AB', '', FAKE]);
  });

  test('need not be UTF-8', () => {
    const log = execOf(`argc=2 a0="sh" a1=${hex('a\xff\xe9', 'latin1')}`);
    expect(argsOf(log)).toEqual(['sh', 'a\udcff\udce9']);
  });

  test('may be nothing', () => {
    const tail = 'auid=4294967295 uid=0 gid=0 tty=(none) ses=-1 comm=(null) exe=(null) key=(null)';
    const life = lifeOf(new Log().touch(0, [1000, 900], { tail }).documents, 1000);
    expect(life.uid).toBe(0);
    const { auid, ses, tty, comm, exe } = life;
    expect([auid, ses, tty, comm, exe]).toEqual(Array(5).fill(undefined));
  });

  test('of which the text "(null)" is one that is there', () => {
    const tail = 'auid=0 uid=0 gid=0 tty=pts0 ses=1 comm="(null)" exe="?" key=(null)';
    const life = lifeOf(new Log().touch(0, [1000, 900], { tail }).documents, 1000);
    expect(life).toMatchObject({ comm: '(null)', exe: '?', tty: 'pts0', auid: 0, ses: 1 });
    expect(argsOf(execOf('argc=2 a0="sh" a1="(null)"'))).toEqual(['sh', '(null)']);
  });

  test('of cwd and of the path that a failed exec tried', () => {
    const records = [`CWD cwd=${hex('/a b')}`, `PATH item=0 name=${hex('/no such')}`];
    const log = new Log().call(0, [1000, 900], 'execve', { success: false, exit: -2, records });
    expect(lifeOf(log.documents, 1000)).toMatchObject({
      cwd: '/a b',
      execve: [{ exe: '/no such', cwd: '/a b', failed: true }],
    });
  });
});

describe('fact 19: arguments over several records', () => {
  const long = 'é'.repeat(9000);
  const code = hex(long);

  test('a long one in parts, cut anywhere', () => {
    const log = execOf(
      `argc=3 a0="sh" a1_len=${code.length} a1[0]=${code.slice(0, 14_998)}`,
      `a1[1]=${code.slice(14_998, 29_996)}`,
      `a1[2]=${code.slice(29_996)} a2="end"`,
    );
    expect(argsOf(log)).toEqual(['sh', long, 'end']);
  });

  test('a part that never came makes the whole one unknown', () => {
    const log = execOf(
      `argc=3 a0="sh" a1_len=${code.length} a1[0]=${code.slice(0, 14_998)}`,
      `a1[2]=${code.slice(29_996)} a2="end"`,
    );
    expect(argsOf(log)).toEqual(['sh', null, 'end']);
  });

  test('the last part is missed, too', () => {
    const log = execOf(`argc=2 a0="sh" a1_len=${code.length} a1[0]=${code.slice(0, 14_998)}`);
    expect(argsOf(log)).toEqual(['sh', null]);
  });

  test('many short ones', () => {
    const field = (_: unknown, i: number): string => `a${i}=${value(`arg ${i}`)}`;
    const fields = Array.from({ length: 900 }, field);
    const log = execOf(
      `argc=900 ${fields.slice(0, 300).join(' ')}`,
      fields.slice(300, 600).join(' '),
      fields.slice(600).join(' '),
    );
    expect(argsOf(log)).toEqual(fields.map((_, i) => `arg ${i}`));
  });

  test('the record with argc may be the one that is lost', () => {
    expect(argsOf(execOf('a1="b" a2="c"'))).toEqual([null, 'b', 'c']);
  });

  test('a hostile argc does not fill the memory', () => {
    expect((argsOf(execOf('argc=4000000000 a0="sh"')) as unknown[]).length).toBeLessThan(100_000);
  });
});

describe('fact 20: enriched logs', () => {
  const copies = ['SYSCALL=clone', 'AUID="pid=7"', 'PID=5', 'UID="o\'brien"'];
  const enriched = (lines: readonly string[]): string[] =>
    lines.map((line) => `${line.trimEnd()}${SEPARATOR}${copies.join(' ')}`);

  const raw = new Log()
    .exec(0, [1000, 900], ['sh', 'é'])
    .fork(4, [1000, 900], 1001)
    .kill(8, [1000, 900], 1001, 9, 1001)
    .abend(12, [1000, 900], 6)
    .event(
      16,
      `USER_LOGIN pid=1002 uid=0 auid=0 ses=1 msg='op=login exe="/usr/sbin/sshd" res=success'`,
    );
  const digest = analyze(raw.lines).summary.digest;

  test('say the same', () => {
    expect(analyze(enriched(raw.lines)).summary).toMatchObject({ digest, faults: {} });
  });

  test('are the same records as without the copies', () => {
    const { summary } = analyze([...raw.lines, ...enriched(raw.lines)]);
    expect(summary.digest).toBe(digest);
    expect(summary.account.ignored).toEqual({ duplicate: raw.lines.length });
  });

  test('a last field ends where the copies begin', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .event(4, `ANOM_ABEND auid=0 uid=0 gid=0 ses=1 pid=1001 comm="x" sig=11${SEPARATOR}UID="a"`);
    expect(lifeOf(log.documents, 1001).exit_signal).toBe(11);
  });

  test('what follows the separator is not read', () => {
    const fake = `${SEPARATOR}pid=7 ppid=8 exit=5 a0=7 comm="fake" exe="/fake"`;
    const log = new Log().exitGroup(0, [1000, 900], 3);
    const lines = log.lines.map((line) => line + fake);
    expect(treeOf(analyze(lines).processes)).toBe('1000');
    expect(lifeOf(analyze(lines).processes, 1000)).toMatchObject({ exit_code: 3, comm: 'x' });
  });
});
