import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { areGone } from '../support/processes.ts';
import { folderIn, ownFolder } from '../support/folder.ts';
import { build, godo, type Outcome, start, trace } from './godo.ts';

const BUILD = trace('build');
const KILLS = join(import.meta.dirname, '../../fixtures/recorded/kills.trace');

const top = ownFolder();
/** A new one for each test. */
let folder = '';

beforeAll(build);

beforeEach(() => {
  folder = folderIn(top);
});

function at(name: string): string {
  return join(folder, name);
}

function script(name: string, ...lines: readonly string[]): string {
  writeFileSync(at(name), `#!/bin/sh\ncd ${folder}\n${lines.join('\n')}\n`);
  chmodSync(at(name), 0o755);
  return at(name);
}

/** Fails with 3 when the log has a line of each; the build has one of each. */
function needsBoth(one: string, other: string): string {
  return script('fails.sh', `[ "$(grep -c -e '${one}' -e '${other}')" -lt 2 ] || exit 3`);
}

const XARGS = 'type=EXECVE .*a0="xargs"';
const APP = 'type=EXECVE .*a0="./app"';

async function minimized(...args: readonly string[]): Promise<Outcome> {
  return godo(['minimize', '-o', at('min.log'), ...args]);
}

function result(): string[] {
  return readFileSync(at('min.log'), 'latin1').trimEnd().split('\n');
}

/** The lines of a log that any of these finds, in their order. */
function linesOf(log: string, ...patterns: readonly string[]): string[] {
  const expressions = patterns.map((pattern) => new RegExp(pattern));
  const lines = gunzipSync(readFileSync(log)).toString('latin1').split('\n');
  return lines.filter((line) => expressions.some((one) => one.test(line)));
}

test('of a fault of two records just these are left, as they were recorded', async () => {
  const fails = needsBoth(XARGS, APP);
  const { status, stdout, stderr } = await minimized(BUILD, '--exec', fails);
  expect(stderr).toMatch(/^godo: 2 records of 2 events of 2 processes left, of 2160 records of /);
  expect(status).toBe(0);
  expect(stdout).toBe('');
  expect(result()).toEqual(linesOf(BUILD, XARGS, APP));
  expect(readdirSync(folder).toSorted()).toEqual(['fails.sh', 'min.log']);
});

test('what it prints runs: the line for the shell, and the test', async () => {
  const { stderr } = await minimized(
    BUILD,
    '--exec',
    `${needsBoth(XARGS, APP)} | cat 'a b'; exit 7`,
  );
  // It fails whatever it reads.
  expect(stderr).toContain('without any record, too');
  const again = await minimized(BUILD, '--exec', `${needsBoth(XARGS, APP)} || exit '9'`);
  const line = /In a shell:\n\n {2}(.*)\n/.exec(again.stderr)?.[1] ?? '';
  expect(spawnSync(line, { shell: true }).status).toBe(9);
  const words = /spawnSync\('sh', (\[.*\])\);/.exec(again.stderr)?.[1] ?? '';
  expect(spawnSync('sh', JSON.parse(words) as string[]).status).toBe(9);
});

