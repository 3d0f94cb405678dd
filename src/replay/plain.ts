/** Lines of a recording as bytes again. */
import { encodeText } from '../base/text.ts';
import type { Recording } from './recording.ts';

/** Bytes of a chunk; the last line of one may go over it. */
const CHUNK = 65_536;
const NEWLINE = Buffer.from('\n');
const NODE = Buffer.from('node=');
const SPACE = Buffer.from(' ');

/** The numbers of all lines but those of the process connector, which are no audit records. */
export function auditLines(recording: Recording): Int32Array {
  const lines = Int32Array.from({ length: recording.length }, (_, i) => i);
  return lines.filter((i) => !recording.isConnector(i));
}

/**
 * The lines of these numbers, in their order, each as it was recorded and with a newline, for
 * programs that know logs and no traces: where the recording is of several hosts, a record that does
 * not name its own is given `node=`.
 */
export function* plainLog(
  recording: Recording,
  lines: Iterable<number>,
): Generator<Uint8Array, void> {
  const names = namesOf(recording);
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (const i of lines) {
    const line = recording.line(i);
    const event = recording.event[i];
    const isNamed = event < 0 || line.subarray(0, NODE.length).equals(NODE);
    const prefix = isNamed ? undefined : names.get(recording.events[event].node);
    if (prefix !== undefined) parts.push(prefix);
    parts.push(line, NEWLINE);
    bytes += (prefix?.length ?? 0) + line.length + 1;
    if (bytes < CHUNK) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(parts);
}

type Names = ReadonlyMap<string, Uint8Array>;

/** A recording does not change, and is often asked for one part after another. */
const known = new WeakMap<Recording, Names>();

/** `node=NAME ` by name; none where all is of one host. */
function namesOf(recording: Recording): Names {
  const before = known.get(recording);
  if (before !== undefined) return before;
  const nodes = new Set(recording.events.map(({ node }) => node));
  const some = nodes.size < 2 ? [] : [...nodes].filter((node) => node !== '');
  const names = new Map(some.map((node) => [node, Buffer.concat([NODE, encodeText(node), SPACE])]));
  known.set(recording, names);
  return names;
}
