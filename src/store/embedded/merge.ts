/**
 * A new version of the documents: those that are stored already, in the order of `_id`, merged
 * with those of an analysis.
 */
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { serialize } from 'bson';
import type { ProcessDocument } from '../../model/process.ts';
import type { TraceDocument } from '../../model/stored-trace.ts';
import { StoreError } from '../store.ts';
import { storedText, textOfStored } from '../text.ts';
import { compareTraces, contradict, sharedHosts } from '../trace.ts';
import { storedProcess } from '../values.ts';
import { documentsIn, FileWriter, Head } from './bytes.ts';
import { IndexBuilder } from './index-file.ts';

/** What merging came to. */
export interface Merged {
  /** Documents of the new trace that count. */
  readonly own: number;
  /** Documents taken away. */
  readonly removed: number;
}

/** What is merged, and where it goes. */
export interface Merge {
  readonly processes: Iterable<ProcessDocument>;
  readonly trace: TraceDocument;
  readonly others: readonly TraceDocument[];
  /** The file of the documents that are stored already, and its size. */
  readonly stored: { readonly file: number; readonly size: number; readonly name: string };
  /** The new version of the documents and of their index. */
  readonly documentsPath: string;
  readonly indexPath: string;
  /** Called now and then; other work goes on while it waits. */
  readonly onProgress: (processes: number) => Promise<void>;
}

/** New documents came in another order than their stored `_id`s have. */
class OutOfOrder extends Error {}

/** Where the documents of the analysis come from, for messages. */
const ANALYSIS = 'the analysis';

/** Writes both files. Nothing counts until the caller says so. */
export async function merge(task: Merge): Promise<Merged> {
  try {
    return await mergeOrdered(task, serialized(task.processes, task.trace._id));
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error;
    // Odd host names sort otherwise in UTF-8. That is rare enough to do in memory.
    const sorted = [...serialized(task.processes, task.trace._id)].map((bytes) =>
      Buffer.from(bytes),
    );
    sorted.sort(compareIds);
    const twice = sorted.find((bytes, i) => i > 0 && compareIds(sorted[i - 1], bytes) === 0);
    if (twice !== undefined)
      throw new Error(`two processes have the _id ${headOf(twice).id}`, { cause: error });
    return mergeOrdered(task, sorted);
  }
}

function* serialized(processes: Iterable<ProcessDocument>, trace: string): Generator<Buffer, void> {
  for (const process of processes) {
    const { buffer, byteOffset, byteLength } = serialize(storedProcess(process, trace));
    yield Buffer.from(buffer, byteOffset, byteLength);
  }
}

function compareIds(a: Buffer, b: Buffer): number {
  return compareHeads(headOf(a), headOf(b));
}

function headOf(bytes: Buffer): Head {
  const head = new Head();
  head.read(bytes, ANALYSIS);
  return head;
}

function compareHeads(a: Head, b: Head): number {
  return a.bytes.compare(b.bytes, b.idStart, b.idEnd, a.idStart, a.idEnd);
}

/** Documents between two reports of progress. */
const STEP = 2000;

async function mergeOrdered(task: Merge, fresh: Iterable<Buffer>): Promise<Merged> {
  const output = new Output(task);
  try {
    const decide = new Decision(task);
    const old = new Cursor(
      documentsIn(task.stored.file, task.stored.size, task.stored.name),
      task.stored.name,
    );
    const own = new Cursor(fresh, ANALYSIS);
    let taken = 0;
    let removed = 0;
    for (;;) {
      const order = old.order(own);
      if (order === undefined) break;
      if (order < 0) {
        // Of an earlier reading of the same inputs, which this one replaces.
        if (old.head.trace === task.trace._id) removed++;
        else output.add(old.head);
        old.next();
        continue;
      }
      output.add(order === 0 && !decide.ownCounts(old.head) ? old.head : own.head);
      if (order === 0) old.next();
      own.next();
      if (++taken % STEP === 0) await task.onProgress(taken);
    }
    const refuted = refutedRows(output, task);
    if (refuted.size > 0) removed += output.rewriteWithout(refuted);
    const result = { own: output.countOf(task.trace._id), removed };
    output.finish();
    return result;
  } catch (error) {
    output.abandon();
    throw error;
  }
}

/** Steps through documents and checks that they are in order. */
class Cursor {
  readonly #documents: Iterator<Buffer>;
  readonly #what: string;
  readonly head = new Head();
  #last = Buffer.alloc(0);
  done = false;

  constructor(documents: Iterable<Buffer>, what: string) {
    this.#documents = documents[Symbol.iterator]();
    this.#what = what;
    this.next();
  }

