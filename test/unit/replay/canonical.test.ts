import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TraceOrigin } from '../../../src/model/trace.ts';
import { CanonicalOrder, type LineKind, type SortBy } from '../../../src/replay/canonical.ts';
import { MergedRuns, Repeats, type RunCursor, SortRun } from '../../../src/replay/runs.ts';
import { Rng } from '../../../src/base/rng.ts';

const MEMORY = 1 << 22;

interface Part {
  readonly lines: readonly string[];
  readonly kind?: LineKind;
  readonly origin?: TraceOrigin;
}

function runOf(order: CanonicalOrder, parts: readonly Part[]): SortRun {
  const run = new SortRun(order, MEMORY);
  for (const [stream, { lines, kind = 'audit', origin }] of parts.entries()) {
    order.from(kind, origin);
    for (const line of lines) {
      const bytes = Buffer.from(line);
      expect(order.read(bytes, 0, bytes.length, true)).toBe(true);
      expect(run.add(bytes, 0, bytes.length, stream, order)).toBe(true);
    }
  }
  order.settle();
  return run;
}

function textOf({ bytes, start, end }: RunCursor): string {
  return bytes.toString('utf8', start, end);
}

function all(cursor: RunCursor): string[] {
  const lines: string[] = [];
  while (cursor.next()) lines.push(textOf(cursor));
  return lines;
}

/** In canonical order, whatever order they are read in. */
function sorted(parts: readonly Part[], by: SortBy = 'serial'): string[] {
  const lines = all(runOf(new CanonicalOrder(by), parts).sorted());
  const backwards = parts.toReversed().map(({ lines: forwards, ...part }) => {
    return Object.assign(part, { lines: forwards.toReversed() });
  });
  expect(all(runOf(new CanonicalOrder(by), backwards).sorted())).toEqual(lines);
  return lines;
}

/** Lines that are given in the order in which they should be. */
function expectOrder(lines: readonly string[], by?: SortBy): void {
  const mixed = [...lines];
  new Rng(3).shuffle(mixed);
  expect(sorted([{ lines: mixed }], by)).toEqual(lines);
}

const eoe = (stamp: string, node = ''): string =>
  `${node === '' ? '' : `node=${node} `}type=EOE msg=audit(${stamp}): `;

