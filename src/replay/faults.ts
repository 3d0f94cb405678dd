/**
 * Faults put into a replay on purpose: lost, doubled, late, cut and damaged lines, and clocks
 * that are off. What happens to which line is the seed's choice, the same on every machine.
 */
import { typeOf } from '../base/audit-line.ts';
import { compareText } from '../base/compare.ts';
import { Rng } from '../base/rng.ts';
import type { FaultCounts } from '../model/replay.ts';
import { RecordScanner, SCAN } from '../record/scan.ts';
import { TYPE } from '../record/types.ts';
import { syscallName } from '../tables/syscalls.ts';
import type { Recording } from './recording.ts';
import type { Timetable } from './timing.ts';

/** A clock that is off by `ms`: that of one host, or of each host but the first by name. */
export type Skew =
  | { readonly host: string; readonly ms: number }
  | { readonly host?: undefined; readonly most: number };

/** What to do to a replay. Shares are from 0 to 1, of lines. */
export interface Faults {
  /**
   * Lines that are left out. `only`: names of record types, whose records are meant, and of
   * system calls, whose whole events are.
   */
  readonly drop?: { readonly share: number; readonly only?: ReadonlySet<string> };
  /** Lines that come twice, the copy right behind. */
  readonly duplicate?: number;
  /** Lines that come later, by that many ms of the recording. */
  readonly delay?: { readonly share: number; readonly ms: number };
  /** Lines that end too early, but not before their first byte. */
  readonly truncate?: number;
  /** Lines in which up to four bytes in a row are others; a line stays one line. */
  readonly corrupt?: number;
  /** `most`: off by a whole number of ms up to that, either way, by the seed. */
  readonly skew?: readonly Skew[];
}

/** What is played, line by line, and when. */
export interface Plan extends Timetable {
  /** By place: where the line ends; beyond its length for a whole one. */
  readonly end: Int32Array;
  /** By place: the seed of the damage; 0 for none. */
  readonly damage: Uint32Array;
  /** By host: what is added to its stamps, ms. */
  readonly skew: ReadonlyMap<string, number>;
  readonly counts: FaultCounts;
}

/** What each kind of fault adds to the seed, so that one does not follow from another. */
const SALT = {
  drop: 0x1f123bb5,
  dropEvent: 0x3c6ef372,
  duplicate: 0x2545f491,
  delay: 0x6a09e667,
  truncate: 0x510e527f,
  corrupt: 0x5be0cd19,
  skew: 0x428a2f98,
} as const;

const NEWLINE = 10;
const MOST_DAMAGED = 4;

/** A choice that falls on a share of all that it is asked for. */
class Lot {
  readonly #rng: Rng;
  readonly #below: number;

  constructor(seed: number, salt: number, share: number) {
    this.#rng = new Rng(seed ^ salt);
    this.#below = Math.round(share * 2 ** 32);
  }

  /** Draws for one more. */
  falls(): boolean {
    return this.#rng.below(2 ** 32) < this.#below;
  }

  /** A whole number from 1 to `most`. */
  upTo(most: number): number {
    return 1 + this.#rng.below(most);
  }
}

/** Decides what happens to which line of a timetable. */
export function planOf(recording: Recording, table: Timetable, faults: Faults, seed: number): Plan {
  const kept = dropped(recording, table, faults, seed);
  const doubled = duplicated(kept, faults, seed);
  const late = delayed(doubled, faults, seed);
  const skew = skewOf(recording, faults, seed);
  const { lines } = late.table;
  const end = cuts(recording, lines, faults, seed);
  const damage = damages(lines, faults, seed);
  return {
    ...late.table,
    end,
    damage,
    skew,
    counts: {
      dropped: table.lines.length - kept.lines.length,
      duplicated: doubled.lines.length - kept.lines.length,
      delayed: late.count,
      truncated: lines.reduce((n, i, at) => n + Number(end[at] < recording.line(i).length), 0),
      corrupted: damage.reduce((n, one) => n + Number(one !== 0), 0),
      skewed: lines.reduce((n, i) => n + Number(skewOfLine(recording, skew, i) !== 0), 0),
    },
  };
}

/** The places of a table that are named, in their order; one may be named twice. */
function choose(table: Timetable, places: readonly number[]): Timetable {
  return {
    lines: Int32Array.from(places, (at) => table.lines[at]),
    due: Float64Array.from(places, (at) => table.due[at]),
  };
}

function dropped(
  recording: Recording,
  table: Timetable,
  { drop }: Faults,
  seed: number,
): Timetable {
  if (drop === undefined) return table;
  const { share, only } = drop;
  const lot = new Lot(seed, SALT.drop, share);
  const lost = only === undefined ? new Set<number>() : lostEvents(recording, share, only, seed);
  const kept: number[] = [];
  for (const [at, i] of table.lines.entries()) {
    const meant = only === undefined || only.has(typeOf(recording.line(i)));
    if (meant && lot.falls()) continue;
    if (!lost.has(recording.event[i])) kept.push(at);
  }
  return choose(table, kept);
}

