/**
 * What one life's document says, still as rows, tokens and positions: what writers of
 * documents share. Texts are made by those who need them.
 */
import { grown } from '../base/list.ts';
import { sortByInsertion } from '../base/sort.ts';
import { type EventTable, HAVE } from '../event/table.ts';
import type { Incompleteness, StartSource } from '../model/process.ts';
import { UNSET_ID } from '../record/scan.ts';
import { KIND } from '../tables/kinds.ts';
import type { Facts } from './facts.ts';
import { Heritage, isExec } from './heritage.ts';
import type { Life } from './life.ts';

const SECONDS_DIGITS = 10;
const SERIAL_DIGITS = 10;
const WHOLE: readonly Incompleteness[] = [];
const FEW_EXECS = 8;

/** Events, and what was concluded of them, boot by boot. */
export interface Reconciled {
  readonly table: EventTable;
  readonly boots: readonly Outline[];
}

/** One boot's lives, one at a time: `read` says which, and all else is about that one. */
export class Outline {
  readonly facts: Facts;
  /** Of the boot, in the order of their ids. */
  readonly lives: readonly Life[];
  /** What its ids begin with. */
  readonly prefix: string;
  readonly #heritage: Heritage;
  /** By place; only those that were asked for. */
  #ids: (string | undefined)[] | undefined;
  life!: Life;
  /** Moment of birth, or one by which it had begun. */
  start = 0;
  /** Row of the exec whose arguments it has; -1 unknown. */
  argv = -1;
  /** Tokens, -1 unknown. */
  exe = -1;
  comm = -1;
  cwd = -1;
  /** Row of the last event of its own, which says whose it was; -1 of a silent life. */
  subject = -1;
  /** Rows of its calls of the exec family, in serial order: the first `execCount`. */
  execs = new Int32Array(FEW_EXECS);
  execCount = 0;
  #lacksRecords = false;

  /** `lives`: all of the boot's, in the order of their ids. Gives them their places. */
  constructor(facts: Facts, lives: readonly Life[]) {
    this.facts = facts;
    this.lives = lives;
    this.prefix = `${facts.node === '' ? '-' : facts.node}/`;
    this.#heritage = new Heritage(facts, lives.length);
    for (let i = 0; i < lives.length; i++) lives[i].place = i;
  }

  /** Turns to the life at a place. One pass over its events. */
  read(place: number): void {
    const life = this.lives[place];
    const { facts } = this;
    const { table, rows, own } = facts;
    this.life = life;
    this.execCount = 0;
    const inherited = this.#heritage.of(life);
    const { known } = life;
    let program = known === undefined ? this.#heritage.row[inherited] : known.row;
    let exe = known === undefined ? this.#heritage.exe[inherited] : table.exe[known.row];
    let comm = known === undefined ? this.#heritage.comm[inherited] : table.comm[known.row];
    let cwd = this.#heritage.cwd[inherited];
    let first = Infinity;
    let lacks = false;
    const title = facts.titled ? HAVE.proctitle : 0;
    let row = -1;
    for (let i = life.from; i < life.to; i++) {
      row = rows[own[i]];
      const have = table.have[row];
      const execs = isExec(table, row);
      const succeeds = execs && table.success[row] === 1;
      if (execs) this.#exec(row);
      if (succeeds) program = row;
      if (table.exe[row] >= 0) exe = table.exe[row];
      if (table.comm[row] >= 0) comm = table.comm[row];
      if (table.cwd[row] >= 0) cwd = table.cwd[row];
      if (table.time[row] < first) first = table.time[row];
      // The kernel ends every event of a system call with PROCTITLE (fact 17), where no rule of
      // the recorder excludes that type, and exec has EXECVE.
      if ((have & HAVE.syscall) !== 0) {
        if ((have & title) !== title || (succeeds && (have & HAVE.execve) === 0)) lacks = true;
      }
    }
    this.argv = program;
    this.exe = exe;
    this.comm = comm;
    this.cwd = cwd;
    this.subject = row;
    this.#lacksRecords = lacks || life.toldExecs.length > 0;
    if (life.toldExecs.length > 0) this.#addToldExecs();
    // Its earliest entry into a call: it had started by then.
    if (life.birth !== undefined) this.start = facts.time(life.birth.at);
    else if (life.told !== undefined && life.told.born !== -Infinity) {
      // Audit's clock is a tick or two behind the connector's: a process begins before it acts.
      this.start = Math.min(Math.floor(life.told.born), first);
    } else if (known !== undefined) this.start = known.born;
    else this.start = life.silent ? facts.clock[life.anchor] : first;
  }

