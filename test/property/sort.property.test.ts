/** Laws of `godo sort` and `godo merge`, over random logs and over all recordings. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { sortCommand, type SortOptions } from '../../src/cli/tools/sort.ts';
import { analyze } from '../../src/index.ts';
import { openInputs } from '../../src/source/inputs.ts';
import { simulate } from '../../src/testing/kernel/kernel.ts';
import { programs } from '../../src/testing/kernel/program.ts';
import { ownFolder } from '../support/folder.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const LOGS = readdirSync(join(FIXTURES, 'traces')).filter((name) => name.endsWith('.log.gz'));
const TRACES = readdirSync(join(FIXTURES, 'recorded'));
const RUNS = 25 * Number(process.env.GODO_RUNS ?? 1);
const SEED = 5;

const PLENTY = 2 ** 26;
/** Runs of 16 lines at most: every log takes many. */
const NEXT_TO_NOTHING = 1;

const folder = ownFolder();
let made = 0;

function input(lines: readonly string[]): string {
  const path = join(folder, `in-${made++}.log`);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

async function run(
  tool: 'sort' | 'merge',
  names: readonly string[],
  options: Partial<SortOptions> = {},
  ending = '.log',
): Promise<string> {
  const output = join(folder, `out-${made++}${ending}`);
  const all = { by: 'serial', memory: PLENTY, quiet: true, tmp: folder, ...options } as const;
  expect(await sortCommand(tool, names, { output, ...all })).toBe(0);
  return output;
}

const textOf = (path: string): string => readFileSync(path, 'utf8');
const linesOf = (path: string): string[] => textOf(path).split('\n').slice(0, -1);

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const all = [...items];
  new Rng(seed).shuffle(all);
  return all;
}

/** Lines as some log might have them: of several hosts, with repeats and noise. */
const LINE = fc.oneof(
  fc
    .record({
      node: fc.constantFrom('', '', 'node=a ', 'node=b '),
      type: fc.constantFrom(
        'SYSCALL',
        'EXECVE',
        'CWD',
        'PATH',
        'PROCTITLE',
        'EOE',
        'AVC',
        'OBJ_PID',
      ),
      second: fc.nat(2),
      serial: fc.nat(5),
      value: fc.nat(12),
    })
    .map(({ node, type, second, serial, value }) => {
      const fields: Readonly<Record<string, string>> = {
        SYSCALL: `arch=c000003e syscall=${value} ppid=1 pid=5 exe="/x"`,
        EXECVE: `a${value}[${serial}]=78`,
        CWD: `cwd="/${value}"`,
        PATH: `item=${value} name="/x"`,
        OBJ_PID: `opid=${value}`,
      };
      return `${node}type=${type} msg=audit(${second}.000:${serial}): ${fields[type] ?? value}`;
    }),
  fc.constantFrom('noise', 'type=', 'node=a', 'type=SYSCALL msg=audit(1.000:1): no', '{"t":1}'),
);
const LINES = fc.array(LINE, { maxLength: 80 });
const BY = fc.constantFrom('serial', 'time');

async function holds<T extends unknown[]>(
  law: fc.IAsyncPropertyWithHooks<T>,
  numRuns = RUNS,
): Promise<void> {
  await fc.assert(law, { numRuns, seed: SEED });
}

test('sort loses nothing, adds nothing, and sorting again changes nothing', async () => {
  await holds(
    fc.asyncProperty(LINES, BY, async (lines, by) => {
      const once = await run('sort', [input(lines)], { by });
      expect(linesOf(once).toSorted()).toEqual(lines.toSorted());
      expect(textOf(await run('sort', [once], { by }))).toBe(textOf(once));
    }),
  );
});

test('the same lines in any order, cut into any files, in any memory give the same bytes', async () => {
  await holds(
    fc.asyncProperty(LINES, BY, fc.nat(), async (lines, by, seed) => {
      const expected = textOf(await run('sort', [input(lines)], { by }));
      const rng = new Rng(seed);
      const parts: string[][] = Array.from({ length: 1 + rng.below(4) }, () => []);
      for (const line of shuffled(lines, seed)) parts[rng.below(parts.length)].push(line);
      const files = parts.map((part) => input(part));
      expect(textOf(await run('sort', files, { by, memory: NEXT_TO_NOTHING }))).toBe(expected);
    }),
  );
});

test('merge keeps each line once, whatever was given twice', async () => {
  await holds(
    fc.asyncProperty(LINES, LINES, BY, async (ours, theirs, by) => {
      const [a, b] = [input(ours), input(theirs)];
      const once = await run('merge', [a, b], { by });
      expect(linesOf(once).toSorted()).toEqual([...new Set([...ours, ...theirs])].toSorted());
      const alone = textOf(await run('merge', [a], { by }));
      expect(textOf(await run('merge', [a, a], { by }))).toBe(alone);
      for (const names of [[b, a], [a, b, a], [once], [once, b]]) {
        const again = await run('merge', names, { by, memory: NEXT_TO_NOTHING });
        expect(textOf(again)).toBe(textOf(once));
      }
    }),
  );
});

async function digestOf(...names: string[]): Promise<string> {
  const { summary } = await analyze(openInputs(names, { onFault: () => {} }));
  return summary.digest;
}

