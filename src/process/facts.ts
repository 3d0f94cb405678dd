/**
 * What the events of one boot say, sorted by what they are evidence of.
 *
 * From here on an event is its position in serial order (`at`): positions compare as
 * serials do. Nothing is concluded here.
 */
import { type Groups, groupBy, itemsOf } from '../base/groups.ts';
import { columnOf, NONE } from '../base/list.ts';
import { NumberMap } from '../base/number-map.ts';
import { type EventTable, HAVE } from '../event/table.ts';
import type { Sequence } from '../order/order.ts';
import type { Claim, Confidence } from '../model/process.ts';
import { KIND } from '../tables/kinds.ts';
import { Conclusions } from './conclusions.ts';
import type { Life } from './life.ts';

export const CLONE_PARENT = 0x8000;
export const CLONE_THREAD = 0x10000;
export const CLONE_NEWPID = 0x20000000;

const WUNTRACED = 2;
const WCONTINUED = 8;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x1000000;
const P_ALL = 0;
const P_PID = 1;
const ECHILD = 10;
/** __WNOTHREAD, __WALL, __WCLONE: the last and the first look at some children only. */
const ONLY_SOME = 0x20000000 | 0x80000000;

/** A successful call of the fork family. */
export interface Fork {
  readonly at: number;
  /** The child's id in the caller's pid namespace (fact 9). */
  readonly ret: number;
  /** Clone flags; 0 where they cannot be seen (clone3, fact 10). */
  readonly flags: number;
  readonly kind: number;
  /** Made a thread: known from the flags. clone3 is never known from itself. */
  readonly thread: boolean;
  /** The life that called it. */
  caller: Life | undefined;
  /** The life it began, once found. */
  child: Life | undefined;
  /** Pid of the process or thread it made, where the connector tells. */
  told: number | undefined;
}

/** CLONE_PARENT makes a child of the caller's own parent; clone3 hides that flag (fact 10). */
export function mayMakeSibling({ kind, flags }: Fork): boolean {
  return kind === KIND.clone3 || (flags & CLONE_PARENT) !== 0;
}

/** A wait that returned a child's id. */
export interface Wait {
  readonly at: number;
  /** In the waiter's pid namespace. */
  readonly ret: number;
  /** False when the options let it return for a child that only stopped or continued. */
  readonly death: boolean;
  /** It also freed the pid: the one wait that does so once in a life. */
  readonly reaps: boolean;
  waiter: Life | undefined;
}

/** A successful signal with the processes it was sent to. */
export interface Kill {
  readonly at: number;
  readonly sig: number;
  /** In the initial namespace (fact 9). Empty when the OBJ_PID record was lost. */
  readonly opids: readonly number[];
  /** The call's own argument when it names one process in the caller's namespace, else 0. */
  readonly target: number;
}

/** The ranks that the kernel's counter of pids had reached, by position; both rising. */
export interface Reached {
  readonly at: Int32Array;
  readonly rank: Int32Array;
  /** Half of all pids: a number that lies further away than that belongs to another turn. */
  readonly half: number;
  /** The position after which a birth took its number: see beginnings.ts. */
  readonly takenAfter: (birth: Fork) => number;
}

/** Events `own[from, to)` of a process. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const NO_EVENTS: Range = { from: 0, to: 0 };

/** The events of one boot, indexed. */
export class Facts {
  readonly table: EventTable;
  readonly node: string;
  rows: Int32Array;
  /**
   * Positions by process, in serial order: those of dense pid k are `own[start[k], start[k+1])`.
   * Pids are numbered densely in order of first event; then those that only calls return.
   */
  readonly own: Int32Array;
  readonly start: Int32Array;
  /** By dense number. */
  readonly pids: number[] = [];
  readonly #dense = new NumberMap();
  readonly forks: Fork[] = [];
  readonly waits: Wait[] = [];
  readonly kills: Kill[] = [];
  /** Waits for any child that found none to wait for (ECHILD), in serial order. */
  readonly childless: number[] = [];
  /** Calls that say something of pid namespaces or of orphans, few among all: see `#collect`. */
  readonly special: number[] = [];
  /** Those among them that put their caller's next children into a new pid namespace (fact 11). */
  readonly unshares: number[] = [];
  /** By position: the latest entry time up to it. No event was logged before that moment. */
  clock: Float64Array;
  /** By position: 1 where the event's life is outside the initial pid namespace, once that is decided. */
  outside: Uint8Array;
  /** Whether the boot has any PROCTITLE: a rule of the recorder may exclude the type. */
  readonly titled: boolean;
  /** Numbers in one turn of pids, above all of them; see rank.ts. 0 until it is needed. */
  turn = 0;
  /** What the counter of pids had reached, by position; see rank.ts. */
  reached: Reached = {
    at: new Int32Array(0),
    rank: new Int32Array(0),
    half: 0,
    takenAfter: () => -1,
  };
  /** By position: the number of the event's life in `lives`; 0 none. */
  readonly lifeNumbers: Int32Array;
  /** Lives with events of their own, by number from 1. */
  readonly lives: (Life | undefined)[] = [undefined];
  readonly conclusions: Conclusions = new Conclusions();

