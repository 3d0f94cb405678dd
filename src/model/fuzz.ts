/** What came of giving a program variants of a recording. */

/**
 * - `same`: it answered every variant alike.
 * - `differs`: it did not.
 * - `flaky`: it answers the very same bytes now so, now so; nothing can be said of order.
 * - `broken`: it fails already where nothing is out of order.
 */
export type FuzzVerdict = 'same' | 'differs' | 'flaky' | 'broken';

/** The variants of one kind. */
export interface FuzzTally {
  readonly kind: string;
  /** What the kind changes, in words. */
  readonly about: string;
  readonly tried: number;
  readonly failed: number;
}

/** Lines of a small variant that are shown. */
export const SHOWN_LINES = 40;

/** A failing variant made smaller. */
export interface FuzzShrunk {
  readonly events: number;
  readonly lines: number;
  /** Pairs of lines that are out of order. */
  readonly inversions: number;
  /** False: there was no time to make it as small as can be. */
  readonly minimal: boolean;
  /** Runs of the program that it took. */
  readonly runs: number;
  /** Its lines as they fail, and in the order without disorder. */
  readonly file: string;
  readonly reference: string;
  /** The lines as they fail, up to SHOWN_LINES of them; undefined where there are more. */
  readonly shown?: readonly string[];
}

/** A variant that was answered differently. */
export interface FuzzFailure {
  /** With the seed it names the variant. */
  readonly path: string;
  /** `another answer`, or how the program failed. */
  readonly how: string;
  /** Given the same bytes again it answered differently again. */
  readonly flaky?: boolean;
  /** Its lines. The first one of each kind is written and shrunk. */
  readonly file?: string;
  readonly shrunk?: FuzzShrunk;
}

export interface FuzzReport {
  readonly verdict: FuzzVerdict;
  /** In words, where the verdict is not enough. */
  readonly why?: string;
  /** The arguments that ask the same again, but for `--replay PATH`. */
  readonly command: readonly string[];
  readonly seed: number;
  readonly events: number;
  readonly lines: number;
  readonly kinds: readonly FuzzTally[];
  /** By path, in the order in which they were tried. */
  readonly failures: readonly FuzzFailure[];
  /** It was ended before all variants were tried. */
  readonly interrupted: boolean;
}
