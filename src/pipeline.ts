/**
 * The one place that knows the order of the stages:
 *
 *   source → record → event → order → process → report
 *
 * `Analyzer` is a push/flush machine over named inputs; the synchronous and the streaming
 * entries are both thin loops around it.
 */
import { compareText } from './base/compare.ts';
import { ArgumentTexts } from './event/arguments.ts';
import { checkEvents } from './event/check.ts';
import { Testimony } from './event/testimony.ts';
import { ADDED, EventTable } from './event/table.ts';
import { TokenTexts } from './event/tokens.ts';
import type { Analysis, Processes } from './model/analysis.ts';
import { FAULT_KINDS, type Fault, type FaultKind, faultOf } from './model/fault.ts';
import type { TraceOrigin } from './model/trace.ts';
import { type Order, orderEvents } from './order/order.ts';
import { Documents } from './process/documents.ts';
import { Facts } from './process/facts.ts';
import type { Life } from './process/life.ts';
import { Outline, type Reconciled } from './process/outline.ts';
import { reconcile } from './process/reconcile.ts';
import { isAbout } from './process/told.ts';
import { parseConnectorLine } from './record/connector.ts';
import { RecordScanner, SCAN } from './record/scan.ts';
import { digestOf } from './report/ndjson.ts';
import { type LineSink, LineSplitter, MAX_LINE_BYTES } from './source/lines.ts';

/** One named input, already in memory. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly origin?: TraceOrigin;
}

/** Faults of one kind that are kept with their place; the rest are only counted. */
const KEPT_FAULTS = 20;

/** Counts every fault and keeps the first of each kind. */
class Faults {
  readonly counts = new Map<FaultKind, number>();
  readonly #kept = new Map<FaultKind, Fault[]>();

  report(kind: FaultKind, reason: string, place: Pick<Fault, 'input' | 'offset' | 'event'>): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    let kept = this.#kept.get(kind);
    if (kept === undefined) {
      kept = [];
      this.#kept.set(kind, kept);
    }
    if (kept.length >= KEPT_FAULTS) return;
    kept.push(faultOf(kind, reason, place));
  }

  /** In the order of FAULT_KINDS. */
  kept(): Fault[] {
    return KINDS.flatMap((kind) => this.#kept.get(kind) ?? []);
  }

  /** `conflicts`: how many there are in the end, whichever of the records came first. */
  counted(conflicts: number): Partial<Record<FaultKind, number>> {
    const counted: Partial<Record<FaultKind, number>> = {};
    for (const kind of KINDS) {
      const count = kind === 'conflict' ? conflicts || undefined : this.counts.get(kind);
      if (count !== undefined) counted[kind] = count;
    }
    return counted;
  }
}

const KINDS = Object.keys(FAULT_KINDS) as FaultKind[];

