/** Fact 12: a pid is used again, and each time it is another process. */
import { describe, expect, test } from 'vitest';
import { endOf, livesOf, Log, treeOf } from '../../support/log.ts';

const programsOf = (log: Log, pid: number): unknown[] =>
  livesOf(log.documents, pid).map((life) => life.args?.[0]);

describe.each([
  ['older than the log', (): Log => new Log()],
  ['born in the log', (): Log => new Log().fork(0, [1000, 900], 1001)],
])('what parts two lives of a pid, the first %s', (_name, begin) => {
  const SIGSEGV = 11;

  test('the wait between them', () => {
    const log = begin()
      .exec(0, [1001, 1000], ['a'])
      .wait(0, [1000, 900], 1001)
      .exec(0, [1001, 1000], ['b']);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
  });

  test('an exit_group, by the time after it', () => {
    const log = begin()
      .exec(0, [1001, 1000], ['a'])
      .exitGroup(4, [1001, 1000], 1)
      .exec(5000, [1001, 1000], ['b']);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
  });

  test.each(['exit', 'exit_group'])('the %s of its only thread, by the other parent', (name) => {
    const log = begin()
      .exec(0, [1001, 1000], ['a'])
      .call(4, [1001, 1000], name, { args: [1] })
      .exec(4, [1001, 1002], ['b']);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
  });

  test('a crash, by the time after it', () => {
    const log = begin()
      .exec(0, [1001, 1000], ['a'])
      .abend(4, [1001, 1000], SIGSEGV)
      .exec(5000, [1001, 1000], ['b']);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
  });

  test('a login from a session that the first was not in', () => {
    const login = (old: number): string =>
      `LOGIN pid=1001 uid=0 old-auid=0 auid=7 old-ses=${old} ses=3 res=1`;
    const ofSession = (old: number): Log =>
      begin()
        .exec(0, [1001, 1000], ['a'])
        .call(4, [1001, 1000], 'write', { records: [login(old)] });
    expect(livesOf(ofSession(2).documents, 1001)).toHaveLength(2);
    expect(livesOf(ofSession(1).documents, 1001)).toHaveLength(1);
  });

  test('but no login after a record that tells no session', () => {
    const login = 'LOGIN pid=1001 uid=0 old-auid=0 auid=7 old-ses=2 ses=3 res=1';
    const log = begin()
      .event(4, 'AVC avc:  denied  { read } for  pid=1001 comm="x" name="y"')
      .call(8, [1001, 1000], 'write', { records: [login] });
    expect(livesOf(log.documents, 1001)).toHaveLength(1);
  });

  test('the time of the next birth, though nothing else tells of the first end', () => {
    const log = begin()
      .exec(4, [1001, 1000], ['a'])
      .fork(100, [1000, 900], 1001)
      .exec(104, [1001, 1000], ['b']);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
    const [first] = livesOf(log.documents, 1001);
    expect(endOf(first)).toEqual({ source: 'pid_reused', after: 4, by: 100 });
  });

  test('the time of the next birth, though that is logged late', () => {
    const log = begin()
      .exec(4, [1001, 1000], ['a'])
      .exec(104, [1001, 1000], ['b'])
      .fork(100, [1000, 900], 1001);
    expect(programsOf(log, 1001)).toEqual(['a', 'b']);
  });
});

test('the exits of all its threads end a life, by the other parent after them', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .thread(4, [1001, 1000], 1002)
    .exit(8, [1001, 1000], 1)
    .exit(8, [1001, 1000], 2)
    .touch(5000, [1001, 1003]);
  expect(livesOf(log.documents, 1001).map(({ exit_code }) => exit_code)).toEqual([2, undefined]);
});

test('but what entered its call before the exit was a thread of that life', () => {
  const log = new Log().fork(0, [1000, 900], 1001).exitGroup(8, [1001, 1000]).touch(4, [1001, 1]);
  expect(livesOf(log.documents, 1001)).toHaveLength(1);
});

test('a parent that is younger than an exit is that of another life', () => {
  const log = new Log()
    .exit(0, [1001, 1000], 1)
    .fork(4, [900, 1], 1002)
    .touch(8, [1002, 900])
    .touch(12, [1001, 1002]);
  expect(livesOf(log.documents, 1001).map(({ ppid }) => ppid)).toEqual([1000, 1002]);
});

test('but not those of some of them', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .thread(4, [1001, 1000], 1002)
    .exit(8, [1001, 1000], 1)
    .touch(5000, [1001, 1]);
  expect(livesOf(log.documents, 1001)).toHaveLength(1);
});

test('a straggling thread that is shown as adopted is no other life', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .thread(0, [1001, 1000], 1002)
    .exitGroup(4, [1001, 1000], 1)
    .exit(4, [1001, 1], 0);
  expect(livesOf(log.documents, 1001)).toHaveLength(1);
});

describe('what shows another parent before the fork is logged is of an earlier life', () => {
  const log = (): Log =>
    new Log().exec(4, [1001, 1002], ['a']).fork(4, [1000, 900], 1001).exec(4, [1001, 1000], ['b']);

  test('of a pid with several forks', () => {
    expect(programsOf(log().fork(200, [1000, 900], 1001), 1001)).toEqual(['a', 'b', undefined]);
  });

  test('of a pid with one fork', () => {
    expect(programsOf(log(), 1001)).toEqual(['a', 'b']);
  });
});

