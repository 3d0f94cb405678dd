/**
 * Records to events: a table with a row for each (node, time, serial).
 *
 * Records may come in any order, scattered and twice. Nothing here waits for an
 * event to be complete: at the end of the input every event is as complete as it
 * will ever be (KERNEL facts 3, 7 and 22). Columns are typed arrays: a row costs
 * about 100 bytes, whatever its records' length.
 */
import { Arena } from '../base/arena.ts';
import { Interner } from '../base/intern.ts';
import { grown } from '../base/list.ts';
import { encodeText } from '../base/text.ts';
import type { AliveProcess } from '../model/trace.ts';
import type { RecordScanner } from '../record/scan.ts';
import { TYPE } from '../record/types.ts';
import { KIND, syscallKind } from '../tables/kinds.ts';
import { EventRows } from './rows.ts';

/** Bits of the `have` column: which records an event has. */
export const HAVE = {
  syscall: 1,
  execve: 2,
  cwd: 4,
  proctitle: 8,
  eoe: 16,
  fcaps: 32,
  obj: 64,
  abend: 128,
  login: 256,
  path: 512,
  /** A record of another type that names a process. */
  other: 1024,
  /** No audit event: what the process connector told of a process. Its serial is 0. */
  told: 2048,
} as const;

/** What became of one record. */
export const ADDED = { kept: 0, duplicate: 1, conflict: 2 } as const;

const FIRST_ROWS = 1 << 12;
/** PATH items that have a bit of their own in the `paths` column. */
const PATH_BITS = 32;
const NONE = -1;

/** How many records of an event stand where only one can. */
interface Tally {
  duplicates: number;
  conflicts: number;
}

export class EventTable {
  count = 0;
  readonly nodes: Interner = new Interner();
  /** Raw value tokens (quotes included) of tty, comm, exe, cwd and name fields. */
  readonly tokens: Interner = new Interner();
  /** The node of records that name none, as the `node` column has it. */
  #host = 0;
  readonly tally: Tally = { duplicates: 0, conflicts: 0 };

  time = new Float64Array(FIRST_ROWS);
  serial = new Uint32Array(FIRST_ROWS);
  node = new Int32Array(FIRST_ROWS);
  have = new Uint16Array(FIRST_ROWS);
  /** Kept records. */
  records = new Uint32Array(FIRST_ROWS);
  paths = new Uint32Array(FIRST_ROWS);
  kind = new Uint8Array(FIRST_ROWS);
  success = new Int8Array(FIRST_ROWS);
  sig = new Int16Array(FIRST_ROWS);
  arch = new Uint32Array(FIRST_ROWS);
  nr = new Uint32Array(FIRST_ROWS);
  exit = new Float64Array(FIRST_ROWS);
  a0 = new Int32Array(FIRST_ROWS);
  a1 = new Int32Array(FIRST_ROWS);
  a2 = new Int32Array(FIRST_ROWS);
  a3 = new Int32Array(FIRST_ROWS);
  /** -1 when no record names a process. */
  pid = new Int32Array(FIRST_ROWS);
  ppid = new Int32Array(FIRST_ROWS);
  auid = new Uint32Array(FIRST_ROWS);
  uid = new Uint32Array(FIRST_ROWS);
  ses = new Uint32Array(FIRST_ROWS);
  /** Token ids, -1 when absent. */
  tty = new Int32Array(FIRST_ROWS);
  comm = new Int32Array(FIRST_ROWS);
  exe = new Int32Array(FIRST_ROWS);
  cwd = new Int32Array(FIRST_ROWS);

  /** The first EXECVE body's number in the arena, -1 without one. */
  argv = new Int32Array(FIRST_ROWS);
  readonly #bodies = new Arena();
  /** Further EXECVE bodies of the few rows that have several. */
  readonly #moreBodies = new Map<number, number[]>();
  /** opid of each OBJ_PID record by row. */
  readonly objects = new Map<number, number[]>();
  /** Session before a LOGIN record's, by row. */
  readonly oldSessions = new Map<number, number>();
  /** Token of PATH item 0 by row, for execs that failed and rows whose SYSCALL has not come. */
  readonly names = new Map<number, number>();

