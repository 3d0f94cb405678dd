/** `godo sort` and `godo merge`: lines in canonical order, more of them than memory holds. */
import { tmpdir } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Fault, FaultKind } from '../../model/fault.ts';
import {
  CanonicalOrder,
  type LineKey,
  type LineKind,
  type SortBy,
} from '../../replay/canonical.ts';
import { type MergedRuns, Repeats, SortRun } from '../../replay/runs.ts';
import { openInputs } from '../../source/inputs.ts';
import { type LineSink, LineSplitter } from '../../source/lines.ts';
import { EXIT } from '../analysis.ts';
import { hintsOf } from '../output/hints.ts';
import { checkInputs, INPUTS } from '../inputs.ts';
import { LEFT_OUT, type OutputStream, type RecordingOutput } from '../output/output-lines.ts';
import { turn } from '../output/output-file.ts';
import { ProgressBar } from '../progress.ts';
import {
  addOutput,
  isTraceWanted,
  openOutput,
  type OutputFlags,
  sayWritten,
} from '../output/recording-output.ts';
import { sourcesOf } from '../output/sources.ts';
import { Spill } from './spill.ts';
import { bytesOf } from '../units.ts';

/** What `godo sort` and `godo merge` were asked for. */
export interface SortOptions extends OutputFlags {
  readonly by: SortBy;
  /** Bytes. */
  readonly memory: number;
  /** Folder for temporary files; the system's by default. */
  readonly tmp?: string;
}

/**
 * Writes the inputs in canonical order; `merge` leaves out what is there twice. Gives the exit
 * status. Throws UsageError and OutputError.
 */
export async function sortCommand(
  tool: 'sort' | 'merge',
  names: readonly string[],
  options: SortOptions,
): Promise<number> {
  const sources = await sourcesOf(names);
  const derivation = { by: tool, order: options.by };
  const output = openOutput(options, { sources, derivation });
  const sorter = new Sorter(output, options);
  try {
    const status = await sorter.read(names, isTraceWanted(options));
    if (status === EXIT.unreadable && sorter.opened === 0) {
      output.discard();
      return status;
    }
    for await (const { stream, bytes } of hintsOf(sources.traces)) sorter.hint(stream, bytes);
    await writeSorted(sorter, output, tool === 'merge' ? new Repeats() : undefined);
    const written = await output.finish();
    if (options.quiet !== true) sayWritten(written, options.output);
    return status;
  } catch (error) {
    output.discard();
    throw error;
  } finally {
    sorter.close();
  }
}

async function writeSorted(
  sorter: Sorter,
  output: RecordingOutput,
  repeats: Repeats | undefined,
): Promise<void> {
  const merged = sorter.merged();
  if (sorter.mixed) output.nameHosts();
  for (let line = merged.next(); line !== undefined; line = merged.next()) {
    if (repeats?.is(line) === true) {
      output.leaveOut(LEFT_OUT.duplicate, 1);
      continue;
    }
    const { bytes, start, end, stream } = line;
    if (output.put(sorter.streams[stream], bytes, start, end) && !(await output.drain())) return;
  }
}

