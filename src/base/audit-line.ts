/** The head of an audit record's line: just enough to count records and to know their span. */

const SPACE = 32;
const ZERO = 48;
const NINE = 57;
const DOT = 46;
/** `audit(`. */
const BEFORE_TIME = 6;

/** Milliseconds since the epoch of `audit(SEC.MSC:SERIAL)` at `p`; NaN for anything else. */
export function timeOf(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  let fraction = -1;
  for (let p = from + BEFORE_TIME; p < end && fraction < 3; p++) {
    const c = bytes[p];
    if (c >= ZERO && c <= NINE) {
      value = value * 10 + (c - ZERO);
      if (fraction >= 0) fraction++;
    } else if (c === DOT && fraction < 0) {
      fraction = 0;
    } else {
      return Number.NaN;
    }
  }
  return fraction === 3 ? value : Number.NaN;
}

/** The type's name in `[node=NAME ]type=NAME msg=…`; `?` for any other line. */
export function typeOf(line: Buffer): string {
  const from = line.indexOf('type=');
  const to = from < 0 ? -1 : line.indexOf(SPACE, from);
  const isHead = from === 0 || (from > 0 && line.indexOf('node=') === 0);
  return isHead && to > 0 && to - from < 64 ? line.toString('latin1', from + 5, to) : '?';
}

/** The time of the line's record in ms; NaN without one. */
export function lineTime(line: Buffer): number {
  const at = line.indexOf('audit(');
  return at < 0 ? Number.NaN : timeOf(line, at, line.length);
}
