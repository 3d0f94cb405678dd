import { expect, test } from 'vitest';
import { readExpectations } from '../../../src/check/expectations.ts';
import { filterOf } from '../../../src/cli/check/expectations.ts';

/** What is wrong with a file, each as `LINE:COLUMN MESSAGE`. */
function problemsOf(text: string): string[] {
  const read = readExpectations(text, filterOf);
  if ('expectations' in read) return [];
  return read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function expectationsOf(text: string): ReturnType<typeof names> {
  return names(text);
}

function names(text: string): string[] {
  const read = readExpectations(text, filterOf);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.expectations.map(
    ({ name, demands }) => `${name}: ${demands.map(({ kind }) => kind).join(' ')}`,
  );
}

test('YAML and JSON say the same', () => {
  const yaml = `
- name: nothing is downloaded
  below: {comm: make}
  none: {execve.args: {$regex: curl}}
- name: compilers
  traces: [build, "web-*"]
  where: {exe: /usr/bin/cc}
  count: {min: 1}
  all: {uid: 0}
  duration: {max: 2s}
  exit: [0, SIGTERM]
`;
  const json = `[
\t{"name": "nothing is downloaded", "below": {"comm": "make"},
\t "none": {"execve.args": {"$regex": "curl"}}},
\t{"name": "compilers", "traces": ["build", "web-*"], "where": {"exe": "\\/usr\\/bin\\/cc"},
\t "count": {"min": 1}, "all": {"uid": 0}, "duration": {"max": "2s"}, "exit": [0, "SIGTERM"]}
]`;
  const both = ['nothing is downloaded: none', 'compilers: count all duration exit'];
  expect(expectationsOf(yaml)).toEqual(both);
  expect(expectationsOf(json)).toEqual(both);
});

test('an expectation stands where it begins', () => {
  const read = readExpectations(
    '# first\n- name: a\n  some: {}\n-   name: b\n    none: {}',
    filterOf,
  );
  const places = 'expectations' in read ? read.expectations.map((e) => [e.line, e.column]) : [];
  expect(places).toEqual([
    [2, 3],
    [4, 5],
  ]);
});

test.each([
  ['', '1:1 the file is empty'],
  ['# nothing\n', '1:1 the file is empty'],
  ['[]', '1:1 there is no expectation in the list'],
  ['name: a', '1:1 the file must be a list of expectations'],
  ['- 1', '1:3 an expectation must be a map, with name and what is expected'],
  ['- some: {}', '1:3 the expectation has no name'],
  ['- name: 7\n  some: {}', '1:9 name must be a text that is not empty'],
  ['- name: " "\n  some: {}', '1:9 name must be a text that is not empty'],
  [
    '- name: a\n  some: {}\n- name: a\n  none: {}',
    '3:9 the expectation in line 1 is called "a", too',
  ],
  [
    '- name: a',
    '1:3 nothing is expected: one of none, some, count, all, duration and exit is needed',
  ],
  ['- name: a\n  non: {}\n  some: {}', '2:3 unknown key "non"; is it none?'],
  ['- name: a\n  non: {}', '2:3 unknown key "non"; is it none?'],
  ['- nam: a\n  some: {}', '1:3 unknown key "nam"; is it name?'],
  [
    '- name: a\n  frobnicate: {}\n  some: {}',
    '2:3 unknown key "frobnicate"; there are name, traces, below, where, none, some, count, all, duration and exit',
  ],
  [
    '- name: a\n  some: {}\n  exit: 0',
    '2:3 some stands by itself, and not beside exit: some has the filter itself, the others are about the processes of where',
  ],
  [
    '- name: a\n  none: {}\n  where: {pid: 1}',
    '2:3 none stands by itself, and not beside where: none has the filter itself, the others are about the processes of where',
  ],
  ['- name: a\n  some:', '2:8 the filter must be an object'],
  ['- name: a\n  some: [1]', '2:9 the filter must be an object'],
  ['- name: a\n  some: {pid: {$foo: 1}}', '2:9 unknown operator: $foo'],
  ['- name: a\n  some: {$or: []}', '2:9 $and/$or/$nor must be a nonempty array'],
  ['- name: a\n  some: {}\n  below: 3', '3:10 the filter must be an object'],
  [
    '- name: a\n  count: few',
    '2:10 count must be a whole number, or {min, max} with one of them or both',
  ],
  [
    '- name: a\n  count: {}',
    '2:10 count must be a whole number, or {min, max} with one of them or both',
  ],
  [
    '- name: a\n  count: -1',
    '2:10 count must be a whole number, or {min, max} with one of them or both',
  ],
  ['- name: a\n  count: {min: 1.5}', '2:16 min must be a whole number, 0 or more'],
  ['- name: a\n  count: {least: 1}', '2:11 unknown key "least"; there are min and max'],
  ['- name: a\n  count: {min: 2, max: 1}', '2:10 min is greater than max'],
  ['- name: a\n  duration: 2s', '2:13 duration must be {min, max} with one of them or both'],
  [
    '- name: a\n  duration: {max: 2}',
    '2:19 max must be a duration such as 500ms, 30s, 10m or 1.5h',
  ],
  [
    '- name: a\n  exit: SIGFOO',
    '2:9 exit must be an exit status, 0 to 255, a signal such as SIGTERM, a list of these, or {min, max}',
  ],
  [
    '- name: a\n  exit: [0, 256]',
    '2:13 exit must be an exit status, 0 to 255, a signal such as SIGTERM, a list of these, or {min, max}',
  ],
  ['- name: a\n  exit: []', '2:9 exit is an empty list'],
  ['- name: a\n  exit: {min: 300}', '2:15 min must be an exit status, 0 to 255'],
  ['- name: a\n  exit: {}', '2:9 exit must be {min, max} with one of them or both'],
  ['- name: a\n  some: {}\n  traces: []', '3:11 traces is an empty list'],
  [
    '- name: a\n  some: {}\n  traces: [a, 1]',
    '3:15 traces must be a name of recordings, such as web-*, or a list of them',
  ],
])('%j is refused', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

test.each([
  ['exit_status', '{exit_status: 0}', 'process documents have no field "exit_status"'],
  [
    'a typing error',
    '{exit_cod: 0}',
    'process documents have no field "exit_cod"; is it "exit_code"?',
  ],
  [
    'inside',
    '{execve.arg: x}',
    'process documents have no field "execve.arg"; is it "execve.args"?',
  ],
  ['in a clause', '{$or: [{pidd: 1}]}', 'process documents have no field "pidd"; is it "pid"?'],
  [
    'in an element',
    '{execve: {$elemMatch: {exit_code: 1}}}',
    'process documents have no field "exit_code"',
  ],
  ['below a value', '{pid.number: 1}', 'process documents have no field "pid.number"'],
  ['of objects', '{constructor: 1}', 'process documents have no field "constructor"'],
])('a field that no document has, %s', (_, filter, problem) => {
  const [found] = problemsOf(`- name: a\n  none: ${filter}`);
  expect(found?.replace(/^2:\d+ /, '')).toBe(problem);
});

test('fields of documents are taken', () => {
  const filter =
    '{execve.0.args.1: x, args: {$all: [a]}, "execve.timestamp": {$gt: {$date: "2026-01-01T00:00:00Z"}}, ' +
    'evidence: {$elemMatch: {rule: caller}}, children: {$not: {$size: 0}}, exit_after: {$exists: false}, ' +
    'exit_timestamp: null}';
  expect(problemsOf(`- name: a\n  none: ${filter}`)).toEqual([]);
});

test.each([
  ['{start_timestamp: 2026-11-23T04:31:02Z}', '2:27'],
  ['{start_timestamp: {$gt: "2026-11-23"}}', '2:33'],
  ['{start_timestamp: {$in: [1795000000000]}}', '2:34'],
  ['{execve: {$elemMatch: {timestamp: {$lt: 7}}}}', '2:49'],
])('a time must be written as one: %s', (filter, place) => {
  expect(problemsOf(`- name: a\n  none: ${filter}`)).toEqual([
    `${place} this field is a time, which is written {$date: "2026-11-23T04:31:02.500Z"}`,
  ]);
});

test('several problems are told at once', () => {
  const text = '- nam: a\n  count: {min: x}\n- name: b\n  all: {pidd: 1}\n  exit: 999';
  expect(problemsOf(text).map((problem) => problem.split(' ')[0])).toEqual([
    '1:3',
    '2:16',
    '4:9',
    '5:9',
  ]);
});

test('no more than so many problems are told', () => {
  expect(problemsOf('- 1\n'.repeat(10_000))).toHaveLength(50);
});

test.each([
  ['a key twice', '- {name: a, name: b}', '1:13 "name" stands twice in one map'],
  [
    'a key twice in a filter',
    '- {name: a, none: {pid: 1, pid: 2}}',
    '1:28 "pid" stands twice in one map',
  ],
  ['a number as a key', '- {1: 2}', '1:4 a key must be a string; quote it'],
  ['a list as a key', '- {? [1] : 2}', '1:6 a key must be a string; quote it'],
  [
    'a merge key',
    '- &a {name: a, none: {}}\n- {<<: *a, name: b}',
    '2:4 merge keys are not of YAML 1.2; name the part with an alias, as in $and: [*part, …]',
  ],
  ['no such anchor', '- *a', '1:3 there is no such anchor'],
  ['a tag', '- !foo a', '1:3 Unresolved tag: !foo'],
  ['YAML 1.1', '%YAML 1.1\n---\n- yes', '1:1 directives such as %YAML are not taken'],
  ['two documents', '- {}\n---\n- {}', '2:1 more than one document'],
  ['a broken list', '- [1', undefined],
  ['tabs', '-\tname: a\n\tnone: {}', undefined],
])('%s is refused', (_, text, problem) => {
  const problems = problemsOf(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(problem === undefined || problems.includes(problem), problems.join('\n')).toBe(true);
});

test('a part with a name may be used again', () => {
  const text = `
- name: one
  none: &make {comm: make}
- name: two
  some: {$and: [*make, {exit_code: 0}]}
`;
  expect(expectationsOf(text)).toEqual(['one: none', 'two: some']);
});

test('what an alias repeats does not give a name again', () => {
  const text = `
- name: one
  none: {$and: [&b {$or: [&a {pid: 1}]}, &a {comm: make}, *b]}
- name: two
  none: *a
`;
  const read = readExpectations(text, (value) => ({
    matches: () => JSON.stringify(value) === '{"comm":"make"}',
  }));
  const demand = 'expectations' in read ? read.expectations[1]?.demands[0] : undefined;
  expect(demand?.kind === 'none' && demand.matches({} as never)).toBe(true);
});

const LAUGHS = `- &a [${'x,'.repeat(9)}x]\n${Array.from('bcdefghij')
  .map((name, i) => `- &${name} [${`*${'abcdefghij'[i]},`.repeat(9)}*${'abcdefghij'[i]}]\n`)
  .join('')}`;

test.each([
  ['a billion laughs', LAUGHS, 'more than 50000 values'],
  ['an alias in its own anchor', '- &a [*a]', 'nested deeper than 64'],
  ['a deep list', '['.repeat(10_000), 'nested deeper than 64'],
  ['a deep list of lines', `${'- '.repeat(10_000)}a`, 'nested deeper than 64'],
  [
    'a deep map',
    Array.from({ length: 70 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'nested deeper than 64',
  ],
  ['a deep key', `${'? '.repeat(100)}a`, 'nested deeper than 64'],
  ['a long file', ' '.repeat(262_145), 'more than 262144 characters'],
  ['many values', `[${'1,'.repeat(60_000)}1]`, 'more than 50000 values'],
])('%s is stopped', (_, text, message) => {
  expect(problemsOf(text).map((problem) => problem.replace(/^\S+ /, ''))).toContain(message);
});

test('many aliases take no longer than many values', () => {
  const text = `[&a 1, ${'*a,'.repeat(40_000)}*a]`;
  expect(problemsOf(text)).toHaveLength(50);
});

test('a byte order mark is passed over', () => {
  expect(problemsOf('\ufeff- name: a\n  none: {}')).toEqual([]);
});
