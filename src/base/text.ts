/**
 * Byte strings as JavaScript strings, without loss.
 *
 * The kernel's strings are bytes (paths, arguments, comm), seldom but sometimes not
 * UTF-8 (KERNEL fact 18). Here valid UTF-8 becomes its characters, and every byte that
 * is part of no valid sequence becomes the lone surrogate U+DC00 + byte (PEP 383,
 * Python's `surrogateescape`). Different bytes give different strings, and
 * `encodeText` gives the bytes back.
 */

const ESCAPE_BASE = 0xdc00;

/** Views, never copies: the range stays in the caller's memory. */
function view(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}

/**
 * The string for `bytes[start, end)`; never fails. Overlong forms, encoded surrogates
 * (ED A0 80 …) and code points above U+10FFFF are invalid and escaped byte by byte.
 */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (start >= end) return '';
  const ascii = asciiEnd(bytes, start, end);
  if (ascii === end) {
    return Buffer.isBuffer(bytes)
      ? bytes.toString('latin1', start, end)
      : view(bytes, start, end).toString('latin1');
  }
  const invalid = validEnd(bytes, ascii, end);
  if (invalid < end) return decodeEscaping(bytes, start, invalid, end);
  return view(bytes, start, end).toString('utf8');
}

/** The first byte from `start` on that is not ASCII; loops alone, which the engine compiles best. */
function asciiEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] < 0x80) p++;
  return p;
}

/** The first byte from `start` on, where a sequence begins, that is part of no valid one. */
function validEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end) {
    const length = sequenceLength(bytes, p, end);
    if (length === 0) return p;
    p += length;
  }
  return p;
}

/** `bytes[start, invalid)` is valid, the byte at `invalid` is not. */
function decodeEscaping(bytes: Uint8Array, start: number, invalid: number, end: number): string {
  let text = '';
  let valid = start;
  let p = invalid;
  while (p < end) {
    const length = sequenceLength(bytes, p, end);
    if (length > 0) {
      p += length;
      continue;
    }
    if (valid < p) text += view(bytes, valid, p).toString('utf8');
    text += String.fromCharCode(ESCAPE_BASE + bytes[p]);
    valid = ++p;
  }
  return valid < end ? text + view(bytes, valid, end).toString('utf8') : text;
}

/** Bytes of the well-formed UTF-8 sequence at `p` (Unicode, table 3-7), 0 when none starts there. */
function sequenceLength(bytes: Uint8Array, p: number, end: number): number {
  const lead = bytes[p];
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length === 0 || p + length > end) return 0;
  if (bytes[p + 1] < lowestSecond(lead) || bytes[p + 1] > highestSecond(lead)) return 0;
  for (let i = 2; i < length; i++) if ((bytes[p + i] & 0xc0) !== 0x80) return 0;
  return length;
}

/** Keeps out overlong forms. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** Keeps out surrogates and what lies above U+10FFFF. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const encoder = new TextEncoder();

/**
 * The bytes of a string: the exact inverse of `decodeText`. A lone surrogate that
 * `decodeText` never makes (below U+DC80 or above U+DCFF) becomes U+FFFD.
 */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let used = 0;
  let from = 0;
  for (const match of text.matchAll(LONE_SURROGATES)) {
    used += encoder.encodeInto(text.slice(from, match.index), bytes.subarray(used)).written;
    used += encodeSurrogate(text.charCodeAt(match.index), bytes.subarray(used));
    from = match.index + 1;
  }
  used += encoder.encodeInto(text.slice(from), bytes.subarray(used)).written;
  return bytes.slice(0, used);
}

function encodeSurrogate(code: number, target: Uint8Array): number {
  const byte = escapedByte(code);
  if (byte === undefined) return encoder.encodeInto('\ufffd', target).written;
  target[0] = byte;
  return 1;
}

/** The byte that a lone surrogate stands for. ASCII bytes are always valid, so never escaped. */
function escapedByte(code: number): number | undefined {
  return code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff ? code - ESCAPE_BASE : undefined;
}

/**
 * The bytes that `bytes[start, end)` names in upper-case hexadecimal, the kernel's
 * way for strings with odd bytes (KERNEL fact 18); undefined when it is anything else.
 * Lower case is refused: neither the kernel nor libaudit writes it, words may look like it.
 */
export function decodeHex(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): Uint8Array | undefined {
  const length = end - start;
  if (length < 0 || length % 2 !== 0) return undefined;
  const decoded = new Uint8Array(length / 2);
  for (let i = 0, p = start; p < end; i++, p += 2) {
    const high = hexDigit(bytes[p]);
    const low = hexDigit(bytes[p + 1]);
    if (high < 0 || low < 0) return undefined;
    decoded[i] = (high << 4) | low;
  }
  return decoded;
}

/** 0 to 15, or -1. */
function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  return c >= 65 && c <= 70 ? c - 55 : -1;
}

/**
 * What may move the cursor, colour, reorder or hide text on a terminal: control and
 * format characters (bidirectional overrides among them), line separators, and lone
 * surrogates, which are no characters.
 */
const UNSAFE = /[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]/u;
const ESCAPED_IN_DISPLAY = new RegExp(`\\\\|${UNSAFE.source}`, 'gu');
const ESCAPED_IN_SHELL = new RegExp(`[\\\\']|${UNSAFE.source}`, 'gu');

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
  "'": "\\'",
};

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/**
 * A string in plain text for terminals: no value can inject an escape sequence, end
 * the line or reorder it. Invalid and control bytes show as `\xHH`, other invisible
 * characters as `\u{HEX}`, and a backslash is doubled, so the form has one meaning.
 */
export function quoteForDisplay(text: string): string {
  return text.replace(ESCAPED_IN_DISPLAY, (character) => {
    const named = NAMED_ESCAPES[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) as number;
    const byte = code < 0x80 ? code : escapedByte(code);
    return byte === undefined ? `\\u{${code.toString(16)}}` : hexByte(byte);
  });
}

/** Stands in a command line for an argument that is missing from the log. */
export const MISSING_ARGUMENT = '…';

/** Words that a POSIX shell takes as they are. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-]+$/;
const PLAIN_ARGUMENT = /^[A-Za-z0-9_@%+:,./=-]+$/;

/**
 * A command line that bash reads back as exactly these arguments, and that is safe on
 * a terminal: odd bytes stand in `$'…'`. A missing argument (null) shows as a bare `…`;
 * an argument that is that character is in quotes.
 */
export function shellQuote(args: readonly (string | null)[]): string {
  return args.map((arg, i) => (arg === null ? MISSING_ARGUMENT : quoteWord(arg, i))).join(' ');
}

/** One argument of such a command line, which is not its first word. */
export function quoteArgument(arg: string): string {
  return quoteWord(arg, 1);
}

function quoteWord(arg: string, index: number): string {
  // A first word with `=` would be an assignment.
  if ((index === 0 ? PLAIN_WORD : PLAIN_ARGUMENT).test(arg)) return arg;
  if (!UNSAFE.test(arg)) return `'${arg.replaceAll("'", "'\\''")}'`;
  return `$'${arg.replace(ESCAPED_IN_SHELL, shellEscape)}'`;
}

/** Byte by byte: `\u` in bash depends on the locale. */
function shellEscape(character: string): string {
  const named = NAMED_ESCAPES[character];
  return named ?? Array.from(encodeText(character), hexByte).join('');
}
