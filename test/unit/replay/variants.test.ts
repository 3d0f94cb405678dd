/** Variants of a recording are what their names say, and the same for a seed and a path. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytesOfLines,
  chunksOfLines,
  inputsOf,
  readPath,
  restricted,
  VARIANT_KINDS,
  type VariantKind,
  variantAt,
  variantPaths,
  type VariantSource,
  withLines,
} from '../../../src/replay/variants.ts';
import { RecordingReader } from '../../../src/replay/recording.ts';
import { traceArbitrary } from '../../../src/testing/index.ts';
import { byEvent } from '../../support/legal.ts';

const KINDS = Object.keys(VARIANT_KINDS) as VariantKind[];
const RUNS = { numRuns: 60, seed: 9 };

/** A recording of two files with a noise line, in an order that is not that of its lines. */
function sourceOf(lines: readonly string[]): VariantSource {
  const reader = new RecordingReader();
  const half = lines.length >> 1;
  for (const [name, part] of [
    ['a.log', lines.slice(0, half)],
    ['b.log', [...lines.slice(half), 'noise']],
  ] as const) {
    reader.open(name);
    reader.push(Buffer.from(part.map((line) => `${line}\n`).join('')));
    reader.close();
  }
  const recording = reader.finish();
  const plain = Int32Array.from({ length: recording.length }, (_, i) => i).reverse();
  return {
    recording,
    plain,
    kernelOrder: (seed) => plain.map((_, i, all) => all[(i + seed) % all.length]),
  };
}

