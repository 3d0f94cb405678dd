/** Anonymizing anything: it never throws, gives lines that can be read, and lets no secret through. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Analyzer } from '../../src/pipeline.ts';
import { isProblem, parseRecord } from '../../src/record/parse.ts';
import { shapeDigest } from '../../src/replay/shape.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { PROFILES } from '../../src/testing/kernel/types.ts';
import { anonymized, anonymizedDocument, anonymizer, withoutParts } from '../support/anonymized.ts';
import { analyzed } from '../support/cutting.ts';

const SEED = 11;
const TIMES = Number(process.env.GODO_RUNS ?? 1);
const by = anonymizer('key');
const CONNECTOR = { host: 'h', boot: 'h/1', connector: { offset: 0 } };

/**
 * Words that no grammar of records has, and long enough not to be met by chance. Numbers are not
 * among them: those of the kernel's own fields stay.
 */
const SECRETS = ['zq7alice', 'xk9-corp.example', 'Jw0Passwort', 'qqv\u00fc\u00dfqqvv'];

const secret = fc.constantFrom(...SECRETS);
const junk = fc.string({ unit: 'grapheme', maxLength: 12 });
const marks = fc.constantFrom(
  ' ',
  '/',
  '=',
  '"',
  "'",
  ',',
  ':',
  '\x1d',
  '(',
  ')',
  '{',
  '}',
  '\0',
  '',
);
/** Text with secrets in it. */
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: secret }, marks, fc.constantFrom('pid', 'a0', 'x')), {
    maxLength: 8,
  })
  .map((parts) => parts.join(' ').trim());

const hex = (value: string): string => Buffer.from(value).toString('hex').toUpperCase();
const name = fc.oneof(
  fc.constantFrom('comm', 'exe', 'key', 'name', 'acct', 'hostname', 'addr', 'op', 'subj', 'pid'),
  fc.constantFrom('a0', 'a1', 'a2[0]', 'saddr', 'data', 'uid', 'inode', 'cwd', 'proctitle', 'msg'),
  fc.constantFrom(...SECRETS.filter((one) => !one.includes(' '))),
);
const value = fc.oneof(
  text.map((one) => `"${one.replaceAll('"', '')}"`),
  text.map(hex),
  text.map((one) => one.replaceAll(/[ "']/g, '') || '?'),
  text.map((one) => `'op=x ${one} acct="${one.replaceAll('"', '')}"'`),
  fc.constantFrom('(null)', '?', '0', '4294967295', 'yes'),
);
const type = fc.oneof(
  fc.constantFrom('SYSCALL', 'EXECVE', 'CWD', 'PATH', 'PROCTITLE', 'USER_AUTH', 'AVC', 'LOGIN'),
  fc.constantFrom(
    'SOCKADDR',
    'OBJ_PID',
    'ANOM_ABEND',
    'DAEMON_START',
    'CONFIG_CHANGE',
    'TTY',
    '1300',
  ),
  secret.map((one) => one.toUpperCase()),
);
const SUBJECT = 'arch=c000003e syscall=59 ppid=1 pid=2 opid=3 sig=9 item=0 cwd="/"';
const head = fc.constantFrom(
  '',
  'node=zq7alice ',
  'Nov 23 11:44:49 xk9-corp.example kernel: [ 1.2] audit: ',
);
const record = fc
  .tuple(head, type, fc.array(fc.tuple(name, value), { maxLength: 8 }), fc.boolean(), text)
  .map(([lead, kind, fields, isFirst, end]) => {
    const own = fields.map(([field, one]) => `${field}=${one}`).join(' ');
    const body = isFirst ? `${own} ${SUBJECT}` : `${SUBJECT} ${own}`;
    return `${lead}type=${kind} msg=audit(1700000000.123:7): ${body}${end === '' ? '' : `\x1d${end}`}`;
  });

function line(bytes: Uint8Array, origin?: typeof CONNECTOR): Buffer | undefined {
  return by.line(origin, bytes, 0, bytes.length, true);
}

function expectNothingLeft(made: string): void {
  for (const one of SECRETS) {
    for (const form of [Buffer.from(one).toString('latin1'), hex(one), one.toUpperCase()]) {
      expect(made).not.toContain(form);
    }
  }
}

test('records with secrets anywhere', () => {
  fc.assert(
    fc.property(record, (one) => {
      const made = line(Buffer.from(one));
      if (made === undefined) return;
      expectNothingLeft(made.toString('latin1'));
      expect(isProblem(parseRecord(made))).toBe(false);
      expect(made.includes(10)).toBe(false);
    }),
    { numRuns: 3000 * TIMES, seed: SEED },
  );
});

test('most of such records get through', () => {
  const lines = fc.sample(record, { numRuns: 500, seed: SEED });
  const through = lines.filter((one) => line(Buffer.from(one)) !== undefined);
  expect(through.length).toBeGreaterThan(400);
});

test('any bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, junk, (one, prefix) => {
      line(one);
      line(Buffer.concat([Buffer.from(`type=${prefix}`), one]));
      line(Buffer.concat([Buffer.from('type=SYSCALL msg=audit(1.000:2): '), one]));
      line(Buffer.concat([Buffer.from('type=SOCKADDR msg=audit(1.000:2): saddr='), one]));
      line(one, CONNECTOR);
      by.traces.hint(one);
    }),
    { numRuns: 2000 * TIMES, seed: SEED },
  );
});

