/**
 * Audit logs written by hand, for tests of single rules: each call adds one event as the
 * kernel logs it, and the order of the calls is the order of the serials.
 *
 * `ms` is the entry of the system call. A process is named as `[pid, ppid]`, both in the
 * initial pid namespace, as its record shows them at that moment.
 */
import type { Analysis } from '../../src/model/analysis.ts';
import type { Claim, ProcessDocument } from '../../src/model/process.ts';
import { analyzeSync } from '../../src/pipeline.ts';
import { ARCH_X86_64, syscallNumber } from '../../src/tables/syscalls.ts';

/** The moment that `ms` counts from. */
export const START = 1_800_000_000_000;

const SIGCHLD = 17;
export const CLONE_VFORK = 0x4000;
export const CLONE_PARENT = 0x8000;
const CLONE_THREAD = 0x10000;
export const CLONE_NEWPID = 0x20000000;

export type Who = readonly [pid: number, ppid: number];

/** What a SYSCALL record says beside who and when; its defaults are those of an ordinary call. */
export interface Call {
  readonly args?: readonly number[];
  readonly exit?: number;
  readonly success?: boolean;
  /** For another architecture than x86-64, with the call's number there. */
  readonly arch?: number;
  readonly nr?: number;
  readonly comm?: string;
  readonly exe?: string;
  /** Whole values of the record's last fields, in place of the usual ones. */
  readonly tail?: string;
  /** Further records of the event: `TYPE fields`. */
  readonly records?: readonly string[];
}

/** As a process's own records show it. */
interface Program {
  readonly comm: string;
  readonly exe: string;
}

const ANY_PROGRAM: Program = { comm: 'x', exe: '/usr/bin/x' };

interface Setting {
  readonly node?: string;
  /** The serial of the first event. */
  readonly serial?: number;
  readonly start?: number;
}

/** An untrusted string as `audit_log_untrustedstring` writes it (KERNEL fact 18). */
export function value(text: string): string {
  return /^[!#-~]*$/.test(text) ? `"${text}"` : Buffer.from(text).toString('hex').toUpperCase();
}

export class Log {
  readonly lines: string[] = [];
  readonly #node: string;
  readonly #start: number;
  /** What each pid runs. */
  readonly #programs = new Map<number, Program>();
  #serial: number;

  constructor({ node, serial = 1, start = START }: Setting = {}) {
    this.#node = node === undefined ? '' : `node=${node} `;
    this.#serial = serial;
    this.#start = start;
  }

  /** An event of these records, `TYPE fields` each, and no other. */
  event(ms: number, ...records: readonly string[]): this {
    const time = this.#start + ms;
    const seconds = Math.floor(time / 1000);
    const stamp = `audit(${seconds}.${String(time % 1000).padStart(3, '0')}:${this.#serial++})`;
    for (const record of records) {
      const space = record.indexOf(' ');
      const type = record.slice(0, space);
      this.lines.push(`${this.#node}type=${type} msg=${stamp}: ${record.slice(space + 1)}`);
    }
    return this;
  }

  /** An event of one system call, whole: SYSCALL, further records, PROCTITLE, EOE. */
  call(ms: number, who: Who, name: string, call: Call = {}): this {
    const records = call.records ?? [];
    const program = this.#programs.get(who[0]) ?? ANY_PROGRAM;
    const first = syscall(who, name, { ...program, ...call });
    return this.event(ms, first, ...records, 'PROCTITLE proctitle="x"', 'EOE ');
  }

  /** Any call that says nothing beyond that the process lives. */
  touch(ms: number, who: Who, call: Call = {}): this {
    return this.call(ms, who, 'umask', call);
  }

  fork(ms: number, who: Who, child: number): this {
    this.#programs.set(child, this.#programs.get(who[0]) ?? ANY_PROGRAM);
    return this.call(ms, who, 'fork', { exit: child });
  }

  clone(ms: number, who: Who, child: number, flags = 0): this {
    return this.call(ms, who, 'clone', { args: [flags | SIGCHLD], exit: child });
  }

  /** A thread as its flags show it. */
  thread(ms: number, who: Who, id: number): this {
    return this.clone(ms, who, id, CLONE_THREAD);
  }

  /** As the C library calls it: a pointer, a size, and the function that the child runs. */
  clone3(ms: number, who: Who, child: number, args = [0x7ffc1000, 88, 0x7f001000]): this {
    return this.call(ms, who, 'clone3', { args, exit: child });
  }

  exec(ms: number, who: Who, argv: readonly string[], call: Call = {}): this {
    const fields = argv.map((arg, i) => ` a${i}=${value(arg)}`).join('');
    const comm = argv[0]?.slice(argv[0].lastIndexOf('/') + 1) ?? '';
    this.#programs.set(who[0], { comm, exe: `/usr/bin/${comm}` });
    return this.call(ms, who, 'execve', {
      records: [`EXECVE argc=${argv.length}${fields}`, `CWD cwd="/srv"`],
      ...call,
    });
  }

  execFailed(ms: number, who: Who, path: string, error: number): this {
    const records = [`CWD cwd="/srv"`, `PATH item=0 name=${value(path)} nametype=UNKNOWN`];
    return this.call(ms, who, 'execve', { success: false, exit: -error, records });
  }

  exitGroup(ms: number, who: Who, status = 0): this {
    return this.call(ms, who, 'exit_group', { args: [status] });
  }

  /** The end of one thread. */
  exit(ms: number, who: Who, status = 0): this {
    return this.call(ms, who, 'exit', { args: [status] });
  }

  /** wait4 for any child. */
  wait(ms: number, who: Who, child: number, options = 0): this {
    return this.call(ms, who, 'wait4', { args: [-1, 0, options], exit: child });
  }

  /** `opid`: the target in the initial namespace; without it the OBJ_PID record is lost. */
  kill(ms: number, who: Who, target: number, signal: number, opid?: number): this {
    const records = opid === undefined ? [] : [`OBJ_PID opid=${opid} ouid=0 oses=1 ocomm="x"`];
    return this.call(ms, who, 'kill', { args: [target, signal], records });
  }

  abend(ms: number, [pid]: Who, signal: number): this {
    const ids = `auid=4242 uid=0 gid=0 ses=1 pid=${pid}`;
    return this.event(ms, `ANOM_ABEND ${ids} comm="x" exe="/usr/bin/x" sig=${signal} res=1`);
  }

  /** The documents; see `analyze`. */
  get documents(): ProcessDocument[] {
    return [...analyze(this.lines).processes];
  }
}

/** SYSCALL's fields. exit and exit_group have no result (KERNEL fact 13). */
function syscall([pid, ppid]: Who, name: string, call: Call): string {
  const { arch = ARCH_X86_64, nr = syscallNumber(arch, name), success = true } = call;
  const args = [0, 1, 2, 3].map((i) => `a${i}=${hex(call.args?.[i] ?? 0)}`);
  const ends = name === 'exit' || name === 'exit_group';
  const result = ends ? [] : [`success=${success ? 'yes' : 'no'}`, `exit=${call.exit ?? 0}`];
  const tail = call.tail ?? `${IDS} ${programOf(call)} key=(null)`;
  const head = [`SYSCALL arch=${hex(arch)} syscall=${nr}`, ...result, ...args];
  return `${head.join(' ')} items=0 ppid=${ppid} pid=${pid} ${tail}`;
}

const IDS = 'auid=4242 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1';

function programOf({ comm = '', exe = '' }: Call): string {
  return `comm=${value(comm)} exe=${value(exe)}`;
}

function hex(number: number): string {
  return BigInt.asUintN(number < 0 ? 64 : 53, BigInt(number)).toString(16);
}

function bytesOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
}

