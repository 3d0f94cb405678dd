/** Facts 10, 13 and 15: threads are no processes, and a process ends with the last of them. */
import { describe, expect, test } from 'vitest';
import { endOf, lifeOf, livesOf, Log, rulesOf, treeOf } from '../../support/log.ts';

const SIGUSR1 = 10;

describe('what a clone made', () => {
  test('CLONE_THREAD makes a thread', () => {
    const documents = new Log().thread(0, [1000, 900], 1001).touch(4, [1000, 900]).documents;
    expect(treeOf(documents)).toBe('1000');
    expect(lifeOf(documents, 1000).threads).toBe(2);
    expect(rulesOf(lifeOf(documents, 1000), 'threads')).toEqual(['clone_thread proven']);
  });

  test('a clone3 whose number never shows again made a thread', () => {
    const documents = new Log().clone3(0, [1000, 900], 1001).touch(4, [1000, 900]).documents;
    expect(treeOf(documents)).toBe('1000');
    expect(lifeOf(documents, 1000).threads).toBe(2);
    expect(rulesOf(lifeOf(documents, 1000), 'threads')).toEqual(['clone3_silent inferred']);
  });

  test('a clone3 whose number has a record made a process', () => {
    const documents = new Log()
      .clone3(0, [1000, 900], 1001)
      .exec(4, [1001, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(lifeOf(documents, 1000).threads).toBe(1);
  });

  test('a clone3 whose number was waited for made a process', () => {
    const documents = new Log().clone3(0, [1000, 900], 1001).wait(0, [1000, 900], 1001).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'wait' });
  });

  test('a clone3 whose number was signalled made a process', () => {
    const documents = new Log()
      .clone3(0, [1000, 900], 1001)
      .kill(4, [1000, 900], 1001, SIGUSR1, 1001).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
  });

  test('a fork made a process though its number never shows again', () => {
    const documents = new Log().fork(0, [1000, 900], 1001).touch(4, [1000, 900]).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
  });

  test('a thread that forks makes a child of its process', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .fork(4, [1000, 900], 1002)
      .exec(8, [1002, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1002)');
  });
});

describe('exit ends a thread, exit_group the process', () => {
  test('a thread that exits leaves the process', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .exit(4, [1000, 900], 3)
      .touch(5000, [1000, 900]).documents;
    expect(endOf(lifeOf(documents, 1000))).toEqual({});
  });

  test('the first thread may exit first', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .exit(4, [1000, 900], 3)
      .fork(8, [1000, 900], 1002)
      .exec(12, [1002, 1000], ['true'])
      .exit(16, [1000, 900], 4).documents;
    expect(treeOf(documents)).toBe('1000(1002)');
    expect(endOf(lifeOf(documents, 1000))).toEqual({ source: 'exit', by: 16, code: 4 });
    expect(rulesOf(lifeOf(documents, 1000), 'end')).toEqual(['last_thread_exit inferred']);
  });

  test('the last exit proves the end where another says that it is over', () => {
    const log = new Log().fork(0, [900, 800], 1000).exit(4, [1000, 900], 3);
    expect(rulesOf(lifeOf(log.documents, 1000), 'end')).toEqual(['last_thread_exit inferred']);
    const { documents } = log.wait(8, [900, 800], 1000);
    expect(rulesOf(lifeOf(documents, 1000), 'end')).toEqual(['last_thread_exit proven']);
  });

  test('the exit of a lone thread ends the process', () => {
    const { documents } = new Log().exit(4, [1000, 900], 3);
    expect(endOf(lifeOf(documents, 1000))).toEqual({ source: 'exit', by: 4, code: 3 });
  });

  test('threads by clone3 count, too', () => {
    const log = new Log().clone3(0, [1000, 900], 1001).exit(4, [1000, 900], 3);
    expect(endOf(lifeOf(log.documents, 1000))).toEqual({});
    const { documents } = log.exit(8, [1000, 900], 0);
    expect(endOf(lifeOf(documents, 1000))).toEqual({ source: 'exit', by: 8, code: 0 });
  });

  test('exit_group ends all threads at once', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .thread(0, [1000, 900], 1002)
      .exit(4, [1000, 900], 3)
      .exitGroup(8, [1000, 900], 5).documents;
    expect(endOf(lifeOf(documents, 1000))).toEqual({ source: 'exit_group', by: 8, code: 5 });
  });

  test('a thread that was in a call logs after exit_group, and is no new life', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .thread(0, [1001, 1000], 1002)
      .exitGroup(8, [1001, 1000], 5)
      .touch(8, [1001, 1000])
      .exit(9, [1001, 1000], 0).documents;
    expect(livesOf(documents, 1001)).toHaveLength(1);
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'exit_group', code: 5 });
  });

  test('the status is the low 8 bits of the argument', () => {
    const documents = new Log()
      .exitGroup(0, [1000, 900], 0x1ff)
      .exitGroup(0, [1001, 900], -1)
      .exit(0, [1002, 900], 256).documents;
    expect(documents.map((life) => life.exit_code)).toEqual([255, 255, 0]);
  });

  test('where a thread stayed silent the last exit before the wait gave the status', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .thread(4, [1001, 1000], 1002)
      .exit(8, [1001, 1000], 6)
      .wait(4, [1000, 900], 1001).documents;
    expect(endOf(lifeOf(documents, 1001))).toMatchObject({ source: 'wait', code: 6 });
    const rules = rulesOf(lifeOf(documents, 1001), 'end');
    expect(rules).toEqual(['reaped_by_wait proven', 'last_exit_before inferred']);
  });
});

describe('fact 15: an exec leaves one thread', () => {
  test('so one exit after it ends the process', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .thread(0, [1000, 900], 1002)
      .exec(4, [1000, 900], ['true'])
      .exit(8, [1000, 900], 2).documents;
    const life = lifeOf(documents, 1000);
    expect(endOf(life)).toEqual({ source: 'exit', by: 8, code: 2 });
    expect(life).toMatchObject({ pid: 1000, args: ['true'], threads: 3 });
  });

  test('and exits before it end nothing after it', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .exit(2, [1000, 900], 1)
      .exec(4, [1000, 900], ['sh'])
      .thread(5, [1000, 900], 1002)
      .exit(6, [1000, 900], 2).documents;
    expect(endOf(lifeOf(documents, 1000))).toEqual({});
  });

  test('a failed one leaves all', () => {
    const ENOENT = 2;
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .execFailed(4, [1000, 900], '/no/such', ENOENT)
      .exit(8, [1000, 900], 2).documents;
    expect(endOf(lifeOf(documents, 1000))).toEqual({});
  });

  test('it outlives an exit_group that another thread called meanwhile', () => {
    const documents = new Log()
      .thread(0, [1000, 900], 1001)
      .exitGroup(5, [1000, 900], 9)
      .exec(4, [1000, 900], ['sh'])
      .exitGroup(12, [1000, 900], 2).documents;
    expect(endOf(lifeOf(documents, 1000))).toEqual({ source: 'exit_group', by: 12, code: 2 });
  });
});
