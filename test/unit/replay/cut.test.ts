import { describe, expect, test } from 'vitest';
import type { ProcessDocument } from '../../../src/model/process.ts';
import { chosenOf } from '../../../src/replay/choice.ts';
import { Cut, Prefix, type Wish } from '../../../src/replay/cut.ts';
import { departures } from '../../../src/replay/cut-law.ts';
import { REASON } from '../../../src/replay/needs.ts';
import { analyzed, type Analyzed, chosenInputs, cutOf } from '../../support/cutting.ts';
import { Log, START, type Who } from '../../support/log.ts';

const SHELL: Who = [10, 1];
const MAKE: Who = [20, 10];
const CC: Who = [30, 20];
const OTHER: Who = [40, 10];

/** A shell runs make, which runs cc, which is killed; and another program beside it. */
const log = new Log()
  .exec(0, SHELL, ['/bin/sh'])
  .fork(10, SHELL, 20)
  .exec(12, MAKE, ['make', '-j'])
  .fork(20, MAKE, 30)
  .fork(22, SHELL, 40)
  .touch(24, OTHER)
  .touch(26, CC)
  .kill(30, OTHER, 30, 9, 30)
  .touch(31, OTHER)
  .wait(15, MAKE, 30)
  .exitGroup(40, MAKE, 2)
  .wait(11, SHELL, 20)
  .touch(50, OTHER)
  .exitGroup(60, OTHER)
  .touch(90, SHELL);

const inputs = [
  { name: 'a.log', bytes: Buffer.from(log.lines.map((line) => `${line}\n`).join('')) },
];
const whole = analyzed(inputs);

function idOf(pid: number, { processes }: Analyzed = whole): string {
  const found = processes.find((process) => process.pid === pid);
  if (found === undefined) throw new Error(`no process ${pid}`);
  return found._id;
}

const isPid =
  (pid: number) =>
  (process: ProcessDocument): boolean =>
    process.pid === pid;

/** Serials of the kept events, by reason. */
function kept(wish: Wish): Record<string, number[]> {
  const { reasons, table } = new Cut(whole.reconciled, wish);
  return Object.fromEntries(
    Object.entries(REASON).flatMap(([name, reason]) => {
      if (reason === REASON.dropped) return [];
      const serials = [...reasons].flatMap((one, row) =>
        one === reason ? [table.serial[row]] : [],
      );
      return serials.length === 0 ? [] : [[name, serials.toSorted((a, b) => a - b)]];
    }),
  );
}

describe('what is kept', () => {
  test('of one process: its own, its birth, the signal, the wait, and what it was born with', () => {
    expect(kept({ chosen: new Set([idOf(30)]) })).toEqual({
      own: [7],
      // Its fork, the kill, the wait, and the call after it.
      evidence: [4, 8, 10, 11],
      // The fork of make, its first event; the shell's.
      ancestor: [1, 2, 3],
      // The shell's last event says what it was called.
      inherited: [15],
      // What had been entered when it was waited for.
      clock: [9],
    });
  });

  test('of a process with children: their first signs', () => {
    const { own, child } = kept({ chosen: new Set([idOf(20)]) });
    expect(own).toEqual([3, 4, 10, 11]);
    expect(child).toEqual([7]);
  });

  test('of everything, everything', async () => {
    const chosen = new Set(whole.processes.map(({ _id }) => _id));
    const { cut, rounds } = await cutOf(inputs, whole, { chosen });
    expect(rounds).toBe(0);
    expect(chosenInputs(inputs, cut)).toEqual(inputs);
  });

  test('a bystander is left out', async () => {
    const { cut, left } = await cutOf(inputs, whole, { chosen: new Set([idOf(40)]) });
    expect(left).toEqual([]);
    expect(chosenInputs(inputs, cut)[0].bytes.toString()).not.toContain('pid=20 ');
  });

  test('of a time: what lived then, with its programs', async () => {
    const from = START + 45;
    const chosen = chosenOf(whole.processes, { from, below: false });
    expect([...chosen].toSorted()).toEqual([idOf(10), idOf(40)].toSorted());
    const { cut, left } = await cutOf(inputs, whole, { chosen, from });
    expect(left).toEqual([]);
    const text = chosenInputs(inputs, cut)[0].bytes.toString();
    expect(text).toContain('EXECVE');
    expect(text).not.toContain(' pid=30 ');
  });
});

