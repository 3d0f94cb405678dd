/**
 * Reads what `shellQuote` writes: words of a command line, and between them the marks of a
 * golden tree, which no word holds outside quotes.
 */
import { decodeText, encodeText, MISSING_ARGUMENT } from '../base/text.ts';

/** A word is text; a mark stands for itself. */
export interface Token {
  readonly kind: 'word' | 'mark';
  readonly text: string;
}

/** What cannot be read, and where: `at` counts code units from 0. */
export interface WordProblem {
  readonly at: number;
  readonly reason: string;
}

const MARKS = new Set(['?', '(', ')', '{', '}', '[]', '→', '✗', MISSING_ARGUMENT]);
/** A run of what needs no quotes. */
const PLAIN = /[A-Za-z0-9_@%+:,./=-]+/y;
const SINGLE = /'([^']*)'/y;
const DOLLAR = /\$'((?:[^'\\]|\\.)*)'/suy;
const ESCAPE = /\\(?:x([0-9a-f]{2})|(.))/gsu;
const QUOTE = "\\'";

const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
};

/** The tokens of a text, or what is wrong with it. */
export function tokensOf(text: string): readonly Token[] | WordProblem {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const mark = MARKS.has(text.slice(at, at + 2)) ? text.slice(at, at + 2) : text[at];
    if (MARKS.has(mark)) {
      tokens.push({ kind: 'mark', text: mark });
      at += mark.length;
      continue;
    }
    const word = wordAt(text, at);
    if ('reason' in word) return word;
    tokens.push({ kind: 'word', text: word.text });
    at = word.end;
  }
  return tokens;
}

/** One word: pieces of different quoting without a space between them. */
function wordAt(text: string, start: number): { text: string; end: number } | WordProblem {
  let word = '';
  let at = start;
  while (at < text.length && text[at] !== ' ' && !MARKS.has(text[at])) {
    const piece = pieceAt(text, at);
    if ('reason' in piece) return piece;
    word += piece.text;
    at = piece.end;
  }
  return { text: word, end: at };
}

function pieceAt(text: string, at: number): { text: string; end: number } | WordProblem {
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const plain = match(PLAIN) ?? undefined;
  if (plain !== undefined) return { text: plain[0], end: at + plain[0].length };
  if (text.startsWith(QUOTE, at)) return { text: "'", end: at + QUOTE.length };
  const single = match(SINGLE);
  if (single !== null) return { text: single[1], end: at + single[0].length };
  const dollar = match(DOLLAR);
  if (dollar === null) return { at, reason: unreadable(text[at]) };
  const unescaped = unescape(dollar[1]);
  if (unescaped === undefined) return { at, reason: 'an escape that is none of ours' };
  return { text: unescaped, end: at + dollar[0].length };
}

function unreadable(character: string): string {
  return character === "'" || character === '$'
    ? 'quotes that do not end'
    : `'${character}' must stand in quotes`;
}

/** Escapes name bytes, and several of them may be one character. */
function unescape(quoted: string): string | undefined {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const match of quoted.matchAll(ESCAPE)) {
    const [whole, hex, name] = match;
    const character = hex === undefined ? NAMED[name] : undefined;
    if (hex === undefined && character === undefined) return undefined;
    pieces.push(encodeText(quoted.slice(from, match.index)));
    pieces.push(
      character === undefined ? Uint8Array.of(Number.parseInt(hex, 16)) : encodeText(character),
    );
    from = match.index + whole.length;
  }
  pieces.push(encodeText(quoted.slice(from)));
  return decodeText(Buffer.concat(pieces));
}
