/** What /proc says of the host and of processes. Nothing read here is ever run or opened. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { availableParallelism, hostname, release } from 'node:os';
import { containerOf } from '../base/cgroup.ts';
import { compareText } from '../base/compare.ts';
import { decodeText } from '../base/text.ts';
import type { ClockReading, Container, HostFacts, KnownProcess } from '../model/trace.ts';
import { CLOCK, clockStep, clockTicks, clockTime } from './libc.ts';

/** Bytes of a process's arguments that are kept. */
const MOST_ARGUMENTS = 8192;

/** A small file as text; undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  const bytes = readBytes(path);
  return bytes === undefined ? undefined : decodeText(bytes);
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

const short = Buffer.allocUnsafeSlow(4096);

/** One of those files of a process that the kernel gives whole in one read, which is cheaper. */
function readShort(path: string): string | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const length = readSync(fd, short, 0, short.length, null);
      return length < short.length ? decodeText(short, 0, length) : readText(path);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function readNumber(path: string): number | undefined {
  const text = readText(path)?.trim();
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

export function hostFacts(): HostFacts {
  return {
    name: hostname(),
    boot_id: bootId(),
    kernel: release(),
    arch: process.arch,
    cpus: availableParallelism(),
    clock_ticks: clockTicks(),
    tick_ns: clockStep(CLOCK.realtimeCoarse),
    pid_max: readNumber('/proc/sys/kernel/pid_max') ?? 0,
  };
}

export function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** Realtime and boot time are read right around monotonic time, and the first twice. */
export function readClocks(): ClockReading {
  const before = clockTime(CLOCK.realtime);
  const monotonic = clockTime(CLOCK.monotonic);
  const after = clockTime(CLOCK.realtime);
  const boottime = clockTime(CLOCK.boottime);
  return {
    realtime_ns: String((before + after) / 2n),
    monotonic_ns: String(monotonic),
    boottime_ns: String(boottime),
  };
}

/** The fields of /proc/PID/stat after the name, which may hold anything. */
interface Stat {
  readonly comm: string;
  readonly state: string;
  readonly ppid: number;
  readonly threads: number;
  readonly start: number;
}

function readStat(pid: number): Stat | undefined {
  const text = readShort(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    comm: text.slice(text.indexOf('(') + 1, end),
    state: fields[0],
    ppid: Number(fields[1]),
    threads: Number(fields[17]),
    start: Number(fields[19]),
  };
}

/** When a process was started, in ticks since boot; undefined once it has ended. */
export function startOf(pid: number): number | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : stat.start;
}

/** The name of a running process. */
export function commOf(pid: number): string | undefined {
  return readStat(pid)?.comm;
}

/** The audit session of a process. */
export function sessionOf(pid: number): number | undefined {
  return readNumber(`/proc/${pid}/sessionid`);
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Where a process is: what is noted at an exec. */
export type Situation = Pick<KnownProcess, 'cgroup' | 'ns_pids' | 'ns'>;

/** All of it, or undefined once the process is gone. */
export function situationOf(pid: number): Situation | undefined {
  const cgroup = cgroupOf(pid);
  const ns = { ...inode(pid, 'pid'), ...inode(pid, 'mnt') };
  const numbers = ns.pid === ownNamespace ? [pid] : numbersOf(pid);
  if (cgroup === undefined && numbers === undefined) return undefined;
  return {
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(numbers === undefined ? {} : { ns_pids: numbers }),
    ...(Object.keys(ns).length === 0 ? {} : { ns }),
  };
}

/** Who is in the recorder's pid namespace has one number only, and no file is read for it. */
const ownNamespace = inode(process.pid, 'pid').pid;

function numbersOf(pid: number): number[] | undefined {
  const numbers = /^NSpid:\t(.*)$/m.exec(readShort(`/proc/${pid}/status`) ?? '')?.[1];
  return numbers?.split('\t').map(Number);
}

function inode(pid: number, name: 'pid' | 'mnt'): { pid?: number; mnt?: number } {
  try {
    const found = /\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/ns/${name}`));
    return found === null ? {} : { [name]: Number(found[1]) };
  } catch {
    return {};
  }
}

/** The unified hierarchy's path; where that says nothing, the longest of the others. */
function cgroupOf(pid: number): string | undefined {
  const text = readShort(`/proc/${pid}/cgroup`);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.split(':'));
  const paths = lines
    .filter((parts) => parts.length >= 3)
    .map((parts) => ({ unified: parts[0] === '0', path: parts.slice(2).join(':') }));
  const unified = paths.find((one) => one.unified)?.path;
  if (unified !== undefined && unified !== '/') return unified;
  return paths.reduce((best, { path }) => (path.length > best.length ? path : best), '/');
}

/** A process in full; undefined once it is gone. */
function readProcess(pid: number): KnownProcess | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  const exe = link(`/proc/${pid}/exe`);
  const args = argumentsOf(pid);
  return {
    pid,
    ppid: stat.ppid,
    start_ticks: stat.start,
    threads: stat.threads,
    comm: stat.comm,
    ...(exe === undefined ? {} : { exe }),
    ...(args === undefined ? {} : { args }),
    ...situationOf(pid),
  };
}

function link(path: string): string | undefined {
  try {
    return decodeText(readlinkSync(path, { encoding: 'buffer' }));
  } catch {
    return undefined;
  }
}

function argumentsOf(pid: number): string[] | undefined {
  const bytes = readBytes(`/proc/${pid}/cmdline`);
  if (bytes === undefined || bytes.length === 0) return undefined;
  const text = decodeText(bytes.subarray(0, MOST_ARGUMENTS));
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

/** Every process that is alive now, by pid. */
export function allProcesses(): KnownProcess[] {
  return allPids()
    .map(readProcess)
    .filter((found) => found !== undefined);
}

/** The containers that processes are in, each once, in a fixed order. */
export function containersOf(processes: readonly KnownProcess[]): Container[] {
  const found = new Map<string, Container>();
  for (const { cgroup } of processes) {
    const container = cgroup === undefined ? undefined : containerOf(cgroup);
    if (container !== undefined) found.set(`${container.runtime} ${container.id}`, container);
  }
  return [...found].sort(([a], [b]) => compareText(a, b)).map(([, container]) => container);
}

/** Messages that a netlink socket had no room for, by its inode; undefined where not told. */
export function dropsOf(fd: number): number | undefined {
  const inodeText = /\[(\d+)\]/.exec(link(`/proc/self/fd/${fd}`) ?? '')?.[1];
  const lines = readText('/proc/net/netlink')?.split('\n') ?? [];
  for (const line of lines) {
    const fields = line.trim().split(/\s+/);
    if (fields[9] === inodeText) return Number(fields[8]);
  }
  return undefined;
}
