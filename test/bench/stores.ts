/**
 * The stores: documents a second into each, beside the driver's bare `insertMany` of the same
 * documents into the same server, and three questions.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { ProcessDocument } from '../../src/model/process.ts';
import { INDEXES } from '../../src/store/collections.ts';
import { openStore } from '../../src/store/open.ts';
import type { Query, Store } from '../../src/store/store.ts';
import { storedProcess } from '../../src/store/values.ts';
import { analysisOf, idOf, processOf } from '../support/stores/analyses.ts';
import {
  databaseUri,
  givenServer,
  HOW_TO,
  type Server,
  startServer,
} from '../support/stores/servers.ts';
import { number, printTable } from './print.ts';

/** Children of a root, and of each of them: 15,000 processes under a root. */
const CHILDREN = 150;
const GRANDCHILDREN = 99;
const FAMILY = 1 + CHILDREN + CHILDREN * GRANDCHILDREN;
const START = 1_795_410_730_402;
const BATCH = 1000;
/** What the issue asks of the store in MongoDB, of the speed of `insertMany`. */
const WANTED = 0.7;

/** So many processes, in families. */
function families(count: number): ProcessDocument[] {
  return Array.from({ length: count }, (_, n) => {
    const place = n % FAMILY;
    const root = n - place;
    const parent =
      place === 0 ? null : place <= CHILDREN ? root : root + 1 + ((place - 1) % CHILDREN);
    return member(n, parent, childrenOf(n, place, root, count));
  });
}

function childrenOf(n: number, place: number, root: number, count: number): number[] {
  if (place > CHILDREN) return [];
  const [from, step, many] =
    place === 0 ? [root + 1, 1, CHILDREN] : [n + CHILDREN, CHILDREN, GRANDCHILDREN];
  const all = Array.from({ length: many }, (_, i) => from + i * step);
  return all.filter((child) => child < count);
}

function member(n: number, parent: number | null, children: readonly number[]): ProcessDocument {
  const id = (m: number): string => idOf(START + m, m, m);
  const event = `1795410730.402:${n}`;
  const args = ['cc', '-O1', '-c', '-o', `f${n}.o`, `f${n}.c`];
  const [timestamp, exe, cwd] = [
    START + n,
    '/usr/bin/x86_64-linux-gnu-gcc-12',
    '/srv/workload/proj',
  ];
  return processOf({
    _id: id(n),
    pid: n,
    parent: parent === null ? null : id(parent),
    ...(parent === null ? {} : { ppid: parent }),
    children: children.map(id),
    start_timestamp: timestamp,
    start_source: 'clone',
    cwd,
    args,
    exe,
    comm: 'cc',
    execve: [{ timestamp, args, exe, cwd, event }],
    exit_timestamp: timestamp + 100,
    exit_code: n % 1000 === 0 ? 1 : 0,
    exit_source: 'exit_group',
    uid: 0,
    evidence: [{ claim: 'birth', rule: 'clone_return', confidence: 'proven', events: [event] }],
  });
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The driver alone: the same documents, made beforehand, into a collection with the same indexes. */
async function bareInsert(uri: string, processes: readonly ProcessDocument[]): Promise<number> {
  const client = new MongoClient(uri, { writeConcern: { w: 'majority' } });
  try {
    await client.db().dropDatabase();
    const collection = client.db().collection<{ _id: string }>('bare');
    await collection.createIndexes(INDEXES['processes'].map(({ key }) => ({ key })));
    let spent = 0;
    for (let i = 0; i < processes.length; i += BATCH) {
      const batch = processes
        .slice(i, i + BATCH)
        .map((p) => storedProcess(p, 'trace') as { _id: string });
      spent += await seconds(() => collection.insertMany(batch, { ordered: false }));
    }
    await client.db().dropDatabase();
    return spent;
  } finally {
    await client.close();
  }
}

interface Row {
  readonly name: string;
  readonly rate: number;
  readonly times: readonly number[];
}

async function questions(store: Store): Promise<number[]> {
  const family = idOf(START, 0, 0);
  const asked: readonly Query[] = [
    { filter: { pid: 12_345 } },
    { filter: { _id: family }, related: 'descendants' },
    { filter: { exit_code: { $gt: 0 } } },
  ];
  const times: number[] = [];
  for (const query of asked) {
    times.push(
      await seconds(async () => {
        for await (const found of store.find(query))
          if (found._id === undefined) throw new Error('no _id');
      }),
    );
  }
  return times;
}

async function measured(
  name: string,
  uri: string,
  processes: readonly ProcessDocument[],
): Promise<Row> {
  const analysis = analysisOf(processes, START + processes.length);
  const store = await openStore(uri, { mode: 'write' });
  try {
    const spent = await seconds(() => store.write(analysis));
    process.stderr.write(`stores: ${name} written in ${number(spent, 1)} s\n`);
    return { name, rate: processes.length / spent, times: await questions(store) };
  } finally {
    await store.close();
  }
}

/** Measures and prints; gives what is not as it should be. */
export async function runStores(folder: string, count: number): Promise<string[]> {
  const processes = families(count);
  const place = join(folder, 'store');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const embedded = await measured('embedded', place, processes);
  rmSync(place, { recursive: true, force: true });
  const server = givenServer() ?? (await startServer());
  console.log(`\nStores: ${number(count)} processes`);
  if (server === undefined) {
    printRows([embedded]);
    console.log(`  no MongoDB server: ${HOW_TO}`);
    return [];
  }
  try {
    return await beside(server, embedded, processes);
  } finally {
    await server.stop();
  }
}

async function beside(
  server: Server,
  embedded: Row,
  processes: readonly ProcessDocument[],
): Promise<string[]> {
  const bare = async (when: string): Promise<Row> => {
    process.stderr.write(`stores: insertMany, ${when}\n`);
    const spent = await bareInsert(databaseUri(server, 'godo-bench-bare'), processes);
    return { name: `insertMany, ${when}`, rate: processes.length / spent, times: [] };
  };
  // Before and after: a machine is seldom as quick for minutes.
  const before = await bare('before');
  process.stderr.write('stores: MongoDB\n');
  const mongo = await measured('MongoDB', databaseUri(server, 'godo-bench'), processes);
  const after = await bare('after');
  const raw = (before.rate + after.rate) / 2;
  const client = new MongoClient(databaseUri(server, 'godo-bench'));
  await client.db().dropDatabase();
  await client.close();
  printRows([before, after, mongo, embedded], raw);
  const slow = [mongo, embedded].filter(({ rate }) => rate / raw < WANTED);
  return slow.map(
    ({ name, rate }) => `${name}: ${number(rate / raw, 2)} of insertMany, ${WANTED} wanted`,
  );
}

function printRows(rows: readonly Row[], raw?: number): void {
  const time = (i: number) => (row: Row) => (i < row.times.length ? number(row.times[i], 3) : '');
  printTable(
    [
      { title: '', text: ({ name }: Row) => name },
      { title: 'documents/s', text: ({ rate }: Row) => number(rate) },
      {
        title: ': insertMany',
        text: ({ rate }: Row) => (raw === undefined ? '' : number(rate / raw, 2)),
      },
      { title: 'by pid, s', text: time(0) },
      { title: 'descendants, s', text: time(1) },
      { title: 'scan, s', text: time(2) },
    ],
    rows,
  );
  console.log(
    `  descendants: ${number(FAMILY - 1)} of one process; scan: exit_code > 0, which no index has`,
  );
}
