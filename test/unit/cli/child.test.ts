import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endText, runCommand } from '../../../src/cli/child.ts';
import { areGone, lives } from '../../support/processes.ts';
import { ownFolder } from '../../support/folder.ts';

const folder = ownFolder();

const LONG = { timeoutMs: 60_000 };

function chunks(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text));
}

/** More than any pipe holds. */
function* much(megabytes: number): Generator<Uint8Array> {
  for (let i = 0; i < megabytes * 16; i++) yield Buffer.alloc(65_536, 0x61);
}

test('input goes in, output and status come out', async () => {
  const run = await runCommand('cat; echo oh >&2; exit 3', chunks('a\n', 'b\n'), {
    ...LONG,
    maxOutput: 100,
  });
  expect(run.end).toEqual({ kind: 'exit', status: 3 });
  expect(run.stdout.toString()).toBe('a\nb\n');
  expect(run.stderr.toString()).toBe('oh\n');
  expect(endText(run.end)).toBe('exit status 3');
});

test('all of a large input arrives, byte for byte', async () => {
  const run = await runCommand('wc -c', much(8), { ...LONG, maxOutput: 100 });
  expect(run.stdout.toString().trim()).toBe(String(8 * 2 ** 20));
});

test('a command that reads nothing, or not all, is no error', async () => {
  const none = await runCommand('exit 0', much(8), LONG);
  expect(none.end).toEqual({ kind: 'exit', status: 0 });
  const some = await runCommand('head -c 10; exit 4', much(8), { ...LONG, maxOutput: 100 });
  expect(some.end).toEqual({ kind: 'exit', status: 4 });
  expect(some.stdout.length).toBe(10);
});

test('the end by a signal has the status that a shell gives it', async () => {
  for (const command of ['kill -SEGV $$', "sh -c 'kill -SEGV $$'; exit $?"]) {
    const { end } = await runCommand(command, [], LONG);
    expect(end).toEqual({ kind: 'exit', status: 139 });
    expect(endText(end)).toBe('exit status 139 (SIGSEGV)');
  }
});

test('standard input is a pipe, as it is in a pipeline of the shell', async () => {
  const run = await runCommand('cat /dev/stdin; test -p /dev/stdin', chunks('a\n'), {
    ...LONG,
    maxOutput: 100,
  });
  expect(run.end).toEqual({ kind: 'exit', status: 0 });
  expect(run.stdout.toString()).toBe('a\n');
});

test('a command may be of any form', async () => {
  for (const command of ['exit 5 # done', '(exit 5)', "echo 'it''s'\nexit 5", '! true || exit 5']) {
    const { end } = await runCommand(command.replaceAll('\\n', '\n'), [], LONG);
    expect(end, command).toEqual({ kind: 'exit', status: 5 });
  }
});

test('too much output ends it; its beginning is kept', async () => {
  const run = await runCommand('yes', [], { ...LONG, maxOutput: 1000 });
  expect(run.end).toEqual({ kind: 'flood' });
  expect(run.stdout.length).toBe(1000);
});

test('output that is not asked for goes nowhere, without a limit', async () => {
  const run = await runCommand('head -c 1000000 /dev/zero', [], LONG);
  expect(run.end).toEqual({ kind: 'exit', status: 0 });
  expect(run.stdout.length).toBe(0);
});

test('of standard error the end is kept', async () => {
  const run = await runCommand('yes a | head -n 10000 >&2; echo end >&2', [], LONG);
  expect(run.stderr.length).toBe(4096);
  expect(run.stderr.toString()).toMatch(/a\nend\n$/);
});

test('after the time-out nothing of it is left', async () => {
  const pids = join(folder, 'pids');
  const command = `sleep 1000 & echo $! > ${pids}; sh -c 'sleep 1000; :' & echo $! >> ${pids}; wait`;
  const left = (): number[] => readFileSync(pids, 'utf8').trim().split('\n').map(Number);
  // On a machine with much to do it may not have come so far.
  writeFileSync(pids, '');
  for (let timeoutMs = 250; left().length < 2; timeoutMs *= 2) {
    const { end } = await runCommand(command, [], { timeoutMs });
    expect(end).toEqual({ kind: 'timeout' });
  }
  await areGone(left());
});

test('what it leaves in the background goes with it', async () => {
  const run = await runCommand('sleep 1000 & echo $!', [], { ...LONG, maxOutput: 100 });
  expect(run.end).toEqual({ kind: 'exit', status: 0 });
  await areGone([Number(run.stdout.toString())]);
});

test('one that left the group cannot hold it up', async () => {
  const at = join(folder, 'left');
  const leave = `setsid sh -c 'echo $$ > ${at}; exec sleep 1000'`;
  const command = `${leave} & while [ ! -s ${at} ]; do sleep 0.01; done; echo done`;
  const run = await runCommand(command, much(1), { ...LONG, maxOutput: 100 });
  expect(run.end).toEqual({ kind: 'exit', status: 0 });
  expect(run.stdout.toString()).toBe('done\n');
  const pid = Number(readFileSync(at, 'utf8'));
  expect(lives(pid)).toBe(true);
  process.kill(pid);
});

test('an interrupt ends it, before its start or after', async () => {
  const before = await runCommand('sleep 1000', [], { ...LONG, signal: AbortSignal.abort() });
  expect(before.end).toEqual({ kind: 'aborted' });
  const stop = new AbortController();
  async function* waiting(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    stop.abort();
    await Promise.resolve();
    yield* much(1);
  }
  const during = await runCommand('sleep 1000', waiting(), { ...LONG, signal: stop.signal });
  expect(during.end).toEqual({ kind: 'aborted' });
});

test('what the input throws comes out, and the command does not stay', async () => {
  function* broken(): Generator<Uint8Array> {
    yield Buffer.from('a');
    throw new Error('no such line');
  }
  await expect(runCommand('sleep 1000', broken(), LONG)).rejects.toThrow('no such line');
});
