/**
 * Facts 9 to 12: numbers and pids are handed out in order, one of each to every birth. So the
 * births around a call tell when its child took its pid, and its number in which namespace.
 *
 * In most of these logs some child leaves nothing of its own; then another must not be taken for
 * it. The containers: 1000 on the host bears 1001, pid 1 of a new namespace.
 */
import { describe, expect, test } from 'vitest';
import { CLONE_NEWPID, endOf, lifeOf, Log, numbersOf, rulesOf, treeOf } from '../../support/log.ts';

function container(): Log {
  return new Log().clone(0, [1000, 900], 1001, CLONE_NEWPID);
}

describe('a call takes its number after what its caller logged before it', () => {
  test('so a pid below that of a birth logged by then is an earlier one', () => {
    const log = container()
      .fork(4, [1000, 900], 1004)
      .fork(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .fork(4, [1003, 1001], 4);
    expect(treeOf(log.documents)).toBe('1000(1001(1003) 1004)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003=2 1004');
  });

  test('which another thread may have logged, made by clone3', () => {
    const log = new Log()
      .clone3(0, [1000, 900], 1001)
      .fork(0, [1002, 1000], 2)
      .fork(4, [1000, 900], 1004)
      .fork(4, [1002, 1000], 3)
      .clone3(0, [1000, 900], 1002)
      .fork(4, [1003, 1002], 4);
    expect(treeOf(log.documents)).toBe('1000(1002(1003) 1004)');
    expect(numbersOf(log.documents)).toBe('1000 1002=1 1003=2 1004');
  });

  test('or by clone', () => {
    const log = container()
      .thread(4, [1000, 900], 1002)
      .fork(8, [1001, 1000], 2)
      .fork(12, [1004, 1001], 3)
      .touch(12, [1000, 900])
      .call(8, [1000, 900], 'vfork', { exit: 1003 });
    expect(treeOf(log.documents)).toBe('1000(1001(1004) 1003)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003 1004=2');
  });
});

describe('of two births the one with the lower pid took it first', () => {
  test('a call logged before a birth with a lower pid began has another child', () => {
    const log = container()
      .fork(0, [1001, 1000], 2)
      .touch(4, [1000, 900])
      .fork(8, [1000, 900], 1003)
      .touch(16, [1004, 1001])
      .fork(12, [1001, 1000], 3);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003 1004=3');
  });

  test('so has one that began after a birth with a higher pid was logged', () => {
    const log = container()
      .fork(4, [1000, 900], 1002)
      .fork(12, [1000, 900], 1005)
      .fork(12, [1001, 1000], 2)
      .fork(16, [1001, 1000], 3)
      .fork(20, [1004, 1001], 4);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1004=2 1005');
  });
});

test('what a child logs shows as well that its number was taken', () => {
  const log = container()
    .touch(4, [1002, 1001])
    .touch(4, [1003, 1000])
    .fork(4, [1001, 1000], 2)
    .call(4, [1001, 1000], 'vfork', { exit: 3 })
    .fork(4, [1000, 900], 1003);
  expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003');
});

test('not only the birth with the next pid is compared', () => {
  const log = container()
    .fork(4, [1001, 1000], 2)
    .fork(8, [1000, 900], 1003)
    .fork(12, [1000, 900], 1004)
    .fork(16, [1003, 1000], 1005)
    .touch(16, [1006, 1001])
    .fork(16, [1001, 1000], 3);
  expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003 1004 1005 1006=3');
});

test('a process is older than the number of its first call, even if it has logged nothing else', () => {
  const log = container()
    .fork(0, [1001, 1000], 2)
    .touch(4, [1000, 900])
    .fork(8, [1000, 900], 1003)
    .fork(8, [1003, 1000], 1004)
    .fork(8, [1004, 1003], 1005)
    .fork(8, [1005, 1004], 1006)
    .fork(8, [1006, 1005], 1007)
    .touch(16, [1008, 1001])
    .fork(12, [1001, 1000], 3);
  expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003 1004 1005 1006 1007 1008=3');
});

describe('calls are mostly logged in the order of the pids they took', () => {
  test('one after a call with a lower pid', () => {
    const log = container()
      .clone3(0, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .fork(4, [1003, 1001], 4)
      .fork(0, [1000, 900], 1002);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003=2');
  });

  test('one before a call with a higher pid', () => {
    const log = container()
      .fork(4, [1000, 900], 1002)
      .fork(8, [1001, 1000], 2)
      .fork(12, [1000, 900], 1005)
      .fork(8, [1002, 1000], 1003)
      .fork(16, [1001, 1000], 3)
      .touch(20, [1004, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003 1004=2 1005');
  });

  test('but vfork and clone3 return late, and say nothing of others', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(8, [1002, 1001], 3)
      .clone3(16, [1000, 900], 1005)
      .fork(16, [1004, 1001], 5)
      .fork(12, [1001, 1000], 4);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3 1004=4');
  });

  test('nor others of them', () => {
    const log = container()
      .clone3(0, [1001, 1000], 2)
      .clone3(0, [1003, 1001], 4)
      .fork(0, [1000, 900], 1005)
      .call(0, [1001, 1000], 'vfork', { exit: 3 });
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003=3 1005');
  });

  test('nor does it that their children log before them', () => {
    const log = container()
      .clone3(0, [1001, 1000], 2)
      .clone3(0, [1003, 1001], 4)
      .call(0, [1001, 1000], 'vfork', { exit: 3 });
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003=3');
  });

  test('while those of a fork seldom do', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1000, 900], 1003)
      .fork(4, [1002, 1001], 3)
      .exitGroup(8, [1002, 1001])
      .exitGroup(16, [1004, 1001])
      .fork(12, [1001, 1000], 4);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1004)) 1003)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003 1004=3');
  });

  test('nor does one of the same namespace, whose own numbers tell more', () => {
    const log = container()
      .clone3(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .clone3(8, [1001, 1000], 4)
      .touch(12, [1006, 1001])
      .touch(12, [1005, 1001])
      .fork(4, [1000, 900], 1004);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1004 1005=3 1006=4');
  });

  test('those of another namespace tell, too, once they are paired', () => {
    const log = container()
      .clone(0, [1000, 900], 1002, CLONE_NEWPID)
      .fork(0, [1001, 1000], 2)
      .fork(4, [1002, 1000], 2)
      .fork(4, [1004, 1002], 3)
      .clone3(8, [1001, 1000], 3)
      .touch(12, [1006, 1001]);
    expect(treeOf(log.documents)).toBe('1000(1001(1003 1006) 1002(1004(1005)))');
    const numbers = '1000 1001=1 1002=1 1003=2 1004=2 1005=3 1006=3';
    expect(numbersOf(log.documents)).toBe(numbers);
  });

  test('more than one of them is looked at', () => {
    const log = container()
      .fork(0, [1000, 900], 1002)
      .fork(8, [1001, 1000], 2)
      .clone3(12, [1000, 900], 1005)
      .fork(16, [1000, 900], 1006)
      .fork(20, [1001, 1000], 3)
      .touch(20, [1004, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1004=2 1006');
  });
});

describe('pids that births elsewhere took', () => {
  test('are left out of the count', () => {
    const log = container()
      .fork(8, [1000, 900], 1002)
      .fork(12, [1001, 1000], 2)
      .clone3(16, [1001, 1000], 3)
      .exitGroup(20, [1003, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003=2');
  });

  test('also those of threads', () => {
    const log = container()
      .clone3(0, [1000, 900], 1002)
      .fork(4, [1001, 1000], 2)
      .fork(8, [1001, 1000], 3)
      .touch(8, [1003, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003=2');
  });

  test('also those of processes in other namespaces', () => {
    const log = container()
      .clone3(4, [1000, 900], 1003)
      .fork(4, [1003, 1000], 2)
      .fork(0, [1001, 1000], 2)
      .exitGroup(12, [1005, 1001])
      .call(8, [1001, 1000], 'vfork', { exit: 3 })
      .touch(16, [1004, 1003]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002 1005) 1003(1004))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=1 1004=2 1005=3');
  });

  test('but its own count, though no call shows them', () => {
    const log = container()
      .fork(0, [1001, 1000], 2)
      .fork(0, [1001, 1000], 3)
      .fork(0, [1003, 1001], 4);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  test('and those of the namespaces below, which have a number in it, too', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1000, 900], 1003)
      .fork(4, [1001, 1000], 3)
      .clone3(8, [1002, 1001], 4)
      .fork(12, [1005, 1002], 2)
      .touch(12, [1006, 1005])
      .fork(16, [1003, 1000], 1007)
      .fork(20, [1004, 1001], 6)
      .fork(20, [1004, 1001], 7)
      .fork(24, [1008, 1004], 8);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1005(1006)) 1004(1008)) 1003(1007))');
    const numbers = '1000 1001=1 1002=2 1003 1004=3 1005=1 1006=2 1007 1008=6';
    expect(numbersOf(log.documents)).toBe(numbers);
  });

  test('and those that clone3 put into it from outside', () => {
    const log = new Log()
      .call(0, [1000, 900], 'unshare', { args: [CLONE_NEWPID] })
      .fork(4, [1000, 900], 1001)
      .clone3(8, [1000, 900], 1002)
      .fork(12, [1001, 1000], 3)
      .fork(12, [1001, 1000], 4)
      .touch(16, [1004, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1003=3 1004=4');
  });

  test('are none of those between two that a child without records may have', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .thread(8, [1000, 900], 1003)
      .fork(8, [1002, 1001], 3)
      .fork(16, [1002, 1001], 5)
      .touch(16, [1006, 1002]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1004=3 1006=5');
    expect(rulesOf(lifeOf(log.documents, 1004), 'birth')).toEqual(['ns_number_gap inferred']);
  });
});

describe('what is left over is not taken', () => {
  test('for a number that would lie nearer to the one before than its pid does', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(12, [1004, 1002], 4)
      .call(8, [1002, 1001], 'vfork', { exit: 3 });
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1004)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1004=3');
  });

  test('nor nearer to the one after', () => {
    const log = container()
      .clone3(4, [1001, 1000], 2)
      .fork(8, [1005, 1001], 5)
      .clone3(4, [1001, 1000], 4)
      .call(4, [1001, 1000], 'vfork', { exit: 3 })
      .fork(12, [1000, 900], 1007);
    expect(treeOf(log.documents)).toBe('1000(1001(1005) 1007)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1005=4 1007');
  });
});

