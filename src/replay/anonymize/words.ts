/**
 * Other words for words: of the same length and kind, and different ones for different words as
 * long as there are enough of that length.
 *
 * A word is a run of the bytes below. Its kind is kept: digits stay digits, small letters stay
 * small letters.
 */
import { type Keyed, Memo } from './keyed.ts';

/** The bytes of words, as a class of a regular expression over latin1. */
export const WORD_BYTES = '[A-Za-z0-9_.+\\-\\x80-\\xff]';
/**
 * Bytes of a file's name that the kernel takes for the name of a task. So many of a longer word are
 * replaced as if they were all, so that both names stay alike.
 */
const COMM_BYTES = 15;
const MEMO = 1 << 16;

const DIGITS = '0123456789';
const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const ALPHANUMERIC = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ${SMALL}`;

/** A kind of words: its letters, and up to which length they are permuted among themselves. */
interface Kind {
  readonly name: string;
  readonly letters: string;
  /** So many have less than 2^53 words. */
  readonly permuted: number;
  readonly pattern: RegExp;
}

/** The first whose pattern matches counts. */
const KINDS: readonly Kind[] = [
  { name: 'digits', letters: DIGITS, permuted: 15, pattern: /^[0-9]+$/ },
  { name: 'small', letters: SMALL, permuted: 11, pattern: /^[a-z]+$/ },
  { name: 'alphanumeric', letters: ALPHANUMERIC, permuted: 8, pattern: /^[0-9A-Za-z]+$/ },
];

/** Marks of file names and options that stand before a word, or alone. */
const LEAD = /^[.+_-]*/;

export class Words {
  readonly #keyed: Keyed;
  readonly #memo = new Memo<string>(MEMO);

  constructor(keyed: Keyed) {
    this.#keyed = keyed;
  }

  /** Another word, in latin1 as the first is. Marks that it begins with stay. */
  replaced(word: string): string {
    const lead = LEAD.exec(word)?.[0].length ?? 0;
    if (lead === word.length) return word;
    return word.slice(0, lead) + this.#memo.get(word.slice(lead), (rest) => this.#whole(rest));
  }

  #whole(word: string): string {
    const head = word.slice(0, COMM_BYTES);
    const tail = word.length - head.length;
    return tail === 0 ? this.#head(head) : this.#head(head) + this.#any('tail', word, tail);
  }

  #head(word: string): string {
    const kind = KINDS.find(({ pattern }) => pattern.test(word));
    if (kind === undefined) return this.#mixed(word);
    if (word.length > kind.permuted) return this.#any(kind.name, word, word.length, kind.letters);
    return this.#permuted(kind, word);
  }

  #permuted({ name, letters }: Kind, word: string): string {
    const base = letters.length;
    let value = 0;
    for (const letter of word) value = value * base + letters.indexOf(letter);
    const text = (n: number): string => {
      let made = '';
      for (let rest = n, i = 0; i < word.length; i++, rest = Math.floor(rest / base)) {
        made = letters[rest % base] + made;
      }
      return made;
    };
    // A word of an earlier kind is not of this one.
    const is = (n: number): boolean => {
      const made = text(n);
      return KINDS.find(({ pattern }) => pattern.test(made))?.name === name;
    };
    return text(this.#keyed.permuted(name, value, base ** word.length, is));
  }

  /** Marks or bytes beyond ASCII are in it: one `_` keeps it apart from words that have none. */
  #mixed(word: string): string {
    const made = this.#any('mixed', word, word.length);
    if (made.length < 2) return made;
    const [byte] = this.#keyed.bytes('mark', Buffer.from(word, 'latin1'), 1);
    const at = 1 + (byte % (made.length - 1));
    return `${made.slice(0, at)}_${made.slice(at + 1)}`;
  }

  #any(domain: string, word: string, length: number, letters: string = ALPHANUMERIC): string {
    // Two bytes a letter: no letter is noticeably more frequent than another.
    const bytes = this.#keyed.bytes(domain, Buffer.from(word, 'latin1'), length * 2);
    let made = '';
    for (let i = 0; i < length; i++) made += letters[bytes.readUInt16BE(2 * i) % letters.length];
    return made;
  }
}
