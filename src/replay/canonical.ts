/**
 * The canonical order of lines: a total order that asks for nothing but the lines and, of a trace,
 * its host. The same set of lines thus has one order, whatever was read first and from where.
 *
 * Records come first, by host, boot, serial and time (or time, host and serial), and those of one
 * event as the kernel writes them; then the process connector's lines and hints, by their clock; then
 * what is no record. What is still equal is ordered by its bytes.
 */
import { Interner } from '../base/intern.ts';
import type { TraceOrigin } from '../model/trace.ts';
import { isSlow } from '../order/order.ts';
import { RecordScanner, SCAN } from '../record/scan.ts';
import { TYPE } from '../record/types.ts';
import { syscallKind } from '../tables/kinds.ts';
import { bootAt, BootEvidence } from './boots.ts';

/** What leads in the order of records. */
export type SortBy = 'serial' | 'time';

/** What kind of lines an input has. */
export type LineKind = 'audit' | 'connector' | 'hints';

/** Groups that are no host's: they come after all hosts, in this order. */
const GROUP = { connector: 0x40000000, hints: 0x40000001, noise: 0x40000002 } as const;

/** Places of records within their event, by TYPE code; as the kernel writes them. */
const RANKS: Readonly<Record<number, number>> = {
  [TYPE.LOGIN]: 0,
  [TYPE.CONFIG_CHANGE]: 0,
  [TYPE.ANOM_ABEND]: 0,
  [TYPE.SYSCALL]: 1,
  [TYPE.BPRM_FCAPS]: 2,
  [TYPE.EXECVE]: 3,
  [TYPE.OBJ_PID]: 5,
  [TYPE.CWD]: 6,
  [TYPE.PATH]: 7,
  [TYPE.PROCTITLE]: 8,
  [TYPE.EOE]: 9,
};
/** Of types that are not above: other parts of a call. */
const RANK_OTHER = 4;
/** Rank times this, and the number of the item or of the argument and its piece. */
const RANK = 2 ** 45;
const ARGUMENT = 2 ** 20;
const MOST_ARGUMENTS = 2 ** 24;

const DIGIT_0 = 48;
const LETTER_A = 97;
const BRACKET = 91;
/** After all times. Finite: the difference of two is a number. */
const NO_CLOCK = Number.MAX_VALUE;
/** `{"t":`. */
const CLOCK_KEY = Buffer.from('{"t":', 'latin1');

/** Where a line stands among all. */
export interface LineKey {
  /** The host's number in `nodes`, or one of GROUP. */
  group: number;
  /** Serial or time (ms), whichever leads, and the other; for a connector its clock (ns). */
  major: number;
  minor: number;
  /** Within the event. */
  place: number;
  /** What stands before the record in its line, in bytes: `node=` and what log daemons put there. */
  lead: number;
}

/** Makes keys of lines and compares them. */
export class CanonicalOrder implements LineKey {
  readonly #scanner = new RecordScanner();
  readonly #nodes = new Interner();
  readonly #byTime: boolean;
  #kind: LineKind = 'audit';
  #host = 0;

  group = 0;
  major = 0;
  minor = 0;
  place = 0;
  lead = 0;
  /** Whether records named a host themselves, and whether some are their trace's. */
  #named = false;
  #unnamed = false;
  readonly #hosts = new Set<number>();
  readonly #evidence = new BootEvidence();
  /** When the later boots of a host began, for hosts that have some. */
  #boots: ReadonlyMap<number, readonly number[]> = new Map();

  constructor(by: SortBy) {
    this.#byTime = by === 'time';
    // The host of those that name none.
    this.#nodes.intern(new Uint8Array(0), 0, 0);
  }

  /** What the next lines are from. */
  from(kind: LineKind, origin: TraceOrigin | undefined): void {
    this.#kind = kind;
    // As EventTable.setHost has it.
    const name = Buffer.from(origin?.host ?? '', 'utf8');
    this.#host = this.#nodes.intern(name, 0, name.length);
  }

