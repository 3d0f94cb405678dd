/**
 * The trace that `godo record` writes: the types of its manifest and its journal.
 * docs/trace-format.md says what each field means and how the files are read.
 */

/** What a manifest's `format` and `version` are. A reader refuses a higher version. */
export const TRACE_FORMAT = 'godo-trace';
export const TRACE_VERSION = 1;

export const MANIFEST_FILE = 'manifest.json';
export const JOURNAL_FILE = 'journal.ndjson';

/** Where records come from; each has segments of its own. */
export type SegmentSource = 'audit' | 'connector' | 'hints';

/** The ending of a segment's name before compression. */
const SEGMENT_ENDINGS: Readonly<Record<SegmentSource, string>> = {
  audit: 'log',
  connector: 'ndjson',
  hints: 'ndjson',
};

const SEGMENT_NAME = /^(audit|connector|hints)-(\d{6,})\.(log|ndjson)(\.gz)?$/;

/** A segment as its file name tells it; undefined for any other file. */
export function segmentOf(
  file: string,
): { source: SegmentSource; number: number; gzip: boolean } | undefined {
  const match = SEGMENT_NAME.exec(file);
  if (match === null) return undefined;
  const source = match[1] as SegmentSource;
  if (SEGMENT_ENDINGS[source] !== match[3]) return undefined;
  return { source, number: Number(match[2]), gzip: match[4] !== undefined };
}

/** The name of a segment's file before compression. */
export function segmentFile(source: SegmentSource, number: number): string {
  return `${source}-${String(number).padStart(6, '0')}.${SEGMENT_ENDINGS[source]}`;
}

/** The kernel's `struct audit_status`. */
export interface AuditStatus {
  readonly enabled: number;
  readonly failure: number;
  readonly pid: number;
  readonly rate_limit: number;
  readonly backlog_limit: number;
  readonly lost: number;
  readonly backlog: number;
  /** In ticks of the kernel. */
  readonly backlog_wait_time: number;
}

/** The same moment on three clocks, in nanoseconds, as decimal text: they exceed a double. */
export interface ClockReading {
  readonly realtime_ns: string;
  readonly monotonic_ns: string;
  readonly boottime_ns: string;
}

/** A process as /proc showed it. What could not be read is absent. */
export interface KnownProcess {
  readonly pid: number;
  readonly ppid: number;
  /** Since boot, in units of `host.clock_ticks` a second: field 22 of /proc/PID/stat. */
  readonly start_ticks: number;
  readonly threads?: number;
  readonly comm: string;
  readonly exe?: string;
  readonly args?: readonly string[];
  /** The path in the unified hierarchy, or the longest one of the others. */
  readonly cgroup?: string;
  /** Its pid in each pid namespace that it is in, from the recorder's one inwards. */
  readonly ns_pids?: readonly number[];
  /** Inode numbers of namespaces. */
  readonly ns?: { readonly pid?: number; readonly mnt?: number };
}

/** What a process's cgroup says it belongs to. */
export interface Container {
  readonly runtime: string;
  readonly id: string;
  /** The pod's uid, under Kubernetes. */
  readonly pod?: string;
}

export interface HostFacts {
  readonly name: string;
  readonly boot_id: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpus: number;
  /** Units a second of `start_ticks` (USER_HZ). */
  readonly clock_ticks: number;
  /** The step of the clock that audit records carry, in nanoseconds. */
  readonly tick_ns: number;
  readonly pid_max: number;
}

/** One segment that is complete. Times are in ms since the epoch; for the connector, of its own clock. */
export interface SegmentFacts {
  /** The name before compression; the file may be there with `.gz` behind it. */
  readonly file: string;
  readonly source: SegmentSource;
  readonly records: number;
  /** Before compression. */
  readonly bytes: number;
  readonly first?: number;
  readonly last?: number;
  /** Of the bytes before compression, lower-case hex. */
  readonly sha256: string;
  readonly types: Readonly<Record<string, number>>;
}

