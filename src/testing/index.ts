/**
 * godo for property tests of other programs: audit traces with known truth, and other orders of
 * them, as arbitraries of fast-check. docs/testing.md shows how. Needs the package `fast-check`.
 */
export { type TraceOptions, traceArbitrary } from './arbitrary.ts';
export { FEATURES, type Feature } from './kernel/program.ts';
export {
  type BootPlan,
  type Fact,
  type HostPlan,
  OP_KINDS,
  type Op,
  type OpKind,
  type Program,
  type Via,
} from './kernel/types.ts';
export { SHUFFLE_KINDS, type ShuffleKind, shuffles } from './shuffles.ts';
export {
  kernelModel,
  type Trace,
  type TraceEvent,
  type TraceExec,
  type TraceExit,
  type TraceProcess,
} from './trace.ts';
