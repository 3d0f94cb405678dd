/** `godo replay`: plays a recording again, to itself or to whatever reads audit records. */
import { statSync } from 'node:fs';
import { devNull } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { quoteForDisplay } from '../../base/text.ts';
import type { ReplayReport } from '../../model/replay.ts';
import { type Faults, type Plan, planOf } from '../../replay/faults.ts';
import { type History, needsHistory, type OrderName, orderLines } from '../../replay/orders.ts';
import type { Recording } from '../../replay/recording.ts';
import { beginOf, linesWithin, type Span, timetable } from '../../replay/timing.ts';
import { replayJson, replayText } from '../../report/replay.ts';
import { summaryText } from '../../report/summary.ts';
import { STDIN } from '../../source/inputs.ts';
import { EXIT } from '../analysis.ts';
import { Interrupt } from '../interrupt.ts';
import { analyzeRecording } from '../line-analyzer.ts';
import { linesAsText, writeAll } from '../output/output.ts';
import { type Clock, CLOCK, play, type Played } from './play.ts';
import { type ReadRecording, readRecording } from '../recording.ts';
import { AnalyzerSink, openSink, SinkError, type SinkName, sinkText } from './sinks.ts';

/** A moment: in ms since the epoch, or so many ms after the recording begins. */
export type Moment = { readonly at: number } | { readonly after: number };

/** What `godo replay` was asked for. */
export interface ReplayOptions {
  readonly to: SinkName;
  readonly speed: number;
  readonly order: OrderName;
  /** Of the order. */
  readonly orderSeed: number;
  readonly faults: Faults;
  /** Of the faults. */
  readonly seed: number;
  readonly from?: Moment;
  readonly until?: Moment;
  readonly report: 'text' | 'json';
  readonly quiet: boolean;
}

/** How long the end of the program may take after a signal, ms. */
const PATIENCE = 500;
/** Lines of a rehearsal at most. */
const REHEARSED = 5000;

/** Plays; gives the exit status. */
export async function replayCommand(
  names: readonly string[],
  options: ReplayOptions,
): Promise<number> {
  const read = await readRecording(names);
  if (read === undefined) return EXIT.unreadable;
  const { to } = options;
  if (to.kind === 'file' && names.some((name) => isSameFile(name, to.path))) {
    say(`${to.path} is an input`);
    return EXIT.usage;
  }
  const interrupt = new Interrupt();
  try {
    return await replay(read, options, interrupt);
  } catch (error) {
    if (!(error instanceof SinkError)) throw error;
    say(`${sinkText(to)}: ${error.message}`);
    return interrupt.status ?? EXIT.unreadable;
  } finally {
    interrupt.end();
    if (interrupt.status !== undefined) endSoon(interrupt.status);
  }
}

/** What a sink does not take would keep the program from ending: then the signal ends it after all. */
function endSoon(status: number): void {
  setTimeout(() => process.kill(process.pid, status - 128), PATIENCE).unref();
}

async function replay(
  { recording, faults }: ReadRecording,
  options: ReplayOptions,
  interrupt: Interrupt,
): Promise<number> {
  const { to, speed } = options;
  const { signal } = interrupt;
  const isPlayed = playedLines(recording, options);
  const plan = planFor(recording, isPlayed, options);
  const sink =
    to.kind === 'analyzer' ? new AnalyzerSink(recording) : await openSink(to, { signal, say });
  if (Number.isFinite(speed)) await rehearse(recording, plan, signal);
  const played = await play(recording, plan, { sink, speed, signal, clock: CLOCK });
  const isAlike = !(sink instanceof AnalyzerSink) || (await conclude(recording, sink, isPlayed));
  await report(reportOf(plan, played, options), played.failure, options);
  if (interrupt.status !== undefined) return interrupt.status;
  if (played.failure !== undefined) return played.failure.closed ? EXIT.fine : EXIT.unreadable;
  if (faults.some(({ kind }) => kind === 'unreadable')) return EXIT.unreadable;
  return isAlike || isAltered(plan) ? EXIT.fine : EXIT.faults;
}

/**
 * Plays the beginning into nowhere, by a clock that waits for nobody: what the engine compiles in
 * the middle of a replay makes lines late by some ms.
 */
