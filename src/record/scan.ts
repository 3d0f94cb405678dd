/**
 * The hot path: one line of audit text to the numbers that the analysis needs.
 *
 * One flat pass over char codes, no string made, no object allocated: the result
 * stands in the scanner's own fields until the next call. `parse.ts` is the general
 * reader of the same grammar; a property test holds the two together.
 */
import type { Interner } from '../base/intern.ts';
import { recordTypeName } from '../tables/records.ts';
import { TYPE, typeNames } from './types.ts';

/** Digits by char code; 255 for what is none. */
const HEXVAL = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) HEXVAL[48 + i] = i;
for (let i = 0; i < 6; i++) HEXVAL[97 + i] = HEXVAL[65 + i] = 10 + i;

/** What `scan` says about a line. */
export const SCAN = { ok: 0, notAudit: 1, badHeader: 2, badField: 3 } as const;

/** An unset id field of the kernel: (u32)-1. */
export const UNSET_ID = 4294967295;

const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const CLOSE = 41;
const DOT = 46;
const COLON = 58;
const EQUALS = 61;
/** Separates the kernel's fields from auditd's interpreted copies (KERNEL fact 20). */
const ENRICHED = 0x1d;
const MAX_SERIAL = 4294967295;
/** 9999-12-31T23:59:59Z: later times have no ISO form of four digits. */
const MAX_SECONDS = 253402300799;
/** Length of `type=`. */
const TYPE_KEY = 5;
/** How far into a line a kernel-log or journal prefix may reach, in bytes. */
const MAX_PREFIX = 256;

/** Which of the fields that a SYSCALL record must have were seen. */
const SEEN = { arch: 1, syscall: 2, pid: 4, ppid: 8 } as const;
const SEEN_ALL = 15;

/** Field names of three and four letters as one number each, big-endian. */
const KEY = {
  pid: 0x706964,
  uid: 0x756964,
  ses: 0x736573,
  sig: 0x736967,
  tty: 0x747479,
  exe: 0x657865,
  cwd: 0x637764,
  ppid: 0x70706964,
  exit: 0x65786974,
  arch: 0x61726368,
  auid: 0x61756964,
  comm: 0x636f6d6d,
  item: 0x6974656d,
  name: 0x6e616d65,
  opid: 0x6f706964,
} as const;
const SYSCALL_KEY = Buffer.from('syscall', 'latin1');
const SYSCALL_NAME = Buffer.from('SYSCALL ', 'latin1');
const PROCTITLE_NAME = Buffer.from('PROCTITLE ', 'latin1');
const EOE_NAME = Buffer.from('EOE ', 'latin1');
const NODE = Buffer.from('node=', 'latin1');
const DAEMON = Buffer.from('DAEMON_', 'latin1');
const NULL_KEY = Buffer.from(' key=(null)', 'latin1');
const OLD_SES_KEY = Buffer.from('old-ses', 'latin1');
const SUCCESS_KEY = Buffer.from('success', 'latin1');
/** Linux's own limit is 2^22; anything a signed number of 32 bits holds is taken. */
const MAX_PID = 0x7fffffff;

/** Scans lines; holds the last line's fields. Times in ms, ids as unsigned numbers. */
export class RecordScanner {
  /** Type names by id; the ids below TYPE.OTHER are the TYPE codes. */
  readonly types: Interner = typeNames();
  /** Ids of type names that are numbers in disguise, translated once. */
  readonly #aliases = new Map<number, number>();

  #nameStart = 0;
  type = 0;
  time = 0;
  serial = 0;
  /** Range of the node name; empty without `node=`. */
  nodeStart = 0;
  nodeEnd = 0;
  /** Range of the record's fields, without the enriched copies. */
  bodyStart = 0;
  bodyEnd = 0;