  /**
   * `NODE/SECONDS.MS/SERIAL/PID` of the earliest event, by serial, that shows the life. Zeros
   * in front make code-unit order the order of hosts, then times, then serials. An event that
   * is logged later cannot change it, so a log that grows at its end keeps its `_id`s.
   */
  id({ place, anchor, pid }: Life): string {
    this.#ids ??= new Array<string | undefined>(this.lives.length).fill(undefined);
    const known = this.#ids[place];
    if (known !== undefined) return known;
    const row = this.facts.rows[anchor];
    const time = this.facts.table.time[row];
    const seconds = Math.floor(time / 1000);
    const milli = String(time - seconds * 1000).padStart(3, '0');
    const serial = String(this.facts.table.serial[row]).padStart(SERIAL_DIGITS, '0');
    const stamp = `${String(seconds).padStart(SECONDS_DIGITS, '0')}.${milli}`;
    const id = `${this.prefix}${stamp}/${serial}/${pid}`;
    this.#ids[place] = id;
    return id;
  }

  /** Execs whose record was lost: what ran after the last of them only later records show. */
  #addToldExecs(): void {
    const { life, facts } = this;
    const { table, rows, own } = facts;
    for (const at of life.toldExecs) this.#exec(rows[at]);
    const byTime = (a: number, b: number): number => table.time[a] - table.time[b];
    // Those with a record stay in the order of their serials.
    sortByInsertion(this.execs.subarray(0, this.execCount), byTime, Infinity);
    const lost = facts.time(life.toldExecs[life.toldExecs.length - 1]);
    if (this.argv >= 0 && table.time[this.argv] > lost) return;
    this.argv = -1;
    this.exe = -1;
    this.comm = -1;
    for (let i = life.from; i < life.to; i++) {
      const row = rows[own[i]];
      if (table.time[row] <= lost) continue;
      if (table.exe[row] >= 0) this.exe = table.exe[row];
      if (table.comm[row] >= 0) this.comm = table.comm[row];
    }
  }

  #exec(row: number): void {
    if (this.execCount === this.execs.length) {
      this.execs = grown(this.execs, new Int32Array(this.execs.length * 2));
    }
    this.execs[this.execCount++] = row;
  }

  get startSource(): StartSource {
    const { birth, waits, anchor, silent, told, known } = this.life;
    if (birth !== undefined) {
      if (birth.kind === KIND.clone) return 'clone';
      if (birth.kind === KIND.clone3) return 'clone3';
      return birth.kind === KIND.vfork ? 'vfork' : 'fork';
    }
    if (told !== undefined && told.born !== -Infinity) return 'connector';
    if (known !== undefined) return 'process_list';
    if (!silent) return 'first_record';
    return waits.length > 0 && waits[0].at === anchor ? 'wait' : 'signal';
  }

  /** In the order of their births. */
  get children(): readonly Life[] {
    const { life, facts } = this;
    for (let i = 1; i < life.children.length; i++) {
      if (compareBirths(facts, life.children[i - 1], life.children[i]) <= 0) continue;
      life.children = [...life.children].sort((a, b) => compareBirths(facts, a, b));
      break;
    }
    return life.children;
  }

  /** `lacksArguments`: whether an argument of one of its execs never arrived. */
  incomplete(lacksArguments: boolean): readonly Incompleteness[] {
    const { birth, end, unidentified, told, disagrees } = this.life;
    const bornUnseen = birth === undefined && (told === undefined || told.born === -Infinity);
    const statusUnknown = end?.code === undefined && end?.signal === undefined;
    const openEnded = end === undefined || statusUnknown;
    const whole = !bornUnseen && !openEnded && !lacksArguments && !this.#lacksRecords;
    if (whole && unidentified.length === 0 && !disagrees) return WHOLE;
    const missing: Incompleteness[] = [];
    if (bornUnseen) missing.push('no_birth');
    if (openEnded) missing.push(end === undefined ? 'no_end' : 'end_status_unknown');
    if (lacksArguments) missing.push('missing_arguments');
    if (this.#lacksRecords) missing.push('missing_records');
    if (unidentified.length > 0) missing.push('unidentified_children');
    if (disagrees) missing.push('witnesses_disagree');
    return missing;
  }

  /** Token of the program that a row's exec ran; of a failed one, of the path that was tried. */
  programOf(row: number): number {
    const { table } = this.facts;
    return table.success[row] === 0 ? (table.names.get(row) ?? -1) : table.exe[row];
  }
}

/** A user or session id; undefined where the kernel has none. */
export function setId(id: number): number | undefined {
  return id === UNSET_ID ? undefined : id;
}

/** By birth, then by first evidence, then by pid: total, because an event shows a pid once. */
function compareBirths(facts: Facts, a: Life, b: Life): number {
  const bornA = a.birth === undefined ? facts.time(a.anchor) : facts.time(a.birth.at);
  const bornB = b.birth === undefined ? facts.time(b.anchor) : facts.time(b.birth.at);
  return bornA - bornB || a.anchor - b.anchor || a.pid - b.pid;
}
