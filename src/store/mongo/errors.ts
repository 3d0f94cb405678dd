/** The driver's errors as those of a store. */
import { wordsOf } from '../../base/errors.ts';
import { MongoServerError } from 'mongodb';
import { FilterError, StoreError } from '../store.ts';
import { withoutSecrets } from './secrets.ts';

/** BadValue, FailedToParse, TypeMismatch, Overflow, InvalidLength, NotSingleValueField and the like. */
const BAD_FILTER = new Set([2, 9, 14, 15, 16, 17, 21, 22, 31, 40, 52, 56, 168]);
/** From here on errors are named by where they arise: parsers of filters, patterns and projections. */
const LOCATIONS = 15_000;
/** Of these, which have nothing to do with the query: resources and sharding. */
const NOT_THE_QUERY = new Set([16_500, 17_287, 17_419, 17_420, 28_799, 40_099, 50_915, 292]);
const UNAUTHORIZED = 13;
const COMMAND_NOT_FOUND = 59;

function isBadFilter({ code }: MongoServerError): boolean {
  if (typeof code !== 'number') return false;
  return BAD_FILTER.has(code) || (code >= LOCATIONS && !NOT_THE_QUERY.has(code));
}

/** What a failure of reading means: the server says whether the filter was to blame. */
export function readError(name: string, error: unknown, secrets: readonly string[]): Error {
  if (error instanceof MongoServerError && isBadFilter(error)) {
    return new FilterError(withoutSecrets(error.message, secrets));
  }
  return storeError(name, error, secrets);
}

/** What any other failure means. */
export function storeError(name: string, error: unknown, secrets: readonly string[]): Error {
  if (error instanceof StoreError || error instanceof FilterError) return error;
  return new StoreError(`${name}: ${withoutSecrets(wordsOf(error), secrets)}`);
}

/** Whether the server does not let this user do it, or cannot do it at all. */
export function isRefused(error: unknown): boolean {
  return (
    error instanceof MongoServerError &&
    (error.code === UNAUTHORIZED || error.code === COMMAND_NOT_FOUND)
  );
}
