import { append, NONE } from '../base/list.ts';
import type { Claim, Confidence, ExitSource } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import type { Fork, Kill, Wait } from './facts.ts';
import type { Space } from './space.ts';

/** A conclusion about a life and the position of the event that it rests on. */
export interface Conclusion {
  readonly claim: Claim;
  readonly rule: string;
  readonly confidence: Confidence;
  readonly at: number;
}

/** A change of the real parent, first shown at a position. */
export interface Adoption {
  readonly at: number;
  readonly ppid: number;
  readonly parent: Life | undefined;
}

/** How a life ended, as far as it is known. Times in ms. */
export interface End {
  readonly source: ExitSource;
  readonly time: number;
  /** Only when the moment lies between two. */
  readonly after?: number;
  readonly code?: number;
  readonly signal?: number;
}

/** One life of one pid: the evidence that belongs to it and what follows from that. */
export class Life {
  readonly pid: number;
  /** The pid as it would be had the numbers never wrapped around: rises in order of births. */
  rank = 0;
  /** Its own events: positions `own[from, to)` of the facts, in serial order. */
  from: number;
  to: number;
  birth: Fork | undefined;
  /** Waits that returned it; the last reaped it. */
  waits: readonly Wait[] = NONE;
  signals: readonly Kill[] = NONE;
  parent: Life | undefined;
  /** Real parent's pid at birth; -1 unknown. */
  ppid = -1;
  children: readonly Life[] = NONE;
  /** Its own successful calls of the fork family, in serial order. */
  forks: readonly Fork[] = NONE;
  /** Children that were born but have no pid in the initial namespace. */
  unidentified: readonly Fork[] = NONE;
  /** The pid namespace it lives in; undefined is the initial one (or unknown). */
  space: Space | undefined;
  /** The namespace that its children are put into, once one of them shows it (fact 11). */
  childSpace: Space | undefined;
  /** Its pid in that namespace; 0 unknown. */
  nsPid = 0;
  end: End | undefined;
  /** Its place among all lives, while they are numbered. */
  number = 0;
  /** The walk up to the root that came by first; 0 none yet. */
  walked = 0;
  /** Threads besides the first. */
  threads = 0;
  /** Position of the event that names this life in its `_id`. */
  anchor = -1;
  /** Its place among the boot's lives in the order of their `_id`s, once that is settled. */
  place = 0;
  /** Position by which a child of its showed another parent; -1 when none did. */
  lostChildAt = -1;
  /** Its own waits that found no child at all. */
  childless: readonly number[] = NONE;
  /** Changes of the real parent: position of the first event that shows each. */
  adoptions: readonly Adoption[] = NONE;
  /** The next life of the same pid. */
  next: Life | undefined;
  conclusions: readonly Conclusion[] = NONE;

  constructor(pid: number, from: number, to: number) {
    this.pid = pid;
    this.from = from;
    this.to = to;
  }

  get silent(): boolean {
    return this.from === this.to;
  }

  conclude(claim: Claim, rule: string, confidence: Confidence, at: number): void {
    this.conclusions = append(this.conclusions, { claim, rule, confidence, at });
  }
}

/** A thread: by flag, or by clone3 without any sign of a process (KERNEL fact 10). */
export function isThread(fork: Fork): boolean {
  return fork.thread || (fork.kind === KIND.clone3 && fork.child === undefined);
}
