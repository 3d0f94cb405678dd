/** The keys of canonical JSON, in their order, each with the punctuation before its value. */
import { Phrase } from './bytes.ts';

/** Of a document. `schema_version` begins it. */
export const KEY = {
  schema_version: new Phrase('{"schema_version":'),
  _id: new Phrase(',"_id":'),
  node: new Phrase(',"node":'),
  pid: new Phrase(',"pid":'),
  ppid: new Phrase(',"ppid":'),
  parent: new Phrase(',"parent":'),
  children: new Phrase(',"children":'),
  ns_pid: new Phrase(',"ns_pid":'),
  start_timestamp: new Phrase(',"start_timestamp":'),
  start_source: new Phrase(',"start_source":'),
  cwd: new Phrase(',"cwd":'),
  args: new Phrase(',"args":'),
  exe: new Phrase(',"exe":'),
  comm: new Phrase(',"comm":'),
  execve: new Phrase(',"execve":'),
  exit_after: new Phrase(',"exit_after":'),
  exit_timestamp: new Phrase(',"exit_timestamp":'),
  exit_code: new Phrase(',"exit_code":'),
  exit_signal: new Phrase(',"exit_signal":'),
  exit_source: new Phrase(',"exit_source":'),
  threads: new Phrase(',"threads":'),
  reparented: new Phrase(',"reparented":'),
  uid: new Phrase(',"uid":'),
  auid: new Phrase(',"auid":'),
  ses: new Phrase(',"ses":'),
  tty: new Phrase(',"tty":'),
  unidentified_children: new Phrase(',"unidentified_children":'),
  incomplete: new Phrase(',"incomplete":'),
  evidence: new Phrase(',"evidence":'),
} as const;

/** Of the objects in its lists; the first key of each begins it. */
export const INNER = {
  timestamp: new Phrase('{"timestamp":'),
  failed: new Phrase(',"failed":true'),
  errno: new Phrase(',"errno":'),
  event: new Phrase(',"event":'),
  claim: new Phrase('{"claim":'),
  rule: new Phrase(',"rule":'),
  confidence: new Phrase(',"confidence":'),
  events: new Phrase(',"events":'),
} as const;

export const NULL: Phrase = new Phrase('null');
