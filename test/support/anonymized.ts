/** Anonymized logs in memory, and documents with the same names replaced. */
import type { ProcessDocument } from '../../src/model/process.ts';
import type { NamedBytes } from '../../src/pipeline.ts';
import { Anonymizer } from '../../src/replay/anonymize/anonymizer.ts';
import { LineSplitter } from '../../src/source/lines.ts';

export function anonymizer(
  key: string,
  keep: readonly string[] = [],
  keepTimes = false,
): Anonymizer {
  return new Anonymizer({ key: Buffer.from(key), keep, keepTimes });
}

/** The inputs with other names, and how many lines were left out. */
export function anonymized(
  inputs: readonly NamedBytes[],
  by: Anonymizer,
): { inputs: NamedBytes[]; leftOut: number } {
  let leftOut = 0;
  const made = inputs.map(({ name, bytes, origin }) => {
    const lines: Buffer[] = [];
    const splitter = new LineSplitter({
      line: (from, start, end, _, whole) => {
        const line = by.line(origin, from, start, end, whole);
        if (line === undefined) leftOut++;
        else lines.push(line, Buffer.from('\n'));
      },
      tooLong: () => leftOut++,
    });
    splitter.push(bytes);
    splitter.flush();
    const other = by.origin(origin);
    return {
      name,
      bytes: Buffer.concat(lines),
      ...(other === undefined ? {} : { origin: other }),
    };
  });
  return { inputs: made, leftOut };
}

/** Arguments from here on may come in parts, which are cut within words. */
const SPLIT = 7000;

/** What analysis of the anonymized log should say in place of a document. */
export function anonymizedDocument(process: ProcessDocument, by: Anonymizer): ProcessDocument {
  const { texts, numbers, shift } = by;
  const time = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : ms + shift;
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : texts.string(value);
  const id = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : numbers.id(value);
  const args = (list: ProcessDocument['args']): ProcessDocument['args'] =>
    list?.map((arg) => (arg === null ? null : texts.string(arg)));
  const event = (name: string): string => {
    const colon = name.indexOf(':');
    return stamp(name.slice(0, colon)) + name.slice(colon);
  };
  const stamp = (at: string, digits = 1): string => {
    const [seconds, milli] = at.split('.');
    return `${String(Number(seconds) + shift / 1000).padStart(digits, '0')}.${milli}`;
  };
  const processId = (name: string): string => {
    const parts = name.split('/');
    const [at, serial, pid] = parts.slice(-3);
    const node = parts.slice(0, -3).join('/');
    return `${node === '-' ? node : texts.string(node)}/${stamp(at, 10)}/${serial}/${pid}`;
  };
  return {
    ...process,
    _id: processId(process._id),
    node: text(process.node),
    parent: process.parent === null ? null : processId(process.parent),
    children: process.children.map(processId),
    start_timestamp: time(process.start_timestamp),
    exit_after: time(process.exit_after),
    exit_timestamp: time(process.exit_timestamp),
    cwd: text(process.cwd),
    args: args(process.args),
    exe: text(process.exe),
    comm: process.comm === undefined ? undefined : texts.commString(process.comm, process.exe),
    tty: text(process.tty),
    uid: id(process.uid),
    auid: id(process.auid),
    execve: process.execve.map((exec) => ({
      ...exec,
      timestamp: exec.timestamp + shift,
      args: args(exec.args),
      exe: text(exec.exe),
      cwd: text(exec.cwd),
      event: event(exec.event),
    })),
    reparented: process.reparented.map((one) => ({
      ...one,
      timestamp: one.timestamp + shift,
      parent: one.parent === undefined ? undefined : processId(one.parent),
      event: event(one.event),
    })),
    unidentified_children: process.unidentified_children?.map((one) => ({
      ...one,
      timestamp: one.timestamp + shift,
      event: event(one.event),
    })),
    evidence: process.evidence.map((one) => ({ ...one, events: one.events.map(event) })),
  };
}

/** The same documents with only the length of arguments that may have come in parts. */
export function withoutParts(process: ProcessDocument): ProcessDocument {
  const args = (list: ProcessDocument['args']): ProcessDocument['args'] =>
    list?.map((arg) => (arg === null || Buffer.byteLength(arg) < SPLIT ? arg : `long`));
  return {
    ...process,
    args: args(process.args),
    execve: process.execve.map((exec) => ({ ...exec, args: args(exec.args) })),
  };
}
