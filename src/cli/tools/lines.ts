/** The lines of what stands on the command line, again and again, without keeping them. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Fault, FaultKind } from '../../model/fault.ts';
import type { TraceOrigin } from '../../model/trace.ts';
import { type Input, openInputs, STDIN } from '../../source/inputs.ts';
import { LineSplitter } from '../../source/lines.ts';
import { EXIT } from '../analysis.ts';
import { atInterrupt } from '../output/cleanup.ts';

/** What reads the lines of one input after the other. Bytes are only valid during the call. */
export interface LineReader {
  open(name: string, origin: TraceOrigin | undefined): void;
  /** `whole`: it ended with a newline. */
  line(bytes: Uint8Array, start: number, end: number, whole: boolean): void;
  /** A line over MAX_LINE_BYTES, which is left out. */
  tooLong(): void;
  close(): void;
}

/** How inputs are read. */
export interface ReadOptions {
  /** As a log of them would have it: audit records, and the host that they come from. */
  readonly plain: boolean;
  readonly onFault: (fault: Fault) => void;
}

/** The inputs as `plain` says. */
export async function* inputsOf(
  names: readonly string[],
  { plain, onFault }: ReadOptions,
): AsyncGenerator<Input, void> {
  for await (const input of openInputs(names, { onFault, withoutConnector: plain })) {
    const { name, chunks, origin } = input;
    if (!plain || origin === undefined) yield input;
    else yield { name, chunks, origin: { host: origin.host, boot: origin.boot } };
  }
}

/** Reads all lines; after each chunk of bytes `reader` has seen all lines that it ends. */
export async function* readLines(
  names: readonly string[],
  options: ReadOptions,
  reader: LineReader,
): AsyncGenerator<void, void> {
  const splitter = (): LineSplitter =>
    new LineSplitter({
      line: (bytes, start, end, _, whole) => reader.line(bytes, start, end, whole),
      tooLong: () => reader.tooLong(),
    });
  for await (const { name, chunks, origin } of inputsOf(names, options)) {
    reader.open(name, origin);
    const lines = splitter();
    for await (const chunk of chunks) {
      lines.push(chunk);
      yield;
    }
    lines.flush();
    reader.close();
    yield;
  }
}

/** Collects what was wrong with inputs, and says it on standard error. */
export class InputFaults {
  /** The exit status that they earn. */
  status: number = EXIT.fine;
  readonly #keepsLosses: boolean;

  /** `keepsLosses`: what a recorder lost stays noted in the trace that is written. */
  constructor(keepsLosses: boolean) {
    this.#keepsLosses = keepsLosses;
  }

  add({ kind, input = '?', reason }: Fault): void {
    if (kind === 'recorder-loss' && this.#keepsLosses) return;
    process.stderr.write(`godo: ${input}: ${reason}\n`);
    this.status = Math.max(this.status, STATUS[kind] ?? EXIT.fine);
  }
}

const STATUS: Readonly<Partial<Record<FaultKind, number>>> = {
  unreadable: EXIT.unreadable,
  'gzip-damaged': EXIT.faults,
};

/** The same names, with a file in the place of standard input, so that it can be read again. */
export async function withSpooled<T>(
  names: readonly string[],
  use: (names: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!names.includes(STDIN)) return use(names);
  // Mode 0700: what is recorded is nobody else's business.
  const folder = mkdtempSync(join(tmpdir(), 'godo-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const release = atInterrupt(remove);
  try {
    const file = join(folder, 'stdin');
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    return await use(names.map((name) => (name === STDIN ? file : name)));
  } finally {
    remove();
    release();
  }
}
