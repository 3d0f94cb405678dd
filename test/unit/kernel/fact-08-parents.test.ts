/** Facts 8 and 10: the parent at birth is the caller of the fork; what ppid= shows may be an adopter. */
import { describe, expect, test } from 'vitest';
import { CLONE_PARENT, endOf, lifeOf, Log, rulesOf, START, treeOf } from '../../support/log.ts';

const PR_SET_CHILD_SUBREAPER = 36;
/** A clone3 that a program made itself: without the C library's function to run. */
const RAW = [0x7ffc1000, 88, 0];

describe('orphans keep the parent that bore them', () => {
  test('adopted by init', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 1002)
      .touch(5, [1002, 1001])
      .exitGroup(8, [1001, 1000])
      .touch(12, [1002, 1])
      .touch(16, [1002, 1]).documents;
    expect(treeOf(documents)).toBe('1000(1001(1002))');
    const { ppid, reparented } = lifeOf(documents, 1002);
    expect(ppid).toBe(1001);
    expect(reparented).toMatchObject([{ timestamp: START + 12, ppid: 1 }]);
  });

  test('adopted before their first record', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 1002)
      .exitGroup(8, [1001, 1000])
      .exec(12, [1002, 1], ['late']).documents;
    expect(treeOf(documents)).toBe('1000(1001(1002))');
    const orphan = lifeOf(documents, 1002);
    expect(orphan).toMatchObject({ ppid: 1001, reparented: [{ ppid: 1 }] });
    expect(rulesOf(orphan, 'parent')).toEqual(['caller proven']);
  });

  test('adopted by a subreaper, then by init', () => {
    const documents = new Log()
      .call(0, [1000, 900], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
      .fork(0, [1000, 900], 1001)
      .fork(4, [1001, 1000], 1002)
      .exitGroup(8, [1001, 1000])
      .touch(12, [1002, 1000])
      .exitGroup(16, [1000, 900])
      .touch(20, [1002, 1]).documents;
    expect(treeOf(documents)).toBe('1000(1001(1002))');
    expect(lifeOf(documents, 1002).reparented).toMatchObject([
      { timestamp: START + 12, ppid: 1000, parent: lifeOf(documents, 1000)._id },
      { timestamp: START + 20, ppid: 1 },
    ]);
  });

  test('what a child runs at birth is what its forker ran, whoever adopts it', () => {
    const documents = new Log()
      .exec(0, [1000, 900], ['daemon', '-d'])
      .fork(4, [1000, 900], 1001)
      .exec(4, [1000, 900], ['other'])
      .exitGroup(8, [1000, 900])
      .touch(12, [1001, 1], { comm: 'daemon', exe: '/usr/bin/daemon' }).documents;
    expect(lifeOf(documents, 1001)).toMatchObject({ args: ['daemon', '-d'], cwd: '/srv' });
  });
});

