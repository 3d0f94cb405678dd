/** Random process documents and random filters from the subset that docs/stores.md describes. */
import * as fc from 'fast-check';
import type { Exec, ProcessDocument } from '../../../src/model/process.ts';
import type { Filter } from '../../../src/store/store.ts';
import { idOf, processOf } from './analyses.ts';

/** Few values, so that filters find something. */
const WORDS = ['', 'a', 'b', 'ab', 'B', 'a.b', '$a', 'a\0', '\udc80', 'a\udcff', 'é', '\u{1f600}'];
const word = fc.constantFrom(...WORDS);
const small = fc.constantFrom(0, 1, 2, 3, 7, 255, 2_147_483_648, 4_294_967_294);
const moment = fc.integer({ min: 1_000_000, max: 1_000_010 });
const args = fc.array(fc.oneof(word, fc.constant(null)), { maxLength: 3 });

const exec: fc.Arbitrary<Exec> = fc.record(
  { timestamp: moment, args, exe: word, cwd: word, event: word },
  { requiredKeys: ['timestamp', 'event'] },
);

const fields = fc.record(
  {
    ns_pid: small,
    start_timestamp: moment,
    exit_timestamp: moment,
    cwd: word,
    args,
    exe: word,
    comm: word,
    uid: small,
    exit_code: fc.constantFrom(0, 1, 255),
    tty: word,
  },
  { requiredKeys: [] },
);

/** A handful of documents, with parents among them. */
export const documents: fc.Arbitrary<ProcessDocument[]> = fc
  .array(fc.tuple(fields, fc.array(exec, { maxLength: 2 }), fc.nat({ max: 9 })), { maxLength: 10 })
  .map((list) =>
    list.map(([some, execve, parent], i) =>
      processOf({
        _id: idOf(1_000_000, i, i),
        pid: i,
        parent: parent < i ? idOf(1_000_000, parent, parent) : null,
        execve,
        ...some,
      }),
    ),
  );

const TEXTS = [
  'exe',
  'comm',
  'tty',
  'cwd',
  'args',
  'execve.exe',
  'execve.args',
  'args.0',
  'execve.0.exe',
];
const NUMBERS = ['pid', 'uid', 'ns_pid', 'exit_code'];
const TIMES = ['start_timestamp', 'exit_timestamp', 'execve.timestamp'];
const PATHS = [
  ...TEXTS,
  ...NUMBERS,
  ...TIMES,
  'execve',
  'parent',
  'children',
  'nothing',
  'nothing.at.all',
];

const date = moment.map((ms) => new Date(ms));
const scalar = fc.oneof(word, small, date, fc.boolean());
const pattern = fc.constantFrom(
  'a',
  '^a',
  'b$',
  '^$',
  'a.b',
  String.raw`a\.b`,
  '[ab]+',
  'A',
  '(?:a|b)',
  'é',
);

/** An operator with a value of the type that the field has, or of another one. */
const operator: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ $eq: scalar }),
  fc.record({ $ne: scalar }),
  fc.record({ $gt: scalar }),
  fc.record({ $gte: scalar }),
  fc.record({ $lt: scalar }),
  fc.record({ $lte: scalar }),
  fc.record({ $in: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ $nin: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $size: fc.nat({ max: 3 }) }),
  fc.record({ $all: fc.array(scalar, { minLength: 1, maxLength: 2 }) }),
  fc.record({ $mod: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 3 })) }),
  fc.record({ $type: fc.constantFrom('string', 'number', 'date', 'array', 'object', 'null') }),
  fc.record({ $regex: pattern, $options: fc.constantFrom('', 'i') }),
);

const condition: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: operator },
  { weight: 2, arbitrary: scalar },
  { weight: 1, arbitrary: fc.record({ $not: operator }) },
  { weight: 1, arbitrary: fc.record({ $elemMatch: operator }) },
);

const leaf: fc.Arbitrary<Filter> = fc
  .oneof(
    fc.tuple(fc.constantFrom(...PATHS), condition),
    // Absent and null are the same; in lists of documents servers differ, so not there.
    fc.tuple(fc.constantFrom('exe', 'uid', 'parent', 'exit_code', 'nothing'), fc.constant(null)),
    fc.tuple(
      fc.constant('execve'),
      fc.record({
        $elemMatch: fc.record({ exe: condition, cwd: condition }, { requiredKeys: ['exe'] }),
      }),
    ),
  )
  .map(([path, value]) => ({ [path]: value }));

/** A filter, two levels of logic deep. */
export const filters: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  { weight: 1, arbitrary: fc.tuple(leaf, leaf).map(([a, b]) => Object.assign({}, a, b)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
      .map(([key, clauses]) => ({ [key]: clauses })),
  },
);

/** An order over one or two fields that hold one type each. */
export const orders: fc.Arbitrary<Record<string, 1 | -1>> = fc.dictionary(
  fc.constantFrom(...PATHS.filter((path) => !path.includes('.'))),
  fc.constantFrom(1 as const, -1 as const),
  { minKeys: 1, maxKeys: 2 },
);
