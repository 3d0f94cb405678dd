/** Pid namespaces below the initial one. */
import type { Fork, Kill, Wait } from './facts.ts';
import type { Life } from './life.ts';

/** One pid namespace. */
export class Space {
  readonly outer: Space | undefined;
  /** Its pid 1, when it was seen to begin. */
  readonly first: Life | undefined;
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
    this.first = first;
  }
}
