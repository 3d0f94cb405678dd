import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../../src/record/decode.ts';
import type { DecodedRecord } from '../../../../src/record/decoded.ts';
import { isProblem, parseRecord } from '../../../../src/record/parse.ts';
import { anonymizer } from '../../../support/anonymized.ts';

const by = anonymizer('key', [], true);

function line(text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  return by.line(undefined, bytes, 0, bytes.length, true)?.toString('latin1');
}

function decoded(text: string | undefined): DecodedRecord {
  const record = parseRecord(Buffer.from(text ?? '', 'latin1'));
  if (isProblem(record)) throw new Error(`${record.reason}: ${text}`);
  return decodeRecord(record);
}

const words = (text: string): string => by.texts.string(text);
const STAMP = 'msg=audit(1700000000.123:42):';

/** Lines in each form, with the secrets that must not be seen. */
const FORMS: readonly (readonly [name: string, line: string, secrets: readonly string[]])[] = [
  [
    'USER_LOGIN',
    `node=web17 type=USER_LOGIN ${STAMP} pid=7 uid=0 auid=1234 ses=3 subj=unconfined_u:sysadm_r msg='op=login acct="alice" exe="/usr/sbin/sshd" hostname=gate.corp.example addr=10.20.30.40 terminal=/dev/pts/7 res=success'\x1dUID="root" AUID="alice"`,
    ['web17', 'alice', 'sshd', 'gate', 'corp', 'example', '10.20.30.40', 'pts/7', '1234', 'sysadm'],
  ],
  [
    'an old user message',
    `type=CRED_ACQ ${STAMP} user pid=7 uid=0 auid=1234 msg='PAM: setcred acct=bobby : exe="/usr/sbin/crond" (hostname=zoohost, addr=10.9.8.7, terminal=cron res=success)'`,
    ['bobby', 'crond', 'zoohost', '10.9.8.7', 'setcred'],
  ],
  [
    'a message that is any text',
    `type=USER ${STAMP} pid=7 uid=0 auid=0 ses=1 msg='my secret plan: sell=acme pid=77123 text="top \\' end'`,
    ['secret', 'plan', 'sell', 'acme', '77123', 'top'],
  ],
  [
    'a syslog prefix',
    'Nov 23 11:44:49 dbserver kernel: [  123.456789] audit: type=1300 audit(1700000000.123:42): arch=c000003e syscall=59 success=no exit=-2 a0=1 a1=2 a2=3 a3=4 items=1 ppid=1 pid=7 auid=1234 uid=1000 gid=1000 tty=pts9 ses=2 comm="vaultd" exe="/opt/acme/vaultd" key="watch-acme"',
    ['dbserver', 'vaultd', 'acme', 'pts9', '1234'],
  ],
  [
    'hexadecimal text',
    `type=PATH ${STAMP} item=0 name=${Buffer.from('/home/alice/my diary.txt').toString('hex').toUpperCase()} inode=987654 dev=fe:00 mode=0100644 ouid=1000 ogid=1000 rdev=00:00 nametype=NORMAL obj=system_u:object_r:acme_t cap_fp=0`,
    ['alice', 'diary', '987654', 'acme', Buffer.from('diary').toString('hex').toUpperCase()],
  ],
  [
    'arguments in parts',
    `type=EXECVE ${STAMP} argc=3 a0="deploy" a1_len=14 a1[0]="supersecre" a1[1]="tpwd" a2=${Buffer.from('pass word').toString('hex').toUpperCase()}`,
    ['deploy', 'supersecre', 'tpwd', 'pass', 'word'],
  ],
  [
    'a terminal that was recorded',
    `type=TTY ${STAMP} tty pid=9 uid=0 auid=1234 ses=2 major=136 minor=1 comm="bash" data=${Buffer.from('hunter2\r').toString('hex').toUpperCase()}`,
    ['hunter2', Buffer.from('hunter').toString('hex').toUpperCase(), 'bash'],
  ],
  [
    'a type that nobody knows',
    `type=ACMECORP ${STAMP} pid=7 acmefield=acmevalue`,
    ['ACMECORP', 'acmefield', 'acmevalue'],
  ],
  [
    'DAEMON_START',
    `type=DAEMON_START ${STAMP} op=start ver=3.0.9 format=enriched kernel=6.1.0-acme auid=1234 pid=88 uid=0 ses=4 res=success`,
    ['acme', '1234', '3.0.9'],
  ],
  [
    'an address in its enriched form',
    `type=SOCKADDR ${STAMP} saddr=020001BB0A141E28000000000000000000\x1dSADDR={ saddr_fam=inet laddr=10.20.30.40 lport=443 }`,
    ['10.20.30.40', '0A141E28', '443'],
  ],
];

