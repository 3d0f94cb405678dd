/**
 * Whether a document matches a filter: mingo puts filters together, and the operators here
 * compare.
 *
 * mingo's own operators follow lists inside of lists, absent fields and types a little
 * differently from MongoDB; these follow MongoDB's manual and its matcher's tests.
 */
import { Context } from 'mingo/core';
import { $and, $nor, $not, $or } from 'mingo/operators/query/logical';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { isObject } from '../filter.ts';
import { compareValues } from '../select.ts';
import type { Stored } from '../values.ts';

type Test = (document: unknown) => boolean;
type Operator = (selector: string, operand: unknown, options: Options) => Test;

/** Tests documents against one filter, which is checked and compiled already. */
export function matcherOf(filter: Stored): { test(document: Stored): boolean } {
  return new Query(filter, { context: CONTEXT, scriptEnabled: false });
}

/**
 * Calls `test` with each value that the path reaches until it says yes. A list on the way
 * stands for the documents in it, and for the item that a number in the path names; what is
 * absent is undefined.
 */
function someValue(value: unknown, path: readonly string[], at: number, test: Test): boolean {
  if (at === path.length) return test(value);
  if (Array.isArray(value)) {
    const index = /^\d+$/.test(path[at]) ? Number(path[at]) : -1;
    if (index >= 0 && index < value.length && someValue(value[index], path, at + 1, test))
      return true;
    return value.some((item) => isObject(item) && someValue(item, path, at, test));
  }
  return isObject(value) ? someValue(value[path[at]], path, at + 1, test) : test(undefined);
}

/** An operator on single values: a list at the end of the path matches by itself or by an item. */
function onValues(testOf: (operand: unknown) => Test): Operator {
  return (selector, operand) => {
    const path = selector.split('.');
    const test = testOf(operand);
    const testList: Test = (value) => test(value) || (Array.isArray(value) && value.some(test));
    return (document) => someValue(document, path, 0, testList);
  };
}

/** An operator on what the path reaches, lists as they are. */
function onReached(testOf: (operand: unknown, options: Options) => Test): Operator {
  return (selector, operand, options) => {
    const path = selector.split('.');
    const test = testOf(operand, options);
    return (document) => someValue(document, path, 0, test);
  };
}

function not(operator: Operator): Operator {
  return (selector, operand, options) => {
    const test = operator(selector, operand, options);
    return (document) => !test(document);
  };
}

function equals(operand: unknown): Test {
  if (operand instanceof RegExp) return matches(operand);
  return (value) => compareValues(value, operand) === 0;
}

function matches(pattern: RegExp): Test {
  return (value) => typeof value === 'string' && pattern.test(value);
}

/** What MongoDB compares by order: values of one type only. */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return 'date';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function ordered(accepts: (order: number) => boolean): Operator {
  return onValues((operand) => {
    const type = typeOf(operand);
    return (value) => typeOf(value) === type && accepts(compareValues(value, operand));
  });
}

const $eq = onValues(equals);
const $in = onValues((operand) => {
  const tests = (operand as unknown[]).map(equals);
  return (value) => tests.some((test) => test(value));
});

const $exists: Operator = (selector, operand, options) => {
  const present = onReached(() => (value) => value !== undefined)(selector, operand, options);
  const wanted = operand !== false && operand !== 0 && operand !== null;
  return (document) => present(document) === wanted;
};

const $type = onValues((operand) => {
  const types = Array.isArray(operand) ? (operand as unknown[]) : [operand];
  return (value) => value !== undefined && types.includes(typeOf(value));
});

const $size = onReached((operand) => (value) => Array.isArray(value) && value.length === operand);

const $mod = onValues((operand) => {
  const [divisor, remainder] = (operand as number[]).map(Math.trunc);
  return (value) => typeof value === 'number' && Math.trunc(value) % divisor === remainder;
});

const $elemMatch = onReached((operand, options) => {
  const test = elementTest(operand as Stored, options);
  return (value) => Array.isArray(value) && value.some(test);
});

function elementTest(operand: Stored, options: Options): Test {
  const first = Object.keys(operand)[0] ?? '';
  const onItself = first.startsWith('$') && !['$and', '$or', '$nor'].includes(first);
  const query = new Query(onItself ? { item: operand } : operand, options);
  if (onItself) return (item) => query.test({ item });
  return (item) => isObject(item) && query.test(item);
}

const $all: Operator = (selector, operand, options) => {
  const tests = (operand as unknown[]).map((item) =>
    isObject(item) && '$elemMatch' in item
      ? $elemMatch(selector, item['$elemMatch'], options)
      : $eq(selector, item, options),
  );
  return (document) => tests.length > 0 && tests.every((test) => test(document));
};

const CONTEXT = Context.init({
  query: {
    $and,
    $or,
    $nor,
    $not,
    $eq,
    $ne: not($eq),
    $in,
    $nin: not($in),
    $gt: ordered((order) => order > 0),
    $gte: ordered((order) => order >= 0),
    $lt: ordered((order) => order < 0),
    $lte: ordered((order) => order <= 0),
    $regex: onValues((operand) => matches(operand as RegExp)),
    $exists,
    $type,
    $size,
    $mod,
    $all,
    $elemMatch,
  },
});
