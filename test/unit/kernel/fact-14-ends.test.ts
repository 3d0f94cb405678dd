/** Fact 14: how a process ended that logged no exit, and what is no end at all. */
import { describe, expect, test } from 'vitest';
import { endOf, lifeOf, livesOf, Log, rulesOf, treeOf } from '../../support/log.ts';

const SIGHUP = 1;
const SIGABRT = 6;
const SIGKILL = 9;
const SIGSEGV = 11;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIGSTOP = 19;
const EINTR = 4;
const ECHILD = 10;
const PR_SET_PDEATHSIG = 1;
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x1000000;

/** 1000 bears 1001, which is seen at 4. */
const family = (): Log => new Log().fork(0, [1000, 900], 1001).touch(4, [1001, 1000]);
const endsOf = (log: Log, pid = 1001): Record<string, unknown> => endOf(lifeOf(log.documents, pid));

describe('recorded ends', () => {
  test('exit_group has moment and status', () => {
    const log = family().exitGroup(8, [1001, 1000], 3);
    expect(endsOf(log)).toEqual({ source: 'exit_group', by: 8, code: 3 });
  });

  test('a crash has moment and signal', () => {
    const log = family().abend(8, [1001, 1000], SIGSEGV);
    expect(endsOf(log)).toEqual({ source: 'abend', by: 8, signal: SIGSEGV });
    expect(rulesOf(lifeOf(log.documents, 1001), 'end')).toEqual(['abend proven']);
  });

  test('a crash may be all that a process left', () => {
    const log = new Log().fork(0, [1000, 900], 1001).abend(8, [1001, 1000], SIGABRT);
    expect(treeOf(log.documents)).toBe('1000(1001)');
    expect(endsOf(log)).toEqual({ source: 'abend', by: 8, signal: SIGABRT });
  });

  test('a signal to one that had called exit_group changes nothing', () => {
    const log = family().exitGroup(8, [1001, 1000], 3).kill(12, [1000, 900], 1001, SIGKILL, 1001);
    expect(endsOf(log)).toEqual({ source: 'exit_group', by: 8, code: 3 });
  });
});

