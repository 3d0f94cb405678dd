/**
 * What a trace says beside its records. Nothing is taken over that is not known to be a number, a
 * word of ours or replaced: fields of later versions are left out.
 */
import type {
  ClockReading,
  Container,
  HostFacts,
  JournalEntry,
  KnownProcess,
  Manifest,
} from '../../model/trace.ts';
import type { Keyed } from './keyed.ts';
import type { Texts } from './texts.ts';

const MODES = ['unicast', 'multicast', 'stdin', 'unix', 'follow'] as const;
const PROFILES: ReadonlySet<unknown> = new Set(['processes', 'files', 'all']);
const RUNTIMES: ReadonlySet<string> = new Set([
  'docker',
  'containerd',
  'cri-o',
  'podman',
  'lxc',
  'systemd',
]);
const REASONS: ReadonlySet<string> = new Set([
  'command-ended',
  'duration',
  'size',
  'signal',
  'input-ended',
  'disk-full',
  'folder-gone',
  'write-failed',
  'source-failed',
]);
const NUMBER = /^-?\d{1,20}$/;
const RELEASE = /^\d+(?:\.\d+)*/;
const WORD = /^[a-z0-9_]{1,16}$/;
const NS_PER_MS = 1_000_000n;

export class Traces {
  readonly #texts: Texts;
  readonly #keyed: Keyed;
  readonly #shift: number;

  /** `shift`: added to all times of day, ms. */
  constructor(texts: Texts, keyed: Keyed, shift: number) {
    this.#texts = texts;
    this.#keyed = keyed;
    this.#shift = shift;
  }

