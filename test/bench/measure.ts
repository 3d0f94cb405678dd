/** Runs programs and watches what they use. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** How often a running program is looked at, in ms. */
const PERIOD = 5;
/** The kernel's USER_HZ: the unit of CPU times in /proc. */
const TICKS = 100;
const KEPT_STDERR = 1 << 20;

/** A command line; its output goes nowhere. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** A file for its standard input. */
  readonly stdin?: string;
}

/** What one run took. */
export interface Run {
  readonly seconds: number;
  /** User and system time of all its threads, as seen last; within a few ms of the end. */
  readonly cpuSeconds: number;
  /** Its peak resident memory in bytes: VmHWM, which the kernel keeps, as seen last. */
  readonly peak: number;
  readonly status: number | null;
  readonly stderr: string;
}

/** Runs a command to its end. */
async function run(command: Command): Promise<Run> {
  const stdin = command.stdin === undefined ? undefined : openSync(command.stdin, 'r');
  try {
    return await watched(command, stdin ?? 'ignore');
  } finally {
    if (stdin !== undefined) closeSync(stdin);
  }
}

/** The quickest of several runs: the one that other work on the machine disturbed least. */
export async function best(command: Command, times: number): Promise<Run> {
  let quickest = await run(command);
  for (let i = 1; i < times && quickest.status === 0; i++) {
    const again = await run(command);
    if (again.seconds < quickest.seconds || again.status !== 0) quickest = again;
  }
  return quickest;
}

function watched({ file, args }: Command, stdin: number | 'ignore'): Promise<Run> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, { stdio: [stdin, 'ignore', 'pipe'] });
    const usage = { peak: 0, cpuSeconds: 0 };
    const timer = setInterval(() => look(child.pid, usage), PERIOD);
    let stderr = '';
    let seconds = 0;
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < KEPT_STDERR) stderr += chunk.toString();
    });
    child.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.on('exit', () => {
      seconds = (performance.now() - start) / 1000;
      clearInterval(timer);
    });
    child.on('close', (status) => resolve({ ...usage, seconds, status, stderr }));
  });
}

/** Reads the kernel's account of a process; once it has ended there is none. */
function look(pid: number | undefined, usage: { peak: number; cpuSeconds: number }): void {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const peak = /^VmHWM:\s+(?<kilobytes>\d+) kB$/m.exec(status)?.groups?.['kilobytes'];
    if (peak === undefined) return;
    usage.peak = Number(peak) * 1024;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields 14 and 15, after the name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    usage.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    // No /proc, or the program has just ended.
  }
}