test('a birth that was reaped before the next event left none', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .wait(0, [1000, 900], 1001)
    .exec(4, [1001, 1000], ['b']);
  const sources = livesOf(log.documents, 1001).map((life) => life.start_source);
  expect(sources).toEqual(['fork', 'first_record']);
});

test('lives that left no record of their own are told apart by their forks', () => {
  const log = new Log();
  for (const i of [0, 1, 2]) log.fork(i * 100, [1000, 900], 1001);
  const lives = livesOf(log.documents, 1001);
  expect(lives.map((life) => life.exit_source)).toEqual(['pid_reused', 'pid_reused', undefined]);
});

test('one of them in the middle', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .exec(4, [1001, 1000], ['a'])
    .fork(100, [1000, 900], 1001)
    .wait(100, [1000, 900], 1001)
    .fork(200, [1000, 900], 1001)
    .exec(204, [1001, 1000], ['c']);
  expect(programsOf(log, 1001)).toEqual(['a', undefined, 'c']);
});

test('of two births in the tick of an event the one that its parent made is its own', () => {
  const log = new Log()
    .fork(4, [1000, 900], 1001)
    .fork(4, [1002, 900], 1001)
    .exec(4, [1001, 1000], ['a']);
  const lives = livesOf(log.documents, 1001);
  expect(lives.map((life) => [life.ppid, life.execve.length])).toEqual([
    [1000, 1],
    [1002, 0],
  ]);
});

test('a ppid= does not mean a life that had ended', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .exitGroup(4, [1001, 1000])
    .exec(5000, [1002, 1001], ['of the next 1001']);
  expect(treeOf(log.documents)).toBe('1000(1001) 1002');
});

test('nor one whose only thread had, but one of which further threads may go on', () => {
  const log = (threads: number): Log => {
    const one = new Log().fork(0, [1000, 900], 1001);
    for (let i = 1; i < threads; i++) one.thread(2, [1001, 1000], 2000 + i);
    return one.exit(4, [1001, 1000]).exec(5000, [1002, 1001], ['x']);
  };
  expect(treeOf(log(1).documents)).toBe('1000(1001) 1002');
  expect(treeOf(log(2).documents)).toBe('1000(1001(1002))');
});

test('children belong to the life of that time', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .fork(4, [1001, 1000], 1002)
    .touch(5, [1005, 1001])
    .exitGroup(8, [1001, 1000])
    .wait(0, [1000, 900], 1001)
    .fork(12, [1000, 900], 1001)
    .fork(16, [1001, 1000], 1003)
    .touch(20, [1004, 1001]);
  expect(treeOf(log.documents)).toBe('1000(1001(1002 1005) 1001(1003 1004))');
});

test('a signal reaches the life of that time', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .kill(4, [1000, 900], 1001, 15, 1001)
    .wait(4, [1000, 900], 1001)
    .fork(12, [1000, 900], 1001)
    .kill(16, [1000, 900], 1001, 9, 1001);
  const signals = livesOf(log.documents, 1001).map((life) => life.exit_signal);
  expect(signals).toEqual([15, 9]);
});

test('a signal may be logged before the clone of its target', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .wait(0, [1000, 900], 1001)
    .touch(8, [1002, 900])
    .kill(12, [1002, 900], 1001, 9, 1001)
    .fork(12, [1000, 900], 1001);
  const signals = livesOf(log.documents, 1001).map((life) => life.exit_signal);
  expect(signals).toEqual([undefined, 9]);
});

test('a signal that found the zombie may be logged after the wait that reaped it', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .exitGroup(4, [1001, 1000], 3)
    .wait(4, [1000, 900], 1001)
    .kill(4, [1002, 900], 1001, 9, 1001);
  expect(livesOf(log.documents, 1001).map((life) => life.exit_code)).toEqual([3]);
});

test('as fast as the clock shows: a life in each tick', () => {
  const log = new Log();
  for (let i = 0; i < 50; i++) {
    log.fork(4 * i, [1000, 900], 1001);
    log.exitGroup(4 * i, [1001, 1000], i);
    log.wait(4 * i, [1000, 900], 1001);
  }
  const codes = livesOf(log.documents, 1001).map((life) => life.exit_code);
  expect(codes).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

describe('faster than the clock shows: serials alone tell', () => {
  // With pid_max=301 the next fork has the pid of the last one, tens of times in a tick.
  test('the birth in the tick of the only event of the life before', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .exitGroup(4, [1001, 1000], 1)
      .wait(0, [1000, 900], 1001)
      .fork(4, [1000, 900], 1001)
      .exitGroup(4, [1001, 1000], 2);
    expect(livesOf(log.documents, 1001).map((life) => life.exit_code)).toEqual([1, 2]);
  });

  test('several lives in one tick', () => {
    const log = new Log();
    for (let i = 0; i < 3; i++) {
      log.fork(4, [1000, 900], 1001);
      log.exitGroup(4, [1001, 1000], i);
      log.wait(4, [1000, 900], 1001);
    }
    expect(livesOf(log.documents, 1001).map((life) => life.exit_code)).toEqual([0, 1, 2]);
  });
});
