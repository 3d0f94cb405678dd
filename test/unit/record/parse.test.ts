import { describe, expect, test } from 'vitest';
import {
  field,
  isProblem,
  type ParsedRecord,
  parseRecord,
  rawText,
} from '../../../src/record/parse.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function record(line: string): ParsedRecord {
  const result = parseRecord(encode(line));
  if (isProblem(result)) throw new Error(`${result.problem}: ${result.reason}`);
  return result;
}

function problem(line: string): string {
  const result = parseRecord(encode(line));
  return isProblem(result) ? `${result.problem}: ${result.reason}` : 'parsed';
}

const fieldsOf = (parsed: ParsedRecord): string[] =>
  parsed.fields.map(
    (raw) => `${raw.name}=${raw.quote}${rawText(parsed, raw)}${raw.quote === '' ? '' : raw.quote}`,
  );

const valueOf = (parsed: ParsedRecord, name: string): string | undefined => {
  const raw = field(parsed, name);
  return raw && rawText(parsed, raw);
};

const ID = '1795410730.382:117409';
const CWD = `CWD msg=audit(${ID}): cwd="/srv"`;

describe('the forms of a line', () => {
  test.each([
    ['auditd', `type=${CWD}`],
    ['a line end', `type=${CWD}\n`],
    ['a DOS line end', `type=${CWD}\r\n`],
    ['leading spaces', `   type=${CWD}`],
    ['a node', `node=web-1 type=${CWD}`],
    ['an unknown type', `type=UNKNOWN[1307] msg=audit(${ID}): cwd="/srv"`],
    ['the kernel log', `audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['dmesg', `[   12.345678] audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['dmesg -T', `[Mon Nov 23 05:12:10 2026] audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['kmsg', `5,1234,56789,-;audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['a priority', `<5>audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['without a tag', `type=1307 audit(${ID}): cwd="/srv"`],
    ['journalctl', `Nov 23 05:12:10 host kernel: audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['journalctl of audit', `Nov 23 05:12:10 host audit[7]: type=1307 audit(${ID}): cwd="/srv"`],
    ['syslog', `Nov 23 05:12:10 h kernel: [   1.5] audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['monotonic', `[   12.345678] host kernel: audit: type=1307 audit(${ID}): cwd="/srv"`],
    ['ISO time', `2026-11-23T05:12:10.1+00:00 h audisp-syslog[9]: type=${CWD}`],
    ['audispd', `Nov 23 05:12:10 h audispd: node=n type=${CWD}`],
  ])('%s', (_name, line) => {
    const parsed = record(line);
    expect(parsed).toMatchObject({ type: 'CWD', time: 1795410730382, serial: 117409 });
    expect(fieldsOf(parsed)).toEqual(['cwd="/srv"']);
    expect(parsed.enriched).toEqual([]);
    expect(parsed.unterminated).toBe(false);
  });

  test('the bare form has no type', () => {
    expect(record(`audit(${ID}): argc=1`)).toMatchObject({ type: 'UNKNOWN', serial: 117409 });
    expect(record(`audit: audit(${ID}): argc=1`)).toMatchObject({ type: 'UNKNOWN' });
  });

  test('tells node and host apart', () => {
    expect(record(`node=n type=${CWD}`)).toMatchObject({ node: 'n', host: undefined });
    const both = record(`Nov 23 05:12:10 h audispd: node=n type=${CWD}`);
    expect(both).toMatchObject({ node: 'n', host: 'h' });
    expect(record(`[Mon Nov 23 05:12:10 2026] audit: type=${CWD}`).host).toBeUndefined();
    expect(record(`type=${CWD}`)).toMatchObject({ node: undefined, host: undefined });
  });

  test('reads a range of a larger buffer', () => {
    const parsed = parseRecord(encode(`XX type=${CWD}XX`), 3, 8 + CWD.length);
    expect(isProblem(parsed) ? [] : fieldsOf(parsed)).toEqual(['cwd="/srv"']);
  });

  test('numbers without a name', () => {
    expect(record(`type=9999 audit(${ID}): `).type).toBe('UNKNOWN[9999]');
    expect(record(`type=UNKNOWN[9999] msg=audit(${ID}): `).type).toBe('UNKNOWN[9999]');
  });

  test('the last times and serials', () => {
    const parsed = record('type=EOE msg=audit(9999999999.999:9007199254740991): ');
    expect(parsed).toMatchObject({ time: 9999999999999, serial: Number.MAX_SAFE_INTEGER });
    expect(record('type=EOE msg=audit(0.000:0):')).toMatchObject({ time: 0, serial: 0 });
  });
});

describe('what is no record', () => {
  test.each([
    ['', 'not-audit: the line is empty'],
    ['\r\n', 'not-audit: the line is empty'],
    ['hello world', 'not-audit: neither type= nor audit(SEC.MS:SERIAL) begins it'],
    ['----', 'not-audit: a separator of ausearch'],
    ['time->Mon Nov 23 05:12:10 2026', 'not-audit: a separator of ausearch'],
    [
      'Nov 23 05:12:10 host audit[1234]: SYSCALL arch=c000003e syscall=59',
      "not-audit: journald's short form holds no serial",
    ],
    ['SYSCALL arch=c000003e syscall=59', "not-audit: journald's short form holds no serial"],
    [`type= msg=audit(${ID}): `, 'not-audit: type= is empty'],
    [`node=n msg=audit(${ID}): `, 'not-audit: neither type= nor audit(SEC.MS:SERIAL) begins it'],
    ['type=SYSCALL', 'bad-header: no audit(SEC.MS:SERIAL) follows the type'],
    ['type=info msg=started', 'bad-header: no audit(SEC.MS:SERIAL) follows the type'],
    [
      'type=SYSCALL msg=audit(11/23/26 05:12:10.382:117409) : arch=x86_64',
      'bad-header: the time is interpreted: use ausearch --raw',
    ],
    ['type=X msg=audit(x.382:1): ', 'bad-header: the time is unreadable'],
    ['type=X msg=audit(', 'bad-header: the time is unreadable'],
    ['type=X msg=audit(1.38:1): ', 'bad-header: the milliseconds are unreadable'],
    ['type=X msg=audit(1.3822:1): ', 'bad-header: the milliseconds are unreadable'],
    ['type=X msg=audit(1.', 'bad-header: the milliseconds are unreadable'],
    ['type=X msg=audit(1.382:): ', 'bad-header: the serial is unreadable'],
    ['type=X msg=audit(1.382:12', 'bad-header: no "):" follows the serial'],
    ['type=X msg=audit(1.382:12) x', 'bad-header: no "):" follows the serial'],
    ['type=X msg=audit(253402300800.000:1): ', 'bad-header: the time is out of range'],
    ['type=X msg=audit(1.382:9007199254740993): ', 'bad-header: the serial is out of range'],
  ])('%j', (line, reason) => {
    expect(problem(line)).toBe(reason);
  });

  test.each([
    ['another program', `Nov 23 05:12:10 host evil[9]: type=${CWD}`],
    ['one that names the tag', `Nov 23 05:12:10 host evil: kernel: audit: type=${CWD}`],
    ['in the middle of a message', `Nov 23 05:12:10 host kernel: evil type=${CWD}`],
    ['behind a field', `user=evil kernel: type=${CWD}`],
  ])('a record posed by %s', (_name, line) => {
    expect(problem(line)).toMatch(/^not-audit/);
  });
});

describe('fields', () => {
  test('of every form', () => {
    const body = 'a=1 b="two words" tty=(none) key= stray =x list={ read } p=x=y';
    expect(fieldsOf(record(`type=X msg=audit(${ID}): ${body}`))).toEqual([
      'a=1',
      'b="two words"',
      'tty=(none)',
      'key=',
      '=stray',
      '=x',
      'list={',
      '=read',
      '=}',
      'p=x=y',
    ]);
  });

  test('a quoted value cannot pose as fields', () => {
    const forged = ' pid=1 type=SYSCALL msg=audit(1.2:3): ';
    const parsed = record(`type=X msg=audit(${ID}): comm="${forged}" pid=7`);
    expect(parsed).toMatchObject({ type: 'X', serial: 117409 });
    expect(valueOf(parsed, 'comm')).toBe(forged);
    expect(valueOf(parsed, 'pid')).toBe('7');
  });

  test('a nested message ends at the last apostrophe', () => {
    const nested = `op=login acct="O'Brien" res='`;
    const parsed = record(`type=USER_LOGIN msg=audit(${ID}): pid=1 msg='${nested}'\x1dUID="x'y"`);
    expect(fieldsOf(parsed)).toEqual(['pid=1', `msg='${nested}'`]);
    expect(parsed.enriched.map((raw) => [raw.name, rawText(parsed, raw)])).toEqual([
      ['UID', "x'y"],
    ]);
  });

  test('what follows a closing quote is no part of the value', () => {
    expect(fieldsOf(record(`type=X msg=audit(${ID}): a="x"b=2 c="",d`))).toEqual([
      'a="x"',
      'b=2',
      'c=""',
      '=,d',
    ]);
  });

  test.each(['comm="bas', 'comm="', "msg='op=x", "msg='"])('a cut value: %j', (body) => {
    expect(record(`type=X msg=audit(${ID}): ${body}`).unterminated).toBe(true);
  });

  test('a cut value ends with its line', () => {
    const line = encode(`type=X msg=audit(${ID}): comm="bas\ntype=Y a="b"`);
    const parsed = parseRecord(line, 0, line.indexOf(10));
    expect(parsed).toMatchObject({ unterminated: true });
    expect(isProblem(parsed) ? undefined : valueOf(parsed, 'comm')).toBe('bas');
  });

  test('enriched copies stand apart', () => {
    const parsed = record(`type=X msg=audit(${ID}): uid=0\x1dARCH=x86_64 UID="root user"`);
    expect(fieldsOf(parsed)).toEqual(['uid=0']);
    expect(parsed.enriched.map((raw) => [raw.name, rawText(parsed, raw)])).toEqual([
      ['ARCH', 'x86_64'],
      ['UID', 'root user'],
    ]);
  });

  test('an enriched socket address is one value', () => {
    const inner = ' saddr_fam=local path=/run/a"}b ';
    const parsed = record(`type=SOCKADDR msg=audit(${ID}): saddr=01\x1dX=1 SADDR={${inner}}`);
    expect(parsed.enriched.map((raw) => [raw.name, rawText(parsed, raw)])).toEqual([
      ['X', '1'],
      ['SADDR', inner],
    ]);
  });

  test('odd bytes survive', () => {
    const line = Uint8Array.from([...encode(`type=X msg=audit(${ID}): a=`), 0xff, 0, 0xc3, 0xa9]);
    const parsed = parseRecord(line);
    expect(isProblem(parsed) ? '' : valueOf(parsed, 'a')).toBe('\udcff\0é');
  });
});
