import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/record/decode.ts';
import type { DecodedRecord, ExecveRecord } from '../../../src/record/decoded.ts';
import { assembleExecve } from '../../../src/record/execve.ts';
import { isProblem, parseRecord } from '../../../src/record/parse.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(type: string, body: string): DecodedRecord {
  const parsed = parseRecord(encode(`type=${type} msg=audit(1795410730.382:117409): ${body}`));
  if (isProblem(parsed)) throw new Error(parsed.reason);
  return decodeRecord(parsed);
}

function execve(...bodies: string[]): ExecveRecord[] {
  return bodies.map((body) => {
    const decoded = decode('EXECVE', body);
    if (decoded.kind !== 'execve') throw new Error(decoded.kind);
    return decoded;
  });
}

const CALL =
  'arch=c000003e syscall=59 success=yes exit=0 a0=55 a1=ffffffffffffffff a2=0 a3=8 items=2 ' +
  'ppid=27293 pid=27306 auid=4242 uid=0 gid=1 euid=2 suid=3 fsuid=4 egid=5 sgid=6 fsgid=7 ' +
  'tty=(none) ses=38 comm="env" exe="/usr/bin/env" subj=unconfined key=(null)';

describe('SYSCALL', () => {
  test('all of it', () => {
    expect(decode('SYSCALL', CALL)).toEqual({
      kind: 'syscall',
      type: 'SYSCALL',
      time: 1795410730382,
      serial: 117409,
      node: undefined,
      enriched: [],
      bad: [],
      arch: 0xc000003e,
      syscall: 59,
      name: 'execve',
      success: true,
      exit: 0n,
      errno: undefined,
      a0: 0x55n,
      a1: 0xffffffffffffffffn,
      a2: 0n,
      a3: 8n,
      items: 2,
      ppid: 27293,
      pid: 27306,
      auid: 4242,
      uid: 0,
      gid: 1,
      euid: 2,
      suid: 3,
      fsuid: 4,
      egid: 5,
      sgid: 6,
      fsgid: 7,
      tty: undefined,
      ses: 38,
      comm: 'env',
      exe: '/usr/bin/env',
      subj: 'unconfined',
      keys: [],
    });
  });

  const base = 'arch=c000003e ppid=1 pid=2';

  test.each([
    [`${base} syscall=59 success=no exit=-2`, { errno: 'ENOENT', exit: -2n, success: false }],
    [`${base} syscall=231 a0=0`, { name: 'exit_group', success: undefined, exit: undefined }],
    [`${base} syscall=9 success=yes exit=-9223372036854775808`, { exit: -(2n ** 63n), bad: [] }],
    [`${base} syscall=-1`, { syscall: -1, name: undefined, bad: [] }],
    ['arch=c00000b7 syscall=220 ppid=1 pid=2', { name: 'clone' }],
    ['arch=14 syscall=2 ppid=1 pid=2', { arch: 0x14, name: undefined, bad: [] }],
    [`${base} syscall=1 auid=4294967295 ses=-1`, { auid: undefined, ses: undefined, bad: [] }],
    [`${base} syscall=1 comm=612062 exe=FF00`, { comm: 'a b', exe: '\udcff\0' }],
    [`${base} syscall=1 tty=pts0 exe=(null)`, { tty: 'pts0', exe: undefined, bad: [] }],
    [`${base} syscall=1 comm="(null)"`, { comm: '(null)' }],
    [`${base} syscall=1 key="exec"`, { keys: ['exec'] }],
    [`${base} syscall=1 key=6B3101226B3222`, { keys: ['k1', '"k2"'] }],
    [
      `${base} syscall=1 subj=/usr/sbin/cupsd (enforce) key=(null)`,
      {
        subj: '/usr/sbin/cupsd (enforce)',
        keys: [],
      },
    ],
  ])('%s', (body, expected) => {
    expect(decode('SYSCALL', body)).toMatchObject(expected);
  });

  test.each([
    ['arch=c000003e syscall=59', ['ppid', 'pid']],
    ['arch=xyz syscall=59 ppid=1 pid=2', ['arch']],
    [`${base} syscall=1 comm=61206`, ['comm']],
    [`${base} syscall=1 exit=9223372036854775808 a0=`, ['exit', 'a0']],
    [`${base} syscall=1 success=maybe uid=root`, ['success', 'uid']],
    [`${base} syscall=1 comm="ba`, ['comm']],
  ])('bad: %s', (body, bad) => {
    expect(decode('SYSCALL', body).bad.toSorted()).toEqual(bad.toSorted());
  });
});