describe('more is kept', () => {
  test('in rounds, up to everything', () => {
    const cut = new Cut(whole.reconciled, { chosen: new Set([idOf(30)]) });
    const count = (): number => [...cut.reasons].filter((reason) => reason !== 0).length;
    const counts = [count()];
    for (const round of [1, 2, 3]) {
      cut.widen(round, new Set([idOf(30)]));
      counts.push(count());
    }
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts[0]).toBeLessThan(whole.reconciled.table.count);
    expect(counts[3]).toBe(whole.reconciled.table.count);
  });

  test('for none that is not named', () => {
    const cut = new Cut(whole.reconciled, { chosen: new Set([idOf(30)]) });
    const before = cut.reasons.slice();
    cut.widen(3, new Set(['nobody']));
    expect(cut.reasons).toEqual(before);
  });
});

test('the log as it stood: a wait is there when it has returned, whenever it was entered', () => {
  const serialsAt = (ms: number): number => {
    const { reasons } = new Prefix(whole.reconciled, START + ms);
    return [...reasons].filter((reason) => reason !== 0).length;
  };
  expect(serialsAt(0)).toBe(0);
  expect(serialsAt(1)).toBe(1);
  // Entered at 15, but not back before the event of 31.
  expect(serialsAt(31)).toBe(8);
  expect(serialsAt(32)).toBe(10);
  expect(serialsAt(1000)).toBe(15);
});

describe('which processes are meant', () => {
  const pids = (criteria: Parameters<typeof chosenOf>[1]): number[] =>
    whole.processes
      .filter(({ _id }) => chosenOf(whole.processes, criteria).has(_id))
      .map(({ pid }) => pid)
      .toSorted((a, b) => a - b);

  test.each([
    ['all', {}, [10, 20, 30, 40]],
    ['a tree', { root: isPid(20) }, [20, 30]],
    ['a filter', { filter: isPid(20) }, [20]],
    ['a filter and all below', { filter: isPid(20), below: true }, [20, 30]],
    ['a filter in a tree', { filter: isPid(30), root: isPid(20) }, [30]],
    ['none of another tree', { filter: isPid(40), root: isPid(20) }, []],
    ['a host', { host: '' }, [10, 20, 30, 40]],
    ['another host', { host: 'x' }, []],
    ['later', { from: START + 61 }, [10]],
  ])('%s', (_, criteria, expected) => {
    expect(pids({ below: false, ...criteria })).toEqual(expected);
  });
});

describe('how two analyses depart', () => {
  const all = new Set(whole.processes.map(({ _id }) => _id));

  test('not at all', () => {
    expect(departures(whole.processes, whole.processes, all, new Set())).toEqual([]);
  });

  test('a document is not there, or differs', () => {
    const changed = (process: ProcessDocument): ProcessDocument => ({
      ...process,
      exit_code: 3,
      comm: 'x',
    });
    const others = whole.processes
      .filter(({ pid }) => pid !== 30)
      .map((process) => (process.pid === 20 ? changed(process) : process));
    expect(departures(whole.processes, others, all, new Set())).toEqual([
      { process: idOf(20), fields: ['comm', 'exit_code'] },
      { process: idOf(30), fields: [] },
    ]);
  });

  test('children that were not chosen do not count, nor what an ancestor did', () => {
    const others = whole.processes.map((process) =>
      process.pid === 10 ? { ...process, children: [], threads: 7 } : process,
    );
    const chosen = new Set([idOf(20), idOf(30)]);
    expect(departures(whole.processes, others, chosen, new Set([idOf(10)]))).toEqual([]);
    const orphan = whole.processes.map((process) =>
      process.pid === 20 ? { ...process, parent: null } : process,
    );
    expect(departures(whole.processes, orphan, new Set([idOf(30)]), new Set([idOf(20)]))).toEqual([
      { process: idOf(20), fields: ['parent'] },
    ]);
  });
});
