/** Analyses to store: of recordings, whole and in part, and made up. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Analysis } from '../../../src/model/analysis.ts';
import { type ProcessDocument, SCHEMA_VERSION } from '../../../src/model/process.ts';
import type { TraceInput } from '../../../src/model/stored-trace.ts';
import { analyzeSync } from '../../../src/pipeline.ts';
import { digestOf } from '../../../src/report/ndjson.ts';

/** An analysis with the inputs it was made from. */
export interface Recorded {
  readonly analysis: Analysis;
  readonly inputs: readonly TraceInput[];
}

/** The text of a recording. */
export function recordingBytes(name: string): Buffer {
  const path = join(import.meta.dirname, `../../../fixtures/traces/${name}.log.gz`);
  return gunzipSync(readFileSync(path));
}

/** The analysis of some bytes. */
export function recorded(bytes: Uint8Array, name = 'audit.log'): Recorded {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    analysis: analyzeSync([{ name, bytes }]),
    inputs: [{ name, size: bytes.length, sha256 }],
  };
}

/** The lines of a recording from one part of it to another, as 0 to 1. */
export function part(bytes: Buffer, from: number, to: number): Buffer {
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  const piece = lines.slice(Math.floor(lines.length * from), Math.floor(lines.length * to));
  return Buffer.from(piece.map((line) => `${line}\n`).join(''), 'latin1');
}

/** The bytes as another host would have recorded them. */
export function onHost(bytes: Buffer, node: string): Buffer {
  const text = bytes.toString('latin1').replaceAll(/^(?=type=)/gm, `node=${node} `);
  return Buffer.from(text, 'latin1');
}

/** A process with the least that it must have. */
export function processOf(
  fields: Partial<ProcessDocument> & Pick<ProcessDocument, '_id' | 'pid'>,
): ProcessDocument {
  const { _id, pid, ...rest } = fields;
  return {
    schema_version: SCHEMA_VERSION,
    _id,
    pid,
    parent: null,
    children: [],
    execve: [],
    threads: 1,
    reparented: [],
    incomplete: [],
    evidence: [],
    ...rest,
  };
}

/** An `_id` as the analysis makes them. */
export function idOf(ms: number, serial: number, pid: number, node = '-'): string {
  const seconds = String(Math.floor(ms / 1000)).padStart(10, '0');
  const stamp = `${seconds}.${String(ms % 1000).padStart(3, '0')}`;
  return `${node}/${stamp}/${String(serial).padStart(10, '0')}/${pid}`;
}

/** An analysis that came to these processes, which are sorted by `_id`. */
export function analysisOf(processes: readonly ProcessDocument[], last = 2_000_000): Analysis {
  const hosts = [...new Set(processes.map(({ node }) => node ?? ''))].sort();
  return {
    processes,
    faults: [],
    summary: {
      bytes: 0,
      account: { records: 0, attached: 0, ignored: {}, rejected: 0 },
      events: processes.length,
      processes: processes.length,
      threads: processes.length,
      first_timestamp: 1_000_000,
      last_timestamp: last,
      hosts,
      boots: hosts.length,
      record_types: { 'odd.$name\0': 1 },
      faults: {},
      digest: digestOf(processes),
    },
  };
}