async function rehearse(recording: Recording, plan: Plan, signal: AbortSignal): Promise<void> {
  const sink = await openSink({ kind: 'file', path: devNull }, { signal, say });
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      await setImmediate();
    },
  };
  const beginning = { ...plan, lines: plan.lines.subarray(0, REHEARSED) };
  await play(recording, beginning, { sink, speed: 1, signal, clock });
}

/** The lines to play, in their order, each with its time and what happens to it. */
function planFor(recording: Recording, isPlayed: Uint8Array, options: ReplayOptions): Plan {
  const { order, orderSeed, faults, seed } = options;
  const chosen = (lines: Int32Array): Int32Array => lines.filter((i) => isPlayed[i] === 1);
  const history = needsHistory(order) ? historyOf(recording) : undefined;
  const lines = chosen(orderLines(recording, order, orderSeed, history));
  const recorded =
    order === 'recorded' ? lines : chosen(orderLines(recording, 'recorded', 0, undefined));
  return planOf(recording, timetable(recording, order, lines, recorded), faults, seed);
}

function historyOf(recording: Recording): History {
  const { analysis, owners } = analyzeRecording(recording);
  return { processes: analysis.processes, owners };
}

/** By line. Others than the analyzer get audit records only: the connector's lines are godo's own. */
function playedLines(recording: Recording, { to, from, until }: ReplayOptions): Uint8Array {
  const begin = beginOf(recording) ?? 0;
  const span: Span = {
    ...(from === undefined ? {} : { from: momentOf(from, begin) }),
    ...(until === undefined ? {} : { until: momentOf(until, begin) }),
  };
  const isPlayed = linesWithin(recording, span);
  if (to.kind === 'analyzer') return isPlayed;
  return isPlayed.map((one, i) => (recording.isConnector(i) ? 0 : one));
}

function momentOf(moment: Moment, begin: number): number {
  return 'at' in moment ? moment.at : begin + moment.after;
}

/** Writes what the analyzer concluded, and whether it is what the recording says as it stands. */
async function conclude(
  recording: Recording,
  sink: AnalyzerSink,
  isPlayed: Uint8Array,
): Promise<boolean> {
  const { summary, faults } = sink.finish();
  const lines = recording.event.keys();
  const whole = analyzeRecording(
    recording,
    [...lines].filter((i) => isPlayed[i] === 1),
  );
  const { digest } = whole.analysis.summary;
  const isAlike = digest === summary.digest;
  const verdict = isAlike ? 'the same as of the recording' : `not the recording's, ${digest}`;
  await writeAll(
    process.stdout,
    linesAsText([...summaryText({ summary, faults }), `${' '.repeat(11)}${verdict}`]),
  );
  return isAlike;
}

/** Whether lines were lost, cut, damaged or moved to another time: then another tree is no fault. */
function isAltered({ counts }: Plan): boolean {
  const { dropped, truncated, corrupted, skewed } = counts;
  return dropped + truncated + corrupted + skewed > 0;
}

function reportOf(plan: Plan, played: Played, options: ReplayOptions): ReplayReport {
  const { to, order, orderSeed, seed, speed } = options;
  const { failure, ...rest } = played;
  const { due, lines, counts } = plan;
  const span = lines.length === 0 ? 0 : due[due.length - 1] - due[0];
  return {
    sink: sinkText(to),
    order,
    order_seed: orderSeed,
    seed,
    speed,
    planned: lines.length,
    ...rest,
    span,
    wanted: span / speed,
    faults: counts,
    ...(failure === undefined ? {} : { reason: failure.message }),
  };
}

/** On standard error. A sink that failed is told of even when nobody asks for a report. */
async function report(
  replayed: ReplayReport,
  failure: SinkError | undefined,
  { quiet, report: form }: ReplayOptions,
): Promise<void> {
  if (!quiet) {
    const lines = form === 'json' ? [replayJson(replayed)] : replayText(replayed);
    await writeAll(process.stderr, linesAsText(lines));
  } else if (failure?.closed === false) {
    const { sink, lines, planned } = replayed;
    say(`${sink}: ${failure.message}; ${lines} of ${planned} lines delivered`);
  }
}

function say(text: string): void {
  process.stderr.write(`godo: ${quoteForDisplay(text)}\n`);
}

function isSameFile(name: string, path: string): boolean {
  if (name === STDIN) return false;
  try {
    const [a, b] = [statSync(name), statSync(path)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
