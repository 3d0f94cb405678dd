/** Gives a program variants of a recording, and makes those smaller that it answers differently. */
import { reduce } from '../check/reduce.ts';
import { inversions, straighten } from '../check/straighten.ts';
import { type FuzzTally, type FuzzVerdict } from '../model/fuzz.ts';
import { NO_EVENT } from '../replay/recording.ts';
import {
  type Delivery,
  restricted,
  type Variant,
  VARIANT_KINDS,
  variantAt,
  type VariantKind,
  type VariantSource,
  withLines,
} from '../replay/variants.ts';

/** What a program made of a delivery. */
export interface Answer {
  /** Equal where the answers are. */
  readonly text: string;
  /** How it failed, where it gave no answer. */
  readonly failure?: string;
  /** What it said about that. */
  readonly complaint?: string;
}

/** Asks the program. Must end soon once `signal` is aborted; what it then says does not count. */
export type Ask = (delivery: Delivery, signal?: AbortSignal) => Promise<Answer>;

export interface FuzzOptions {
  readonly seed: number;
  /** Which variants, by their paths. */
  readonly paths: readonly string[];
  /** How many programs may run at the same time. */
  readonly jobs: number;
  /** Runs of the program at most to make one variant smaller; 0 for not at all. */
  readonly shrinkRuns: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** A variant that was answered differently. */
export interface Failed {
  readonly variant: Variant;
  readonly how: string;
  /** The first of its kind: it has been asked twice, and made smaller. */
  readonly first: boolean;
  readonly flaky: boolean;
  readonly shrunk?: Shrunk;
}

/** As it fails, and without disorder. */
export interface Shrunk {
  readonly delivery: Delivery;
  readonly reference: Delivery;
  readonly events: number;
  readonly inversions: number;
  readonly minimal: boolean;
  readonly runs: number;
}

export interface Fuzzed {
  readonly verdict: FuzzVerdict;
  readonly why?: string;
  readonly kinds: readonly FuzzTally[];
  /** In the order of `paths`. */
  readonly failed: readonly Failed[];
  readonly interrupted: boolean;
}

/** What is said of a program that ends well and says something else. */
export const ANOTHER_ANSWER = 'another answer';

/** Asks about each variant and compares the answers. Rejects with what `ask` does. */
export async function fuzz(source: VariantSource, ask: Ask, options: FuzzOptions): Promise<Fuzzed> {
  return new Fuzzer(source, ask, options).run();
}

class Fuzzer {
  readonly #source: VariantSource;
  readonly #ask: Ask;
  readonly #options: FuzzOptions;
  #plain: Answer = { text: '' };

  constructor(source: VariantSource, ask: Ask, options: FuzzOptions) {
    this.#source = source;
    this.#ask = ask;
    this.#options = options;
  }

  async run(): Promise<Fuzzed> {
    const { signal } = this.#options;
    const unfit = await this.#unfit();
    if (unfit !== undefined || signal.aborted) {
      const verdict = unfit ?? { verdict: 'same' };
      return { ...verdict, kinds: [], failed: [], interrupted: signal.aborted };
    }
    const { tried, different } = await this.#tryAll();
    const failed = await this.#lookInto(different);
    return {
      verdict: verdictOf(failed),
      kinds: talliesOf(tried, failed),
      failed,
      interrupted: signal.aborted,
    };
  }

