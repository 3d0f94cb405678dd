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
import { deepShape, type Piece, wideShape } from './shapes.ts';

/** Stands in each log's account; raised when the way of making logs changes. */
const VERSION = 2;
export const MEGABYTE = 1e6;
/** Characters to gather before they are written. */
const CHUNK = 1 << 20;

/** What stands in a log's file. */
interface Account {
  bytes: number;
  records: number;
  events: number;
  /** Copies, or events of a shape. */
  pieces: number;
}

/** A log on disk and what it holds. */
export interface Log extends Readonly<Account> {
  readonly path: string;
  /** Processes that an analysis has to find. */
  readonly processes: number;
}

/** Processes of each fixture by its name: what every copy adds. */
export type ProcessCounts = ReadonlyMap<string, number>;

/** Copies of the fixtures until there are so many megabytes; the last copy is whole. */
export function copiesLog(
  folder: string,
  fixtures: readonly Fixture[],
  counts: ProcessCounts,
  megabytes: number,
): Log {
  const key = fixtures.map(({ name, bytes }) => `${name} ${digest(bytes)}`).join('\n');
  const kept = keptLog(folder, `copies-${megabytes}MB`, key, () =>
    copiesUpTo(fixtures, megabytes * MEGABYTE),
  );
  let processes = 0;
  for (let i = 0; i < kept.pieces; i++) {
    processes += counts.get(fixtures[i % fixtures.length].name) ?? 0;
  }
  return { ...kept, processes };
}

function* copiesUpTo(fixtures: readonly Fixture[], size: number): Generator<Piece, void> {
  let bytes = 0;
  for (const { fixture, text } of copies(fixtures)) {
    bytes += text.length;
    yield { text, records: fixture.records, events: fixture.events };
    if (bytes >= size) return;
  }
}

/** One parent with so many children. */
export function wideLog(folder: string, children: number, bare: boolean): Log {
  const name = `wide-${bare ? 'bare-' : ''}${children}`;
  const kept = keptLog(folder, name, '', () => wideShape(children, bare));
  return { ...kept, processes: children + 1 };
}

/** So many processes, each the child of the one before. */
export function deepLog(folder: string, depth: number, bare: boolean): Log {
  const name = `deep-${bare ? 'bare-' : ''}${depth}`;
  const kept = keptLog(folder, name, '', () => deepShape(depth, bare));
  return { ...kept, processes: depth };
}

function keptLog(
  folder: string,
  name: string,
  key: string,
  make: () => Iterable<Piece>,
): Omit<Log, 'processes'> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  const account = join(folder, `${name}.json`);
  const made = digest(Buffer.from(`${VERSION}\n${key}`));
  const known = existing(path, account, made);
  if (known !== undefined) return { path, ...known };
  process.stderr.write(`making ${path}\n`);
  const counted = write(path, make());
  writeFileSync(account, JSON.stringify({ made, ...counted }));
  return { path, ...counted };
}

function existing(path: string, account: string, made: string): Account | undefined {
  if (!existsSync(path) || !existsSync(account)) return undefined;
  const { made: by, ...known } = JSON.parse(readFileSync(account, 'utf8')) as Account & {
    made: string;
  };
  return by === made && known.bytes === statSync(path).size ? known : undefined;
}

function write(path: string, pieces: Iterable<Piece>): Account {
  const account: Account = { bytes: 0, records: 0, events: 0, pieces: 0 };
  const file = openSync(`${path}.part`, 'w');
  let text = '';
  for (const piece of pieces) {
    account.pieces++;
    account.records += piece.records;
    account.events += piece.events;
    text += piece.text;
    if (text.length < CHUNK) continue;
    account.bytes += writeAll(file, Buffer.from(text, 'latin1'));
    text = '';
  }
  account.bytes += writeAll(file, Buffer.from(text, 'latin1'));
  closeSync(file);
  renameSync(`${path}.part`, path);
  return account;
}

function writeAll(file: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
