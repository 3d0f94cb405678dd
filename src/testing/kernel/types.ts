/**
 * The vocabulary of the kernel model: the program that goes in, and the true
 * history that comes out.
 *
 * A program is plain data (JSON), so that fast-check can shrink it and a
 * counterexample can be kept as a file. Every gene is a natural number; whatever
 * it holds, the simulator makes a lawful step of it or skips it.
 */

/** What one step of the program does. Steps of unrecorded processes leave no record. */
export const OP_KINDS = [
  'fork',
  'vfork',
  'clone',
  'sibling',
  'newpid',
  'thread',
  'clone3',
  'spawn3',
  'thread3',
  'newpid3',
  'sibling3',
  'exec',
  'execFail',
  'exit',
  'exitGroup',
  'crash',
  'kill',
  'tkill',
  'tgkill',
  'killMissing',
  'wait',
  'waitNoHang',
  'waitPid',
  'waitid',
  'setsid',
  'subreaper',
  'unshare',
  'chdir',
  // unrecorded
  'ignore',
  'handle',
  'autoreap',
  'burn',
  'hold',
  'drop',
  'oom',
  'login',
  'idle',
] as const;

export type OpKind = (typeof OP_KINDS)[number];

/** One step. Durations are in microseconds. */
export interface Op {
  readonly kind: OpKind;
  /** Picks the thread that acts among those that could. */
  readonly who: number;
  /** Picks a target, a status, an argument: by kind. */
  readonly x: number;
  readonly y: number;
  /** True time that passes before the step begins. */
  readonly dt: number;
  /** From the call's entry to its effect. */
  readonly pre: number;
  /** From the effect to the moment the event's first record is logged. */
  readonly post: number;
}

export interface BootPlan {
  /** Numbers of the initial pid namespace lie below this. */
  readonly pidMax: number;
  /** Where the allocator of the initial namespace stands when the model begins. */
  readonly cursor: number;
  readonly firstSerial: number;
  /** Wall clock at the start, ms since the epoch. */
  readonly startMs: number;
  /** Length of a tick of the coarse clock in ms: 1, 4 or 10. */
  readonly tick: number;
  /** Processes that were there before the log, each the index of its parent among them, plus one. */
  readonly older: readonly number[];
  readonly ops: readonly Op[];
  /** Let everything under way come to its end after the last step; else the log is cut there. */
  readonly drain: boolean;
  /** Events at the start that the log lacks (it was rotated away). */
  readonly skip: number;
}

export interface HostPlan {
  /** Absent: records carry no node. */
  readonly node?: string;
  readonly enriched: boolean;
  readonly boots: readonly BootPlan[];
}

export interface Program {
  /** What it was drawn from, where it was by name. */
  readonly profile?: Profile;
  /** For everything the genes do not say: small delays, addresses, arrival. */
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
}

export const PROFILES = [
  'plain',
  'reuse',
  'threads',
  'orphans',
  'namespaces',
  'hosts',
  'all',
] as const;

export type Profile = (typeof PROFILES)[number];

/** How a process ended: its true wait status. */
export interface TrueEnd {
  readonly kind: 'code' | 'signal';
  readonly value: number;
  /** True time at which the status was settled, ns since the model began. */
  readonly at: number;
}

/** Which call created a process or thread. */
export type Via = 'fork' | 'vfork' | 'clone' | 'clone3';

/** What an event truly was: what the records try to say. Processes are indexes into the lives. */
export type Fact =
  | {
      readonly kind: 'birth';
      readonly via: Via;
      readonly child: number;
      /** The parent that the kernel gave it: the caller, or with CLONE_PARENT the caller's parent. */
      readonly parent: number;
      readonly sibling: boolean;
      /** A clone3 that no C library made: its hidden flags may be any. */
      readonly raw: boolean;
      /** What the call returned: the child's number in the caller's namespace. */
      readonly ret: number;
    }
  | { readonly kind: 'thread'; readonly via: Via; readonly ret: number }
  | { readonly kind: 'birth_failed' }
  | { readonly kind: 'exec'; readonly args: readonly string[]; readonly exe: string }
  | { readonly kind: 'exec_failed'; readonly path: string; readonly errno: string }
  | { readonly kind: 'exit'; readonly group: boolean; readonly code: number }
  | {
      readonly kind: 'reap';
      readonly child: number;
      /** What the call returned; null for waitid, which returns 0. */
      readonly ret: number | null;
      /** True when the call waited for that child by its number. */
      readonly named: boolean;
    }
  | {
      readonly kind: 'signal';
      readonly target: number;
      readonly sig: number;
      /** The call's argument: the target's number in the caller's namespace. */
      readonly arg: number;
    }
  | { readonly kind: 'abend'; readonly sig: number }
  | { readonly kind: 'setsid'; readonly ret: number }
  | { readonly kind: 'other' };

/** One record's text after its header, with the delay of its arrival behind the one before, in ns. */
export interface Body {
  readonly type: string;
  readonly text: string;
  readonly delay: number;
}

/** One event of the audit stream, with the truth behind it. */
export interface SimEvent {
  /** Host and boot it belongs to: an index into `History.boots`. */
  readonly boot: number;
  readonly serial: number;
  /** What the records carry: entry on the coarse clock, ms since the epoch. */
  readonly time: number;
  /** True entry and true moment of logging, ns since the boot's model began. */
  readonly entry: number;
  readonly loggedAt: number;
  /** The process that made the call; -1 for none. */
  readonly actor: number;
  /** Its real parent when the event was logged: what `ppid=` shows; -1 when no record shows it. */
  readonly parentThen: number;
  /** The serial is auditd's own, not the kernel's. */
  readonly daemon?: true;
  readonly fact: Fact;
  readonly bodies: readonly Body[];
}

/** A change of real parent. */
export interface TrueParent {
  readonly parent: number;
  readonly since: number;
}

/** One true life. Times are ns since its boot's model began. */
export interface TrueProcess {
  readonly index: number;
  readonly boot: number;
  /** In the initial namespace. */
  readonly pid: number;
  /** Its number at every level, the initial namespace first. */
  readonly numbers: readonly number[];
  /** In its own namespace. */
  readonly nsPid: number;
  /** Depth of its namespace; 0 is the initial one. */
  readonly level: number;
  /** The namespaces it has a number in, each by a number of its own; like `numbers`. */
  readonly namespaces: readonly number[];
  /** Negative for those that are older than the model. */
  readonly bornAt: number;
  /** Real parents over time, the first at birth. Empty for those that have none. */
  readonly parents: readonly TrueParent[];
  /** Whether audit rules apply to it. */
  readonly recorded: boolean;
  /** Threads over its life, the first included. */
  readonly threads: number;
  readonly end: TrueEnd | null;
  /** When it became a zombie; null while it lives. */
  readonly deadAt: number | null;
  /** When its number became free. */
  readonly freedAt: number | null;
}

export interface TrueBoot {
  readonly host: number;
  readonly node: string;
  readonly tick: number;
  /** Wall clock of true time 0 in ms, and how far into a tick that is, in ns. */
  readonly startMs: number;
  readonly phase: number;
  /** Written by auditd with log_format=ENRICHED. */
  readonly enriched: boolean;
}

export interface History {
  readonly program: Program;
  readonly boots: readonly TrueBoot[];
  readonly lives: readonly TrueProcess[];
  /** The events that are in the log, by boot and serial. */
  readonly events: readonly SimEvent[];
  /** The log, in arrival order, without line ends. */
  readonly lines: readonly string[];
}