  readonly #rows = new EventRows(this);
  #last = NONE;
  /** Tokens of the record before: neighbours are often of one process. */
  #lastTty = NONE;
  #lastComm = NONE;
  #lastExe = NONE;
  /** Events of one tick share all but the serial. */
  #idTime = NaN;
  #idStamp = '';
  /** Body hashes of records of other types, by row. */
  readonly #others = new Map<number, number[]>();
  /** Further copies of the kept record, by row and slot; only rows that had any. */
  readonly #copies = new Map<number, number>();

  /** Records that name no node are this host's from now on; `''` is none. */
  setHost(name: string): void {
    const bytes = Buffer.from(name, 'utf8');
    this.#host = bytes.length === 0 ? 0 : this.nodes.intern(bytes, 0, bytes.length) + 1;
  }

  /** Adds the scanner's record, which lies in `bytes`. Returns an ADDED code. */
  add(scan: RecordScanner, bytes: Uint8Array): number {
    const row = this.#row(scan, bytes);
    const type = scan.type;
    let added: number;
    switch (type) {
      case TYPE.SYSCALL:
        added = this.#syscall(row, scan, bytes);
        break;
      case TYPE.PROCTITLE:
        added = this.#once(row, HAVE.proctitle);
        break;
      case TYPE.EOE:
        added = this.#once(row, HAVE.eoe);
        break;
      case TYPE.BPRM_FCAPS:
        added = this.#once(row, HAVE.fcaps);
        break;
      case TYPE.PATH:
        added = this.#path(row, scan, bytes);
        break;
      case TYPE.CWD:
        added = this.#cwd(row, scan, bytes);
        break;
      case TYPE.EXECVE:
        added = this.#execve(row, scan, bytes);
        break;
      case TYPE.OBJ_PID:
        added = this.#object(row, scan.opid);
        break;
      default:
        added = this.#other(row, scan, bytes);
    }
    if (added === ADDED.kept) this.records[row]++;
    else if (added === ADDED.duplicate) this.tally.duplicates++;
    else this.tally.conflicts++;
    return added;
  }

  /** `SEC.MS:SERIAL` of a row. */
  id(row: number): string {
    const time = this.time[row];
    if (time !== this.#idTime) {
      const seconds = Math.floor(time / 1000);
      this.#idTime = time;
      this.#idStamp = `${seconds}.${String(time - seconds * 1000).padStart(3, '0')}:`;
    }
    return this.#idStamp + this.serial[row];
  }