test('to standard output, without a word', async () => {
  const fails = needsBoth(XARGS, APP);
  const state = at('state');
  const { status, stdout, stderr } = await godo(
    ['minimize', '-q', '-o', '-', '--state', state, '-', '--exec', fails],
    { stdin: readFileSync(BUILD) },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toEqual(linesOf(BUILD, XARGS, APP));
  expect(existsSync(state)).toBe(false);
});

test('one command at a time finds the same as several', async () => {
  // Not monotone: it fails with an odd number of execs.
  const fails = script('fails.sh', 'n=$(grep -c "syscall=59")', 'exit $((n % 2))');
  const outputs: string[] = [];
  for (const jobs of ['1', '4']) {
    const { status } = await minimized(BUILD, '--exec', fails, '--jobs', jobs, '--force');
    expect(status).toBe(0);
    outputs.push(readFileSync(at('min.log'), 'latin1'));
  }
  expect(outputs[0]).toBe(outputs[1]);
  expect(outputs[0]).toMatch(/^type=SYSCALL .* syscall=59 .*\n$/);
});

test('of a trace the command gets audit records, and a log is written', async () => {
  const fails = script(
    'fails.sh',
    'log=$(cat)',
    `echo "$log" | grep -q '^{' && exit 1`,
    'echo "$log" | grep -q "a0=kill\\|SYSCALL.* syscall=62 " && exit 5',
    'exit 0',
  );
  const { status, stderr } = await minimized(KILLS, '--exec', fails);
  expect(status, stderr).toBe(0);
  expect(result()).toHaveLength(1);
  expect(result()[0]).toMatch(/^type=SYSCALL .* syscall=62 /);
});

test('a command that ends by a signal, or reads nothing of it all', async () => {
  const crashes = script('crashes.sh', `grep -q '${APP}' && kill -SEGV $$`, 'exit 0');
  const { status, stderr } = await minimized(BUILD, '--exec', crashes);
  expect(stderr).toContain('exit status 139 (SIGSEGV)');
  expect(status).toBe(0);
  expect(result()).toEqual(linesOf(BUILD, APP));
  const deaf = await minimized(BUILD, '--exec', 'echo no >&2; exit 1', '--force');
  expect(deaf.status).toBe(1);
  expect(deaf.stderr).toBe(
    'godo: the command fails without any record, too: exit status 1\n  no\n',
  );
});

test('not to end in time is a failure, too', async () => {
  const log = at('two.log');
  const lines = ['a', 'b'].map((dir, i) => `type=CWD msg=audit(1.000:${i}): cwd="/${dir}"\n`);
  writeFileSync(log, lines.join(''));
  const hangs = 'if grep -q /b; then sleep 1000; fi';
  const { status, stderr } = await minimized(log, '--exec', hangs, '--timeout', '3s');
  expect(stderr).toContain('not done in time');
  expect(status).toBe(0);
  expect(result()).toEqual([lines[1].trimEnd()]);
});

test('other failures than that of the whole are none', async () => {
  const fails = script(
    'fails.sh',
    'log=$(cat)',
    `echo "$log" | grep -q '${APP}' && exit 3`,
    '[ -n "$log" ] && exit 4',
    'exit 0',
  );
  const { status } = await minimized(BUILD, '--exec', fails);
  expect(status).toBe(0);
  expect(result()).toEqual(linesOf(BUILD, APP));
});

test('a command that does not fail, or cannot be run', async () => {
  const fine = await minimized(BUILD, '--exec', 'cat');
  expect(fine).toEqual({
    status: 1,
    stdout: '',
    stderr: 'godo: the command does not fail on the whole recording\n',
  });
  const none = await minimized(BUILD, '--exec', './no-such-thing');
  expect(none.status).toBe(2);
  expect(none.stderr).toContain('the command cannot be run: exit status 127');
  expect(readdirSync(folder)).toEqual([]);
});

/** A script that counts its runs and has the number of this one in `$n`. */
function counting(...lines: readonly string[]): string {
  return script(
    'counts.sh',
    'n=$(($(cat count 2>/dev/null || echo 0) + 1))',
    'echo $n > count',
    ...lines,
  );
}

test('a command that fails now and then is told at the start, or at the end', async () => {
  const once = counting('cat > /dev/null', 'exit $((n == 1))');
  const atStart = await minimized(BUILD, '--exec', once);
  expect(atStart.status).toBe(1);
  expect(atStart.stderr).toContain('first exit status 1, then exit status 0');

  rmSync(at('count'));
  const log = at('one.log');
  writeFileSync(log, 'type=CWD msg=audit(1.000:1): cwd="/a"\n');
  // The whole twice, nothing once; the next run is the last one.
  const twice = counting('[ $n -le 2 ] && grep -q CWD && exit 1', 'exit 0');
  const atEnd = await minimized(log, '--exec', twice);
  expect(atEnd.stderr).toContain('first exit status 1, then exit status 0');
  expect(atEnd.status).toBe(1);
  expect(existsSync(at('min.log'))).toBe(false);
  expect(existsSync(at('min.log.state'))).toBe(false);
});

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(10);
}

