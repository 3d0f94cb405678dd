/**
 * Process documents as canonical NDJSON, and its digest.
 *
 * The hot path of `--format ndjson`: lines are written by hand, byte for byte what
 * `JSON.stringify` would write for the same document with its keys in the order
 * of `model/process.ts`, its times as ISO 8601 text and its absent fields left out.
 */
import { createHash } from 'node:crypto';
import type { Processes } from '../model/analysis.ts';
import type {
  Evidence,
  Exec,
  ProcessDocument,
  Reparenting,
  UnidentifiedChild,
} from '../model/process.ts';
import { JsonBytes } from './bytes.ts';

const LINE_END = Buffer.from('\n');
/** Lines are handed on in pieces of about this many bytes. */
const CHUNK = 65_536;
/** Room beyond it, so that the line that fills a piece seldom makes it grow. */
const SLACK = 8192;

function stringList(out: JsonBytes, items: readonly (string | null)[]): void {
  out.raw('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.raw(',');
    const item = items[i];
    if (item === null) out.raw('null');
    else out.string(item);
  }
  out.raw(']');
}

function objectList<T>(
  out: JsonBytes,
  items: readonly T[],
  write: (out: JsonBytes, item: T) => void,
): void {
  out.raw('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.raw(',');
    write(out, items[i]);
  }
  out.raw(']');
}

/** `key` is the whole `,"name":` before the value; an absent value writes nothing. */
function text(out: JsonBytes, key: string, value: string | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.string(value);
}

function integer(out: JsonBytes, key: string, value: number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.integer(value);
}

function moment(out: JsonBytes, key: string, value: number | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  out.time(value);
}

function list(out: JsonBytes, key: string, value: readonly (string | null)[] | undefined): void {
  if (value === undefined) return;
  out.raw(key);
  stringList(out, value);
}

function writeExec(out: JsonBytes, exec: Exec): void {
  moment(out, '{"timestamp":', exec.timestamp);
  list(out, ',"args":', exec.args);
  text(out, ',"exe":', exec.exe);
  text(out, ',"cwd":', exec.cwd);
  if (exec.failed !== undefined) out.raw(',"failed":true');
  text(out, ',"errno":', exec.errno);
  text(out, ',"event":', exec.event);
  out.raw('}');
}

function writeReparenting(out: JsonBytes, change: Reparenting): void {
  moment(out, '{"timestamp":', change.timestamp);
  integer(out, ',"ppid":', change.ppid);
  text(out, ',"parent":', change.parent);
  text(out, ',"event":', change.event);
  out.raw('}');
}

function writeUnidentified(out: JsonBytes, child: UnidentifiedChild): void {
  moment(out, '{"timestamp":', child.timestamp);
  integer(out, ',"ns_pid":', child.ns_pid);
  text(out, ',"event":', child.event);
  out.raw('}');
}

function writeEvidence(out: JsonBytes, evidence: Evidence): void {
  text(out, '{"claim":', evidence.claim);
  text(out, ',"rule":', evidence.rule);
  text(out, ',"confidence":', evidence.confidence);
  list(out, ',"events":', evidence.events);
  out.raw('}');
}

function writeIdentity(out: JsonBytes, p: ProcessDocument): void {
  integer(out, '{"schema_version":', p.schema_version);
  text(out, ',"_id":', p._id);
  text(out, ',"node":', p.node);
  integer(out, ',"pid":', p.pid);
  integer(out, ',"ppid":', p.ppid);
  if (p.parent === null) out.raw(',"parent":null');
  else text(out, ',"parent":', p.parent);
  list(out, ',"children":', p.children);
  integer(out, ',"ns_pid":', p.ns_pid);
}