  arch = 0;
  syscall = 0;
  /** 1 yes, 0 no, -1 not said (exit and exit_group have no success field, fact 13). */
  success = -1;
  exit = 0;
  /** Low 32 bits, signed. */
  a0 = 0;
  a1 = 0;
  a2 = 0;
  a3 = 0;
  pid = -1;
  ppid = -1;
  auid = -1;
  uid = -1;
  ses = -1;
  /** LOGIN's `old-ses`. */
  oldSes = -1;
  sig = -1;
  item = -1;
  opid = -1;
  /** Ranges of raw value tokens, quotes included; empty when absent. */
  ttyStart = 0;
  ttyEnd = 0;
  commStart = 0;
  commEnd = 0;
  exeStart = 0;
  exeEnd = 0;
  /** The token of CWD's cwd or PATH's name. */
  pathStart = 0;
  pathEnd = 0;
  /** A quoted value had no closing quote: the line is cut or damaged. */
  unterminated = false;

  /** Whether a record that its input ends with lacks the fields that always end one of its type. */
  get cut(): boolean {
    return this.unterminated || (this.type === TYPE.SYSCALL && this.exeEnd === this.exeStart);
  }

  /** Where `type=` of the last line begins: what may stand before it is no part of the record. */
  get typeStart(): number {
    return this.#nameStart - TYPE_KEY;
  }

