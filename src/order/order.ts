/**
 * Events to sequences: one per host and boot, in serial order.
 *
 * Serials name events within one boot only (KERNEL fact 7), and serial order is close
 * to completion order (fact 2), so it is the spine of everything after this stage.
 */
import { groupBy } from '../base/groups.ts';
import { sortByInsertion, sortNearlySorted } from '../base/sort.ts';
import { decodeText } from '../base/text.ts';
import { HAVE, type EventTable } from '../event/table.ts';
import { KIND } from '../tables/kinds.ts';

/** The events of one boot of one host. */
export interface Sequence {
  /** `''` when the records carry no node. */
  readonly node: string;
  /** Rows of the event table that name a process, by serial, then time. */
  readonly rows: Int32Array;
}

export interface Order {
  readonly sequences: readonly Sequence[];
  /** Rows that name no process. */
  readonly unnamed: readonly number[];
  /** A row at which a host's clock went back, one per step. */
  readonly clockSteps: readonly number[];
}

/** Coarser than any tick and any delay of a call that does not wait, in ms. */
export const SLACK_MS = 1000;
/** Moves of a row after which sorting packed numbers is quicker. */
const MOVES = 4;
/** Rows that fit beside a serial in a double's 53 bits. */
const PACKED_ROWS = 1 << 21;

/** Splits the table's rows by host and boot. The result depends on the rows' content only. */
export function orderEvents(table: EventTable): Order {
  const nodeOf = new Int32Array(table.count);
  const unnamed: number[] = [];
  for (let row = 0; row < nodeOf.length; row++) {
    const named = table.pid[row] >= 0;
    nodeOf[row] = named ? table.node[row] : -1;
    if (!named) unnamed.push(row);
  }
  const { start, items } = groupBy(nodeOf, table.nodes.size + 1);
  const nodes: number[] = [];
  for (let node = 0; node + 1 < start.length; node++) {
    if (start[node] < start[node + 1]) nodes.push(node);
  }
  nodes.sort((a, b) => compareNodes(table, a, b));
  const sequences: Sequence[] = [];
  const clockSteps: number[] = [];
  for (const node of nodes) {
    const name = node === 0 ? '' : decodeText(table.nodes.bytes(node - 1));
    const rows = bySerial(table, items.subarray(start[node], start[node + 1]));
    const { boots, steps } = splitBoots(table, rows);
    for (const boot of boots) sequences.push({ node: name, rows: boot });
    clockSteps.push(...steps);
  }
  return { sequences, unnamed, clockSteps };
}

function compareNodes(table: EventTable, a: number, b: number): number {
  if (a === 0 || b === 0) return a - b;
  return table.nodes.compare(a - 1, b - 1);
}

/** Sorts in place by serial, then time: a total order on the rows of one host. */
function bySerial(table: EventTable, rows: Int32Array): Int32Array {
  const { serial, time } = table;
  const compare = (a: number, b: number): number => serial[a] - serial[b] || time[a] - time[b];
  if (table.count > PACKED_ROWS) sortNearlySorted(rows, compare);
  else if (!sortByInsertion(rows, compare, rows.length * MOVES)) {
    rows.set(packedSort(table, rows));
    sortByInsertion(rows, compare, Infinity);
  }
  return rows;
}

/** Serial and row in one double each: the engine sorts plain numbers without calling back. */
function packedSort(table: EventTable, rows: Int32Array): Int32Array {
  const keys = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) keys[i] = table.serial[rows[i]] * PACKED_ROWS + rows[i];
  keys.sort();
  const sorted = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) sorted[i] = keys[i] % PACKED_ROWS;
  return sorted;
}

/**
 * Finds reboots. By serial, time may only go back for calls that waited; where another
 * event goes back, either two boots are mixed (each has serials of its own) or the clock
 * was set. Of the two readings the one that needs fewer breaks is taken, and of equal
 * ones the reboot.
 */
function splitBoots(
  table: EventTable,
  rows: Int32Array,
): { boots: Int32Array[]; steps: readonly number[] } {
  const steps = stepsBack(table, rows);
  if (steps.length === 0) return { boots: [rows], steps };
  const byTime = Int32Array.from(rows).sort(
    (a, b) => table.time[a] - table.time[b] || table.serial[a] - table.serial[b],
  );
  const breaks = serialBreaks(table, byTime);
  if (breaks.length === 0 || breaks.length > steps.length) return { boots: [rows], steps };
  const boots: Int32Array[] = [];
  let from = 0;
  for (const to of [...breaks, byTime.length]) {
    boots.push(bySerial(table, byTime.slice(from, to)));
    from = to;
  }
  return { boots, steps: [] };
}

/** Rows, in serial order, whose time lies before what had already been reached. */
function stepsBack(table: EventTable, rows: Int32Array): number[] {
  const steps: number[] = [];
  let reached = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const time = table.time[row];
    // A call that waited was entered before its serial was given, never after.
    if (time > reached) reached = time;
    else if (time < reached - SLACK_MS && !mayWait(table, row)) {
      steps.push(row);
      reached = time;
    }
  }
  return steps;
}

/**
 * Positions, in time order, where serials start again: a serial below that of an event
 * which neither waited nor was recent.
 */
function serialBreaks(table: EventTable, byTime: Int32Array): number[] {
  const breaks: number[] = [];
  let settled = 0;
  let frontier = -1;
  for (let i = 0; i < byTime.length; i++) {
    const now = table.time[byTime[i]];
    while (table.time[byTime[settled]] < now - SLACK_MS) {
      const row = byTime[settled++];
      if (!mayWait(table, row)) frontier = Math.max(frontier, table.serial[row]);
    }
    if (table.serial[byTime[i]] >= frontier) continue;
    // Starting again takes longer than that: whatever was recent is of the new boot, too.
    breaks.push(settled);
    frontier = -1;
  }
  return breaks;
}

const CLONE_VFORK = 0x4000;
const PROMPT: ReadonlySet<number> = new Set([
  KIND.fork,
  KIND.clone,
  KIND.execve,
  KIND.execveat,
  KIND.exit,
  KIND.exit_group,
  KIND.kill,
  KIND.tkill,
  KIND.tgkill,
  KIND.setsid,
]);

/** Whether an event's time may lie long before its serial was given (KERNEL fact 2). */
function mayWait(table: EventTable, row: number): boolean {
  return (table.have[row] & HAVE.syscall) !== 0 && isSlow(table.kind[row], table.a0[row]);
}

/** Whether a call, by its KIND and first argument, may return long after it was entered. */
export function isSlow(kind: number, a0: number): boolean {
  if (!PROMPT.has(kind)) return true;
  return kind === KIND.clone && (a0 & CLONE_VFORK) !== 0;
}
