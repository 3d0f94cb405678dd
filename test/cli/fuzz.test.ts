/** `godo fuzz`, against godo itself, a naive consumer, and commands that do one thing wrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FuzzReport } from '../../src/model/fuzz.ts';
import { skipLoudly } from '../support/skip.ts';
import { folderIn, ownFolder } from '../support/folder.ts';
import { build, godo, type Outcome, start, trace } from './godo.ts';

const folder = ownFolder();
const ROOT = join(import.meta.dirname, '../..');
const NAIVE = `node ${join(ROOT, 'test/support/naive-consumer.mjs')}`;

beforeAll(build);

/** Runs it quietly, with a folder of its own for what it writes. */
async function fuzz(...args: string[]): Promise<Outcome & { readonly output: string }> {
  const output = join(folderIn(folder), 'out');
  return { ...(await godo(['fuzz', '-q', '-o', output, ...args])), output };
}

async function report(...args: string[]): Promise<FuzzReport & { readonly status: number | null }> {
  const { status, stdout } = await fuzz(...args, '--format', 'json');
  return { ...(JSON.parse(stdout) as FuzzReport), status };
}

function sortedLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').toSorted();
}

function naive(file: string | undefined): string {
  return spawnSync('sh', ['-c', NAIVE], { input: readFileSync(file ?? '') }).stdout.toString();
}

describe('godo itself', () => {
  test.each([
    trace('pidreuse'),
    join(ROOT, 'fixtures/recorded/container.trace'),
    join(ROOT, 'fixtures/recorded/threads.trace'),
  ])('%s: the answer is always the same', async (log) => {
    const { status, stdout, stderr, output } = await fuzz(log, '--orders', '24', '--seed', '42');
    expect(stderr).toBe('');
    expect(stdout).toContain('seed 42\n');
    expect(stdout.match(/^✓ \w+ +3 {2}/gm)).toHaveLength(8);
    expect(stdout).toMatch(/the answer is the same every time\n$/);
    expect(status).toBe(0);
    expect(existsSync(output)).toBe(false);
  });

  test('both witnesses of a trace take part', async () => {
    const log = join(ROOT, 'fixtures/recorded/container.trace');
    const own = await report(log, '--orders', '1');
    const foreign = await report(log, '--orders', '1', '--exec', 'true');
    expect(own.lines).toBeGreaterThan(foreign.lines);
    expect(own.events).toBe(foreign.events);
  });

  test('without a seed it takes one and says which', async () => {
    const { stdout, status } = await fuzz(trace('nested'), '--orders', '8');
    expect(stdout).toMatch(/^\d+ events, \d+ lines; seed \d+\n/);
    expect(status).toBe(0);
  });
});

describe('a naive consumer', () => {
  const asked = [trace('build'), '--exec', NAIVE, '--seed', '42'];

  // Programs are slow to start on a busy machine.
  const patience = { timeout: 180_000 };

  test('is found out, and two events are enough to show it', patience, async () => {
    const kinds = ['--kinds', 'kernel', '--orders', '3'];
    const { stdout, status, output } = await fuzz(...asked, ...kinds);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ kernel +3 .*: 3 differ: kernel:0 kernel:1 kernel:2$/m);
    expect(stdout).toMatch(
      /made smaller in \d+ runs: 2 events, \d+ lines, \d+ pairs? of lines out of order/,
    );
    const [variant, small, plain] = ['', '.min', '.min.plain'].map((end) =>
      join(output, `42-kernel-0${end}.log`),
    );
    expect(readdirSync(output)).toHaveLength(3);
    expect(sortedLines(small)).toEqual(sortedLines(plain));
    expect(naive(small)).not.toBe(naive(plain));
    expect(sortedLines(variant)).toEqual(
      gunzipSync(readFileSync(trace('build')))
        .toString()
        .split('\n')
        .toSorted(),
    );
  });

  test('it fails by every kind, and the line that is printed asks the same again', async () => {
    const { stdout } = await fuzz(...asked, '--orders', '4', '--shrink', '0');
    const lines = [...stdout.matchAll(/^ {2}again: godo (.*)$/gm)].map(([, line]) => line);
    expect(lines).toHaveLength(4);
    const again = lines[3].endsWith('--replay lines:0') ? lines[3] : 'another order';
    const bin = join(ROOT, 'bin/godo.js');
    const args = `${again} -q --shrink 0 -o ${folder}/again --format json`;
    const { stdout: json, status } = spawnSync('sh', ['-c', `node ${bin} ${args}`]);
    expect(status).toBe(1);
    const { kinds, failures } = JSON.parse(json.toString()) as FuzzReport;
    expect(kinds).toMatchObject([{ kind: 'lines', tried: 1, failed: 1 }]);
    expect(failures).toMatchObject([{ path: 'lines:0', how: 'another answer' }]);
  }, 180_000);

  test('godo minimize brings it to less than ten events, too', async () => {
    // Fails where the naive one says something else than in an order that has forks first.
    const script = join(folder, 'as-it-came.mjs');
    writeFileSync(
      script,
      `import { spawnSync } from 'node:child_process';
       import { readFileSync } from 'node:fs';
       const lines = readFileSync(0, 'latin1').split('\\n').filter((line) => line !== '');
       const keys = lines.map((line) => {
         const [, time, serial] = /audit\\((\\d+\\.\\d+):(\\d+)\\)/.exec(line);
         return [Number(time), / syscall=(56|57|58|435) /.test(line) ? 0 : 1, Number(serial)];
       });
       const order = [...lines.keys()].sort((a, b) => {
         const k = [0, 1, 2].find((i) => keys[a][i] !== keys[b][i]);
         return k === undefined ? a - b : keys[a][k] - keys[b][k];
       });
       const ask = (input) => spawnSync('sh', ['-c', ${JSON.stringify(NAIVE)}], { input }).stdout.toString();
       const text = (order) => order.map((i) => lines[i] + '\\n').join('');
       process.exitCode = ask(text([...lines.keys()])) === ask(text(order)) ? 0 : 1;`,
    );
    const output = join(folder, 'naive.min.log');
    const { status, stderr } = await godo([
      'minimize',
      trace('mix'),
      '--exec',
      `node ${script}`,
      '-o',
      output,
    ]);
    expect(stderr).toContain('events of');
    expect(status).toBe(0);
    const small = readFileSync(output, 'utf8').trimEnd().split('\n');
    const events = new Set(small.map((line) => /audit\([^)]*\)/.exec(line)?.[0]));
    expect(events.size).toBeLessThan(10);
  });
});