describe('the other kernel records', () => {
  test.each([
    ['CWD', 'cwd="/srv/workload"', { kind: 'cwd', cwd: '/srv/workload', bad: [] }],
    ['CWD', 'cwd=2F61206220', { cwd: '/a b ' }],
    ['CWD', '', { bad: ['cwd'] }],
    [
      'PATH',
      'item=1 name="/bin/x" inode=18446744073709551615 dev=fe:00 mode=0100755 ouid=0 ogid=5 ' +
        'rdev=00:00 nametype=NORMAL cap_fp=0',
      {
        kind: 'path',
        item: 1,
        name: '/bin/x',
        inode: 2n ** 64n - 1n,
        dev: 'fe:00',
        rdev: '00:00',
        mode: 0o100755,
        ouid: 0,
        ogid: 5,
        nametype: 'NORMAL',
        bad: [],
      },
    ],
    ['PATH', 'item=0 name=(null) objtype=PARENT', { name: undefined, nametype: 'PARENT' }],
    ['PATH', 'name="x" mode=9', { bad: ['item', 'mode'] }],
    ['PROCTITLE', 'proctitle=736800612062', { kind: 'proctitle', argv: ['sh', 'a b'], cut: false }],
    ['PROCTITLE', 'proctitle="(sd-pam)"', { argv: ['(sd-pam)'] }],
    ['PROCTITLE', 'proctitle=(null)', { argv: undefined, cut: false, bad: [] }],
    ['PROCTITLE', `proctitle=${'61'.repeat(128)}`, { argv: ['a'.repeat(128)], cut: true }],
    [
      'OBJ_PID',
      'opid=27074 oauid=4242 ouid=0 oses=37 ocomm="wl"',
      { kind: 'obj_pid', opid: 27074, oauid: 4242, ouid: 0, oses: 37, ocomm: 'wl', bad: [] },
    ],
    [
      'ANOM_ABEND',
      'auid=4294967295 uid=0 gid=0 ses=5 pid=9 comm="wl" exe="/wl" sig=11 res=1',
      { kind: 'anom_abend', auid: undefined, pid: 9, sig: 11, signal: 'SIGSEGV', res: true },
    ],
    [
      'LOGIN',
      'pid=26250 uid=0 old-auid=4294967295 auid=4242 tty=(none) old-ses=4294967295 ses=35 res=1',
      { kind: 'login', pid: 26250, auid: 4242, ses: 35, old_auid: undefined, res: true, bad: [] },
    ],
    [
      'LOGIN',
      'login pid=2288 uid=0 old auid=500 new auid=7 old ses=1 new ses=2',
      { pid: 2288, auid: 7, old_auid: 500, ses: 2, old_ses: 1 },
    ],
    ['EOE', '', { kind: 'eoe', bad: [] }],
    [
      'CONFIG_CHANGE',
      'auid=0 ses=2 op=add_rule key="exec" list=4 res=1',
      {
        kind: 'config_change',
        op: 'add_rule',
        keys: ['exec'],
        res: true,
      },
    ],
    [
      'DAEMON_START',
      'op=start ver=3.0.7 format=enriched auid=-1 pid=618 uid=0 res=success',
      {
        kind: 'daemon',
        type: 'DAEMON_START',
        op: 'start',
        pid: 618,
        auid: undefined,
        res: true,
      },
    ],
  ])('%s %s', (type, body, expected) => {
    expect(decode(type, body)).toMatchObject(expected);
  });

  test('a generic one field by field: hexadecimal only where a program holds the pen', () => {
    const body =
      'avc: denied path=2F61 ino=1234 code=BEEF comm=BEEF dev="sda1" name=? cmd=ABC cwd=ok';
    const decoded = decode('AVC', body);
    expect(decoded).toMatchObject({ kind: 'other', type: 'AVC', bad: ['cmd'] });
    expect(decoded.kind === 'other' && decoded.fields.map((f) => [f.name, f.value])).toEqual([
      ['', 'avc:'],
      ['', 'denied'],
      ['path', '/a'],
      ['ino', '1234'],
      ['code', 'BEEF'],
      ['comm', '\udcbe\udcef'],
      ['dev', 'sda1'],
      ['name', undefined],
      ['cmd', undefined],
      ['cwd', 'ok'],
    ]);
  });

  test('names of the prototype are no types', () => {
    expect(decode('constructor', 'a=1').kind).toBe('other');
    expect(decode('__proto__', 'a=1').kind).toBe('other');
  });
});

