/** Lives to documents: the last step, where events become names and times. */
import { append, lowerBound, lowerBoundBy, NONE } from '../base/list.ts';
import type { ArgumentTexts } from '../event/arguments.ts';
import type { TokenTexts } from '../event/tokens.ts';
import {
  type Evidence,
  type Exec,
  type Incompleteness,
  type ProcessDocument,
  type Reparenting,
  SCHEMA_VERSION,
  type StartSource,
  type UnidentifiedChild,
} from '../model/process.ts';
import { errnoName } from '../tables/errno.ts';
import { KIND } from '../tables/kinds.ts';
import { UNSET_ID } from '../record/scan.ts';
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';
import { HAVE } from '../event/table.ts';

const SECONDS_DIGITS = 10;
const SERIAL_DIGITS = 10;
const NO_TOKEN = -1;
const NO_EXECS: readonly Exec[] = [];
const NO_REPARENTINGS: readonly Reparenting[] = [];
const NO_IDS: readonly string[] = [];
const WHOLE: readonly Incompleteness[] = [];

/** What a process ran from a position on: inherited by the children it bears then. */
interface Program {
  readonly at: number;
  /** Row of the exec whose arguments it has; -1 unknown. */
  readonly row: number;
  /** Token ids. */
  readonly exe: number;
  readonly comm: number;
}

const NOTHING: Program = { at: -1, row: -1, exe: -1, comm: -1 };

/**
 * `NODE/SECONDS.MS/SERIAL/PID` of the earliest event, by serial, that shows the life. Zeros
 * in front make code-unit order the order of hosts, then times, then serials. An event that
 * is logged later cannot change it, so a log that grows at its end keeps its `_id`s.
 */
function lifeId(facts: Facts, life: Life): string {
  const row = facts.rows[life.anchor];
  const time = facts.table.time[row];
  const seconds = Math.floor(time / 1000);
  const milli = String(time - seconds * 1000).padStart(3, '0');
  const serial = String(facts.table.serial[row]).padStart(SERIAL_DIGITS, '0');
  const node = facts.node === '' ? '-' : facts.node;
  return `${node}/${String(seconds).padStart(SECONDS_DIGITS, '0')}.${milli}/${serial}/${life.pid}`;
}

/** Makes the documents of one boot's lives; what children inherit is kept between calls. */
export class DocumentWriter {
  readonly #facts: Facts;
  readonly #texts: TokenTexts;
  readonly #arguments: ArgumentTexts;
  readonly #programs = new Map<Life, readonly Program[]>();
  readonly #births = new Map<Life, number>();
  readonly #directories = new Map<Life, readonly number[]>();
  #lastRow = -1;
  #lastArguments: readonly (string | null)[] | undefined;

  /** `lives`: all of the boot's. Sets their ids. */
  constructor(
    facts: Facts,
    texts: TokenTexts,
    argumentTexts: ArgumentTexts,
    lives: readonly Life[],
  ) {
    this.#arguments = argumentTexts;
    this.#facts = facts;
    this.#texts = texts;
    for (const life of lives) life.id = lifeId(facts, life);
    for (const life of lives) {
      if (life.children.length < 2) continue;
      life.children = [...life.children].sort((a, b) => compareBirths(facts, a, b));
    }
  }

  write(life: Life): ProcessDocument {
    const facts = this.#facts;
    const { table } = facts;
    const texts = this.#texts;
    const execve = this.#execs(life);
    const program = this.#programAt(life, Infinity);
    const subject = life.silent ? -1 : facts.rows[facts.own[life.to - 1]];
    const { end } = life;
    // One literal with every key, absent or not, keeps all documents of one shape: fast to
    // make and to write. An undefined value is an absent one.
    return {
      schema_version: SCHEMA_VERSION,
      _id: life.id,
      node: facts.node === '' ? undefined : facts.node,
      pid: life.pid,
      ppid: life.ppid < 0 ? undefined : life.ppid,
      parent: life.parent?.id ?? null,
      children: idsOfLives(life.children),
      ns_pid: life.nsPid > 0 ? life.nsPid : undefined,
      start_timestamp: startTime(facts, life),
      start_source: startSource(life),
      cwd: this.#cwd(life),
      args: this.#argumentsOf(program.row),
      exe: texts.text(program.exe),
      comm: texts.text(program.comm),
      execve,
      exit_after: end?.after,
      exit_timestamp: end?.time,
      exit_code: end?.code,
      exit_signal: end?.signal,
      exit_source: end?.source,
      threads: life.threads + 1,
      reparented: this.#reparented(life),
      uid: subject < 0 ? undefined : setId(table.uid[subject]),
      auid: subject < 0 ? undefined : setId(table.auid[subject]),
      ses: subject < 0 ? undefined : setId(table.ses[subject]),
      tty: subject < 0 ? undefined : texts.plain(table.tty[subject]),
      unidentified_children: this.#unidentified(life),
      incomplete: this.#incomplete(life, execve),
      evidence: this.#evidence(life),
    };
  }

