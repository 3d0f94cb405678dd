import { expect, test } from 'vitest';
import { compareGolden, goldenText } from '../../../../src/check/golden.ts';
import type { TreeDifference } from '../../../../src/model/difference.ts';
import type { Check, Shortfall, Verdict } from '../../../../src/model/verdict.ts';
import { type Reporter, verdictLines } from '../../../../src/report/verdict/reporters.ts';
import { shortfallText } from '../../../../src/report/verdict/words.ts';
import { readGithub, readJunit, readTap } from '../../../support/reports.ts';
import { documentOf, execOf, lifeOf } from '../documents.ts';

const PLAIN = { width: Number.POSITIVE_INFINITY, color: false };

function reportOf(verdict: Verdict, reporter: Reporter, options = PLAIN): string {
  return [...verdictLines(verdict, reporter, options)].map((line) => `${line}\n`).join('');
}

const found = {
  total: 12,
  of: 108,
  first: [
    lifeOf(7, 0, 12, { execve: [execOf(0, 'curl', '-s', 'http://x/')], args: ['curl'] }),
    documentOf({ pid: 8, node: 'web', comm: 'x' }),
  ],
};

const passed: Check = {
  name: 'recording',
  place: { file: 'traces/build.trace' },
  outcome: 'passed',
  shortfalls: [],
};
const failed: Check = {
  name: 'nothing is downloaded',
  place: { file: 'expectations.yaml', line: 3, column: 5 },
  outcome: 'failed',
  shortfalls: [{ kind: 'none', found }],
  note: { kind: 'processes', count: 108 },
};
const skipped: Check = {
  name: 'only on the web',
  place: { file: 'expectations.yaml', line: 9, column: 5 },
  outcome: 'skipped',
  shortfalls: [],
  note: { kind: 'no-recording', traces: ['web-*'] },
};
const verdict: Verdict = {
  suites: [
    { name: 'build', path: 'traces/build.trace', processes: 108, checks: [passed, failed] },
    { name: 'no recording', path: 'expectations.yaml', checks: [skipped] },
  ],
};

const bounds = { min: 1, max: 2 };
const fault = {
  kind: 'conflict',
  severity: 'error',
  stage: 'event',
  reason: 'two\u001b',
  input: 'a.log',
  offset: 7,
} as const;

test.each<[Shortfall, string]>([
  [{ kind: 'none', found }, '12 of 108 processes match, and none may'],
  [{ kind: 'none', found: { ...found, total: 1, of: 1 } }, '1 of 1 process matches, and none may'],
  [{ kind: 'some', of: 108 }, 'none of 108 processes matches, and some must'],
  [{ kind: 'count', bounds, found }, '12 processes counted, and not from 1 to 2'],
  [{ kind: 'count', bounds: { max: 2 }, found }, '12 processes counted, and not at most 2'],
  [{ kind: 'count', bounds: { min: 20 }, found }, '12 processes counted, and not at least 20'],
  [{ kind: 'count', bounds: { min: 2, max: 2 }, found }, '12 processes counted, and not exactly 2'],
  [{ kind: 'all', found }, '12 of 108 processes do not match, and all must'],
  [
    { kind: 'duration', bounds: { max: 2000 }, found },
    '12 of 108 processes did not live for at most 2.000s',
  ],
  [
    { kind: 'exit', allowed: [{ code: 0 }, { signal: 15 }, { codes: { min: 3 } }], found },
    '12 of 108 processes did not end with exit 0 or SIGTERM or exit at least 3',
  ],
  [
    { kind: 'nobody', of: 3 },
    'none of 3 processes is chosen, so nothing is shown; where that is fine, add count: {min: 0}',
  ],
  [
    { kind: 'nobody', of: 0 },
    'there is no process to look at, so nothing is shown; where that is fine, add count: {min: 0}',
  ],
  [{ kind: 'unreadable', reasons: ['a', 'b\n'] }, 'it could not be read: a; b\\n'],
  [{ kind: 'faults', counts: [['conflict', 2]], first: [fault] }, 'it has faults: 2 conflict'],
  [{ kind: 'golden-missing' }, 'there is no golden tree of it yet; --update writes one'],
  [{ kind: 'golden-stray' }, 'no recording belongs to this golden tree; --update removes it'],
  [
    { kind: 'golden-unwritten', reason: 'no space' },
    'the golden tree could not be updated: no space',
  ],
  [
    { kind: 'golden-unreadable', reason: 'no title' },
    'the golden tree could not be read: no title',
  ],
])('a shortfall in words: %j', (shortfall, text) => {
  expect(shortfallText(shortfall)).toBe(text);
});

