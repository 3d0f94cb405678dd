import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../src/base/text.ts';
import { decodeRecord } from '../../src/record/decode.ts';
import { assembleExecve } from '../../src/record/execve.ts';
import { field, isProblem, type ParsedRecord, parseRecord } from '../../src/record/parse.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const SHAPES = join(import.meta.dirname, '../../fixtures/traces/shapes.log.gz');
const recorded = gunzipSync(readFileSync(SHAPES)).toString('latin1').split('\n').slice(0, -1);

/** Forms that the recordings lack. */
const WRITTEN = [
  `node=h type=USER_LOGIN msg=audit(1.234:5): pid=1 msg='op=login acct="a'b" res=success'\x1dUID="r"`,
  'Nov 23 05:12:10 host kernel: [ 1.5] audit: type=1300 audit(1.234:5): arch=c000003e syscall=59',
  'type=SOCKADDR msg=audit(1.234:5): saddr=020000350A000001\x1dSADDR={ saddr_fam=inet lport=53 }',
  'type=LOGIN msg=audit(1.234:5): login pid=1 uid=0 old auid=4294967295 new auid=7',
  'type=EXECVE msg=audit(1.234:5): argc=2 a0_len=4 a0[0]="ab" a0[1]=6364 a1=(null)',
];

const line = fc.constantFrom(...recorded, ...WRITTEN).map((text) => Buffer.from(text, 'latin1'));

/** Bytes that mean something in the grammar. */
const grammar = fc.constantFrom(
  ...Buffer.from(' ="\'(){}[].:0159aAFxn\x1d\r\n\0\xff\xe4', 'latin1'),
);

interface Edit {
  readonly at: number;
  readonly drop: number;
  readonly put: readonly number[];
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  drop: fc.nat(4),
  put: fc.array(grammar, { maxLength: 4 }),
});

const mutated = fc.tuple(line, fc.array(edit, { minLength: 1, maxLength: 6 })).map(
  ([start, edits]): Uint8Array =>
    edits.reduce((bytes, { at, drop, put }) => {
      const p = at % (bytes.length + 1);
      return Uint8Array.from([...bytes.subarray(0, p), ...put, ...bytes.subarray(p + drop)]);
    }, Uint8Array.from(start)),
);

/** Every field lies in the line, in order, and what is decoded ends up as a result. */
function readWhole(bytes: Uint8Array, start = 0, end = bytes.length): void {
  const parsed = parseRecord(bytes, start, end);
  if (isProblem(parsed)) {
    expect(['not-audit', 'bad-header']).toContain(parsed.problem);
    return;
  }
  expect(Number.isSafeInteger(parsed.time) && Number.isSafeInteger(parsed.serial)).toBe(true);
  let last = start;
  for (const raw of [...parsed.fields, ...parsed.enriched]) {
    expect(raw.start).toBeGreaterThanOrEqual(last);
    expect(raw.end).toBeGreaterThanOrEqual(raw.start);
    last = raw.end;
  }
  expect(last).toBeLessThanOrEqual(end);
  const decoded = decodeRecord(parsed);
  if (decoded.kind === 'execve') assembleExecve([decoded]);
}

describe('never throws and never leaves the line', () => {
  test('on mutated records', () => {
    fc.assert(
      fc.property(mutated, (bytes) => readWhole(bytes)),
      { numRuns: 5000 },
    );
  });

  test('on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readWhole(bytes)));
  });

  test('on random bytes behind a good head', () => {
    const head = [...encode('type=EXECVE msg=audit(1.234:5): ')];
    const body = fc.array(fc.oneof(grammar, fc.nat(255)), { maxLength: 200 });
    fc.assert(
      fc.property(body, (bytes) => readWhole(Uint8Array.from([...head, ...bytes]))),
      { numRuns: 2000 },
    );
  });

  test('on every cut of a line', () => {
    fc.assert(
      fc.property(line, fc.nat(), (bytes, cut) => readWhole(bytes, 0, cut % (bytes.length + 1))),
      { numRuns: 1000 },
    );
  });
});

test('what stands around a line does not change it', () => {
  const strip = (parsed: ReturnType<typeof parseRecord>, by: number): unknown =>
    isProblem(parsed)
      ? parsed
      : {
          ...parsed,
          bytes: undefined,
          fields: parsed.fields.map((raw) => [raw.name, raw.quote, raw.start - by, raw.end - by]),
          enriched: parsed.enriched.map((raw) => [raw.name, raw.start - by, raw.end - by]),
        };
  const around = fc.array(grammar, { maxLength: 8 });
  fc.assert(
    fc.property(mutated, around, around, (bytes, before, after) => {
      const all = Uint8Array.from([...before, ...bytes, ...after]);
      const inside = parseRecord(all, before.length, before.length + bytes.length);
      expect(strip(inside, before.length)).toEqual(strip(parseRecord(bytes), 0));
    }),
    { numRuns: 2000 },
  );
});

