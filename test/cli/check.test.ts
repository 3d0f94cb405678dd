import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { readGithub, readJunit, type ReportedCheck, readTap } from '../support/reports.ts';
import { ownFolder } from '../support/folder.ts';
import { build, godo, trace } from './godo.ts';

const top = ownFolder();
let folder = '';
let runs = 0;

beforeAll(build);

/** Each test has two recordings to itself. */
beforeEach(() => {
  folder = join(top, `${runs++}`);
  mkdirSync(join(folder, 'traces'), { recursive: true });
  cpSync(trace('files'), at('traces/files.log.gz'));
  cpSync(
    join(import.meta.dirname, '../../fixtures/recorded/kills.trace'),
    at('traces/kills.trace'),
    {
      recursive: true,
    },
  );
});

function at(name: string): string {
  return join(folder, name);
}

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

const HOLDS = `
- name: files are copied
  traces: files
  where: {args: {$all: [cp]}}
  count: 1
  exit: 0
- name: nothing is downloaded
  none: {execve.args: {$regex: curl}}
`;

const FAILS = `
- name: nothing is copied
  traces: files
  none: {args: {$all: [cp]}}
- name: all is well
  all: {exit_code: 0}
`;

interface Report {
  readonly outcome: string;
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly suites: readonly {
    readonly name: string;
    readonly checks: readonly {
      readonly name: string;
      readonly outcome: string;
      readonly note?: string;
      readonly place: { readonly file: string; readonly line?: number };
      readonly shortfalls: readonly { readonly kind: string; readonly message: string }[];
    }[];
  }[];
}

/** Runs a check; what it found, as `SUITE/CHECK OUTCOME` with kinds of shortfalls or the note. */
async function checked(
  ...args: string[]
): Promise<{ status: number | null; lines: string[]; report: Report; stderr: string }> {
  const { status, stdout, stderr } = await godo(['check', ...args, '--reporter', 'json']);
  const report = JSON.parse(stdout) as Report;
  const lines = report.suites.flatMap(({ name: suite, checks }) =>
    checks.map(({ name, outcome, note, shortfalls }) =>
      [`${suite}/${name}`, outcome, ...shortfalls.map(({ kind }) => kind), note ?? '']
        .join(' ')
        .trim(),
    ),
  );
  return { status, lines, report, stderr };
}

test('expectations that hold', async () => {
  const { status, lines, report } = await checked(at('traces'), '--expect', put('e.yaml', HOLDS));
  expect(lines).toEqual([
    'files/recording passed',
    'files/files are copied passed 1 process',
    'files/nothing is downloaded passed 20 processes',
    'kills/recording passed',
    'kills/nothing is downloaded passed 29 processes',
  ]);
  expect(status).toBe(0);
  expect(report.outcome).toBe('passed');
});

test('expectations that do not', async () => {
  const { status, lines, report } = await checked(at('traces'), '--expect', put('e.yaml', FAILS));
  expect(lines).toEqual([
    'files/recording passed',
    'files/nothing is copied failed none 20 processes',
    'files/all is well passed 20 processes',
    'kills/recording passed',
    'kills/all is well failed all 29 processes',
  ]);
  expect(status).toBe(1);
  expect(report.suites[0]?.checks[1]?.place).toEqual({ file: at('e.yaml'), line: 2, column: 3 });
});

test('the same in JSON', async () => {
  const json = JSON.stringify(
    [{ name: 'all is well', traces: 'files', all: { exit_code: 0 } }],
    null,
    '\t',
  );
  const { status, lines } = await checked(at('traces'), '--expect', put('e.json', json));
  expect(lines).toContain('files/all is well passed 20 processes');
  expect(status).toBe(0);
});

test('the report for people is the usual one', async () => {
  const args = [at('traces/files.log.gz'), '--expect', put('e.yaml', FAILS)];
  const { status, stdout, stderr } = await godo(['check', ...args]);
  expect(stdout).toBe(`files  ${at('traces/files.log.gz')}, 20 processes
  ✓ recording
  ✗ nothing is copied  ${at('e.yaml')}:2:3
      1 of 20 processes matches, and none may
        1078 cp a b  0ms  exit 0
  ✓ all is well  20 processes

3 checks: 2 passed, 1 failed
`);
  expect(stderr).toBe('');
  expect(status).toBe(1);
});

test('an expectation for no recording is seen to be skipped', async () => {
  const text = '- name: on the web\n  traces: web-*\n  some: {}';
  const { status, lines } = await checked(at('traces'), '--expect', put('e.yaml', text));
  expect(lines.at(-1)).toBe(
    'no recording/on the web skipped not checked: no recording is called web-*',
  );
  expect(status).toBe(0);
});