describe('an orphan goes to an ancestor of its parent', () => {
  test('as to the pid 1 of its namespace', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1002, 1001], 3)
      .exitGroup(4, [1002, 1001])
      .fork(8, [1003, 1001], 4);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1003)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3');
  });

  test('and so not to a process that the pid 1 of their namespace bore beside it', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .touch(12, [1004, 1002])
      .fork(12, [1000, 900], 1005)
      .fork(8, [1002, 1001], 4);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1004) 1003) 1005)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1003=3 1004=4 1005');
  });
});

describe('a later child of unshare that was adopted before its first record', () => {
  const adopted = (): Log =>
    container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1000, 900], 1003)
      .call(8, [1003, 1000], 'unshare', { args: [CLONE_NEWPID] })
      .fork(12, [1003, 1000], 1004)
      .exec(12, [1004, 1003], ['init'])
      .fork(16, [1003, 1000], 1005)
      .exitGroup(16, [1003, 1000])
      .fork(20, [1005, 1], 3)
      .exec(24, [1006, 1005], ['a']);

  test('is in the namespace of the call that bore it, not of who took it in', () => {
    const log = adopted().exitGroup(28, [1001, 1000]).touch(32, [1004, 1]);
    expect(treeOf(log.documents)).toBe('1000(1001(1002) 1003(1004 1005(1006)))');
    expect(endOf(lifeOf(log.documents, 1005))).toEqual({});
  });

  test('and ends with it', () => {
    const log = adopted().touch(28, [1001, 1000]).exitGroup(32, [1004, 1]);
    expect(endOf(lifeOf(log.documents, 1005))).toMatchObject({ source: 'namespace_end' });
  });
});

