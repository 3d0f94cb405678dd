import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fault } from '../../../src/model/fault.ts';
import { openInputs } from '../../../src/source/inputs.ts';
import { ownFolder } from '../../support/folder.ts';

const RECORD = 'type=EOE msg=audit(1795410730.382:117409): \n';

const folder = ownFolder();

function put(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything that the arguments give: names with their bytes, and the faults. */
async function readAll(
  args: readonly string[],
  stdin?: AsyncIterable<Uint8Array>,
): Promise<{ inputs: [string, Buffer][]; faults: Fault[] }> {
  const faults: Fault[] = [];
  const inputs: [string, Buffer][] = [];
  const onFault = (fault: Fault): void => {
    faults.push(fault);
  };
  const options = stdin === undefined ? { onFault } : { onFault, stdin };
  for await (const { name, chunks } of openInputs(args, options)) {
    const kept: Buffer[] = [];
    for await (const chunk of chunks) kept.push(Buffer.from(chunk));
    inputs.push([name, Buffer.concat(kept)]);
  }
  return { inputs, faults };
}

async function readStdin(bytes: Uint8Array, size: number): Promise<Buffer> {
  const { inputs, faults } = await readAll(['-'], pieces(bytes, size));
  expect(faults).toEqual([]);
  expect(inputs.map(([name]) => name)).toEqual(['-']);
  return inputs[0][1];
}

/** Many different lines, so that gzip has something to do. */
function manyLines(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => `${Math.sin(i)} ${RECORD}`).join(''));
}

test('a file larger than the buffers comes whole and in order', async () => {
  const text = manyLines(60_000);
  expect(text.length).toBeGreaterThan(3 << 20);
  const path = put('large', text);
  const { inputs, faults } = await readAll([path, path]);
  expect(faults).toEqual([]);
  expect(inputs.map(([name, bytes]) => [name, bytes.equals(text)])).toEqual([
    [path, true],
    [path, true],
  ]);
});

test.each([0, 1, 2, 3])('a file of %i bytes', async (length) => {
  const path = put('short', 'abc'.slice(0, length));
  expect((await readAll([path])).inputs).toEqual([[path, Buffer.from('abc'.slice(0, length))]]);
});

test('gzip is known by its content, not by its name', async () => {
  const plain = put('plain.gz', RECORD);
  const zipped = put('zipped.log', gzipSync(RECORD));
  const { inputs, faults } = await readAll([plain, zipped]);
  expect(faults).toEqual([]);
  for (const [, bytes] of inputs) expect(bytes.toString()).toBe(RECORD);
});

test('standard input, plain and gzip, in pieces of any size', async () => {
  const members = fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(members, fc.integer({ min: 1, max: 70 }), async (texts, size) => {
      const text = Buffer.from(texts.join(''));
      expect(await readStdin(Buffer.concat(texts.map((part) => gzipSync(part))), size)).toEqual(
        text,
      );
      expect(await readStdin(Buffer.concat([Buffer.from('t'), text]), size)).toEqual(
        Buffer.concat([Buffer.from('t'), text]),
      );
    }),
    { numRuns: 40 },
  );
});

test('concatenated members that end where pieces end', async () => {
  const member = gzipSync(RECORD);
  const many = Buffer.concat(Array.from({ length: 3000 }, () => member));
  const path = put('members', many);
  const expected = RECORD.repeat(3000);
  expect((await readAll([path])).inputs[0][1].toString()).toBe(expected);
  expect((await readStdin(many, member.length)).toString()).toBe(expected);
});

test('zeros after gzip are padding', async () => {
  for (const zeros of [1, 512, 100_000]) {
    const path = put('padded', Buffer.concat([gzipSync(RECORD), Buffer.alloc(zeros)]));
    const { inputs, faults } = await readAll([path]);
    expect(faults).toEqual([]);
    expect(inputs[0][1].toString()).toBe(RECORD);
  }
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 0x55;
  return copy;
}

const LINES = manyLines(3000);
const ZIPPED = gzipSync(LINES);

test.each([
  ['cut in the middle', ZIPPED.subarray(0, ZIPPED.length >> 1), 0.3],
  ['cut by a byte', ZIPPED.subarray(0, -1), 1],
  ['with a wrong checksum', flipped(ZIPPED, ZIPPED.length - 6), 1],
  ['with rubbish after it', Buffer.concat([ZIPPED, Buffer.from('rubbish')]), 1],
  ['with rubbish after padding', Buffer.concat([ZIPPED, Buffer.alloc(9), ZIPPED]), 1],
  ['of a header alone', ZIPPED.subarray(0, 7), 0],
])('gzip %s gives what came before the damage', async (_, bytes, share) => {
  const path = put('damaged', bytes);
  const { inputs, faults } = await readAll([path]);
  const [[, got]] = inputs;
  expect(got.equals(LINES.subarray(0, got.length))).toBe(true);
  expect(got.length).toBeGreaterThanOrEqual(Math.floor(LINES.length * share));
  expect(faults).toMatchObject([{ kind: 'gzip-damaged', input: path, offset: got.length }]);
});

test('wherever gzip is damaged: no exception, no hang, one fault at most, the same each time', async () => {
  const zipped = gzipSync(RECORD.repeat(5));
  const place = fc.nat({ max: zipped.length - 1 });
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, bits, cut) => {
        const bytes = cut ? Buffer.from(zipped.subarray(0, at + 2)) : Buffer.from(zipped);
        if (!cut) bytes[at] ^= bits;
        const path = put('any', bytes);
        const first = await readAll([path]);
        expect(first.faults.length).toBeLessThanOrEqual(1);
        expect(await readAll([path])).toEqual(first);
        await readAll(['-'], pieces(bytes, 7));
      },
    ),
  );
});

