/**
 * Lines of the process connector's segments in a trace: one JSON object each, as
 * docs/trace-format.md defines it.
 */

/** What the kernel said of one process or thread, with ids of the initial pid namespace. */
export interface ConnectorEvent {
  readonly ev: 'fork' | 'exec' | 'exit';
  /** On the monotonic clock, ns. Exact to 104 days after boot, then to 2 ns. */
  readonly t: number;
  readonly cpu: number;
  /** The thread, and the process that it belongs to. */
  readonly pid: number;
  readonly tgid: number;
  /** Of a fork: the real parent of the new process; of a thread's, that of its process. */
  readonly ptgid: number;
  /** Of an exit: as wait(2) gives it, and what the parent is told. */
  readonly code: number;
  readonly sig: number;
}

const KINDS: ReadonlySet<unknown> = new Set(['fork', 'exec', 'exit']);

/** The event of a line; undefined where it is not one. */
export function parseConnectorLine(line: string): ConnectorEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const { ev } = fields;
  if (!KINDS.has(ev)) return undefined;
  const t = count(fields['t']);
  const cpu = count(fields['cpu']);
  const pid = count(fields['pid']);
  const tgid = count(fields['tgid']);
  const ptgid = ev === 'fork' ? count(fields['ptgid']) : 0;
  const code = ev === 'exit' ? count(fields['code']) : 0;
  const sig = ev === 'exit' ? count(fields['sig']) : 0;
  if (t < 0 || cpu < 0 || pid <= 0 || tgid <= 0 || ptgid < 0 || code < 0) return undefined;
  return { ev: ev as ConnectorEvent['ev'], t, cpu, pid, tgid, ptgid, code, sig };
}

/** A whole number from 0; -1 for anything else. */
function count(value: unknown): number {
  return typeof value === 'number' && value >= 0 && Number.isInteger(value) ? value : -1;
}