/** Takes inputs one after another, in any order and any chunks, and analyzes them together. */
export class Analyzer {
  readonly #scanner = new RecordScanner();
  readonly #table = new EventTable();
  readonly #faults = new Faults();
  readonly #typeCounts: number[] = [];
  #records = 0;
  #rejected = 0;
  #bytes = 0;
  #name = '';
  #splitter: LineSplitter | undefined;
  readonly #boots: Outline[] = [];
  /** What process connectors told, by boot. */
  readonly #testimonies = new Map<string, Testimony>();
  readonly #connectorSink: LineSink = {
    line: (bytes, start, end, offset, whole) => {
      this.#records++;
      this.#connectorLine(
        Buffer.from(bytes.subarray(start, end)).toString('latin1'),
        offset,
        whole,
      );
    },
    tooLong: (offset, length) => this.#tooLong(offset, length),
  };
  #testimony: Testimony | undefined;
  readonly #sink: LineSink = {
    line: (bytes, start, end, offset, whole) => this.#line(bytes, start, end, offset, whole),
    tooLong: (offset, length) => this.#tooLong(offset, length),
  };

  /** Begins an input. `name` is what faults call it. */
  open(name: string, origin?: TraceOrigin): void {
    this.#name = name;
    this.#table.setHost(origin?.host ?? '');
    this.#splitter = new LineSplitter(
      origin?.connector === undefined ? this.#sink : this.#connectorSink,
    );
    if (origin === undefined) return;
    const testimony = this.#testimonies.get(origin.boot) ?? new Testimony(origin.host);
    this.#testimonies.set(origin.boot, testimony);
    if (origin.connector !== undefined) testimony.clock(origin.connector.offset);
    if (origin.alive !== undefined) testimony.found(origin.alive);
    for (const pid of origin.recorders ?? []) testimony.recorders.add(pid);
    this.#testimony = testimony;
  }

  /** Takes the next bytes of the input, after decompression. The chunk is not kept. */
  push(chunk: Uint8Array): void {
    if (this.#splitter === undefined) throw new Error('push before open');
    this.#splitter.push(chunk);
  }

  /** Ends the input. */
  close(): void {
    if (this.#splitter === undefined) throw new Error('close before open');
    this.#splitter.flush();
    this.#bytes += this.#splitter.bytes;
    this.#splitter = undefined;
  }

  /** Reports something that the reader of an input noticed. */
  fault(kind: FaultKind, reason: string, input: string, offset?: number): void {
    this.#faults.report(kind, reason, { input, ...(offset === undefined ? {} : { offset }) });
  }

  /** Ends all input and concludes. Call once. */
  finish(): Analysis {
    const table = this.#table;
    const order = orderEvents(table);
    const texts = new TokenTexts(table.tokens);
    const argumentTexts = new ArgumentTexts(table);
    // The rows that are added from here on are what connectors told, and no events.
    const events = table.count;
    const boots = this.#boots;
    const heard = new Set<Testimony>();
    for (const sequence of order.sequences) {
      const facts = new Facts(table, sequence);
      const testimony = this.#testimonyOf(facts);
      if (testimony !== undefined) heard.add(testimony);
      const lives = reconcile(facts, testimony);
      boots.push(new Outline(facts, lives));
      this.#unforked(facts, lives);
    }
    const processes = new Documents(texts, argumentTexts, boots);
    this.#eventFaults(order, argumentTexts);
    return {
      processes,
      summary: this.#summary(processes, boots, order, events, heard),
      faults: this.#faults.kept(),
    };
  }

  /**
   * Whose each event is: `NODE/SEC.MS:SERIAL` and the `_id` of the process that logged it. Events
   * that name no process are left out. Only after `finish`.
   */
  *owners(): Generator<readonly [event: string, process: string], void> {
    for (const boot of this.#boots) {
      const { facts, lives } = boot;
      for (const life of lives) {
        const id = boot.id(life);
        for (let i = life.from; i < life.to; i++) {
          yield [`${facts.node}/${facts.id(facts.own[i])}`, id];
        }
      }
    }
  }

  /** What was concluded from which event, for those who choose among the events. Only after `finish`. */
  reconciled(): Reconciled {
    return { table: this.#table, boots: this.#boots };
  }

  /** Of several, which only damaged traces have, the first by the name of the boot. */
  #testimonyOf(facts: Facts): Testimony | undefined {
    const names = [...this.#testimonies.keys()].sort(compareText);
    for (const name of names) {
      const testimony = this.#testimonies.get(name);
      if (testimony !== undefined && isAbout(testimony, facts)) return testimony;
    }
    return undefined;
  }

  #tooLong(offset: number, length: number): void {
    this.#records++;
    this.#reject('line-too-long', `${length} bytes, over ${MAX_LINE_BYTES}`, offset);
  }

  #connectorLine(line: string, offset: number, whole: boolean): void {
    const event = parseConnectorLine(line);
    if (event !== undefined) this.#testimony?.add(event);
    else if (whole) this.#reject('not-connector', 'no event of the process connector', offset);
    else this.#reject('truncated', 'the last line ends in the middle of an event', offset);
  }

  #line(bytes: Uint8Array, start: number, end: number, offset: number, whole: boolean): void {
    this.#records++;
    const scan = this.#scanner;
    const code = scan.scan(bytes, start, end);
    if (code !== SCAN.ok) {
      this.#unreadable(code, offset, whole);
      return;
    }
    this.#typeCounts[scan.type] = (this.#typeCounts[scan.type] ?? 0) + 1;
    if (!whole && scan.cut) {
      this.#reject('truncated', 'the last line ends in the middle of a record', offset);
      return;
    }
    if (this.#table.add(scan, bytes) === ADDED.conflict) {
      this.#faults.report('conflict', 'differs from another record of the same event and type', {
        input: this.#name,
        offset,
      });
    }
  }

  #unreadable(code: number, offset: number, whole: boolean): void {
    if (!whole) this.#reject('truncated', 'the last line ends in the middle of a record', offset);
    else if (code === SCAN.notAudit) this.#reject('not-audit', 'no type=NAME at the start', offset);
    else if (code === SCAN.badHeader) {
      this.#reject('bad-header', 'no readable msg=audit(SEC.MS:SERIAL):', offset);
    } else this.#reject('bad-field', 'a field that its type must have is missing', offset);
  }

  #reject(kind: FaultKind, reason: string, offset: number): void {
    this.#rejected++;
    this.#faults.report(kind, reason, { input: this.#name, offset });
  }

  #eventFaults(order: Order, argumentTexts: ArgumentTexts): void {
    const table = this.#table;
    checkEvents(table, argumentTexts, (kind, row, reason) => {
      this.#faults.report(kind, reason, { event: table.id(row) });
    });
    for (const row of order.clockSteps) {
      this.#faults.report('clock-step', 'later serials have earlier times', {
        event: table.id(row),
      });
    }
  }

  /** Lives that began after their parent's first record and yet without a fork. */
  #unforked(facts: Facts, lives: readonly Life[]): void {
    for (let i = 0; i < lives.length; i++) {
      const { birth, told, parent, anchor, pid } = lives[i];
      if (
        birth !== undefined ||
        told !== undefined ||
        parent === undefined ||
        parent.anchor > anchor
      )
        continue;
      this.#faults.report('no-fork', `pid ${pid} has no fork`, { event: facts.id(anchor) });
    }
  }

  #summary(
    processes: Processes,
    boots: readonly Outline[],
    order: Order,
    events: number,
    heard: ReadonlySet<Testimony>,
  ): Analysis['summary'] {
    const table = this.#table;
    let first = Infinity;
    let last = -Infinity;
    let attached = 0;
    const { time, pid, records } = table;
    for (let row = 0; row < events; row++) {
      if (time[row] < first) first = time[row];
      if (time[row] > last) last = time[row];
      if (pid[row] >= 0) attached += records[row];
    }
    let unnamed = 0;
    for (const row of order.unnamed) unnamed += table.records[row];
    const ignored: Record<string, number> = {};
    let duplicates = table.tally.duplicates;
    let elsewhere = 0;
    for (const testimony of this.#testimonies.values()) {
      duplicates += testimony.duplicates;
      const told = testimony.count - testimony.duplicates;
      if (heard.has(testimony)) attached += told;
      else elsewhere += told;
    }
    if (duplicates > 0) ignored['duplicate'] = duplicates;
    if (unnamed > 0) ignored['names no process'] = unnamed;
    if (elsewhere > 0) ignored['connector without records'] = elsewhere;
    let threads = 0;
    for (const { lives } of boots) {
      for (let i = 0; i < lives.length; i++) threads += lives[i].threads + 1;
    }
    return {
      bytes: this.#bytes,
      account: {
        records: this.#records,
        attached,
        ignored,
        rejected: this.#rejected + table.tally.conflicts,
      },
      events,
      processes: processes.length,
      threads,
      ...(events === 0 ? {} : { first_timestamp: first, last_timestamp: last }),
      hosts: [...new Set(order.sequences.map((one) => one.node))],
      boots: order.sequences.length,
      record_types: this.#recordTypes(),
      faults: this.#faults.counted(table.tally.conflicts),
      get digest() {
        return digestOf(processes);
      },
    };
  }

  #recordTypes(): Record<string, number> {
    const types = this.#scanner.types;
    const counted: [string, number][] = [];
    for (const [id, count] of this.#typeCounts.entries()) {
      if (count !== undefined)
        counted.push([Buffer.from(types.bytes(id)).toString('latin1'), count]);
    }
    return Object.fromEntries(counted.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
  }
}

/** Analyzes inputs that are in memory. */
export function analyzeSync(inputs: readonly NamedBytes[]): Analysis {
  const analyzer = new Analyzer();
  for (const { name, bytes, origin } of inputs) {
    analyzer.open(name, origin);
    analyzer.push(bytes);
    analyzer.close();
  }
  return analyzer.finish();
}
