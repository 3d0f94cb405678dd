/** Pid namespaces below the initial one. */
import type { Fork, Kill, Wait } from './facts.ts';
import { type Life, NEVER } from './life.ts';

/** One pid namespace. */
export class Space {
  readonly outer: Space | undefined;
  /** Its pid 1, when it was seen to begin. */
  first: Life | undefined;
  /** Position of the unshare that began it, where one inside a namespace did; else NEVER. */
  unsharedAt = NEVER;
  readonly members: Life[] = [];
  /** Lives by their number here, oldest first; for a nested namespace's pid 1 too. */
  readonly numbers = new Map<number, Life[]>();
  readonly forks: Fork[] = [];
  readonly waits: Wait[] = [];
  /** Signals that members sent to one process. */
  readonly kills: Kill[] = [];
  /** Lives whose parent by ppid is a member: born here, or adopted by a member. */
  readonly family: Life[] = [];

  constructor(outer: Space | undefined, first: Life | undefined) {
    this.outer = outer;
    if (first !== undefined) this.beginWith(first);
  }

  get isUnshared(): boolean {
    return this.unsharedAt !== NEVER;
  }

  /** Whether a birth at a position may be one of its own: it is not older than the unshare. */
  began(at: number): boolean {
    return !this.isUnshared || this.unsharedAt < at;
  }

  /** A life turns out to be its pid 1. */
  beginWith(first: Life): void {
    this.first = first;
    first.nsPid = 1;
    this.numbers.set(1, [first]);
  }
}