test('the report for people', () => {
  expect(reportOf(verdict, 'spec')).toBe(`build  traces/build.trace, 108 processes
  ✓ recording
  ✗ nothing is downloaded  expectations.yaml:3:5
      12 of 108 processes match, and none may
        7 curl -s http://x/  12ms  exit 0
        web 8 [x]  no end seen
        … and 10 more

no recording  expectations.yaml
  - only on the web  not checked: no recording is called web-*

3 checks: 1 passed, 1 failed, 1 skipped
`);
});

test('faults are named with their places', () => {
  const shortfalls: Shortfall[] = [{ kind: 'faults', counts: [['conflict', 3]], first: [fault] }];
  const suites = [{ name: 'a', path: 'a', checks: [{ ...failed, shortfalls }] }];
  expect(reportOf({ suites }, 'spec')).toContain(`
        conflict: a.log, byte 7: two\\x1b
        … and 2 more
`);
});

function goldenOf(program: string): string {
  return goldenText([lifeOf(1, 0, 5, { args: [program, 'x'], execve: [execOf(0, program, 'x')] })]);
}

const differs: Shortfall = {
  kind: 'golden-differs',
  difference: compareGolden(goldenOf('cp'), goldenOf('mv')) as TreeDifference,
};
const differing: Verdict = {
  suites: [{ name: 'a', path: 'a', checks: [{ ...failed, shortfalls: [differs] }] }],
};

test('a tree that differs is shown', () => {
  const lines = reportOf(differing, 'spec').split('\n');
  expect(lines[2]).toBe('      the tree is another one');
  expect(lines.slice(3, 6).join('\n')).toMatch(
    /^ {8}- cp x .*\n {8}\+ mv x .*\n {8}1 added, 1 removed/,
  );
  expect(reportOf(differing, 'spec', { width: 80, color: true })).toContain('\u001b[31m');
  for (const reporter of ['junit', 'tap', 'github'] as const) {
    expect(reportOf(differing, reporter)).toMatch(/- cp x/);
    expect(reportOf(differing, reporter)).not.toContain('\u001b');
  }
  const json = JSON.parse(reportOf(differing, 'json')) as {
    suites: [{ checks: [{ shortfalls: [{ difference: unknown }] }] }];
  };
  expect(json.suites[0].checks[0].shortfalls[0].difference).toMatchObject({
    schema_version: 1,
    counts: { added: 1, removed: 1 },
  });
});

