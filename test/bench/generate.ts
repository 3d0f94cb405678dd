/**
 * The benchmark's logs, as files under `.bench/logs`: made once, used again as long as what
 * they are made from and how stays the same.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { copies, type Fixture } from './copies.ts';
import { deepShape, type ShapeStep, wideShape } from './shapes.ts';

/** Stands in each log's account; raised when the way of making logs changes. */
const VERSION = 1;
export const MEGABYTE = 1e6;

/** What a log holds. */
export interface Counts {
  bytes: number;
  records: number;
  events: number;
  processes: number;
}

/** A log on disk and what it holds. */
export interface Log extends Readonly<Counts> {
  readonly path: string;
}

/** Processes of each fixture by its name: what every copy adds. */
export type ProcessCounts = ReadonlyMap<string, number>;

/** Copies of the fixtures until there are so many megabytes; the last copy is whole. */
export function copiesLog(
  folder: string,
  fixtures: readonly Fixture[],
  processes: ProcessCounts,
  megabytes: number,
): Log {
  const key = fixtures.map(({ name, bytes }) => `${name} ${digest(bytes)} ${processes.get(name)}`);
  return kept(folder, `copies-${megabytes}MB`, key.join('\n'), function* () {
    let bytes = 0;
    for (const { fixture, text } of copies(fixtures)) {
      const { name, records, events } = fixture;
      bytes += text.length;
      yield { text, records, events, processes: processes.get(name) ?? 0 };
      if (bytes >= megabytes * MEGABYTE) return;
    }
  });
}

/** One parent with so many children. */
export function wideLog(folder: string, children: number): Log {
  return kept(folder, `wide-${children}`, '', () => wideShape(children));
}

/** So many processes, each the child of the one before. */
export function deepLog(folder: string, depth: number): Log {
  return kept(folder, `deep-${depth}`, '', () => deepShape(depth));
}

function kept(folder: string, name: string, key: string, make: () => Iterable<ShapeStep>): Log {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  const account = join(folder, `${name}.json`);
  const made = digest(Buffer.from(`${VERSION}\n${key}`));
  const known = existing(path, account, made);
  if (known !== undefined) return known;
  process.stderr.write(`making ${path} …\n`);
  const counts = write(path, make());
  writeFileSync(account, JSON.stringify({ made, ...counts }));
  return { path, ...counts };
}

function existing(path: string, account: string, made: string): Log | undefined {
  if (!existsSync(path) || !existsSync(account)) return undefined;
  const known = JSON.parse(readFileSync(account, 'utf8')) as Counts & { made: string };
  if (known.made !== made || known.bytes !== statSync(path).size) return undefined;
  const { bytes, records, events, processes } = known;
  return { path, bytes, records, events, processes };
}

function write(path: string, steps: Iterable<ShapeStep>): Counts {
  const counts: Counts = { bytes: 0, records: 0, events: 0, processes: 0 };
  const file = openSync(`${path}.part`, 'w');
  for (const step of steps) {
    counts.bytes += writeAll(file, Buffer.from(step.text, 'latin1'));
    counts.records += step.records;
    counts.events += step.events;
    counts.processes += step.processes;
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
  return counts;
}

function writeAll(file: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