describe('the order of records', () => {
  test('by serial: hosts by their names, and a host by serial, then time', () => {
    expectOrder([
      eoe('9.000:3'),
      eoe('1.000:20'),
      eoe('5.000:1', 'B'),
      eoe('1.000:2', 'a'),
      eoe('1.001:2', 'a'),
      eoe('0.500:10', 'a'),
      eoe('1.000:1', 'a.b'),
      eoe('1.000:1', 'é'),
    ]);
  });

  test('by serial: the boots of a host one after the other', () => {
    const fork = (second: number, serial: number): string =>
      `type=SYSCALL msg=audit(${second}.000:${serial}): arch=c000003e syscall=57 ppid=1 pid=5`;
    // It waited, for longer than its boot can be told from the next.
    const wait = 'type=SYSCALL msg=audit(2.000:300): arch=c000003e syscall=61 ppid=1 pid=5';
    const first = Array.from({ length: 40 }, (_, i) => fork(1 + i, 5 * i));
    const second = Array.from({ length: 40 }, (_, i) => fork(100 + i, 3 + 5 * i));
    expectOrder([...first, wait, eoe('30.000:302'), ...second, eoe('101.000:900')]);
  });

  test('by time: all hosts together', () => {
    expectOrder(
      [
        eoe('0.500:10', 'a'),
        eoe('1.000:20'),
        eoe('1.000:2', 'a'),
        eoe('1.000:3', 'a'),
        eoe('1.000:1', 'b'),
        eoe('1.001:1', 'a'),
        eoe('9.000:3'),
      ],
      'time',
    );
  });

  test('of an event: as the kernel writes them', () => {
    const at = 'msg=audit(1.000:7):';
    expectOrder([
      `type=LOGIN ${at} pid=5 uid=0 old-auid=1 auid=0 tty=(none) old-ses=1 ses=2 res=1`,
      `type=SYSCALL ${at} arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=1 pid=5`,
      `type=BPRM_FCAPS ${at} fver=0`,
      `type=EXECVE ${at} argc=12 a0="x" a1_len=9000 a1[0]=78`,
      `type=EXECVE ${at}  a1[1]=78`,
      `type=EXECVE ${at}  a1[2]=78`,
      `type=EXECVE ${at}  a1[10]=78`,
      `type=EXECVE ${at} a2_len=9000 a2[0]=78`,
      `type=EXECVE ${at} a2[1]=78`,
      `type=EXECVE ${at} a10="x" a11="y"`,
      `type=FD_PAIR ${at} fd0=1 fd1=2`,
      `type=SOCKADDR ${at} saddr=00`,
      `type=OBJ_PID ${at} opid=10`,
      `type=OBJ_PID ${at} opid=9`,
      `type=CWD ${at} cwd="/"`,
      `type=PATH ${at} item=0 name="/z"`,
      `type=PATH ${at} item=1 name="/b"`,
      `type=PATH ${at} item=1 name="/c"`,
      `type=PATH ${at} item=2 name="/a"`,
      `type=PATH ${at} item=10 name="/a"`,
      `type=PROCTITLE ${at} proctitle="x"`,
      `type=EOE ${at} `,
    ]);
  });

  test('types in other words have their place', () => {
    expectOrder([
      'type=1300 msg=audit(1.000:7): arch=c000003e syscall=1 ppid=1 pid=5',
      'Nov 23 kernel: audit: type=1307 audit(1.000:7): cwd="/"',
      'type=UNKNOWN[1320] msg=audit(1.000:7): ',
    ]);
  });

  test('the host of a trace is that of its records, unless they name one', () => {
    const origin = { host: 'b', boot: 'b/1' };
    expect(
      sorted([
        { lines: [eoe('1.000:2'), eoe('1.000:1', 'c')], origin },
        { lines: [eoe('1.000:1', 'b'), eoe('1.000:9', 'a'), eoe('1.000:9')] },
      ]),
    ).toEqual([
      eoe('1.000:9'),
      eoe('1.000:9', 'a'),
      eoe('1.000:1', 'b'),
      eoe('1.000:2'),
      eoe('1.000:1', 'c'),
    ]);
  });

  test('the connector and hints follow by their clock, and then what is no record', () => {
    const clock = (t: number | string, rest = ''): string => `{"t":${t},"pid":1${rest}}`;
    expect(
      sorted([
        { lines: ['z', 'type=SYSCALL msg=audit(1.000:1): broken', 'a', 'node=x'] },
        { lines: [clock(7), clock('6')], kind: 'hints' },
        {
          lines: ['{"t":x}', clock(10), clock('9'), clock(9, ',"a":1'), clock('9'.repeat(400))],
          kind: 'connector',
        },
        { lines: [eoe('1.000:1')] },
      ]),
    ).toEqual([
      eoe('1.000:1'),
      clock('9', ',"a":1'),
      clock('9'),
      clock(10),
      clock('9'.repeat(400)),
      '{"t":x}',
      clock(6),
      clock(7),
      'a',
      'node=x',
      'type=SYSCALL msg=audit(1.000:1): broken',
      'z',
    ]);
  });

  test.each(readdirSync(new URL('../../../fixtures/recorded', import.meta.url)))(
    'of recorded events nothing is moved: %s',
    (name) => {
      const file = `../../../fixtures/recorded/${name}/audit-000001.log.gz`;
      const lines = gunzipSync(readFileSync(new URL(file, import.meta.url)))
        .toString('latin1')
        .trimEnd()
        .split('\n');
      const byEvent = new Map<string, string[]>();
      for (const line of lines) {
        const event = /audit\([^)]*\)/.exec(line)?.[0] ?? '';
        byEvent.set(event, [...(byEvent.get(event) ?? []), line]);
      }
      for (const [event, records] of byEvent) {
        const others = records.filter((line) => !line.startsWith('type=OBJ_PID'));
        const again = sorted([{ lines: records }]);
        expect(
          again.filter((line) => !line.startsWith('type=OBJ_PID')),
          event,
        ).toEqual(others);
        expect(again.map((line) => line.slice(0, 12))).toEqual(
          records.map((line) => line.slice(0, 12)),
        );
      }
    },
  );
});

describe('lines that their input was cut in', () => {
  const order = new CanonicalOrder('serial');
  const isTaken = (line: string, kind: LineKind = 'audit'): boolean => {
    order.from(kind, undefined);
    const bytes = Buffer.from(line);
    return order.read(bytes, 0, bytes.length, false);
  };

  test('are taken where they are whole but for the newline', () => {
    expect(isTaken(eoe('1.000:7'))).toBe(true);
    expect(isTaken('{"t":1,"ev":"exec"}', 'connector')).toBe(true);
  });

  test('are not taken where something is missing', () => {
    expect(isTaken('type=CWD msg=audit(1.000:7): cwd="/')).toBe(false);
    expect(isTaken('type=SYSCALL msg=audit(1.000:7): arch=1 syscall=1 ppid=1 pid=5')).toBe(false);
    expect(isTaken('type=SYSC')).toBe(false);
    expect(isTaken('{"t":1,"ev":"ex', 'connector')).toBe(false);
  });
});