describe('without a fork in the log the first ppid= is all there is', () => {
  test('it names the parent', () => {
    const documents = new Log().touch(0, [1000, 900]).touch(4, [1001, 1000]).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(rulesOf(lifeOf(documents, 1001), 'parent')).toEqual(['ppid inferred']);
  });

  test('or an adopter, where it names one that takes in orphans', () => {
    const documents = new Log()
      .call(0, [1000, 900], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
      .touch(4, [1001, 1000])
      .touch(4, [1002, 1]).documents;
    expect(rulesOf(lifeOf(documents, 1001), 'parent')).toEqual(['ppid ambiguous']);
    expect(rulesOf(lifeOf(documents, 1002), 'parent')).toEqual(['ppid ambiguous']);
  });

  test('one that took in an orphan of another is known for it', () => {
    const documents = new Log()
      .touch(0, [1000, 900])
      .fork(0, [1001, 1000], 1002)
      .exitGroup(4, [1001, 1000])
      .touch(8, [1002, 1000])
      .touch(12, [1003, 1000]).documents;
    expect(rulesOf(lifeOf(documents, 1003), 'parent')).toEqual(['ppid ambiguous']);
  });

  test('a later life of that pid is not it', () => {
    const documents = new Log()
      .touch(0, [1002, 1001])
      .fork(8, [1000, 900], 1001)
      .touch(8, [1001, 1000]).documents;
    expect(treeOf(documents)).toBe('1002 1000(1001)');
  });

  test('and without any record of its own the one that waited', () => {
    const documents = new Log().wait(0, [1000, 900], 1001).documents;
    expect(treeOf(documents)).toBe('1000(1001)');
    expect(rulesOf(lifeOf(documents, 1001), 'parent')).toEqual(['waited_for inferred']);
  });
});

describe('CLONE_PARENT makes a sibling', () => {
  test('by the flag', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .clone(4, [1001, 1000], 1002, CLONE_PARENT)
      .exec(8, [1002, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
    expect(lifeOf(documents, 1002)).toMatchObject({ ppid: 1000, reparented: [] });
    expect(rulesOf(lifeOf(documents, 1002), 'parent')).toEqual(['clone_parent_flag proven']);
  });

  test('by the flag, of a child that left nothing', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .clone(4, [1001, 1000], 1002, CLONE_PARENT).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
  });

  test('hidden in clone3: the caller lives on and is not shown', () => {
    const documents = new Log()
      .call(0, [1000, 900], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
      .fork(0, [1000, 900], 1001)
      .clone3(4, [1001, 1000], 1002)
      .exec(8, [1002, 1000], ['true'])
      .touch(12, [1001, 1000]).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
    expect(rulesOf(lifeOf(documents, 1002), 'parent')).toEqual(['clone_parent_shown inferred']);
  });

  test('hidden in clone3: the caller ended, but its parent takes in nobody', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .clone3(4, [1001, 1000], 1002)
      .exitGroup(6, [1001, 1000])
      .exec(8, [1002, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
  });

  test('not hidden in clone3: the caller ended, and its parent is a subreaper', () => {
    const documents = new Log()
      .call(0, [1000, 900], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
      .fork(0, [1000, 900], 1001)
      .clone3(4, [1001, 1000], 1002)
      .exitGroup(6, [1001, 1000])
      .exec(8, [1002, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1001(1002))');
    expect(rulesOf(lifeOf(documents, 1002), 'parent')).toEqual(['caller ambiguous']);
  });

  test('hidden in clone3: the grandparent waited for it', () => {
    const documents = new Log()
      .fork(0, [1000, 900], 1001)
      .clone3(4, [1001, 1000], 1002)
      .wait(4, [1000, 900], 1002)
      .touch(12, [1001, 1000]).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
  });

  test('hidden in clone3: the caller was told that it has no child', () => {
    const ECHILD = 10;
    const documents = new Log()
      .call(0, [1000, 900], 'prctl', { args: [PR_SET_CHILD_SUBREAPER, 1] })
      .fork(0, [1000, 900], 1001)
      .clone3(4, [1001, 1000], 1002)
      .call(6, [1001, 1000], 'wait4', { args: [-1], success: false, exit: -ECHILD })
      .exitGroup(6, [1001, 1000])
      .exec(8, [1002, 1000], ['true']).documents;
    expect(treeOf(documents)).toBe('1000(1001 1002)');
  });

  test('or not, nobody knows: a raw clone3 by a child of init that ended', () => {
    const documents = new Log()
      .clone3(4, [1001, 1], 1002, RAW)
      .exitGroup(6, [1001, 1])
      .exec(8, [1002, 1], ['true']).documents;
    expect(treeOf(documents)).toBe('1001 1002');
    const rules = rulesOf(lifeOf(documents, 1002), 'parent');
    expect(rules).toEqual(['clone3_orphan_or_sibling ambiguous']);
  });

  test('but the C library never sets it', () => {
    const documents = new Log()
      .clone3(4, [1001, 1], 1002)
      .exitGroup(6, [1001, 1])
      .exec(8, [1002, 1], ['true']).documents;
    expect(treeOf(documents)).toBe('1001(1002)');
  });
});

test('a parent that was killed unseen had ended when its child shows another', () => {
  const documents = new Log()
    .fork(0, [1000, 900], 1001)
    .fork(4, [1001, 1000], 1002)
    .touch(8, [1002, 1001])
    .touch(20, [1002, 1]).documents;
  expect(endOf(lifeOf(documents, 1001))).toEqual({ source: 'reparented_child', after: 4, by: 20 });
});