/** docs/fuzz.md says what was found with it; here is the part of that which must stay true. */
describe('laurel', () => {
  const script = join(folder, 'laurel.sh');
  beforeAll(() => {
    const docs = readFileSync(join(ROOT, 'docs/fuzz.md'), 'utf8');
    writeFileSync(script, /```sh\n(# laurel\.sh\n.*?)```/s.exec(docs)?.[1] ?? '');
  });

  function asked(how: boolean, log: string): string[] {
    const there = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v laurel']).status === 0;
    if (!there) skipLoudly('laurel is not installed');
    const exec = `PATH=$PATH:/usr/sbin sh ${script} ${how}`;
    return [trace(log), '--exec', exec, '--canonicalize', 'keys', '--seed', '42', '--shrink', '0'];
  }

  test('puts events together whatever a kernel may do, and loses what comes after its EOE', async () => {
    const { status, kinds } = await report(...asked(false, 'namespaces'), '--orders', '12');
    expect(status).toBe(1);
    expect(kinds.map(({ kind, failed }) => [kind, failed])).toEqual([
      ['kernel', 0],
      ['records', 0],
      ['events', 0],
      ['lines', 3],
    ]);
  });

  test('what it adds depends on arrival', async () => {
    const kinds = ['--kinds', 'kernel,events', '--orders', '4'];
    expect(await report(...asked(true, 'chaos'), ...kinds)).toMatchObject({
      status: 1,
      verdict: 'differs',
      kinds: [{ failed: 2 }, { failed: 2 }],
    });
  });
});