describe('entered by setns', () => {
  /** A namespace with numbers up to 5, and one of 1002 with numbers up to 3. */
  const two = (): Log =>
    container()
      .clone(0, [1000, 900], 1002, CLONE_NEWPID)
      .fork(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .fork(4, [1001, 1000], 4)
      .fork(4, [1001, 1000], 5)
      .fork(8, [1002, 1000], 2)
      .fork(8, [1002, 1000], 3);

  const endOfFirst = (log: Log, pid: number): unknown => {
    const { documents } = log.touch(60, [1002, 1000]).exitGroup(64, [1001, 1000]);
    return endOf(lifeOf(documents, pid)).source;
  };

  test('not the namespace that gave the number to another, though its numbers are nearer', () => {
    // 4 and 5 of 1002's namespace, and 6 and 7 after, went to processes that are not in the log.
    const log = two()
      .fork(12, [1000, 900], 1011)
      .fork(16, [1011, 1000], 1012)
      .fork(20, [1012, 1011], 7)
      .fork(20, [1001, 1000], 6)
      .fork(20, [1001, 1000], 7)
      .fork(24, [1012, 1011], 8);
    expect(endOfFirst(log, 1012)).toBeUndefined();
  });

  test('nor one that gave it to another process that had entered', () => {
    const log = two()
      .fork(12, [1000, 900], 1009)
      .fork(16, [1009, 1000], 1010)
      .fork(20, [1010, 1009], 5)
      .fork(24, [1002, 1000], 6)
      .fork(28, [1010, 1009], 7)
      .fork(32, [1000, 900], 1014)
      .fork(36, [1014, 1000], 1015)
      .fork(40, [1015, 1014], 7);
    expect(endOfFirst(log, 1010)).toBeUndefined();
    expect(endOfFirst(log, 1015)).toBe('namespace_end');
  });
});

describe('pids start again from 300', () => {
  test('and turns are told apart by half of what lies above that', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 353)
      .fork(8, [647, 1001], 354);
    expect(treeOf(log.documents)).toBe('1000(1001(647))');
    expect(numbersOf(log.documents)).toBe('647=353 1000 1001=1');
  });

  test('pids below that were never given away again', () => {
    const log = new Log()
      .clone(0, [292, 200], 293, CLONE_NEWPID)
      .fork(4, [293, 292], 2)
      .touch(4, [292, 200])
      .fork(4, [292, 200], 295)
      .clone3(4, [294, 293], 3);
    expect(treeOf(log.documents)).toBe('292(293(294) 295)');
    expect(numbersOf(log.documents)).toBe('292 293=1 294=2 295');
  });

  test('one that was born before and seen after is of the turn before', () => {
    const log = new Log()
      .clone(0, [1016, 900], 1017, CLONE_NEWPID)
      .fork(0, [1017, 1016], 2)
      .fork(4, [1017, 1016], 3)
      .fork(8, [1016, 900], 300)
      .clone3(8, [1018, 1017], 4);
    expect(numbersOf(log.documents)).toBe('300 1016 1017=1 1018=2');
  });

  test('unless its call shows that it was born after', () => {
    const log = new Log()
      .clone(0, [1016, 900], 1017, CLONE_NEWPID)
      .fork(4, [1017, 1016], 2)
      .fork(4, [1018, 1017], 3)
      .fork(8, [1016, 900], 300)
      .fork(8, [1016, 900], 996);
    expect(numbersOf(log.documents)).toBe('300 996 1016 1017=1 1018=2');
  });

  test('a thread is of the turn of its birth, not of its process', () => {
    const log = new Log()
      .clone(0, [1004, 900], 1005, CLONE_NEWPID)
      .fork(0, [1004, 900], 300)
      .clone3(4, [1004, 900], 301)
      .fork(8, [1005, 1004], 2)
      .fork(8, [1004, 900], 302);
    expect(treeOf(log.documents)).toBe('1004(1005 300 302)');
  });

  test('also the first after the numbers started again', () => {
    const log = container()
      .fork(8, [1001, 1000], 2)
      .fork(4, [1000, 900], 1002)
      .clone3(12, [1000, 900], 300)
      .clone3(16, [1003, 1001], 3);
    expect(treeOf(log.documents)).toBe('1000(1001(1003) 1002)');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003=2');
  });
});

