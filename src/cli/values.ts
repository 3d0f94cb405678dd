/** Values of options that several commands take. */
import { InvalidArgumentError } from 'commander';
import { parseTime } from '../report/time.ts';

/** A count from 1. */
export function depthOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be 1 or more.');
  return Number(text);
}

/** A moment, in ms since the epoch. */
export function momentOf(text: string): number {
  const moment = parseTime(text);
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError('It must be ISO 8601 (UTC without an offset) or epoch seconds.');
}