  /** Reads `bytes[start, end)`, one line. Returns a SCAN code; never throws. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const head = this.#header(bytes, start, end);
    if (head !== SCAN.ok) return head;
    const type = this.type;
    this.unterminated = false;
    if (type === TYPE.PROCTITLE || type === TYPE.EOE || type === TYPE.BPRM_FCAPS) return SCAN.ok;
    if (type === TYPE.EXECVE) {
      const mark = bytes.subarray(this.bodyStart, end).indexOf(ENRICHED);
      if (mark >= 0) this.bodyEnd = this.bodyStart + mark;
      return SCAN.ok;
    }
    this.#reset();
    if (type === TYPE.SYSCALL) {
      const rest = this.#common(bytes, this.bodyStart, end);
      if (rest >= 0) {
        if (end - rest !== NULL_KEY.length || !isWord(bytes, rest, NULL_KEY)) {
          this.#fields(bytes, rest, end);
        }
        return SCAN.ok;
      }
      this.#reset();
    }
    const seen = this.#fields(bytes, this.bodyStart, end);
    // auditd numbers its own records itself: their serials mean nothing beside the kernel's (fact 22).
    if (isWord(bytes, this.#nameStart, DAEMON)) this.pid = -1;
    return this.#complete(seen) ? SCAN.ok : SCAN.badField;
  }

  #complete(seen: number): boolean {
    switch (this.type) {
      case TYPE.SYSCALL:
        return seen === SEEN_ALL && this.pid <= MAX_PID && this.ppid <= MAX_PID;
      case TYPE.CWD:
        return this.pathEnd > this.pathStart;
      case TYPE.OBJ_PID:
        return this.opid >= 0 && this.opid <= MAX_PID;
      case TYPE.ANOM_ABEND:
        return this.pid >= 0 && this.pid <= MAX_PID && this.sig >= 0;
      case TYPE.LOGIN:
        return this.pid >= 0 && this.pid <= MAX_PID;
      default:
        return this.pid <= MAX_PID;
    }
  }

  #reset(): void {
    this.success = -1;
    this.exit = 0;
    this.a0 = 0;
    this.a1 = 0;
    this.a2 = 0;
    this.a3 = 0;
    this.pid = -1;
    this.ppid = -1;
    this.auid = -1;
    this.uid = -1;
    this.ses = -1;
    this.oldSes = -1;
    this.sig = -1;
    this.item = -1;
    this.opid = -1;
    this.ttyEnd = this.ttyStart = 0;
    this.commEnd = this.commStart = 0;
    this.exeEnd = this.exeStart = 0;
    this.pathEnd = this.pathStart = 0;
  }

  /** `[node=NAME ]type=NAME msg=audit(SEC.MS:SERIAL): `, the common form, inline. */
  #header(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    this.nodeStart = this.nodeEnd = 0;
    if (bytes[p] !== 116) {
      p = this.#lead(bytes, start, end);
      if (p < 0) return SCAN.notAudit;
    }
    if (
      p + 6 >= end ||
      bytes[p] !== 116 ||
      bytes[p + 1] !== 121 ||
      bytes[p + 2] !== 112 ||
      bytes[p + 3] !== 101 ||
      bytes[p + 4] !== EQUALS
    ) {
      return SCAN.notAudit;
    }
    p += 5;
    const nameStart = p;
    this.#nameStart = p;
    // Six of seven records are of these types: no search in the table of names.
    const first = bytes[p];
    if (first === 83 && isWord(bytes, p, SYSCALL_NAME)) {
      this.type = TYPE.SYSCALL;
      p += SYSCALL_NAME.length;
    } else if (first === 80 && isWord(bytes, p, PROCTITLE_NAME)) {
      this.type = TYPE.PROCTITLE;
      p += PROCTITLE_NAME.length;
    } else if (first === 69 && isWord(bytes, p, EOE_NAME)) {
      this.type = TYPE.EOE;
      p += EOE_NAME.length;
    } else {
      while (p < end && bytes[p] !== SPACE) p++;
      if (p === nameStart || p >= end) return SCAN.notAudit;
      this.type = this.#typeId(bytes, nameStart, p);
      p++;
    }
    // What lies behind the line's end may look like its rest.
    if (p > end) return SCAN.notAudit;
    if (
      bytes[p] === 109 &&
      bytes[p + 1] === 115 &&
      bytes[p + 2] === 103 &&
      bytes[p + 3] === EQUALS
    ) {
      p += 4;
    }
    if (
      bytes[p] !== 97 ||
      bytes[p + 1] !== 117 ||
      bytes[p + 2] !== 100 ||
      bytes[p + 3] !== 105 ||
      bytes[p + 4] !== 116 ||
      bytes[p + 5] !== 40
    ) {
      return SCAN.badHeader;
    }
    return this.#stamp(bytes, p + 6, end);
  }

  /** `SEC.MS:SERIAL): ` from `from` on. */
  #stamp(bytes: Uint8Array, from: number, end: number): number {
    let p = from;
    let seconds = 0;
    let c = 0;
    // Ten digits, as from 2001 to 2286.
    const high = fiveDigits(bytes, p);
    const low = fiveDigits(bytes, p + 5);
    if (high >= 0 && low >= 0 && bytes[p + 10] === DOT) {
      seconds = high * 100000 + low;
      p += 10;
    } else {
      while (p < end && (c = bytes[p] - 48) >= 0 && c <= 9) {
        seconds = seconds * 10 + c;
        p++;
      }
    }
    if (p === from || p - from > 12 || seconds > MAX_SECONDS || bytes[p] !== DOT) {
      return SCAN.badHeader;
    }
    p++;
    const milli = threeDigits(bytes, p);
    if (milli < 0 || bytes[p + 3] !== COLON) return SCAN.badHeader;
    p += 4;
    const serialStart = p;
    let serial = 0;
    while (p < end && (c = bytes[p] - 48) >= 0 && c <= 9) {
      serial = serial * 10 + c;
      p++;
    }
    if (p === serialStart || p - serialStart > 10 || serial > MAX_SERIAL) return SCAN.badHeader;
    if (p + 1 >= end || bytes[p] !== CLOSE || bytes[p + 1] !== COLON) return SCAN.badHeader;
    p += 2;
    if (p < end && bytes[p] === SPACE) p++;
    this.time = seconds * 1000 + milli;
    this.serial = serial;
    this.bodyStart = p;
    this.bodyEnd = end;
    return SCAN.ok;
  }

  /**
   * What may stand before `type=`: spaces, `node=NAME `, and the kernel log's or the
   * journal's own prefix up to `audit: `. Returns where `type=` starts, or -1.
   */
  #lead(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    while (p < end && bytes[p] === SPACE) p++;
    if (bytes[p] !== 116 && !isWord(bytes, p, NODE)) p = afterLogPrefix(bytes, p, end);
    if (p < 0 || !isWord(bytes, p, NODE)) return p;
    p += NODE.length;
    this.nodeStart = p;
    while (p < end && bytes[p] !== SPACE) p++;
    this.nodeEnd = p;
    while (p < end && bytes[p] === SPACE) p++;
    return p;
  }

  #typeId(bytes: Uint8Array, start: number, end: number): number {
    const id = this.types.intern(bytes, start, end);
    const first = bytes[start];
    // Digits (`1300`) and `UNKNOWN[1334]` are numbers in disguise.
    if (id < TYPE.OTHER || (first !== 85 && (first < 48 || first > 57))) return id;
    let alias = this.#aliases.get(id);
    if (alias === undefined) {
      alias = this.#alias(Buffer.from(bytes.subarray(start, end)).toString('latin1'), id);
      this.#aliases.set(id, alias);
    }
    return alias;
  }

  #alias(text: string, id: number): number {
    const digits = /^(?:UNKNOWN\[(\d{4})\]|(\d{4}))$/.exec(text);
    const name = digits === null ? undefined : recordTypeName(Number(digits[1] ?? digits[2]));
    if (name === undefined) return id;
    const bytes = Buffer.from(name, 'latin1');
    return this.types.intern(bytes, 0, bytes.length);
  }

  /**
   * A SYSCALL record up to exe=, field after field as the kernel writes it: where its other
   * fields begin, or -1, with fields half set, when anything is not as expected.
   */
  #common(bytes: Uint8Array, from: number, end: number): number {
    let p = from;
    let c = 0;
    let v = 0;
    if (end - p < 200) return -1;
    // arch=
    if (bytes[p] !== 97 || bytes[p + 1] !== 114 || bytes[p + 4] !== EQUALS) return -1;
    p += 5;
    v = 0;
    while ((c = HEXVAL[bytes[p]]) < 16) {
      v = (v << 4) | c;
      p++;
    }
    if (bytes[p] !== SPACE) return -1;
    this.arch = v >>> 0;
    // syscall=
    if (bytes[p + 1] !== 115 || bytes[p + 2] !== 121 || bytes[p + 8] !== EQUALS) return -1;
    p += 9;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (bytes[p] !== SPACE || v > 99999) return -1;
    this.syscall = v;
    p++;
    // success= exit=
    if (bytes[p] === 115) {
      if (bytes[p + 1] !== 117 || bytes[p + 7] !== EQUALS) return -1;
      p += 8;
      if (bytes[p] === 121) {
        this.success = 1;
        p += 3;
      } else {
        this.success = 0;
        p += 2;
      }
      if (
        bytes[p] !== SPACE ||
        bytes[p + 1] !== 101 ||
        bytes[p + 2] !== 120 ||
        bytes[p + 5] !== EQUALS
      ) {
        return -1;
      }
      p += 6;
      const negative = bytes[p] === 45;
      if (negative) p++;
      const start = p;
      v = 0;
      while ((c = bytes[p] - 48) >= 0 && c <= 9) {
        v = v * 10 + c;
        p++;
      }
      if (bytes[p] !== SPACE || p - start > 9) return -1;
      this.exit = negative ? -v : v;
      p++;
    }
    // a0= to a3=
    for (let k = 0; k < 4; k++) {
      if (bytes[p] !== 97 || bytes[p + 1] !== 48 + k || bytes[p + 2] !== EQUALS) return -1;
      p += 3;
      v = 0;
      while ((c = HEXVAL[bytes[p]]) < 16) {
        v = (v << 4) | c;
        p++;
      }
      if (bytes[p] !== SPACE) return -1;
      if (k === 0) this.a0 = v;
      else if (k === 1) this.a1 = v;
      else if (k === 2) this.a2 = v;
      else this.a3 = v;
      p++;
    }
    // items=
    if (bytes[p] !== 105 || bytes[p + 5] !== EQUALS) return -1;
    p += 6;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) p++;
    if (
      bytes[p] !== SPACE ||
      bytes[p + 1] !== 112 ||
      bytes[p + 2] !== 112 ||
      bytes[p + 5] !== EQUALS
    )
      return -1;
    p += 6;
    let digits = p;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (p === digits || p - digits > 9) return -1;
    this.ppid = v;
    if (
      bytes[p] !== SPACE ||
      bytes[p + 1] !== 112 ||
      bytes[p + 2] !== 105 ||
      bytes[p + 4] !== EQUALS
    )
      return -1;
    p += 5;
    digits = p;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (p === digits || p - digits > 9) return -1;
    this.pid = v;
    if (
      bytes[p] !== SPACE ||
      bytes[p + 1] !== 97 ||
      bytes[p + 2] !== 117 ||
      bytes[p + 5] !== EQUALS
    )
      return -1;
    p += 6;
    digits = p;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (p === digits || v > UNSET_ID) return -1;
    this.auid = v;
    if (bytes[p] !== SPACE || bytes[p + 1] !== 117 || bytes[p + 4] !== EQUALS) return -1;
    p += 5;
    digits = p;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (p === digits || v > UNSET_ID) return -1;
    this.uid = v;
    // gid= euid= suid= fsuid= egid= sgid= fsgid=
    if (bytes[p] !== SPACE || bytes[p + 1] !== 103 || bytes[p + 4] !== EQUALS) return -1;
    p += 5;
    for (let k = 0; k < 6; k++) {
      while ((c = bytes[p] - 48) >= 0 && c <= 9) p++;
      if (bytes[p] !== SPACE) return -1;
      p += k === 2 || k === 5 ? 7 : 6;
      if (bytes[p - 1] !== EQUALS) return -1;
    }
    while ((c = bytes[p] - 48) >= 0 && c <= 9) p++;
    // tty=
    if (bytes[p] !== SPACE || bytes[p + 1] !== 116 || bytes[p + 4] !== EQUALS) return -1;
    p += 5;
    this.ttyStart = p;
    while (p < end && (c = bytes[p]) !== SPACE && c !== QUOTE && c !== ENRICHED) p++;
    if (c !== SPACE || p + 40 > end) return -1;
    this.ttyEnd = p;
    if (bytes[p + 1] !== 115 || bytes[p + 2] !== 101 || bytes[p + 4] !== EQUALS) return -1;
    p += 5;
    digits = p;
    v = 0;
    while ((c = bytes[p] - 48) >= 0 && c <= 9) {
      v = v * 10 + c;
      p++;
    }
    if (p === digits || v > UNSET_ID) return -1;
    this.ses = v;
    if (
      bytes[p] !== SPACE ||
      bytes[p + 1] !== 99 ||
      bytes[p + 2] !== 111 ||
      bytes[p + 5] !== EQUALS ||
      bytes[p + 6] !== QUOTE
    )
      return -1;
    p += 6;
    this.commStart = p++;
    while (p < end && bytes[p] !== QUOTE) p++;
    this.commEnd = ++p;
    if (
      p + 6 >= end ||
      bytes[p] !== SPACE ||
      bytes[p + 1] !== 101 ||
      bytes[p + 2] !== 120 ||
      bytes[p + 4] !== EQUALS ||
      bytes[p + 5] !== QUOTE
    )
      return -1;
    p += 5;
    this.exeStart = p++;
    while (p < end && bytes[p] !== QUOTE) p++;
    if (p >= end) return -1;
    this.exeEnd = ++p;
    return p <= end ? p : -1;
  }

  /** All `name=value` fields; keeps those that matter. Returns the SEEN bits. */
  #fields(bytes: Uint8Array, from: number, end: number): number {
    let seen = 0;
    let p = from;
    let c = 0;
    while (p < end) {
      c = bytes[p];
      if (c === SPACE) {
        p++;
        continue;
      }
      if (c === ENRICHED) {
        this.bodyEnd = p;
        break;
      }
      const key = p;
      while (p < end && (c = bytes[p]) !== EQUALS && c !== SPACE && c !== ENRICHED) p++;
      if (c !== EQUALS || p >= end) continue;
      const keyLength = p - key;
      const value = ++p;
      c = p < end ? bytes[p] : SPACE;
      if (c === QUOTE) {
        p++;
        while (p < end && bytes[p] !== QUOTE) p++;
        if (p >= end) this.unterminated = true;
        else p++;
      } else if (c === APOSTROPHE) {
        // A nested msg='…' ends at the last apostrophe: its own values may hold some.
        const inner = p + 1;
        p = lastApostrophe(bytes, inner, end);
        this.#nested(bytes, inner, p);
        if (p < end) p++;
        continue;
      } else {
        while (p < end && (c = bytes[p]) !== SPACE && c !== ENRICHED) p++;
      }
      switch (keyLength) {
        case 2:
          if (bytes[key] !== 97) break;
          c = bytes[key + 1];
          if (c === 48) this.a0 = hex32(bytes, value, p);
          else if (c === 49) this.a1 = hex32(bytes, value, p);
          else if (c === 50) this.a2 = hex32(bytes, value, p);
          else if (c === 51) this.a3 = hex32(bytes, value, p);
          break;
        case 3:
          switch ((bytes[key] << 16) | (bytes[key + 1] << 8) | bytes[key + 2]) {
            case KEY.pid:
              this.pid = decimal(bytes, value, p);
              if (this.pid >= 0) seen |= SEEN.pid;
              break;
            case KEY.uid:
              this.uid = decimal(bytes, value, p);
              break;
            case KEY.ses:
              this.ses = decimal(bytes, value, p);
              break;
            case KEY.sig:
              this.sig = decimal(bytes, value, p);
              break;
            case KEY.tty:
              this.ttyStart = value;
              this.ttyEnd = p;
              break;
            case KEY.exe:
              this.exeStart = value;
              this.exeEnd = p;
              break;
            case KEY.cwd:
              this.pathStart = value;
              this.pathEnd = p;
              break;
          }
          break;
        case 4:
          switch (
            (bytes[key] << 24) |
            (bytes[key + 1] << 16) |
            (bytes[key + 2] << 8) |
            bytes[key + 3]
          ) {
            case KEY.ppid:
              this.ppid = decimal(bytes, value, p);
              if (this.ppid >= 0) seen |= SEEN.ppid;
              break;
            case KEY.exit:
              this.exit = signedDecimal(bytes, value, p);
              break;
            case KEY.arch:
              this.arch = hex32(bytes, value, p) >>> 0;
              seen |= SEEN.arch;
              break;
            case KEY.auid:
              this.auid = decimal(bytes, value, p);
              break;
            case KEY.comm:
              this.commStart = value;
              this.commEnd = p;
              break;
            case KEY.item:
              this.item = decimal(bytes, value, p);
              break;
            case KEY.name:
              this.pathStart = value;
              this.pathEnd = p;
              break;
            case KEY.opid:
              this.opid = decimal(bytes, value, p);
              break;
          }
          break;
        case 7:
          c = bytes[key + 1];
          if (bytes[key] === 111 && isWord(bytes, key, OLD_SES_KEY)) {
            this.oldSes = decimal(bytes, value, p);
          }
          if (bytes[key] !== 115 || (c !== 121 && c !== 117)) break;
          if (c === 121 && isWord(bytes, key, SYSCALL_KEY)) {
            this.syscall = decimal(bytes, value, p);
            if (this.syscall >= 0) seen |= SEEN.syscall;
          } else if (c === 117 && isWord(bytes, key, SUCCESS_KEY)) {
            this.success = bytes[value] === 121 ? 1 : 0;
          }
          break;
      }
    }
    return seen;
  }

  /** Of a user-space record's nested message only the program matters here. */
  #nested(bytes: Uint8Array, start: number, end: number): void {
    let p = start;
    while (p < end) {
      while (p < end && bytes[p] === SPACE) p++;
      const key = p;
      while (p < end && bytes[p] !== EQUALS && bytes[p] !== SPACE) p++;
      if (p >= end || bytes[p] !== EQUALS) continue;
      const keyLength = p - key;
      const value = ++p;
      if (bytes[p] === QUOTE) {
        p++;
        while (p < end && bytes[p] !== QUOTE) p++;
        if (p < end) p++;
      } else {
        while (p < end && bytes[p] !== SPACE) p++;
      }
      if (keyLength === 3 && bytes[key] === 101 && bytes[key + 1] === 120) {
        this.exeStart = value;
        this.exeEnd = p;
      }
    }
  }
}