test('what cannot be read is a fault and hides nothing', async () => {
  const good = put('good', RECORD);
  const missing = join(folder, 'missing');
  const { inputs, faults } = await readAll([missing, good, join(good, 'x')]);
  expect(inputs.map(([name]) => name)).toEqual([good]);
  expect(faults).toEqual([
    {
      kind: 'unreadable',
      severity: 'error',
      stage: 'source',
      reason: 'no such file or folder',
      input: missing,
    },
    expect.objectContaining({ reason: 'a part of the path is not a folder' }),
  ]);
});

test('standard input that breaks off is a fault, and what came is used', async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(RECORD);
    throw new Error('gone');
  }
  const { inputs, faults } = await readAll(['-'], broken());
  expect(inputs[0][1].toString()).toBe(RECORD);
  expect(faults).toMatchObject([{ kind: 'unreadable', input: '-', offset: RECORD.length }]);
});

test('a folder gives its logs by name, and nothing else', async () => {
  const logs = join(folder, 'logs');
  const wanted = [
    'A.log',
    'audit.log',
    'audit.log.1',
    'audit.log.10.gz',
    'audit.log.2.gz',
    'torn.gz',
  ];
  put('logs/A.log', `\0\xff${RECORD}`);
  put('logs/audit.log', RECORD);
  put('logs/audit.log.1', `node=a ${RECORD}`);
  put('logs/audit.log.10.gz', gzipSync(RECORD));
  put('logs/audit.log.2.gz', gzipSync(RECORD));
  put('logs/torn.gz', Buffer.concat([gzipSync('').subarray(0, 9), Buffer.from('\xff'.repeat(40))]));
  put('logs/.hidden', RECORD);
  put('logs/notes.txt', 'nothing of interest\n');
  put('logs/other.gz', gzipSync('nothing of interest\n'));
  put('logs/empty', '');
  put('logs/deeper/audit.log', RECORD);
  symlinkSync('nowhere', join(logs, 'dangling'));
  for (const name of [logs, `${logs}/`]) {
    const { inputs, faults } = await readAll([name]);
    expect(inputs.map(([path]) => path)).toEqual(wanted.map((file) => join(logs, file)));
    expect(faults.map((fault) => [fault.kind, fault.input])).toEqual([
      ['unreadable', join(logs, 'dangling')],
      ['gzip-damaged', join(logs, 'torn.gz')],
    ]);
  }
});

test('a folder without logs is a fault', async () => {
  put('bare/notes.txt', 'nothing of interest\n');
  const { inputs, faults } = await readAll([join(folder, 'bare')]);
  expect(inputs).toEqual([]);
  expect(faults).toMatchObject([{ kind: 'unreadable', reason: 'no audit log in this folder' }]);
});

test('progress counts the bytes on disk', async () => {
  const paths = [put('p1', manyLines(30_000)), put('p2', ZIPPED)];
  const sizes = [manyLines(30_000).length, ZIPPED.length];
  const seen: [number, number | undefined][] = [];
  const options = {
    onFault: () => {},
    onProgress: (read: number, total: number | undefined) => {
      seen.push([read, total]);
    },
  };
  for await (const { chunks } of openInputs(paths, options)) for await (const _ of chunks);
  const all = sizes[0] + sizes[1];
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.every(([, total]) => total === all)).toBe(true);
  expect(seen.at(-1)?.[0]).toBe(all);
  seen.length = 0;
  const stdin = pieces(ZIPPED, 1000);
  for await (const { chunks } of openInputs(['-'], { ...options, stdin }))
    for await (const _ of chunks);
  expect(seen.at(-1)).toEqual([ZIPPED.length, undefined]);
});

test('an input that is left early is closed', async () => {
  const path = put('left', LINES);
  for (let i = 0; i < 50; i++) {
    for await (const { chunks } of openInputs([path, path], { onFault: () => {} })) {
      for await (const chunk of chunks) if (chunk.length > 0) break;
    }
  }
  expect((await readAll([path])).inputs[0][1].equals(LINES)).toBe(true);
});
