import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Analysis } from '../../src/model/analysis.ts';
import type { FaultKind } from '../../src/model/fault.ts';
import { exitStatus } from '../../src/cli/analysis.ts';
import { linesAsText, OutputError, writeAll } from '../../src/cli/output/output.ts';
import { ProgressBar } from '../../src/cli/progress.ts';
import { terminalOf } from '../../src/cli/terminal.ts';

test.each([
  ['a pipe', {}, {}, { width: Number.POSITIVE_INFINITY, color: false }],
  ['a pipe with COLUMNS', { columns: 80 }, {}, { width: Number.POSITIVE_INFINITY, color: false }],
  ['a terminal', { isTTY: true, columns: 100 }, {}, { width: 100, color: true }],
  ['a terminal of unknown width', { isTTY: true, columns: 0 }, {}, { width: 80, color: true }],
  ['NO_COLOR', { isTTY: true, columns: 90 }, { NO_COLOR: '1' }, { width: 90, color: false }],
  ['an empty NO_COLOR', { isTTY: true, columns: 90 }, { NO_COLOR: '' }, { width: 90, color: true }],
])('%s', (_, stream, env, expected) => {
  expect(terminalOf(stream, env)).toEqual(expected);
});

class Sink extends Writable {
  readonly written: string[] = [];
  readonly #failure: (Error & { code?: string }) | undefined;

  constructor(failure?: Error & { code?: string }) {
    super({ highWaterMark: 1 });
    this.#failure = failure;
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    if (this.written.length === 2 && this.#failure !== undefined) done(this.#failure);
    else {
      this.written.push(chunk.toString());
      setImmediate(done);
    }
  }
}

test('output waits for the reader and stops with it', async () => {
  let made = 0;
  function* chunks(): Generator<string, void> {
    for (; made < 5; made++) yield `${made}`;
  }
  const sink = new Sink();
  expect(await writeAll(sink, chunks())).toBe('written');
  expect(sink.written).toEqual(['0', '1', '2', '3', '4']);
  made = 0;
  const closed = new Sink(Object.assign(new Error('closed'), { code: 'EPIPE' }));
  expect(await writeAll(closed, chunks())).toBe('closed');
  expect(made).toBe(2);
});

test('a full disk is an error', async () => {
  const full = new Sink(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await expect(writeAll(full, ['a', 'b', 'c'])).rejects.toThrow(OutputError);
});

test('lines are gathered into larger pieces', () => {
  expect([...linesAsText([])]).toEqual([]);
  expect([...linesAsText(['a', '', 'b'])]).toEqual(['a\n\nb\n']);
  const pieces = [...linesAsText(Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(50)}`))];
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.join('').split('\n')).toHaveLength(5001);
});

/** Draws at each of these moments and gives what came on the screen. */
function drawn(isTTY: boolean, total: number | undefined, ...moments: number[]): string[] {
  let now = 0;
  const written: string[] = [];
  const bar = new ProgressBar({ isTTY, write: (text) => written.push(text) }, () => now);
  for (now of moments) bar.update(now * 1000, total);
  bar.clear();
  return written;
}

test('the bar appears after a second, seldom changes and goes away', () => {
  expect(drawn(true, 4e6, 10, 500, 999)).toEqual([]);
  expect(drawn(false, 4e6, 10, 2000)).toEqual([]);
  const clear = '\r\u001b[K';
  expect(drawn(true, 4e6, 10, 1000, 1050, 2000)).toEqual([
    `${clear}${'█'.repeat(7)}${'░'.repeat(23)}  25%  1 MB/s`,
    `${clear}${'█'.repeat(15)}${'░'.repeat(15)}  50%  1 MB/s`,
    clear,
  ]);
  expect(drawn(true, undefined, 2000)).toEqual([`${clear}2 MB  1 MB/s`, clear]);
});

test('work that cannot be measured is announced', () => {
  let now = 0;
  const written: string[] = [];
  const bar = new ProgressBar({ isTTY: true, write: (text) => written.push(text) }, () => now);
  bar.announce('early');
  now = 5000;
  bar.announce('late');
  bar.clear();
  bar.clear();
  expect(written.join('')).toBe('\r\u001b[Klate\r\u001b[K');
});

test.each<[FaultKind[], number, number]>([
  [[], 0, 0],
  [['no-fork'], 0, 0],
  [['clock-step'], 0, 1],
  [['not-audit'], 1, 1],
  [['gzip-damaged', 'clock-step'], 1, 1],
  [['unreadable', 'not-audit'], 3, 3],
])('faults %j: exit status %i, %i with --strict', (kinds, usual, strict) => {
  const faults = Object.fromEntries(kinds.map((kind) => [kind, 1]));
  const analysis = { summary: { faults } } as unknown as Analysis;
  expect(exitStatus(analysis, false)).toBe(usual);
  expect(exitStatus(analysis, true)).toBe(strict);
});

test('nothing that could be read: exit status 3', () => {
  expect(exitStatus(undefined, false)).toBe(3);
});