describe('how answers are compared', () => {
  const small = (): string => {
    const log = join(folder, 'small.log');
    const line = (i: number): string => `type=CWD msg=audit(1.000:${i}): cwd="/${i}"\n`;
    writeFileSync(log, Array.from({ length: 30 }, (_, i) => line(i)).join(''));
    return log;
  };
  /** Lines of JSON, whose keys are in another order in every second one. */
  const JSON_LINES = `sed -n 's/.*:\\([0-9]*\\)).*/\\1/;h;s/.*/{"id":&,"a":{"x":1,"y":[2]}}/p;n;s/.*:\\([0-9]*\\)).*/{"a": {"y": [2], "x": 1}, "id": \\1}/p'`;

  test.each([
    ['cat', [], 1],
    ['cat', ['--canonicalize', 'none'], 1],
    ['cat', ['--canonicalize', 'sort'], 0],
    ['cat', ['--canonicalize', 'sort -r'], 0],
    ['cat', ['--canonicalize', 'wc -l'], 0],
    ['head -n 3', ['--canonicalize', 'sort'], 1],
    ['wc -l', [], 0],
    ['wc -l', ['--kinds', 'duplicates'], 1],
    ['sort -u', ['--kinds', 'duplicates,lines'], 0],
    ['wc -l', ['--kinds', 'cut'], 0],
    ['head -n 1', ['--kinds', 'cut'], 1],
  ])('%s %j: %i', async (exec, args, expected) => {
    const { status } = await fuzz(small(), '--orders', '6', '--seed', '1', '--exec', exec, ...args);
    expect(status).toBe(expected);
  });

  test('keys of JSON', async () => {
    const args = [small(), '--orders', '4', '--seed', '1', '--exec', JSON_LINES];
    expect((await fuzz(...args, '--canonicalize', 'sort')).status).toBe(1);
    expect((await fuzz(...args, '--canonicalize', 'keys')).status).toBe(0);
  });

  test('a crash and a time-out are failures', async () => {
    const first = `read -r line; case $line in *":0)"*) echo fine;;`;
    const args = [small(), '--orders', '1', '--seed', '1', '--kinds', 'lines'];
    const crash = await report(...args, '--exec', `${first} *) kill -SEGV $$;; esac`);
    expect(crash.status).toBe(1);
    expect(crash.failures).toMatchObject([{ how: 'exit status 139 (SIGSEGV)' }]);
    const exit = await report(...args, '--exec', `${first} *) exit 3;; esac`);
    expect(exit.failures).toMatchObject([
      { how: 'exit status 3', shrunk: { events: 2, inversions: 1 } },
    ]);
    const hang = await report(
      ...args,
      '--shrink',
      '0',
      '--timeout',
      '1s',
      '--exec',
      `${first} *) sleep 60;; esac`,
    );
    expect(hang.failures).toMatchObject([{ how: 'not done in time' }]);
  });

  test('what has nothing to do with order is told apart', async () => {
    const flaky = await report(small(), '--exec', 'echo $$');
    expect(flaky).toMatchObject({ status: 1, verdict: 'flaky', kinds: [], failures: [] });
    const broken = await report(small(), '--exec', 'echo out of order >&2; exit 4');
    expect(broken).toMatchObject({
      status: 1,
      verdict: 'broken',
      why: 'exit status 4: out of order',
    });
    const slow = await report(small(), '--exec', 'sleep 60', '--timeout', '200ms');
    expect(slow).toMatchObject({ status: 1, verdict: 'broken', why: 'not done in time' });
    const filter = await report(small(), '--exec', 'cat', '--canonicalize', 'exit 5');
    expect(filter).toMatchObject({
      verdict: 'broken',
      why: 'the filter of --canonicalize: exit status 5',
    });
  });

  test('several hosts: records without a node get that of their trace', async () => {
    const log = join(folder, 'hosts.log');
    writeFileSync(
      log,
      'node=a type=CWD msg=audit(1.000:1): x\nnode=b type=CWD msg=audit(1.000:1): x\n',
    );
    const { status } = await fuzz(
      log,
      '--exec',
      'cut -d" " -f1',
      '--canonicalize',
      'sort',
      '--orders',
      '4',
    );
    expect(status).toBe(0);
  });
});

describe('what goes wrong', () => {
  test.each([
    [['--exec', '/no/such/program'], 2, 'exit status 127'],
    [['--replay', 'lines:1'], 2, '--replay needs --seed'],
    [['--replay', 'lines:x', '--seed', '1'], 2, 'like lines:7'],
    [['--canonicalize', 'sort'], 2, '--canonicalize needs --exec'],
    [['--jobs', '2'], 2, '--jobs needs --exec'],
    [['--exec', 'cat', '--kinds', 'files'], 2, 'files is the same'],
    [['--exec', 'cat', '--replay', 'chunks:1', '--seed', '1'], 2, 'chunks is the same'],
    [['--kinds', 'lines,what'], 2, `'what' is none of`],
    [['--orders', '0'], 2, 'from 1'],
    [['--seed', '4294967296'], 2, 'from 0'],
  ])('%j: status %i', async (args, expected, words) => {
    const { status, stdout, stderr } = await fuzz(trace('nested'), ...args);
    expect(stdout + stderr).toContain(words);
    expect(status).toBe(expected);
  });

  test('a log that cannot be read', async () => {
    const { status, stderr } = await fuzz(join(folder, 'nothing.log'));
    expect(stderr).toContain('nothing.log');
    expect(status).toBe(3);
  });

  test('variants that cannot be written', async () => {
    const file = join(folder, 'in-the-way');
    writeFileSync(file, '');
    const { status, stderr } = await godo([
      'fuzz',
      '-q',
      trace('nested'),
      '--exec',
      'cat',
      '--orders',
      '1',
      '--shrink',
      '0',
      '-o',
      file,
    ]);
    expect(stderr).toContain('cannot write the output');
    expect(status).toBe(3);
  });

  test('interrupted, it ends its programs, and says what it has', async () => {
    const sign = join(folder, 'started');
    const exec = `cat >/dev/null; if [ -e ${sign}-2 ]; then touch ${sign}; exec sleep 600; fi; [ -e ${sign}-1 ] && touch ${sign}-2; touch ${sign}-1`;
    const child = start([
      'fuzz',
      '-q',
      trace('nested'),
      '--exec',
      exec,
      '--jobs',
      '2',
      '-o',
      join(folder, 'no'),
    ]);
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    while (!existsSync(sign)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(stdout).toContain('interrupted');
  });
});
