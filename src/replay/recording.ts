/**
 * A recording in memory, as the lines that it was made of: what replay, fuzz, minimize and the
 * tools around recordings choose from. Nothing is concluded here, and no byte of a line changes.
 */
import { Arena } from '../base/arena.ts';
import { decodeText } from '../base/text.ts';
import { type Fault, faultOf } from '../model/fault.ts';
import type { TraceOrigin } from '../model/trace.ts';
import { parseConnectorLine } from '../record/connector.ts';
import { RecordScanner, SCAN } from '../record/scan.ts';
import { type LineSink, LineSplitter, MAX_LINE_BYTES } from '../source/lines.ts';

/** Stands for no event: a line of the connector's, or one that is no record. */
export const NO_EVENT = -1;

/** Where lines came from: an input of the command line, or a segment of a trace. */
export interface RecordingStream {
  readonly name: string;
  /** Of a segment of a trace. With `origin.connector` its lines are the process connector's. */
  readonly origin?: TraceOrigin;
}

/** What names an event (KERNEL fact 7). */
export interface RecordingEvent {
  /** Of its records, or the host of the trace; '' where neither is known. */
  readonly node: string;
  /** ms since the epoch: when the call was entered, on the coarse clock (KERNEL fact 1). */
  readonly time: number;
  readonly serial: number;
}

/** Lines and events, numbered from 0 in the order in which they were read. */
export class Recording {
  readonly streams: readonly RecordingStream[];
  readonly events: readonly RecordingEvent[];
  /** By line: its stream, its event or NO_EVENT, its time in ms (NaN where it tells none). */
  readonly stream: Int32Array;
  readonly event: Int32Array;
  readonly time: Float64Array;
  readonly #lines: Arena;
  /** The lines of event e are `#byEvent[#starts[e] .. #starts[e + 1])`. */
  readonly #starts: Int32Array;
  readonly #byEvent: Int32Array;

  constructor(
    streams: readonly RecordingStream[],
    events: readonly RecordingEvent[],
    lines: { bytes: Arena; stream: number[]; event: number[]; time: number[] },
  ) {
    this.streams = streams;
    this.events = events;
    this.stream = Int32Array.from(lines.stream);
    this.event = Int32Array.from(lines.event);
    this.time = Float64Array.from(lines.time);
    this.#lines = lines.bytes;
    this.#starts = new Int32Array(events.length + 1);
    this.#byEvent = new Int32Array(this.event.length);
    this.#index();
  }

  /** How many lines there are. */
  get length(): number {
    return this.event.length;
  }

  /** A line's bytes, without what ended it: a view. */
  line(i: number): Buffer {
    return this.#lines.get(i);
  }

  /** The lines of an event, in the order in which they were read: a view. */
  linesOf(event: number): Int32Array {
    return this.#byEvent.subarray(this.#starts[event], this.#starts[event + 1]);
  }

  isConnector(i: number): boolean {
    return this.streams[this.stream[i]].origin?.connector !== undefined;
  }

  #index(): void {
    const next = this.#starts;
    for (const event of this.event) if (event >= 0) next[event + 1]++;
    for (let e = 0; e < this.events.length; e++) next[e + 1] += next[e];
    const at = next.slice();
    for (let i = 0; i < this.event.length; i++) {
      const event = this.event[i];
      if (event >= 0) this.#byEvent[at[event]++] = i;
    }
  }
}

/** `NODE/SEC.MS:SERIAL`: the name of an event as `Analyzer.owners` has it. */
export function keyOf({ node, time, serial }: RecordingEvent): string {
  const seconds = Math.floor(time / 1000);
  return `${node}/${seconds}.${String(time - seconds * 1000).padStart(3, '0')}:${serial}`;
}

/** Reads inputs one after another, in any chunks, like the analyzer. Empty lines are passed over. */
export class RecordingReader {
  readonly #streams: RecordingStream[] = [];
  readonly #events: RecordingEvent[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #lines = {
    bytes: new Arena(),
    stream: [] as number[],
    event: [] as number[],
    time: [] as number[],
  };
  /** Lines over MAX_LINE_BYTES, which are left out. */
  readonly tooLong: Fault[] = [];
  readonly #scanner = new RecordScanner();
  #splitter: LineSplitter | undefined;
  readonly #sink: LineSink = {
    line: (bytes, start, end) => this.#record(bytes, start, end),
    tooLong: (offset, length) => this.#tooLong(offset, length),
  };
  readonly #connectorSink: LineSink = {
    line: (bytes, start, end) => this.#told(bytes, start, end),
    tooLong: (offset, length) => this.#tooLong(offset, length),
  };

  /** Begins an input. */
  open(name: string, origin?: TraceOrigin): void {
    this.#streams.push(origin === undefined ? { name } : { name, origin });
    this.#splitter = new LineSplitter(
      origin?.connector === undefined ? this.#sink : this.#connectorSink,
    );
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
    this.#splitter = undefined;
  }

  #tooLong(offset: number, length: number): void {
    const reason = `${length} bytes, over ${MAX_LINE_BYTES}: left out`;
    const input = this.#streams[this.#streams.length - 1].name;
    this.tooLong.push(faultOf('line-too-long', reason, { input, offset }));
  }

  /** Ends all input. Call once. */
  finish(): Recording {
    return new Recording(this.#streams, this.#events, this.#lines);
  }

  #record(bytes: Uint8Array, start: number, end: number): void {
    const scan = this.#scanner;
    if (scan.scan(bytes, start, end) !== SCAN.ok) {
      this.#add(bytes, start, end, NO_EVENT, Number.NaN);
      return;
    }
    const { nodeStart, nodeEnd, time, serial } = scan;
    const host = this.#streams[this.#streams.length - 1].origin?.host ?? '';
    const node = nodeEnd > nodeStart ? decodeText(bytes, nodeStart, nodeEnd) : host;
    this.#add(bytes, start, end, this.#event({ node, time, serial }), time);
  }

  #told(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    const offset = this.#streams[this.#streams.length - 1].origin?.connector?.offset ?? 0;
    const told = parseConnectorLine(text);
    const time = told === undefined ? Number.NaN : told.t / 1e6 + offset;
    this.#add(bytes, start, end, NO_EVENT, time);
  }

  #add(bytes: Uint8Array, start: number, end: number, event: number, time: number): void {
    this.#lines.bytes.add(bytes, start, end);
    this.#lines.stream.push(this.#streams.length - 1);
    this.#lines.event.push(event);
    this.#lines.time.push(time);
  }

  #event(event: RecordingEvent): number {
    const key = keyOf(event);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#events.push(event) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}
