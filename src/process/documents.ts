/** Lives to documents: the last step, where events become names and times. */
import { argumentsOf } from '../event/arguments.ts';
import type { TokenTexts } from '../event/tokens.ts';
import {
  type Evidence,
  type Exec,
  type Incompleteness,
  type ProcessDocument,
  type Reparenting,
  SCHEMA_VERSION,
  type StartSource,
} from '../model/process.ts';
import { errnoName } from '../tables/errno.ts';
import { KIND } from '../tables/kinds.ts';
import { UNSET_ID } from '../record/scan.ts';
import type { Facts } from './facts.ts';
import type { Life } from './life.ts';
import { HAVE } from '../event/table.ts';

const SECONDS_DIGITS = 10;
const SERIAL_DIGITS = 10;

/** What a process ran at a moment: inherited by the children it bears then. */
interface Program {
  readonly at: number;
  readonly args: readonly (string | null)[] | undefined;
  readonly exe: string | undefined;
  readonly comm: string | undefined;
}

const NOTHING: Program = { at: -1, args: undefined, exe: undefined, comm: undefined };

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
  readonly #programs = new Map<Life, readonly Program[]>();

  /** `lives`: all of the boot's. Sets their ids. */
  constructor(facts: Facts, texts: TokenTexts, lives: readonly Life[]) {
    this.#facts = facts;
    this.#texts = texts;
    for (const life of lives) life.id = lifeId(facts, life);
    for (const life of lives) life.children.sort((a, b) => compareBirths(facts, a, b));
  }

  write(life: Life): ProcessDocument {
    const facts = this.#facts;
    const execve = this.#execs(life);
    const program = this.#programAt(life, Infinity);
    const subject = life.silent ? -1 : facts.rows[facts.own[life.to - 1]];
    const start = startOf(facts, life);
    const tty = subject < 0 ? undefined : this.#texts.plain(facts.table.tty[subject]);
    const cwd = this.#cwd(life);
    const { end } = life;
    return {
      schema_version: SCHEMA_VERSION,
      _id: life.id,
      ...(facts.node === '' ? {} : { node: facts.node }),
      pid: life.pid,
      ...(life.ppid < 0 ? {} : { ppid: life.ppid }),
      parent: life.parent?.id ?? null,
      children: life.children.map((child) => child.id),
      ...(life.nsPid > 0 ? { ns_pid: life.nsPid } : {}),
      ...start,
      ...(cwd === undefined ? {} : { cwd }),
      ...(program.args === undefined ? {} : { args: program.args }),
      ...(program.exe === undefined ? {} : { exe: program.exe }),
      ...(program.comm === undefined ? {} : { comm: program.comm }),
      execve,
      ...(end?.after === undefined ? {} : { exit_after: end.after }),
      ...(end === undefined ? {} : { exit_timestamp: end.time }),
      ...(end?.code === undefined ? {} : { exit_code: end.code }),
      ...(end?.signal === undefined ? {} : { exit_signal: end.signal }),
      ...(end === undefined ? {} : { exit_source: end.source }),
      threads: life.threads + 1,
      reparented: this.#reparented(life),
      ...(subject < 0 ? {} : idsOf(facts, subject)),
      ...(tty === undefined ? {} : { tty }),
      ...this.#unidentified(life),
      incomplete: this.#incomplete(life, execve),
      evidence: this.#evidence(life),
    };
  }

  #execs(life: Life): Exec[] {
    const facts = this.#facts;
    const execs: Exec[] = [];
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      if (isExec(facts, at)) execs.push(this.#exec(at));
    }
    return execs;
  }

  #exec(at: number): Exec {
    const facts = this.#facts;
    const { table } = facts;
    const row = facts.rows[at];
    const failed = table.success[row] === 0;
    const args = failed ? undefined : this.#arguments(row);
    const tried = failed ? this.#texts.text(table.names.get(row) ?? -1) : undefined;
    const exe = failed ? tried : this.#texts.text(table.exe[row]);
    const cwd = this.#texts.text(table.cwd[row]);
    const errno = failed ? errnoName(-table.exit[row]) : undefined;
    return {
      timestamp: table.time[row],
      ...(args === undefined ? {} : { args }),
      ...(exe === undefined ? {} : { exe }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(failed ? { failed: true as const } : {}),
      ...(errno === undefined ? {} : { errno }),
      event: table.id(row),
    };
  }

  #arguments(row: number): readonly (string | null)[] | undefined {
    const parts = this.#facts.table.execve.get(row);
    return parts === undefined ? undefined : argumentsOf(parts).args;
  }

  /** What it ran after its last successful exec before a position. */
  #programAt(life: Life, at: number): Program {
    const programs = this.#programsOf(life);
    let low = 0;
    let high = programs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (programs[middle].at < at) low = middle;
      else high = middle - 1;
    }
    return programs[low];
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
    for (let i = path.length - 1; i >= 0; i--) {
      this.#programs.set(path[i], this.#ownPrograms(path[i]));
    }
    return this.#programs.get(life) as readonly Program[];
  }

  #ownPrograms(life: Life): Program[] {
    const facts = this.#facts;
    const { table } = facts;
    const born = life.birth?.at ?? life.anchor;
    let now = life.parent === undefined ? NOTHING : this.#programAt(life.parent, born);
    now = { ...now, at: -1 };
    const programs = [now];
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      const row = facts.rows[at];
      const exec = isExec(facts, at) && table.success[row] === 1;
      const exe = this.#texts.text(table.exe[row]) ?? now.exe;
      const comm = this.#texts.text(table.comm[row]) ?? now.comm;
      if (!exec && exe === now.exe && comm === now.comm) continue;
      now = { at, args: exec ? this.#arguments(row) : now.args, exe, comm };
      if (exec || programs.length === 0) programs.push(now);
      else programs[programs.length - 1] = { ...now, at: programs[programs.length - 1].at };
    }
    return programs;
  }

  /** The latest directory that a record of its own shows, or its parent's at birth. */
  #cwd(life: Life): string | undefined {
    const { table } = this.#facts;
    let from: Life | undefined = life;
    let before = Infinity;
    while (from !== undefined) {
      for (let i = from.to - 1; i >= from.from; i--) {
        const at = this.#facts.own[i];
        if (at >= before) continue;
        const token = table.cwd[this.#facts.rows[at]];
        if (token >= 0) return this.#texts.text(token);
      }
      before = from.birth?.at ?? from.anchor;
      from = from.parent;
    }
    return undefined;
  }

  #reparented(life: Life): Reparenting[] {
    const facts = this.#facts;
    return life.adoptions.map(({ at, ppid, parent }) => ({
      timestamp: facts.clock[at],
      ppid,
      ...(parent === undefined ? {} : { parent: parent.id }),
    }));
  }

  #unidentified(life: Life): Pick<ProcessDocument, 'unidentified_children'> {
    if (life.unidentified.length === 0) return {};
    const facts = this.#facts;
    const unidentified_children = life.unidentified.map((fork) => ({
      timestamp: facts.time(fork.at),
      ns_pid: fork.ret,
      event: facts.id(fork.at),
    }));
    return { unidentified_children };
  }

  #incomplete(life: Life, execs: readonly Exec[]): Incompleteness[] {
    const missing: Incompleteness[] = [];
    if (life.birth === undefined) missing.push('no_birth');
    if (life.end === undefined) missing.push('no_end');
    else if (life.end.code === undefined && life.end.signal === undefined) {
      missing.push('end_status_unknown');
    }
    if (execs.some((exec) => exec.args?.includes(null) === true)) missing.push('missing_arguments');
    if (this.#lacksRecords(life)) missing.push('missing_records');
    if (life.unidentified.length > 0) missing.push('unidentified_children');
    return missing;
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
    return life.conclusions.map(({ claim, rule, confidence, at }) => ({
      claim,
      rule,
      confidence,
      events: at.map((one) => this.#facts.id(one)),
    }));
  }
}

