/**
 * Filters: from text, checked, and in the form that a store compares with.
 *
 * The messages are MongoDB's own, so that a mistake reads the same on both kinds of store.
 */
import { BSONRegExp, EJSON } from 'bson';
import { type Filter, FilterError } from './store.ts';
import { storedText } from './text.ts';

/** Levels that a filter may have; MongoDB allows 100. */
const MAX_DEPTH = 100;
/** The types of extended JSON that occur in process documents. */
const TYPES = new Set([
  '$date',
  '$numberInt',
  '$numberLong',
  '$numberDouble',
  '$regularExpression',
]);
const OTHER_TYPES = new Set(
  '$oid $binary $uuid $timestamp $minKey $maxKey $symbol $undefined $code $numberDecimal $dbPointer'.split(
    ' ',
  ),
);

/**
 * Reads a filter in MongoDB's extended JSON: `{"$date": …}` for times, `{"$numberLong": …}` and
 * its like for numbers. Throws FilterError when the text is not that.
 */
export function parseFilter(text: string): Filter {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FilterError(`the filter is not JSON: ${(error as Error).message}`);
  }
  return readFilter(parsed);
}

/** The same for what is read already, by JSON or by YAML. Throws FilterError where it is none. */
export function readFilter(value: unknown): Filter {
  if (!isObject(value)) throw new FilterError('the filter must be an object');
  return typed(value, 0) as Filter;
}

/** Fields and their values: neither a list, nor a date, nor a pattern. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof RegExp)
  );
}

/** Puts dates and numbers in the place of what stands for them. Nothing else may look like a type. */
function typed(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new FilterError(`the filter is nested deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) return value.map((item) => listed(typed(item, depth + 1), item));
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && TYPES.has(keys[0])) return typeOf(value, keys[0]);
  if (keys.length === 1 && OTHER_TYPES.has(keys[0])) {
    throw new FilterError(`no field of these documents is of the type ${keys[0]}`);
  }
  return Object.fromEntries(keys.map((key) => [key, typed(value[key], depth + 1)]));
}

/** In a list a regular expression cannot be an operator. */
function listed(read: unknown, item: unknown): unknown {
  if (!isObject(read) || !isObject(item) || !('$regularExpression' in item)) return read;
  return compiled(String(read['$regex']), String(read['$options']));
}

function typeOf(value: Record<string, unknown>, key: string): unknown {
  let read: unknown;
  try {
    read = (EJSON.deserialize({ value }, { relaxed: true }) as { value: unknown }).value;
  } catch (error) {
    throw new FilterError((error as Error).message);
  }
  if (read instanceof BSONRegExp) return { $regex: read.pattern, $options: read.options };
  const number = read instanceof Date ? read.getTime() : read;
  const wrong = typeof number !== 'number' || Number.isNaN(number);
  if (wrong) throw new FilterError(`${JSON.stringify(value[key])} is no ${key}`);
  return read;
}

/** The filter with its strings in their stored form, as documents have them. */
export function storedFilter(filter: Filter): Record<string, unknown> {
  return storedPart(filter) as Record<string, unknown>;
}

function storedPart(value: unknown): unknown {
  if (typeof value === 'string') return storedText(value);
  if (value instanceof RegExp) return new RegExp(storedText(value.source), value.flags);
  if (Array.isArray(value)) return value.map(storedPart);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, storedPart(part)]));
}

const LOGICAL = new Set(['$and', '$or', '$nor']);
const COMPARISONS = new Set(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']);
const FIELD_TYPES = new Set(['number', 'string', 'object', 'array', 'bool', 'date', 'null']);
/** Operators of MongoDB that the embedded store does not offer. */
const FOREIGN = new Set(
  (
    '$where $expr $jsonSchema $text $comment $sampleRate $alwaysTrue $alwaysFalse ' +
    '$bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet $geoIntersects $geoWithin $near ' +
    '$nearSphere $uniqueDocs'
  ).split(' '),
);

/**
 * Checks a filter against the subset that docs/stores.md describes. Throws FilterError with
 * MongoDB's message.
 */
export function checkFilter(filter: unknown): void {
  checkQuery(filter, 0);
}

function checkQuery(query: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new FilterError(`the filter is nested deeper than ${MAX_DEPTH}`);
  if (!isObject(query)) throw new FilterError('$or/$and/$nor entries need to be full objects');
  for (const [key, value] of Object.entries(query)) {
    if (!key.startsWith('$')) checkField(value, depth);
    else if (LOGICAL.has(key)) checkClauses(key, value, depth);
    else if (FOREIGN.has(key)) throw foreign(key);
    else {
      throw new FilterError(
        `unknown top level operator: ${key}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
    }
  }
}

