import { expect, test } from 'vitest';
import { matcherOf } from '../../../src/store/embedded/matcher.ts';
import {
  checkFilter,
  compiledFilter,
  parseFilter,
  storedFilter,
} from '../../../src/store/filter.ts';
import { type Filter, FilterError } from '../../../src/store/store.ts';
import type { Stored } from '../../../src/store/values.ts';

function matches(text: string, document: Stored): boolean {
  const filter = parseFilter(text);
  checkFilter(filter);
  return matcherOf(compiledFilter(storedFilter(filter))).test(document);
}

test('extended JSON', () => {
  expect(parseFilter('{"a": {"$date": "2026-11-23T04:31:02.500Z"}}')).toEqual({
    a: new Date('2026-11-23T04:31:02.500Z'),
  });
  expect(parseFilter('{"a": {"$gt": {"$date": {"$numberLong": "5"}}}}')).toEqual({
    a: { $gt: new Date(5) },
  });
  expect(
    parseFilter('{"a": {"$in": [{"$numberLong": "4294967294"}, {"$numberInt": "1"}]}}'),
  ).toEqual({
    a: { $in: [4_294_967_294, 1] },
  });
  expect(parseFilter('{"a": {"$regularExpression": {"pattern": "x", "options": "i"}}}')).toEqual({
    a: { $regex: 'x', $options: 'i' },
  });
  expect(parseFilter('{"a": {"$regex": "x", "$ne": "y"}}')).toEqual({
    a: { $regex: 'x', $ne: 'y' },
  });
});

test.each([
  '',
  'null',
  '"a"',
  '{"a": {"$date": "soon"}}',
  '{"a": {"$numberInt": "x"}}',
  '{"a": {"$oid": "507f1f77bcf86cd799439011"}}',
  `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
])('not a filter: %s', (text) => {
  expect(() => parseFilter(text)).toThrow(FilterError);
});

// The messages of MongoDB 8.
test.each<[Filter, string]>([
  [{ $foo: [] }, 'unknown top level operator: $foo'],
  [{ a: { $foo: 1 } }, 'unknown operator: $foo'],
  [{ a: { $gt: 1, b: 2 } }, 'unknown operator: b'],
  [{ $and: 1 }, '$and must be an array'],
  [{ $or: [] }, '$and/$or/$nor must be a nonempty array'],
  [{ $nor: [1] }, '$or/$and/$nor entries need to be full objects'],
  [{ a: { $in: 1 } }, '$in needs an array'],
  [{ a: { $in: [{ $gt: 1 }] } }, 'cannot nest $ under $in'],
  [{ a: { $all: 1 } }, '$all needs an array'],
  [{ a: { $not: 1 } }, '$not needs a regex or a document'],
  [{ a: { $not: {} } }, '$not cannot be empty'],
  [{ a: { $size: 'x' } }, 'Failed to parse $size. Expected a number in: $size: "x"'],
  [{ a: { $size: -1 } }, 'Failed to parse $size. Expected a non-negative number in: $size: -1'],
  [{ a: { $mod: [0, 1] } }, 'divisor cannot be 0'],
  [{ a: { $mod: [1] } }, 'malformed mod, not enough elements'],
  [{ a: { $type: 'thing' } }, 'Unknown type name alias: thing'],
  [{ a: { $elemMatch: 1 } }, '$elemMatch needs an Object'],
  [{ a: { $options: 'i' } }, '$options needs a $regex'],
  [{ a: { $regex: 1 } }, '$regex has to be a string'],
  [{ a: { $regex: '(' } }, 'Regular expression is invalid'],
  [{ a: { $regex: 'a', $options: 'q' } }, 'invalid flag in regex options: q'],
  [{ a: { $regex: 'a\0' } }, 'Regular expression cannot contain an embedded null byte'],
  [{ $or: [{ a: { $elemMatch: { b: { $foo: 1 } } } }] }, 'unknown operator: $foo'],
])('%j is refused', (filter, message) => {
  expect(() => checkFilter(filter)).toThrow(FilterError);
  expect(() => checkFilter(filter)).toThrow(message);
});

// Expected values from MongoDB's manual and the tests of its matcher.
test.each<[string, Stored, boolean]>([
  ['{"a": null}', {}, true],
  ['{"a": null}', { a: null }, true],
  ['{"a": null}', { a: [] }, false],
  ['{"a.b": null}', { a: 4 }, true],
  ['{"a.b": null}', { a: [4] }, false],
  ['{"a.b": null}', { a: [{ c: 1 }, { b: 1 }] }, true],
  ['{"a.b": null}', { a: [{ b: 1 }] }, false],
  ['{"a": {"$ne": 1}}', { a: [1, 2] }, false],
  ['{"a": {"$gt": 1, "$lt": 2}}', { a: [0, 3] }, true],
  ['{"a": {"$elemMatch": {"$gt": 1, "$lt": 2}}}', { a: [0, 3] }, false],
  ['{"a": {"$gt": "a"}}', { a: 5 }, false],
  ['{"a": {"$gte": null}}', {}, true],
  ['{"a": {"$exists": false}}', { a: null }, false],
  ['{"a.1": 2}', { a: [1, 2] }, true],
  ['{"a.0.b": 2}', { a: [{ b: 2 }] }, true],
  ['{"a": [1, 2]}', { a: [1, 2] }, true],
  ['{"a": [1, 2]}', { a: [2, 1] }, false],
  ['{"a": {"b": 1}}', { a: { b: 1, c: 2 } }, false],
  ['{"a": {"$all": [1, 2]}}', { a: [3, 2, 1] }, true],
  ['{"a": {"$all": []}}', { a: [] }, false],
  ['{"a": {"$size": 0}}', { a: [] }, true],
  ['{"a": {"$type": "string"}}', { a: [1, 'x'] }, true],
  ['{"a": {"$type": "array"}}', { a: [] }, true],
  ['{"a": {"$mod": [4, -1]}}', { a: -5 }, true],
  ['{"a": {"$not": {"$gt": 1}}}', {}, true],
  ['{"a": {"$nin": [1, null]}}', {}, false],
  ['{"a": {"$in": [{"$regularExpression": {"pattern": "^x", "options": ""}}]}}', { a: 'xy' }, true],
  ['{"a": {"$regex": "^.$"}}', { a: '\u{1f600}' }, true],
  ['{"a": "\\udcff"}', { a: '\u{10feff}' }, true],
  ['{"a": {"$regex": "[\\udcff]$"}}', { a: 'x\u{10feff}' }, true],
  ['{"a": {"$gt": "\\uffff"}}', { a: '\u{1f600}' }, true],
])('%s of %j: %j', (text, document, expected) => {
  expect(matches(text, document)).toBe(expected);
});
