/**
 * The process connector: forks, execs and exits of all processes, told by the kernel in
 * its own words, with ids of the initial pid namespace.
 */
import { sendToKernel } from './libc.ts';
import { HEADER, message, NLMSG_DONE } from './netlink.ts';

export const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const LISTEN = 1;

/** struct cn_msg. */
const CN_HEADER = 20;
/** struct proc_event before what differs by kind: what, cpu, time. */
const EVENT = HEADER + CN_HEADER;
const DATA = EVENT + 16;
/** More than any event takes. */
export const CONNECTOR_MESSAGE = 256;

const FORK = 0x1;
const EXEC = 0x2;
const EXIT = 0x80000000;

/** Asks the kernel for events; whether it will send them shows in what comes. */
export function listenToProcesses(fd: number): void {
  const body = Buffer.alloc(CN_HEADER + 4);
  body.writeUInt32LE(CN_IDX_PROC, 0);
  body.writeUInt32LE(CN_VAL_PROC, 4);
  body.writeUInt16LE(4, 16);
  body.writeUInt32LE(LISTEN, CN_HEADER);
  sendToKernel(fd, message(NLMSG_DONE, 0, 0, body));
}

/** One event. Ids of threads are `pid`, those of processes `tgid`, as in the kernel's interface. */
export type ProcessEvent =
  | { ev: 'fork'; t: bigint; cpu: number; ppid: number; ptgid: number; pid: number; tgid: number }
  | { ev: 'exec'; t: bigint; cpu: number; pid: number; tgid: number }
  | {
      ev: 'exit';
      t: bigint;
      cpu: number;
      pid: number;
      tgid: number;
      /** As wait gives it. */
      code: number;
      /** What its parent is told. */
      sig: number;
      ppid?: number;
      ptgid?: number;
    };

/** Reads messages and keeps count of those that did not come. */
export class ConnectorReader {
  /** The next number of each processor. */
  readonly #next = new Map<number, number>();
  /** Messages missing before the last one read, by their numbers. */
  missed = 0;

  /**
   * The event of the message in `bytes[start, start + length)`; undefined for other kinds
   * and for what is no event. Sets `missed`.
   */
  read(bytes: Buffer, start: number, length: number): ProcessEvent | undefined {
    this.missed = 0;
    if (length < DATA + 8 || bytes.readUInt32LE(start + HEADER) !== CN_IDX_PROC) return undefined;
    const what = bytes.readUInt32LE(start + EVENT);
    // An answer to a request, not numbered.
    if (what === 0) return undefined;
    const cpu = bytes.readUInt32LE(start + EVENT + 4);
    this.#count(cpu, bytes.readUInt32LE(start + HEADER + 8));
    const t = bytes.readBigUInt64LE(start + EVENT + 8);
    const id = (i: number): number => bytes.readInt32LE(start + DATA + 4 * i);
    if (what === FORK) {
      return { ev: 'fork', t, cpu, ppid: id(0), ptgid: id(1), pid: id(2), tgid: id(3) };
    }
    if (what === EXEC) return { ev: 'exec', t, cpu, pid: id(0), tgid: id(1) };
    if (what !== EXIT) return undefined;
    const ended = { t, cpu, pid: id(0), tgid: id(1), code: id(2), sig: id(3) };
    // Linux 4.18 and later.
    const parent = length >= DATA + 24 ? { ppid: id(4), ptgid: id(5) } : {};
    return { ev: 'exit', ...ended, ...parent };
  }

  #count(cpu: number, sequence: number): void {
    const next = this.#next.get(cpu);
    if (next !== undefined) this.missed = (sequence - next) >>> 0;
    this.#next.set(cpu, (sequence + 1) >>> 0);
  }
}

/** An event as a line of the trace, without its newline. The time is a number of any size. */
export function eventLine(event: ProcessEvent): string {
  const { t, cpu } = event;
  const head = `{"t":${t},"cpu":${cpu},"ev":"${event.ev}"`;
  if (event.ev === 'fork') {
    return `${head},"ppid":${event.ppid},"ptgid":${event.ptgid},"pid":${event.pid},"tgid":${event.tgid}}`;
  }
  const who = `${head},"pid":${event.pid},"tgid":${event.tgid}`;
  if (event.ev === 'exec') return `${who}}`;
  const parent = event.ppid === undefined ? '' : `,"ppid":${event.ppid},"ptgid":${event.ptgid}`;
  return `${who},"code":${event.code},"sig":${event.sig}${parent}}`;
}

/**
 * The processes below the recorder, kept up to date by events: what a recording of one
 * command takes of all events.
 */
export class Descendants {
  readonly #pids: Set<number>;
  readonly #recorder: number;
  readonly #isOurs: (pid: number) => boolean;

  /** `isOurs` tells of a process whose parent does not: whether it is in the session. */
  constructor(recorder: number, isOurs: (pid: number) => boolean) {
    this.#recorder = recorder;
    this.#isOurs = isOurs;
    this.#pids = new Set([recorder]);
  }

  /** Whether the event belongs to the command. */
  takes(event: ProcessEvent): boolean {
    if (event.ev !== 'fork') return event.tgid !== this.#recorder && this.#pids.has(event.tgid);
    if (event.tgid === this.#recorder) return false;
    if (event.pid !== event.tgid) return this.#pids.has(event.tgid);
    // Born as a sibling of an orphan, it is a child of init's.
    const ours = this.#pids.has(event.ptgid) || (event.ptgid === 1 && this.#isOurs(event.tgid));
    if (ours) this.#pids.add(event.tgid);
    // The pid of one that has ended, used again elsewhere.
    else this.#pids.delete(event.tgid);
    return ours;
  }

  /** After a loss: these are the ones that are alive. */
  add(pids: Iterable<number>): void {
    for (const pid of pids) this.#pids.add(pid);
  }
}
