/**
 * Logs of extreme process trees: very wide and very deep. Each process is forked, runs a
 * program, exits and is waited for; the records are as long as real ones.
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
export function* wideShape(children: number): Generator<Piece, void> {
  const script = new Script();
  const root = { pid: ROOT, ppid: OUTER };
  yield script.exec(root);
  for (let i = 1; i <= children + LIVING; i++) {
    const born = { pid: ROOT + i, ppid: ROOT };
    if (i <= children) {
      yield script.fork(root, born.pid);
      yield script.exec(born);
    }
    const ending = { pid: born.pid - LIVING, ppid: ROOT };
    if (ending.pid > ROOT) {
      yield script.exit(ending);
      yield script.wait(root, ending.pid);
    }
  }
  yield script.exit(root);
}

/** So many processes, each the child of the one before; the last ends first. */
export function* deepShape(depth: number): Generator<Piece, void> {
  const script = new Script();
  const at = (i: number): Who => ({ pid: ROOT + i, ppid: i === 0 ? OUTER : ROOT + i - 1 });
  for (let i = 0; i < depth; i++) {
    yield script.exec(at(i));
    if (i + 1 < depth) yield script.fork(at(i), ROOT + i + 1);
  }
  for (let i = depth - 1; i >= 0; i--) {
    if (i + 1 < depth) yield script.wait(at(i), ROOT + i + 1);
    yield script.exit(at(i));
  }
}