  /** Whether the program is fit to be asked: it answers, and the same bytes always alike. */
  async #unfit(): Promise<{ verdict: FuzzVerdict; why: string } | undefined> {
    const { signal } = this.#options;
    const delivery = { lines: this.#source.plain };
    this.#plain = await this.#ask(delivery, signal);
    if (signal.aborted) return undefined;
    const { failure, complaint } = this.#plain;
    if (failure !== undefined) {
      return { verdict: 'broken', why: complaint ? `${failure}: ${complaint}` : failure };
    }
    const again = await this.#ask(delivery, signal);
    if (signal.aborted || again.text === this.#plain.text) return undefined;
    return { verdict: 'flaky', why: again.failure ?? 'two runs on the same bytes differ' };
  }

  async #tryAll(): Promise<{ tried: Variant['kind'][]; different: Different[] }> {
    const { seed, paths, jobs, signal, onProgress } = this.#options;
    const tried: VariantKind[] = [];
    const different: Different[] = [];
    let done = 0;
    await inParallel(jobs, paths.length, signal, async (i) => {
      const variant = variantAt(this.#source, seed, paths[i]);
      const answer = await this.#ask(variant.delivery, signal);
      const expected = await this.#expected(variant.reference, signal);
      if (signal.aborted) return;
      tried.push(variant.kind);
      onProgress?.(`${++done} of ${paths.length} variants, ${different.length} differ`);
      const how = difference(expected, answer);
      if (how !== undefined) different.push({ i, path: paths[i], how, answer });
    });
    return { tried, different: different.sort((a, b) => a.i - b.i) };
  }

  async #expected(reference: Delivery, signal: AbortSignal): Promise<Answer> {
    if (reference.lines === this.#source.plain) return this.#plain;
    return this.#ask(reference, signal);
  }

  /** Asks again about the first of each kind, and makes it smaller. */
  async #lookInto(different: readonly Different[]): Promise<Failed[]> {
    const { seed, signal, shrinkRuns } = this.#options;
    const seen = new Set<VariantKind>();
    const failed: Failed[] = [];
    for (const { path, how, answer } of different) {
      const variant = variantAt(this.#source, seed, path);
      const isFirst = !seen.has(variant.kind);
      seen.add(variant.kind);
      if (!isFirst || signal.aborted) {
        failed.push({ variant, how, first: isFirst, flaky: false });
        continue;
      }
      const again = await this.#ask(variant.delivery, signal);
      const flaky = !signal.aborted && again.text !== answer.text;
      const mayShrink = !flaky && !signal.aborted && shrinkRuns > 0;
      const shrunk = mayShrink ? await this.#shrink(variant, answer) : undefined;
      failed.push({
        variant,
        how,
        first: true,
        flaky,
        ...(shrunk === undefined ? {} : { shrunk }),
      });
    }
    return failed;
  }

  async #shrink(variant: Variant, failure: Answer): Promise<Shrunk> {
    const { jobs, shrinkRuns, signal, onProgress } = this.#options;
    const { recording, plain } = this.#source;
    const budget = new AbortController();
    const stop = AbortSignal.any([signal, budget.signal]);
    let runs = 0;
    const fails = async (
      delivery: Delivery,
      expected: () => Promise<Answer>,
      wanted: AbortSignal,
    ): Promise<boolean> => {
      if (++runs > shrinkRuns) {
        budget.abort();
        return false;
      }
      const answer = await this.#ask(delivery, wanted);
      if (answer.failure !== failure.failure) return false;
      const { failure: broken, text } = await expected();
      return broken === undefined && text !== answer.text;
    };
    const reduction = await reduce(
      unitsOf(this.#source, variant.reference),
      new Int32Array(0),
      (atoms, wanted) => {
        const kept = maskOf(recording.length, atoms);
        const reference = restricted(variant.reference, kept);
        const expected = (): Promise<Answer> => this.#ask(reference, wanted);
        return fails(restricted(variant.delivery, kept), expected, wanted);
      },
      {
        jobs,
        signal: stop,
        verdicts: new Map(),
        onSmaller: (units) => onProgress?.(`${variant.path}: ${units} events still fail`),
      },
    );
    const kept = maskOf(recording.length, reduction.atoms);
    const reference = restricted(variant.reference, kept);
    const small = restricted(variant.delivery, kept);
    const rankOf = ranksOf(recording.length, plain);
    const expected = await this.#ask(reference, signal);
    const order = await straighten(
      small.lines.map((line) => rankOf[line]),
      (ranks, wanted) => {
        const delivery = withLines(
          small,
          ranks.map((rank) => plain[rank]),
        );
        return fails(delivery, async () => expected, wanted);
      },
      { jobs, signal: stop },
    );
    const delivery = withLines(
      small,
      order.order.map((rank) => plain[rank]),
    );
    return {
      delivery,
      reference,
      events: new Set(Array.from(reference.lines, (line) => eventOf(recording, line))).size,
      inversions: inversions(order.order),
      minimal: reduction.complete && order.complete && !stop.aborted,
      runs: Math.min(runs, shrinkRuns),
    };
  }
}

/** A variant whose answer differs. */
interface Different {
  readonly i: number;
  readonly path: string;
  readonly how: string;
  readonly answer: Answer;
}

/** In words; undefined where the answers are alike. */
function difference(expected: Answer, answer: Answer): string | undefined {
  if (answer.text === expected.text && answer.failure === expected.failure) return undefined;
  return answer.failure ?? ANOTHER_ANSWER;
}

function verdictOf(failed: readonly Failed[]): FuzzVerdict {
  if (failed.length === 0) return 'same';
  return failed.some(({ flaky }) => flaky) ? 'flaky' : 'differs';
}

function talliesOf(tried: readonly VariantKind[], failed: readonly Failed[]): FuzzTally[] {
  const kinds = Object.keys(VARIANT_KINDS) as VariantKind[];
  return kinds
    .filter((kind) => tried.includes(kind))
    .map((kind) => ({
      kind,
      about: VARIANT_KINDS[kind],
      tried: tried.filter((one) => one === kind).length,
      failed: failed.filter(({ variant }) => variant.kind === kind).length,
    }));
}

/** A unit for each event, and for each line of none. */
function unitsOf({ recording }: VariantSource, { lines }: Delivery): Int32Array[] {
  const units = new Map<number, number[]>();
  for (const line of lines) {
    const event = eventOf(recording, line);
    const unit = units.get(event);
    if (unit === undefined) units.set(event, [line]);
    else unit.push(line);
  }
  return [...units.values()].map((unit) => Int32Array.from(unit));
}

/** The line's event; of a line without one a number of its own, below 0. */
function eventOf({ event }: VariantSource['recording'], line: number): number {
  return event[line] === NO_EVENT ? -1 - line : event[line];
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

/** Works on 0, 1, … count - 1, some at a time. */
async function inParallel(
  jobs: number,
  count: number,
  signal: AbortSignal,
  work: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    try {
      while (next < count && !signal.aborted) await work(next++);
    } finally {
      // What one throws ends the others, too.
      if (next < count) next = count;
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, worker));
}
