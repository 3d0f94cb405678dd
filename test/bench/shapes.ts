/**
 * Logs of extreme process trees: very wide and very deep. The records are as long as real
 * ones. In a full tree each process is forked, runs a program, exits and is waited for; in
 * a bare one it runs nothing of its own and leaves no record of its end, so that all but
 * its existence is to be concluded from its relatives.
 */
import { timeText } from './copies.ts';

/** A piece of a log and what it adds. */
export interface Piece {
  readonly text: string;
  readonly records: number;
  readonly events: number;
}

/** 2026-11-23T05:12:00Z. */
const START = 1_795_410_720_000;
/** The root and its own parent, which is older than the log. */
const ROOT = 1000;
const OUTER = 999;
/** How many children of the wide shape live at the same time. */
const LIVING = 1000;
/** Events in one millisecond. */
const PACE = 4;
const IDS =
  'auid=4242 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=41 ' +
  'comm="wl" exe="/srv/workload/wl" key=(null)';

/** A process and its parent. */
interface Who {
  readonly pid: number;
  readonly ppid: number;
}

/** Makes events, each a millisecond's fraction after the last. */
class Script {
  #serial = 0;

  fork(who: Who, child: number): Piece {
    return this.#event([
      call(who, 56, `success=yes exit=${child} a0=1200011 a1=0 a2=0 a3=7f5d3c1a0a10`),
    ]);
  }

  exec(who: Who): Piece {
    return this.#event([
      call(who, 59, 'success=yes exit=0 a0=55e01a974640 a1=55e01a974880 a2=55e01a9749b0 a3=8'),
      `type=EXECVE @argc=3 a0="/srv/workload/wl" a1="job" a2="${who.pid}"`,
      'type=CWD @cwd="/srv/workload"',
    ]);
  }

  /** Shows that the process is there. */
  setsid(who: Who): Piece {
    return this.#event([call(who, 112, `success=yes exit=${who.pid} a0=0 a1=0 a2=0 a3=0`)]);
  }

  exit(who: Who): Piece {
    return this.#event([
      call(who, 231, `a0=${(who.pid % 256).toString(16)} a1=e7 a2=3c a3=7f5d3c1a0a10`),
    ]);
  }

  wait(who: Who, child: number): Piece {
    return this.#event([
      call(who, 61, `success=yes exit=${child} a0=ffffffff a1=7ffc5fc03c90 a2=0 a3=0`),
    ]);
  }

  #event(bodies: readonly string[]): Piece {
    const serial = ++this.#serial;
    const header = `msg=audit(${timeText(START + Math.floor(serial / PACE))}:${serial}): `;
    const all = [...bodies, `type=PROCTITLE @${PROCTITLE}`];
    const text = all.map((body) => `${body.replace('@', header)}\n`).join('');
    return { text, records: all.length, events: 1 };
  }
}

const PROCTITLE = `proctitle=${Buffer.from('/srv/workload/wl\0job').toString('hex').toUpperCase()}`;

function call({ pid, ppid }: Who, nr: number, rest: string): string {
  return `type=SYSCALL @arch=c000003e syscall=${nr} ${rest} items=0 ppid=${ppid} pid=${pid} ${IDS}`;
}

/** One parent with so many children. */
export function* wideShape(children: number, bare: boolean): Generator<Piece, void> {
  const script = new Script();
  const root = { pid: ROOT, ppid: OUTER };
  yield script.exec(root);
  for (let i = 1; i <= children + LIVING; i++) {
    if (i <= children) yield* beginning(script, root, { pid: ROOT + i, ppid: ROOT }, bare);
    const ending = ROOT + i - LIVING;
    if (ending > ROOT) yield* end(script, root, { pid: ending, ppid: ROOT }, bare);
  }
  yield script.exit(root);
}

/** So many processes, each the child of the one before; the last ends first. */
export function* deepShape(depth: number, bare: boolean): Generator<Piece, void> {
  const script = new Script();
  const at = (i: number): Who => ({ pid: ROOT + i, ppid: i === 0 ? OUTER : ROOT + i - 1 });
  yield script.exec(at(0));
  for (let i = 1; i < depth; i++) yield* beginning(script, at(i - 1), at(i), bare);
  for (let i = depth - 1; i > 0; i--) yield* end(script, at(i - 1), at(i), bare);
  yield script.exit(at(0));
}

function* beginning(script: Script, parent: Who, child: Who, bare: boolean): Generator<Piece> {
  yield script.fork(parent, child.pid);
  yield bare ? script.setsid(child) : script.exec(child);
}

function* end(script: Script, parent: Who, child: Who, bare: boolean): Generator<Piece> {
  if (!bare) yield script.exit(child);
  yield script.wait(parent, child.pid);
}
