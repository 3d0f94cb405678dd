/** The traces among what stands on the command line: what they say beside their records. */
import { readdir, stat } from 'node:fs/promises';
import { wordsOf } from '../../base/errors.ts';
import type { JournalEntry, Manifest } from '../../model/trace.ts';
import {
  isTraceFolder,
  originsOf,
  readTrace,
  segmentChunks,
  type SegmentFile,
  withSegment,
} from '../../source/trace.ts';

/** A trace with its manifest. */
export interface SourceTrace {
  readonly folder: string;
  /** As the origin of its segments has it. */
  readonly boot: string;
  readonly manifest: Manifest;
  readonly journal: readonly JournalEntry[];
  /** Its segments of hints, in order. */
  readonly hints: readonly SegmentFile[];
}

/** What the arguments are, as far as a trace can be made of them. */
export interface Sources {
  readonly traces: readonly SourceTrace[];
  /** Arguments that are no trace, or one without a manifest. */
  readonly others: readonly string[];
}

/** Looks at the arguments; what cannot be read is among the others. */
export async function sourcesOf(names: readonly string[]): Promise<Sources> {
  const traces: SourceTrace[] = [];
  const others: string[] = [];
  for (const name of names) {
    const trace = await traceAt(name);
    if (trace === undefined) others.push(name);
    else traces.push(trace);
  }
  return { traces, others };
}

async function traceAt(folder: string): Promise<SourceTrace | undefined> {
  try {
    if (!(await stat(folder)).isDirectory() || !isTraceFolder(await readdir(folder))) {
      return undefined;
    }
    const { manifest, journal, files } = await readTrace(folder);
    if (manifest === undefined) return undefined;
    const hints = files.filter(({ source }) => source === 'hints');
    return { folder, boot: originsOf(manifest).audit.boot, manifest, journal, hints };
  } catch {
    // Whoever reads it says what is wrong with it.
    return undefined;
  }
}

/** The bytes of a segment of hints. What cannot be read is said on standard error and ends it. */
export async function* hintChunks(segment: SegmentFile): AsyncGenerator<Uint8Array, void> {
  try {
    const path = await withSegment(segment.path, async (file) => {
      await stat(file);
      return file;
    });
    yield* segmentChunks({ ...segment, path, gzip: path.endsWith('.gz') });
  } catch (error) {
    process.stderr.write(`godo: ${segment.path}: ${wordsOf(error)}\n`);
  }
}
