/** What the writer and the reader of golden trees have in common. */
import type { ProcessTree } from './tree.ts';

/** Version of the form. */
export const FORMAT = 1;
export const TITLE = 'godo golden';
export const INDENT = '  ';
/** Levels drawn as indentation; deeper ones are numbered, or a chain would fill the disk. */
export const MOST_INDENT = 40;
export const DEEPER = '⋯';
export const NEXT = '→';
export const FAILED = '✗';
export const NOTHING = '[]';
export const UNKNOWN = '?';
export const FORKED = '()';
/** Of a process that started jobs as places were free: see `isSequential`. */
export const ANY_ORDER = 'children in any order';
export const NAMESPACE = 'pid 1 of a namespace';
export const UNIDENTIFIED = 'unidentified';

/** What a golden tree is to hold. */
export interface GoldenOptions {
  /** Births and durations, in ms since the earliest birth. */
  readonly times?: boolean;
}

/** A golden tree that was read. */
export interface Golden {
  readonly tree: ProcessTree;
  readonly options: GoldenOptions;
}

/** Why a text is no golden tree. */
export interface GoldenProblem {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** Tells a problem from a result. */
export function isGoldenProblem(result: object): result is GoldenProblem {
  return 'reason' in result;
}
