/** The store in a MongoDB. */
import {
  type Collection,
  type Db,
  type Document,
  MongoClient,
  MongoServerError,
  type MongoClientOptions,
} from 'mongodb';
import type { Analysis } from '../../model/analysis.ts';
import type { ProcessDocument } from '../../model/process.ts';
import type { StoredFault, TraceDocument } from '../../model/stored-trace.ts';
import { FAULTS, INDEXES, PROCESSES, PROCESS_SCHEMA, TRACES } from '../collections.ts';
import { storedFilter } from '../filter.ts';
import { checkSelection, projected, Sorter } from '../select.ts';
import {
  type Filter,
  type Found,
  type OpenOptions,
  type Query,
  type Store,
  StoreError,
  type WriteOptions,
  type Written,
} from '../store.ts';
import { compareStored, storedText } from '../text.ts';
import {
  compareTraceDocuments,
  compareTraces,
  contradict,
  faultsOf,
  type LifeSpan,
  sharedHosts,
  traceOf,
} from '../trace.ts';
import { fromStored, type Stored, toStored, withoutOwner } from '../values.ts';
import { isRefused, readError, storeError } from './errors.ts';
import { batches, type Kind, type Processes, relatives } from './relations.ts';
import { databaseOf, secretsOf, withoutSecrets } from './secrets.ts';
import { writeProcesses } from './writing.ts';

const PATIENCE = 30_000;
const NAMESPACE_EXISTS = 48;

/** Connects. Throws StoreError; no message has anything of the URI but hosts and database. */
export async function openMongo(uri: string, options: OpenOptions): Promise<Store> {
  const secrets = secretsOf(uri);
  let client: MongoClient;
  try {
    client = new MongoClient(uri, clientOptions(uri, options));
  } catch (error) {
    throw new StoreError(
      `the URI of the store is wrong: ${withoutSecrets((error as Error).message, secrets)}`,
    );
  }
  const { srvHost, hosts } = client.options;
  const where = srvHost ?? hosts.map((host) => host.toString()).join(',');
  const name = `mongodb${srvHost === undefined ? '' : '+srv'}://${where}/${databaseOf(uri)}`;
  try {
    await client.connect();
  } catch (error) {
    await client.close();
    throw storeError(name, error, secrets);
  }
  return new MongoStore(name, client, databaseOf(uri), secrets);
}

/** What godo asks of the driver where the URI says nothing else. */
export function clientOptions(
  uri: string,
  { patience = PATIENCE }: OpenOptions,
): MongoClientOptions {
  return {
    ...(/[?&]appName=/i.test(uri) ? {} : { appName: 'godo' }),
    ...(/[?&]serverSelectionTimeoutMS=/i.test(uri) ? {} : { serverSelectionTimeoutMS: patience }),
    ...(/[?&](?:w|journal|wtimeoutMS)=/i.test(uri) ? {} : { writeConcern: { w: 'majority' } }),
  };
}

class MongoStore implements Store {
  readonly name: string;
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #secrets: readonly string[];
  readonly #processes: Processes;
  readonly #traces: Collection<Stored & { _id: string }>;
  readonly #faults: Collection<Stored & { _id: string }>;

  constructor(name: string, client: MongoClient, database: string, secrets: readonly string[]) {
    this.name = name;
    this.#client = client;
    this.#db = client.db(database);
    this.#secrets = secrets;
    this.#processes = this.#db.collection(PROCESSES);
    this.#traces = this.#db.collection(TRACES);
    this.#faults = this.#db.collection(FAULTS);
  }

