/** What a query of a store found, as lines of JSON. */
import type { ProcessDocument } from '../model/process.ts';
import { TIME_FIELDS } from '../model/times.ts';
import { documentLine } from './ndjson.ts';
import { isoTime } from './time.ts';

/**
 * A line of JSON without its end. A whole document is written as the analysis writes it, byte
 * for byte; of a partial one the fields that are there, in their order.
 */
export function foundLine(found: Partial<ProcessDocument>, partial: boolean): string {
  if (partial) return JSON.stringify(found, withTimes);
  const { omitted } = found;
  const line = documentLine(found as ProcessDocument);
  return omitted === undefined
    ? line
    : `${line.slice(0, -1)},"omitted":${JSON.stringify(omitted)}}`;
}

/** A replacer for JSON.stringify: times as ISO 8601 text. */
export function withTimes(key: string, value: unknown): unknown {
  return typeof value === 'number' && TIME_FIELDS.has(key) ? isoTime(value) : value;
}