  #execs(life: Life): readonly Exec[] {
    const facts = this.#facts;
    let execs: Exec[] | undefined;
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      if (!isExec(facts, at)) continue;
      if (execs === undefined) execs = [this.#exec(at)];
      else execs.push(this.#exec(at));
    }
    return execs ?? NO_EXECS;
  }

  #exec(at: number): Exec {
    const facts = this.#facts;
    const { table } = facts;
    const texts = this.#texts;
    const row = facts.rows[at];
    const failed = table.success[row] === 0;
    return {
      timestamp: table.time[row],
      args: failed ? undefined : this.#argumentsOf(row),
      exe: texts.text(failed ? (table.names.get(row) ?? -1) : table.exe[row]),
      cwd: texts.text(table.cwd[row]),
      failed: failed ? true : undefined,
      errno: failed ? errnoName(-table.exit[row]) : undefined,
      event: table.id(row),
    };
  }

  /** The arguments of an exec's row: the last one's are kept, because `args` repeats them. */
  #argumentsOf(row: number): readonly (string | null)[] | undefined {
    if (row < 0 || this.#facts.table.argv[row] < 0) return undefined;
    if (row !== this.#lastRow) {
      this.#lastRow = row;
      this.#lastArguments = this.#arguments.of(row).args;
    }
    return this.#lastArguments;
  }

  /** What it ran after its last successful exec before a position. */
  #programAt(life: Life, at: number): Program {
    const programs = this.#programsOf(life);
    return programs[Math.max(0, lowerBoundBy(programs, (program) => program.at, at) - 1)];
  }

  /** All programs of a life, the inherited one first; ancestors first, without recursion. */
  #programsOf(life: Life): readonly Program[] {
    const known = this.#programs.get(life);
    if (known !== undefined) return known;
    const path: Life[] = [life];
    for (;;) {
      const { parent } = path[path.length - 1];
      if (parent === undefined || this.#programs.has(parent)) break;
      path.push(parent);
    }
    let programs: readonly Program[] = [NOTHING];
    for (let i = path.length - 1; i >= 0; i--) {
      programs = this.#ownPrograms(path[i]);
      // Only children ask again.
      if (path[i].children.length > 0) this.#programs.set(path[i], programs);
    }
    return programs;
  }

  #ownPrograms(life: Life): Program[] {
    const facts = this.#facts;
    const { table } = facts;
    const { parent } = life;
    const born = life.birth?.at ?? life.anchor;
    const inherited = parent === undefined ? NOTHING : this.#programAt(parent, born);
    let { row: execRow, exe, comm } = inherited;
    const programs: Program[] = [];
    let from = -1;
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      const row = facts.rows[at];
      if (isExec(facts, at) && table.success[row] === 1) {
        programs.push({ at: from, row: execRow, exe, comm });
        execRow = row;
        from = at;
      }
      if (table.exe[row] >= 0) exe = table.exe[row];
      if (table.comm[row] >= 0) comm = table.comm[row];
    }
    programs.push({ at: from, row: execRow, exe, comm });
    return programs;
  }

  /** The latest directory that a record of its own shows, or its parent's at birth. */
  #cwd(life: Life): string | undefined {
    const { table, rows } = this.#facts;
    const shown = this.#directoriesOf(life);
    const token = shown.length > 0 ? table.cwd[rows[shown[shown.length - 1]]] : this.#bornIn(life);
    return this.#texts.text(token);
  }

  /** Token of the directory at birth; the whole line of ancestors is settled at once. */
  #bornIn(life: Life): number {
    const path: Life[] = [];
    let walk: Life | undefined = life;
    let token: number | undefined;
    while (walk !== undefined && token === undefined) {
      token = this.#births.get(walk);
      if (token !== undefined) break;
      path.push(walk);
      token = this.#parentDirectory(walk);
      walk = walk.parent;
    }
    for (const member of path) this.#births.set(member, token ?? NO_TOKEN);
    return token ?? NO_TOKEN;
  }

  /** What the parent's records last showed before the birth. */
  #parentDirectory(life: Life): number | undefined {
    if (life.parent === undefined) return NO_TOKEN;
    const shown = this.#directoriesOf(life.parent);
    const born = life.birth?.at ?? life.anchor;
    const k = lowerBound(shown, 0, shown.length, born) - 1;
    return k < 0 ? undefined : this.#facts.table.cwd[this.#facts.rows[shown[k]]];
  }

  /** Positions of a life's records that show its directory; kept for those with children. */
  #directoriesOf(life: Life): readonly number[] {
    const known = this.#directories.get(life);
    if (known !== undefined) return known;
    const { table, rows, own } = this.#facts;
    let shown: readonly number[] = NONE;
    for (let i = life.from; i < life.to; i++) {
      if (table.cwd[rows[own[i]]] >= 0) shown = append(shown, own[i]);
    }
    if (life.children.length > 0) this.#directories.set(life, shown);
    return shown;
  }

  #reparented(life: Life): readonly Reparenting[] {
    if (life.adoptions.length === 0) return NO_REPARENTINGS;
    const facts = this.#facts;
    return life.adoptions.map(({ at, ppid, parent }) => ({
      timestamp: facts.clock[at],
      ppid,
      parent: parent?.id,
      event: facts.id(at),
    }));
  }

  #unidentified(life: Life): readonly UnidentifiedChild[] | undefined {
    if (life.unidentified.length === 0) return undefined;
    const facts = this.#facts;
    return life.unidentified.map((fork) => ({
      timestamp: facts.time(fork.at),
      ns_pid: fork.ret,
      event: facts.id(fork.at),
    }));
  }

  #incomplete(life: Life, execs: readonly Exec[]): readonly Incompleteness[] {
    const { end } = life;
    const missing: Incompleteness[] = [];
    if (life.birth === undefined) missing.push('no_birth');
    if (end === undefined) missing.push('no_end');
    else if (end.code === undefined && end.signal === undefined) missing.push('end_status_unknown');
    if (execs.some((exec) => exec.args?.includes(null) === true)) missing.push('missing_arguments');
    if (this.#lacksRecords(life)) missing.push('missing_records');
    if (life.unidentified.length > 0) missing.push('unidentified_children');
    return missing.length === 0 ? WHOLE : missing;
  }

  /** The kernel ends every event of a system call with PROCTITLE (fact 17), and exec has EXECVE. */
  #lacksRecords(life: Life): boolean {
    const facts = this.#facts;
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      if (!facts.has(at, HAVE.syscall)) continue;
      if (!facts.has(at, HAVE.proctitle)) return true;
      const exec = isExec(facts, at) && facts.table.success[facts.rows[at]] === 1;
      if (exec && !facts.has(at, HAVE.execve)) return true;
    }
    return false;
  }

  #evidence(life: Life): Evidence[] {
    const { conclusions } = this.#facts;
    const evidence: Evidence[] = [];
    for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
      const { claim, rule, confidence } = conclusions.verdict(number);
      evidence.push({ claim, rule, confidence, events: [this.#facts.id(conclusions.at(number))] });
    }
    return evidence;
  }
}