/** Analyzes the lines as they stand and backwards; throws when that makes a difference. */
export function analyze(lines: readonly string[]): Analysis {
  const analysis = analyzeSync([{ name: 'a.log', bytes: bytesOf(lines) }]);
  const backwards = analyzeSync([{ name: 'a.log', bytes: bytesOf(lines.toReversed()) }]);
  if (analysis.summary.digest !== backwards.summary.digest) {
    throw new Error('the order of the lines makes a difference');
  }
  return analysis;
}

/** All lives of a pid, oldest first. */
export function livesOf(documents: Iterable<ProcessDocument>, pid: number): ProcessDocument[] {
  return [...documents].filter((document) => document.pid === pid);
}

/** The one life of a pid. */
export function lifeOf(documents: Iterable<ProcessDocument>, pid: number): ProcessDocument {
  const lives = livesOf(documents, pid);
  if (lives.length !== 1) throw new Error(`${lives.length} lives of pid ${pid}`);
  return lives[0];
}

/** The tree by pids, `1000(1001(1003) 1002)`; children in birth order, roots by `_id`. */
export function treeOf(documents: Iterable<ProcessDocument>): string {
  const byId = new Map([...documents].map((document) => [document._id, document]));
  const write = (id: string): string => {
    const document = byId.get(id);
    if (document === undefined) throw new Error(`no document ${id}`);
    const children = document.children.map(write).join(' ');
    return children === '' ? `${document.pid}` : `${document.pid}(${children})`;
  };
  const roots = [...byId.values()].filter((document) => document.parent === null);
  return roots.map((document) => write(document._id)).join(' ');
}

/** pid and ns_pid of all, in order of pids. */
export function numbersOf(documents: Iterable<ProcessDocument>): string {
  const numbers = [...documents].map(({ pid, ns_pid }) => [pid, ns_pid] as const);
  return numbers
    .toSorted(([a], [b]) => a - b)
    .map(([pid, nsPid]) => (nsPid === undefined ? `${pid}` : `${pid}=${nsPid}`))
    .join(' ');
}

/** `rule confidence` of each conclusion about something. */
export function rulesOf(document: ProcessDocument, claim: Claim): string[] {
  const about = document.evidence.filter((one) => one.claim === claim);
  return about.map(({ rule, confidence }) => `${rule} ${confidence}`);
}

/** How and when it ended, in ms after START; only what is known. */
export function endOf(document: ProcessDocument): Record<string, unknown> {
  const { exit_source, exit_after, exit_timestamp, exit_code, exit_signal } = document;
  return {
    ...(exit_source === undefined ? {} : { source: exit_source }),
    ...(exit_after === undefined ? {} : { after: exit_after - START }),
    ...(exit_timestamp === undefined ? {} : { by: exit_timestamp - START }),
    ...(exit_code === undefined ? {} : { code: exit_code }),
    ...(exit_signal === undefined ? {} : { signal: exit_signal }),
  };
}
