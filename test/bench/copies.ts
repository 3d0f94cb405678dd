/**
 * Endless copies of the recorded fixtures, each as if the same had happened again later:
 * times, serials and pids have moved on, so that every copy analyzes to the tree of its
 * fixture under other pids.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Below it Linux hands out no pid after the first wrap: here, numbers of pid namespaces. */
const LOWEST_PID = 300;
/** The kernel's PID_MAX_LIMIT on 64-bit machines. */
const PID_LIMIT = 1 << 22;
/** Between two copies, in ms: longer than any call that does not wait. */
const PAUSE = 3000;

/** How far a copy has moved from its fixture. */
export interface Shift {
  /** In ms. */
  readonly time: number;
  readonly serial: number;
  readonly pid: number;
}

/** What stands between two pieces of fixed text, and its value in the fixture. */
interface Slot {
  readonly kind: 'time' | 'serial' | 'pid' | 'hexPid';
  readonly value: number;
}

/** One recorded log, taken apart. */
export interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly events: number;
  readonly texts: readonly string[];
  /** One fewer than the texts. */
  readonly slots: readonly Slot[];
  /** Lowest value and how many values it spans. */
  readonly time: Span;
  readonly serial: Span;
  readonly pid: Span;
}

interface Span {
  readonly low: number;
  readonly width: number;
}

/** One copy of one fixture; its text is latin1, a character for each byte. */
export interface Copy {
  readonly fixture: Fixture;
  readonly shift: Shift;
  readonly text: string;
}

/** The logs in a folder of fixtures, by name. */
export function readFixtures(folder: string): Fixture[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log.gz'));
  return names.sort().map((name) => {
    return takeApart(
      name.slice(0, -'.log.gz'.length),
      gunzipSync(readFileSync(join(folder, name))),
    );
  });
}

const HEADER =
  /^type=(?<type>[A-Z_]+) msg=audit\((?<seconds>\d+)\.(?<milli>\d{3}):(?<serial>\d+)\): /;
const FIELD = /(?<key>[\w-]+)=(?<value>"[^"]*"|[^ ]*)/g;
const DECIMAL = /^\d+$/;
const HEX = /^[\da-f]+$/;

/** Records whose pid=, ppid= and opid= name processes; in all others text may look like it. */
const NAMING = new Set(['SYSCALL', 'OBJ_PID', 'ANOM_ABEND', 'LOGIN']);
const NAMING_FIELDS = new Set(['pid', 'ppid', 'opid']);

/** By x86-64 system call: the further fields of its SYSCALL record that hold a pid or thread id. */
const CALL_FIELDS = new Map<string, readonly string[]>([
  ['56', ['exit']], // clone
  ['57', ['exit']], // fork
  ['58', ['exit']], // vfork
  ['435', ['exit']], // clone3
  ['61', ['exit', 'a0']], // wait4
  ['247', ['a1']], // waitid
  ['112', ['exit']], // setsid
  ['62', ['a0']], // kill
  ['200', ['a0']], // tkill
  ['234', ['a0', 'a1']], // tgkill
]);

/** Collects a fixture's texts and slots. */
class Builder {
  readonly texts: string[] = [];
  readonly slots: Slot[] = [];
  #text = '';

  text(text: string): void {
    this.#text += text;
  }

  slot(kind: Slot['kind'], value: number): void {
    this.texts.push(this.#text);
    this.#text = '';
    this.slots.push({ kind, value });
  }

  end(): void {
    this.texts.push(this.#text);
  }
}

function takeApart(name: string, bytes: Uint8Array): Fixture {
  const builder = new Builder();
  const lines = Buffer.from(bytes).toString('latin1').split('\n').slice(0, -1);
  const events = new Set<string>();
  for (const line of lines) {
    const header = HEADER.exec(line);
    if (header?.groups === undefined) throw new Error(`${name}: not understood: ${line}`);
    const { type, seconds, milli, serial } = header.groups;
    builder.text(`type=${type} msg=audit(`);
    builder.slot('time', Number(seconds) * 1000 + Number(milli));
    builder.text(':');
    builder.slot('serial', Number(serial));
    builder.text('): ');
    addBody(builder, type, line.slice(header[0].length));
    builder.text('\n');
    events.add(`${seconds}.${milli}:${serial}`);
  }
  builder.end();
  const { texts, slots } = builder;
  const spans = {
    time: spanOf(slots, 'time'),
    serial: spanOf(slots, 'serial'),
    pid: spanOf(slots, 'pid'),
  };
  return { name, bytes, records: lines.length, events: events.size, texts, slots, ...spans };
}

function addBody(builder: Builder, type: string, body: string): void {
  if (!NAMING.has(type)) {
    builder.text(body);
    return;
  }
  const nr = /(?:^| )syscall=(?<nr>\d+) /.exec(body)?.groups?.nr ?? '';
  const further = type === 'SYSCALL' ? (CALL_FIELDS.get(nr) ?? []) : [];
  let from = 0;
  for (const match of body.matchAll(FIELD)) {
    const { key = '', value = '' } = match.groups ?? {};
    if (!NAMING_FIELDS.has(key) && !further.includes(key)) continue;
    const hex = key.startsWith('a');
    if (!(hex ? HEX : DECIMAL).test(value)) continue;
    const number = Number.parseInt(value, hex ? 16 : 10);
    // Smaller ones are numbers of a namespace, pid 1 or "any"; larger ones pointers.
    if (number < LOWEST_PID || number >= PID_LIMIT) continue;
    const at = match.index + key.length + 1;
    builder.text(body.slice(from, at));
    builder.slot(hex ? 'hexPid' : 'pid', number);
    from = at + value.length;
  }
  builder.text(body.slice(from));
}

function spanOf(slots: readonly Slot[], kind: Slot['kind']): Span {
  const { low, high } = slots.reduce(
    (span, slot) =>
      slot.kind === kind || (kind === 'pid' && slot.kind === 'hexPid')
        ? { low: Math.min(span.low, slot.value), high: Math.max(span.high, slot.value) }
        : span,
    { low: Infinity, high: -Infinity },
  );
  return { low, width: high - low + 1 };
}

/**
 * One copy after the other, over all fixtures in turn, without end. No pid is used twice:
 * when they run out below `pidLimit`, the machine starts again, with serials from 1.
 */
export function* copies(
  fixtures: readonly Fixture[],
  pidLimit = PID_LIMIT,
): Generator<Copy, never> {
  let time = fixtures[0].time.low;
  let serial = fixtures[0].serial.low;
  let pid = LOWEST_PID;
  for (;;) {
    for (const fixture of fixtures) {
      if (pid + fixture.pid.width > pidLimit) {
        pid = LOWEST_PID;
        serial = 1;
      }
      const shift = {
        time: time - fixture.time.low,
        serial: serial - fixture.serial.low,
        pid: pid - fixture.pid.low,
      };
      yield { fixture, shift, text: render(fixture, shift) };
      time += fixture.time.width + PAUSE;
      serial += fixture.serial.width;
      pid += fixture.pid.width;
    }
  }
}

function render({ texts, slots }: Fixture, shift: Shift): string {
  let text = texts[0];
  for (let i = 0; i < slots.length; i++) text += slotText(slots[i], shift) + texts[i + 1];
  return text;
}

function slotText({ kind, value }: Slot, shift: Shift): string {
  if (kind === 'time') return timeText(value + shift.time);
  if (kind === 'serial') return String(value + shift.serial);
  return (value + shift.pid).toString(kind === 'hexPid' ? 16 : 10);
}

/** `SEC.MS`, as in a record's header. */
export function timeText(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;
}