test('a golden tree that is missing fails, --update writes it, and then it holds', async () => {
  const args = [at('traces'), '--golden', at('golden')];
  const missing = await checked(...args);
  expect(missing.status).toBe(1);
  expect(missing.lines).toEqual([
    'files/recording passed',
    'files/golden tree failed golden-missing',
    'kills/recording passed',
    'kills/golden tree failed golden-missing',
  ]);
  expect(missing.report.suites[0]?.checks[1]?.shortfalls[0]?.message).toContain('--update');
  expect(existsSync(at('golden'))).toBe(false);

  const written = await checked(...args, '--update');
  expect(written.status).toBe(0);
  expect(written.lines).toContain('files/golden tree passed written');
  expect(readdirSync(at('golden'))).toEqual(['files.golden', 'kills.golden']);

  const holding = await checked(...args);
  expect(holding.status).toBe(0);
  expect(holding.lines).toContain('files/golden tree passed 20 processes');
});

test('a tree that differs fails at its line, and --update renews that file alone', async () => {
  const args = [at('traces'), '--golden', at('golden')];
  await checked(...args, '--update');
  const golden = readFileSync(at('golden/files.golden'), 'utf8');
  const lines = golden.split('\n');
  const line = lines.findIndex((text) => text.includes('cp a b')) + 1;
  put('golden/files.golden', golden.replace('cp a b', 'cp a c'));
  const before = statSync(at('golden/kills.golden'));

  const differing = await checked(...args);
  expect(differing.status).toBe(1);
  expect(differing.lines).toContain('files/golden tree failed golden-differs');
  expect(differing.report.suites[0]?.checks[1]?.place).toEqual({
    file: at('golden/files.golden'),
    line,
  });
  const { stdout } = await godo(['check', ...args]);
  expect(stdout).toContain('cp a [-c-]{+b+}');

  const renewed = await checked(...args, '--update');
  expect(renewed.lines).toContain('files/golden tree passed renewed');
  expect(renewed.lines).toContain('kills/golden tree passed 29 processes');
  expect(renewed.status).toBe(0);
  expect(readFileSync(at('golden/files.golden'), 'utf8')).toBe(golden);
  expect(statSync(at('golden/kills.golden')).ino).toBe(before.ino);
  expect(readdirSync(at('golden'))).toEqual(['files.golden', 'kills.golden']);
});

test('what is no golden tree fails, and --update writes it anew', async () => {
  const args = [at('traces/files.log.gz'), '--golden', at('golden')];
  await checked(...args, '--update');
  const golden = readFileSync(at('golden/files.golden'), 'utf8');
  put('golden/files.golden', 'something else\n');
  const { status, lines, report } = await checked(...args);
  expect(lines).toContain('files/golden tree failed golden-unreadable');
  expect(report.suites[0]?.checks[1]?.place.line).toBe(1);
  expect(status).toBe(1);
  expect((await checked(...args, '--update')).status).toBe(0);
  expect(readFileSync(at('golden/files.golden'), 'utf8')).toBe(golden);
});

test('where one golden tree cannot be written the others are, and it is said', async () => {
  mkdirSync(at('golden/kills.golden'), { recursive: true });
  mkdirSync(at('golden/old.golden'));
  const { status, lines } = await checked(at('traces'), '--golden', at('golden'), '--update');
  expect(lines).toEqual([
    'files/recording passed',
    'files/golden tree passed written',
    'kills/recording passed',
    'kills/golden tree failed golden-unreadable',
    'old/golden tree failed golden-unwritten',
  ]);
  expect(status).toBe(3);
  expect(readdirSync(at('golden'))).toEqual(['files.golden', 'kills.golden', 'old.golden']);
});

test('a golden tree without its recording fails, and --update says that it removes it', async () => {
  const args = [at('traces'), '--golden', at('golden')];
  await checked(...args, '--update');
  rmSync(at('traces/kills.trace'), { recursive: true });
  put('golden/README.md', 'not of godo');

  const stray = await checked(...args);
  expect(stray.status).toBe(1);
  expect(stray.lines.at(-1)).toBe('kills/golden tree failed golden-stray');
  expect(existsSync(at('golden/kills.golden'))).toBe(true);

  const removed = await checked(...args, '--update');
  expect(removed.status).toBe(0);
  expect(removed.lines.at(-1)).toBe('kills/golden tree passed removed');
  expect(readdirSync(at('golden'))).toEqual(['README.md', 'files.golden']);
});