function isExec(facts: Facts, at: number): boolean {
  const kind = facts.kind(at);
  return (kind === KIND.execve || kind === KIND.execveat) && facts.has(at, HAVE.syscall);
}

function idsOf(facts: Facts, row: number): Pick<ProcessDocument, 'uid' | 'auid' | 'ses'> {
  const uid = facts.table.uid[row];
  const auid = facts.table.auid[row];
  const ses = facts.table.ses[row];
  return {
    ...(uid === UNSET_ID ? {} : { uid }),
    ...(auid === UNSET_ID ? {} : { auid }),
    ...(ses === UNSET_ID ? {} : { ses }),
  };
}

const FORK_NAMES = new Map<number, StartSource>([
  [KIND.fork, 'fork'],
  [KIND.vfork, 'vfork'],
  [KIND.clone, 'clone'],
  [KIND.clone3, 'clone3'],
]);

function startOf(
  facts: Facts,
  life: Life,
): Pick<ProcessDocument, 'start_timestamp' | 'start_source'> {
  const { birth } = life;
  if (birth !== undefined) {
    return {
      start_timestamp: facts.time(birth.at),
      start_source: FORK_NAMES.get(birth.kind) as StartSource,
    };
  }
  if (!life.silent)
    return { start_timestamp: firstTime(facts, life), start_source: 'first_record' };
  const wait = life.waits[0];
  const source = wait !== undefined && wait.at === life.anchor ? 'wait' : 'signal';
  return { start_timestamp: facts.clock[life.anchor], start_source: source };
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