function foreign(key: string): FilterError {
  return new FilterError(
    `the embedded store does not have ${key}; docs/stores.md lists what it has`,
  );
}

function checkClauses(key: string, clauses: unknown, depth: number): void {
  if (!Array.isArray(clauses)) throw new FilterError(`${key} must be an array`);
  if (clauses.length === 0) throw new FilterError(`$and/$or/$nor must be a nonempty array`);
  for (const clause of clauses) checkQuery(clause, depth + 1);
}

/** Whether the value is a set of operators rather than something to compare with. */
function isOperators(value: unknown): value is Record<string, unknown> {
  return isObject(value) && (Object.keys(value)[0] ?? '').startsWith('$');
}

function checkField(value: unknown, depth: number): void {
  if (!isOperators(value)) {
    if (value instanceof RegExp) compiled(value.source, value.flags);
    return;
  }
  for (const [key, operand] of Object.entries(value)) {
    if (!key.startsWith('$')) throw new FilterError(`unknown operator: ${key}`);
    checkOperator(key, operand, value, depth);
  }
}

function checkOperator(
  key: string,
  operand: unknown,
  all: Record<string, unknown>,
  depth: number,
): void {
  if (COMPARISONS.has(key)) {
    if (operand instanceof RegExp && key !== '$eq') {
      throw new FilterError(`Can't have RegEx as arg to predicate over field`);
    }
    return;
  }
  switch (key) {
    case '$in':
    case '$nin':
    case '$all':
      checkList(key, operand, depth);
      return;
    case '$exists':
      return;
    case '$type':
      checkType(operand);
      return;
    case '$size':
      checkSize(operand);
      return;
    case '$mod':
      checkModulus(operand);
      return;
    case '$regex':
      checkRegex(operand, all['$options']);
      return;
    case '$options':
      if (all['$regex'] === undefined) throw new FilterError('$options needs a $regex');
      return;
    case '$not':
      if (operand instanceof RegExp) return;
      if (!isObject(operand)) throw new FilterError('$not needs a regex or a document');
      if (Object.keys(operand).length === 0) throw new FilterError('$not cannot be empty');
      if (!isOperators(operand)) throw unknown(Object.keys(operand)[0]);
      checkField(operand, depth + 1);
      return;
    case '$elemMatch':
      if (!isObject(operand)) throw new FilterError('$elemMatch needs an Object');
      checkElement(operand, depth + 1);
      return;
    default:
      throw FOREIGN.has(key) ? foreign(key) : unknown(key);
  }
}

function unknown(key: string): FilterError {
  return new FilterError(`unknown operator: ${key}`);
}

function checkElement(operand: Record<string, unknown>, depth: number): void {
  const first = Object.keys(operand)[0];
  if (isOperators(operand) && !LOGICAL.has(first)) checkField(operand, depth);
  else checkQuery(operand, depth);
}

function checkList(key: string, operand: unknown, depth: number): void {
  if (!Array.isArray(operand)) throw new FilterError(`${key} needs an array`);
  for (const item of operand) {
    if (item instanceof RegExp) compiled(item.source, item.flags);
    else if (isOperators(item)) {
      const first = Object.keys(item)[0];
      if (key !== '$all' || first !== '$elemMatch')
        throw new FilterError(`cannot nest $ under ${key}`);
      checkField(item, depth + 1);
    }
  }
}