test('while a recording cannot be found, no golden tree counts as left over', async () => {
  await checked(at('traces'), '--golden', at('golden'), '--update');
  const { status, lines } = await checked(at('trace'), '--golden', at('golden'), '--update');
  expect(lines).toEqual([
    'trace/recording failed unreadable',
    'trace/golden tree skipped not checked: the recording could not be read',
  ]);
  expect(status).toBe(3);
  expect(readdirSync(at('golden'))).toEqual(['files.golden', 'kills.golden']);
});

test('what cannot be read is reported, and all else is still checked', async () => {
  const args = [at('gone.log'), at('traces'), '--expect', put('e.yaml', HOLDS)];
  const { status, lines } = await checked(...args);
  expect(lines).toEqual([
    'files/recording passed',
    'files/files are copied passed 1 process',
    'files/nothing is downloaded passed 20 processes',
    'gone/recording failed unreadable',
    'gone/nothing is downloaded skipped not checked: the recording could not be read',
    'kills/recording passed',
    'kills/nothing is downloaded passed 29 processes',
  ]);
  expect(status).toBe(3);
});

test('faults of a recording fail, warnings with --strict', async () => {
  const log = gunzipSync(readFileSync(trace('lost')));
  put('traces/lost.log', log);
  put('traces/torn.log', Buffer.concat([log, Buffer.from('no record\n')]));
  const args = [at('traces'), '--expect', put('e.yaml', HOLDS)];
  const usual = await checked(...args);
  expect(usual.lines).toContain('lost/recording passed');
  expect(usual.lines).toContain('torn/recording failed faults');
  expect(usual.lines).toContain('torn/nothing is downloaded passed 249 processes');
  expect(usual.status).toBe(1);
  rmSync(at('traces/torn.log'));
  const strict = await checked(...args, '--strict');
  expect(strict.lines).toContain('lost/recording failed faults');
  expect(strict.status).toBe(1);
});

test('rotated logs are one recording', async () => {
  const lines = gunzipSync(readFileSync(trace('files')))
    .toString('latin1')
    .split('\n');
  const half = lines.length >> 1;
  mkdirSync(at('host'));
  put('host/audit.log.1', Buffer.from(`${lines.slice(0, half).join('\n')}\n`, 'latin1'));
  put('host/audit.log', Buffer.from(lines.slice(half).join('\n'), 'latin1'));
  const { lines: all } = await checked(at('host'), '--expect', put('e.yaml', HOLDS));
  expect(all).toContain('audit/nothing is downloaded passed 20 processes');
});

test('standard input is a recording', async () => {
  const stdin = readFileSync(trace('files'));
  const args = ['check', '-', '--expect', put('e.yaml', HOLDS)];
  const { status, stdout } = await godo(args, { stdin });
  expect(stdout).toContain('stdin  -, 20 processes');
  expect(status).toBe(0);
});

test('mistakes in the expectations are all told, with their places', async () => {
  const path = put('e.yaml', '- name: a\n  non: {}\n- name: b\n  none: {pidd: 1}\n');
  const { status, stdout, stderr } = await godo(['check', at('traces'), '--expect', path]);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toBe(`godo: ${path}:2:3: unknown key "non"; is it none?
godo: ${path}:4:10: process documents have no field "pidd"; is it "pid"?
`);
});

test.each([
  [['--expect', 'gone.yaml'], 3, 'gone.yaml: no such file or folder'],
  [['--expect', 'latin1.yaml'], 3, 'latin1.yaml: it is not UTF-8'],
  [['--expect', 'large.yaml'], 3, 'large.yaml: it is too large'],
  [['--golden', 'large.yaml'], 3, 'large.yaml: a part of the path is not a folder'],
  [[], 2, 'nothing to check: --golden or --expect is needed'],
  [['--expect', 'e.yaml', '--update'], 2, '--update needs --golden'],
  [['--expect', 'e.yaml', '--rerecorded'], 2, '--rerecorded needs --golden'],
  [['--expect', 'e.yaml', '--ignore', '/x/'], 2, '--ignore needs --golden'],
  [['--golden', 'golden', '--ignore', '('], 2, 'Invalid regular expression'],
  [
    ['--expect', 'e.yaml', '--reporter', 'xml'],
    2,
    'Allowed choices are spec, junit, tap, github, json',
  ],
  [['--expect', 'e.yaml', 'traces/files.log.gz'], 2, 'these recordings would all be called files'],
  [['--expect', 'e.yaml', '--output', 'no/where'], 3, 'cannot write the output: '],
])('%j cannot be done', async (args, status, message) => {
  put('e.yaml', HOLDS);
  put('latin1.yaml', Buffer.from('- name: \xe9', 'latin1'));
  put('large.yaml', ' '.repeat(1_200_000));
  const named = args.map((arg) => (/^(?:--|\W|[a-z]+$)/.test(arg) ? arg : at(arg)));
  const outcome = await godo(['check', at('traces'), ...named]);
  expect(outcome.stderr).toContain(message);
  expect(outcome.status).toBe(status);
});

