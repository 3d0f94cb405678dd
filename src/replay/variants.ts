/**
 * Variants of a recording: the same records, come another way. Whoever concludes something from a
 * recording should conclude the same from each of them.
 */
import { Rng } from '../base/rng.ts';
import { NO_EVENT, type Recording, type RecordingStream } from './recording.ts';

/** Kinds of variants, and what each changes. Their names are part of the paths that replay them. */
export const VARIANT_KINDS = {
  kernel: 'orders that a kernel could have sent, as hostile as can be',
  records: 'lines in any order, but those of one event in theirs',
  events: 'whole events in any order',
  lines: 'lines in any order',
  duplicates: 'some lines twice, in any place',
  files: 'lines dealt into several files',
  chunks: 'bytes cut in any place',
  cut: 'an end missing, in any order',
} as const;

export type VariantKind = keyof typeof VARIANT_KINDS;

/** How lines of a recording come to a consumer. Nothing of it is ever changed. */
export interface Delivery {
  /** Numbers of lines in the order in which they come. A line may come twice, or not at all. */
  readonly lines: Int32Array;
  /** Where lines are dealt into files: the file of each of `lines`, from 0 to 255. */
  readonly files?: Uint8Array;
  /** Where bytes are cut into chunks: the seed of the cuts, and the longest chunk. */
  readonly chunks?: { readonly seed: number; readonly most: number };
}

/** A delivery, and another one that must be answered alike. */
export interface Variant {
  readonly kind: VariantKind;
  /** `KIND:NUMBER`: with the seed it names this variant, of all that the seed gives. */
  readonly path: string;
  readonly delivery: Delivery;
  /** Without disorder: as the recording has it, or as it happened. */
  readonly reference: Delivery;
}

/** What variants are made from. */
export interface VariantSource {
  readonly recording: Recording;
  /** The order without disorder; of all the lines that may come, each once. */
  readonly plain: Int32Array;
  /** An order of the same lines that a kernel could have sent, by its seed. */
  readonly kernelOrder: (seed: number) => Int32Array;
}

const NUMBER = 1_000_000;

/** The variants of a run: `count` of them, the kinds by turns. */
export function variantPaths(kinds: readonly VariantKind[], count: number): string[] {
  return Array.from(
    { length: Math.min(count, NUMBER * kinds.length) },
    (_, i) => `${kinds[i % kinds.length]}:${Math.floor(i / kinds.length)}`,
  );
}

/** The kind and number that a path names; undefined if it is none. */
export function readPath(path: string): { kind: VariantKind; number: number } | undefined {
  const match = /^([a-z]+):(0|[1-9]\d{0,5})$/.exec(path);
  if (match === null || !Object.hasOwn(VARIANT_KINDS, match[1])) return undefined;
  return { kind: match[1] as VariantKind, number: Number(match[2]) };
}

/** The variant that a seed and a path name. Throws a RangeError for a path that is none. */
export function variantAt(source: VariantSource, seed: number, path: string): Variant {
  const named = readPath(path);
  if (named === undefined) throw new RangeError(`no variant is named ${path}`);
  const { kind, number } = named;
  const kindNumber = KINDS.indexOf(kind);
  const rng = new Rng(seed ^ Math.imul(number * KIND_NUMBERS + kindNumber + 1, 0x9e3779b1));
  const reference: Delivery = { lines: source.plain };
  return { kind, path, reference, ...MAKERS[kind](source, rng) };
}

/** In their order, to which kinds may only be added: a seed gives what it always gave. */
const KINDS = Object.keys(VARIANT_KINDS) as VariantKind[];
const KIND_NUMBERS = 16;

type Made = Pick<Variant, 'delivery'> & Partial<Variant>;

const MAKERS: Readonly<Record<VariantKind, (source: VariantSource, rng: Rng) => Made>> = {
  kernel: ({ kernelOrder }, rng) => ({ delivery: { lines: kernelOrder(rng.below(2 ** 32)) } }),
  records: ({ recording, plain }, rng) => ({
    delivery: { lines: inEventOrder(recording, shuffled(plain, rng), plain) },
  }),
  events: ({ recording, plain }, rng) => ({
    delivery: { lines: eventsShuffled(recording, plain, rng) },
  }),
  lines: ({ plain }, rng) => ({ delivery: { lines: shuffled(plain, rng) } }),
  duplicates: ({ plain }, rng) => ({ delivery: { lines: doubled(plain, rng) } }),
  files: ({ plain }, rng) => ({ delivery: dealt(shuffled(plain, rng), rng) }),
  chunks: ({ plain }, rng) => ({ delivery: { lines: plain, chunks: chunksOf(rng) } }),
  cut: ({ plain }, rng) => {
    const lines = plain.slice(0, rng.below(plain.length + 1));
    return { delivery: { lines: shuffled(lines, rng) }, reference: { lines } };
  },
};

