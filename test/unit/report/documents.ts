import type { ProcessDocument } from '../../../src/model/process.ts';

/** 2026-11-23T05:12:10.382Z, when the recordings were made. */
export const T0 = 1795410730382;

type Parts = Partial<ProcessDocument> & { readonly pid: number };

/** A document with what every document has, and these parts. */
export function documentOf(parts: Parts): ProcessDocument {
  return {
    schema_version: 1,
    _id: idOf(parts.pid),
    parent: null,
    children: [],
    execve: [],
    threads: 1,
    reparented: [],
    incomplete: [],
    evidence: [],
    ...parts,
  };
}

/** An `_id` that sorts as its number does. */
export function idOf(n: number): string {
  return `id${n.toString().padStart(8, '0')}`;
}

/** A process born by fork at T0 + `from` that ended after `ms` with status 0. */
export function lifeOf(
  pid: number,
  from: number,
  ms: number,
  parts: Partial<Parts> = {},
): ProcessDocument {
  return documentOf({
    pid,
    start_timestamp: T0 + from,
    start_source: 'fork',
    exit_timestamp: T0 + from + ms,
    exit_code: 0,
    exit_source: 'exit_group',
    ...parts,
  });
}

/** A successful exec at T0 + `at`. */
export function execOf(at: number, ...args: string[]): ProcessDocument['execve'][number] {
  return { timestamp: T0 + at, args, exe: `/usr/bin/${args[0]}`, event: `1.000:${at}` };
}

/** A failed exec at T0 + `at`. */
export function failedExecOf(at: number, exe: string): ProcessDocument['execve'][number] {
  return { timestamp: T0 + at, exe, failed: true, errno: 'ENOENT', event: `1.000:${at}` };
}
