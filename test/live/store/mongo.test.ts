/** What only a server can do, or fail at. These tests stop and start it. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, MongoClient, MongoServerError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { compareText } from '../../../src/base/compare.ts';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { documentLine } from '../../../src/report/ndjson.ts';
import { INDEXES } from '../../../src/store/collections.ts';
import { clientOptions } from '../../../src/store/mongo/mongo.ts';
import { type Processes, relatives } from '../../../src/store/mongo/relations.ts';
import { secretsOf, withoutSecrets } from '../../../src/store/mongo/secrets.ts';
import { openStore } from '../../../src/store/open.ts';
import { StoreError } from '../../../src/store/store.ts';
import { build, godo } from '../../cli/godo.ts';
import { ownFolder } from '../../support/folder.ts';
import { skipLoudly } from '../../support/skip.ts';
import {
  analysisOf,
  idOf,
  onHost,
  processOf,
  recorded,
  recordingBytes,
} from '../../support/stores/analyses.ts';
import {
  databaseUri,
  freePort,
  HOW_TO,
  type Server,
  startServer,
} from '../../support/stores/servers.ts';
import { held } from '../../support/stores/suite.ts';

const KILLS = 3;

let server: Server | undefined;
let client: MongoClient;

const folder = ownFolder();

beforeAll(async () => {
  server = await startServer();
  build();
});

afterAll(async () => {
  await server?.stop();
});

beforeEach(() => {
  if (server === undefined) skipLoudly(`no server to stop and start: ${HOW_TO}`);
});

function fresh(): { name: string; uri: string } {
  const name = `mongo-${randomUUID().slice(0, 8)}`;
  return { name, uri: databaseUri(server as Server, name) };
}

/** Runs with the driver itself, beside the store. */
async function raw<T>(name: string, use: (processes: Processes) => Promise<T>): Promise<T> {
  client = new MongoClient((server as Server).uri);
  try {
    return await use(client.db(name).collection('processes'));
  } finally {
    await client.close();
  }
}

test(`the server is killed in the middle of a write, ${KILLS} times; running it again completes it`, async () => {
  const { uri } = fresh();
  const members = Array.from({ length: 6000 }, (_, i) =>
    processOf({ _id: idOf(1_000_000, i, i), pid: i, exe: `/bin/${i}` }),
  );
  const analysis = analysisOf(members);
  for (let i = 0; i < KILLS; i++) {
    const store = await openStore(uri, { mode: 'write', patience: 1000 });
    let dead: Promise<void> | undefined;
    const attempt = store.write(analysis, {
      onProgress: (n) => {
        if (n >= 3000 + i * 1000) dead ??= (server as Server).kill();
      },
    });
    await expect(attempt).rejects.toThrow(StoreError);
    await store.close();
    await dead;
    await (server as Server).restart();
    const again = await openStore(uri);
    expect((await again.traces()).map(({ state }) => state)).toEqual(['unfinished']);
    await again.close();
  }
  const store = await openStore(uri, { mode: 'write' });
  await store.write(analysis);
  const { processes, traces } = await held(store);
  await store.close();
  expect(traces).toMatchObject([{ state: 'finished' }]);
  expect(processes).toEqual(members.map(documentLine));
}, 240_000);

test('no server: a clear message, exit status 4, and no credentials', async () => {
  const port = await freePort();
  const uri = `mongodb://anna:s%40cret@127.0.0.1:${port}/db?serverSelectionTimeoutMS=300`;
  const { status, stdout, stderr } = await godo(['query', uri]);
  expect([status, stdout]).toEqual([4, '']);
  expect(stderr).toContain(`mongodb://127.0.0.1:${port}/db: `);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toMatch(/anna|s%40cret|s@cret/);
});

test.each([
  'mongodb://anna:secret@',
  'mongodb://anna:secret@[x',
  'mongodb://anna:secret@h/?tls=maybe',
])('a wrong URI is not printed: %s', async (uri) => {
  const { status, stderr } = await godo(['query', uri]);
  expect(status).toBe(4);
  expect(stderr).toContain('the URI of the store is wrong');
  expect(stderr).not.toMatch(/anna|secret/);
});

test.each([
  ['mongodb://h/d', { w: 'majority' }],
  ['mongodb://h/d?w=1', undefined],
  ['mongodb://h/d?retryWrites=false&journal=true', undefined],
])('the write concern for %s', (uri, expected) => {
  expect(clientOptions(uri, {}).writeConcern).toEqual(expected);
});

test('secrets are struck out wherever they stand', () => {
  const uri =
    'mongodb://u%3A:p%2Fw@a,b/db?tlsCertificateKeyFilePassword=key&authMechanismProperties=T:tok';
  const text = 'u%3A u: p%2Fw p/w key T:tok a,b';
  expect(withoutSecrets(text, secretsOf(uri))).toBe('*** *** *** *** *** *** a,b');
  expect(withoutSecrets(`Failed: ${uri}`, secretsOf(uri))).toBe('Failed: ***');
});

test('nothing of the URI is stored', async () => {
  const { uri, name } = fresh();
  const bytes = recordingBytes('files');
  writeFileSync(join(folder, 'a.log'), bytes);
  const given = `${uri}?appName=verysecret`;
  await godo(['analyze', join(folder, 'a.log'), '--store', given, '--format', 'none', '-q']);
  const texts = await raw(name, async (processes) => {
    const all: string[] = [];
    for (const { name: collection } of await client.db(name).listCollections().toArray()) {
      all.push(JSON.stringify(await client.db(name).collection(collection).find().toArray()));
    }
    expect(await processes.countDocuments()).toBeGreaterThan(0);
    return all;
  });
  expect(texts.length).toBeGreaterThanOrEqual(2);
  expect(texts.join('')).not.toMatch(/127\.0\.0\.1|verysecret/);
});

