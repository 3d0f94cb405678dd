/** Makes a variant smaller that a program answers differently. */
import { reduce } from '../../check/reduce.ts';
import { inversions, straighten } from '../../check/straighten.ts';
import { NO_EVENT, type Recording } from '../../replay/recording.ts';
import {
  type Delivery,
  restricted,
  type Variant,
  type VariantSource,
  withLines,
} from '../../replay/variants.ts';
import type { Answer, Ask } from './asking.ts';

export interface ShrinkOptions {
  /** How many programs may run at the same time. */
  readonly jobs: number;
  /** Deliveries to try, at most. */
  readonly runs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** A small variant: as it fails, and without disorder. */
export interface Shrunk {
  readonly delivery: Delivery;
  readonly reference: Delivery;
  readonly events: number;
  /** Pairs of lines that are out of order. */
  readonly inversions: number;
  /** False when it was ended early: then it fails, but could be smaller. */
  readonly minimal: boolean;
  /** Deliveries that were tried. */
  readonly runs: number;
}

/** First fewer events, then an order closer to the plain one. `answer`: what the variant got. */
export async function shrink(
  source: VariantSource,
  ask: Ask,
  variant: Variant,
  answer: Answer,
  options: ShrinkOptions,
): Promise<Shrunk> {
  return new Shrinker(source, ask, variant, answer, options).run();
}

class Shrinker {
  readonly #source: VariantSource;
  readonly #ask: Ask;
  readonly #variant: Variant;
  readonly #answer: Answer;
  readonly #options: ShrinkOptions;
  /** Aborted when there may be no more runs. */
  readonly #spent = new AbortController();
  readonly #stop: AbortSignal;
  #runs = 0;

  constructor(
    source: VariantSource,
    ask: Ask,
    variant: Variant,
    answer: Answer,
    options: ShrinkOptions,
  ) {
    this.#source = source;
    this.#ask = ask;
    this.#variant = variant;
    this.#answer = answer;
    this.#options = options;
    this.#stop = AbortSignal.any([options.signal, this.#spent.signal]);
  }

  async run(): Promise<Shrunk> {
    const { recording } = this.#source;
    const { lines, complete } = await this.#fewerEvents();
    const kept = maskOf(recording.length, lines);
    const reference = restricted(this.#variant.reference, kept);
    const order = await this.#lessDisorder(restricted(this.#variant.delivery, kept), reference);
    return {
      delivery: order.delivery,
      reference,
      events: unitsOf(recording, reference).length,
      inversions: order.inversions,
      minimal: complete && order.complete && !this.#stop.aborted,
      runs: Math.min(this.#runs, this.#options.runs),
    };
  }

  async #fewerEvents(): Promise<{ lines: Int32Array; complete: boolean }> {
    const { recording } = this.#source;
    const { path, delivery, reference } = this.#variant;
    const { jobs, onProgress } = this.#options;
    const { atoms, complete } = await reduce(
      unitsOf(recording, reference),
      new Int32Array(0),
      (lines, signal) => {
        const kept = maskOf(recording.length, lines);
        const expected = (): Promise<Answer> => this.#ask(restricted(reference, kept), signal);
        return this.#fails(restricted(delivery, kept), expected, signal);
      },
      {
        jobs,
        signal: this.#stop,
        verdicts: new Map(),
        onSmaller: (units) => onProgress?.(`${path}: ${units} events still fail`),
      },
    );
    return { lines: atoms, complete };
  }

  async #lessDisorder(
    delivery: Delivery,
    reference: Delivery,
  ): Promise<{ delivery: Delivery; inversions: number; complete: boolean }> {
    const { recording, plain } = this.#source;
    const { jobs, signal } = this.#options;
    const rankOf = ranksOf(recording.length, plain);
    const inOrder = (ranks: Int32Array): Delivery =>
      withLines(
        delivery,
        ranks.map((rank) => plain[rank]),
      );
    const expected = await this.#ask(reference, signal);
    const { order, complete } = await straighten(
      delivery.lines.map((line) => rankOf[line]),
      (ranks, wanted) => this.#fails(inOrder(ranks), () => Promise.resolve(expected), wanted),
      { jobs, signal: this.#stop },
    );
    return { delivery: inOrder(order), inversions: inversions(order), complete };
  }

  /** A crash must stay that crash; a failure without disorder has nothing to do with order. */
  async #fails(
    delivery: Delivery,
    expected: () => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (++this.#runs > this.#options.runs) {
      this.#spent.abort();
      return false;
    }
    const { text, failure } = await this.#ask(delivery, signal);
    if (failure !== this.#answer.failure) return false;
    const right = await expected();
    return right.failure === undefined && right.text !== text;
  }
}

/** A unit for each event, and for each line of none. */
function unitsOf({ event }: Recording, { lines }: Delivery): Int32Array[] {
  const units = new Map<number, number[]>();
  for (const line of lines) {
    const key = event[line] === NO_EVENT ? -1 - line : event[line];
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [line]);
    else unit.push(line);
  }
  return Array.from(units.values(), (unit) => Int32Array.from(unit));
}

function maskOf(length: number, lines: Int32Array): Uint8Array {
  const mask = new Uint8Array(length);
  for (const line of lines) mask[line] = 1;
  return mask;
}

/** By line: its place in `plain`. */
function ranksOf(length: number, plain: Int32Array): Int32Array {
  const ranks = new Int32Array(length);
  for (const [rank, line] of plain.entries()) ranks[line] = rank;
  return ranks;
}
