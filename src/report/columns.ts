/**
 * Text in terminal columns: how wide it is, and how to cut it.
 */

/** First and last code points of the characters that take two columns (East Asian wide, emoji). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Combining marks and selectors: drawn over the character before them. */
const MARK = /\p{Mark}/u;
/** Everything below is one column wide, apart from control characters, which never get here. */
const FIRST_MARK = 0x300;

function isWide(code: number): boolean {
  let low = 0;
  let high = WIDE.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = WIDE[middle];
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return true;
  }
  return false;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < FIRST_MARK) return 1;
  if (MARK.test(character)) return 0;
  return isWide(code) ? 2 : 1;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is meant
const ALL_NARROW = /^[\u0000-\u02ff]*$/;

/** Columns that the text takes. */
export function displayWidth(text: string): number {
  if (ALL_NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest start of the text that fits into so many columns. */
function fitting(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** How a piece of a line is drawn where there is colour. */
export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'failure'
  | 'signal'
  | 'added'
  | 'removed'
  | 'changed';

/** A piece of a line in one style. */
export interface Segment {
  readonly text: string;
  readonly style: Style;
}

const SGR: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '\u001b[2m',
  bold: '\u001b[1m',
  failure: '\u001b[31m',
  signal: '\u001b[35m',
  added: '\u001b[32m',
  removed: '\u001b[31m',
  changed: '\u001b[33m',
};

/** Joins the pieces, with colour or without. */
export function paint(segments: readonly Segment[], color: boolean): string {
  let out = '';
  for (const { text, style } of segments) {
    out += color && style !== 'plain' && text !== '' ? `${SGR[style]}${text}\u001b[0m` : text;
  }
  return out;
}

/** Columns that the pieces take together. */
export function segmentsWidth(segments: readonly Segment[]): number {
  let width = 0;
  for (const { text } of segments) width += displayWidth(text);
  return width;
}

/** Cuts the pieces to so many columns; what is cut off leaves a `…` as the last of them. */
export function cutSegments(segments: readonly Segment[], columns: number): readonly Segment[] {
  if (columns === Number.POSITIVE_INFINITY || segmentsWidth(segments) <= columns) return segments;
  if (columns < 1) return [];
  const kept: Segment[] = [];
  let room = columns - 1;
  for (const { text, style } of segments) {
    const width = displayWidth(text);
    kept.push(width <= room ? { text, style } : { text: `${fitting(text, room)}…`, style });
    room -= width;
    if (room < 0) break;
  }
  return kept;
}
