/**
 * Any text of a record: its words and addresses are replaced, whatever stands between them
 * (slashes, spaces, quotes) stays. So paths with a directory in common keep one in common, and
 * every text keeps its length.
 */
import { decodeText, encodeText } from '../../base/text.ts';
import type { Addresses } from './addresses.ts';
import { Memo } from './keyed.ts';
import { WORD_BYTES, type Words } from './words.ts';

const IPV6 = '(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}';
const NO_WORD = `(?![:]|${WORD_BYTES})`;
const BEFORE = `(?<![:]|${WORD_BYTES})`;
/** An address of version 6, a part of a path that begins with a slash, or a word. */
const TOKEN = new RegExp(
  `${BEFORE}(?<v6>${IPV6})${NO_WORD}|(?<path>(?:/+${WORD_BYTES}+)+)|${WORD_BYTES}+`,
  'g',
);
const WORD = new RegExp(`${WORD_BYTES}+`, 'g');

/** Texts that are remembered, since most come again and again, and up to which length. */
const MEMO = 1 << 15;
const MEMO_BYTES = 512;
/** Longest name of a task. */
const COMM_BYTES = 15;

export class Texts {
  readonly #words: Words;
  readonly #addresses: Addresses;
  readonly #keptWords: readonly RegExp[];
  readonly #keptPaths: readonly RegExp[];
  readonly #memo = new Memo<string>(MEMO);

  /** `keep`: patterns of words, and with a slash of whole paths, that stay as they are. */
  constructor(words: Words, addresses: Addresses, keep: readonly string[]) {
    this.#words = words;
    this.#addresses = addresses;
    this.#keptWords = keep.filter((glob) => !glob.includes('/')).map(patternOf);
    this.#keptPaths = keep.filter((glob) => glob.includes('/')).map(patternOf);
  }

  /** Text in latin1, one character a byte; the result is as long. */
  replaced(text: string): string {
    if (text.length > MEMO_BYTES) return this.#replaced(text);
    return this.#memo.get(text, (one) => this.#replaced(one));
  }

  #replaced(text: string): string {
    return text.replace(TOKEN, (token: string, ...rest: unknown[]) => {
      const { v6, path } = rest.at(-1) as { readonly v6?: string; readonly path?: string };
      // Two colons alone are punctuation.
      if (v6 !== undefined) return /[^:]/.test(v6) ? this.#addresses.v6(v6) : v6;
      if (path === undefined) return this.#word(token);
      const whole = rest.at(-2) as string;
      const at = rest.at(-3) as number;
      if (isAbsolute(whole, at) && this.#keptPaths.some((kept) => kept.test(path))) return path;
      return path.replace(WORD, (word) => this.#word(word));
    });
  }

  /** The same for a string in the form of base/text.ts; the result is plain. */
  string(text: string): string {
    return decodeText(this.bytes(encodeText(text)));
  }

  /** The same for bytes. */
  bytes(bytes: Uint8Array): Buffer {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    return Buffer.from(this.replaced(text), 'latin1');
  }

  /** A task's name: that of its program stays that of its program. */
  comm(comm: string, exe: string | undefined): string {
    if (exe === undefined) return this.replaced(comm);
    const isNamed = comm === baseName(exe).slice(0, COMM_BYTES);
    return isNamed ? baseName(this.replaced(exe)).slice(0, COMM_BYTES) : this.replaced(comm);
  }

  /** The same for strings in the form of base/text.ts. */
  commString(comm: string, exe: string | undefined): string {
    const program = exe === undefined ? undefined : latin1(exe);
    return decodeText(Buffer.from(this.comm(latin1(comm), program), 'latin1'));
  }

  #word(word: string): string {
    if (this.#keptWords.some((kept) => kept.test(word))) return word;
    const isAddress = word.length < 16 && word.includes('.') && isV4(word);
    return isAddress ? this.#addresses.v4(word) : this.#words.replaced(word);
  }
}

/** Four numbers below 256 with dots between them. */
function isV4(word: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(word) && word.split('.').every((n) => Number(n) < 256);
}

function latin1(text: string): string {
  return Buffer.from(encodeText(text)).toString('latin1');
}

const WORD_BYTE = new RegExp(WORD_BYTES);

function isAbsolute(text: string, at: number): boolean {
  return at === 0 || !WORD_BYTE.test(text[at - 1]);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A glob: `*` and `?` stand for anything but a slash, `**` for anything. */
function patternOf(glob: string): RegExp {
  const pattern = glob.replace(/\*\*|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${pattern}$`, 's');
}