test('interrupted it writes what it has, leaves nothing behind, and goes on later', async () => {
  // In its 20th run it waits to be killed, but only the first time.
  const fails = counting(
    'if [ $n = 20 ]; then echo $$ > waiting.new; mv waiting.new waiting; sleep 1000; fi',
    `[ "$(grep -c -e '${XARGS}' -e '${APP}')" -lt 2 ] || exit 3`,
  );
  const args = ['minimize', BUILD, '--exec', fails, '-o', at('min.log'), '--jobs', '1'];
  const child = start(args);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise((resolve) => child.on('close', resolve));
  await appears(at('waiting'));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(stderr).toMatch(
    /^godo: interrupted: \d+ records .* left, of 2160 records .*; the same command line goes on from here\n$/,
  );
  await areGone([Number(readFileSync(at('waiting'), 'utf8'))]);
  const early = result().length;
  expect(early).toBeLessThan(2160);
  expect(early).toBeGreaterThan(2);
  expect(execFileSync('sh', ['-c', `! cat ${at('min.log')} | ${fails}`]).toString()).toBe('');
  expect(existsSync(at('min.log.state'))).toBe(true);

  writeFileSync(at('count'), '100');
  const { status, stderr: later } = await godo(args);
  expect(later).toMatch(/^godo: going on from 16 runs of before\n/);
  expect(status).toBe(0);
  expect(result()).toEqual(linesOf(BUILD, XARGS, APP));
  expect(existsSync(at('min.log.state'))).toBe(false);
  const rest = Number(readFileSync(at('count'), 'utf8')) - 100;
  rmSync(at('min.log'));
  writeFileSync(at('count'), '100');
  expect((await godo(args)).status).toBe(0);
  const whole = Number(readFileSync(at('count'), 'utf8')) - 100;
  expect(rest).toBe(whole - 16);
});

test('interrupted in its first run it has nothing to write', async () => {
  const args = ['minimize', BUILD, '-o', at('min.log'), '--exec'];
  const child = start([...args, `touch ${at('running')}; sleep 1000`]);
  const ended = new Promise((resolve) => child.on('close', resolve));
  await appears(at('running'));
  child.kill('SIGTERM');
  expect(await ended).toBe(143);
  expect(readdirSync(folder)).toEqual(['running']);
});

test('verdicts about another command are not taken', async () => {
  const state = at('state');
  writeFileSync(state, 'something else\n');
  const { status, stderr } = await minimized(
    BUILD,
    '--exec',
    needsBoth(XARGS, APP),
    '--state',
    state,
  );
  expect(stderr).toContain('is about another recording or command');
  expect(status).toBe(2);
  expect(readFileSync(state, 'utf8')).toBe('something else\n');
});

test('an output that is there is not replaced, and never a log', async () => {
  const fails = needsBoth(XARGS, APP);
  writeFileSync(at('min.log'), 'precious\n');
  const there = await minimized(BUILD, '--exec', fails);
  expect(there.status).toBe(2);
  expect(there.stderr).toContain('--force replaces it');
  const log = await godo([
    'minimize',
    at('min.log'),
    '-o',
    at('min.log'),
    '--force',
    '--exec',
    fails,
  ]);
  expect(log.status).toBe(2);
  expect(log.stderr).toContain('the output is one of the logs');
  expect(readFileSync(at('min.log'), 'utf8')).toBe('precious\n');
});

test('wrong usage', async () => {
  const cases = [
    ['minimize', BUILD],
    ['minimize', '--exec', 'false'],
    ['minimize', BUILD, '--exec', 'false', '--jobs', '0'],
    ['minimize', BUILD, '--exec', 'false', '--timeout', '60d'],
    ['minimize', '-', '-', '--exec', 'false'],
  ];
  for (const args of cases) expect((await godo(args)).status, args.join(' ')).toBe(2);
});

test('what cannot be read or written', async () => {
  const none = await minimized(at('none.log'), '--exec', 'false');
  expect(none.status).toBe(3);
  expect(none.stderr).toContain('no such file');
  const nowhere = await godo([
    'minimize',
    BUILD,
    '-o',
    at('no/min.log'),
    '--exec',
    needsBoth(XARGS, APP),
  ]);
  expect(nowhere.status).toBe(3);
  expect(nowhere.stderr).toContain('cannot write the output');
});
