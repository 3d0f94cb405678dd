import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { wordsOf } from '../../base/errors.ts';
import type { Fault } from '../../model/fault.ts';
import type { TraceOrigin } from '../../model/trace.ts';
import { Analyzer } from '../../pipeline.ts';
import { Anonymizer } from '../../replay/anonymize/anonymizer.ts';
import { shapeDigest } from '../../replay/shape.ts';
import { EXIT } from '../analysis.ts';
import { hintsOf } from '../output/hints.ts';
import { InputFaults, readLines } from './lines.ts';
import { UsageError } from '../output/output.ts';
import { LEFT_OUT, type OutputStream, type RecordingOutput } from '../output/output-lines.ts';
import {
  isTraceWanted,
  openOutput,
  type OutputFlags,
  sayWritten,
} from '../output/recording-output.ts';
import { type Sources, sourcesOf } from '../output/sources.ts';

/** What `godo anonymize` was asked for. */
export interface AnonymizeFlags extends OutputFlags {
  readonly key?: string;
  readonly keyFile?: string;
  readonly keep: readonly string[];
  readonly keepTimes?: boolean;
  /** Compares the shape before and after; both analyses are in memory. */
  readonly verify: boolean;
}

const NEWLINE = Buffer.from('\n');
const RANDOM_BYTES = 32;
const UNREADABLE = 'left out that analysis cannot read either';
const HINT = 'of hints left out that cannot be read';

const NOT_HIDDEN = `godo: not hidden: the tree, pids, session numbers, system calls with their numeric arguments,
godo: statuses, times between events, how long each text is, and the marks between its words;
godo: docs/tools.md has the whole list
`;

/** Two analyses at once: of what comes in and of what goes out. */
class Shapes {
  readonly before = new Analyzer();
  readonly after = new Analyzer();

  open(name: string, origin: TraceOrigin | undefined, other: TraceOrigin | undefined): void {
    this.before.open(name, origin);
    this.after.open(name, other);
  }

  /** The line as it is, and the other unless it is left out. */
  line(line: Uint8Array, other: Uint8Array | undefined): void {
    if (other === undefined) return;
    this.before.push(line);
    this.before.push(NEWLINE);
    this.after.push(other);
    this.after.push(NEWLINE);
  }

  close(): void {
    this.before.close();
    this.after.close();
  }
}

/**
 * `godo anonymize`: gives the exit status. Throws UsageError and OutputError where the key cannot
 * be read or the output cannot be opened or written.
 */
export async function anonymizeCommand(
  names: readonly string[],
  flags: AnonymizeFlags,
): Promise<number> {
  const key = await keyOf(flags);
  const { keep, keepTimes = false } = flags;
  const anonymizer = new Anonymizer({ key, keep, keepTimes });
  const sources = await sourcesOf(names);
  const output = openOutput(flags, {
    sources,
    derivation: { by: 'anonymize' },
    change: {
      manifest: (manifest) => anonymizer.traces.manifest(manifest),
      journal: (entry) => anonymizer.traces.entry(entry),
    },
  });
  try {
    return await anonymizeTo(output, names, sources, anonymizer, flags);
  } catch (error) {
    output.discard();
    throw error;
  }
}

async function keyOf({ key, keyFile }: AnonymizeFlags): Promise<Uint8Array> {
  if (keyFile === undefined) {
    if (key === '') throw new UsageError('the key is empty');
    return key === undefined ? randomBytes(RANDOM_BYTES) : Buffer.from(key, 'utf8');
  }
  let text: Buffer;
  try {
    text = await readFile(keyFile);
  } catch (error) {
    throw new UsageError(`${keyFile}: ${wordsOf(error)}`);
  }
  // Editors end a file with a line end that is no part of the key.
  const end = text.at(-1) === NEWLINE[0] ? text.length - 1 : text.length;
  if (end === 0) throw new UsageError(`${keyFile}: the key is empty`);
  return text.subarray(0, end);
}

async function anonymizeTo(
  output: RecordingOutput,
  names: readonly string[],
  sources: Sources,
  anonymizer: Anonymizer,
  flags: AnonymizeFlags,
): Promise<number> {
  const plain = !isTraceWanted(flags);
  // Of several hosts a log must tell which one a record is of.
  if (new Set(sources.traces.map(({ boot }) => boot)).size + sources.others.length > 1) {
    if (sources.traces.length > 0) output.nameHosts();
  }
  const shapes = flags.verify ? new Shapes() : undefined;
  const status = await putLines(output, { names, plain }, anonymizer, shapes);
  if (status === undefined) {
    output.discard();
    return EXIT.unreadable;
  }
  if (!plain) await putHints(output, sources, anonymizer);
  const written = await output.finish();
  if (flags.quiet !== true) {
    sayWritten(written, flags.output);
    process.stderr.write(keyText(flags) + NOT_HIDDEN);
  }
  const isSame = shapes === undefined || sayShape(shapes, flags.quiet === true);
  return Math.max(status, isSame ? EXIT.fine : EXIT.faults);
}

/** Writes every line with other names; gives the exit status of the inputs, undefined when not one input could be opened. */
async function putLines(
  output: RecordingOutput,
  { names, plain }: { readonly names: readonly string[]; readonly plain: boolean },
  anonymizer: Anonymizer,
  shapes: Shapes | undefined,
): Promise<number | undefined> {
  const faults = new InputFaults(!plain);
  const onFault = (fault: Fault): void => faults.add(fault);
  let opened = 0;
  let isDue = false;
  let stream: OutputStream = { name: '' };
  let from: TraceOrigin | undefined;
  const reader = {
    open(name: string, origin: TraceOrigin | undefined): void {
      opened++;
      from = origin;
      const other = anonymizer.origin(origin);
      stream = other === undefined ? { name } : { name, origin: other };
      shapes?.open(name, origin, other);
    },
    line(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
      const line = anonymizer.line(from, bytes, start, end, whole);
      shapes?.line(bytes.subarray(start, end), line);
      if (line === undefined) output.leaveOut(UNREADABLE, 1);
      else if (output.put(stream, line, 0, line.length)) isDue = true;
    },
    tooLong: () => output.leaveOut(LEFT_OUT.tooLong, 1),
    close: () => shapes?.close(),
  };
  for await (const _ of readLines(names, { plain, onFault }, reader)) {
    if (!isDue) continue;
    isDue = false;
    // Whoever closes the pipe has seen enough.
    if (!(await output.drain())) return faults.status;
  }
  return opened === 0 ? undefined : faults.status;
}

async function putHints(
  output: RecordingOutput,
  { traces }: Sources,
  anonymizer: Anonymizer,
): Promise<void> {
  for await (const { stream, bytes } of hintsOf(traces)) {
    const hint = anonymizer.traces.hint(bytes);
    if (hint === undefined) {
      output.leaveOut(HINT, 1);
      continue;
    }
    const line = Buffer.from(hint, 'utf8');
    if (output.put(stream, line, 0, line.length)) await output.drain();
  }
}

function keyText({ key, keyFile }: AnonymizeFlags): string {
  if (key !== undefined || keyFile !== undefined) return '';
  return 'godo: the key was made for this run and is forgotten: another run gives other names\n';
}

/** Says the shape's digest; false when it is another one than before. */
function sayShape({ before, after }: Shapes, quiet: boolean): boolean {
  const expected = shapeDigest(before.finish().processes);
  const actual = shapeDigest(after.finish().processes);
  if (expected === actual) {
    if (!quiet) process.stderr.write(`godo: shape ${actual}\n`);
    return true;
  }
  process.stderr.write(`godo: the shape was ${expected} and is ${actual}\n`);
  return false;
}