function isExec(facts: Facts, at: number): boolean {
  const kind = facts.kind(at);
  return (kind === KIND.execve || kind === KIND.execveat) && facts.has(at, HAVE.syscall);
}

function setId(id: number): number | undefined {
  return id === UNSET_ID ? undefined : id;
}

function idsOfLives(lives: readonly Life[]): readonly string[] {
  return lives.length === 0 ? NO_IDS : lives.map((life) => life.id);
}

function startSource({ birth, waits, anchor, silent }: Life): StartSource {
  if (birth !== undefined) {
    if (birth.kind === KIND.clone) return 'clone';
    if (birth.kind === KIND.clone3) return 'clone3';
    return birth.kind === KIND.vfork ? 'vfork' : 'fork';
  }
  if (!silent) return 'first_record';
  return waits.length > 0 && waits[0].at === anchor ? 'wait' : 'signal';
}

function startTime(facts: Facts, life: Life): number {
  if (life.birth !== undefined) return facts.time(life.birth.at);
  return life.silent ? facts.clock[life.anchor] : firstTime(facts, life);
}

/** Its earliest entry into a call: it had started by then. */
function firstTime(facts: Facts, life: Life): number {
  let first = Infinity;
  for (let i = life.from; i < life.to; i++) first = Math.min(first, facts.time(facts.own[i]));
  return first;
}

/** By birth, then by first evidence, then by pid: total, because an event shows a pid once. */
function compareBirths(facts: Facts, a: Life, b: Life): number {
  const bornA = a.birth === undefined ? facts.time(a.anchor) : facts.time(a.birth.at);
  const bornB = b.birth === undefined ? facts.time(b.anchor) : facts.time(b.birth.at);
  return bornA - bornB || a.anchor - b.anchor || a.pid - b.pid;
}