/** Reads lines, and keeps them in sorted runs. */
class Sorter {
  readonly streams: OutputStream[] = [];
  /** Inputs that could be read. */
  opened = 0;
  readonly #output: RecordingOutput;
  readonly #order: CanonicalOrder;
  readonly #run: SortRun;
  readonly #spill: Spill;
  readonly #sink: LineSink = {
    line: (bytes, start, end, _, whole) => this.#line(bytes, start, end, whole),
    tooLong: () => this.#output.leaveOut(LEFT_OUT.tooLong, 1),
  };

  constructor(output: RecordingOutput, { by, memory, tmp = tmpdir() }: SortOptions) {
    this.#output = output;
    this.#order = new CanonicalOrder(by);
    this.#run = new SortRun(this.#order, memory);
    this.#spill = new Spill(tmp, this.#order);
  }

  /** Whether hosts must be named in a log. */
  get mixed(): boolean {
    return this.#order.mixed;
  }

  /** Reads all inputs; gives the exit status that they earn. */
  async read(names: readonly string[], keepsLosses: boolean): Promise<number> {
    let status: number = EXIT.fine;
    const bar = new ProgressBar(process.stderr, () => performance.now());
    const onFault = (fault: Fault): void => {
      // A trace keeps them.
      if (fault.kind === 'recorder-loss' && keepsLosses) return;
      bar.clear();
      process.stderr.write(`godo: ${fault.input ?? '?'}: ${fault.reason}\n`);
      status = Math.max(status, STATUS[fault.kind] ?? EXIT.fine);
    };
    const onProgress = (read: number, total: number | undefined): void => bar.update(read, total);
    for await (const { name, chunks, origin } of openInputs(names, { onFault, onProgress })) {
      this.opened++;
      const stream = origin === undefined ? { name } : { name, origin };
      this.#from(stream, origin?.connector === undefined ? 'audit' : 'connector');
      const splitter = new LineSplitter(this.#sink);
      for await (const chunk of chunks) {
        splitter.push(chunk);
        await turn();
      }
      splitter.flush();
    }
    bar.clear();
    return status;
  }

  /** Takes a hint. */
  hint(stream: OutputStream, bytes: Uint8Array): void {
    if (this.streams.at(-1) !== stream) this.#from(stream, 'hints');
    this.#line(bytes, 0, bytes.length, true);
  }

  /** All lines in order. Call once. Throws OutputError. */
  merged(): MergedRuns {
    if (this.#order.settle()) this.#sortAgain();
    return this.#spill.merged(this.#run.sorted());
  }

  /** Sorts what is in files once more: when it was sorted, the boots of hosts were not known yet. */
  #sortAgain(): void {
    for (const run of this.#spill.take()) {
      while (run.next()) this.#add(run.bytes, run.start, run.end, run.stream, run);
    }
  }

  close(): void {
    this.#spill.close();
  }

  #from(stream: OutputStream, kind: LineKind): void {
    this.streams.push(stream);
    this.#order.from(kind, stream.origin);
  }

  #line(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
    if (!this.#order.read(bytes, start, end, whole)) {
      this.#output.leaveOut(LEFT_OUT.torn, 1);
      return;
    }
    this.#add(bytes, start, end, this.streams.length - 1, this.#order);
  }

  #add(bytes: Uint8Array, start: number, end: number, stream: number, key: LineKey): void {
    if (this.#run.add(bytes, start, end, stream, key)) return;
    this.#spill.add(this.#run.sorted());
    this.#run.clear();
    this.#run.add(bytes, start, end, stream, key);
  }
}

/** What was lost while recording is no fault of reading. */
const STATUS: Readonly<Partial<Record<FaultKind, number>>> = {
  unreadable: EXIT.unreadable,
  'gzip-damaged': EXIT.faults,
};

const SORT_HELP = `${INPUTS}
By serial, records are in the order of host, boot and serial; by time, in that of time, host and
serial. What does not fit into the memory goes to temporary files, which take a third more than the
text. Sizes are like 64M or 2G. docs/tools.md says what is written where.

Exit status: 0 fine; 1 an input was damaged; 2 wrong usage; 3 an input could not be read, or the
output not be written.
`;

const LEAST_MEMORY = 2 ** 20;

function memoryOf(text: string): number {
  const bytes = bytesOf(text);
  if (bytes !== undefined && bytes >= LEAST_MEMORY && bytes <= 2 ** 32) return bytes;
  throw new InvalidArgumentError('It must be like 64M, from 1M to 4G.');
}

function addTool(
  program: Command,
  tool: 'sort' | 'merge',
  description: string,
  done: (status: number) => void,
): void {
  const command = addOutput(
    program.command(tool).description(description).argument('<LOG...>', 'audit logs or traces'),
  );
  command
    .addOption(
      new Option('--by <key>', 'what leads in the order')
        .choices(['serial', 'time'])
        .default('serial'),
    )
    .addOption(
      new Option('--memory <size>', 'memory for lines')
        .argParser(memoryOf)
        .default(256 * 2 ** 20, '256M'),
    )
    .option('--tmp <dir>', 'folder for temporary files, by default $TMPDIR or /tmp')
    .addHelpText('after', SORT_HELP)
    .action(async (names: string[], options: SortOptions) => {
      checkInputs(command, names);
      done(await sortCommand(tool, names, options));
    });
}

/** `godo sort`. */
export function addSort(program: Command, done: (status: number) => void): void {
  addTool(program, 'sort', 'write logs in canonical order', done);
}

/** `godo merge`. */
export function addMerge(program: Command, done: (status: number) => void): void {
  addTool(program, 'merge', 'make one log or trace of several, each record once', done);
}