describe('SOCKADDR', () => {
  test.each([
    ['020000350A000001', { family: 'inet', address: '10.0.0.1', port: 53 }],
    ['0002003508080808', { family: 'inet', address: '8.8.8.8', port: 53 }],
    [
      `0A00005000000000${'0'.repeat(30)}0102000000`,
      { family: 'inet6', address: '::1', port: 80, flowinfo: 0, scope: 2 },
    ],
    [
      `0A000050000000002001${'0'.repeat(8)}${'00010000'.repeat(2)}0001`,
      { family: 'inet6', address: '2001::1:0:1:0:1', port: 80, flowinfo: 0, scope: 0 },
    ],
    [
      `0A00005000000000${'0'.repeat(20)}FFFFC0A80001`,
      { family: 'inet6', address: '::ffff:192.168.0.1', port: 80, flowinfo: 0, scope: 0 },
    ],
    [
      `0A00000100000000${'0'.repeat(32)}`,
      { family: 'inet6', address: '::', port: 1, flowinfo: 0, scope: 0 },
    ],
    ['01002F72756E2F6C6F6700FF', { family: 'unix', path: '/run/log', abstract: false }],
    ['0100006162', { family: 'unix', path: 'ab', abstract: true }],
    ['0100', { family: 'unix', path: '', abstract: false }],
    ['100000002A00000001000000', { family: 'netlink', pid: 42, groups: 1 }],
    ['11000300', { family: 'other', number: 17, data: Uint8Array.of(3, 0) }],
    ['0000', { family: 'other', number: 0, data: Uint8Array.of() }],
  ])('%s', (saddr, address) => {
    expect(decode('SOCKADDR', `saddr=${saddr}`)).toMatchObject({ address, bad: [] });
  });

  test.each(['', '02', '0200', '0A000050', '10000000', '02000', 'xyz'])('bad: %j', (saddr) => {
    expect(decode('SOCKADDR', `saddr=${saddr}`)).toMatchObject({
      address: undefined,
      bad: ['saddr'],
    });
  });
});

describe('records of programs', () => {
  test('a nested message', () => {
    const decoded = decode(
      'USER_LOGIN',
      `pid=1 uid=0 auid=1000 ses=3 subj=x msg='op=login acct="al" exe="/usr/sbin/sshd" ` +
        `hostname=? addr=10.0.0.9 terminal=ssh res=success'\x1dAUID="al" UID="root"`,
    );
    expect(decoded).toMatchObject({
      kind: 'user',
      type: 'USER_LOGIN',
      pid: 1,
      uid: 0,
      auid: 1000,
      op: 'login',
      acct: 'al',
      exe: '/usr/sbin/sshd',
      hostname: undefined,
      addr: '10.0.0.9',
      terminal: 'ssh',
      res: true,
      enriched: [
        { name: 'AUID', value: 'al' },
        { name: 'UID', value: 'root' },
      ],
      bad: [],
    });
    expect(decoded.kind === 'user' && decoded.fields.map(({ name }) => name)).toEqual([
      'pid',
      'uid',
      'auid',
      'ses',
      'subj',
    ]);
  });

  test('the old form in parentheses', () => {
    const nested =
      'PAM: session open acct="root" : exe="/usr/sbin/crond" ' +
      '(hostname=?, addr=?, terminal=cron res=success)';
    expect(decode('USER_START', `user pid=9 uid=0 auid=0 msg='${nested}'`)).toMatchObject({
      pid: 9,
      acct: 'root',
      exe: '/usr/sbin/crond',
      hostname: undefined,
      addr: undefined,
      terminal: 'cron',
      res: true,
      bad: [],
    });
  });

  test('its fields do not count as the kernel’s', () => {
    const decoded = decode('USER_CMD', `pid=5 msg='pid=6 cmd=6C73202D6C res=failed'`);
    expect(decoded).toMatchObject({ pid: 5, res: false });
    expect(decoded.kind === 'user' && decoded.message[1]).toEqual({ name: 'cmd', value: 'ls -l' });
  });

  test('a cut one', () => {
    expect(decode('USER_CMD', `pid=5 msg='op=x acct="ro`)).toMatchObject({
      op: 'x',
      acct: undefined,
      bad: ['acct', 'msg'],
    });
  });
});