test('the boots of a host stay apart, however little memory there is', async () => {
  const log = gunzipSync(readFileSync(join(FIXTURES, 'traces/build.log.gz'))).toString();
  // A day later, with the same serials.
  const later = log.replaceAll(/audit\((\d+)/g, (_, second) => `audit(${Number(second) + 86_400}`);
  const boots = [log, later].map((text) => input(text.split('\n').slice(0, -1)));
  const alone = await Promise.all(boots.map((boot) => run('sort', [boot])));
  const expected = alone.map(textOf).join('');
  const mixed = input(shuffled(boots.flatMap(linesOf), 1));
  for (const memory of [PLENTY, 100_000, NEXT_TO_NOTHING]) {
    const sorted = await run('sort', [mixed], { memory });
    expect(textOf(sorted) === expected, `${memory} bytes`).toBe(true);
    expect(textOf(await run('merge', [sorted, mixed], { memory })) === expected).toBe(true);
  }
});

test('any history is the same, sorted and merged with a part of itself', async () => {
  const history = programs('all', { most: 30 }).map((program) => simulate(program).lines);
  await holds(
    fc.asyncProperty(history, BY, fc.nat(), async (lines, by, seed) => {
      const log = input(lines);
      const part = input(shuffled(lines, seed).slice(0, lines.length >> 1));
      const expected = await digestOf(log);
      expect(await digestOf(await run('sort', [log], { by }))).toBe(expected);
      const merged = await run('merge', [log, part], { by, memory: NEXT_TO_NOTHING });
      expect(await digestOf(merged)).toBe(expected);
      expect(linesOf(merged)).toHaveLength(new Set(lines).size);
    }),
    10,
  );
});

describe.each(LOGS)('%s', (name) => {
  const path = join(FIXTURES, 'traces', name);

  test('is the same when it is sorted and merged', async () => {
    const expected = await digestOf(path);
    const byTime = await run('sort', [path], { by: 'time' }, '.log.gz');
    expect(await digestOf(byTime)).toBe(expected);
    const sorted = await run('sort', [byTime], { memory: 100_000 });
    expect(await digestOf(sorted)).toBe(expected);
    expect(linesOf(sorted).toSorted()).toEqual(
      gunzipSync(readFileSync(path)).toString().split('\n').slice(0, -1).toSorted(),
    );
    const merged = await run('merge', [path, sorted], { memory: 100_000 });
    expect(await digestOf(merged)).toBe(expected);
    // The storms have no two equal lines, nor has any other.
    expect(textOf(merged)).toBe(textOf(sorted));
  });
});

/** All files of a trace that are not about how it was made. */
function segmentsIn(trace: string): Map<string, string> {
  const names = readdirSync(trace).filter((name) => name.includes('-0'));
  return new Map(
    names.map((name) => [name, gunzipSync(readFileSync(join(trace, name))).toString('latin1')]),
  );
}

describe.each(TRACES)('%s', (name) => {
  const path = join(FIXTURES, 'recorded', name);

  test('is the same when it is sorted and merged', async () => {
    const expected = await digestOf(path);
    const sorted = await run('sort', [path], {}, '.trace');
    expect(await digestOf(sorted)).toBe(expected);
    const merged = await run('merge', [sorted, path], { memory: NEXT_TO_NOTHING }, '.trace');
    expect(await digestOf(merged)).toBe(expected);
    expect(segmentsIn(merged)).toEqual(segmentsIn(sorted));
    const lines = (text: string): string[] => text.split('\n').toSorted();
    const [before, after] = [segmentsIn(path), segmentsIn(sorted)];
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [file, text] of after) expect(lines(text)).toEqual(lines(before.get(file) ?? ''));
  });
});

test('all traces of one boot are the same in one, whatever their order', async () => {
  const paths = TRACES.map((name) => join(FIXTURES, 'recorded', name));
  const merged = await run('merge', paths, {}, '.trace');
  expect(await digestOf(merged)).toBe(await digestOf(...paths));
  const again = await run('merge', [...paths.toReversed(), paths[0]], {}, '.trace');
  for (const file of readdirSync(merged)) {
    expect(readFileSync(join(again, file)), file).toEqual(readFileSync(join(merged, file)));
  }
  const nested = await run('merge', [merged, ...paths.slice(0, 2)], {}, '.trace');
  expect(segmentsIn(nested)).toEqual(segmentsIn(merged));
  expect(await digestOf(nested)).toBe(await digestOf(merged));
});

test('a folder of rotated logs that overlap is one log', async () => {
  const lines = gunzipSync(readFileSync(join(FIXTURES, 'traces/files.log.gz')))
    .toString()
    .split('\n')
    .slice(0, -1);
  const rotated = join(folder, `in-${made++}`);
  mkdirSync(rotated);
  const third = Math.ceil(lines.length / 3);
  for (let i = 0; i < 3; i++) {
    const part = lines.slice(Math.max(0, i * third - 50), (i + 1) * third);
    writeFileSync(join(rotated, `audit.log.${2 - i}`), `${part.join('\n')}\n`);
  }
  const merged = await run('merge', [rotated]);
  expect(linesOf(merged).toSorted()).toEqual(lines.toSorted());
});

test('nothing temporary is left beside what was asked for', () => {
  expect(readdirSync(folder).filter((name) => !/^(?:in|out)-\d+/.test(name))).toEqual([]);
});