  async write(analysis: Analysis, options: WriteOptions = {}): Promise<Written> {
    try {
      return await this.#write(analysis, options);
    } catch (error) {
      throw storeError(this.name, error, this.#secrets);
    }
  }

  async #write(
    analysis: Analysis,
    { inputs = [], version = '', onProgress }: WriteOptions,
  ): Promise<Written> {
    await this.#prepare();
    const { trace, replaces } = await this.#begin(
      traceOf(analysis, { inputs, version, now: Date.now() }),
    );
    const left = await writeProcesses(
      {
        collection: this.#processes,
        trace,
        traces: () => this.#allTraces(),
        onProgress: (processes) => onProgress?.(processes),
      },
      analysis.processes,
    );
    const former = replaces ? await this.#removeFormer(analysis, trace) : 0;
    const contradicted = { own: 0, others: 0 };
    for (const other of await this.#allTraces()) {
      if (other._id !== trace._id) await this.#removeContradicted(trace, other, contradicted);
    }
    await this.#writeFaults(faultsOf(analysis, trace._id));
    const finished: TraceDocument = { ...trace, state: 'finished' };
    await this.#putTrace(finished);
    const processes = analysis.processes.length - left - contradicted.own;
    return { trace: finished, processes, removed: former + contradicted.own + contradicted.others };
  }

  /** Collections, validator and indexes, as far as they are not there. */
  async #prepare(): Promise<void> {
    const validator = { $jsonSchema: PROCESS_SCHEMA };
    try {
      await this.#db.createCollection(PROCESSES, { validator });
    } catch (error) {
      if (!isRefused(error)) {
        if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
        await this.#renewValidator(validator);
      }
    }
    for (const [name, indexes] of Object.entries(INDEXES)) {
      if (indexes.length === 0) continue;
      await this.#db
        .collection(name)
        .createIndexes(indexes.map(({ name: index, key }) => ({ name: index, key })));
    }
  }

  /** A user who may write need not be allowed to change collections. */
  async #renewValidator(validator: Document): Promise<void> {
    const [found] = await this.#db.listCollections({ name: PROCESSES }).toArray();
    const options = found !== undefined && 'options' in found ? found.options : undefined;
    if (JSON.stringify(options?.['validator']) === JSON.stringify(validator)) return;
    try {
      await this.#db.command({ collMod: PROCESSES, validator });
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  /** Says that the trace is there and unfinished, unless it is there and finished. */
  async #begin(trace: TraceDocument): Promise<{ trace: TraceDocument; replaces: boolean }> {
    const known = await this.#traces.findOne({ _id: trace._id });
    if (known === null) {
      await this.#putTrace(trace);
      return { trace, replaces: false };
    }
    const { stored_at, digest, state } = fromStored(known) as TraceDocument;
    const begun = { ...trace, stored_at };
    if (digest !== trace.digest || state !== 'finished') await this.#putTrace(begun);
    return { trace: begun, replaces: digest !== trace.digest || state !== 'finished' };
  }

  async #putTrace(trace: TraceDocument): Promise<void> {
    const { _id, ...fields } = toStored(trace);
    await this.#traces.replaceOne({ _id: _id as string }, fields, { upsert: true });
  }

  /** Takes away what an earlier reading of the same inputs had and this one has not. */
  async #removeFormer({ processes }: Analysis, trace: TraceDocument): Promise<number> {
    const now = new Set<string>();
    for (const { _id } of processes) now.add(storedText(_id));
    const former: string[] = [];
    const cursor = this.#processes.find({ trace: trace._id }, { projection: { _id: 1 } });
    for await (const { _id } of cursor) if (!now.has(_id)) former.push(_id);
    return this.#remove(former, trace._id);
  }

  /** Takes away what the longer of two recordings of the same run contradicts in the other. */
  async #removeContradicted(
    trace: TraceDocument,
    other: TraceDocument,
    removed: { own: number; others: number },
  ): Promise<void> {
    for (const node of sharedHosts(trace, other)) {
      const ownSays = compareTraces(trace, other, node) >= 0;
      const [longer, shorter] = ownSays ? [trace, other] : [other, trace];
      const host = node === '' ? { $exists: false } : storedText(node);
      const cursor = this.#processes.find({ trace: shorter._id, node: host }, { projection: LIFE });
      const refuted: string[] = [];
      let batch: Stored[] = [];
      const compare = async (): Promise<void> => {
        refuted.push(...(await this.#contradictedOf(batch, longer, host)));
        batch = [];
      };
      for await (const life of cursor) if (batch.push(life) >= 500) await compare();
      await compare();
      removed[ownSays ? 'others' : 'own'] += await this.#remove(refuted, shorter._id);
    }
  }

  async #contradictedOf(
    lives: readonly Stored[],
    longer: TraceDocument,
    node: unknown,
  ): Promise<string[]> {
    if (lives.length === 0) return [];
    const pids = [...new Set(lives.map(({ pid }) => pid))];
    const against = new Map<unknown, LifeSpan[]>();
    const filter = { pid: { $in: pids }, trace: longer._id, node } as Document;
    for await (const life of this.#processes.find(filter, { projection: LIFE })) {
      const those = against.get(life['pid']);
      if (those === undefined) against.set(life['pid'], [spanOf(life)]);
      else those.push(spanOf(life));
    }
    const refuted = lives.filter((life) =>
      against.get(life['pid'])?.some((other) => contradict(spanOf(life), other)),
    );
    return refuted.map((life) => life['_id'] as string);
  }

  async #remove(ids: readonly string[], owner: string): Promise<number> {
    let removed = 0;
    for (const batch of batches(ids)) {
      const result = await this.#processes.deleteMany({ _id: { $in: batch }, trace: owner });
      removed += result.deletedCount;
    }
    return removed;
  }

  async #writeFaults(faults: readonly StoredFault[]): Promise<void> {
    if (faults.length === 0) return;
    const operations = faults.map((fault) => {
      const { _id, ...replacement } = toStored(fault);
      return { replaceOne: { filter: { _id: _id as string }, replacement, upsert: true } };
    });
    await this.#faults.bulkWrite(operations, { ordered: false });
  }

  async *find(query: Query = {}): AsyncGenerator<Found, void> {
    checkSelection(query);
    try {
      const documents =
        query.related === undefined ? this.#matching(query) : this.#related(query, query.related);
      for await (const stored of documents) yield fromStored(stored) as Found;
    } catch (error) {
      throw readError(this.name, error, this.#secrets);
    }
  }

  #matching({ filter = {}, sort = {}, limit, project }: Query): AsyncIterable<Stored> {
    // Never the owner, unless it is asked for by its name.
    const projection = project ?? { trace: 0 };
    const cursor = this.#processes
      .find(storedFilter(filter), { projection })
      .sort({ ...sort, ...('_id' in sort ? {} : { _id: 1 }) })
      .allowDiskUse(true);
    return limit === undefined ? cursor : cursor.limit(limit);
  }

  async *#related(
    { filter = {}, sort, limit = Number.POSITIVE_INFINITY, project }: Query,
    kind: Kind,
  ): AsyncGenerator<Stored, void> {
    const roots: string[] = [];
    const matching = this.#processes.find(storedFilter(filter), { projection: { _id: 1 } });
    for await (const { _id } of matching) roots.push(_id);
    const ids = await relatives(this.#processes, roots, kind);
    for (const id of roots) ids.add(id);
    let documents: AsyncIterable<Stored> | Iterable<Stored> = this.#byIds(ids);
    if (sort !== undefined) {
      const sorter = new Sorter(sort, limit);
      for await (const document of documents) sorter.add(document);
      documents = sorter.sorted();
    }
    let left = limit;
    for await (const document of documents) {
      yield project === undefined ? withoutOwner(document) : projected(document, project);
      if (--left <= 0) return;
    }
  }

  /** The documents in the order of `_id`. */
  async *#byIds(ids: ReadonlySet<string>): AsyncGenerator<Stored, void> {
    const sorted = [...ids].sort(compareStored);
    for (const batch of batches(sorted)) {
      yield* this.#processes.find({ _id: { $in: batch } }).sort({ _id: 1 });
    }
  }

  async count(filter: Filter = {}): Promise<number> {
    try {
      return await this.#processes.countDocuments(storedFilter(filter));
    } catch (error) {
      throw readError(this.name, error, this.#secrets);
    }
  }

  async *aliveAt(at: number): AsyncGenerator<ProcessDocument, void> {
    const moment = new Date(at);
    const filter = {
      $and: [
        { $or: [{ start_timestamp: { $lte: moment } }, { start_timestamp: { $exists: false } }] },
        { $or: [{ exit_timestamp: { $gte: moment } }, { exit_timestamp: { $exists: false } }] },
      ],
    };
    const query: Query = { filter, related: 'ancestors' };
    for await (const found of this.find(query)) yield found as ProcessDocument;
  }

  async traces(): Promise<TraceDocument[]> {
    try {
      return (await this.#allTraces()).sort(compareTraceDocuments);
    } catch (error) {
      throw readError(this.name, error, this.#secrets);
    }
  }

  async #allTraces(): Promise<TraceDocument[]> {
    const traces: TraceDocument[] = [];
    for await (const trace of this.#traces.find()) traces.push(fromStored(trace) as TraceDocument);
    return traces;
  }

  async *faults(filter: Filter = {}): AsyncGenerator<StoredFault, void> {
    try {
      const cursor = this.#faults.find(storedFilter(filter)).sort({ _id: 1 });
      for await (const stored of cursor) yield fromStored(stored) as StoredFault;
    } catch (error) {
      throw readError(this.name, error, this.#secrets);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

const LIFE = { pid: 1, start_timestamp: 1, exit_timestamp: 1 };

function spanOf(life: Stored): LifeSpan {
  const { _id, start_timestamp: start, exit_timestamp: end } = life;
  return {
    _id: String(_id),
    start: start instanceof Date ? start.getTime() : Number.NaN,
    end: end instanceof Date ? end.getTime() : Number.POSITIVE_INFINITY,
  };
}
