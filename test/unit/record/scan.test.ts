/** The scanner reads one line of a buffer that holds others. */
import { expect, test } from 'vitest';
import { RecordScanner } from '../../../src/record/scan.ts';

const STAMP = 'msg=audit(1800000000.004:12): ';
const IDS = 'auid=4242 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1';
const CALL = 'arch=c000003e syscall=57 success=yes exit=1001 a0=0 a1=1 a2=2 a3=3 items=0';
const LINES = [
  `type=SYSCALL ${STAMP}${CALL} ppid=1 pid=1000 ${IDS} comm="x" exe="/usr/bin/x" key=(null)`,
  `type=SYSCALL ${STAMP}${CALL} ppid=1 pid=1000 ${IDS} comm="x" exe="/usr/bin/x" subj=u key="k"\x1dARCH=x86_64`,
  `type=PROCTITLE ${STAMP}proctitle="x"`,
  `type=EOE ${STAMP}`,
  `type=EOE msg=audit(999999999.004:12): `,
  `type=EOE msg=audit(18000000000.004:4294967295): `,
  `node=a type=CWD ${STAMP}cwd="/srv"`,
  `type=PATH ${STAMP}item=0 name="/bin/x" nametype=NORMAL`,
  `type=EXECVE ${STAMP}argc=1 a0="x"\x1dUID="root"`,
  `type=OBJ_PID ${STAMP}opid=1001 ouid=0`,
];

/** All that a scan leaves, with ranges counted from the line's start. */
function scanned(bytes: Uint8Array, start: number, end: number): Record<string, number | boolean> {
  const scan = new RecordScanner();
  const result: Record<string, number | boolean> = { code: scan.scan(bytes, start, end) };
  if (result['code'] !== 0) return result;
  for (const [name, value] of Object.entries(scan) as [string, unknown][]) {
    if (typeof value === 'boolean') result[name] = value;
    if (typeof value !== 'number') continue;
    result[name] = /(?:Start|End)$/.test(name) && value >= start ? value - start : value;
  }
  return result;
}

test.each(LINES)('what follows the end of the line does not matter: %s', (line) => {
  const whole = Buffer.from(`${line} and=more\n${line}`, 'latin1');
  for (let end = 1; end <= line.length; end++) {
    const alone = whole.subarray(0, end);
    expect(scanned(whole, 0, end), line.slice(0, end)).toEqual(scanned(alone, 0, end));
  }
});

test.each(LINES)('nor does what comes before it: %s', (line) => {
  const bytes = Buffer.from(`${line}\n${line}\n`, 'latin1');
  const start = line.length + 1;
  expect(scanned(bytes, start, start + line.length)).toEqual(scanned(bytes, 0, line.length));
});

test.each([
  [`type=EOE msg=audit(999999999.004:12): `, 999_999_999_004],
  [`type=EOE msg=audit(1800000000.004:12): `, 1_800_000_000_004],
  [`type=EOE msg=audit(18000000000.004:12): `, 18_000_000_000_004],
])('times of nine, ten and eleven digits: %s', (line, time) => {
  expect(scanned(Buffer.from(line), 0, line.length)).toMatchObject({ code: 0, time, serial: 12 });
});
