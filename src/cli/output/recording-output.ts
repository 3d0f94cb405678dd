/**
 * Where the tools write recordings: lines of text to standard output or a log file, or a whole
 * trace of docs/trace-format.md. docs/tools.md says what is written where.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Derivation } from '../../replay/manifests.ts';
import type { Recording } from '../../replay/recording.ts';
import { hintsOf } from './hints.ts';
import { LogWriter } from './log-output.ts';
import { UsageError } from './output.ts';
import { FileSink, StdoutSink } from './output-file.ts';
import {
  LEFT_OUT,
  type OutputLine,
  type OutputOrigin,
  type RecordingOutput,
  type Written,
} from './output-lines.ts';
import { type Sources, sourcesOf, type SourceTrace } from './sources.ts';
import { TraceWriter } from './trace-output.ts';

/** The flags that all tools share, as `addOutput` reads them. */
export interface OutputFlags {
  /** A file, a folder, or `-`. */
  readonly output: string;
  readonly format?: 'log' | 'trace';
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Adds the flags of `OutputFlags`. */
export function addOutput(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <out>', 'a file, a folder for a trace, or - for standard output')
        .default('-')
        .argParser((text: string) => {
          if (text !== '') return text;
          throw new InvalidArgumentError('It must be a name, or -.');
        }),
    )
    .addOption(
      new Option(
        '--format <format>',
        'trace for a name that ends in .trace or /, otherwise log',
      ).choices(['log', 'trace']),
    )
    .option('--force', 'replace an output that is there')
    .option('-q, --quiet', 'no account on standard error');
}

/** Whether a trace is asked for. Throws UsageError where it cannot be. */
export function isTraceWanted({ output, format }: OutputFlags): boolean {
  if (output === '-' && format === 'trace') {
    throw new UsageError('a trace is a folder: name it with -o');
  }
  return format === undefined ? /(?:\.trace|\/)$/.test(output) : format === 'trace';
}

/**
 * Opens the output. Throws UsageError where something is there, or where no trace can be made of
 * this, and OutputError where it cannot be written.
 */
export function openOutput(flags: OutputFlags, origin: OutputOrigin): RecordingOutput {
  if (isTraceWanted(flags)) {
    const traces = tracesOfOneBoot(origin.sources);
    return new TraceWriter(flags.output, flags.force === true, traces, origin);
  }
  const { output, force } = flags;
  return new LogWriter(output === '-' ? new StdoutSink() : new FileSink(output, force === true));
}

/** What a trace can be made of. Throws UsageError. */
function tracesOfOneBoot({ traces, others }: Sources): readonly SourceTrace[] {
  if (others.length > 0) {
    throw new UsageError(
      `a trace can only be made of traces, and ${others[0]} is none: write a log instead`,
    );
  }
  const boots = new Map(traces.map((trace) => [trace.boot, trace]));
  if (boots.size <= 1) return traces;
  const [one, other] = boots.values();
  throw new UsageError(
    `a trace is of one host and boot, and ${one.folder} and ${other.folder} are not of the same: write a log instead`,
  );
}

/** Puts all lines and finishes; after an error nothing is left. Gives what became of them. */
async function writeLines(
  output: RecordingOutput,
  lines: Iterable<OutputLine> | AsyncIterable<OutputLine>,
): Promise<Written> {
  try {
    for await (const { stream, bytes } of lines) {
      if (output.put(stream, bytes, 0, bytes.length) && !(await output.drain())) break;
    }
    return await output.finish();
  } catch (error) {
    output.discard();
    throw error;
  }
}

/** How lines of a recording in memory are written. */
export interface WriteOptions extends OutputFlags {
  /** What the recording was read from: the names on the command line. */
  readonly from: readonly string[];
  readonly derivation: Derivation;
  readonly change?: OutputOrigin['change'];
  /** The hint to write into a trace for one of its source; undefined leaves it out, as all are without this. */
  readonly hint?: (line: Uint8Array) => Uint8Array | undefined;
}

/**
 * Writes lines of a recording, by their numbers, in the order given, and says on standard error
 * what became of them. Throws as `openOutput` and `RecordingOutput` do.
 */
export async function writeRecording(
  recording: Recording,
  lines: Int32Array | readonly number[],
  options: WriteOptions,
): Promise<Written> {
  const all = await sourcesOf(options.from);
  const sources = isTraceWanted(options) ? sourcesUsed(recording, lines, all) : all;
  const output = openOutput(options, { ...options, sources });
  if (hostsOf(recording, lines).size > 1) output.nameHosts();
  const written = await writeLines(output, linesOf(recording, lines, output, options, sources));
  if (options.quiet !== true) sayWritten(written, options.output);
  return written;
}

/** Only the traces that lines were taken from; where no line was, all of them. */
function sourcesUsed(
  recording: Recording,
  lines: Int32Array | readonly number[],
  { traces, others }: Sources,
): Sources {
  const boots = new Set<string>();
  let isMore = false;
  for (const i of lines) {
    const boot = recording.streams[recording.stream[i]].origin?.boot;
    if (boot === undefined) isMore = true;
    else boots.add(boot);
  }
  if (lines.length === 0) return { traces, others };
  return { traces: traces.filter(({ boot }) => boots.has(boot)), others: isMore ? others : [] };
}

function hostsOf(recording: Recording, lines: Int32Array | readonly number[]): Set<string> {
  const hosts = new Set<string>();
  for (const i of lines) {
    const event = recording.event[i];
    if (event >= 0) hosts.add(recording.events[event].node);
  }
  return hosts;
}

async function* linesOf(
  recording: Recording,
  lines: Int32Array | readonly number[],
  output: RecordingOutput,
  options: WriteOptions,
  { traces }: Sources,
): AsyncGenerator<OutputLine, void> {
  for (const i of lines) {
    yield { stream: recording.streams[recording.stream[i]], bytes: recording.line(i) };
  }
  for await (const { stream, bytes } of hintsOf(traces)) {
    // A log has its own word for them.
    const kept = isTraceWanted(options) ? options.hint?.(bytes) : bytes;
    if (kept === undefined) output.leaveOut(LEFT_OUT.hintsDropped, 1);
    else yield { stream, bytes: kept };
  }
}

/** Says on standard error what became of the lines, if they were read to the end. */
export function sayWritten({ lines, leftOut, closed }: Written, output: string): void {
  if (closed) return;
  const to = output === '-' ? 'standard output' : output;
  process.stderr.write(`godo: ${lines} lines written to ${to}\n`);
  for (const [reason, count] of leftOut) {
    process.stderr.write(`godo: ${count} ${count === 1 ? 'line' : 'lines'} ${reason}\n`);
  }
}
