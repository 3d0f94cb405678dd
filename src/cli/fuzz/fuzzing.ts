/** Gives a program variants of a recording, and compares what it makes of them. */
import type { FuzzTally, FuzzVerdict } from '../../model/fuzz.ts';
import {
  type Delivery,
  VARIANT_KINDS,
  variantAt,
  type VariantKind,
  type VariantSource,
} from '../../replay/variants.ts';
import type { Answer, Ask } from './asking.ts';
import { shrink, type Shrunk } from './shrinking.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Which variants, by their paths. */
  readonly paths: readonly string[];
  /** How many programs may run at the same time. */
  readonly jobs: number;
  /** Deliveries at most to make one variant smaller; 0 for not at all. */
  readonly shrinkRuns: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** A variant that was answered differently. */
export interface Failed {
  readonly kind: VariantKind;
  readonly path: string;
  /** ANOTHER_ANSWER, or how the program failed. */
  readonly how: string;
  /** Of the first of its kind, which has been asked about again. */
  readonly closer?: CloserLook;
}

export interface CloserLook {
  readonly delivery: Delivery;
  /** The same bytes got yet another answer. */
  readonly flaky: boolean;
  readonly shrunk?: Shrunk;
}

export interface Fuzzed {
  readonly verdict: FuzzVerdict;
  /** In words, where it did not come to variants. */
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

/** A variant whose answer differs; `i`: the place of its path. */
interface Different {
  readonly i: number;
  readonly kind: VariantKind;
  readonly how: string;
  readonly answer: Answer;
}

class Fuzzer {
  readonly #source: VariantSource;
  readonly #ask: Ask;
  readonly #options: FuzzOptions;
  #plain: Answer = { text: '' };
  readonly #tried = new Map<VariantKind, number>();
  readonly #different: Different[] = [];

  constructor(source: VariantSource, ask: Ask, options: FuzzOptions) {
    this.#source = source;
    this.#ask = ask;
    this.#options = options;
  }

  async run(): Promise<Fuzzed> {
    const { signal } = this.#options;
    const unfit = await this.#unfit();
    if (unfit !== undefined) {
      return { ...unfit, kinds: [], failed: [], interrupted: signal.aborted };
    }
    await this.#tryAll();
    const failed = await this.#lookCloser();
    const verdict = verdictOf(failed);
    return { verdict, kinds: this.#tallies(), failed, interrupted: signal.aborted };
  }

  /** Whether the program cannot be asked: it must answer, and the same bytes always alike. */
  async #unfit(): Promise<{ verdict: FuzzVerdict; why: string } | undefined> {
    const { signal } = this.#options;
    const delivery = { lines: this.#source.plain };
    this.#plain = await this.#ask(delivery, signal);
    if (signal.aborted) return undefined;
    const { text, failure, complaint } = this.#plain;
    if (failure !== undefined) {
      const why = complaint === undefined ? failure : `${failure}: ${complaint}`;
      return { verdict: 'broken', why };
    }
    const again = await this.#ask(delivery, signal);
    if (signal.aborted || again.text === text) return undefined;
    return { verdict: 'flaky', why: again.failure ?? 'two runs on the same bytes differ' };
  }

  async #tryAll(): Promise<void> {
    const { paths, jobs, signal, onProgress } = this.#options;
    let done = 0;
    await inParallel(jobs, paths.length, signal, async (i) => {
      await this.#try(i);
      onProgress?.(`${++done} of ${paths.length} variants, ${this.#different.length} differ`);
    });
    this.#different.sort((a, b) => a.i - b.i);
  }

  async #try(i: number): Promise<void> {
    const { seed, paths, signal } = this.#options;
    const { kind, delivery, reference } = variantAt(this.#source, seed, paths[i]);
    const answer = await this.#ask(delivery, signal);
    const isPlain = reference.lines === this.#source.plain;
    const expected = isPlain ? this.#plain : await this.#ask(reference, signal);
    if (signal.aborted) return;
    this.#tried.set(kind, (this.#tried.get(kind) ?? 0) + 1);
    const how = difference(expected, answer);
    if (how !== undefined) this.#different.push({ i, kind, how, answer });
  }

  /** At the first of each kind. */
  async #lookCloser(): Promise<Failed[]> {
    const { paths } = this.#options;
    const seen = new Set<VariantKind>();
    const failed: Failed[] = [];
    for (const { i, kind, how, answer } of this.#different) {
      const closer = seen.has(kind) ? {} : { closer: await this.#closer(paths[i], answer) };
      seen.add(kind);
      failed.push({ kind, path: paths[i], how, ...closer });
    }
    return failed;
  }

  async #closer(path: string, answer: Answer): Promise<CloserLook> {
    const { seed, signal, jobs, shrinkRuns, onProgress } = this.#options;
    const variant = variantAt(this.#source, seed, path);
    const { delivery } = variant;
    if (signal.aborted) return { delivery, flaky: false };
    const again = await this.#ask(delivery, signal);
    const flaky = !signal.aborted && again.text !== answer.text;
    if (flaky || signal.aborted || shrinkRuns === 0) return { delivery, flaky };
    const options = { jobs, signal, runs: shrinkRuns, onProgress };
    return {
      delivery,
      flaky,
      shrunk: await shrink(this.#source, this.#ask, variant, answer, options),
    };
  }

  #tallies(): FuzzTally[] {
    const kinds = Object.keys(VARIANT_KINDS) as VariantKind[];
    return kinds.flatMap((kind) => {
      const tried = this.#tried.get(kind);
      if (tried === undefined) return [];
      const failed = this.#different.filter((one) => one.kind === kind).length;
      return { kind, about: VARIANT_KINDS[kind], tried, failed };
    });
  }
}

/** In words; undefined where the answers are alike. */
function difference(expected: Answer, answer: Answer): string | undefined {
  if (answer.text === expected.text && answer.failure === expected.failure) return undefined;
  return answer.failure ?? ANOTHER_ANSWER;
}

function verdictOf(failed: readonly Failed[]): FuzzVerdict {
  if (failed.length === 0) return 'same';
  return failed.some(({ closer }) => closer?.flaky === true) ? 'flaky' : 'differs';
}

/** Works on 0, 1, … count - 1, some at a time. Rejects with what the first to fail throws. */
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
      next = count;
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, worker));
}