describe('time to read grows with the length alone', () => {
  const HEAD = 'type=EXECVE msg=audit(1.234:5): ';
  test.each([
    ["x='", 'apostrophes'],
    ['x="', 'quotes'],
    ['x={ ', 'braces'],
    ['a=', 'equals'],
    ['a0[0]= ', 'pieces'],
    ['a0_len=1 ', 'lengths'],
    ['w ', 'words'],
    ['old ', 'old words'],
    ["' ", 'closing apostrophes'],
    ['61', 'digits'],
  ])(
    '%j repeated',
    (unit) => {
      const tail = unit.repeat(Math.floor(200_000 / unit.length));
      for (const type of ['EXECVE', 'LOGIN', 'AVC', 'SYSCALL', 'USER_CMD']) {
        const head = HEAD.replace('EXECVE', type);
        readQuietly(encode(`${head}${tail}`));
        readQuietly(encode(`${head}msg='${tail}'`));
        readQuietly(encode(`${head}comm=${tail}`));
        readQuietly(encode(`${head}\x1d${tail}`));
      }
      readQuietly(encode(tail));
      readQuietly(encode(`${HEAD.slice(0, 22)}${tail}`));
    },
    10_000,
  );
});

function readQuietly(bytes: Uint8Array): void {
  const parsed = parseRecord(bytes);
  if (isProblem(parsed)) return;
  const decoded = decodeRecord(parsed);
  if (decoded.kind === 'execve') assembleExecve([decoded]);
}

/** How the kernel writes an untrusted string (KERNEL fact 18). */
function kernelString(bytes: Uint8Array): string {
  const plain = bytes.every((c) => c > 0x20 && c < 0x7f && c !== 0x22);
  if (plain) return `"${Buffer.from(bytes).toString('latin1')}"`;
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

function parsedAs(type: string, body: string): ParsedRecord {
  const parsed = parseRecord(encode(`type=${type} msg=audit(1795410730.382:117409): ${body}`));
  if (isProblem(parsed)) throw new Error(parsed.reason);
  return parsed;
}

test('strings that the kernel writes come back, whatever they hold', () => {
  const hostile = fc
    .constantFrom(' pid=1 type=SYSCALL msg=audit(1.2:3): ', '"', "'", '\x1d', '(null)', '?', 'AB')
    .map(encode);
  const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), hostile);
  fc.assert(
    fc.property(value, value, (comm, exe) => {
      const body = `arch=c000003e syscall=1 ppid=1 pid=2 comm=${kernelString(comm)} exe=${kernelString(exe)}`;
      const decoded = decodeRecord(parsedAs('SYSCALL', `${body} key=(null)`));
      expect(decoded).toMatchObject({
        pid: 2,
        comm: decodeText(comm),
        exe: decodeText(exe),
        keys: [],
        bad: [],
      });
    }),
    { numRuns: 1000 },
  );
});

/** An argument's fields: whole, or in parts of the given sizes. */
function argumentFields(index: number, bytes: Uint8Array, sizes: readonly number[]): string[] {
  const name = `a${index}`;
  if (sizes.length === 0) return [`${name}=${kernelString(bytes)}`];
  const hex = Buffer.from(bytes).toString('hex').toUpperCase();
  const parts: string[] = [];
  let used = 0;
  for (const size of [...sizes, bytes.length]) {
    parts.push(`${name}[${parts.length}]=${hex.slice(2 * used, 2 * (used + size))}`);
    used += size;
  }
  return [`${name}_len=${hex.length} ${parts[0]}`, ...parts.slice(1)];
}

const argument = fc.record({
  bytes: fc.uint8Array({ maxLength: 30 }),
  sizes: fc.array(fc.nat(10), { maxLength: 3 }),
});

test('argument vectors come back from any split into records, in any order', () => {
  fc.assert(
    fc.property(
      fc.array(argument, { maxLength: 6 }),
      fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
      fc.array(fc.nat(), { minLength: 31, maxLength: 31 }),
      (args, splits, order) => {
        const bodies = [`argc=${args.length}`];
        const texts = args.flatMap(({ bytes, sizes }, i) => argumentFields(i, bytes, sizes));
        for (const [i, text] of texts.entries()) {
          const last = bodies.length - 1;
          if (splits[i]) bodies.push(text);
          else bodies[last] = `${bodies[last]} ${text}`;
        }
        const records = bodies
          .map((body, i) => ({ body, key: order[i] ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ body }) => decodeRecord(parsedAs('EXECVE', body)))
          .filter((record) => record.kind === 'execve');
        const expected = args.map(({ bytes }) => decodeText(bytes));
        expect(assembleExecve(records)).toEqual({ args: expected, complete: true });
        // Without one of the records it may still be complete (the last part of an argument can
        // be empty), but then it must be right.
        const lossy = assembleExecve(records.slice(1));
        if (lossy.complete) expect(lossy.args).toEqual(expected);
        for (const [i, arg] of lossy.args.entries()) expect([null, expected[i]]).toContain(arg);
      },
    ),
    { numRuns: 500 },
  );
});

test('the head comes back', () => {
  const limit = { min: 0, max: 253402300799999 };
  fc.assert(
    fc.property(fc.integer(limit), fc.nat(4294967295), (time, serial) => {
      const milli = String(time % 1000).padStart(3, '0');
      const parsed = parseRecord(
        encode(`node=n type=CWD msg=audit(${Math.floor(time / 1000)}.${milli}:${serial}): cwd="/"`),
      );
      expect(parsed).toMatchObject({ time, serial, node: 'n', type: 'CWD' });
      if (!isProblem(parsed)) expect(field(parsed, 'cwd')).toMatchObject({ quote: '"' });
    }),
  );
});
