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
/** How far into a line a kernel-log or journal prefix may reach, in bytes. */
const MAX_PREFIX = 256;

/** Which of the fields that a SYSCALL record must have were seen. */
const SEEN = { arch: 1, syscall: 2, pid: 4, ppid: 8 } as const;
const SEEN_ALL = 15;

/** Scans lines; holds the last line's fields. Times in ms, ids as unsigned numbers. */
export class RecordScanner {
  /** Type names by id; the ids below TYPE.OTHER are the TYPE codes. */
  readonly types: Interner = typeNames();
  /** Ids of type names that are numbers in disguise, translated once. */
  readonly #aliases = new Map<number, number>();

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
    const seen = this.#fields(bytes, this.bodyStart, end);
    return this.#complete(seen) ? SCAN.ok : SCAN.badField;
  }

  #complete(seen: number): boolean {
    switch (this.type) {
      case TYPE.SYSCALL:
        return seen === SEEN_ALL;
      case TYPE.CWD:
        return this.pathEnd > this.pathStart;
      case TYPE.OBJ_PID:
        return this.opid >= 0;
      case TYPE.ANOM_ABEND:
        return this.pid >= 0 && this.sig >= 0;
      case TYPE.LOGIN:
        return this.pid >= 0;
      default:
        return true;
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
    while (p < end && bytes[p] !== SPACE) p++;
    if (p === nameStart || p >= end) return SCAN.notAudit;
    this.type = this.#typeId(bytes, nameStart, p);
    p++;
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
    while (p < end && (c = bytes[p] - 48) >= 0 && c <= 9) {
      seconds = seconds * 10 + c;
      p++;
    }
    if (p === from || p - from > 12 || seconds > MAX_SECONDS || bytes[p] !== DOT) {
      return SCAN.badHeader;
    }
    const milliStart = ++p;
    let milli = 0;
    while (p < end && (c = bytes[p] - 48) >= 0 && c <= 9) {
      milli = milli * 10 + c;
      p++;
    }
    if (p - milliStart !== 3 || bytes[p] !== COLON) return SCAN.badHeader;
    const serialStart = ++p;
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
    if (
      bytes[p] === 110 &&
      bytes[p + 1] === 111 &&
      bytes[p + 2] === 100 &&
      bytes[p + 3] === 101 &&
      bytes[p + 4] === EQUALS
    ) {
      p += 5;
      this.nodeStart = p;
      while (p < end && bytes[p] !== SPACE) p++;
      this.nodeEnd = p;
      while (p < end && bytes[p] === SPACE) p++;
      return p;
    }
    if (bytes[p] === 116) return p;
    return afterAuditTag(bytes, p, end);
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
          if (bytes[key] === 97) {
            const which = bytes[key + 1];
            if (which === 48) this.a0 = hex32(bytes, value, p);
            else if (which === 49) this.a1 = hex32(bytes, value, p);
            else if (which === 50) this.a2 = hex32(bytes, value, p);
            else if (which === 51) this.a3 = hex32(bytes, value, p);
          }
          break;
        case 3:
          c = bytes[key];
          if (c === 112) {
            // pid, not per or pp…
            if (bytes[key + 1] === 105) {
              this.pid = decimal(bytes, value, p);
              if (this.pid >= 0) seen |= SEEN.pid;
            }
          } else if (c === 117) {
            this.uid = decimal(bytes, value, p);
          } else if (c === 115) {
            if (bytes[key + 1] === 101) this.ses = decimal(bytes, value, p);
            else if (bytes[key + 2] === 103) this.sig = decimal(bytes, value, p);
          } else if (c === 116) {
            this.ttyStart = value;
            this.ttyEnd = p;
          } else if (c === 101) {
            if (bytes[key + 1] === 120) {
              this.exeStart = value;
              this.exeEnd = p;
            }
          } else if (c === 99 && bytes[key + 1] === 119) {
            this.pathStart = value;
            this.pathEnd = p;
          }
          break;
        case 4:
          c = bytes[key];
          if (c === 112) {
            if (bytes[key + 1] === 112) {
              this.ppid = decimal(bytes, value, p);
              if (this.ppid >= 0) seen |= SEEN.ppid;
            }
          } else if (c === 101) {
            if (bytes[key + 1] === 120) this.exit = signedDecimal(bytes, value, p);
          } else if (c === 97) {
            if (bytes[key + 1] === 114) {
              this.arch = hex32(bytes, value, p) >>> 0;
              seen |= SEEN.arch;
            } else if (bytes[key + 1] === 117) {
              this.auid = decimal(bytes, value, p);
            }
          } else if (c === 99) {
            if (bytes[key + 1] === 111) {
              this.commStart = value;
              this.commEnd = p;
            }
          } else if (c === 105) {
            this.item = decimal(bytes, value, p);
          } else if (c === 110) {
            this.pathStart = value;
            this.pathEnd = p;
          } else if (c === 111 && bytes[key + 1] === 112 && bytes[key + 2] === 105) {
            this.opid = decimal(bytes, value, p);
          }
          break;
        case 7:
          if (bytes[key] === 115) {
            if (bytes[key + 1] === 121) {
              this.syscall = decimal(bytes, value, p);
              if (this.syscall >= 0) seen |= SEEN.syscall;
            } else if (bytes[key + 1] === 117) {
              this.success = bytes[value] === 121 ? 1 : 0;
            }
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

/** Where `type=` starts after `audit: ` or `audit[N]: ` in a kernel-log prefix, or -1. */
function afterAuditTag(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end - 12, start + MAX_PREFIX);
  for (let p = start; p < stop; p++) {
    if (bytes[p] !== COLON || bytes[p + 1] !== SPACE || bytes[p + 2] !== 116) continue;
    if (bytes[p + 3] === 121 && bytes[p + 6] === EQUALS) return p + 2;
  }
  return -1;
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
