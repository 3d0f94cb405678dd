/**
 * Are the made logs what they should be? Every copy analyzes to exactly what its fixture
 * does, moved in time, serial and pid; and the shapes have their shape.
 */
import { deepStrictEqual, equal } from 'node:assert/strict';
import type { ProcessDocument } from '../../src/model/process.ts';
import { analyzeSync } from '../../src/pipeline.ts';
import { type Copy, copies, type Fixture, type Shift } from './copies.ts';
import { deepShape, type Piece, wideShape } from './shapes.ts';

/** Rounds over all fixtures that are compared document by document. */
const ROUNDS = 3;
const REBOOT_ROOM = 400;
const SMALL = 2500;
const ID = /^(?<node>.*)\/(?<seconds>\d{10})\.(?<milli>\d{3})\/(?<serial>\d{10})\/(?<pid>\d+)$/;
const EVENT = /^(?<seconds>\d+)\.(?<milli>\d{3}):(?<serial>\d+)$/;
const TIMES = new Set(['timestamp', 'start_timestamp', 'exit_after', 'exit_timestamp']);
const PIDS = new Set(['pid', 'ppid', 'ns_pid']);

type Documents = readonly ProcessDocument[];

/** What the fixtures themselves analyze to, by name. */
export type Originals = ReadonlyMap<string, Documents>;

/** Analyzes each fixture. */
export function analyzeFixtures(fixtures: readonly Fixture[]): Originals {
  return new Map(fixtures.map(({ name, bytes }) => [name, documentsOf(bytes)]));
}

/** Analyzes copies of the fixtures and compares every document; throws where one differs. */
export function checkCopies(fixtures: readonly Fixture[], originals: Originals): void {
  const wanted = fixtures.length * ROUNDS;
  compare(take(copies(fixtures), wanted), originals);
  // Room for little more than one round: each begins with a reboot.
  const room = fixtures.reduce((sum, { pid }) => sum + pid.width, REBOOT_ROOM);
  compare(take(copies(fixtures, room), wanted), originals);
}

function take<T>(items: Iterator<T, never>, count: number): T[] {
  return Array.from({ length: count }, () => items.next().value);
}

function compare(all: readonly Copy[], originals: Originals): void {
  const bytes = Buffer.from(all.map(({ text }) => text).join(''), 'latin1');
  const processes = documentsOf(bytes);
  let from = 0;
  // The ids begin with the time, and copies follow each other in time.
  for (const { fixture, shift } of all) {
    const original = originals.get(fixture.name) ?? [];
    const copy = processes.slice(from, from + original.length);
    const back = copy.map((p) => moveBack(p, shift));
    const unmoved = original.map((p) => moveBack(p, NOWHERE));
    deepStrictEqual(back, unmoved, `a copy of ${fixture.name}`);
    from += original.length;
  }
  equal(processes.length, from, 'processes of all copies');
}

const NOWHERE: Shift = { time: 0, serial: 0, pid: 0 };

/** The document as it would stand in the analysis of the fixture; what is absent is left out. */
function moveBack(p: ProcessDocument, shift: Shift): unknown {
  return JSON.parse(JSON.stringify(p), (key, value: unknown): unknown => {
    if (typeof value === 'string') return textBack(value, shift);
    if (typeof value !== 'number') return value;
    if (TIMES.has(key)) return value - shift.time;
    return PIDS.has(key) ? pidBack(value, shift) : value;
  });
}

/** Pid 1 and the numbers of namespaces have not moved. */
function pidBack(pid: number, shift: Shift): number {
  return pid < 300 ? pid : pid - shift.pid;
}

function textBack(text: string, shift: Shift): string {
  const id = ID.exec(text)?.groups;
  if (id !== undefined) {
    const stamp = timeBack(id, shift).padStart('0000000000.000'.length, '0');
    const serial = String(Number(id['serial']) - shift.serial).padStart(10, '0');
    return `${id['node']}/${stamp}/${serial}/${Number(id['pid']) - shift.pid}`;
  }
  const event = EVENT.exec(text)?.groups;
  if (event === undefined) return text;
  return `${timeBack(event, shift)}:${Number(event['serial']) - shift.serial}`;
}

function timeBack(stamp: Record<string, string>, shift: Shift): string {
  const ms = Number(stamp['seconds']) * 1000 + Number(stamp['milli']) - shift.time;
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** Analyzes small shapes; throws where a process is missing or is told wrong. */
export function checkShapes(): void {
  for (const bare of [false, true]) {
    const wide = analyzed(wideShape(SMALL, bare));
    equal(wide.length, SMALL + 1, 'processes of the wide shape');
    equal(wide[0].children.length, SMALL, 'children of its root');
    checkEach(wide, bare, () => 0);
    const deep = analyzed(deepShape(SMALL, bare));
    equal(deep.length, SMALL, 'processes of the deep shape');
    checkEach(deep, bare, (i) => i - 1);
  }
}

/** `parentOf`: where the parent of a process stands; the root is the first. */
function checkEach(processes: Documents, bare: boolean, parentOf: (i: number) => number): void {
  for (const [i, p] of processes.entries()) {
    equal(p.parent, i === 0 ? null : processes[parentOf(i)]._id, `parent of ${p._id}`);
    // Deep down the inherited directory may be unknown, but not another.
    equal(p.cwd, '/srv/workload', `directory of ${p._id}`);
    const full = !bare || i === 0;
    equal(p.exit_code, full ? p.pid % 256 : undefined, `exit code of ${p._id}`);
    equal(p.exit_source, full ? 'exit_group' : 'wait', `how the end of ${p._id} is known`);
    const ran = full ? p : processes[0];
    deepStrictEqual(p.args, ['/srv/workload/wl', 'job', String(ran.pid)], `what ${p._id} runs`);
  }
}

function analyzed(pieces: Iterable<Piece>): Documents {
  const text = Array.from(pieces, (piece) => piece.text).join('');
  return documentsOf(Buffer.from(text, 'latin1'));
}

function documentsOf(bytes: Uint8Array): Documents {
  return [...analyzeSync([{ name: 'check', bytes }]).processes];
}

/** The digest that any analysis of these bytes must come to, however it reads them. */
export function digestOfBytes(bytes: Uint8Array): string {
  return analyzeSync([{ name: 'check', bytes }]).summary.digest;
}
