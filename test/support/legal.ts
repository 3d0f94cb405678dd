/**
 * Whether a kernel could have sent lines in an order. Written from the facts of KERNEL.md and the
 * truth of the model alone, beside what src/replay makes of an analysis.
 *
 * A call's records are made at its end, one after another, before its thread goes on (facts 2, 6);
 * its serial is taken as the first is made. So what a thread did before is out, all of it, when the
 * next serial of the same thread is taken, and so before anything with a higher serial.
 */
import type { Trace, TraceEvent } from '../../src/testing/index.ts';

export function nameOf(line: string): string {
  const found = /^(?:node=(\S+) )?type=\S+ msg=audit\(([^)]+)\):/.exec(line);
  if (found === null) throw new Error(`no record: ${line}`);
  return `${found[1] ?? ''}/${found[2]}`;
}

/** The lines of each event, in order. */
export function byEvent(lines: readonly string[]): Map<string, string[]> {
  const events = new Map<string, string[]>();
  for (const line of lines) {
    const name = nameOf(line);
    const own = events.get(name);
    if (own === undefined) events.set(name, [line]);
    else own.push(line);
  }
  return events;
}

/** What no kernel could have done, in words; `lines` are those of the trace in another order. */
export function illegalities(trace: Trace, lines: readonly string[]): string[] {
  const found: string[] = [];
  const before = byEvent(trace.lines);
  for (const [name, own] of byEvent(lines)) {
    if (own.join('\n') !== before.get(name)?.join('\n')) found.push(`${name}: its records`);
  }
  const boots = new Set(trace.events.map(({ boot }) => boot));
  for (const boot of boots) found.push(...illegalInBoot(trace, lines, boot));
  return found;
}

interface Sent {
  readonly event: TraceEvent;
  readonly first: number;
  readonly last: number;
}

function illegalInBoot(
  { events, processes }: Trace,
  lines: readonly string[],
  boot: number,
): string[] {
  const places = new Map<string, { first: number; last: number }>();
  for (const [i, line] of lines.entries()) {
    const name = nameOf(line);
    const place = places.get(name);
    if (place === undefined) places.set(name, { first: i, last: i });
    else place.last = i;
  }
  // auditd's own serials are none of the kernel's.
  const sent = events
    .filter((event) => event.boot === boot && !isDaemons(event, processes))
    .map((event): Sent => {
      const place = places.get(`${event.host}/${event.id}`);
      if (place === undefined) throw new Error(`${event.id} is not there`);
      return { event, first: place.first, last: place.last };
    })
    .sort((a, b) => a.event.serial - b.event.serial);
  const earliest = new Float64Array(sent.length + 1).fill(Infinity);
  for (let i = sent.length - 1; i >= 0; i--) earliest[i] = Math.min(sent[i].first, earliest[i + 1]);
  const found: string[] = [];
  /** All records of the one are out before the serial of the other is taken. */
  const outBefore = (one: Sent, other: Sent, why: string): void => {
    if (one.last < earliest[sent.indexOf(other)]) return;
    found.push(`${one.event.id} is not out before ${other.event.id}: ${why}`);
  };
  const ownOf = (id: number): Sent[] => sent.filter(({ event }) => event.process === id);
  for (const process of processes.filter((one) => one.boot === boot && one.recorded)) {
    const own = ownOf(process.id);
    if (process.threads === 1) {
      for (let i = 1; i < own.length; i++) outBefore(own[i - 1], own[i], 'one thread');
    }
    const next = processes.find(
      ({ id, pid, boot: b }) => b === boot && pid === process.pid && id > process.id,
    );
    const [reborn] = next === undefined ? [] : ownOf(next.id);
    const last = own.at(-1);
    if (last !== undefined && reborn !== undefined) outBefore(last, reborn, 'the pid');
    for (const one of sent) {
      const { fact } = one.event;
      // waitid returns 0: no record tells whom it waited for.
      if (fact.kind === 'reap' && fact.child === process.id && fact.ret !== null) {
        for (const event of own) outBefore(event, one, 'the wait');
      }
      if (fact.kind !== 'birth' || fact.child !== process.id || own.length === 0) continue;
      const caller = processes[one.event.process ?? -1];
      if (caller?.threads !== 1) continue;
      const done = ownOf(caller.id).filter(({ event }) => event.serial < one.event.serial);
      for (const event of done) outBefore(event, own[0], 'the birth');
    }
  }
  return found;
}

function isDaemons({ process }: TraceEvent, processes: Trace['processes']): boolean {
  return process !== null && !processes[process].recorded;
}
