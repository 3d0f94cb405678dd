import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { writeAuditMessage } from '../../../src/capture/audit-lines.ts';
import { LineFeed } from '../../../src/capture/feed.ts';
import { BUFFER_BYTES, SegmentWriter } from '../../../src/capture/segments.ts';
import type { Loss, SegmentFacts } from '../../../src/model/trace.ts';
import { folderIn, ownFolder } from '../../support/folder.ts';

const LIMITS = { bytes: 1000, ms: 60_000 };

const top = ownFolder();
let folder = '';
let segments: SegmentFacts[] = [];
let losses: Loss[] = [];
let failures: string[] = [];

beforeEach(() => {
  folder = folderIn(top);
  [segments, losses, failures] = [[], [], []];
});

function writer(limits = LIMITS): SegmentWriter {
  return new SegmentWriter(folder, 'audit', limits, {
    onSegment: (segment) => segments.push(segment),
    onLoss: (loss) => losses.push(loss),
    onFailure: (reason, detail) => failures.push(`${reason} ${detail}`),
  });
}

function put(segment: SegmentWriter, line: string, type = 'EOE', time = 1): void {
  segment.reserve(line.length + 1);
  segment.used += segment.buffer.write(`${line}\n`, segment.used);
  segment.count(type, time);
}

describe('segments', () => {
  test('hold whole lines, and the account of each is true', () => {
    const segment = writer();
    for (let i = 0; i < 30; i++) {
      put(segment, `line ${i} ${'x'.repeat(90)}`, i % 2 === 0 ? 'PATH' : 'CWD', 1000 - i);
      segment.flush();
    }
    segment.close();
    expect(segments.map(({ file }) => file)).toEqual(
      ['1', '2', '3'].map((n) => `audit-00000${n}.log`),
    );
    expect(segments.reduce((sum, { records }) => sum + records, 0)).toBe(30);
    for (const { file, bytes, sha256, records, first, last, types } of segments) {
      const path = join(folder, file);
      const content = readFileSync(path);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content.toString().trimEnd().split('\n').length).toBe(records);
      expect(types.CWD + types.PATH).toBe(records);
      expect(Object.keys(types)).toEqual(['CWD', 'PATH']);
      expect((last ?? 0) - (first ?? 0) + 1).toBe(records);
    }
  });

  test('are cut by age, and only where they hold something', () => {
    const segment = writer({ bytes: 1e6, ms: 100 });
    segment.flush(0);
    put(segment, 'a');
    segment.flush(1000);
    segment.flush(1050);
    expect(segments).toEqual([]);
    segment.flush(1100);
    segment.flush(5000);
    expect(segments).toHaveLength(1);
    expect(segment.place).toEqual({ file: 'audit-000001.log', offset: 0 });
  });

  test('what cannot be written is counted, and nothing more is tried', () => {
    const segment = writer();
    put(segment, 'written');
    segment.flush();
    segment.close();
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 3; i++) put(segment, 'lost');
    segment.flush();
    put(segment, 'lost, too');
    segment.flush();
    segment.close();
    expect(failures).toEqual(['folder-gone audit-000002.log: ENOENT']);
    expect(losses.map(({ cause, count }) => [cause, count])).toEqual([['write-failed', 4]]);
    expect(segments).toHaveLength(1);
  });

  test('once stopped, no byte is written', () => {
    const segment = writer();
    segment.halt();
    put(segment, 'lost');
    segment.flush();
    segment.close();
    expect(readdirSync(folder)).toEqual([]);
    expect(losses).toMatchObject([{ cause: 'write-failed', count: 1 }]);
  });
});

describe('audit messages', () => {
  function linesOf(...messages: readonly (readonly [number, string])[]): string {
    const segment = writer();
    for (const [type, text] of messages) {
      const bytes = Buffer.alloc(3 + 16 + Buffer.byteLength(text, 'latin1') + 2, 0xee);
      bytes.writeUInt16LE(type, 3 + 4);
      const end = 19 + bytes.write(text, 19, 'latin1');
      writeAuditMessage(bytes, 3, end - 3, segment);
    }
    return segment.buffer.toString('latin1', 0, segment.used);
  }

  test('become lines as auditd writes them', () => {
    expect(linesOf([1300, 'audit(1700000000.123:45): arch=c000003e a="\xff"'])).toBe(
      'type=SYSCALL msg=audit(1700000000.123:45): arch=c000003e a="\xff"\n',
    );
    // What auditd leaves at the end of EOE, and of types that it does not know.
    expect(linesOf([1320, 'audit(1.000:2): '])).toBe('type=EOE msg=audit(1.000:2): \n');
    expect(linesOf([1999, 'audit(1.000:2): x'])).toBe('type=UNKNOWN[1999] msg=audit(1.000:2): x\n');
  });

  test('stay one line each', () => {
    expect(linesOf([1112, "audit(1.000:2): msg='a\nb'\n\0"])).toBe(
      "type=USER_LOGIN msg=audit(1.000:2): msg='a b'\n",
    );
  });

  test('from before the command are left out', () => {
    const segment = writer();
    const write = (time: string): boolean => {
      const bytes = Buffer.concat([Buffer.alloc(16), Buffer.from(`audit(${time}:1): x`)]);
      bytes.writeUInt16LE(1300, 4);
      return writeAuditMessage(bytes, 0, bytes.length, segment, 1_700_000_000_100);
    };
    expect(['1700000000.099', '1700000000.100', '?'].map(write)).toEqual([true, false, false]);
  });

  test('answers and questions of the kernel are no records', () => {
    expect(linesOf([2, 'x'], [1000, 'x'], [1329, 'x'])).toBe('');
  });
});

describe('lines from elsewhere', () => {
  test('come whole, however they are cut', () => {
    const text = `${'type=EOE msg=audit(1700000000.123:45): \n'.repeat(50)}node=a type=CWD msg=audit(1700000000.124:46): cwd="/"\njunk\ncut`;
    for (const size of [1, 7, 100, 10_000]) {
      segments = [];
      const segment = writer({ bytes: 1e6, ms: 1e6 });
      const feed = new LineFeed(segment, (loss) => losses.push(loss));
      for (let at = 0; at < text.length; at += size) {
        feed.push(Buffer.from(text.slice(at, at + size)));
      }
      feed.end();
      segment.close();
      expect(readFileSync(join(folder, 'audit-000001.log'), 'utf8')).toBe(`${text}\n`);
      expect(segments).toMatchObject([
        { records: 53, types: { EOE: 50, CWD: 1, '?': 2 }, last: 1_700_000_000_124 },
      ]);
      rmSync(join(folder, 'audit-000001.log'));
    }
    expect(losses).toEqual([]);
  });

  test('a line that is too long is left out, and said to be', () => {
    const segment = writer({ bytes: 1e9, ms: 1e6 });
    const feed = new LineFeed(segment, (loss) => losses.push(loss));
    feed.push(Buffer.from('first\n'));
    const piece = Buffer.alloc(BUFFER_BYTES / 4, 'x');
    for (let i = 0; i < 9; i++) feed.push(piece);
    feed.push(Buffer.from('\nlast\n'));
    segment.close();
    expect(readFileSync(join(folder, 'audit-000001.log'), 'utf8')).toBe('first\nlast\n');
    expect(losses).toMatchObject([{ cause: 'line-too-long', count: 1 }]);
  });
});
