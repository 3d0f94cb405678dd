/** Value tokens, as they stand in a record, to text (KERNEL fact 18). */
import type { Interner } from '../base/intern.ts';
import { decodeHex, decodeText } from '../base/text.ts';

const QUOTE = 34;

/** Texts of interned tokens, each decoded once. Token -1 is absent. */
export class TokenTexts {
  readonly #tokens: Interner;
  readonly #texts: (string | undefined)[] = [];

  constructor(tokens: Interner) {
    this.#tokens = tokens;
  }

  /** Tokens there are: they are numbered from 0. */
  get count(): number {
    return this.#tokens.size;
  }

  /** An untrusted string: quoted text, hexadecimal, or a stand-in for nothing. */
  text(token: number): string | undefined {
    if (token < 0) return undefined;
    if (token in this.#texts) return this.#texts[token];
    const text = untrusted(this.#tokens.bytes(token));
    this.#texts[token] = text;
    return text;
  }

  /** A string that is never encoded, such as tty. */
  plain(token: number): string | undefined {
    if (token < 0) return undefined;
    const text = decodeText(this.#tokens.bytes(token));
    return text === '(none)' || text === '?' || text === '(null)' ? undefined : text;
  }
}

function untrusted(bytes: Uint8Array): string | undefined {
  if (bytes[0] === QUOTE) {
    const closed = bytes.length > 1 && bytes[bytes.length - 1] === QUOTE;
    return decodeText(bytes, 1, closed ? bytes.length - 1 : bytes.length);
  }
  const decoded = decodeHex(bytes, 0, bytes.length);
  return decoded === undefined ? undefined : decodeText(decoded);
}
