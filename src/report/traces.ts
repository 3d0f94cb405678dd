/** What a store has of analyses, for people and as data. */
import { quoteForDisplay } from '../base/text.ts';
import type { TraceDocument } from '../model/stored-trace.ts';
import { withTimes } from './found.ts';
import { durationText, isoTime } from './time.ts';

/** The trace as one line of JSON, without its end. */
export function traceLine(trace: TraceDocument): string {
  return JSON.stringify(trace, withTimes);
}

/** The trace as a few lines, without their ends. */
export function traceLines(trace: TraceDocument): string[] {
  const { _id, state, stored_at, godo_version, inputs, summary, digest } = trace;
  const mark = state === 'unfinished' ? '  UNFINISHED: store it again to complete it' : '';
  const { first_timestamp: first, last_timestamp: last, processes, events } = summary;
  const span =
    first === undefined || last === undefined
      ? 'no events'
      : `${isoTime(first)} to ${isoTime(last)} (${durationText(last - first)})`;
  return [
    `trace ${_id}${mark}`,
    `  stored  ${isoTime(stored_at)} by godo ${quoteForDisplay(godo_version)}`,
    `  span    ${span}`,
    `  hosts   ${hostsText(trace)}`,
    `  holds   ${processes} processes, ${events} events`,
    `  digest  ${digest}`,
    ...inputs.map(
      ({ name, size, sha256 }) => `  input   ${quoteForDisplay(name)}  ${size} bytes  ${sha256}`,
    ),
  ];
}

function hostsText({ hosts, boots }: TraceDocument): string {
  const names = hosts.map((host) => (host === '' ? 'one without a name' : quoteForDisplay(host)));
  const count = `${boots.length} ${boots.length === 1 ? 'boot' : 'boots'}`;
  return names.length === 0 ? 'none' : `${names.join(', ')}; ${count}`;
}

/** What storing an analysis came to, in one line. */
export function writtenText(
  written: { readonly trace: TraceDocument; readonly processes: number; readonly removed: number },
  store: string,
): string {
  const { trace, processes, removed } = written;
  const other = trace.summary.processes - processes;
  const kept = other > 0 ? `, ${other} known from a longer recording` : '';
  const gone = removed > 0 ? `, ${removed} of a shorter recording taken away` : '';
  return `stored     ${processes} processes in ${quoteForDisplay(store)}${kept}${gone}; trace ${trace._id}`;
}
