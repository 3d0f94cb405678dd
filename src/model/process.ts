/**
 * The process document: what godo says about one life of one pid.
 *
 * Times are milliseconds since the epoch, UTC, whole numbers: the audit stream's
 * own precision. Strings hold the bytes of the record in the lossless form of
 * `base/text.ts`. An absent field is unknown; nothing is ever 0 for want of
 * knowledge. `docs/documents.md` is the reader's version of this file.
 */

export const SCHEMA_VERSION = 1;

/** How sure a conclusion is. */
export type Confidence = 'proven' | 'inferred' | 'ambiguous';

/** What a piece of evidence is about. */
export type Claim = 'birth' | 'parent' | 'namespace' | 'end' | 'exit_signal' | 'threads';

/** One conclusion: which rule drew it, how surely, from which events (`SEC.MS:SERIAL`). */
export interface Evidence {
  readonly claim: Claim;
  readonly rule: string;
  readonly confidence: Confidence;
  readonly events: readonly string[];
}

/** The evidence that set `start_timestamp`. `first_record`: born by then, the fork is not in the log. */
export type StartSource =
  | 'fork'
  | 'vfork'
  | 'clone'
  | 'clone3'
  | 'first_record'
  | 'wait'
  | 'signal'
  | 'connector'
  | 'process_list';

/** The evidence that set `exit_timestamp`. */
export type ExitSource =
  | 'exit_group'
  | 'exit'
  | 'abend'
  | 'signal'
  | 'wait'
  | 'reparented_child'
  | 'pid_reused'
  | 'namespace_end'
  | 'connector';

/** One `execve` or `execveat`, successful unless `failed`. */
export interface Exec {
  readonly timestamp: number;
  /** The argument vector; an argument that never arrived is null. Absent when the exec failed or no EXECVE record came. */
  readonly args?: readonly (string | null)[];
  /** The program that runs now; of a failed exec, the path that was tried. */
  readonly exe?: string;
  readonly cwd?: string;
  readonly failed?: true;
  /** Name of the error, e.g. `ENOENT`; only with `failed`. */
  readonly errno?: string;
  readonly event: string;
}

/** A change of the real parent after birth. */
export interface Reparenting {
  /** The log's clock at the first event that shows the new parent: it had been logged by then. */
  readonly timestamp: number;
  readonly ppid: number;
  /** `_id` of the new parent, where it is known. */
  readonly parent?: string;
  /** That event. */
  readonly event: string;
}

/** Why a document may lack something. */
export type Incompleteness =
  | 'no_birth' // older than the log, or its fork was lost
  | 'no_end' // still alive at the end of the log, or its end was lost
  | 'end_status_unknown' // ended, how is not in the records
  | 'missing_arguments' // an exec with fewer arguments than argc
  | 'missing_records' // an event of its own lacks records that the kernel always writes
  | 'witnesses_disagree' // the process connector tells another end than the records
  | 'unidentified_children'; // it bore children whose pid in the initial namespace is not in the log

/** A child that was certainly born but whose pid in the initial namespace nothing in the log tells. */
export interface UnidentifiedChild {
  readonly timestamp: number;
  /** The child's pid in its parent's namespace: what the clone returned. */
  readonly ns_pid: number;
  readonly event: string;
}

/** One life of one pid on one host. */
export interface ProcessDocument {
  readonly schema_version: typeof SCHEMA_VERSION;
  readonly _id: string;
  readonly node?: string;
  readonly pid: number;
  /** Real parent at birth, in the initial namespace. */
  readonly ppid?: number;
  /** `_id` of the parent at birth; null when it has no document. */
  readonly parent: string | null;
  /** `_id`s in birth order. */
  readonly children: readonly string[];
  /** Own pid in the innermost pid namespace it lives in; absent in the initial namespace or when unknown. */
  readonly ns_pid?: number;
  readonly start_timestamp?: number;
  readonly start_source?: StartSource;
  readonly cwd?: string;
  readonly args?: readonly (string | null)[];
  readonly exe?: string;
  readonly comm?: string;
  readonly execve: readonly Exec[];
  /** Last sign of life before an end whose moment is only known to lie between two. */
  readonly exit_after?: number;
  /** When it ended, or the moment by which it had. */
  readonly exit_timestamp?: number;
  /** 0 to 255. */
  readonly exit_code?: number;
  /** Signal number. */
  readonly exit_signal?: number;
  readonly exit_source?: ExitSource;
  /** Threads it had over its life, the first one included. */
  readonly threads: number;
  readonly reparented: readonly Reparenting[];
  readonly uid?: number;
  readonly auid?: number;
  readonly ses?: number;
  readonly tty?: string;
  readonly unidentified_children?: readonly UnidentifiedChild[];
  /** Empty when nothing is missing. */
  readonly incomplete: readonly Incompleteness[];
  readonly evidence: readonly Evidence[];
  /** Only from a store, and only where lists were cut to keep the document small: items left out of each. */
  readonly omitted?: Omitted;
}

/** Items that a store has left out of the lists of a process. `arguments` counts them over all execs. */
export interface Omitted {
  readonly children?: number;
  readonly execve?: number;
  readonly reparented?: number;
  readonly unidentified_children?: number;
  readonly evidence?: number;
  readonly arguments?: number;
}
