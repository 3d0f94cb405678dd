/**
 * The shape of an analysis: who bore whom, when and how each ended, what was proven by which rule;
 * without names of hosts, programs, files and people, and with times counted from the first.
 */
import { createHash } from 'node:crypto';
import type { Processes } from '../model/analysis.ts';
import type { ProcessDocument } from '../model/process.ts';

/** SHA-256 of the shape, lower-case hex. Hosts count, and not how they are called. */
export function shapeDigest(processes: Processes): string {
  const hosts = new Map<string, ProcessShapes>();
  for (const process of processes) {
    const node = process.node ?? '';
    const host = hosts.get(node) ?? new ProcessShapes();
    hosts.set(node, host);
    host.number(process);
  }
  for (const process of processes) hosts.get(process.node ?? '')?.add(process);
  const hash = createHash('sha256');
  for (const digest of [...hosts.values()].map((host) => host.digest()).sort()) hash.update(digest);
  return hash.digest('hex');
}

/** The processes of one host, in the order of their `_id`s. */
class ProcessShapes {
  readonly #hash = createHash('sha256');
  /** Processes by `_id`: their place in the order. */
  readonly #places = new Map<string, number>();
  #zero = Infinity;

  number({ _id, start_timestamp = Infinity }: ProcessDocument): void {
    this.#places.set(_id, this.#places.size);
    this.#zero = Math.min(this.#zero, start_timestamp, timeIn(_id));
  }

  add(process: ProcessDocument): void {
    this.#hash.update(JSON.stringify(this.#shapeOf(process)));
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  #shapeOf(process: ProcessDocument): unknown {
    const { pid, ppid, ns_pid, start_source, threads, ses, incomplete, tty } = process;
    const { exit_source, exit_code, exit_signal, unidentified_children = [] } = process;
    return [
      this.#after(timeIn(process._id)),
      [pid, ppid, ns_pid, threads, ses, tty !== undefined],
      [this.#place(process.parent), process.children.map((id) => this.#place(id))],
      [this.#after(process.start_timestamp), start_source],
      [this.#after(process.exit_after), this.#after(process.exit_timestamp)],
      [exit_source, exit_code, exit_signal],
      [process.cwd, process.exe, process.comm].map((text) => text !== undefined),
      lengthsOf(process.args),
      process.execve.map(({ timestamp, args, failed, errno, event }) => [
        this.#after(timestamp),
        this.#event(event),
        lengthsOf(args),
        failed,
        errno,
      ]),
      process.reparented.map(({ timestamp, ppid: to, parent, event }) => [
        this.#after(timestamp),
        to,
        this.#place(parent),
        this.#event(event),
      ]),
      unidentified_children.map((child) => [
        this.#after(child.timestamp),
        child.ns_pid,
        this.#event(child.event),
      ]),
      incomplete,
      process.evidence.map(({ claim, rule, confidence, events }) => [
        claim,
        rule,
        confidence,
        events.map((event) => this.#event(event)),
      ]),
    ];
  }

  #after(time: number | undefined): number | undefined {
    return time === undefined ? undefined : time - this.#zero;
  }

  #place(id: string | null | undefined): number | undefined {
    return id == null ? undefined : this.#places.get(id);
  }

  /** `SEC.MS:SERIAL` with its time from the first. */
  #event(event: string): string {
    const colon = event.indexOf(':');
    return `${this.#after(msOf(event.slice(0, colon)))}${event.slice(colon)}`;
  }
}

/** Arguments count, and not what they say: null for one that never arrived. */
function lengthsOf(args: ProcessDocument['args']): unknown {
  return args?.map((arg) => arg !== null);
}

/** The time in an `_id`: NODE/SEC.MS/SERIAL/PID, where a node may have slashes. */
function timeIn(id: string): number {
  return msOf(id.split('/').at(-3) ?? '');
}

function msOf(stamp: string): number {
  const [seconds, milli] = stamp.split('.');
  return Number(seconds) * 1000 + Number(milli);
}
