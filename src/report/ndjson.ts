/**
 * Process documents as canonical NDJSON, and its digest.
 *
 * Lines are written by hand, byte for byte what `JSON.stringify` would write for the same
 * document with its keys in the order of `model/process.ts`, its times as ISO 8601 text
 * and its absent fields left out. Here documents are objects, of whatever origin; those of
 * an analysis have a shorter way, in `outlines.ts`.
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
import { Documents } from '../process/documents.ts';
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  JsonBytes,
  OPEN_LIST,
  Phrase,
  stringList,
} from './bytes.ts';
import { INNER, KEY, NULL } from './keys.ts';
import { OutlineWriter } from './outlines.ts';

const LINE_END = Buffer.from('\n');
/** Lines are handed on in pieces of about this many bytes. */
const CHUNK = 65_536;
/** Room beyond it, so that the line that fills a piece seldom makes it grow. */
const SLACK = 8192;

function objectList<T>(
  out: JsonBytes,
  items: readonly T[],
  write: (out: JsonBytes, item: T) => void,
): void {
  out.character(OPEN_LIST);
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.character(COMMA);
    write(out, items[i]);
  }
  out.character(CLOSE_LIST);
}

/** An absent value writes nothing, nor its key. */
function text(out: JsonBytes, key: Phrase, value: string | undefined): void {
  if (value === undefined) return;
  out.phrase(key);
  out.string(value);
}

function integer(out: JsonBytes, key: Phrase, value: number | undefined): void {
  if (value === undefined) return;
  out.phrase(key);
  out.integer(value);
}

function moment(out: JsonBytes, key: Phrase, value: number | undefined): void {
  if (value === undefined) return;
  out.phrase(key);
  out.time(value);
}

function list(out: JsonBytes, key: Phrase, value: readonly (string | null)[] | undefined): void {
  if (value === undefined) return;
  out.phrase(key);
  stringList(out, value);
}

function writeExec(out: JsonBytes, exec: Exec): void {
  moment(out, INNER.timestamp, exec.timestamp);
  list(out, KEY.args, exec.args);
  text(out, KEY.exe, exec.exe);
  text(out, KEY.cwd, exec.cwd);
  if (exec.failed !== undefined) out.phrase(INNER.failed);
  text(out, INNER.errno, exec.errno);
  text(out, INNER.event, exec.event);
  out.character(CLOSE_OBJECT);
}

function writeReparenting(out: JsonBytes, change: Reparenting): void {
  moment(out, INNER.timestamp, change.timestamp);
  integer(out, KEY.ppid, change.ppid);
  text(out, KEY.parent, change.parent);
  text(out, INNER.event, change.event);
  out.character(CLOSE_OBJECT);
}

function writeUnidentified(out: JsonBytes, child: UnidentifiedChild): void {
  moment(out, INNER.timestamp, child.timestamp);
  integer(out, KEY.ns_pid, child.ns_pid);
  text(out, INNER.event, child.event);
  out.character(CLOSE_OBJECT);
}

function writeEvidence(out: JsonBytes, evidence: Evidence): void {
  text(out, INNER.claim, evidence.claim);
  text(out, INNER.rule, evidence.rule);
  text(out, INNER.confidence, evidence.confidence);
  list(out, INNER.events, evidence.events);
  out.character(CLOSE_OBJECT);
}

function writeIdentity(out: JsonBytes, p: ProcessDocument): void {
  integer(out, KEY.schema_version, p.schema_version);
  text(out, KEY._id, p._id);
  text(out, KEY.node, p.node);
  integer(out, KEY.pid, p.pid);
  integer(out, KEY.ppid, p.ppid);
  out.phrase(KEY.parent);
  if (p.parent === null) out.phrase(NULL);
  else out.string(p.parent);
  list(out, KEY.children, p.children);
  integer(out, KEY.ns_pid, p.ns_pid);
}

function writeLife(out: JsonBytes, p: ProcessDocument): void {
  moment(out, KEY.start_timestamp, p.start_timestamp);
  text(out, KEY.start_source, p.start_source);
  text(out, KEY.cwd, p.cwd);
  list(out, KEY.args, p.args);
  text(out, KEY.exe, p.exe);
  text(out, KEY.comm, p.comm);
  out.phrase(KEY.execve);
  objectList(out, p.execve, writeExec);
  moment(out, KEY.exit_after, p.exit_after);
  moment(out, KEY.exit_timestamp, p.exit_timestamp);
  integer(out, KEY.exit_code, p.exit_code);
  integer(out, KEY.exit_signal, p.exit_signal);
  text(out, KEY.exit_source, p.exit_source);
}

function writeRest(out: JsonBytes, p: ProcessDocument): void {
  integer(out, KEY.threads, p.threads);
  out.phrase(KEY.reparented);
  objectList(out, p.reparented, writeReparenting);
  integer(out, KEY.uid, p.uid);
  integer(out, KEY.auid, p.auid);
  integer(out, KEY.ses, p.ses);
  text(out, KEY.tty, p.tty);
  if (p.unidentified_children !== undefined) {
    out.phrase(KEY.unidentified_children);
    objectList(out, p.unidentified_children, writeUnidentified);
  }
  list(out, KEY.incomplete, p.incomplete);
  out.phrase(KEY.evidence);
  objectList(out, p.evidence, writeEvidence);
  out.character(CLOSE_OBJECT);
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
export function documentChunks(
  processes: Processes,
  separator: string,
): Generator<Uint8Array, void> {
  const between = new Phrase(separator);
  return processes instanceof Documents
    ? outlineChunks(processes, between)
    : objectChunks(processes, between);
}

/** Documents of an analysis are written without being made. */
function* outlineChunks(processes: Documents, between: Phrase): Generator<Uint8Array, void> {
  const out = new JsonBytes(CHUNK + SLACK);
  const writer = new OutlineWriter(out, processes);
  for (let i = 0; i < processes.length; i++) {
    if (i > 0) out.phrase(between);
    writer.write(processes.outline(i));
    if (out.length >= CHUNK) yield out.take();
  }
  if (out.length > 0) yield out.take();
}

function* objectChunks(processes: Processes, between: Phrase): Generator<Uint8Array, void> {
  const out = new JsonBytes(CHUNK + SLACK);
  let first = true;
  for (const process of processes) {
    if (!first) out.phrase(between);
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
