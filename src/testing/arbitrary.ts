/** Random traces for fast-check. */
import type * as fc from 'fast-check';
import { type Feature, programsWith } from './kernel/program.ts';
import { kernelModel, type Trace } from './trace.ts';

/** What traces may hold; see `traceArbitrary`. */
export interface TraceOptions {
  /**
   * What takes part beside forks, execs, exits, waits and signals: `threads`; `orphans` (adoption,
   * subreapers, CLONE_PARENT); `namespaces` (of pids); `reuse` (of pids, soon); `reboots` (a host
   * may boot twice); `enriched` (a host's lines may be as auditd's log_format=ENRICHED has them).
   * Default: none.
   */
  readonly features?: readonly Feature[];
  /** Steps per boot at most; a step makes an event or two, of four lines or so. Default: 40. */
  readonly steps?: number;
  /** Hosts at most. With more than one, records carry `node=`. Default: 1. */
  readonly hosts?: number;
  /**
   * Traces may begin after processes did, lack their first events, and end in the middle of
   * things. Default: a trace has everything from its first process to the last call's end.
   */
  readonly partial?: boolean;
}

/**
 * Traces with their truth. They shrink to fewer steps, then to simpler ones: each step of shrinking
 * is a trace that a kernel could have made. Throws a RangeError where a limit makes no sense.
 */
export function traceArbitrary(options: TraceOptions = {}): fc.Arbitrary<Trace> {
  const { features = [], steps = 40, hosts = 1, partial = false } = options;
  return programsWith({
    features,
    most: whole('steps', steps, 0),
    hosts: whole('hosts', hosts, 1),
    partial,
  }).map(kernelModel);
}

function whole(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= 100_000) return value;
  throw new RangeError(`${name} must be a whole number from ${least} to 100000, not ${value}`);
}