function checkType(operand: unknown): void {
  const types = Array.isArray(operand) ? operand : [operand];
  if (types.length === 0) throw new FilterError(' must match at least one type');
  for (const type of types) {
    if (typeof type === 'string' && FIELD_TYPES.has(type)) continue;
    throw new FilterError(
      typeof type === 'string'
        ? `Unknown type name alias: ${type}`
        : 'type must be represented as a string here',
    );
  }
}

function checkSize(operand: unknown): void {
  if (typeof operand !== 'number') {
    throw new FilterError(
      `Failed to parse $size. Expected a number in: $size: ${JSON.stringify(operand)}`,
    );
  }
  if (!Number.isInteger(operand)) {
    throw new FilterError(`Failed to parse $size. Expected an integer: $size: ${operand}`);
  }
  if (operand < 0) {
    throw new FilterError(
      `Failed to parse $size. Expected a non-negative number in: $size: ${operand}`,
    );
  }
}

function checkModulus(operand: unknown): void {
  if (!Array.isArray(operand)) throw new FilterError('malformed mod, needs to be an array');
  if (operand.length < 2) throw new FilterError('malformed mod, not enough elements');
  if (operand.length > 2) throw new FilterError('malformed mod, too many elements');
  const [divisor, remainder] = operand as unknown[];
  if (typeof divisor !== 'number') throw new FilterError('malformed mod, divisor not a number');
  if (typeof remainder !== 'number') throw new FilterError('malformed mod, remainder not a number');
  if (Math.trunc(divisor) === 0) throw new FilterError('divisor cannot be 0');
}

function checkRegex(pattern: unknown, options: unknown): void {
  if (options !== undefined && typeof options !== 'string') {
    throw new FilterError('$options has to be a string');
  }
  if (pattern instanceof RegExp) compiled(pattern.source, pattern.flags);
  else if (typeof pattern === 'string') compiled(pattern, options ?? '');
  else throw new FilterError('$regex has to be a string');
}

/**
 * A regular expression as MongoDB (PCRE2, UTF-8) would take it, as far as JavaScript has the
 * same. Throws FilterError for one that it has not.
 */
function compiled(pattern: string, options: string): RegExp {
  if (pattern.includes('\0'))
    throw new FilterError('Regular expression cannot contain an embedded null byte');
  let flags = '';
  for (const option of options) {
    if (option === 'u') continue;
    if (!'ims'.includes(option)) {
      throw new FilterError(
        option === 'x'
          ? 'the embedded store does not have the option x of $regex'
          : ` invalid flag in regex options: ${option}`,
      );
    }
    if (!flags.includes(option)) flags += option;
  }
  // By code points, as PCRE does in UTF-8. Some escapes that PCRE takes are errors there.
  for (const mode of ['u', '']) {
    try {
      return new RegExp(pattern, flags + mode);
    } catch (error) {
      if (mode === '') {
        throw new FilterError(`Regular expression is invalid: ${(error as Error).message}`);
      }
    }
  }
  throw new FilterError('Regular expression is invalid');
}

/** A checked filter with each regular expression compiled: for a store that matches by itself. */
export function compiledFilter(filter: Record<string, unknown>): Record<string, unknown> {
  return compiledPart(filter) as Record<string, unknown>;
}

function compiledPart(value: unknown): unknown {
  if (value instanceof RegExp) return compiled(value.source, value.flags);
  if (Array.isArray(value)) return value.map(compiledPart);
  if (!isObject(value)) return value;
  const parts: [string, unknown][] = [];
  for (const [key, part] of Object.entries(value)) {
    if (key === '$options') continue;
    parts.push([key, key === '$regex' ? regexOf(part, value['$options']) : compiledPart(part)]);
  }
  return Object.fromEntries(parts);
}

function regexOf(pattern: unknown, options: unknown): RegExp {
  if (pattern instanceof RegExp) return compiled(pattern.source, pattern.flags);
  return compiled(String(pattern), typeof options === 'string' ? options : '');
}
