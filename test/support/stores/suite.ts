/** What must hold of every store, whatever is behind it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { withAllChildren } from '../../../src/report/children.ts';
import { documentLine } from '../../../src/report/ndjson.ts';
import { openStore } from '../../../src/store/open.ts';
import {
  type Filter,
  FilterError,
  type Found,
  type Query,
  type Store,
} from '../../../src/store/store.ts';
import { MAX_ITEMS } from '../../../src/store/values.ts';
import {
  analysisOf,
  idOf,
  onHost,
  part,
  processOf,
  type Recorded,
  recorded,
  recordingBytes,
} from './analyses.ts';

/** Everything that a store holds, in a form that compares. */
export interface Held {
  readonly processes: readonly string[];
  readonly traces: readonly unknown[];
  readonly faults: readonly unknown[];
}

/** Reads everything but the time at which it was stored. */
export async function held(store: Store): Promise<Held> {
  const processes: string[] = [];
  for await (const p of store.find()) processes.push(documentLine(p as ProcessDocument));
  const traces = (await store.traces()).map((trace) => Object.assign(trace, { stored_at: 0 }));
  const faults: unknown[] = [];
  for await (const fault of store.faults()) faults.push(fault);
  return { processes, traces: traces.sort((a, b) => (a._id < b._id ? -1 : 1)), faults };
}

async function all(found: AsyncIterable<Found>): Promise<Found[]> {
  const list: Found[] = [];
  for await (const one of found) list.push(one);
  return list;
}

async function ids(store: Store, query: Query): Promise<(string | undefined)[]> {
  return (await all(store.find(query))).map(({ _id }) => _id);
}

async function put(store: Store, { analysis, inputs }: Recorded): Promise<void> {
  await store.write(analysis, { inputs, version: '1.2.3' });
}

const lines = ({ analysis }: Recorded): string[] => [...analysis.processes].map(documentLine);

/** A family: root, two children, three grandchildren, and somebody else. */
function family(): ProcessDocument[] {
  const id = (n: number): string => idOf(1_000_000 + n, n, n);
  const member = (n: number, parent: number | undefined, fields: object = {}): ProcessDocument =>
    processOf({
      _id: id(n),
      pid: n,
      parent: parent === undefined ? null : id(parent),
      start_timestamp: 1_000_000 + n,
      ...fields,
    });
  return [
    member(1, undefined, { children: [id(2), id(3)], comm: 'init', exe: '/sbin/init' }),
    member(2, 1, { children: [id(4), id(5)], uid: 4_294_967_294, exit_code: 3 }),
    member(3, 1, { children: [id(6)], exit_timestamp: 1_000_500, exit_code: 0 }),
    member(4, 2, { args: ['/bin/a', null, ''], execve: [{ timestamp: 1_000_004, event: 'e' }] }),
    member(5, 2, { exit_signal: 9, exit_timestamp: 1_000_400 }),
    member(6, 3, { exit_code: 255 }),
    member(7, undefined, { comm: 'other' }),
  ];
}

/** Strings that some store or other might not like. */
const ODD = [
  '',
  '\0',
  'a\0b',
  '$where',
  'a.b',
  '$a.$b',
  '\udc80\udcff',
  'x\udce9y',
  '\u{10fe80}',
  '\u{10fe80}\udc80\u{10feff}',
  '\u{1f600}',
  '\ue000',
  '\uffff',
  'é',
  '__proto__',
  ' \n\t',
  '\udcf4\udc8f\udcba',
];