function writeLife(out: JsonBytes, p: ProcessDocument): void {
  moment(out, ',"start_timestamp":', p.start_timestamp);
  text(out, ',"start_source":', p.start_source);
  text(out, ',"cwd":', p.cwd);
  list(out, ',"args":', p.args);
  text(out, ',"exe":', p.exe);
  text(out, ',"comm":', p.comm);
  out.raw(',"execve":');
  objectList(out, p.execve, writeExec);
  moment(out, ',"exit_after":', p.exit_after);
  moment(out, ',"exit_timestamp":', p.exit_timestamp);
  integer(out, ',"exit_code":', p.exit_code);
  integer(out, ',"exit_signal":', p.exit_signal);
  text(out, ',"exit_source":', p.exit_source);
}

function writeRest(out: JsonBytes, p: ProcessDocument): void {
  integer(out, ',"threads":', p.threads);
  out.raw(',"reparented":');
  objectList(out, p.reparented, writeReparenting);
  integer(out, ',"uid":', p.uid);
  integer(out, ',"auid":', p.auid);
  integer(out, ',"ses":', p.ses);
  text(out, ',"tty":', p.tty);
  if (p.unidentified_children !== undefined) {
    out.raw(',"unidentified_children":');
    objectList(out, p.unidentified_children, writeUnidentified);
  }
  list(out, ',"incomplete":', p.incomplete);
  out.raw(',"evidence":');
  objectList(out, p.evidence, writeEvidence);
  out.raw('}');
}

function writeDocument(out: JsonBytes, p: ProcessDocument): void {
  writeIdentity(out, p);
  writeLife(out, p);
  writeRest(out, p);
}

/** One document as one line of canonical NDJSON, without the line's end. */
export function documentLine(p: ProcessDocument): string {
  const out = new JsonBytes(SLACK);
  writeDocument(out, p);
  return out.take().toString('utf8');
}

/** Digests of lists already written out, so that output and digest cost one pass together. */
const digests = new WeakMap<Processes, string>();

/** Documents as UTF-8 in pieces of about 64 KiB, with a separator between each two. */
export function* documentChunks(
  processes: Processes,
  separator: string,
): Generator<Uint8Array, void> {
  const out = new JsonBytes(CHUNK + SLACK);
  let first = true;
  for (const process of processes) {
    if (!first) out.raw(separator);
    first = false;
    writeDocument(out, process);
    if (out.length >= CHUNK) yield out.take();
  }
  if (out.length > 0) yield out.take();
}

/**
 * The canonical NDJSON as UTF-8, in pieces of about 64 KiB. A pass that runs to its
 * end also leaves the digest behind for `digestOf`.
 */
export function* ndjsonChunks(processes: Processes): Generator<Uint8Array, void> {
  const hash = digests.has(processes) ? undefined : createHash('sha256');
  for (const chunk of documentChunks(processes, '\n')) {
    hash?.update(chunk);
    yield chunk;
  }
  if (processes.length > 0) {
    hash?.update(LINE_END);
    yield LINE_END;
  }
  if (hash !== undefined) digests.set(processes, hash.digest('hex'));
}

/** The whole canonical NDJSON as one string; for small lists and for tests. */
export function canonicalNdjson(processes: Processes): string {
  return Buffer.concat([...ndjsonChunks(processes)]).toString('utf8');
}

/**
 * SHA-256 of the canonical NDJSON in lower-case hex. Remembered for the list itself
 * (which is read-only): after `ndjsonChunks` has run through, it costs nothing.
 */
export function digestOf(processes: Processes): string {
  const chunks = ndjsonChunks(processes);
  while (!digests.has(processes)) chunks.next();
  return digests.get(processes) as string;
}

const TIMES = new Set(['timestamp', 'start_timestamp', 'exit_after', 'exit_timestamp']);

/** Reads one line back: the inverse of `documentLine`. Throws on what is not JSON. */
export function parseDocumentLine(line: string): ProcessDocument {
  const back = (key: string, value: unknown): unknown =>
    TIMES.has(key) && typeof value === 'string' ? Date.parse(value) : value;
  return JSON.parse(line, back) as ProcessDocument;
}