describe('signals', () => {
  test('one that was sent before the wait killed', () => {
    const log = family()
      .kill(8, [1000, 900], 1001, SIGTERM, 1001)
      .wait(8, [1000, 900], 1001)
      .touch(12, [1000, 900]);
    expect(endsOf(log)).toEqual({ source: 'signal', after: 4, by: 12, signal: SIGTERM });
    const life = lifeOf(log.documents, 1001);
    expect(rulesOf(life, 'exit_signal')).toEqual(['signal_sent inferred']);
    expect(rulesOf(life, 'end')).toEqual(['reaped_by_wait proven']);
  });

  test('one that nothing followed killed, too', () => {
    const log = family().kill(8, [1000, 900], 1001, SIGKILL, 1001);
    expect(endsOf(log)).toEqual({ source: 'signal', after: 4, by: 8, signal: SIGKILL });
  });

  test('it is no sign of life: it may have found a zombie', () => {
    const log = new Log().kill(8, [1000, 900], 1007, SIGKILL, 1007);
    expect(endsOf(log, 1007)).toEqual({ source: 'signal', by: 8, signal: SIGKILL });
  });

  test.each(['tkill', 'tgkill'])('%s to a thread ends its process', (name) => {
    const args = name === 'tkill' ? [1001, SIGTERM] : [1001, 1001, SIGTERM];
    const records = ['OBJ_PID opid=1001 ouid=0 oses=1 ocomm="x"'];
    const log = family().call(8, [1001, 1000], name, { args, records });
    expect(endsOf(log)).toMatchObject({ source: 'signal', signal: SIGTERM });
  });

  test.each([
    ['rt_sigqueueinfo', [1001, SIGTERM]],
    ['rt_tgsigqueueinfo', [1001, 1001, SIGTERM]],
    ['pidfd_send_signal', [5, SIGTERM]],
  ])('%s is a signal, too', (name, args) => {
    const records = ['OBJ_PID opid=1001 ouid=0 oses=1 ocomm="x"'];
    const log = family().call(8, [1000, 900], name, { args, records });
    expect(endsOf(log)).toMatchObject({ source: 'signal', signal: SIGTERM });
  });

  test('to a group names each of its processes', () => {
    const records = [1001, 1002].map((pid) => `OBJ_PID opid=${pid} ouid=0 oses=1 ocomm="x"`);
    const log = family()
      .fork(4, [1000, 900], 1002)
      .call(8, [1000, 900], 'kill', { args: [-1001, SIGHUP], records });
    expect(endsOf(log, 1001)).toMatchObject({ signal: SIGHUP });
    expect(endsOf(log, 1002)).toMatchObject({ signal: SIGHUP });
  });

  test('without its OBJ_PID the argument tells the target', () => {
    const log = family().kill(8, [1000, 900], 1001, SIGKILL);
    expect(endsOf(log)).toMatchObject({ source: 'signal', signal: SIGKILL });
  });

  test('a target that nothing else shows has a life', () => {
    const log = new Log().kill(8, [1000, 900], 1007, SIGKILL, 1007);
    expect(lifeOf(log.documents, 1007)).toMatchObject({ start_source: 'signal', exit_signal: 9 });
  });

  test('a thread id is no process', () => {
    const log = new Log().call(8, [1000, 900], 'tkill', { args: [1007, SIGKILL] });
    expect(livesOf(log.documents, 1007)).toEqual([]);
  });

  test('a call that it interrupted began before', () => {
    const log = family()
      .kill(8, [1000, 900], 1001, SIGKILL, 1001)
      .touch(12, [1000, 900])
      .call(5, [1001, 1000], 'pause', { success: false, exit: -EINTR });
    expect(endsOf(log)).toMatchObject({ source: 'signal', signal: SIGKILL });
  });

  test('one after which it began something did not kill', () => {
    const log = family().kill(8, [1000, 900], 1001, SIGTERM, 1001).touch(12, [1001, 1000]);
    expect(endsOf(log)).toEqual({});
  });

  test('one to itself after which it went on did not kill', () => {
    const log = family().kill(8, [1001, 1000], 1001, SIGTERM, 1001).touch(8, [1001, 1000]);
    expect(endsOf(log)).toEqual({});
  });

  test('one in whose tick it logged more than it can have begun before did not kill', () => {
    const log = family().kill(8, [1000, 900], 1001, SIGTERM, 1001).touch(8, [1001, 1000]);
    expect(endsOf(log)).toMatchObject({ signal: SIGTERM });
    expect(endsOf(log.touch(8, [1001, 1000]))).toEqual({});
  });

  test('one after which it execed and went on did not kill', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .thread(4, [1001, 1000], 1002)
      .kill(8, [1000, 900], 1001, SIGTERM)
      .exec(8, [1001, 1000], ['a'])
      .touch(8, [1001, 1000]);
    expect(endOf(lifeOf(log.documents, 1001))).toEqual({});
  });

  test('of several the first that can have killed', () => {
    const log = family()
      .kill(8, [1000, 900], 1001, SIGHUP, 1001)
      .touch(12, [1001, 1000])
      .kill(16, [1000, 900], 1001, SIGTERM, 1001)
      .kill(20, [1000, 900], 1001, SIGKILL, 1001);
    expect(endsOf(log)).toMatchObject({ signal: SIGTERM });
  });

  test.each([0, SIGCHLD, SIGSTOP])('signal %i does not kill', (signal) => {
    const log = family().kill(8, [1000, 900], 1001, signal, 1001).wait(8, [1000, 900], 1001);
    expect(endsOf(log)).toMatchObject({ source: 'wait' });
    expect(endsOf(log)).not.toHaveProperty('signal');
  });

  test('one that dumps core leaves a record: without it, only where the end is proven', () => {
    const log = family().kill(8, [1000, 900], 1001, SIGSEGV, 1001);
    expect(endsOf(log)).toEqual({});
    log.wait(8, [1000, 900], 1001);
    expect(endsOf(log)).toMatchObject({ source: 'signal', signal: SIGSEGV });
  });

  test('one that was sent after the end is proven did not kill', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 1002)
      .touch(6, [1002, 1])
      .kill(8, [1000, 900], 1001, SIGTERM, 1001);
    expect(endsOf(log)).toEqual({ source: 'reparented_child', after: 4, by: 6 });
  });

  test('one that failed did nothing', () => {
    const ESRCH = 3;
    const args = [1001, SIGKILL];
    const log = family().call(8, [1000, 900], 'kill', { args, success: false, exit: -ESRCH });
    expect(endsOf(log)).toEqual({});
  });

  test('one that it had asked for at the death of its parent', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .call(4, [1001, 1000], 'prctl', { args: [PR_SET_PDEATHSIG, SIGHUP] })
      .exitGroup(8, [1000, 900]);
    expect(endsOf(log)).toEqual({ source: 'signal', after: 8, by: 8, signal: SIGHUP });
    const rules = rulesOf(lifeOf(log.documents, 1001), 'exit_signal');
    expect(rules).toEqual(['parent_death_signal inferred']);
  });

  test('but not when it began something after that', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .call(4, [1001, 1000], 'prctl', { args: [PR_SET_PDEATHSIG, SIGHUP] })
      .exitGroup(8, [1000, 900])
      .touch(12, [1001, 1]);
    expect(endsOf(log)).toEqual({});
  });
});

