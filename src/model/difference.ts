/**
 * What is different between two forests of processes, as `godo diff` and golden trees see
 * them. `docs/diff.md` is the reader's version of this file.
 */

/** One program that a process ran, or tried to. Strings are in the form of `base/text.ts`. */
export interface Ran {
  /** Absent when they are not in the log, or it failed; null is an argument that is not. */
  readonly args?: readonly (string | null)[];
  /** The program; of a failed exec, the path tried. */
  readonly exe?: string;
  /**
   * The directory, where it is not the one before (of the process, or else of its parent):
   * `./` and the rest where it lies below that, else the whole path, `?` when it is unknown.
   */
  readonly cwd?: string;
  readonly failed?: true;
  readonly errno?: string;
}

/** How a process ended. `unknown`: it did, and nothing tells how. `none`: no end was seen. */
export type End =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'none' };

/** Who adopted a process: one of the tree by its place, or one without a place in it. */
export type Adopter = number | 'init' | 'unknown';

/** One process of a tree that is compared. It has no pid: that is another one each time. */
export interface TreeProcess {
  /** Of a root, where its records name one. */
  readonly host?: string;
  /** What it ran, in order. Empty, or failures alone, for one that only ever was a fork. */
  readonly ran: readonly Ran[];
  /** Of such a fork, what ran in it, unless that is what its parent ran last. */
  readonly inherited?: Ran;
  /** Only its birth is known, and nothing else about it. */
  readonly unidentified?: true;
  readonly end: End;
  readonly threads: number;
  /** Pid 1 of a pid namespace. */
  readonly namespace?: true;
  /** The order in which its children, two or more, were born is none of its making: see `treeOf`. */
  readonly anyOrder?: true;
  /** User id, where it is not that of the nearest process above it that has one. */
  readonly uid?: number;
  readonly adopted: readonly Adopter[];
  /** What the log lacks, beyond what the other fields show: see `incomplete` of a document. */
  readonly lacks: readonly string[];
  /** ms since the earliest birth of its host. */
  readonly start?: number;
  /** ms it lived, where both its birth and its end are known to the tick. */
  readonly duration?: number;
}

/** One thing about a process that is not the same; where it has no values, the row's sides tell. */
export type Change =
  /** Other programs, more or fewer of them, or others that failed. */
  | { readonly field: 'command' }
  /** The same chain of programs with other arguments, files or directories. */
  | { readonly field: 'arguments' | 'exe' | 'cwd' }
  | { readonly field: 'end'; readonly from: End; readonly to: End }
  /** Its place among those siblings that are in both trees, 1 the first. */
  | { readonly field: 'order'; readonly from: number; readonly to: number }
  /** ms; null where it is not known, which counts in golden trees alone. */
  | { readonly field: 'duration'; readonly from: number | null; readonly to: number | null }
  /** Compared in golden trees alone. */
  | { readonly field: 'threads' | 'namespace' | 'anyOrder' | 'adopted' | 'lacks' | 'start' }
  | { readonly field: 'uid' | 'host' };

/**
 * One row of a difference: a process that differs, or one above such. Rows come in tree order,
 * parents first.
 */
export interface DifferenceRow {
  /** 0 for roots. */
  readonly level: number;
  /** Index of the parent's row; -1 for roots. */
  readonly parent: number;
  /** `within`: it is the same itself, and something below it is not. */
  readonly kind: 'added' | 'removed' | 'changed' | 'within';
  /** Absent when added. */
  readonly from?: TreeProcess;
  /** Absent when removed. */
  readonly to?: TreeProcess;
  /** Empty unless changed. */
  readonly changes: readonly Change[];
  /** Line of each in its golden tree, from 1; absent where it did not come from one. */
  readonly fromLine?: number;
  readonly toLine?: number;
}

/** How many processes there are of each kind. */
export interface DifferenceCounts {
  readonly from: number;
  readonly to: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** What is different between two trees; no rows when nothing is. */
export interface TreeDifference {
  readonly rows: readonly DifferenceRow[];
  readonly counts: DifferenceCounts;
}