const cases = fc.record({
  source: traceArbitrary({ steps: 12 }).map(({ lines }) => sourceOf(lines)),
  seed: fc.nat(2 ** 32 - 1),
  number: fc.nat(999_999),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function each(
  kind: VariantKind,
  law: (one: Case & { variant: ReturnType<typeof variantAt> }) => void,
): void {
  fc.assert(
    fc.property(cases, (one) => {
      law({ ...one, variant: variantAt(one.source, one.seed, `${kind}:${one.number}`) });
    }),
    RUNS,
  );
}

const sorted = (lines: Int32Array): number[] => [...lines].sort((a, b) => a - b);
const textOf = ({ recording }: VariantSource, lines: Int32Array): string[] =>
  Array.from(lines, (line) => recording.line(line).toString());

test.each(KINDS)('%s: the same for a seed and a path, and lines of the reference only', (kind) => {
  each(kind, ({ source, seed, variant }) => {
    expect(variantAt(source, seed, variant.path)).toEqual(variant);
    const lines = new Set(variant.reference.lines);
    expect(new Set(variant.delivery.lines)).toEqual(lines);
    if (kind !== 'cut') expect(variant.reference.lines).toBe(source.plain);
    if (kind !== 'duplicates')
      expect(sorted(variant.delivery.lines)).toEqual(sorted(variant.reference.lines));
  });
});

test.each(KINDS)('%s: other seeds and numbers give others', (kind) => {
  const lines = Array.from({ length: 60 }, (_, i) => `type=CWD msg=audit(1.000:${i}): cwd="/"`);
  const source = sourceOf(lines);
  const text = (seed: number, number: number): string =>
    JSON.stringify(variantAt(source, seed, `${kind}:${number}`).delivery);
  const some = new Set(Array.from({ length: 40 }, (_, i) => text(i >> 3, i & 7)));
  expect(some.size).toBeGreaterThan(20);
});

test('records: those of an event keep the order that they ought to have', () => {
  each('records', ({ source, variant }) => {
    const order = textOf(source, variant.delivery.lines).filter((line) => line !== 'noise');
    const plain = textOf(source, source.plain).filter((line) => line !== 'noise');
    const before = byEvent(plain);
    for (const [name, own] of byEvent(order)) expect(own).toEqual(before.get(name));
  });
});

test('events: each stays together', () => {
  each('events', ({ source, variant }) => {
    const { event } = source.recording;
    const runs = variant.delivery.lines.filter(
      (line, i, all) => i === 0 || event[line] < 0 || event[all[i - 1]] !== event[line],
    );
    expect(runs.length).toBe(source.recording.events.length + 1);
    const plain = byEvent(textOf(source, source.plain).filter((line) => line !== 'noise'));
    const order = byEvent(
      textOf(source, variant.delivery.lines).filter((line) => line !== 'noise'),
    );
    expect(new Map(order)).toEqual(plain);
  });
});

test('duplicates: some lines twice, none more often', () => {
  let twice = 0;
  each('duplicates', ({ variant }) => {
    const counts = new Map<number, number>();
    for (const line of variant.delivery.lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
    twice += variant.delivery.lines.length - counts.size;
  });
  expect(twice).toBeGreaterThan(100);
});

test('cut: what is there is the beginning of the plain order', () => {
  each('cut', ({ source, variant }) => {
    const { lines } = variant.reference;
    expect(lines).toEqual(source.plain.slice(0, lines.length));
  });
});

test('files: every line in one, by stream', () => {
  each('files', ({ source, variant }) => {
    const inputs = inputsOf(source.recording, variant.delivery);
    const all = inputs.flatMap(({ lines }) => [...lines]);
    expect(all.sort((a, b) => a - b)).toEqual(sorted(source.plain));
    for (const { stream, lines } of inputs) {
      for (const line of lines) {
        expect(source.recording.streams[source.recording.stream[line]]).toBe(stream);
      }
    }
    expect(inputs.length).toBeLessThanOrEqual(10);
  });
});

test('chunks: the bytes of the lines, in pieces', () => {
  each('chunks', ({ source, variant }) => {
    const { lines, chunks } = variant.delivery;
    const pieces = [...chunksOfLines(source.recording, lines, chunks)];
    expect(Buffer.concat(pieces)).toEqual(bytesOfLines(source.recording, lines));
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(chunks?.most ?? 0);
    expect(pieces.every(({ length }) => length > 0)).toBe(true);
  });
});

test.each(KINDS)('%s: what is left of it when lines are left out', (kind) => {
  each(kind, ({ source, variant, seed }) => {
    const kept = Uint8Array.from(
      { length: source.recording.length },
      (_, i) => (seed >> (i % 31)) & 1,
    );
    const some = restricted(variant.delivery, kept);
    expect([...some.lines]).toEqual([...variant.delivery.lines].filter((line) => kept[line] === 1));
    expect(some.files?.length ?? some.lines.length).toBe(some.lines.length);
    expect(some.chunks).toEqual(variant.delivery.chunks);
    const back = withLines(some, some.lines.slice().reverse());
    expect([...(back.files ?? [])].reverse()).toEqual([...(some.files ?? [])]);
  });
});

test('paths', () => {
  expect(variantPaths(['lines', 'events'], 5)).toEqual([
    'lines:0',
    'events:0',
    'lines:1',
    'events:1',
    'lines:2',
  ]);
  expect(readPath('lines:17')).toEqual({ kind: 'lines', number: 17 });
  for (const path of [
    'lines',
    'lines:',
    'lines:01',
    'lines:-1',
    'toString:1',
    'lines:1:2',
    'LINES:1',
  ]) {
    expect(readPath(path)).toBeUndefined();
  }
  expect(() => variantAt(sourceOf(['a', 'b']), 1, 'nothing:1')).toThrow(RangeError);
});

test('what a seed gives is a promise', () => {
  const lines = Array.from({ length: 12 }, (_, i) => `type=CWD msg=audit(1.000:${i >> 1}): ${i}`);
  const source = sourceOf(lines);
  const orders = KINDS.map((kind) => {
    const { lines: order, files, chunks } = variantAt(source, 42, `${kind}:3`).delivery;
    return [kind, order.join(' '), files?.join(' ') ?? JSON.stringify(chunks) ?? ''];
  });
  expect(orders).toMatchInlineSnapshot(`
    [
      [
        "kernel",
        "6 5 4 3 2 1 0 12 11 10 9 8 7",
        "",
      ],
      [
        "records",
        "11 12 5 1 10 8 3 6 0 2 7 9 4",
        "",
      ],
      [
        "events",
        "6 3 11 12 2 5 1 7 9 10 4 8 0",
        "",
      ],
      [
        "lines",
        "10 8 0 6 7 4 2 11 1 12 5 3 9",
        "",
      ],
      [
        "duplicates",
        "12 11 10 9 8 7 6 5 4 3 2 1 0 8 7 5 3 1",
        "",
      ],
      [
        "files",
        "4 7 8 10 1 6 12 3 5 0 2 9 11",
        "3 2 2 1 0 3 1 2 1 2 1 1 0",
      ],
      [
        "chunks",
        "12 11 10 9 8 7 6 5 4 3 2 1 0",
        "{"most":7,"seed":3367193424}",
      ],
      [
        "cut",
        "5 12 2 7 11 9 3 8 4 6 10 1",
        "",
      ],
    ]
  `);
});
