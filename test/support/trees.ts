/** Trees of processes for tests: written out, of any shape, and random ones. */
import * as fc from 'fast-check';
import { decodeText } from '../../src/base/text.ts';
import { type ProcessTree, sizesOf } from '../../src/check/tree.ts';
import type { Adopter, End, Ran, TreeProcess } from '../../src/model/difference.ts';

/** A process that ran these arguments and exited with 0. */
export function ranArgs(args: readonly string[], parts: Partial<TreeProcess> = {}): TreeProcess {
  const end: End = { kind: 'exit', code: 0 };
  return { ran: [{ args, exe: args[0] }], end, threads: 1, adopted: [], lacks: [], ...parts };
}

/** A mere fork that exited with 0. */
export function forked(parts: Partial<TreeProcess> = {}): TreeProcess {
  return ranArgs([''], { ran: [], ...parts });
}

/** A process with its level. */
export type Row = readonly [level: number, process: TreeProcess];

/** The tree of rows in tree order; `parallel`: where the order of children means nothing. */
export function treeFrom(rows: readonly Row[], parallel: readonly number[] = []): ProcessTree {
  const level = Int32Array.from(rows, ([own]) => own);
  const chance = new Set(parallel);
  const processes = rows.map(([, p], i) => {
    return chance.has(i) ? { ...p, anyOrder: true as const } : p;
  });
  return { processes, level, size: sizesOf(level) };
}

/** A tree of commands, by indentation; a line is a command, and after `=` an exit status. */
export function treeOfText(text: string, parallel: readonly number[] = []): ProcessTree {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  const rows = lines.map((line): Row => {
    const [command, code = '0'] = line.trim().split(' =');
    const end: End = { kind: 'exit', code: Number(code) };
    return [(line.search(/\S/) - margin) / 2, ranArgs(command.split(' '), { end })];
  });
  return treeFrom(rows, parallel);
}

/** Strings as documents have them: of any bytes but NUL. */
const word = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    '-c',
    '/bin/sh',
    'x=1',
    '',
    '→',
    "it's",
    '[x]',
    'no end',
    '#1',
    '\n\r\t',
  ),
  fc.uint8Array({ min: 1, maxLength: 6 }).map((bytes) => decodeText(bytes)),
  fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => text.replaceAll('\0', '')),
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Without keys whose value is undefined: those are absent. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

const args = fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.constant(null)), {
  maxLength: 4,
});

const succeeded: fc.Arbitrary<Ran> = fc
  .record({ args: maybe(args), exe: maybe(word), cwd: maybe(word) })
  .map(present) as fc.Arbitrary<Ran>;

const failed: fc.Arbitrary<Ran> = fc
  .record({
    exe: maybe(word),
    cwd: maybe(word),
    failed: fc.constant(true as const),
    errno: maybe(fc.constantFrom('ENOENT', 'EACCES', 'odd name')),
  })
  .map(present) as fc.Arbitrary<Ran>;

const inherited = fc
  .record({ args: maybe(args), exe: maybe(word) })
  .map(present) as fc.Arbitrary<Ran>;

const end: fc.Arbitrary<End> = fc.oneof(
  fc.nat(255).map((code): End => ({ kind: 'exit', code })),
  fc.integer({ min: 1, max: 64 }).map((signal): End => ({ kind: 'signal', signal })),
  fc.constantFrom<End>({ kind: 'unknown' }, { kind: 'none' }),
);

const unidentified: TreeProcess = {
  ran: [],
  unidentified: true,
  end: { kind: 'none' },
  threads: 1,
  adopted: [],
  lacks: [],
};

function processWith(adopters: fc.Arbitrary<Adopter>): fc.Arbitrary<TreeProcess> {
  const common = {
    end,
    threads: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 })),
    namespace: maybe(fc.constant(true as const)),
    uid: maybe(fc.nat(4_294_967_294)),
    adopted: fc.array(adopters, { maxLength: 2 }),
    lacks: fc.subarray(['no_birth', 'missing_records', 'witnesses_disagree']),
  };
  const ran = fc
    .tuple(fc.array(failed, { maxLength: 2 }), fc.array(succeeded, { minLength: 1, maxLength: 2 }))
    .map(([first, then]) => first.concat(then));
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ ran, ...common }).map(present) },
    {
      weight: 3,
      arbitrary: fc
        .record({ ran: fc.array(failed, { maxLength: 1 }), inherited: maybe(inherited), ...common })
        .map(present),
    },
  ) as fc.Arbitrary<TreeProcess>;
}

/** Few different processes, so that the same one stands in many places. */
const plain: fc.Arbitrary<TreeProcess> = fc
  .tuple(fc.constantFrom('sh', 'cc', 'ld'), fc.constantFrom('', 'a', 'b'), fc.nat(1), fc.nat(4))
  .map(([name, argument, code, fork]) => {
    const parts = { end: { kind: 'exit', code } as const };
    return fork === 0 ? forked(parts) : ranArgs([name, argument], parts);
  });

/** Levels of a tree: each at most one below that of the row before. */
function levelsFrom(choices: readonly number[]): number[] {
  const levels: number[] = [];
  for (const choice of choices) levels.push(choice % ((levels.at(-1) ?? -1) + 2));
  return levels;
}

function shaped(process: fc.Arbitrary<TreeProcess>, most: number): fc.Arbitrary<ProcessTree> {
  return fc
    .array(fc.tuple(fc.nat(1000), process, fc.boolean()), { maxLength: most })
    .map((rows) => {
      const levels = levelsFrom(rows.map(([choice]) => choice));
      const parallel = [...rows.keys()].filter((i) => rows[i][2]);
      return treeFrom(
        rows.map(([, p], i): Row => [levels[i], p]),
        parallel,
      );
    });
}

/** Trees with everything that a golden tree can hold. */
export const anyTree: fc.Arbitrary<ProcessTree> = fc.nat(12).chain((count) => {
  const adopter: fc.Arbitrary<Adopter> = fc.oneof(
    fc.constantFrom<Adopter>('init', 'unknown'),
    fc.nat(Math.max(count - 1, 0)),
  );
  return shaped(processWith(adopter), count).map(whole);
});

/** With adopters that are there, hosts at roots alone, and some leaves that were never identified. */
function whole(tree: ProcessTree): ProcessTree {
  const count = tree.processes.length;
  const processes = tree.processes.map((p, i): TreeProcess => {
    if (tree.size[i] === 1 && tree.level[i] > 0 && p.threads === 5) return unidentified;
    const adopted = p.adopted.map((one) => (typeof one === 'number' ? one % count : one));
    return tree.level[i] === 0 && p.threads % 2 === 0
      ? { host: `host ${p.threads}`, ...p, adopted }
      : { ...p, adopted };
  });
  return { ...tree, processes };
}

/** Trees of few different processes, many of them twice. */
export const plainTree: fc.Arbitrary<ProcessTree> = shaped(plain, 40);
