/**
 * Verdicts: what `godo check` found, as data. `src/check` and `src/cli` make it, `src/report`
 * turns it into text.
 */
import type { TreeDifference } from './difference.ts';
import type { Fault } from './fault.ts';
import type { ProcessDocument } from './process.ts';

/** Where something stands in a file, for people and for annotations. Lines and columns count from 1. */
export interface Place {
  /** The path as given. */
  readonly file: string;
  /** Absent where the file as a whole is meant. */
  readonly line?: number;
  readonly column?: number;
}

/** Limits of an amount, both of them inside; at least one is there. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** An end that is allowed: an exit status, a signal by its number, or a range of exit statuses. */
export type AllowedEnd =
  | { readonly code: number }
  | { readonly signal: number }
  | { readonly codes: Bounds };

/** Processes that have something in common. */
export interface Found {
  /** How many they are. */
  readonly total: number;
  /** Among how many they were looked for. */
  readonly of: number;
  /** The first of them, by `_id`. */
  readonly first: readonly ProcessDocument[];
}

/** What an expectation demands and does not get. */
export type Broken =
  /** `none`: these match. */
  | { readonly kind: 'none'; readonly found: Found }
  /** `some`: of so many no process matches. */
  | { readonly kind: 'some'; readonly of: number }
  /** `count`: these were counted. */
  | { readonly kind: 'count'; readonly bounds: Bounds; readonly found: Found }
  /** `all`: these do not match. */
  | { readonly kind: 'all'; readonly found: Found }
  /** `duration`, in milliseconds: these lived for another time, or nothing tells when they ended. */
  | { readonly kind: 'duration'; readonly bounds: Bounds; readonly found: Found }
  /** `exit`: these ended in another way, or nothing tells how. */
  | { readonly kind: 'exit'; readonly allowed: readonly AllowedEnd[]; readonly found: Found }
  /** A demand on every chosen process where none was chosen, of so many: it would say nothing. */
  | { readonly kind: 'nobody'; readonly of: number };

/** Why a check failed. */
export type Shortfall =
  | Broken
  /** The recording, or a part of it, could not be read. `reasons` are in words. */
  | { readonly kind: 'unreadable'; readonly reasons: readonly string[] }
  /** The recording has faults: how many by kind, and the first few. */
  | {
      readonly kind: 'faults';
      readonly counts: readonly (readonly [kind: string, count: number])[];
      readonly first: readonly Fault[];
    }
  /** There is no golden tree of this recording yet. */
  | { readonly kind: 'golden-missing' }
  /** There is no recording of this golden tree any more. */
  | { readonly kind: 'golden-stray' }
  /** The golden tree's file could not be read, or is no golden tree. */
  | { readonly kind: 'golden-unreadable'; readonly reason: string }
  | { readonly kind: 'golden-differs'; readonly difference: TreeDifference }
  /** The golden tree's file could not be written or removed. */
  | { readonly kind: 'golden-unwritten'; readonly reason: string };

/** What there is to say of a check that did not fail. */
export type Note =
  /** So many processes were looked at. */
  | { readonly kind: 'processes'; readonly count: number }
  /** What `--update` did to the golden tree's file. */
  | { readonly kind: 'golden'; readonly change: 'written' | 'renewed' | 'removed' }
  /** Not checked: the recording could not be read. */
  | { readonly kind: 'unreadable' }
  /** Not checked: no recording has a name that the expectation is for. */
  | { readonly kind: 'no-recording'; readonly traces: readonly string[] };

/** One thing that must hold. It failed if it has shortfalls. */
export interface Check {
  readonly name: string;
  readonly place: Place;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly shortfalls: readonly Shortfall[];
  readonly note?: Note;
}

/** All checks of one recording, or of a file that belongs to none. */
export interface Suite {
  readonly name: string;
  /** The path as given. */
  readonly path: string;
  /** Processes of the recording; absent where it could not be read or is none. */
  readonly processes?: number;
  readonly checks: readonly Check[];
}

/** All that was checked. */
export interface Verdict {
  readonly suites: readonly Suite[];
}

/** How many checks came out how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the outcomes of checks. */
export function countOutcomes(checks: Iterable<Check>): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of checks) counts[outcome]++;
  return counts;
}