  /** The row of the scanner's (node, time, serial), made on first sight. */
  #row(scan: RecordScanner, bytes: Uint8Array): number {
    const last = this.#last;
    const node = this.#nodeOf(scan, bytes);
    const { time, serial } = scan;
    if (
      last >= 0 &&
      this.serial[last] === serial &&
      this.time[last] === time &&
      this.node[last] === node
    ) {
      return last;
    }
    let row = this.#rows.find(node, time, serial);
    if (row < 0) {
      row = this.#newRow(node, time, serial);
      this.#rows.add(row);
    }
    this.#last = row;
    return row;
  }

  /** The row of the scanner's (node, time, serial); -1 where no record of it was added. */
  find(scan: RecordScanner, bytes: Uint8Array): number {
    return this.#rows.find(this.#nodeOf(scan, bytes), scan.time, scan.serial);
  }

  #nodeOf(scan: RecordScanner, bytes: Uint8Array): number {
    return scan.nodeEnd > scan.nodeStart
      ? this.nodes.intern(bytes, scan.nodeStart, scan.nodeEnd) + 1
      : this.#host;
  }

  /** A row for what the process connector told: evidence, but no event. `time`: ms. */
  tell(node: number, time: number, pid: number, kind: number): number {
    const row = this.#newRow(node, Math.floor(time), 0);
    this.have[row] = HAVE.told;
    this.pid[row] = pid;
    this.kind[row] = kind;
    this.success[row] = 1;
    return row;
  }

  /** A row for a process that was there before: what it ran, as texts. `time`: ms. */
  tellProgram(
    node: number,
    time: number,
    pid: number,
    { comm, exe, args }: Pick<AliveProcess, 'comm' | 'exe' | 'args'>,
  ): number {
    const row = this.tell(node, time, pid, KIND.execve);
    this.comm[row] = this.#internText(comm);
    if (exe !== undefined) this.exe[row] = this.#internText(exe);
    if (args !== undefined) {
      const words = args.map((arg, i) => ` a${i}=${tokenOf(arg)}`).join('');
      const body = Buffer.from(`argc=${args.length}${words}`, 'latin1');
      this.argv[row] = this.#bodies.add(body, 0, body.length);
    }
    return row;
  }

  #internText(text: string): number {
    const token = Buffer.from(tokenOf(text), 'latin1');
    return this.tokens.intern(token, 0, token.length);
  }

  #newRow(node: number, time: number, serial: number): number {
    const row = this.count++;
    if (row === this.time.length) this.#grow();
    this.time[row] = time;
    this.serial[row] = serial;
    this.node[row] = node;
    this.pid[row] = NONE;
    this.ppid[row] = NONE;
    this.tty[row] = NONE;
    this.comm[row] = NONE;
    this.exe[row] = NONE;
    this.cwd[row] = NONE;
    this.argv[row] = NONE;
    this.sig[row] = NONE;
    return row;
  }

  #syscall(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    let added: number = ADDED.kept;
    if ((this.have[row] & HAVE.syscall) !== 0) {
      const order = this.#compareSyscall(row, scan, bytes);
      added = this.#settle(row, HAVE.syscall, order);
      if (order <= 0) return added;
    }
    this.have[row] |= HAVE.syscall;
    this.arch[row] = scan.arch;
    this.nr[row] = scan.syscall;
    this.kind[row] = syscallKind(scan.arch, scan.syscall);
    this.success[row] = scan.success;
    this.exit[row] = scan.exit;
    this.a0[row] = scan.a0;
    this.a1[row] = scan.a1;
    this.a2[row] = scan.a2;
    this.a3[row] = scan.a3;
    this.ppid[row] = scan.ppid;
    this.#subject(row, scan, bytes);
    // Only a PATH record that came before leaves a name.
    if ((this.have[row] & HAVE.path) !== 0 && !this.#failedExec(row)) this.names.delete(row);
    return added;
  }

  /** The process that a record names and what it says about it. */
  #subject(row: number, scan: RecordScanner, bytes: Uint8Array): void {
    this.pid[row] = scan.pid;
    this.auid[row] = scan.auid;
    this.uid[row] = scan.uid;
    this.ses[row] = scan.ses;
    this.tty[row] = this.#lastTty = this.#token(bytes, scan.ttyStart, scan.ttyEnd, this.#lastTty);
    this.comm[row] = this.#lastComm = this.#token(
      bytes,
      scan.commStart,
      scan.commEnd,
      this.#lastComm,
    );
    this.exe[row] = this.#lastExe = this.#token(bytes, scan.exeStart, scan.exeEnd, this.#lastExe);
  }

  /** A token's id, NONE for an empty range. `last`: what it probably is, the token before. */
  #token(bytes: Uint8Array, start: number, end: number, last: number): number {
    if (end <= start) return NONE;
    return last !== NONE && this.tokens.is(last, bytes, start, end)
      ? last
      : this.tokens.intern(bytes, start, end);
  }

  #failedExec(row: number): boolean {
    const kind = this.kind[row];
    return (kind === KIND.execve || kind === KIND.execveat) && this.success[row] === 0;
  }

  #path(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    const item = scan.item;
    if (item < 0 || item >= PATH_BITS) return this.#hashed(row, scan, bytes);
    this.have[row] |= HAVE.path;
    const bit = (1 << item) >>> 0;
    const seen = (this.paths[row] & bit) !== 0;
    this.paths[row] |= bit;
    const wanted = (this.have[row] & HAVE.syscall) === 0 || this.#failedExec(row);
    if (item !== 0 || !wanted || scan.pathEnd === scan.pathStart) {
      return seen ? ADDED.duplicate : ADDED.kept;
    }
    const token = this.tokens.intern(bytes, scan.pathStart, scan.pathEnd);
    const known = this.names.get(row);
    if (known === undefined || this.tokens.compare(token, known) < 0) this.names.set(row, token);
    return seen ? ADDED.duplicate : ADDED.kept;
  }

  #cwd(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    const token = this.tokens.intern(bytes, scan.pathStart, scan.pathEnd);
    let added: number = ADDED.kept;
    if ((this.have[row] & HAVE.cwd) !== 0) {
      const order = this.tokens.compare(this.cwd[row], token);
      added = this.#settle(row, HAVE.cwd, order);
      if (order <= 0) return added;
    }
    this.have[row] |= HAVE.cwd;
    this.cwd[row] = token;
    return added;
  }

  #execve(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    const { bodyStart, bodyEnd } = scan;
    const first = this.argv[row];
    if (first < 0) {
      this.argv[row] = this.#bodies.add(bytes, bodyStart, bodyEnd);
      this.have[row] |= HAVE.execve;
      return ADDED.kept;
    }
    const more = this.#moreBodies.get(row) ?? [];
    for (const body of [first, ...more]) {
      if (this.#bodies.equals(body, bytes, bodyStart, bodyEnd)) return ADDED.duplicate;
    }
    more.push(this.#bodies.add(bytes, bodyStart, bodyEnd));
    this.#moreBodies.set(row, more);
    return ADDED.kept;
  }

  /** Bodies of a row's EXECVE records, distinct, in no order; none without such records. */
  bodies(row: number): Buffer[] {
    const first = this.argv[row];
    if (first < 0) return [];
    const more = this.#moreBodies.get(row) ?? [];
    return [first, ...more].map((body) => this.#bodies.get(body));
  }

  /** The body of a row's EXECVE record, a view; undefined if there is none or more than one. */
  onlyBody(row: number): Buffer | undefined {
    const first = this.argv[row];
    return first < 0 || this.#moreBodies.has(row) ? undefined : this.#bodies.get(first);
  }

  #object(row: number, opid: number): number {
    const opids = this.objects.get(row);
    if (opids === undefined) {
      this.objects.set(row, [opid]);
      this.have[row] |= HAVE.obj;
      return ADDED.kept;
    }
    if (opids.includes(opid)) return ADDED.duplicate;
    opids.push(opid);
    return ADDED.kept;
  }

  /** A record of any other type: told apart by its bytes, and perhaps naming a process. */
  #other(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    const added = this.#hashed(row, scan, bytes);
    if (added !== ADDED.kept) return added;
    const { type } = scan;
    if (type === TYPE.ANOM_ABEND) {
      this.have[row] |= HAVE.abend;
      this.sig[row] = Math.max(this.sig[row], scan.sig);
    } else if (type === TYPE.LOGIN) {
      this.have[row] |= HAVE.login;
      if (scan.oldSes >= 0) this.oldSessions.set(row, scan.oldSes);
    } else if (scan.pid > 0) {
      this.have[row] |= HAVE.other;
    }
    // A SYSCALL record says all of this better; of several others the one with the lowest pid.
    if ((this.have[row] & HAVE.syscall) === 0 && scan.pid > 0) {
      if (this.pid[row] === NONE || scan.pid < this.pid[row]) this.#subject(row, scan, bytes);
    }
    return ADDED.kept;
  }

  #hashed(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    let hash = scan.type;
    for (let p = scan.bodyStart; p < scan.bodyEnd; p++) {
      hash = Math.imul(hash ^ bytes[p], 0x01000193);
    }
    const hashes = this.#others.get(row);
    if (hashes === undefined) {
      this.#others.set(row, [hash]);
      return ADDED.kept;
    }
    if (hashes.includes(hash)) return ADDED.duplicate;
    hashes.push(hash);
    return ADDED.kept;
  }

  #once(row: number, bit: number): number {
    if ((this.have[row] & bit) !== 0) return ADDED.duplicate;
    this.have[row] |= bit;
    return ADDED.kept;
  }

  /**
   * A second record stands where only one can. `order` compares the kept with the new:
   * equal is a duplicate; of two different ones the smaller stays, so that the order of
   * arrival does not matter, and every copy of the larger is a conflict.
   */
  #settle(row: number, slot: number, order: number): number {
    const key = row * 4096 + slot;
    if (order === 0) {
      this.#copies.set(key, (this.#copies.get(key) ?? 0) + 1);
      return ADDED.duplicate;
    }
    if (order > 0) {
      const copies = this.#copies.get(key) ?? 0;
      this.tally.duplicates -= copies;
      this.tally.conflicts += copies;
      this.#copies.delete(key);
    }
    return ADDED.conflict;
  }

  #compareSyscall(row: number, scan: RecordScanner, bytes: Uint8Array): number {
    return (
      this.arch[row] - scan.arch ||
      this.nr[row] - scan.syscall ||
      this.success[row] - scan.success ||
      this.exit[row] - scan.exit ||
      this.a0[row] - scan.a0 ||
      this.a1[row] - scan.a1 ||
      this.a2[row] - scan.a2 ||
      this.a3[row] - scan.a3 ||
      this.ppid[row] - scan.ppid ||
      this.pid[row] - scan.pid ||
      this.auid[row] - (scan.auid >>> 0) ||
      this.uid[row] - (scan.uid >>> 0) ||
      this.ses[row] - (scan.ses >>> 0) ||
      this.#compareToken(this.tty[row], bytes, scan.ttyStart, scan.ttyEnd) ||
      this.#compareToken(this.comm[row], bytes, scan.commStart, scan.commEnd) ||
      this.#compareToken(this.exe[row], bytes, scan.exeStart, scan.exeEnd)
    );
  }

  #compareToken(token: number, bytes: Uint8Array, start: number, end: number): number {
    const kept = token < 0 ? new Uint8Array(0) : this.tokens.bytes(token);
    return Buffer.compare(kept, bytes.subarray(start, end));
  }

  #grow(): void {
    const rows = this.time.length * 4;
    this.time = grown(this.time, new Float64Array(rows));
    this.exit = grown(this.exit, new Float64Array(rows));
    this.have = grown(this.have, new Uint16Array(rows));
    this.kind = grown(this.kind, new Uint8Array(rows));
    this.success = grown(this.success, new Int8Array(rows));
    this.sig = grown(this.sig, new Int16Array(rows));
    for (const name of [
      'serial',
      'records',
      'paths',
      'arch',
      'nr',
      'auid',
      'uid',
      'ses',
    ] as const) {
      this[name] = grown(this[name], new Uint32Array(rows));
    }
    const signed = [
      'node',
      'a0',
      'a1',
      'a2',
      'a3',
      'pid',
      'ppid',
      'tty',
      'comm',
      'exe',
      'cwd',
      'argv',
    ] as const;
    for (const name of signed) this[name] = grown(this[name], new Int32Array(rows));
  }
}

/** A text as the kernel writes it into a record that must hold any bytes (KERNEL fact 18). */
function tokenOf(text: string): string {
  return text === '' ? '""' : Buffer.from(encodeText(text)).toString('hex').toUpperCase();
}