/** Where something happened: so far had this segment been written. */
export interface TracePlace {
  readonly file: string;
  readonly offset: number;
}

/**
 * Ways to lose records. `kernel-lost`: audit's own counter; `audit-overflow`, `connector-overflow`:
 * a socket's buffer was full; `line-too-long`:
 * a line that was fed and is not an audit record; `write-failed`: bytes that could not be written.
 */
export type LossCause =
  | 'kernel-lost'
  | 'audit-overflow'
  | 'connector-overflow'
  | 'line-too-long'
  | 'write-failed';

/** One loss. `count` is absent where nobody knows how many. */
export interface Loss {
  readonly cause: LossCause;
  readonly count?: number;
  readonly place?: TracePlace;
}

export type StopReason =
  | 'command-ended'
  | 'duration'
  | 'size'
  | 'signal'
  | 'input-ended'
  | 'disk-full'
  | 'folder-gone'
  | 'write-failed'
  | 'source-failed';

/** Lines of the journal; `at` is the wall clock in ms since the epoch. */
export type JournalEntry = { readonly at: number } & (
  | { readonly kind: 'segment'; readonly segment: SegmentFacts }
  | ({ readonly kind: 'loss' } & Loss)
  | { readonly kind: 'status'; readonly status: AuditStatus }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'stop'; readonly reason: StopReason; readonly detail?: string }
);

/** How the audit records came in. */
export type AuditMode = 'unicast' | 'multicast' | 'stdin' | 'unix' | 'follow';

export interface Manifest {
  readonly format: typeof TRACE_FORMAT;
  readonly version: number;
  readonly godo: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly host: HostFacts;
  readonly clock: { readonly start: ClockReading; readonly end?: ClockReading };
  readonly options: Readonly<Record<string, unknown>>;
  readonly audit: {
    readonly mode: AuditMode;
    /** Before anything was changed; absent where it may not be asked. */
    readonly before?: AuditStatus;
    /** With the recorder's settings, as recording began. */
    readonly start?: AuditStatus;
    /** As recording ended, before the settings were put back. */
    readonly end?: AuditStatus;
    /** All rules in force while recording, in auditctl's words. */
    readonly rules: readonly string[];
  };
  readonly connector: boolean;
  readonly hints: boolean;
  /** Pid of the recorder: none of its own doings are recorded. */
  readonly recorder: number;
  /** Of the other recordings that the trace was put together from. */
  readonly recorders?: readonly number[];
  /** For a command: its audit session. */
  readonly session?: number;
  /** For a command: its pid, once it is started. */
  readonly root?: number;
  readonly processes: readonly KnownProcess[];
  readonly containers: readonly Container[];
  /** When recording ended, ms since the epoch, and why; absent while it goes on and after a crash. */
  readonly end?: { readonly at: number; readonly reason: StopReason; readonly detail?: string };
  readonly segments?: readonly SegmentFacts[];
  readonly losses?: readonly (Loss & { readonly at: number })[];
}

/** What is known of an input because it belongs to a trace of `godo record`. */
export interface TraceOrigin {
  /** The host that records without a node come from. */
  readonly host: string;
  /** Names the boot among all boots of all hosts. */
  readonly boot: string;
  /**
   * For a segment of the process connector: what to add to its clock to get ms since the
   * epoch. Absent for audit records.
   */
  readonly connector?: { readonly offset: number };
  /** Processes that were there when recording began. */
  readonly alive?: readonly AliveProcess[];
  /** Pids of the recorders: none of their doings are part of the recording. */
  readonly recorders?: readonly number[];
}

/** A process that was there when recording began, as far as analysis needs it. */
export interface AliveProcess {
  readonly pid: number;
  readonly ppid: number;
  /** When it was born, ms since the epoch, to the kernel's USER_HZ (10 ms). */
  readonly born: number;
  readonly comm: string;
  readonly exe?: string;
  readonly args?: readonly string[];
}