  /** How many events there are, and rows of what else was told. */
  readonly #events: number;
  readonly #told: number[] = [];
  /** Made when it is first asked for. */
  #returning: Groups | undefined;

  constructor(table: EventTable, sequence: Sequence) {
    this.#events = sequence.rows.length;
    this.table = table;
    this.node = sequence.node;
    this.rows = sequence.rows;
    const count = this.rows.length;
    this.clock = new Float64Array(count);
    this.outside = new Uint8Array(count);
    this.lifeNumbers = new Int32Array(count);
    const denseOf = new Int32Array(count);
    let clock = 0;
    let have = 0;
    for (let at = 0; at < count; at++) {
      const row = this.rows[at];
      have |= table.have[row];
      clock = Math.max(clock, table.time[row]);
      this.clock[at] = clock;
      denseOf[at] = this.denseFor(table.pid[row]);
      this.#collect(at, row);
    }
    this.titled = (have & HAVE.proctitle) !== 0;
    const { forks, waits } = this;
    for (let i = 0; i < forks.length; i++) if (!forks[i].thread) this.denseFor(forks[i].ret);
    for (let i = 0; i < waits.length; i++) this.denseFor(waits[i].ret);
    const { start, items } = groupBy(denseOf, this.pids.length);
    this.start = start;
    this.own = items;
  }

  /** The dense number of a pid; -1 of one that was never seen. */
  dense(pid: number): number {
    return this.#dense.get(pid);
  }

  /** The same; a pid that was never seen gets the next number. */
  denseFor(pid: number): number {
    let dense = this.#dense.get(pid);
    if (dense < 0) {
      dense = this.pids.length;
      this.#dense.set(pid, dense);
      this.pids.push(pid);
    }
    return dense;
  }

