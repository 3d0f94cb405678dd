/**
 * Facts 9 and 11: inside a pid namespace clone, wait and kill speak of numbers that mean
 * nothing outside of it, while pid= and ppid= are those of the initial one.
 *
 * The containers here: 1000 on the host bears 1001, pid 1 of a new namespace.
 */
import { describe, expect, test } from 'vitest';
import {
  analyze,
  CLONE_NEWPID,
  CLONE_PARENT,
  endOf,
  lifeOf,
  Log,
  numbersOf,
  rulesOf,
  treeOf,
} from '../../support/log.ts';

const SIGTERM = 15;
const SIGKILL = 9;
const SIGUSR1 = 10;
const PR_SET_CHILD_SUBREAPER = 36;

function container(): Log {
  return new Log()
    .clone(0, [1000, 900], 1001, CLONE_NEWPID)
    .exec(4, [1001, 1000], ['init'])
    .fork(8, [1001, 1000], 2)
    .exec(12, [1002, 1001], ['sh']);
}

describe('births in a container', () => {
  test('by the caller and the order of the numbers', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .exec(20, [1003, 1002], ['a'])
      .fork(24, [1001, 1000], 4)
      .exec(28, [1004, 1001], ['b'])
      .fork(32, [1002, 1001], 5)
      .exec(36, [1005, 1002], ['c']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003 1005) 1004))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3 1004=4 1005=5');
    const rules = rulesOf(lifeOf(log.documents, 1003), 'birth');
    expect(rules).toEqual(['ns_number_order inferred']);
  });

  test('an end by a wait for a number is no surer than whose number it was', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .wait(12, [1001, 1000], 2)
      .wait(16, [1000, 900], 1001);
    expect(rulesOf(lifeOf(log.documents, 1002), 'end')).toEqual(['reaped_by_wait inferred']);
    expect(rulesOf(lifeOf(log.documents, 1001), 'end')).toEqual(['reaped_by_wait proven']);
  });

  test('a number that is also the pid of its caller begins no second life of that', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .fork(12, [1001, 1000], 1001)
      .exec(16, [2001, 1001], ['b'])
      .exitGroup(20, [1001, 1000]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002 2001))');
  });

  test('nor one that is the pid of an orphan, of a caller that lives', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .exitGroup(4, [1000, 900])
      .fork(8, [1001, 1], 2)
      .exec(12, [1002, 1001], ['a'])
      .fork(16, [1002, 1001], 1001)
      .exec(20, [2001, 1002], ['b'])
      .fork(24, [1001, 1], 1003)
      .exec(28, [2003, 1001], ['c'])
      .touch(32, [1002, 1001]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(2001) 2003))');
  });

  test('a number of the namespace that is also a pid outside is not that one', () => {
    const log = new Log()
      .fork(0, [1000, 900], 3)
      .exec(0, [3, 1000], ['low'])
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .fork(8, [1001, 1000], 3)
      .exec(12, [1002, 1001], ['a'])
      .exec(12, [1003, 1001], ['b'])
      .wait(12, [1001, 1000], 3)
      .touch(16, [3, 1000]);
    expect(treeOf(log.documents)).toBe('1000(3 1001(1002 1003))');
    expect(endOf(lifeOf(log.documents, 3))).toEqual({});
    expect(endOf(lifeOf(log.documents, 1003))).toMatchObject({ source: 'wait' });
  });

  test("a number that is the caller's own parent's pid is not that one", () => {
    const log = new Log()
      .clone(0, [5, 1], 7, CLONE_NEWPID)
      .fork(4, [7, 1], 2)
      .exec(8, [8, 7], ['a'])
      .touch(12, [7, 1])
      .fork(12, [8, 7], 7)
      .touch(16, [8, 7])
      .fork(16, [8, 7], 8);
    expect(treeOf(log.documents)).toBe('5(7(8))');
    expect(numbersOf(log.documents)).toBe('5 7=1 8=2');
  });

  test("a later life of the parent's pid is not the parent", () => {
    const log = new Log()
      .touch(0, [1001, 1000])
      .fork(4, [1001, 1000], 1002)
      .touch(8, [1002, 1001])
      .clone(12, [900, 1], 1000, CLONE_NEWPID)
      .fork(16, [1000, 900], 2)
      .exec(20, [1003, 1000], ['a']);
    expect(treeOf(log.documents)).toBe('1001(1002) 900(1000(1003))');
    expect(rulesOf(lifeOf(log.documents, 1002), 'birth')).toEqual(['clone_return proven']);
  });

  test('two at once, with the same numbers', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .clone(0, [1000, 900], 1002, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .fork(4, [1002, 1000], 2)
      .exec(8, [1004, 1002], ['b'])
      .exec(8, [1003, 1001], ['a'])
      .wait(4, [1002, 1000], 2);
    expect(treeOf(log.documents)).toBe('1000(1001(1003) 1002(1004))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=1 1003=2 1004=2');
    expect(endOf(lifeOf(log.documents, 1003))).toEqual({});
    expect(endOf(lifeOf(log.documents, 1004))).toMatchObject({ source: 'wait' });
  });

  test('a child that logs before its clone', () => {
    const log = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .exec(5, [1002, 1001], ['a'])
      .fork(4, [1001, 1000], 2)
      .exec(9, [1003, 1001], ['b'])
      .fork(8, [1001, 1000], 3);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  // In these and some others pids went by in between, so that they are no hint.
  test('an event older than the call is not of its child', () => {
    const log = container()
      .fork(20, [1001, 1000], 4)
      .touch(16, [1010, 1001])
      .exec(24, [1020, 1001], ['b']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1010 1020=4');
  });

  test('an event after the wait that returned the number is not of its child', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .wait(16, [1002, 1001], 3)
      .fork(20, [1002, 1001], 4)
      .exec(24, [1010, 1002], ['b']);
    const life = lifeOf(log.documents, 1010);
    expect([life.ns_pid, endOf(life)]).toEqual([4, {}]);
  });

  test('CLONE_PARENT', () => {
    const log = container()
      .clone(16, [1002, 1001], 3, CLONE_PARENT)
      .exec(20, [1003, 1001], ['sibling'])
      .touch(24, [1002, 1001]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002 1003))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  test('nobody bears itself, though CLONE_PARENT gives it a sibling', () => {
    const log = container().clone3(16, [1002, 1001], 3).clone(20, [1006, 1002], 4, CLONE_PARENT);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1006=3');
    expect(lifeOf(log.documents, 1002).threads).toBe(1);
  });

  test('nor does it bear an ancestor, though that shows its own parent as an orphan would', () => {
    const log = new Log()
      .clone(0, [1004, 1003], 7)
      .exitGroup(4, [1004, 1003])
      .wait(4, [1003, 1002], 6)
      .touch(8, [1002, 1001])
      .wait(4, [1001, 1000], 2);
    expect(treeOf(log.documents)).toBe('1001(1002(1003(1004)))');
  });

  test('threads take numbers and are no processes', () => {
    const log = container()
      .thread(16, [1002, 1001], 3)
      .clone3(20, [1002, 1001], 4)
      .fork(24, [1002, 1001], 5)
      .exec(28, [1005, 1002], ['c']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1005=5');
    expect(lifeOf(log.documents, 1002).threads).toBe(3);
  });
});

describe('pids that start again', () => {
  test('a call after the turn took a number of the next one, however near that is', () => {
    const log = new Log()
      .clone(0, [302, 301], 303, CLONE_NEWPID)
      .fork(4, [303, 302], 2)
      .exec(8, [304, 303], ['a'])
      .fork(12, [304, 303], 3)
      .exec(16, [306, 304], ['b'])
      .touch(20, [310, 1])
      .fork(24, [310, 1], 305)
      .touch(28, [305, 310]);
    expect(numbersOf(log.documents)).toBe('302 303=1 304=2 305 306=3 310');
  });

  test('a child is not of a turn before its parent', () => {
    const log = new Log()
      .clone(0, [292, 1], 294, CLONE_NEWPID)
      .fork(4, [292, 1], 298)
      .touch(8, [298, 292])
      .fork(12, [294, 292], 2)
      .exec(16, [300, 294], ['a'])
      .fork(20, [294, 292], 3)
      .exec(24, [304, 294], ['b'])
      .fork(28, [292, 1], 306);
    expect(numbersOf(log.documents)).toBe('292 294=1 298 300=2 304=3 306');
  });
});

test('what a thread logs before the call that made it says nothing of when that was', () => {
  const log = container()
    .fork(20, [1002, 1001], 3)
    .fork(20, [900, 1], 1004)
    .clone3(20, [900, 1], 1003)
    .exec(24, [1005, 1002], ['c']);
  expect(lifeOf(log.documents, 1005).ns_pid).toBe(3);
});

describe('calls that show both numbers', () => {
  /** Pids went by in between: either of the two calls may have borne the one that shows. */
  const open = (): Log =>
    container().fork(16, [1002, 1001], 3).fork(20, [1002, 1001], 4).exec(20, [1008, 1002], ['b']);

  test('setsid', () => {
    const log = open().call(24, [1008, 1002], 'setsid', { exit: 4 });
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1008=4');
    expect(rulesOf(lifeOf(log.documents, 1008), 'birth')).toEqual(['ns_number_order proven']);
  });

  test('kill with its OBJ_PID', () => {
    const log = open().kill(24, [1002, 1001], 4, SIGUSR1, 1008);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1008=4');
    expect(rulesOf(lifeOf(log.documents, 1008), 'birth')).toEqual(['ns_number_order proven']);
  });

  test('without either the other one has no pid', () => {
    const { unidentified_children, incomplete } = lifeOf(open().documents, 1002);
    expect(unidentified_children).toHaveLength(1);
    expect(incomplete).toContain('unidentified_children');
    expect(treeOf(open().documents)).toBe('1000(1001(1002(1008)))');
  });

  test('and which of the two it was is ambiguous', () => {
    const rules = rulesOf(lifeOf(open().documents, 1008), 'birth');
    expect(rules).toEqual(['ns_number_order ambiguous']);
  });

  test('kill with its OBJ_PID of a child that left nothing', () => {
    const log = container().fork(16, [1002, 1001], 3).kill(20, [1002, 1001], 3, SIGKILL, 1003);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
    expect(endOf(lifeOf(log.documents, 1003))).toMatchObject({ source: 'signal', signal: 9 });
  });

  test('setsid in a process whose birth is not in the log', () => {
    const log = new Log()
      .call(0, [1005, 1001], 'setsid', { exit: 407 })
      .fork(4, [1005, 1001], 408)
      .exec(8, [1006, 1005], ['a']);
    expect(numbersOf(log.documents)).toBe('1005=407 1006=408');
    expect(treeOf(log.documents)).toBe('1005(1006)');
  });

  test('kill of a process whose birth is not in the log', () => {
    const log = new Log()
      .kill(0, [1005, 1001], 406, SIGUSR1, 1004)
      .fork(4, [1005, 1001], 408)
      .exec(8, [1006, 1005], ['a']);
    expect(numbersOf(log.documents)).toBe('1004 1005 1006=408');
    expect(treeOf(log.documents)).toBe('1004 1005(1006)');
  });
});

describe('orphans in a namespace', () => {
  test('adopted by its pid 1', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .touch(20, [1003, 1002])
      .exitGroup(24, [1002, 1001])
      .touch(28, [1003, 1001]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)))');
    const { reparented } = lifeOf(log.documents, 1003);
    expect(reparented).toMatchObject([{ ppid: 1001, parent: lifeOf(log.documents, 1001)._id }]);
  });

  test('adopted before their first record', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .exitGroup(20, [1002, 1001])
      .exec(24, [1003, 1001], ['late']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  test('adopted before their first record, between births of others', () => {
    const log = container()
      .fork(16, [1001, 1000], 3)
      .exec(16, [1003, 1001], ['a'])
      .fork(20, [1002, 1001], 4)
      .exitGroup(20, [1002, 1001])
      .fork(24, [1001, 1000], 5)
      .exec(24, [1005, 1001], ['c'])
      .exec(28, [1004, 1001], ['late']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1004) 1003 1005))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3 1004=4 1005=5');
  });

  test('adopted before their first record, beside a child of the adopter', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .fork(20, [1001, 1000], 4)
      .exitGroup(24, [1002, 1001])
      .exec(28, [1010, 1001], ['late'])
      .exec(32, [1020, 1001], ['b']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1010) 1020))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1010=3 1020=4');
  });

  test('adopted before their first record, which comes much later', () => {
    const log = container().fork(16, [1002, 1001], 3).exitGroup(16, [1002, 1001]);
    for (let n = 4; n < 104; n++) {
      log.fork(16 + n, [1001, 1000], n).exec(16 + n, [1000 + n, 1001], ['a']);
    }
    const { documents } = log.exec(200, [1003, 1001], ['late']);
    expect(lifeOf(documents, 1003)).toMatchObject({ ns_pid: 3, ppid: 1002 });
    expect(rulesOf(lifeOf(documents, 1003), 'birth')).toEqual(['ns_number_between inferred']);
  });

  test('a forker that lives on has no orphans', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .exec(20, [1003, 1001], ['from elsewhere'])
      .touch(24, [1002, 1001]);
    expect(lifeOf(log.documents, 1003)).toMatchObject({ parent: lifeOf(log.documents, 1001)._id });
    expect(lifeOf(log.documents, 1002).unidentified_children).toMatchObject([{ ns_pid: 3 }]);
  });
});

