/** What the listening thread and the one that started it say to one another. */
import type { Loss, SegmentFacts, StopReason } from '../model/trace.ts';
import type { SegmentLimits } from './segments.ts';

/** What the thread is started with. */
export interface ListenerData {
  readonly folder: string;
  readonly limits: SegmentLimits;
  /** Socket of audit records; absent where they come another way. */
  readonly auditFd?: number;
  /** Whether what does not fit into that socket is lost: to its daemon, audit sends it again. */
  readonly auditMayDrop: boolean;
  readonly connectorFd?: number;
  /** Whether to tell of execs. */
  readonly hints: boolean;
  /** For a command: only what is below this process, or in this audit session. */
  readonly scope?: {
    readonly recorder: number;
    readonly session: number;
    /** When the session began, in ms: no record of it is older. */
    readonly since: number;
  };
  /** Memory that both threads see: `SHARED` says what is in it. */
  readonly shared: SharedArrayBuffer;
}

/** 32-bit places of the shared memory. */
export const SHARED = { stop: 0, halt: 1 } as const;
/**
 * Doubles of the shared memory, behind those: bytes written in all, audit messages
 * received, and where the next one will be: the number of the segment and the offset in it. */
export const SHARED_DOUBLES = 8;
export const SHARED_BYTES = 64;
export const TOTALS = { bytes: 0, records: 1, segment: 2, offset: 3 } as const;

/** What the listening thread tells. */
export type ListenerMessage =
  | { readonly kind: 'listening' }
  | { readonly kind: 'segment'; readonly segment: SegmentFacts }
  | { readonly kind: 'loss'; readonly loss: Loss }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'failure'; readonly reason: StopReason; readonly detail: string }
  | { readonly kind: 'execs'; readonly pids: readonly number[]; readonly times: readonly string[] }
  | { readonly kind: 'done' };