  /** The calls that returned a number, in serial order, without those that made a thread. */
  forksReturning(pid: number): readonly Fork[] {
    if (this.#returning === undefined) {
      const returned = columnOf(this.forks, ({ thread, ret }) => (thread ? -1 : this.dense(ret)));
      this.#returning = groupBy(returned, this.pids.length);
    }
    const dense = this.#dense.get(pid);
    // A pid numbered later than the calls was returned by none.
    if (dense < 0 || dense + 1 >= this.#returning.start.length) return NONE;
    return itemsOf(this.#returning, dense, this.forks);
  }

  /** Range in `own` of a pid's events; an empty range when it has none. */
  range(pid: number): Range {
    const dense = this.#dense.get(pid);
    // A pid numbered later than the events has none.
    if (dense < 0 || dense + 1 >= this.start.length) return NO_EVENTS;
    return { from: this.start[dense], to: this.start[dense + 1] };
  }

  /**
   * The position of something that the process connector told, after those of all events.
   * Good as evidence once `settle` was called. `time`: ms.
   */
  tell(time: number, pid: number, kind: number): number {
    const node = this.table.node[this.rows[0]];
    return this.#events + this.#told.push(this.table.tell(node, time, pid, kind)) - 1;
  }

  /** Puts what was told behind the events. */
  settle(): void {
    if (this.#told.length === 0) return;
    const rows = new Int32Array(this.#events + this.#told.length);
    rows.set(this.rows);
    rows.set(this.#told, this.#events);
    const clock = new Float64Array(rows.length);
    clock.set(this.clock);
    for (let at = this.#events; at < rows.length; at++) clock[at] = this.table.time[rows[at]];
    this.rows = rows;
    this.clock = clock;
  }

  conclude(life: Life, claim: Claim, rule: string, confidence: Confidence, at: number): void {
    this.conclusions.add(life, claim, rule, confidence, at);
  }

  /** The life that an event belongs to, once lives are known. */
  lifeAt(at: number): Life | undefined {
    return this.lives[this.lifeNumbers[at]];
  }

  /** Whether no event between two positions is missing, but for what the kernel dropped (facts 2 and 17). */
  isWhole(from: number, to: number): boolean {
    const { serial } = this.table;
    return serial[this.rows[to]] - serial[this.rows[from]] === to - from;
  }

  time(at: number): number {
    return this.table.time[this.rows[at]];
  }
  pid(at: number): number {
    return this.table.pid[this.rows[at]];
  }
  /** -1 when the event has no SYSCALL record. */
  ppid(at: number): number {
    return this.table.ppid[this.rows[at]];
  }
  kind(at: number): number {
    return this.table.kind[this.rows[at]];
  }
  id(at: number): string {
    return this.table.id(this.rows[at]);
  }
  has(at: number, bit: number): boolean {
    return (this.table.have[this.rows[at]] & bit) !== 0;
  }

  #collect(at: number, row: number): void {
    const { table } = this;
    if ((table.have[row] & HAVE.syscall) === 0) return;
    if (table.success[row] === 0) this.#noChild(at, row);
    if (table.success[row] !== 1) return;
    switch (table.kind[row]) {
      case KIND.fork:
      case KIND.vfork:
      case KIND.clone:
      case KIND.clone3:
        this.#fork(at, row);
        break;
      case KIND.wait4:
      case KIND.waitpid:
        this.#wait(at, table.exit[row] | 0, (table.a2[row] & (WUNTRACED | WCONTINUED)) === 0, true);
        break;
      case KIND.waitid:
        this.#waitid(at, row);
        break;
      case KIND.unshare:
        this.special.push(at);
        if ((table.a0[row] & CLONE_NEWPID) !== 0) this.unshares.push(at);
        break;
      case KIND.setsid:
      case KIND.set_tid_address:
      case KIND.prctl:
        this.special.push(at);
        break;
      case KIND.kill:
      case KIND.tkill:
      case KIND.rt_sigqueueinfo:
        this.#kill(at, row, table.a0[row], table.a1[row]);
        break;
      case KIND.tgkill:
      case KIND.rt_tgsigqueueinfo:
        this.#kill(at, row, table.a0[row], table.a2[row]);
        break;
      case KIND.pidfd_send_signal:
        this.#kill(at, row, 0, table.a1[row]);
        break;
    }
  }

  #fork(at: number, row: number): void {
    const { table } = this;
    // Small integers, not doubles: a field that once held a double costs every object of its shape.
    const ret = table.exit[row] | 0;
    if (ret <= 0) return;
    const kind = table.kind[row];
    const flags = kind === KIND.clone ? table.a0[row] : 0;
    const thread = (flags & CLONE_THREAD) !== 0;
    this.forks.push({
      at,
      ret,
      flags,
      kind,
      thread,
      caller: undefined,
      child: undefined,
      told: undefined,
    });
  }

  /** wait(2): ECHILD for any child means that the whole process has none left, dead or alive. */
  #noChild(at: number, row: number): void {
    const { table } = this;
    if (table.exit[row] !== -ECHILD) return;
    const kind = table.kind[row];
    const special = (kind === KIND.waitid ? table.a3[row] : table.a2[row]) & ONLY_SOME;
    if (special !== 0) return;
    const any = kind === KIND.waitid ? table.a0[row] === P_ALL : table.a0[row] === -1;
    const wait = kind === KIND.wait4 || kind === KIND.waitpid || kind === KIND.waitid;
    if (any && wait) this.childless.push(at);
  }

  #wait(at: number, ret: number, death: boolean, reaps: boolean): void {
    if (ret <= 0) return;
    this.waits.push({ at, ret, death, reaps: death && reaps, waiter: undefined });
  }

  /** waitid returns 0, not the child: only P_PID names it, and WNOHANG may have found nothing. */
  #waitid(at: number, row: number): void {
    const options = this.table.a3[row];
    if (this.table.a0[row] !== P_PID || (options & WNOHANG) !== 0) return;
    const death = (options & WEXITED) !== 0 && (options & (WUNTRACED | WCONTINUED)) === 0;
    this.#wait(at, this.table.a1[row], death, (options & WNOWAIT) === 0);
  }

  #kill(at: number, row: number, target: number, sig: number): void {
    const opids = this.table.objects.get(row) ?? [];
    if (sig < 0 || (opids.length === 0 && target <= 0)) return;
    const one = opids.length < 2 && target > 0 ? target : 0;
    this.kills.push({ at, sig, opids: [...opids].sort((a, b) => a - b), target: one });
  }
}