describe('in which namespace a process lives, its calls tell', () => {
  /** 1002 is pid 1 of a namespace that clone3 hid. */
  const hidden = (): Log => container().clone3(4, [1001, 1000], 2);

  test('where the next lower number is nearer', () => {
    const log = hidden().fork(4, [1002, 1001], 2).fork(4, [1001, 1000], 4).fork(8, [1004, 1001], 5);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=1 1003=2 1004=4');
  });

  test('not where the number is taken', () => {
    const log = hidden()
      .fork(8, [1001, 1000], 3)
      .fork(8, [1002, 1001], 2)
      .fork(8, [1003, 1001], 5)
      .fork(12, [1004, 1002], 3)
      .fork(12, [1002, 1001], 4)
      .fork(12, [1002, 1001], 5);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=1 1003=3 1004=2');
  });

  test('not where a lower number was taken later', () => {
    const log = hidden()
      .fork(8, [1001, 1000], 3)
      .fork(8, [1002, 1001], 2)
      .fork(8, [1003, 1001], 5)
      .touch(12, [1002, 1001])
      .fork(12, [1002, 1001], 3);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=1 1003=3');
  });

  test('not where a higher number had been returned before: then in a new one', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .fork(8, [1002, 1001], 13)
      .touch(12, [1013, 1002])
      .fork(16, [1002, 1001], 14)
      .fork(20, [1013, 1002], 3)
      .fork(24, [1013, 1002], 4)
      .exec(28, [1016, 1013], ['a']);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1013(1015 1016) 1014)))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=2 1013=1 1014 1015=3 1016=4');
  });

  test('even if it is the only one', () => {
    const log = container()
      .fork(4, [1001, 1000], 2)
      .clone3(4, [1001, 1000], 3)
      .fork(4, [1003, 1001], 3);
    expect(treeOf(log.documents)).toBe('1000(1001(1002 1003))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003');
  });

  test('but a few of many may not fit: another process may be in the wrong place', () => {
    // 1003 is: nothing shows that its 5 is not of the namespace of 1002.
    const log = hidden()
      .fork(8, [1001, 1000], 3)
      .fork(8, [1002, 1001], 2)
      .fork(12, [1003, 1001], 5)
      .fork(16, [1002, 1001], 3)
      .fork(16, [1006, 1002], 4)
      .fork(16, [1006, 1002], 5)
      .fork(20, [1006, 1002], 6);
    expect(treeOf(log.documents)).toBe('1000(1001(1002(1004 1006) 1003))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002=1 1003 1004=2 1006=3');
  });

  test('and where its numbers may have started again', () => {
    // pid_max is 400: the namespace began at the last turn of its own numbers.
    const log = new Log()
      .clone(0, [305, 200], 306, CLONE_NEWPID)
      .clone3(4, [306, 305], 398)
      .fork(4, [306, 305], 399)
      .fork(8, [312, 306], 300)
      .fork(8, [313, 312], 301)
      .touch(8, [314, 313])
      .fork(12, [313, 312], 302)
      .fork(12, [313, 312], 303);
    expect(treeOf(log.documents)).toBe('305(306(312(313(314))))');
    expect(numbersOf(log.documents)).toBe('305 306=1 312 313=300 314=301');
  });

  test('the flag alone tells of a pid 1 to which others came first', () => {
    const log = container()
      .fork(4, [1000, 900], 1002)
      .call(8, [1002, 1000], 'setns', { args: [3, CLONE_NEWPID] })
      .fork(12, [1002, 1000], 1003)
      .fork(12, [1002, 1000], 1004)
      .fork(16, [1001, 1000], 4)
      .exec(20, [1005, 1001], ['a']);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003 1004 1005=4');
  });

  test('a later child whose calls return pids shows that its parent did not leave its own', () => {
    const log = new Log()
      .clone3(0, [1000, 900], 1001)
      .fork(4, [1000, 900], 1002)
      .fork(4, [1002, 1000], 1003)
      .fork(4, [1001, 1000], 2)
      .fork(4, [1001, 1000], 3)
      .exitGroup(4, [1004, 1001]);
    expect(treeOf(log.documents)).toBe('1000(1001(1004) 1002(1003))');
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003 1004=2');
  });

  test('one without calls shows nothing', () => {
    const log = new Log()
      .fork(8, [1000, 900], 1001)
      .fork(8, [1000, 900], 1002)
      .call(12, [1001, 1000], 'vfork', { exit: 3 })
      .fork(16, [1001, 1000], 4)
      .touch(16, [1003, 1001]);
    expect(numbersOf(log.documents)).toBe('1000 1001=1 1002 1003=3');
  });
});