describe('waits', () => {
  const unknown = { source: 'wait', after: 4, by: 12 };

  test('prove an end between the last sign of life and what the waiter did next', () => {
    const log = family().wait(4, [1000, 900], 1001).touch(12, [1000, 900]);
    expect(endsOf(log)).toEqual(unknown);
    expect(lifeOf(log.documents, 1001).incomplete).toEqual(['end_status_unknown']);
  });

  test('waitid names its child as an argument', () => {
    const args = [P_PID, 1001, 0, WEXITED];
    const log = family().call(4, [1000, 900], 'waitid', { args }).touch(12, [1000, 900]);
    expect(endsOf(log)).toEqual(unknown);
  });

  test('waitid that may have found nothing proves nothing', () => {
    const args = [P_PID, 1001, 0, WEXITED | WNOHANG];
    expect(endsOf(family().call(4, [1000, 900], 'waitid', { args }))).toEqual({});
  });

  test('waitid for anyone names nobody', () => {
    const args = [P_ALL, 1001, 0, WEXITED];
    expect(endsOf(family().call(4, [1000, 900], 'waitid', { args }))).toEqual({});
  });

  test('waitid for a stop is no end', () => {
    const args = [P_PID, 1001, 0, 2];
    expect(endsOf(family().call(4, [1000, 900], 'waitid', { args }))).toEqual({});
  });

  test('one that leaves the child to be reaped is followed by the one that does', () => {
    const args = [P_PID, 1001, 0, WEXITED | WNOWAIT];
    const log = family()
      .call(4, [1000, 900], 'waitid', { args })
      .touch(12, [1000, 900])
      .wait(16, [1000, 900], 1001);
    expect(livesOf(log.documents, 1001)).toHaveLength(1);
  });

  test('wait4 that found nothing yet returned 0', () => {
    const log = family().call(6, [1000, 900], 'setsid', { exit: 1000 });
    log.wait(8, [1000, 900], 0, WNOHANG);
    expect(endsOf(log)).toEqual({});
    expect(treeOf(log.documents)).toBe('1000(1001)');
  });
});

describe('a parent that has no child left', () => {
  const none = (log: Log, ms: number, flags = 0): Log =>
    log.call(ms, [1000, 900], 'wait4', { args: [-1, 0, flags], success: false, exit: -ECHILD });

  test('had all of them reaped', () => {
    const log = none(family(), 8).touch(12, [1000, 900]);
    expect(endsOf(log)).toEqual({ source: 'wait', after: 4, by: 12 });
    const rules = rulesOf(lifeOf(log.documents, 1001), 'end');
    expect(rules).toEqual(['parent_without_children proven']);
  });

  test('also by waitid', () => {
    const args = [P_ALL, 0, 0, WEXITED];
    const log = family().call(8, [1000, 900], 'waitid', { args, success: false, exit: -ECHILD });
    expect(endsOf(log)).toMatchObject({ source: 'wait' });
  });

  test('says nothing of one that was born later', () => {
    expect(endsOf(none(new Log(), 0).fork(4, [1000, 900], 1001))).toEqual({});
  });

  test('or asked for some children only', () => {
    const WNOTHREAD = 0x20000000;
    expect(endsOf(none(family(), 8, WNOTHREAD))).toEqual({});
  });

  test('or asked for one child only', () => {
    const args = [1001, 0, 0];
    const log = family().call(8, [1000, 900], 'wait4', { args, success: false, exit: -ECHILD });
    expect(endsOf(log)).toEqual({});
  });
});

test('of all that proves an end the earliest counts', () => {
  const log = new Log()
    .fork(0, [1000, 900], 1001)
    .fork(4, [1001, 1000], 1002)
    .touch(8, [1002, 1])
    .wait(8, [1000, 900], 1001)
    .touch(40, [1000, 900])
    .fork(100, [1000, 900], 1001);
  const [first] = livesOf(log.documents, 1001);
  expect(endOf(first)).toEqual({ source: 'reparented_child', after: 4, by: 8 });
});

test('without any of it the process lives', () => {
  expect(endsOf(family())).toEqual({});
  expect(lifeOf(family().documents, 1001).incomplete).toEqual(['no_end']);
});
