/** The report at the end of a replay. */
import type { FaultCounts, ReplayReport } from '../model/replay.ts';
import { quoteForDisplay } from '../base/text.ts';
import { durationText } from './time.ts';

const FAULT_WORDS: readonly (keyof FaultCounts)[] = [
  'dropped',
  'duplicated',
  'delayed',
  'truncated',
  'corrupted',
  'skewed',
];

/** The report as aligned lines, without line ends. */
export function replayText(report: ReplayReport): string[] {
  const { order, order_seed, speed, span, wanted, took, lateness } = report;
  const rows: [string, string][] = [
    ['delivered', deliveredText(report)],
    ['order', SEEDED.has(order) ? `${order}, seed ${order_seed}` : order],
    [
      'time',
      Number.isFinite(speed)
        ? `${roundText(span)} of the recording at speed ${speed}: ` +
          `wanted ${roundText(wanted)}, took ${roundText(took)}`
        : `${roundText(span)} of the recording, took ${roundText(took)}`,
    ],
  ];
  if (lateness !== undefined) {
    const { p50, p99, max } = lateness;
    rows.push(['late', `p50 ${msText(p50)}, p99 ${msText(p99)}, at most ${msText(max)}`]);
  }
  const faults = faultsText(report);
  if (faults !== undefined) rows.push(['faults', faults]);
  if (report.stopped !== undefined) rows.push(['stopped', stoppedText(report)]);
  return rows.map(([name, value]) => `${name.padEnd(9)}  ${value}`);
}

const SEEDED: ReadonlySet<string> = new Set(['shuffle', 'adversarial']);

function deliveredText({ planned, lines, events, bytes, sink }: ReplayReport): string {
  const of = lines === planned ? `${lines} lines` : `${lines} of ${planned} lines`;
  return `${of} (${events} events, ${bytes} bytes) to ${quoteForDisplay(sink)}`;
}

function roundText(ms: number): string {
  return durationText(Math.round(ms));
}

function msText(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

/** Undefined when nothing was done to any line. */
function faultsText({ faults, seed }: ReplayReport): string | undefined {
  const done = FAULT_WORDS.filter((name) => faults[name] > 0);
  if (done.length === 0) return undefined;
  return `${done.map((name) => `${name} ${faults[name]}`).join(', ')} (lines; seed ${seed})`;
}

function stoppedText({ stopped, reason }: ReplayReport): string {
  if (stopped === 'interrupted') return 'interrupted';
  return reason === undefined ? 'the sink has gone' : quoteForDisplay(reason);
}

/** The report as one line of JSON; times in ms, the greatest speed as "max". */
export function replayJson(report: ReplayReport): string {
  const { speed } = report;
  return JSON.stringify({ ...report, speed: Number.isFinite(speed) ? speed : 'max' });
}