test.each(FORMS)('%s tells nothing', (_, text, secrets) => {
  const made = line(text);
  expect(made).toBeDefined();
  for (const secret of secrets) expect(made).not.toContain(secret);
  // It can be read, and says the same kind of thing.
  expect(decoded(made).type.length).toBe(decoded(text).type.length);
  expect(decoded(made).bad.length).toBe(decoded(text).bad.length);
});

test('the same name is the same one wherever it stands', () => {
  const login = line(FORMS[0][1]);
  const user = decoded(login);
  expect(user).toMatchObject({
    kind: 'user',
    node: words('web17'),
    acct: words('alice'),
    exe: words('/usr/sbin/sshd'),
    addr: words('10.20.30.40'),
    res: true,
    pid: 7,
    ses: 3,
  });
  expect(login).toContain(`AUID="${words('alice')}"`);
  const path = decoded(line(FORMS[4][1]));
  expect(path).toMatchObject({ name: words('/home/alice/my diary.txt'), mode: 0o100644, item: 0 });
  expect(words('/home/alice/my diary.txt')).toContain(`/${words('alice')}/`);
});

test('an address is the same in text and in a socket', () => {
  const socket = decoded(line(FORMS[9][1]));
  expect(socket).toMatchObject({ address: { family: 'inet', address: words('10.20.30.40') } });
  expect(line(FORMS[9][1])).toContain(`laddr=${words('10.20.30.40')}`);
  expect(words('10.20.30.40')).toMatch(/^\d\d\.\d\d\.\d\d\.\d\d$/);
});

test('lengths of arguments stay, and so do hexadecimal and quotes', () => {
  const made = line(FORMS[5][1]) ?? '';
  expect(made.length).toBe(FORMS[5][1].length);
  expect(made).toMatch(
    / argc=3 a0="\w{6}" a1_len=14 a1\[0\]="\w{10}" a1\[1\]="\w{4}" a2=[0-9A-F]{18}$/,
  );
});

test('a task keeps the name of its program, cut to fifteen bytes', () => {
  const text = (comm: string, exe: string): string =>
    `type=SYSCALL ${STAMP} arch=c000003e syscall=1 ppid=1 pid=2 uid=0 auid=0 ses=1 comm="${comm}" exe="${exe}"`;
  const made = decoded(line(text('a=b-c=d-e=f-g=h', '/x/a=b-c=d-e=f-g=hidden')));
  if (made.kind !== 'syscall') throw new Error(made.kind);
  expect(made.comm).toBe(made.exe?.split('/').at(-1)?.slice(0, 15));
  const other = decoded(line(text('worker', '/x/program')));
  expect(other).toMatchObject({ comm: words('worker'), exe: words('/x/program') });
});

test('what says nothing stays as it is', () => {
  const text = `type=SYSCALL ${STAMP} arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=7ff a2=0 a3=8 items=2 ppid=1 pid=2 auid=4294967295 uid=0 gid=33 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=65534 tty=(none) ses=4294967295 comm=(null) exe=? key=(null)`;
  expect(line(text)).toBe(text);
  expect(line(`type=EOE ${STAMP} `)).toBe(`type=EOE ${STAMP} `);
});

describe('lines that analysis cannot read are left out', () => {
  test.each([
    'the password is hunter2',
    `type=SYSCALL msg=audit(hunter2): x`,
    `type=SYSCALL ${STAMP} comm="hunter2"`,
    '{"t":1}',
  ])('%s', (text) => {
    expect(line(text)).toBeUndefined();
  });

  test('and a last one that is torn', () => {
    const bytes = Buffer.from(`type=CWD ${STAMP} cwd="/home/ali`);
    expect(by.line(undefined, bytes, 0, bytes.length, false)).toBeUndefined();
    expect(by.line(undefined, bytes, 0, bytes.length, true)).toBeDefined();
  });
});

test('times are moved by whole seconds, and all alike', () => {
  const moving = anonymizer('key');
  expect(moving.shift % 1000).toBe(0);
  expect(moving.shift).toBeGreaterThan(0);
  const bytes = Buffer.from(`type=EOE ${STAMP} `);
  const seconds = 1700000000 + moving.shift / 1000;
  expect(moving.line(undefined, bytes, 0, bytes.length, true)?.toString()).toBe(
    `type=EOE msg=audit(${seconds}.123:42): `,
  );
});