/** Events of the named calls that are left out whole. */
function lostEvents(
  recording: Recording,
  share: number,
  only: ReadonlySet<string>,
  seed: number,
): Set<number> {
  const lost = new Set<number>();
  const lot = new Lot(seed, SALT.dropEvent, share);
  const scan = new RecordScanner();
  for (let e = 0; e < recording.events.length; e++) {
    for (const i of recording.linesOf(e)) {
      const line = recording.line(i);
      if (scan.scan(line, 0, line.length) !== SCAN.ok || scan.type !== TYPE.SYSCALL) continue;
      if (only.has(syscallName(scan.arch, scan.syscall) ?? '') && lot.falls()) lost.add(e);
      break;
    }
  }
  return lost;
}

function duplicated(table: Timetable, { duplicate }: Faults, seed: number): Timetable {
  if (duplicate === undefined) return table;
  const lot = new Lot(seed, SALT.duplicate, duplicate);
  const places: number[] = [];
  for (const at of table.lines.keys()) {
    places.push(at);
    if (lot.falls()) places.push(at);
  }
  return choose(table, places);
}

function delayed(
  table: Timetable,
  { delay }: Faults,
  seed: number,
): { table: Timetable; count: number } {
  if (delay === undefined) return { table, count: 0 };
  const lot = new Lot(seed, SALT.delay, delay.share);
  const due = table.due.slice();
  let count = 0;
  for (let at = 0; at < due.length; at++) {
    if (!lot.falls()) continue;
    due[at] += delay.ms;
    count++;
  }
  const places = [...due.keys()].sort((a, b) => due[a] - due[b] || a - b);
  return { table: choose({ lines: table.lines, due }, places), count };
}

function cuts(
  recording: Recording,
  lines: Int32Array,
  { truncate }: Faults,
  seed: number,
): Int32Array {
  const end = new Int32Array(lines.length).fill(0x7fffffff);
  if (truncate === undefined) return end;
  const lot = new Lot(seed, SALT.truncate, truncate);
  for (const [at, i] of lines.entries()) {
    const { length } = recording.line(i);
    if (length > 1 && lot.falls()) end[at] = lot.upTo(length - 1);
  }
  return end;
}

function damages(lines: Int32Array, { corrupt }: Faults, seed: number): Uint32Array {
  const damage = new Uint32Array(lines.length);
  if (corrupt === undefined) return damage;
  const lot = new Lot(seed, SALT.corrupt, corrupt);
  for (let at = 0; at < damage.length; at++) if (lot.falls()) damage[at] = lot.upTo(2 ** 32 - 1);
  return damage;
}

function skewOf(
  { events }: Recording,
  { skew = [] }: Faults,
  seed: number,
): ReadonlyMap<string, number> {
  const hosts = [...new Set(events.map(({ node }) => node))].sort(compareText);
  const rng = new Rng(seed ^ SALT.skew);
  const added = new Map<string, number>();
  for (const one of skew) {
    if (one.host !== undefined) {
      added.set(one.host, one.ms);
      continue;
    }
    for (const host of hosts.slice(1)) added.set(host, rng.below(2 * one.most + 1) - one.most);
  }
  return added;
}

function skewOfLine(
  { event, events }: Recording,
  skew: ReadonlyMap<string, number>,
  i: number,
): number {
  if (skew.size === 0 || event[i] < 0) return 0;
  return skew.get(events[event[i]].node) ?? 0;
}

/** The bytes of a plan's lines, without line ends. */
export class PlannedLines {
  readonly #recording: Recording;
  readonly #plan: Plan;

  constructor(recording: Recording, plan: Plan) {
    this.#recording = recording;
    this.#plan = plan;
  }

  /** What is played at a place: a view of the recording where nothing happened to the line. */
  bytes(place: number): Buffer {
    const { lines, end, damage, skew } = this.#plan;
    const ms = skewOfLine(this.#recording, skew, lines[place]);
    let line = this.#recording.line(lines[place]);
    if (ms !== 0) line = withSkew(line, ms);
    if (end[place] < line.length) line = line.subarray(0, end[place]);
    return damage[place] === 0 ? line : damaged(line, damage[place]);
  }
}

const STAMP = /audit\((\d+)\.(\d{3}):/;

/** The record with another time in its head, from the epoch on. */
function withSkew(line: Buffer, ms: number): Buffer {
  const text = line.toString('latin1');
  const stamp = STAMP.exec(text);
  if (stamp === null) return line;
  const time = Math.max(0, Number(stamp[1]) * 1000 + Number(stamp[2]) + ms);
  const seconds = Math.floor(time / 1000);
  const written = `audit(${seconds}.${String(time - seconds * 1000).padStart(3, '0')}:`;
  const after = text.slice(stamp.index + stamp[0].length);
  return Buffer.from(text.slice(0, stamp.index) + written + after, 'latin1');
}

/** Some bytes in a row are others, and no line end among them. */
function damaged(line: Buffer, seed: number): Buffer {
  const bytes = Buffer.from(line);
  const rng = new Rng(seed);
  const from = rng.below(bytes.length);
  const to = Math.min(bytes.length, from + 1 + rng.below(MOST_DAMAGED));
  for (let at = from; at < to; at++) bytes[at] = otherByte(bytes[at], rng);
  return bytes;
}

/** Any byte but this one and the line end. */
function otherByte(byte: number, rng: Rng): number {
  const [low, high] = byte < NEWLINE ? [byte, NEWLINE] : [NEWLINE, byte];
  let other = rng.below(low === high ? 255 : 254);
  if (other >= low) other++;
  if (low !== high && other >= high) other++;
  return other;
}