describe('children that left no record of their own', () => {
  test('are known by the gap between their neighbours', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .fork(20, [1002, 1001], 4)
      .exec(20, [1004, 1002], ['b'])
      .wait(20, [1002, 1001], 3);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003 1004)))');
    const silent = lifeOf(log.documents, 1003);
    expect(silent).toMatchObject({ ns_pid: 3, start_source: 'fork', exit_source: 'wait' });
    expect(rulesOf(silent, 'birth')).toEqual(['ns_number_gap inferred']);
  });

  test('by clone3 only if they were waited for', () => {
    const log = container()
      .clone3(16, [1002, 1001], 3)
      .clone3(16, [1002, 1001], 4)
      .fork(20, [1002, 1001], 5)
      .exec(20, [1005, 1002], ['b'])
      .wait(20, [1002, 1001], 4);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1004=4 1005=5');
    expect(lifeOf(log.documents, 1002).threads).toBe(2);
  });

  test('are known by what births elsewhere left over', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .fork(20, [1000, 900], 1004)
      .exec(24, [1004, 1000], ['outside']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)) 1004)');
    expect(rulesOf(lifeOf(log.documents, 1003), 'birth')).toEqual(['pid_left_over inferred']);
  });
});

describe('which namespace', () => {
  test('the flag alone tells, of a pid 1 that bears nobody', () => {
    const log = new Log().clone(0, [1000, 900], 1001, CLONE_NEWPID).exec(4, [1001, 1000], ['init']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1');
  });

  test('so does unshare', () => {
    const log = new Log()
      .call(0, [1000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [1000, 900], 1001)
      .exec(8, [1001, 1000], ['init']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1');
  });

  const nested = (): Log =>
    container()
      .clone(16, [1002, 1001], 3, CLONE_NEWPID)
      .exec(20, [1003, 1002], ['inner'])
      .fork(24, [1003, 1002], 2)
      .exec(28, [1004, 1003], ['a'])
      .fork(40, [1004, 1003], 3)
      .exec(44, [1005, 1004], ['b']);

  test('nested', () => {
    expect(treeOf(nested().documents)).toBe('1000(1001(1002(1003(1004(1005)))))');
    expect(numbersOf(nested().documents)).toBe('1000 1001=1 1002=2 1003=1 1004=2 1005=3');
  });

  test('a clone with the flag puts that child only into a new one', () => {
    const log = nested()
      .fork(48, [1002, 1001], 6)
      .exec(52, [1006, 1002], ['outer'])
      .exitGroup(56, [1003, 1002]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=1 1004=2 1005=3 1006=6');
    expect(endOf(lifeOf(log.documents, 1006))).toEqual({});
  });

  test('unshare puts the next children into a new one', () => {
    const log = new Log()
      .call(0, [1000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [1000, 900], 1001)
      .fork(8, [1001, 1000], 2)
      .exec(12, [1002, 1001], ['a'])
      .wait(12, [1001, 1000], 2);
    expect(treeOf(log.documents)).toBe('1000(1001(1002))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2');
  });

  test('the first of them is pid 1 though another logs before it', () => {
    const log = new Log()
      .call(0, [1000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [1000, 900], 1001)
      .fork(4, [1000, 900], 1002)
      .fork(8, [1002, 1000], 3)
      .exec(8, [1003, 1002], ['a'])
      .touch(12, [1001, 1000]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003=3');
  });

  test('later children of unshare, too', () => {
    const log = new Log()
      .call(0, [1000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [1000, 900], 1001)
      .fork(8, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .fork(12, [1000, 900], 1003)
      .fork(16, [1003, 1000], 4)
      .exec(16, [1004, 1003], ['b'])
      .fork(20, [1001, 1000], 5)
      .exec(20, [1005, 1001], ['c']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002 1005) 1003(1004))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003 1004=4 1005=5');
  });

  test('later children of unshare in a container', () => {
    const log = container()
      .call(14, [1002, 1001], 'unshare', { args: [CLONE_NEWPID] })
      .fork(16, [1002, 1001], 3)
      .exec(20, [1003, 1002], ['inner'])
      .fork(24, [1003, 1002], 2)
      .exec(28, [1004, 1003], ['a'])
      .fork(32, [1002, 1001], 5)
      .exec(36, [1005, 1002], ['b'])
      .exitGroup(40, [1003, 1002]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003(1004) 1005)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=1 1004=2 1005');
    expect(endOf(lifeOf(log.documents, 1005))).toMatchObject({ source: 'namespace_end' });
  });

  test('unshare in a container, where nothing of the child shows that it is pid 1', () => {
    const log = container()
      .fork(14, [1002, 1001], 3)
      .exec(16, [1003, 1002], ['before'])
      .call(20, [1002, 1001], 'unshare', { args: [CLONE_NEWPID] })
      .fork(24, [1002, 1001], 4)
      .exec(28, [1004, 1002], ['inner'])
      .fork(32, [1002, 1001], 5)
      .exec(36, [1005, 1002], ['later'])
      .fork(40, [1001, 1000], 6)
      .exec(44, [1006, 1001], ['b']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3 1004=1 1005 1006=6');
  });

  test('later children of unshare where its numbers are high', () => {
    const log = new Log()
      .call(0, [5000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [5000, 900], 5001)
      .exec(4, [5001, 5000], ['init'])
      .fork(8, [5000, 900], 5007)
      .fork(12, [5007, 5000], 2001)
      .exec(16, [5008, 5007], ['a']);
    expect(treeOf(log.documents)).toBe('5000(5001 5007(5008))');
    expect(numbersOf(log.documents)).toBe('5000 5001=1 5007 5008=2001');
  });

  test('the flag of a clone3 without the C library is none of unshare', () => {
    const log = new Log()
      .clone3(0, [1000, 900], 1001, [0x7ffc1000, 88, 0])
      .fork(4, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .fork(12, [1000, 900], 1003)
      .touch(16, [1003, 1000])
      .exitGroup(40, [1001, 1000]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003');
    expect(endOf(lifeOf(log.documents, 1003))).toEqual({});
  });

  test('a later child whose setsid returns its pid shows that its parent did not leave', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .fork(12, [1000, 900], 1003)
      .call(16, [1003, 1000], 'setsid', { exit: 1003 })
      .exitGroup(40, [1001, 1000]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003');
    expect(endOf(lifeOf(log.documents, 1003))).toEqual({});
  });

  test('hidden in clone3: the first number inside gives it away', () => {
    const log = new Log()
      .clone3(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 2)
      .exec(8, [1002, 1001], ['a'])
      .fork(12, [1002, 1001], 3)
      .exec(16, [1003, 1002], ['b']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  test('one that is older than the log', () => {
    const log = new Log()
      .fork(0, [1005, 1001], 47)
      .exec(4, [1006, 1005], ['a'])
      .fork(8, [1006, 1005], 48)
      .exec(12, [1007, 1006], ['b'])
      .wait(8, [1006, 1005], 48);
    expect(treeOf(log.documents)).toBe('1005(1006(1007))');
    expect(numbersOf(log.documents)).toBe('1005 1006=47 1007=48');
  });

  test('entered by setns: its numbers go on where the namespace was', () => {
    const log = container()
      .fork(16, [1002, 1001], 3)
      .exec(20, [1003, 1002], ['a'])
      .fork(24, [1000, 900], 1004)
      .call(24, [1004, 1000], 'setns', { args: [3, CLONE_NEWPID] })
      .fork(28, [1004, 1000], 1005)
      .fork(32, [1005, 1004], 5)
      .exec(36, [1006, 1005], ['entered'])
      .fork(40, [1001, 1000], 6)
      .exec(44, [1007, 1001], ['b']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003) 1007) 1004(1005(1006)))');
    expect(lifeOf(log.documents, 1006).ns_pid).toBe(5);
    const ended = log.exitGroup(48, [1001, 1000]).documents;
    expect(endOf(lifeOf(ended, 1006))).toMatchObject({ source: 'namespace_end', signal: 9 });
  });

  test('numbers that its children have not show it, too', () => {
    const log = new Log()
      .fork(0, [5000, 4000], 1203)
      .exec(4, [5001, 5000], ['a'])
      .fork(8, [5000, 4000], 1204)
      .exec(12, [5002, 5000], ['b']);
    expect(treeOf(log.documents)).toBe('5000(5001 5002)');
    expect(numbersOf(log.documents)).toBe('5000 5001=1203 5002=1204');
  });

  test('but not numbers above the pids that would have been handed out with them', () => {
    const log = new Log()
      .fork(0, [1000, 900], 5001)
      .exec(4, [1001, 1000], ['a'])
      .fork(8, [1000, 900], 5002)
      .exec(12, [1002, 1000], ['b']);
    expect(treeOf(log.documents)).toBe('1000(5001 1001 5002 1002)');
  });

  test('the initial one, when nothing speaks against it', () => {
    const log = new Log()
      .fork(0, [1000, 900], 1001)
      .wait(0, [1000, 900], 1001)
      .fork(4, [1000, 900], 1002)
      .exec(8, [1002, 1000], ['a']);
    expect(treeOf(log.documents)).toBe('1000(1001 1002)');
    expect(numbersOf(log.documents)).toBe('1000 1001 1002');
  });
});

describe('fact 11: when its pid 1 ends, all is killed', () => {
  const born = (): Log =>
    container()
      .fork(16, [1002, 1001], 3)
      .exec(20, [1003, 1002], ['a'])
      .fork(24, [1002, 1001], 4)
      .exec(28, [1004, 1002], ['b'])
      .exitGroup(32, [1004, 1002], 5);

  test('that had not ended before', () => {
    const { documents } = born().exitGroup(40, [1001, 1000], 7).wait(4, [1000, 900], 1001);
    for (const pid of [1002, 1003]) {
      const killed = lifeOf(documents, pid);
      expect(endOf(killed)).toMatchObject({ source: 'namespace_end', signal: SIGKILL });
      expect(rulesOf(killed, 'exit_signal')).toEqual(['namespace_end inferred']);
    }
    expect(endOf(lifeOf(documents, 1004))).toEqual({ source: 'exit_group', by: 32, code: 5 });
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ code: 7 });
  });

  test('also when that was killed from outside', () => {
    const { documents } = born().kill(40, [1000, 900], 1001, SIGKILL, 1001);
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'signal', signal: SIGKILL });
    expect(endOf(lifeOf(documents, 1003))).toMatchObject({ source: 'namespace_end' });
  });

  test('but not what lives in another', () => {
    const { documents } = new Log()
      .clone(0, [1000, 900], 1001, CLONE_NEWPID)
      .clone(0, [1000, 900], 1002, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .fork(4, [1002, 1000], 2)
      .exec(8, [1003, 1001], ['a'])
      .exec(8, [1004, 1002], ['b'])
      .exitGroup(12, [1001, 1000]);
    expect(endOf(lifeOf(documents, 1003))).toMatchObject({ source: 'namespace_end' });
    expect(endOf(lifeOf(documents, 1004))).toEqual({});
  });

  test('not before the record of its last call was logged', () => {
    const { documents } = born().touch(48, [1000, 900]).exitGroup(40, [1001, 1000]);
    expect(endOf(lifeOf(documents, 1003))).toMatchObject({ source: 'namespace_end', by: 48 });
  });

  test('the namespace below it included', () => {
    const { documents } = container()
      .clone(16, [1002, 1001], 3, CLONE_NEWPID)
      .fork(24, [1003, 1002], 2)
      .exec(28, [1004, 1003], ['a'])
      .exitGroup(40, [1001, 1000]);
    expect(endOf(lifeOf(documents, 1003))).toMatchObject({ source: 'namespace_end' });
    expect(endOf(lifeOf(documents, 1004))).toMatchObject({ source: 'namespace_end' });
  });

  test('a pid 1 only dies of SIGKILL, and only from outside', () => {
    const { documents } = born()
      .kill(40, [1002, 1001], 1, SIGKILL, 1001)
      .call(40, [1002, 1001], 'pidfd_send_signal', {
        args: [5, SIGKILL],
        records: ['OBJ_PID opid=1001 ouid=0 oses=1 ocomm="init"'],
      })
      .kill(44, [1000, 900], 1001, SIGTERM, 1001);
    expect(endOf(lifeOf(documents, 1001))).toEqual({});
    expect(endOf(lifeOf(documents, 1003))).toEqual({});
  });
});

test('a wait in a namespace ends the one whose number it returned', () => {
  const { documents } = container()
    .fork(16, [1002, 1001], 3)
    .exec(20, [1003, 1002], ['a'])
    .fork(24, [1002, 1001], 4)
    .exec(28, [1004, 1002], ['b'])
    .wait(16, [1002, 1001], 4)
    .touch(40, [1002, 1001]);
  expect(endOf(lifeOf(documents, 1003))).toEqual({});
  expect(endOf(lifeOf(documents, 1004))).toEqual({ source: 'wait', after: 28, by: 40 });
});

test('a subreaper in a namespace takes in orphans as pid 1 would', () => {
  const { documents } = container()
    .call(14, [1002, 1001], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
    .fork(16, [1002, 1001], 3)
    .fork(20, [1003, 1002], 4)
    .exitGroup(24, [1003, 1002])
    .exec(28, [1004, 1002], ['orphan']);
  expect(treeOf(documents)).toBe('1000(1001(1002(1003(1004))))');
});

test('a signal in a namespace whose OBJ_PID is lost names no process outside', () => {
  const { documents } = container()
    .touch(14, [400, 1])
    .fork(16, [1002, 1001], 400)
    .exec(20, [1500, 1002], ['a'])
    .kill(24, [1002, 1001], 400, SIGKILL);
  expect(endOf(lifeOf(documents, 400))).toEqual({});
});

test('nothing of a container is a fault', () => {
  expect(analyze(container().lines).summary.faults).toEqual({});
});