  next(): void {
    const { head } = this;
    const next = this.#documents.next();
    this.done = next.done === true;
    if (next.done === true) return;
    head.read(next.value, this.#what);
    if (this.#last.compare(head.bytes, head.idStart, head.idEnd) >= 0) {
      if (this.#what === ANALYSIS) throw new OutOfOrder();
      throw new StoreError(`${this.#what} is not in the order of _id; the store is damaged`);
    }
    this.#last = Buffer.from(head.bytes.subarray(head.idStart, head.idEnd));
  }

  /** Which of the two comes first; undefined when both are at their end. */
  order(other: Cursor): number | undefined {
    if (this.done) return other.done ? undefined : 1;
    return other.done ? -1 : compareHeads(this.head, other.head);
  }
}

/** Whose document counts where two traces have the same process. */
class Decision {
  readonly #task: Merge;
  readonly #byId: ReadonlyMap<string, TraceDocument>;
  readonly #known = new Map<string, boolean>();

  constructor(task: Merge) {
    this.#task = task;
    this.#byId = new Map(task.others.map((trace) => [trace._id, trace]));
  }

  ownCounts({ trace, node }: Head): boolean {
    const key = `${trace} ${node}`;
    let counts = this.#known.get(key);
    if (counts === undefined) {
      const other = this.#byId.get(trace);
      counts =
        other === undefined || compareTraces(this.#task.trace, other, textOfStored(node)) >= 0;
      this.#known.set(key, counts);
    }
    return counts;
  }
}

/** Both files while they are written, with what is needed to find contradictions. */
class Output {
  readonly #task: Merge;
  #documents: FileWriter;
  builder = new IndexBuilder();
  /** Of each row, what its owner is: a trace together with a host. */
  owners: number[] = [];
  readonly ownerNumbers = new Map<string, number>();

  constructor(task: Merge) {
    this.#task = task;
    this.#documents = new FileWriter(task.documentsPath);
  }

  add(head: Head): void {
    this.builder.add(head, this.#documents.size);
    this.#documents.add(head.bytes);
    const key = ownerKey(head.trace, head.node);
    let number = this.ownerNumbers.get(key);
    if (number === undefined) this.ownerNumbers.set(key, (number = this.ownerNumbers.size));
    this.owners.push(number);
  }

  countOf(trace: string): number {
    const own = new Set<number>();
    for (const [key, number] of this.ownerNumbers) if (key.startsWith(`${trace} `)) own.add(number);
    return this.owners.reduce((sum, owner) => sum + (own.has(owner) ? 1 : 0), 0);
  }

  /** Once more, without some rows. Gives how many those are. */
  rewriteWithout(rows: ReadonlySet<number>): number {
    this.#documents.close();
    const { documentsPath } = this.#task;
    const [size, builder] = [this.#documents.size, this.builder];
    const before = `${documentsPath}.tmp`;
    renameSync(documentsPath, before);
    const file = openSync(before, 'r');
    try {
      this.#documents = new FileWriter(documentsPath);
      this.builder = new IndexBuilder();
      this.owners = [];
      const head = new Head();
      let row = 0;
      for (const bytes of documentsIn(file, size, before)) {
        if (rows.has(row++)) continue;
        head.read(bytes, before);
        this.add(head);
      }
    } finally {
      closeSync(file);
      rmSync(before, { force: true });
    }
    return builder.rows - this.builder.rows;
  }

  finish(): void {
    this.#documents.close();
    this.builder.write(this.#task.indexPath, this.#documents.size);
  }

  abandon(): void {
    this.#documents.abandon();
  }
}

function ownerKey(trace: string, node: string): string {
  return `${trace} ${node}`;
}

/**
 * Rows of another, or of this, recording of the same run that the longer one of the two
 * contradicts: it has another process with that pid at that time.
 */
function refutedRows(output: Output, { trace, others }: Merge): Set<number> {
  const refuted = new Set<number>();
  for (const other of others) {
    for (const node of sharedHosts(trace, other)) {
      const ownSays = compareTraces(trace, other, node) >= 0;
      const [longer, shorter] = ownSays ? [trace, other] : [other, trace];
      const stored = storedText(node);
      const upper = output.ownerNumbers.get(ownerKey(longer._id, stored));
      const lower = output.ownerNumbers.get(ownerKey(shorter._id, stored));
      if (upper === undefined || lower === undefined) continue;
      for (const row of contradictedRows(output, upper, lower)) refuted.add(row);
    }
  }
  return refuted;
}

function* contradictedRows(output: Output, upper: number, lower: number): Generator<number, void> {
  const { builder, owners } = output;
  const rows = builder.rowsByPid();
  const pids = builder.pids.values;
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && pids[rows[to]] === pids[rows[from]]) to++;
    const group = rows.subarray(from, to);
    const against = group.filter((row) => owners[row] === upper);
    for (const row of group) {
      if (owners[row] !== lower) continue;
      const life = lifeOf(builder, row);
      if (against.some((other) => contradict(life, lifeOf(builder, other)))) yield row;
    }
    from = to;
  }
}

function lifeOf(builder: IndexBuilder, row: number): { _id: string; start: number; end: number } {
  const end = builder.ends.values[row];
  return {
    _id: String(row),
    start: builder.starts.values[row],
    end: Number.isNaN(end) ? Number.POSITIVE_INFINITY : end,
  };
}