test('the types are those of BSON', async () => {
  const { uri, name } = fresh();
  const store = await openStore(uri, { mode: 'write' });
  await store.write(
    analysisOf([processOf({ _id: idOf(1, 1, 1), pid: 1, uid: 4_294_967_294, start_timestamp: 5 })]),
  );
  await store.close();
  await raw(name, async (processes) => {
    const count = async (filter: Document): Promise<number> => processes.countDocuments(filter);
    expect(await count({ pid: { $type: 'int' } })).toBe(1);
    expect(await count({ uid: { $type: 'long' } })).toBe(1);
    expect(await count({ start_timestamp: { $type: 'date' } })).toBe(1);
  });
});

test('the validator refuses what is no process document', async () => {
  const { uri, name } = fresh();
  const store = await openStore(uri, { mode: 'write' });
  await store.write(analysisOf([processOf({ _id: idOf(1, 1, 1), pid: 1 })]));
  await store.close();
  await raw(name, async (processes) => {
    await expect(processes.insertOne({ _id: 'x', pid: 1 })).rejects.toThrow(/failed validation/);
    const whole = (await processes.findOne()) as Document;
    await processes.insertOne({ ...whole, _id: 'y' });
    await expect(processes.insertOne({ ...whole, _id: 'z', pid: 'one' })).rejects.toThrow(
      /failed validation/,
    );
    await expect(processes.insertOne({ ...whole, _id: 'z', exit_code: 256 })).rejects.toThrow(
      /failed validation/,
    );
  });
});

/** The stages of a plan, from the outermost in. */
function stagesOf(plan: Document | undefined): Document[] {
  const stages: Document[] = [];
  for (let stage = plan; stage !== undefined; stage = stage['inputStage'] as Document | undefined)
    stages.push(stage);
  return stages;
}

test('questions are answered from the indexes', async () => {
  const { uri, name } = fresh();
  const store = await openStore(uri, { mode: 'write' });
  await store.write(recorded(recordingBytes('build')).analysis);
  await store.close();
  await raw(name, async (processes) => {
    const cases: [Document, string][] = [
      [{ pid: 5 }, 'pid'],
      [{ parent: 'x' }, 'parent'],
      [{ parent: { $in: ['x', 'y'] } }, 'parent'],
      [{ exe: '/bin/sh' }, 'exe'],
      [{ start_timestamp: { $gte: new Date(0), $lt: new Date(1) } }, 'start_timestamp'],
      [{ trace: 'x' }, 'trace'],
    ];
    for (const [filter, index] of cases) {
      const { queryPlanner } = (await processes.find(filter).explain()) as {
        queryPlanner: { winningPlan: Document };
      };
      const stages = stagesOf(queryPlanner.winningPlan);
      expect(
        stages.map((stage) => String(stage['indexName'])),
        JSON.stringify(filter),
      ).toContain(index);
      expect(
        stages.map((stage) => String(stage['stage'])),
        JSON.stringify(filter),
      ).not.toContain('COLLSCAN');
    }
    const names = (await processes.indexes()).map((index) => String(index.name));
    expect(names.toSorted(compareText)).toEqual(
      ['_id_', ...INDEXES['processes'].map((index) => index.name)].sort(compareText),
    );
  });
});

test('without $graphLookup it goes level by level and finds the same', async () => {
  const { uri, name } = fresh();
  const store = await openStore(uri, { mode: 'write' });
  const id = (n: number): string => idOf(1_000_000, n, n);
  const chain = Array.from({ length: 40 }, (_, n) =>
    processOf({ _id: id(n), pid: n, parent: n === 0 ? null : id(n - 1) }),
  );
  await store.write(analysisOf(chain));
  await raw(name, async (processes) => {
    const poor = new Proxy(processes, {
      get: (target, key) => {
        if (key === 'aggregate') throw new MongoServerError({ message: 'unknown stage' });
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    for (const kind of ['descendants', 'ancestors'] as const) {
      const start = kind === 'descendants' ? id(0) : id(39);
      const found = await relatives(poor, [start], kind);
      expect(found.size).toBe(39);
      expect(found).toEqual(await relatives(processes, [start], kind));
    }
  });
  await store.close();
});

test('a document of another owner is only replaced by one that outranks it', async () => {
  const { uri, name } = fresh();
  const store = await openStore(uri, { mode: 'write' });
  const process = (exe: string): ProcessDocument =>
    processOf({ _id: idOf(1_000_000, 1, 1), pid: 1, exe });
  await store.write(analysisOf([process('long')], 9_000_000));
  await store.write(analysisOf([process('short')], 2_000_000));
  await raw(name, async (processes) => {
    expect(await processes.findOne()).toMatchObject({ exe: 'long' });
    // Of a trace that nobody knows any more.
    await processes.updateOne({}, { $set: { trace: 'gone' } });
  });
  await store.write(analysisOf([process('short')], 2_000_000));
  expect((await held(store)).processes).toEqual([documentLine(process('short'))]);
  await store.close();
});

test('many hosts, written by many at once', async () => {
  const { uri } = fresh();
  const given = ['a', 'b', 'c', 'd'].map((host) => recorded(onHost(recordingBytes('build'), host)));
  await Promise.all(
    given.map(async ({ analysis, inputs }) => {
      const store = await openStore(uri, { mode: 'write' });
      await store.write(analysis, { inputs });
      await store.close();
    }),
  );
  const store = await openStore(uri);
  const { processes, traces } = await held(store);
  await store.close();
  expect(traces).toHaveLength(4);
  expect(processes).toEqual(
    given.flatMap(({ analysis }) => [...analysis.processes].map(documentLine)).sort(),
  );
});