function shuffled(lines: Int32Array, rng: Rng): Int32Array {
  const order = lines.slice();
  rng.shuffle(order);
  return order;
}

/** The places of each event's lines stay, and the lines go into them in the order of `plain`. */
function inEventOrder(recording: Recording, order: Int32Array, plain: Int32Array): Int32Array {
  const waiting = new Map<number, number[]>();
  for (const line of plain) {
    const event = recording.event[line];
    if (event === NO_EVENT) continue;
    const lines = waiting.get(event);
    if (lines === undefined) waiting.set(event, [line]);
    else lines.push(line);
  }
  const next = new Int32Array(recording.events.length);
  return order.map((line) => {
    const event = recording.event[line];
    return waiting.get(event)?.[next[event]++] ?? line;
  });
}

/** A line without an event is one by itself. */
function eventsShuffled(recording: Recording, plain: Int32Array, rng: Rng): Int32Array {
  const units = new Map<number, number[]>();
  for (const line of plain) {
    const event = recording.event[line];
    const key = event === NO_EVENT ? -1 - line : event;
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [line]);
    else unit.push(line);
  }
  const order = [...units.values()];
  rng.shuffle(order);
  return Int32Array.from(order.flat());
}

/** About a third of the lines comes again: at once, or anywhere. */
function doubled(plain: Int32Array, rng: Rng): Int32Array {
  const again = plain.filter(() => rng.once(3));
  const lines = new Int32Array(plain.length + again.length);
  lines.set(plain);
  lines.set(again, plain.length);
  if (rng.once(2)) rng.shuffle(lines);
  return lines;
}

const MOST_FILES = 5;

function dealt(lines: Int32Array, rng: Rng): Delivery {
  const count = 2 + rng.below(MOST_FILES - 1);
  return { lines, files: Uint8Array.from(lines, () => rng.below(count)) };
}

/** Few bytes at a time, or so many that most lines are whole. */
function chunksOf(rng: Rng): { seed: number; most: number } {
  return { most: rng.once(2) ? 7 : 5000, seed: rng.below(2 ** 32) };
}

/** Only those lines of it that are kept; `kept` by number of line. */
export function restricted({ lines, files, chunks }: Delivery, kept: Uint8Array): Delivery {
  const isKept = (line: number): boolean => kept[line] === 1;
  return {
    lines: lines.filter(isKept),
    ...(files === undefined ? {} : { files: files.filter((_, i) => isKept(lines[i])) }),
    ...(chunks === undefined ? {} : { chunks }),
  };
}

/** The same lines in another order; a line stays in its file. */
export function withLines({ lines, files, chunks }: Delivery, order: Int32Array): Delivery {
  const fileOf = new Map<number, number>();
  if (files !== undefined) for (const [i, line] of lines.entries()) fileOf.set(line, files[i]);
  return {
    lines: order,
    ...(files === undefined
      ? {}
      : { files: Uint8Array.from(order, (line) => fileOf.get(line) ?? 0) }),
    ...(chunks === undefined ? {} : { chunks }),
  };
}

/** An input of a delivery: lines of one stream that come as one file. */
export interface DeliveredInput {
  readonly stream: RecordingStream;
  readonly lines: readonly number[];
}

/** The inputs of a delivery, in the order in which they begin. */
export function inputsOf({ streams, stream }: Recording, delivery: Delivery): DeliveredInput[] {
  const { lines, files } = delivery;
  const inputs = new Map<number, { stream: RecordingStream; lines: number[] }>();
  for (let i = 0; i < lines.length; i++) {
    const from = stream[lines[i]];
    const key = (files?.[i] ?? 0) * streams.length + from;
    const input = inputs.get(key);
    if (input === undefined) inputs.set(key, { stream: streams[from], lines: [lines[i]] });
    else input.lines.push(lines[i]);
  }
  return [...inputs.values()];
}

/** Bytes of lines, each with a line end, in chunks: as the delivery cuts them, or of its lines. */
export function* chunksOfLines(
  recording: Recording,
  lines: Iterable<number>,
  chunks: Delivery['chunks'],
): Generator<Uint8Array, void> {
  const bytes = bytesOfLines(recording, lines);
  if (chunks === undefined) {
    yield bytes;
    return;
  }
  const rng = new Rng(chunks.seed);
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + rng.below(chunks.most);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** Lines with their ends. */
export function bytesOfLines(recording: Recording, lines: Iterable<number>): Buffer {
  const parts: Uint8Array[] = [];
  for (const line of lines) parts.push(recording.line(line), LINE_END);
  return Buffer.concat(parts);
}

const LINE_END = Uint8Array.of(10);