test('hosts are mixed where one is not enough, or is said only sometimes', () => {
  const isMixed = (parts: readonly Part[]): boolean => {
    const order = new CanonicalOrder('serial');
    runOf(order, parts);
    return order.mixed;
  };
  const origin = { host: 'b', boot: 'b/1' };
  expect(isMixed([{ lines: [eoe('1.000:1'), 'noise'] }])).toBe(false);
  expect(isMixed([{ lines: [eoe('1.000:1', 'b'), eoe('1.000:2', 'b')] }])).toBe(false);
  expect(isMixed([{ lines: [eoe('1.000:1')], origin }])).toBe(false);
  expect(isMixed([{ lines: [eoe('1.000:1'), eoe('1.000:2', 'b')], origin }])).toBe(true);
  expect(isMixed([{ lines: [eoe('1.000:1', 'a'), eoe('1.000:2', 'b')] }])).toBe(true);
  expect(isMixed([{ lines: [eoe('1.000:1')], origin }, { lines: [eoe('1.000:1')] }])).toBe(true);
});

describe('runs', () => {
  test('are full when their memory is', () => {
    const order = new CanonicalOrder('serial');
    const run = new SortRun(order, 100_000);
    const bytes = Buffer.from(`type=CWD msg=audit(1.000:7): cwd="${'x'.repeat(960)}"`);
    let count = 0;
    order.from('audit', undefined);
    order.read(bytes, 0, bytes.length, true);
    while (run.add(bytes, 0, bytes.length, 0, order)) count++;
    expect(count).toBeGreaterThan(50);
    expect(count).toBeLessThan(100);
    run.clear();
    expect(run.add(bytes, 0, bytes.length, 0, order)).toBe(true);
    expect(all(run.sorted())).toEqual([bytes.toString()]);
  });

  test('take one line at least, and then as many as they have room for', () => {
    const order = new CanonicalOrder('serial');
    const run = new SortRun(order, 1);
    order.from('audit', undefined);
    const long = Buffer.alloc(5000, 'x');
    order.read(long, 0, long.length, true);
    expect(run.add(long, 0, long.length, 0, order)).toBe(true);
    expect(run.add(long, 0, long.length, 0, order)).toBe(false);
    expect(all(run.sorted())).toEqual([long.toString()]);
  });

  test.each([1, 2, 3, 7])('%i of them merged are as one', (count) => {
    const rng = new Rng(count);
    const lines = Array.from({ length: 200 }, () => eoe(`${rng.below(5)}.000:${rng.below(40)}`));
    const order = new CanonicalOrder('serial');
    const runs = Array.from({ length: count }, (_, i) =>
      runOf(order, [{ lines: lines.filter((__, at) => at % count === i) }]).sorted(),
    );
    const empty = runOf(order, []).sorted();
    const merged = new MergedRuns(order, [empty, ...runs]);
    const out: string[] = [];
    for (let line = merged.next(); line !== undefined; line = merged.next()) out.push(textOf(line));
    expect(out).toEqual(sorted([{ lines }]));
    expect(merged.next()).toBeUndefined();
  });

  test('repeats are the same record of the same host', () => {
    const origin = { host: 'b', boot: 'b/1' };
    const cwd = 'type=CWD msg=audit(1.000:7): cwd="/"';
    const run = runOf(new CanonicalOrder('serial'), [
      { lines: [cwd, `node=b ${cwd}`, cwd], origin },
      { lines: [cwd, `node=a ${cwd}`, 'noise', 'noise', 'noises', `${cwd} `] },
      { lines: ['{"t":5}', '{"t":5}', '{"t":6}'], kind: 'connector', origin },
    ]);
    const repeats = new Repeats();
    const cursor = run.sorted();
    const kept: string[] = [];
    while (cursor.next()) if (!repeats.is(cursor)) kept.push(textOf(cursor));
    expect(kept).toEqual([
      cwd,
      `${cwd} `,
      `node=a ${cwd}`,
      `node=b ${cwd}`,
      '{"t":5}',
      '{"t":6}',
      'noise',
      'noises',
    ]);
  });
});
