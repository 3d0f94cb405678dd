/** What takes the lines of a recording that a tool writes, and what they are made of. */
import type { JournalEntry, Manifest } from '../../model/trace.ts';
import type { Derivation } from '../../replay/manifests.ts';
import type { RecordingStream } from '../../replay/recording.ts';
import { MAX_LINE_BYTES } from '../../source/lines.ts';
import type { Sources } from './sources.ts';

/** Where a line came from. */
export interface OutputStream extends RecordingStream {
  /** Its lines are hints of a trace. */
  readonly hints?: true;
}

/** A line, and where it came from. */
export interface OutputLine {
  readonly stream: OutputStream;
  /** Without its end. Valid until the next one is asked for. */
  readonly bytes: Uint8Array;
}

/** What the lines are made of, and what of that changes. */
export interface OutputOrigin {
  /** All that was read; see `sourcesOf`. */
  readonly sources: Sources;
  /** Is noted in the manifest of a trace. */
  readonly derivation: Derivation;
  /** What a tool changes of a trace beside its lines. */
  readonly change?: {
    readonly manifest?: (manifest: Manifest) => Manifest;
    /** Undefined leaves the entry out. */
    readonly journal?: (entry: JournalEntry) => JournalEntry | undefined;
  };
}

/** Reasons to leave lines out, as they follow `N lines`. */
export const LEFT_OUT = {
  connector: 'of the process connector left out: write a .trace to keep them',
  hints: 'of hints left out: write a .trace to keep them',
  hintsDropped: 'of hints left out',
  tooLong: `over ${MAX_LINE_BYTES} bytes left out`,
  torn: 'left out, cut at the end of an input',
  duplicate: 'left out as repeats',
} as const;

/** What became of the lines. */
export interface Written {
  readonly lines: number;
  /** By reason. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** Whether the reader went away before the end. */
  readonly closed: boolean;
}

/** Takes lines. Whoever writes waits with `drain` when `put` says so, and ends with one of two. */
export interface RecordingOutput {
  /** Takes `bytes[start, end)`, a line without its end. True when `drain` is due. */
  put(stream: OutputStream, bytes: Uint8Array, start: number, end: number): boolean;
  /** Of several hosts: a log gets `node=NAME` where lines lack it. Before the first `put`. */
  nameHosts(): void;
  /** Counts lines that are not put. */
  leaveOut(reason: string, count: number): void;
  /** Writes what was put; false when nobody reads any more. Throws OutputError. */
  drain(): Promise<boolean>;
  /** All is put. The output is there only from now on. Throws OutputError and UsageError. */
  finish(): Promise<Written>;
  /** Gives up; nothing is left. */
  discard(): void;
}

/** Counts what becomes of lines. */
export class LineAccount {
  lines = 0;
  closed = false;
  readonly leftOut = new Map<string, number>();

  leaveOut(reason: string, count: number): void {
    if (count > 0) this.leftOut.set(reason, (this.leftOut.get(reason) ?? 0) + count);
  }
}
