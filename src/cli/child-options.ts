/** Options of the commands that run somebody else's program. */
import { InvalidArgumentError } from 'commander';
import { durationOf } from '../base/duration.ts';

/** How many may run at once. */
export function jobsOf(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be from 1 to 999.');
}

/** The most that a timer of Node waits. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** How long one may take, in ms. */
export function timeoutOf(text: string): number {
  const ms = durationOf(text);
  if (ms !== undefined && ms <= MAX_TIMEOUT) return ms;
  throw new InvalidArgumentError('It must be like 500ms, 30s or 10m, and less than 25d.');
}