/** Where the last `'` before the enriched part stands; the part's end without one. */
function lastApostrophe(bytes: Uint8Array, from: number, end: number): number {
  let stop = from;
  while (stop < end && bytes[stop] !== ENRICHED) stop++;
  for (let p = stop - 1; p >= from; p--) if (bytes[p] === APOSTROPHE) return p;
  return stop;
}

/**
 * What the kernel log, syslog and the journal put before a record. The line's first `: `
 * must follow the name of the kernel or of an audit daemon: any user can log a line that
 * holds a record's text further on.
 */
const LOG_PREFIX =
  /^(?:(?:(?!: ).)*[\s\];>])?(?:kernel|audit|auditd|audispd|audisp-syslog)(?:\[\d+\])?: (?:\[ *\d+\.\d+\] )?(?:audit: )?(?=type=|node=)/;

/** Where `node=` or `type=` starts after such a prefix, or -1. */
function afterLogPrefix(bytes: Uint8Array, start: number, end: number): number {
  const head = Buffer.from(
    bytes.buffer,
    bytes.byteOffset + start,
    Math.min(end - start, MAX_PREFIX),
  );
  const prefix = LOG_PREFIX.exec(head.toString('latin1'));
  return prefix === null ? -1 : start + prefix[0].length;
}

function isWord(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

/** The number that the three bytes from `p` on name, or -1 if one is no digit. */
function threeDigits(bytes: Uint8Array, p: number): number {
  const a = bytes[p] - 48;
  const b = bytes[p + 1] - 48;
  const c = bytes[p + 2] - 48;
  if (a >>> 0 > 9 || b >>> 0 > 9 || c >>> 0 > 9) return -1;
  return a * 100 + b * 10 + c;
}

/** The same of five. */
function fiveDigits(bytes: Uint8Array, p: number): number {
  const high = threeDigits(bytes, p);
  const a = bytes[p + 3] - 48;
  const b = bytes[p + 4] - 48;
  return high < 0 || a >>> 0 > 9 || b >>> 0 > 9 ? -1 : high * 100 + a * 10 + b;
}

/** Low 32 bits, signed; what is no hexadecimal digit is skipped. */
function hex32(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) {
    const c = bytes[p];
    if (c >= 48 && c <= 57) value = (value << 4) | (c - 48);
    else if (c >= 97 && c <= 102) value = (value << 4) | (c - 87);
    else if (c >= 65 && c <= 70) value = (value << 4) | (c - 55);
  }
  return value;
}

/** An unsigned decimal up to 2^32-1, or -1 when it is none (`?`, `(null)`, `unset`). */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) {
    const c = bytes[p] - 48;
    if (c < 0 || c > 9) return isMinusOne(bytes, start, end) ? UNSET_ID : -1;
    value = value * 10 + c;
  }
  return end > start && value <= UNSET_ID ? value : -1;
}

/** `auid=-1` and `ses=-1` are how old kernels write "unset". */
function isMinusOne(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === 2 && bytes[start] === 45 && bytes[start + 1] === 49;
}

/** A signed decimal of up to 64 bits, as a double; 0 when it is none. */
function signedDecimal(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 45;
  let value = 0;
  for (let p = negative ? start + 1 : start; p < end; p++) {
    const c = bytes[p] - 48;
    if (c < 0 || c > 9) return 0;
    value = value * 10 + c;
  }
  return negative ? -value : value;
}