test('the connector says no more than numbers', () => {
  const fields = fc.dictionary(
    fc.oneof(secret, fc.constantFrom('pid', 'cpu', 'code')),
    fc.oneof(secret, fc.integer()),
  );
  fc.assert(
    fc.property(fields, (more) => {
      const told = JSON.stringify({ t: 123, ev: 'fork', tgid: 7, ...more });
      const made = line(Buffer.from(told), CONNECTOR)?.toString() ?? '';
      expectNothingLeft(made);
      const hint = by.traces.hint(
        Buffer.from(JSON.stringify({ t: 5, pid: 7, ...more, cgroup: '/zq7alice' })),
      );
      expectNothingLeft(hint ?? '');
    }),
    { numRuns: 300 * TIMES, seed: SEED },
  );
});

test.each(PROFILES)('histories of %s keep their shape and their documents', (profile) => {
  fc.assert(
    fc.property(programs(profile, { most: 40 }), (plan) => {
      const { lines } = simulate(plan);
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      const inputs = [{ name: 'a.log', bytes }];
      const before = analyzed(inputs).processes;
      const other = anonymized(inputs, by);
      expect(other.leftOut).toBe(0);
      const after = analyzed(other.inputs).processes;
      expect(shapeDigest(after)).toBe(shapeDigest(before));
      const ids = new Map(after.map((process) => [process._id, process]));
      for (const process of before) {
        const expected = withoutParts(anonymizedDocument(process, by));
        const made = ids.get(expected._id);
        expect(made && withoutParts(made)).toEqual(expected);
      }
    }),
    { numRuns: 8 * TIMES, seed: SEED },
  );
});

test('a shape is another one when something else happened', () => {
  const shapeOf = (log: string): string => {
    const analyzer = new Analyzer();
    analyzer.open('a.log');
    analyzer.push(Buffer.from(log));
    analyzer.close();
    return shapeDigest(analyzer.finish().processes);
  };
  const call = (serial: number, pid: number, rest: string): string =>
    `type=SYSCALL msg=audit(1700000000.${String(serial).padStart(3, '0')}:${serial}): arch=c000003e ${rest} ppid=1 pid=${pid} auid=0 uid=0 ses=1 comm="x" exe="/x"\n`;
  const fork = call(1, 10, 'syscall=57 success=yes exit=11');
  const end = call(2, 11, 'syscall=231 a0=0');
  const shapes = [
    shapeOf(fork + end),
    shapeOf(fork),
    shapeOf(fork + call(2, 11, 'syscall=231 a0=1')),
    shapeOf(fork + call(3, 11, 'syscall=231 a0=0')),
    shapeOf(fork + call(2, 12, 'syscall=231 a0=0')),
  ];
  expect(new Set(shapes).size).toBe(shapes.length);
  expect(shapeOf(fork + end.replace('"/x"', '"/y"'))).toBe(shapes[0]);
});
