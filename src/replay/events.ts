/** What orders need to know of events: their boot, and the call that each records. */
import { compareText } from '../base/compare.ts';
import { EventTable } from '../event/table.ts';
import { orderEvents } from '../order/order.ts';
import { RecordScanner, SCAN } from '../record/scan.ts';
import { keyOf, type Recording, type RecordingEvent } from './recording.ts';

/** By event of a recording. */
export interface EventFacts {
  /**
   * Its boot, numbered by host and then by time, and told apart as in the analysis. An event that
   * names no process is of the last boot of its host that had begun by then.
   */
  readonly boot: Int32Array;
  /** Its call as a KIND; KIND.other without one. */
  readonly kind: Uint8Array;
  /** What the call returned. */
  readonly exit: Float64Array;
}

/** By its name as `keyOf` has it: the number of an event. */
export function eventNumbers(events: readonly RecordingEvent[]): Map<string, number> {
  return new Map(events.map((event, e) => [keyOf(event), e]));
}

/** Reads the records of the recording once more. */
export function eventFacts(recording: Recording): EventFacts {
  const { events } = recording;
  const table = tableOf(recording);
  const numbers = eventNumbers(events);
  const kind = new Uint8Array(events.length);
  const exit = new Float64Array(events.length);
  const sequences = orderEvents(table).sequences.map(({ node, rows }) =>
    rows.map((row) => {
      const key = keyOf({ node, time: table.time[row], serial: table.serial[row] });
      const e = numbers.get(key);
      if (e === undefined) throw new Error(`no event ${key}`);
      kind[e] = table.kind[row];
      exit[e] = table.exit[row];
      return e;
    }),
  );
  return { boot: bootsOf(events, sequences), kind, exit };
}

function tableOf(recording: Recording): EventTable {
  const table = new EventTable();
  const scan = new RecordScanner();
  for (let i = 0; i < recording.length; i++) {
    if (recording.event[i] < 0) continue;
    const line = recording.line(i);
    table.setHost(recording.streams[recording.stream[i]].origin?.host ?? '');
    if (scan.scan(line, 0, line.length) === SCAN.ok) table.add(scan, line);
  }
  return table;
}

/** `sequences`: the events of each boot that name a process. */
function bootsOf(events: readonly RecordingEvent[], sequences: readonly Int32Array[]): Int32Array {
  const boot = new Int32Array(events.length).fill(-1);
  const begun = new Map<string, { boot: number; from: number }[]>();
  for (const [number, sequence] of sequences.entries()) {
    const { node } = events[sequence[0]];
    let from = Number.POSITIVE_INFINITY;
    for (const e of sequence) {
      boot[e] = number;
      from = Math.min(from, events[e].time);
    }
    const those = begun.get(node) ?? [];
    begun.set(node, those);
    those.push({ boot: number, from });
  }
  // A host all of whose events name no process is one boot.
  const silent = [...new Set(events.map(({ node }) => node))].filter((node) => !begun.has(node));
  for (const [i, node] of silent.sort(compareText).entries()) {
    begun.set(node, [{ boot: sequences.length + i, from: 0 }]);
  }
  for (const [e, { node, time }] of events.entries()) {
    if (boot[e] >= 0) continue;
    const those = begun.get(node) ?? [];
    boot[e] = (those.findLast(({ from }) => from <= time) ?? those[0]).boot;
  }
  return boot;
}
