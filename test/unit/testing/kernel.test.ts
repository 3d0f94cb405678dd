/** The model against the facts of KERNEL.md: what it produces must be what a kernel could. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulate } from '../../../src/testing/kernel/kernel.ts';
import { programs } from '../../../src/testing/kernel/program.ts';
import type { History, SimEvent, TrueProcess } from '../../../src/testing/kernel/types.ts';
import { PROFILES } from '../../../src/testing/kernel/types.ts';

const RUNS = { numRuns: 25 };
const SIZE = { most: 150 };

function eachHistory(check: (history: History) => void): void {
  for (const profile of PROFILES) {
    fc.assert(
      fc.property(programs(profile, SIZE), (program) => {
        check(simulate(program));
      }),
      RUNS,
    );
  }
}

const ownOf = (h: History, life: TrueProcess): SimEvent[] =>
  h.events.filter((e) => e.actor === life.index);

const insideOf = (h: History, first: TrueProcess): TrueProcess[] =>
  h.lives.filter((l) => l !== first && l.namespaces[first.level] === first.namespaces[first.level]);

const birthsOf = (h: History): [SimEvent, TrueProcess][] =>
  h.events
    .flatMap((e) => (e.fact.kind === 'birth' ? [[e, h.lives[e.fact.child]] as const] : []))
    .map(([e, life]) => [e, life]);

describe('the model keeps the laws', () => {
  test('a program replays exactly', () => {
    eachHistory((h) => expect(simulate(h.program).lines).toEqual(h.lines));
  });

  test('serials follow the moment of logging, within a boot', () => {
    eachHistory((h) => {
      const events = h.events.filter((e) => e.daemon !== true);
      events.forEach((e, i) => {
        const next = events[i + 1];
        if (next === undefined || next.boot !== e.boot) return;
        expect(next.serial).toBe(e.serial + 1);
        expect(next.loggedAt).toBeGreaterThanOrEqual(e.loggedAt);
      });
    });
  });

  test('fact 4: a clone is no later than any event of its child', () => {
    eachHistory((h) => {
      for (const [birth, child] of birthsOf(h)) {
        for (const e of ownOf(h, child)) expect(birth.time).toBeLessThanOrEqual(e.time);
      }
    });
  });

  test('fact 5: exit, then the wait that reaps, then the next life of the number', () => {
    eachHistory((h) => {
      for (const reap of h.events) {
        if (reap.fact.kind !== 'reap') continue;
        const dead = h.lives[reap.fact.child];
        for (const e of ownOf(h, dead)) expect(e.serial).toBeLessThan(reap.serial);
        const next = h.lives.filter(
          (l) => l.boot === dead.boot && l.pid === dead.pid && l.index > dead.index,
        );
        for (const life of next) {
          for (const e of ownOf(h, life)) expect(e.serial).toBeGreaterThan(reap.serial);
        }
      }
    });
  });

  test('fact 6: a single thread does one thing after the other', () => {
    eachHistory((h) => {
      for (const life of h.lives.filter((l) => l.threads === 1)) {
        const own = ownOf(h, life);
        own.slice(1).forEach((e, i) => {
          if (e.fact.kind !== 'abend') expect(e.entry).toBeGreaterThanOrEqual(own[i].loggedAt);
        });
      }
    });
  });

  test('a number belongs to one life at a time', () => {
    eachHistory((h) => {
      const last = new Map<string, TrueProcess>();
      for (const life of h.lives) {
        const key = `${life.boot}/${life.pid}`;
        const before = last.get(key);
        if (before !== undefined) expect(before.freedAt).toBeLessThanOrEqual(life.bornAt);
        last.set(key, life);
      }
    });
  });

  test('ppid is a real parent, and the end is after every own event', () => {
    eachHistory((h) => {
      for (const e of h.events) {
        if (e.parentThen < 0) continue;
        const life = h.lives[e.actor];
        expect(life.parents.map((p) => p.parent)).toContain(e.parentThen);
        if (life.deadAt !== null) expect(e.loggedAt).toBeLessThanOrEqual(life.deadAt);
        expect(e.entry).toBeGreaterThanOrEqual(life.bornAt);
      }
    });
  });

  test('who ended by a status has an exit record; who was killed has not, but for a race', () => {
    eachHistory((h) => {
      const skipped = h.program.hosts.some((x) => x.boots.some((b) => b.skip > 0));
      for (const life of h.lives) {
        if (!life.recorded || life.deadAt === null || skipped) continue;
        const exits = ownOf(h, life).filter((e) => e.fact.kind === 'exit');
        if (life.end?.kind === 'code') expect(exits.length).toBeGreaterThan(0);
        else if (life.threads === 1) {
          for (const e of exits) expect(e.entry).toBeLessThanOrEqual(life.end?.at ?? 0);
        }
      }
    });
  });

  test('fact 11: nothing in a namespace outlives its pid 1', () => {
    eachHistory((h) => {
      for (const first of h.lives.filter((l) => l.level > 0 && l.nsPid === 1)) {
        if (first.deadAt === null) continue;
        for (const life of insideOf(h, first)) {
          expect(life.freedAt).toBeLessThanOrEqual(first.deadAt);
        }
      }
    });
  });
});

describe('the model reaches what it is for', () => {
  const seen = new Map<string, number>();
  const count = (what: string, is: boolean): void => {
    if (is) seen.set(what, (seen.get(what) ?? 0) + 1);
  };

  function look(h: History): void {
    for (const [birth, child] of birthsOf(h)) {
      const own = ownOf(h, child);
      count(
        'child logs before its clone',
        own.some((e) => e.serial < birth.serial),
      );
      count('silent child', own.length === 0);
      count('container child', child.level > 0);
      count('nested container', child.level > 1);
    }
    h.events.slice(1).forEach((e, i) => count('time goes back', e.time < h.events[i].time));
    for (const life of h.lives) {
      count('killed', life.end?.kind === 'signal');
      count('orphan', life.parents.length > 1);
      count('threads', life.threads > 1);
      const own = ownOf(h, life);
      count(
        'exec by a process of threads',
        life.threads > 1 && own.some((e) => e.fact.kind === 'exec'),
      );
      const again = h.lives.some((l) => l.boot === life.boot && l.pid === life.pid && l !== life);
      count('number used again', again && own.length > 0);
    }
    for (const e of h.events) {
      count(e.fact.kind, true);
      count('long wait', e.fact.kind === 'reap' && e.loggedAt - e.entry > 50_000_000);
    }
    const order = h.lines.map((line) => /:(\d+)\)/.exec(line)?.[1]);
    count(
      'records interleave',
      order.some((s, i) => i > 1 && s === order[i - 2] && s !== order[i - 1]),
    );
  }

  test('over all profiles', () => {
    eachHistory(look);
    for (const what of [
      'child logs before its clone',
      'silent child',
      'container child',
      'nested container',
      'time goes back',
      'killed',
      'orphan',
      'threads',
      'exec by a process of threads',
      'number used again',
      'birth',
      'thread',
      'birth_failed',
      'exec',
      'exec_failed',
      'exit',
      'reap',
      'signal',
      'abend',
      'setsid',
      'long wait',
      'records interleave',
    ]) {
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
    }
    if (process.env.GODO_SHOW) console.log(Object.fromEntries(seen));
  });
});
