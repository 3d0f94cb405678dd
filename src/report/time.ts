/**
 * Moments and durations as text, in UTC, without clock, locale or time zone.
 */

/** What a `Date` can hold on either side of 1970; beyond it ISO 8601 text has no form. */
const LAST_MOMENT = 8.64e15;
const MS_PER_DAY = 86_400_000;

const twoDigits = Array.from({ length: 60 }, (_, n) => (n < 10 ? `0${n}` : `${n}`));

/** Whole milliseconds inside the calendar, whatever a caller passes: output never throws. */
function calendarMs(ms: number): number {
  return Math.trunc(Math.min(Math.max(ms, -LAST_MOMENT), LAST_MOMENT)) || 0;
}

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(calendarMs(ms)).toISOString();
}

/** The start of the moment's day in UTC. */
export function dayStart(ms: number): number {
  return Math.floor(calendarMs(ms) / MS_PER_DAY) * MS_PER_DAY;
}

/** The day that starts then, up to and including the `T` before its time of day. */
export function dayText(start: number): string {
  const iso = new Date(start).toISOString();
  return iso.slice(0, iso.indexOf('T') + 1);
}

const EPOCH = /^(\d{1,12})(?:\.(\d{1,9}))?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(?:(Z)|([+-])(\d{2}):?(\d{2}))?$/i;

/**
 * The moment that a person wrote: ISO 8601 (UTC unless it carries an offset; the
 * machine's time zone never counts) or seconds since the epoch, with or without a
 * fraction. Undefined when it is neither.
 */
export function parseTime(text: string): number | undefined {
  const epoch = EPOCH.exec(text);
  if (epoch !== null) return Number(epoch[1]) * 1000 + millis(epoch[2]);
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const moment = Date.UTC(year, month - 1, day, hour, minute, second, millis(match[7]));
  const back = new Date(moment);
  // Date.UTC carries 31 February over into March; a typing error is not a moment.
  const real = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24;
  if (!real || minute > 59 || second > 59) return undefined;
  return moment - offsetOf(match[9], match[10], match[11]);
}

/** Of the digits after the point; what is finer than a millisecond is cut off. */
function millis(digits: string | undefined): number {
  return Number((digits ?? '').slice(0, 3).padEnd(3, '0'));
}

function offsetOf(sign: string | undefined, hours: string, minutes: string): number {
  if (sign === undefined) return 0;
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -ms : ms;
}

/** A duration as a person reads it: `12ms`, `1.234s`, `2m03s`, `1h02m`, `3d04h`. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1000) return `${ms}ms`;
  if (ms < 60_000) return `${Math.floor(ms / 1000)}.${(ms % 1000).toString().padStart(3, '0')}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits[seconds % 60]}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${twoDigits[minutes % 60]}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${twoDigits[hours % 24]}h`;
}
