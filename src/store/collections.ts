/**
 * The collections: their names, indexes and the validator, shared by both kinds of store.
 */

export const PROCESSES = 'processes';
export const TRACES = 'traces';
export const FAULTS = 'faults';

/** An index as the driver and mongodump's metadata name it. */
export interface IndexSpec {
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
}

/**
 * What queries need. `_id` follows each field, so that what is found through an index comes
 * in the usual order without being sorted.
 */
export const INDEXES: Readonly<Record<string, readonly IndexSpec[]>> = {
  [PROCESSES]: [
    { name: 'pid', key: { pid: 1, _id: 1 } },
    { name: 'parent', key: { parent: 1, _id: 1 } },
    { name: 'exe', key: { exe: 1, _id: 1 } },
    { name: 'start_timestamp', key: { start_timestamp: 1, _id: 1 } },
    { name: 'trace', key: { trace: 1, _id: 1 } },
  ],
  [TRACES]: [],
  [FAULTS]: [{ name: 'trace', key: { trace: 1, _id: 1 } }],
};

const string = { bsonType: 'string' };
const integer = { bsonType: ['int', 'long'] };
const date = { bsonType: 'date' };
const list = { bsonType: 'array' };

/**
 * What must hold of every process document, as a JSON schema for MongoDB's validator. It looks
 * at fields and not into lists: the server checks it with every write.
 */
export const PROCESS_SCHEMA = {
  bsonType: 'object',
  required: [
    'schema_version',
    '_id',
    'pid',
    'parent',
    'children',
    'execve',
    'threads',
    'reparented',
    'incomplete',
    'evidence',
    'trace',
  ],
  properties: {
    schema_version: integer,
    _id: string,
    node: string,
    pid: integer,
    ppid: integer,
    parent: { bsonType: ['string', 'null'] },
    children: list,
    ns_pid: integer,
    start_timestamp: date,
    start_source: string,
    cwd: string,
    args: list,
    exe: string,
    comm: string,
    execve: list,
    exit_after: date,
    exit_timestamp: date,
    exit_code: { bsonType: ['int', 'long'], minimum: 0, maximum: 255 },
    exit_signal: integer,
    exit_source: string,
    threads: integer,
    reparented: list,
    uid: integer,
    auid: integer,
    ses: integer,
    tty: string,
    unidentified_children: list,
    incomplete: list,
    evidence: list,
    omitted: { bsonType: 'object' },
    trace: string,
  },
} as const;