test('colour, and a terminal that is narrow', () => {
  const lines = reportOf(verdict, 'spec', { width: 30, color: true }).split('\n');
  expect(lines[2]).toMatch(/^\u001b\[31m {2}✗ nothing is downloaded/);
  const plain = lines.map((line) => line.replace(/\u001b\[\d*m/g, ''));
  expect(plain.slice(0, -2).every((line) => line.length <= 30)).toBe(true);
  expect(plain[0]).toBe('build  traces/build.trace, 10…');
});

const MESSAGE = '12 of 108 processes match, and none may';
const PLACE = { file: 'expectations.yaml', line: 3 };

test('JUnit, by a parser of XML', () => {
  expect(readJunit(reportOf(verdict, 'junit'))).toEqual([
    { suite: 'build', name: 'recording', outcome: 'passed', file: 'traces/build.trace' },
    { suite: 'build', name: failed.name, outcome: 'failed', message: MESSAGE, ...PLACE },
    {
      suite: 'no recording',
      name: skipped.name,
      outcome: 'skipped',
      message: 'not checked: no recording is called web-*',
      file: 'expectations.yaml',
      line: 9,
    },
  ]);
});

test('what cannot be read is an error in JUnit', () => {
  const shortfalls: Shortfall[] = [{ kind: 'unreadable', reasons: ['gone'] }];
  const check: Check = { ...passed, outcome: 'failed', shortfalls };
  const xml = reportOf({ suites: [{ name: 'a', path: 'a', checks: [check] }] }, 'junit');
  expect(readJunit(xml)).toHaveLength(1);
  expect(xml).toContain('<error message="it could not be read: gone" type="unreadable">');
  expect(xml).toContain('failures="0" errors="1"');
});

test('TAP, by a reader of its own', () => {
  expect(readTap(reportOf(verdict, 'tap'))).toEqual([
    { suite: 'build', name: 'recording', outcome: 'passed' },
    { suite: 'build', name: failed.name, outcome: 'failed', message: MESSAGE, ...PLACE, column: 5 },
    {
      suite: 'no recording',
      name: skipped.name,
      outcome: 'skipped',
      message: 'not checked: no recording is called web-*',
    },
  ]);
});

test('annotations for GitHub', () => {
  expect(readGithub(reportOf(verdict, 'github'))).toEqual([
    {
      suite: 'build',
      name: failed.name,
      outcome: 'failed',
      message: `${MESSAGE}\n  7 curl -s http://x/  12ms  exit 0\n  web 8 [x]  no end seen\n  … and 10 more`,
      ...PLACE,
    },
  ]);
  expect(reportOf(verdict, 'github')).toMatch(/\n3 checks: 1 passed, 1 failed, 1 skipped\n$/);
});

test('JSON', () => {
  const read = JSON.parse(reportOf(verdict, 'json')) as Record<string, unknown>;
  expect(read).toMatchObject({
    schema_version: 1,
    outcome: 'failed',
    counts: { passed: 1, failed: 1, skipped: 1 },
    suites: [
      {
        name: 'build',
        processes: 108,
        checks: [
          { name: 'recording', outcome: 'passed', shortfalls: [] },
          {
            place: { file: 'expectations.yaml', line: 3, column: 5 },
            shortfalls: [
              {
                kind: 'none',
                message: MESSAGE,
                total: 12,
                of: 108,
                processes: [
                  { _id: 'id00000007', pid: 7, command: 'curl', duration: 12, exit_code: 0 },
                  { node: 'web', pid: 8, command: '[x]' },
                ],
              },
            ],
          },
        ],
      },
      { checks: [{ outcome: 'skipped', note: 'not checked: no recording is called web-*' }] },
    ],
  });
});

/** Everything that one of the forms gives a meaning to, or cannot hold. */
const HOSTILE =
  'a # TODO \\ % , : = ]]> <b> & " \' ::error:: \r\n\t\u001b[31m\0\u0085\u2028\ufffe\ufeff\u202e\udc80\ud800 ü 😀';

/** What a path may hold. */
const PATH = 'a # %41 , : = \\ ]]> <b>\n::error::/ü';

const hostile: Verdict = {
  suites: [
    {
      name: HOSTILE.replace(': ', ''),
      path: HOSTILE,
      processes: 1,
      checks: [
        {
          name: HOSTILE,
          place: { file: PATH, line: 2, column: 1 },
          outcome: 'failed',
          shortfalls: [
            { kind: 'unreadable', reasons: [HOSTILE] },
            {
              kind: 'none',
              found: {
                total: 1,
                of: 1,
                first: [lifeOf(1, 0, 1, { args: [HOSTILE], node: HOSTILE })],
              },
            },
          ],
        },
        { ...skipped, name: HOSTILE, note: { kind: 'no-recording', traces: [HOSTILE] } },
        { ...passed, name: HOSTILE },
      ],
    },
  ],
};

test.each([
  ['junit', readJunit],
  ['tap', readTap],
  ['github', readGithub],
] as const)('hostile names do not break %s', (reporter, read) => {
  const text = reportOf(hostile, reporter);
  expect(text).not.toMatch(/[\0\u001b]|\p{Surrogate}/u);
  const outcomes = read(text).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(reporter === 'github' ? ['failed'] : ['failed', 'skipped', 'passed']);
});

test('hostile names keep what a form can hold', () => {
  const [junit] = readJunit(reportOf(hostile, 'junit'));
  expect(junit?.name).toBe(
    'a # TODO \\ % , : = ]]> <b> & " \' ::error:: \r\n\t\\x1b[31m\\x00\u0085\u2028\\u{fffe}\ufeff\u202e\\u{dc80}\\u{d800} ü 😀',
  );
  const [github] = readGithub(reportOf(hostile, 'github'));
  expect(github).toMatchObject({ file: PATH, line: 2 });
  const [tap] = readTap(reportOf(hostile, 'tap'));
  expect(tap).toMatchObject({ file: PATH, line: 2 });
  const json = JSON.parse(reportOf(hostile, 'json')) as Verdict;
  expect(json.suites[0]?.checks[0]?.name).toBe(HOSTILE);
});

test('hostile names take one line each for people', () => {
  const lines = reportOf(hostile, 'spec').trimEnd().split('\n');
  expect(lines).toHaveLength(9);
  expect(lines.join('')).not.toMatch(/[\0-\u001f\u0085\u2028]|[\p{Surrogate}\p{Format}]/u);
});

test('a failure in very many places is cut for machines', () => {
  const shortfall: Shortfall = { kind: 'some', of: 1 };
  const check = { ...failed, shortfalls: Array.from({ length: 500 }, () => shortfall) };
  const suites = [{ name: 'a', path: 'a', checks: [check] }];
  const [annotation] = readGithub(reportOf({ suites }, 'github'));
  expect(annotation?.message?.split('\n')).toHaveLength(101);
  expect(annotation?.message).toMatch(/… and 400 lines more$/);
});