describe('EXECVE', () => {
  const vector = (...bodies: string[]) => assembleExecve(execve(...bodies));

  test('of one record', () => {
    const all = vector('argc=5 a0="true" a1=612062 a2="" a3="(null)" a4=22');
    expect(all).toEqual({ args: ['true', 'a b', '', '(null)', '"'], complete: true });
    expect(vector('argc=0')).toEqual({ args: [], complete: true });
  });

  test('of several records, in any order', () => {
    const bodies = ['argc=3 a0="sh" a1_len=8 a1[0]=61C3', ' a1[1]=A962 a2="x"'];
    const expected = { args: ['sh', 'aéb', 'x'], complete: true };
    expect(vector(...bodies)).toEqual(expected);
    expect(vector(...bodies.toReversed())).toEqual(expected);
  });

  test('of quoted parts', () => {
    expect(vector('argc=1 a0_len=4 a0[0]="ab"', 'a0[1]="cd"').args).toEqual(['abcd']);
    expect(vector('argc=1 a0_len=2 a0[0]=61 a0[1]=')).toEqual({ args: ['a'], complete: true });
  });

  test.each([
    ['a lost record', ['argc=3 a0="a"'], ['a', null, null]],
    ['a lost first record', ['a1="b"'], [null, 'b']],
    ['a lost last part', ['argc=1 a0_len=8 a0[0]=6161'], [null]],
    ['a lost middle part', ['argc=1 a0_len=6 a0[0]=61', 'a0[2]=63'], [null]],
    ['a lost first part', ['argc=1', 'a0[1]=63'], [null]],
    ['unreadable hexadecimal', ['argc=2 a0=616 a1="b"'], [null, 'b']],
    ['a cut line', ['argc=2 a0="a" a1="b'], ['a', null]],
    ['two values', ['argc=2 a0="a" a1="b"', 'a1="c"'], ['a', null]],
    ['a part and a whole', ['argc=1 a0="a"', 'a0[0]="a"'], [null]],
    ['two counts', ['argc=2 a0="a"', 'argc=1'], ['a']],
    ['more than argc', ['argc=1 a0="a" a1="b"'], ['a']],
    ['no records', [], []],
  ])('%s is not complete', (_name, bodies, args) => {
    expect(vector(...bodies)).toEqual({ args, complete: false });
  });

  test('the same record twice adds nothing', () => {
    const body = 'argc=2 a0="a" a1_len=2 a1[0]=61';
    expect(vector(body, body)).toEqual({ args: ['a', 'a'], complete: true });
  });

  test('a damaged argc does not become as many nulls', () => {
    const { args, complete } = vector('argc=4000000000 a0="a"');
    expect(complete).toBe(false);
    expect(args.length).toBeLessThan(20000);
    expect(vector('a9999999="a"').args.length).toBeLessThan(20000);
  });

  test('unreadable values are named', () => {
    expect(execve('argc=x a0=zz a1="b" a2_len=q')[0]?.bad).toEqual(['argc', 'a0', 'a2_len']);
  });
});