/** Declares the tests. `fresh` gives the URI of a store that does not exist yet. */
export function storeSuite(fresh: () => Promise<string>): void {
  let uri = '';
  let store: Store;

  beforeEach(async () => {
    uri = await fresh();
    store = await openStore(uri, { mode: 'write' });
  });

  afterEach(async () => {
    await store.close();
  });

  describe('what is stored', () => {
    test.each(['build', 'shapes', 'nested'])('%s comes back, byte for byte', async (name) => {
      const given = recorded(recordingBytes(name));
      await put(store, given);
      const { processes, traces } = await held(store);
      expect(processes).toEqual(lines(given));
      expect(traces).toMatchObject([
        { state: 'finished', digest: given.analysis.summary.digest, inputs: given.inputs },
      ]);
    });

    test('odd strings and large numbers come back', async () => {
      const processes = ODD.map((odd, i) =>
        processOf({
          _id: idOf(1_000_000, i, i),
          pid: i,
          uid: 4_294_967_294,
          auid: 2_147_483_648,
          ses: 2_147_483_647,
          exe: odd,
          args: [odd, null, ...ODD],
          execve: [{ timestamp: 253_402_300_799_999, args: [odd], cwd: odd, event: odd }],
          start_timestamp: 1_795_410_730_402,
          exit_timestamp: -1,
        }),
      );
      await store.write(analysisOf(processes));
      expect((await held(store)).processes).toEqual(processes.map(documentLine));
      for (const [i, odd] of ODD.entries()) {
        const found = await ids(store, { filter: { exe: odd } });
        expect(found, JSON.stringify(odd)).toEqual([processes[i]._id]);
      }
      expect(await store.count({ uid: 4_294_967_294 })).toBe(ODD.length);
      expect(await store.count({ auid: { $gt: 2_147_483_647 } })).toBe(ODD.length);
    });

    test('hosts with odd names, too', async () => {
      const nodes = ['a', 'a-b', 'a\udcff', '\ue000', '\u{1f600}', 'z'];
      const processes = nodes
        .map((node, i) => processOf({ _id: idOf(1_000_000, i, i, node), pid: i, node }))
        .sort((a, b) => (a._id < b._id ? -1 : 1));
      await store.write(analysisOf(processes));
      const { processes: found } = await held(store);
      expect(found.toSorted()).toEqual(processes.map(documentLine).sort());
      for (const { _id, node } of processes)
        expect(await ids(store, { filter: { node } })).toEqual([_id]);
      for (const { _id } of processes) expect(await ids(store, { filter: { _id } })).toEqual([_id]);
    });

    test('names from the log are values, not keys', async () => {
      await store.write(analysisOf(family()));
      const [{ summary }] = await store.traces();
      expect(summary.record_types).toEqual([{ name: 'odd.$name\0', count: 1 }]);
    });

    test('faults are kept with their trace', async () => {
      const given = recorded(Buffer.from('this is no audit record\n'));
      await put(store, given);
      const [{ _id }] = await store.traces();
      const { faults } = await held(store);
      expect(faults).toMatchObject([{ kind: 'not-audit', trace: _id, offset: 0 }]);
    });

    test('an empty analysis is a trace, too', async () => {
      await put(store, recorded(Buffer.alloc(0)));
      expect(await held(store)).toMatchObject({ processes: [], traces: [{ state: 'finished' }] });
    });
  });

  describe('order does not matter', () => {
    test('twice is as once', async () => {
      const given = recorded(recordingBytes('build'));
      await put(store, given);
      const once = await held(store);
      const [{ stored_at }] = await store.traces();
      await put(store, given);
      expect(await held(store)).toEqual(once);
      expect((await store.traces())[0].stored_at).toBe(stored_at);
    });

    // In the last one two processes of the first part turn out to be others.
    test.each(['build', 'nested', 'teardown'])(
      '%s: a longer recording replaces a shorter one',
      async (name) => {
        const bytes = recordingBytes(name);
        const [short, long] = [recorded(part(bytes, 0, 0.6)), recorded(bytes)];
        const other = await openStore(await fresh(), { mode: 'write' });
        try {
          await put(store, short);
          await put(store, long);
          await put(other, long);
          await put(other, short);
          const [growing, shrinking] = [await held(store), await held(other)];
          expect(shrinking).toEqual(growing);
          expect(growing.processes).toEqual(lines(long));
          await put(store, short);
          expect(await held(store)).toEqual(growing);
        } finally {
          await other.close();
        }
      },
    );

    test('a new reading of the same inputs takes away what the old one had', async () => {
      const inputs = [{ name: 'a', size: 1, sha256: 'x' }];
      const [one, two] = [1, 2].map((n) => processOf({ _id: idOf(1_000_000, n, n), pid: n }));
      await store.write(analysisOf([one, two]), { inputs, version: 'old' });
      const written = await store.write(analysisOf([two]), { inputs, version: 'new' });
      expect(written).toMatchObject({ processes: 1, removed: 1 });
      const { processes, traces } = await held(store);
      expect(processes).toEqual([documentLine(two)]);
      expect(traces).toMatchObject([{ godo_version: 'new', state: 'finished' }]);
    });

    test('hosts and boots share a store', async () => {
      const bytes = recordingBytes('build');
      const given = [
        recorded(onHost(bytes, 'one')),
        recorded(onHost(bytes, 'two')),
        recorded(recordingBytes('files')),
      ];
      for (const one of given) await put(store, one);
      const { processes, traces } = await held(store);
      expect(traces).toHaveLength(3);
      expect(processes.toSorted()).toEqual(given.flatMap(lines).sort());
    });

    test('recordings that overlap keep what either saw', async () => {
      const bytes = recordingBytes('build');
      const [early, late] = [recorded(part(bytes, 0, 0.7)), recorded(part(bytes, 0.3, 1))];
      const other = await openStore(await fresh(), { mode: 'write' });
      try {
        for (const one of [early, late]) await put(store, one);
        for (const one of [late, early]) await put(other, one);
        expect(await held(other)).toEqual(await held(store));
      } finally {
        await other.close();
      }
    });

    test('two writers at once lose nothing', async () => {
      const second = await openStore(uri, { mode: 'write' });
      const third = await openStore(await fresh(), { mode: 'write' });
      const bytes = recordingBytes('build');
      const [short, long] = [recorded(part(bytes, 0, 0.6)), recorded(bytes)];
      try {
        await Promise.all([
          put(store, long),
          put(second, short),
          put(second, recorded(onHost(bytes, 'h'))),
        ]);
        await put(third, long);
        await put(third, short);
        await put(third, recorded(onHost(bytes, 'h')));
        expect(await held(store)).toEqual(await held(third));
      } finally {
        await second.close();
        await third.close();
      }
    });
  });

  describe('questions', () => {
    const members = family();
    const at = (...ns: number[]): string[] => ns.map((n) => members[n - 1]._id);

    beforeEach(async () => {
      await store.write(analysisOf(members));
    });

    test('filters', async () => {
      const cases: [Filter, string[]][] = [
        [{}, at(1, 2, 3, 4, 5, 6, 7)],
        [{ exit_code: { $gt: 0 } }, at(2, 6)],
        [{ exit_code: 0 }, at(3)],
        [{ pid: 4 }, at(4)],
        [{ pid: { $in: [6, 2] } }, at(2, 6)],
        [{ parent: at(1)[0] }, at(2, 3)],
        [{ parent: null }, at(1, 7)],
        [{ _id: at(5)[0] }, at(5)],
        [{ _id: 'nobody' }, []],
        [{ parent: 'nobody' }, []],
        [{ uid: 4_294_967_294 }, at(2)],
        [{ args: '/bin/a' }, at(4)],
        [{ args: { $regex: '^/bin' } }, at(4)],
        [{ args: { $regex: '^/BIN', $options: 'i' } }, at(4)],
        [{ args: null }, at(1, 2, 3, 4, 5, 6, 7)],
        [{ 'args.0': '/bin/a' }, at(4)],
        [{ args: { $size: 3 } }, at(4)],
        [{ start_timestamp: { $gte: new Date(1_000_006) } }, at(6, 7)],
        [{ start_timestamp: { $gt: new Date(1_000_001), $lt: new Date(1_000_004) } }, at(2, 3)],
        [{ start_timestamp: new Date(1_000_003) }, at(3)],
        [{ execve: { $elemMatch: { event: 'e' } } }, at(4)],
        [{ $or: [{ comm: 'init' }, { comm: 'other' }] }, at(1, 7)],
        [{ $nor: [{ parent: { $ne: null } }] }, at(1, 7)],
        [{ comm: { $exists: true } }, at(1, 7)],
        [{ exit_code: { $not: { $gt: 0 } }, exit_timestamp: { $exists: true } }, at(3, 5)],
        [{ $and: [{ pid: { $mod: [2, 1] } }, { pid: { $gt: 3 } }] }, at(5, 7)],
      ];
      for (const [filter, expected] of cases) {
        const query = { filter };
        expect(await ids(store, query), JSON.stringify(filter)).toEqual(expected);
        expect(await store.count(query.filter), JSON.stringify(filter)).toBe(expected.length);
      }
    });

    test('order, limit, projection', async () => {
      expect(await ids(store, { sort: { pid: -1 }, limit: 2 })).toEqual(at(7, 6));
      expect(await ids(store, { sort: { exit_code: -1, pid: 1 } })).toEqual(
        at(6, 2, 3, 1, 4, 5, 7),
      );
      expect(await ids(store, { limit: 1 })).toEqual(at(1));
      const [found] = await all(
        store.find({ filter: { pid: 4 }, project: { pid: 1, 'execve.event': 1 } }),
      );
      expect(found).toEqual({ _id: at(4)[0], pid: 4, execve: [{ event: 'e' }] });
      const [without] = await all(store.find({ filter: { pid: 7 }, project: { _id: 0, comm: 1 } }));
      expect(without).toEqual({ comm: 'other' });
      const [rest] = await all(
        store.find({ filter: { pid: 7 }, project: { children: 0, execve: 0, trace: 0 } }),
      );
      expect(rest).not.toHaveProperty('children');
      expect(rest).toHaveProperty('evidence');
    });

    test('descendants and ancestors, each once', async () => {
      const below = (filter: object): Query => ({ filter: filter as {}, related: 'descendants' });
      const above = (filter: object): Query => ({ filter: filter as {}, related: 'ancestors' });
      expect(await ids(store, below({ pid: 2 }))).toEqual(at(2, 4, 5));
      expect(await ids(store, below({ pid: { $in: [1, 2] } }))).toEqual(at(1, 2, 3, 4, 5, 6));
      expect(await ids(store, above({ pid: 6 }))).toEqual(at(1, 3, 6));
      expect(await ids(store, above({ pid: { $in: [4, 5, 7] } }))).toEqual(at(1, 2, 4, 5, 7));
      expect(await ids(store, { ...below({ pid: 1 }), sort: { pid: -1 }, limit: 2 })).toEqual(
        at(6, 5),
      );
      const project = { pid: 1 } as const;
      expect(await all(store.find({ ...below({ pid: 3 }), project }))).toEqual([
        { _id: at(3)[0], pid: 3 },
        { _id: at(6)[0], pid: 6 },
      ]);
    });

    test('who was alive', async () => {
      const found: number[] = [];
      for await (const { pid } of store.aliveAt(1_000_450)) found.push(pid);
      expect(found).toEqual([1, 2, 3, 4, 6, 7]);
    });

    test.each([
      [{ $foo: 1 }, /unknown top level operator: \$foo/],
      [{ pid: { $foo: 1 } }, /unknown operator: \$foo/],
      [{ $and: [] }, /nonempty array|\$and/],
    ])('a bad filter: %j', async (filter, message) => {
      const attempt = ids(store, { filter });
      await expect(attempt).rejects.toThrow(FilterError);
      await expect(ids(store, { filter })).rejects.toThrow(message);
    });

    test.each([
      [{ limit: 0 }, /limit/],
      [{ sort: { '': 1 } }, /FieldPath/],
      [{ project: { pid: 1, uid: 0 } }, /Cannot do exclusion on field uid in inclusion projection/],
      [{ project: { execve: 1, 'execve.args': 1 } }, /Path collision/],
    ])('a bad selection: %j', async (query, message) => {
      await expect(ids(store, query as Query)).rejects.toThrow(FilterError);
      await expect(ids(store, query as Query)).rejects.toThrow(message);
    });

    test('a reader that stops early leaves nothing open', async () => {
      for await (const found of store.find()) {
        expect(found.pid).toBe(1);
        break;
      }
      expect(await store.count()).toBe(7);
    });
  });

  test('a chain, and a chain beside a family', async () => {
    const id = (n: number): string => idOf(1_000_000, n, n);
    const chain = Array.from({ length: 100 }, (_, n) =>
      processOf({ _id: id(n), pid: n, parent: n === 0 ? null : id(n < 90 ? n - 1 : 5) }),
    );
    await store.write(analysisOf(chain));
    const pids = async (query: Query): Promise<(number | undefined)[]> =>
      (await all(store.find(query))).map(({ pid }) => pid);
    const from = (low: number, high: number): number[] =>
      Array.from({ length: high - low }, (_, i) => low + i);
    expect(await pids({ filter: { pid: 3 }, related: 'descendants' })).toEqual(from(3, 100));
    expect(await pids({ filter: { pid: 50 }, related: 'descendants' })).toEqual(from(50, 90));
    expect(await pids({ filter: { pid: 60 }, related: 'ancestors' })).toEqual(from(0, 61));
    expect(await pids({ filter: { pid: { $gte: 91 } }, related: 'ancestors' })).toEqual([
      ...from(0, 6),
      ...from(91, 100),
    ]);
  });

  test('a parent with more children than a document may list', async () => {
    const count = MAX_ITEMS + 500;
    const root = idOf(1_000_000, 0, 1);
    const idOfChild = (i: number): string => idOf(1_000_001, i + 1, i + 2);
    const children = Array.from({ length: 20 }, (_, i) => {
      const n = i * 550;
      return processOf({ _id: idOfChild(n), pid: n + 2, parent: root });
    });
    const listed = Array.from({ length: count }, (_, i) => idOfChild(i));
    const parent = processOf({ _id: root, pid: 1, children: listed });
    await store.write(analysisOf([parent, ...children]));
    const [found] = await all(store.find({ filter: { pid: 1 } }));
    expect(found.children).toEqual(listed.slice(0, MAX_ITEMS));
    expect(found.omitted).toEqual({ children: 500 });
    expect(await store.count({ parent: root })).toBe(20);
    const below = await all(store.find({ filter: { _id: root }, related: 'descendants' }));
    expect(below.map(({ pid }) => pid)).toEqual([1, ...children.map(({ pid }) => pid)]);
    const [again] = withAllChildren(below as ProcessDocument[]);
    expect(again.children.slice(MAX_ITEMS)).toEqual([idOfChild(19 * 550)]);
  });
}
