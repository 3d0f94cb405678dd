/** Recordings for tests: the fixtures, and hand-made lines, with their analysis. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeRecording } from '../../src/cli/line-analyzer.ts';
import { readRecording } from '../../src/cli/recording.ts';
import type { ProcessDocument } from '../../src/model/process.ts';
import { type Recording, RecordingReader } from '../../src/replay/recording.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** Every fixture, plain logs and traces, by path. */
export const FIXTURE_PATHS: readonly string[] = ['traces', 'recorded'].flatMap((folder) =>
  readdirSync(join(FIXTURES, folder))
    .filter((file) => file.endsWith('.log.gz') || file.endsWith('.trace'))
    .map((file) => join(FIXTURES, folder, file)),
);

/** The path of one of them, such as `build.log.gz`. */
export function fixturePath(file: string): string {
  return join(FIXTURES, file.endsWith('.trace') ? 'recorded' : 'traces', file);
}

/** A recording and what its analysis says. */
export interface Known {
  readonly recording: Recording;
  readonly processes: readonly ProcessDocument[];
  readonly owners: readonly (readonly [event: string, process: string])[];
  readonly digest: string;
}

export function knownOf(recording: Recording): Known {
  const { analysis, owners } = analyzeRecording(recording);
  const { processes, summary } = analysis;
  return { recording, processes: [...processes], owners: [...owners], digest: summary.digest };
}

/** Reads inputs of a path. */
export async function readKnown(path: string): Promise<Known> {
  const read = await readRecording([path]);
  if (read === undefined) throw new Error(`${path} cannot be read`);
  return knownOf(read.recording);
}

/** A recording of inputs that are written down in a test. */
export function recordingOf(...inputs: readonly (readonly string[])[]): Recording {
  const reader = new RecordingReader();
  for (const [i, lines] of inputs.entries()) {
    reader.open(`${i}.log`);
    reader.push(Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
    reader.close();
  }
  return reader.finish();
}

/**
 * Records that a kernel could not have sent after those before them: a process logs one event
 * after another, so no record may come behind one whose serial is not below that of the same
 * process's next event. `threaded`: pids to pass over, whose threads log side by side.
 */
export function illegalLines(
  recording: Recording,
  order: Iterable<number>,
  threaded: ReadonlySet<string> = new Set(),
): number[] {
  const { events, event } = recording;
  const next = nextOfPid(recording, threaded);
  const reached = new Map<string, number>();
  const illegal: number[] = [];
  for (const i of order) {
    if (event[i] < 0) continue;
    const { node, serial } = events[event[i]];
    const highest = reached.get(node) ?? -1;
    if ((next.get(event[i]) ?? Number.POSITIVE_INFINITY) <= highest) illegal.push(i);
    reached.set(node, Math.max(highest, serial));
  }
  return illegal;
}

/** By event: the serial of the next event of its pid. */
function nextOfPid(recording: Recording, threaded: ReadonlySet<string>): Map<number, number> {
  const { events, event } = recording;
  const pids = new Map<number, string>();
  for (let i = 0; i < recording.length; i++) {
    if (event[i] < 0) continue;
    const call = / type=SYSCALL .* pid=(\d+) /.exec(` ${recording.line(i).toString('latin1')}`);
    const pid = call === null ? undefined : `${events[event[i]].node}/${call[1]}`;
    if (pid !== undefined && !threaded.has(pid)) pids.set(event[i], pid);
  }
  const next = new Map<number, number>();
  const last = new Map<string, number>();
  for (const e of [...pids.keys()].sort((a, b) => events[a].serial - events[b].serial)) {
    const pid = pids.get(e) ?? '';
    const before = last.get(pid);
    if (before !== undefined) next.set(before, events[e].serial);
    last.set(pid, e);
  }
  return next;
}

/** The pids that had several threads at some time, as `illegalLines` has them. */
export function threadedPids(processes: readonly ProcessDocument[]): Set<string> {
  const threaded = processes.filter(({ threads }) => threads > 1);
  return new Set(threaded.map(({ node = '', pid }) => `${node}/${pid}`));
}
