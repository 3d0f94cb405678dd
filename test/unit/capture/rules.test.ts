import { describe, expect, test } from 'vitest';
import { godoRules, isGodoRule, ruleText, silencesTasks } from '../../../src/capture/rules.ts';

const SCOPE = { notPid: 77, session: 5 };

describe('rules in the words of auditctl', () => {
  test('for one session, without the recorder', () => {
    const texts = godoRules('processes', SCOPE, 'x64').map(ruleText);
    expect(texts).toHaveLength(6);
    expect(texts[0]).toMatch(/^-a always,exit -F arch=b64 -S clone,fork,vfork,execve,/);
    expect(texts[0]).toMatch(/ -F sessionid=5 -F pid!=77 -k godo$/);
    expect(texts[1]).toBe(
      '-a always,exit -F arch=b64 -S prctl -F sessionid=5 -F a0=0x1 -F pid!=77 -k godo',
    );
    expect(texts[3]).toMatch(/^-a always,exit -F arch=b32 -S exit,fork,waitpid,execve,/);
  });

  test('of the whole machine', () => {
    const [rule] = godoRules('processes', { notPid: 77 }, 'x64');
    expect(ruleText(rule)).not.toContain('sessionid');
  });

  test('of files: opens only when something may change', () => {
    const texts = godoRules('files', SCOPE, 'x64').map(ruleText);
    expect(texts).toContain(
      '-a always,exit -F arch=b64 -S openat -F sessionid=5 -F a2&0x243 -F pid!=77 -k godo',
    );
    expect(texts.join('\n')).toMatch(/-S write,close,.*rename,mkdir,rmdir,creat,link,unlink/);
  });

  test('of all calls', () => {
    const [rule] = godoRules('all', SCOPE, 'x64');
    expect(ruleText(rule)).toBe(
      '-a always,exit -F arch=b64 -S all -F sessionid=5 -F pid!=77 -k godo',
    );
  });

  test('of calls by name, where the architecture has them', () => {
    const texts = godoRules(['fork', 'openat2'], SCOPE, 'arm64').map(ruleText);
    expect(texts).toEqual([
      '-a always,exit -F arch=b64 -S openat2 -F sessionid=5 -F pid!=77 -k godo',
    ]);
    expect(godoRules('processes', SCOPE, 's390x')).toEqual([]);
  });
});

test('godo knows its own rules by their key', () => {
  const [rule] = godoRules('processes', SCOPE, 'x64');
  expect(isGodoRule(rule)).toBe(true);
  const other = Buffer.from(rule);
  other.write('gogo', other.length - 4);
  expect(isGodoRule(other)).toBe(false);
});

test('a rule that silences all tasks', () => {
  const never = Buffer.alloc(1040);
  never.writeUInt32LE(1, 0);
  expect(silencesTasks(never)).toBe(true);
  expect(ruleText(never)).toBe('-a never,task');
  const [rule] = godoRules('processes', SCOPE, 'x64');
  expect(silencesTasks(rule)).toBe(false);
});