  /** The manifest with other names. Rules and the segments are left out: both say what was recorded. */
  manifest(manifest: Manifest): Manifest {
    const { format, version, created, host, clock, options, audit, connector, hints } = manifest;
    const { recorder, recorders, session, root, processes, containers, end } = manifest;
    return {
      format,
      version: numberOf(version),
      godo: RELEASE.exec(manifest.godo)?.[0] ?? '',
      created: numberOf(created) + this.#shift,
      host: this.#host(host),
      clock: {
        start: this.#reading(clock.start),
        ...(clock.end === undefined ? {} : { end: this.#reading(clock.end) }),
      },
      options: optionsOf(options),
      audit: {
        mode: MODES.find((mode) => mode === audit.mode) ?? 'stdin',
        ...(audit.before === undefined ? {} : { before: numbersOf(audit.before) }),
        ...(audit.start === undefined ? {} : { start: numbersOf(audit.start) }),
        ...(audit.end === undefined ? {} : { end: numbersOf(audit.end) }),
        rules: [],
      },
      connector: isTrue(connector),
      hints: isTrue(hints),
      recorder: numberOf(recorder),
      ...(recorders === undefined ? {} : { recorders: recorders.map(numberOf) }),
      ...(session === undefined ? {} : { session: numberOf(session) }),
      ...(root === undefined ? {} : { root: numberOf(root) }),
      processes: processes.map((process) => this.#process(process)),
      containers: containers.map((container) => this.#container(container)),
      ...(end !== undefined && REASONS.has(end.reason)
        ? { end: { at: numberOf(end.at) + this.#shift, reason: end.reason } }
        : {}),
    };
  }

  /** An entry of the journal; undefined for what may say anything. */
  entry(entry: JournalEntry): JournalEntry | undefined {
    const at = numberOf(entry.at) + this.#shift;
    switch (entry.kind) {
      case 'loss': {
        const { kind, cause, count } = entry;
        if (!WORD.test(cause.replaceAll('-', '_'))) return undefined;
        return { at, kind, cause, ...(count === undefined ? {} : { count: numberOf(count) }) };
      }
      case 'status':
        return { at, kind: 'status', status: numbersOf(entry.status) };
      case 'stop': {
        const { kind, reason } = entry;
        return REASONS.has(reason) ? { at, kind, reason } : undefined;
      }
      default:
        return undefined;
    }
  }

  /** A line of hints; undefined when it cannot be read. */
  hint(line: Uint8Array): string | undefined {
    const fields = objectOf(line);
    const t = digitsOf(line);
    const pid = fields?.['pid'];
    if (fields === undefined || t === undefined || typeof pid !== 'number') return undefined;
    const { cgroup, ns_pids: nsPids, ns } = fields;
    const rest = {
      pid,
      ...(typeof cgroup === 'string' ? { cgroup: this.#texts.string(cgroup) } : {}),
      ...(Array.isArray(nsPids) ? { ns_pids: nsPids.filter(isNumber) } : {}),
      ...(typeof ns === 'object' && ns !== null ? { ns: numbersOf(ns) } : {}),
    };
    return `{"t":${t},${JSON.stringify(rest).slice(1)}`;
  }

  #host({
    name,
    boot_id,
    kernel,
    arch,
    cpus,
    clock_ticks,
    tick_ns,
    pid_max,
  }: HostFacts): HostFacts {
    return {
      name: this.#texts.string(name),
      boot_id: this.bootId(boot_id),
      kernel: RELEASE.exec(kernel)?.[0] ?? '',
      arch: WORD.test(arch) ? arch : '',
      cpus: numberOf(cpus),
      clock_ticks: numberOf(clock_ticks),
      tick_ns: numberOf(tick_ns),
      pid_max: numberOf(pid_max),
    };
  }

  /** Another name of a boot, in the kernel's form. */
  bootId(text: string): string {
    const hex = this.#keyed.bytes('boot', Buffer.from(text), 16).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  #process(process: KnownProcess): KnownProcess {
    const { pid, ppid, start_ticks, threads, comm, exe, args, cgroup, ns_pids, ns } = process;
    return {
      pid: numberOf(pid),
      ppid: numberOf(ppid),
      start_ticks: numberOf(start_ticks),
      ...(threads === undefined ? {} : { threads: numberOf(threads) }),
      comm: this.#texts.commString(comm, exe),
      ...(exe === undefined ? {} : { exe: this.#texts.string(exe) }),
      ...(args === undefined ? {} : { args: args.map((arg) => this.#texts.string(arg)) }),
      ...(cgroup === undefined ? {} : { cgroup: this.#texts.string(cgroup) }),
      ...(ns_pids === undefined ? {} : { ns_pids: ns_pids.map(numberOf) }),
      ...(ns === undefined ? {} : { ns: numbersOf(ns) }),
    };
  }

  #container({ runtime, id, pod }: Container): Container {
    return {
      runtime: RUNTIMES.has(runtime) ? runtime : this.#texts.string(runtime),
      id: this.#texts.string(id),
      ...(pod === undefined ? {} : { pod: this.#texts.string(pod) }),
    };
  }

  #reading({ realtime_ns, monotonic_ns, boottime_ns }: ClockReading): ClockReading {
    const moved = NUMBER.test(realtime_ns)
      ? String(BigInt(realtime_ns) + BigInt(this.#shift) * NS_PER_MS)
      : '0';
    return {
      realtime_ns: moved,
      monotonic_ns: NUMBER.test(monotonic_ns) ? monotonic_ns : '0',
      boottime_ns: NUMBER.test(boottime_ns) ? boottime_ns : '0',
    };
  }
}

/** A line of the process connector's: its numbers alone; undefined when it cannot be read. */
export function connectorLine(line: Uint8Array): string | undefined {
  const fields = objectOf(line);
  const t = digitsOf(line);
  const ev = fields?.['ev'];
  if (fields === undefined || t === undefined) return undefined;
  if (ev !== 'fork' && ev !== 'exec' && ev !== 'exit') return undefined;
  const rest: string[] = [];
  for (const name of ['ppid', 'ptgid', 'pid', 'tgid', 'code', 'sig']) {
    const value = fields[name];
    if (isNumber(value)) rest.push(`"${name}":${value}`);
  }
  const cpu = isNumber(fields['cpu']) ? `"cpu":${fields['cpu']},` : '';
  return `{"t":${t},${cpu}"ev":"${ev}",${rest.join(',')}}`;
}

/** 0 for what is none: a manifest is only JSON that somebody wrote. */
function numberOf(value: unknown): number {
  return isNumber(value) ? value : 0;
}

function isTrue(value: unknown): boolean {
  return value === true;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

/** The nanoseconds as they are written: they may exceed a double. */
function digitsOf(line: Uint8Array): string | undefined {
  return /^\{"t":(\d{1,20})[,}]/.exec(Buffer.from(line.subarray(0, 40)).toString('latin1'))?.[1];
}

function objectOf(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The numbers of an object whose names are ours. */
function numbersOf<T extends object>(object: T): T {
  const kept = Object.entries(object).filter(
    ([name, value]) => WORD_NAME.test(name) && isNumber(value),
  );
  return Object.fromEntries(kept) as T;
}

const WORD_NAME =
  /^(?:enabled|failure|pid|mnt|rate_limit|backlog_limit|lost|backlog|backlog_wait_time)$/;
const OPTION_NAME =
  /^(?:calls|segments|bytes|ms|takeOver|connector|hints|backlog|socketBytes|duration|maxBytes)$/;

/** Numbers, switches and names of profiles; the command and all else are left out. */
function optionsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(options)) {
    if (!OPTION_NAME.test(name)) continue;
    const isPlain = typeof value === 'boolean' || isNumber(value) || PROFILES.has(value);
    if (isPlain) kept.push([name, value]);
    else if (name === 'segments' && typeof value === 'object' && value !== null) {
      kept.push([name, optionsOf(value as Record<string, unknown>)]);
    }
  }
  return Object.fromEntries(kept);
}
