import { append, NONE } from '../base/list.ts';
import type { ExitSource } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import type { Concluded } from './conclusions.ts';
import type { Fork, Kill, Wait } from './facts.ts';
import type { Space } from './space.ts';
import type { Witnessed } from './witnessed.ts';

/** Position after every event: nothing shows it. */
export const NEVER = 0x7fff_ffff;

/** A change of the real parent, first shown at a position. */
export interface Adoption {
  readonly at: number;
  readonly ppid: number;
  readonly parent: Life | undefined;
}

/** How a life ended, as far as it is known. Times in ms. A class, so that all are of one shape. */
export class End {
  readonly source: ExitSource;
  readonly time: number;
  /** Only when the moment lies between two. */
  readonly after: number | undefined;
  readonly code: number | undefined;
  readonly signal: number | undefined;

  constructor(
    source: ExitSource,
    time: number,
    after: number | undefined,
    code: number | undefined,
    signal: number | undefined,
  ) {
    this.source = source;
    this.time = time;
    this.after = after;
    this.code = code;
    this.signal = signal;
  }
}

/** One life of one pid: the evidence that belongs to it and what follows from that. */
export class Life implements Concluded {
  readonly pid: number;
  /** The pid as it would be had the numbers never wrapped around: rises in order of births. */
  rank = 0;
  /** Its own events: positions `own[from, to)` of the facts, in serial order. */
  from: number;
  to: number;
  /** Position of the first event that shows it, its own or another's; NEVER when none does. */
  begun: number;
  birth: Fork | undefined;
  /** What the process connector tells of it, where a trace has that. */
  told: Witnessed | undefined;
  /** What the recorder's list of processes says of it: its birth, ms, and a row with its program. */
  known: { readonly born: number; readonly row: number } | undefined;
  /** Positions of execs that only the connector tells of. */
  toldExecs: readonly number[] = NONE;
  /** Waits that returned it, in serial order; the last reaped it. */
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
  /** The connector tells another end than its records. */
  disagrees = false;
  /** Its place in the facts' list of lives with events; 0 when it has none. */
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
  firstConclusion = 0;
  lastConclusion = 0;

  /** `first`: the position `own[from]`; anything for a life without events. */
  constructor(pid: number, from: number, to: number, first: number) {
    this.pid = pid;
    this.from = from;
    this.to = to;
    this.begun = from < to ? first : NEVER;
  }

  get silent(): boolean {
    return this.from === this.to;
  }

  /** The call made it; a life has one birth. */
  bornBy(birth: Fork): void {
    this.birth = birth;
    birth.child = this;
    if (birth.at < this.begun) this.begun = birth.at;
  }

  reapedBy(wait: Wait): void {
    this.waits = append(this.waits, wait);
    if (wait.at < this.begun) this.begun = wait.at;
  }

  signalledBy(kill: Kill): void {
    this.signals = append(this.signals, kill);
    if (kill.at < this.begun) this.begun = kill.at;
  }
}

/** A thread: by flag, or by clone3 without any sign of a process (KERNEL fact 10). */
export function isThread(fork: Fork): boolean {
  return fork.thread || (fork.kind === KIND.clone3 && fork.child === undefined);
}