test('- can only be given once', async () => {
  const { status, stderr } = await godo(['check', '-', '-', '--golden', at('golden')]);
  expect(stderr).toContain('- can only be given once');
  expect(status).toBe(2);
});

test('with --output the report goes to the file, and the one for people to standard output', async () => {
  const args = [at('traces'), '--expect', put('e.yaml', FAILS)];
  const output = put('report.xml', 'old');
  const { status, stdout } = await godo([
    'check',
    ...args,
    '--reporter',
    'junit',
    '--output',
    output,
  ]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/✗ nothing is copied/);
  expect(readJunit(readFileSync(output, 'utf8'))).toHaveLength(5);
  expect(readdirSync(folder)).toEqual(['e.yaml', 'report.xml', 'traces']);
});

test.each(['traces', 'recorded'])('fixtures/%s are held to their golden trees', async (kind) => {
  const fixtures = join(import.meta.dirname, '../../fixtures');
  const args = [
    join(fixtures, kind),
    '--golden',
    join(fixtures, `golden/${kind}`),
    '--expect',
    join(fixtures, `expectations/${kind}.yaml`),
  ];
  const { status, report } = await checked(...args);
  const failed = report.suites.flatMap(({ name, checks }) =>
    checks.filter(({ outcome }) => outcome !== 'passed').map((check) => [name, check]),
  );
  expect(failed).toEqual([]);
  expect(status).toBe(0);
  expect(report.suites).toHaveLength(readdirSync(join(fixtures, `golden/${kind}`)).length);
});

test('a recording that was made anew is compared as diff does', async () => {
  const log = gunzipSync(readFileSync(trace('build'))).toString('latin1');
  mkdirSync(at('new'));
  put('new/build.log', Buffer.from(log, 'latin1'));
  const args = [at('new'), '--golden', at('golden')];
  await checked(...args, '--update');
  // Another run has other names of temporary files.
  put('new/build.log', Buffer.from(log.replaceAll('/tmp/cc', '/tmp/cd'), 'latin1'));
  expect((await checked(...args)).lines).toContain('build/golden tree failed golden-differs');
  const anew = [...args, '--rerecorded'];
  expect((await checked(...anew)).status).toBe(1);
  const { status, lines } = await checked(...anew, '--ignore', 'tmp');
  expect(lines).toContain('build/golden tree passed 108 processes');
  expect(status).toBe(0);
});

/** What a reporter for machines says, without the failures' words. */
function essence(checks: readonly ReportedCheck[]): string[] {
  return checks.map(({ suite, name, outcome }) => `${suite}/${name} ${outcome}`);
}

test('all reporters tell the same', async () => {
  const text = `${FAILS}\n- name: on the web\n  traces: web\n  some: {}`;
  const args = [
    at('gone.log'),
    at('traces'),
    '--expect',
    put('e.yaml', text),
    '--golden',
    at('golden'),
  ];
  const said: Record<string, string> = {};
  for (const reporter of ['spec', 'junit', 'tap', 'github', 'json']) {
    const { status, stdout } = await godo(['check', ...args, '--reporter', reporter]);
    expect(status).toBe(3);
    said[reporter] = stdout;
  }
  const report = JSON.parse(said.json) as Report;
  const all = report.suites.flatMap(({ name: suite, checks }) =>
    checks.map(({ name, outcome }) => `${suite}/${name} ${outcome}`),
  );
  expect(all).toHaveLength(11);
  expect(essence(readJunit(said.junit))).toEqual(all);
  expect(essence(readTap(said.tap))).toEqual(all);
  expect(essence(readGithub(said.github))).toEqual(all.filter((line) => line.endsWith(' failed')));
  const { passed, failed, skipped } = report.counts;
  const counts = `11 checks: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
  expect(said.spec.endsWith(counts)).toBe(true);
  expect(said.github.endsWith(counts)).toBe(true);
});