  /**
   * Puts the key of the line `bytes[start, end)` into this object. `whole`: a newline ended it.
   * False for one that its input was cut in.
   */
  read(bytes: Uint8Array, start: number, end: number, whole: boolean): boolean {
    this.lead = 0;
    this.place = 0;
    this.minor = 0;
    if (this.#kind !== 'audit') return this.#told(bytes, start, end, whole);
    const scan = this.#scanner;
    if (scan.scan(bytes, start, end) !== SCAN.ok) {
      this.group = GROUP.noise;
      this.major = 0;
      return whole;
    }
    if (!whole && scan.cut) return false;
    this.lead = scan.typeStart - start;
    this.group = this.#groupOf(bytes);
    this.major = this.#byTime ? scan.time : scan.serial;
    this.minor = this.#byTime ? scan.serial : scan.time;
    this.place = placeOf(scan, bytes);
    if (!this.#byTime && scan.type === TYPE.SYSCALL) this.#sawCall();
    return true;
  }

  /**
   * All lines are read: whether some hosts were found to have several boots. Then what was sorted
   * before is no longer in order.
   */
  settle(): boolean {
    if (!this.#byTime) this.#boots = this.#evidence.boots();
    return this.#boots.size > 0;
  }

  /** Whether a log of these lines must name hosts, so that events stay apart (KERNEL fact 7). */
  get mixed(): boolean {
    return this.#hosts.size > 1 || (this.#named && this.#unnamed);
  }

  /** Total on keys; 0 for those that only bytes can tell apart. */
  compare(a: LineKey, b: LineKey): number {
    return (
      this.compareParts(a.group, a.major, a.minor, b.group, b.major, b.minor) || a.place - b.place
    );
  }

  /** The same, but for the place. */
  compareParts(
    group: number,
    major: number,
    minor: number,
    otherGroup: number,
    otherMajor: number,
    otherMinor: number,
  ): number {
    if (group === otherGroup) {
      const breaks = this.#boots.get(group);
      const boots = breaks === undefined ? 0 : bootAt(breaks, minor) - bootAt(breaks, otherMinor);
      return boots || major - otherMajor || minor - otherMinor;
    }
    if (group >= GROUP.connector || otherGroup >= GROUP.connector) return group - otherGroup;
    if (this.#byTime && major !== otherMajor) return major - otherMajor;
    return this.#nodes.compare(group, otherGroup);
  }

  #groupOf(bytes: Uint8Array): number {
    const { nodeStart, nodeEnd } = this.#scanner;
    const isNamed = nodeEnd > nodeStart;
    const group = isNamed ? this.#nodes.intern(bytes, nodeStart, nodeEnd) : this.#host;
    if (isNamed) this.#named = true;
    else if (group !== 0) this.#unnamed = true;
    if (this.#hosts.size < 2) this.#hosts.add(group);
    return group;
  }

  #sawCall(): void {
    const { arch, syscall, a0, time, serial } = this.#scanner;
    if (!isSlow(syscallKind(arch, syscall), a0)) this.#evidence.saw(this.group, time, serial);
  }

  #told(bytes: Uint8Array, start: number, end: number, whole: boolean): boolean {
    this.group = this.#kind === 'connector' ? GROUP.connector : GROUP.hints;
    this.major = clockOf(bytes, start, end);
    // Every one ends in a brace.
    return whole || bytes[end - 1] === 125;
  }
}

/** The `t` that such a line begins with; NO_CLOCK where it does not. */
function clockOf(bytes: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < CLOCK_KEY.length; i++) {
    if (bytes[start + i] !== CLOCK_KEY[i]) return NO_CLOCK;
  }
  return numberAt(bytes, start + CLOCK_KEY.length, end);
}

/** The decimal number at `p`; NO_CLOCK where there is none, or a larger one. */
function numberAt(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  let p = from;
  for (; p < end; p++) {
    const digit = bytes[p] - DIGIT_0;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return p === from ? NO_CLOCK : Math.min(value, NO_CLOCK);
}

function placeOf(scan: RecordScanner, bytes: Uint8Array): number {
  const rank = (RANKS[scan.type] ?? RANK_OTHER) * RANK;
  if (scan.type === TYPE.PATH) return rank + scan.item + 1;
  if (scan.type === TYPE.EXECVE) return rank + argumentOf(bytes, scan.bodyStart, scan.bodyEnd);
  return rank;
}

/**
 * Which arguments an EXECVE record begins with (KERNEL fact 19): `argc=` is the first record's,
 * the others begin with `a12=`, `a12_len=` or a piece such as `a12[3]=`.
 */
function argumentOf(bytes: Uint8Array, from: number, end: number): number {
  let p = from;
  while (p < end && bytes[p] === 32) p++;
  if (bytes[p] !== LETTER_A) return 0;
  const argument = numberAt(bytes, p + 1, end);
  if (argument >= MOST_ARGUMENTS) return 0;
  p++;
  while (p < end && bytes[p] >= DIGIT_0 && bytes[p] <= DIGIT_0 + 9) p++;
  const piece = bytes[p] === BRACKET ? numberAt(bytes, p + 1, end) : 0;
  return 1 + argument * ARGUMENT + Math.min(piece, ARGUMENT - 1);
}

/**
 * Lines with equal keys, by what stands in their records, and then by the lines. 0 only for the
 * same bytes.
 */
export function compareLines(
  a: Buffer,
  aStart: number,
  aEnd: number,
  aLead: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
  bLead: number,
): number {
  const records = a.compare(b, bStart + bLead, bEnd, aStart + aLead, aEnd);
  if (records !== 0 || (aLead === 0 && bLead === 0)) return records;
  return a.compare(b, bStart, bEnd, aStart, aEnd);
}
