/** The values of fields, by what they hold. Strings are latin1: one character a byte. */
import { decodeHex } from '../../base/text.ts';
import { ABSENT, UNTRUSTED } from '../../record/fields.ts';
import type { FieldKind } from './fields.ts';
import { kindOf } from './fields.ts';
import type { Numbers } from './numbers.ts';
import type { Sockets } from './sockets.ts';
import type { Texts } from './texts.ts';

export class Values {
  readonly texts: Texts;
  readonly numbers: Numbers;
  readonly #sockets: Sockets;

  constructor(texts: Texts, numbers: Numbers, sockets: Sockets) {
    this.texts = texts;
    this.numbers = numbers;
    this.#sockets = sockets;
  }

  /** A value without quotes. `isNested`: a program wrote it into `msg='…'`. */
  bare(name: string, value: string, isNested: boolean): string {
    if (ABSENT.has(value)) return value;
    if (name === 'saddr') return this.#socket(value);
    if (UNTRUSTED.has(name)) return this.encoded(value);
    // Old programs wrote `(hostname=?, terminal=cron res=success)`.
    const marks = isNested ? (/[),]*$/.exec(value)?.[0].length ?? 0) : 0;
    const plain = value.slice(0, value.length - marks);
    const kind = kindOf(name, plain, isNested);
    if (kind === undefined) return this.texts.replaced(value);
    return this.#ofKind(kind, plain) + value.slice(plain.length);
  }

  /** A value that is hexadecimal where it is not in quotes. */
  encoded(
    value: string,
    replace: (text: string) => string = (text) => this.texts.replaced(text),
  ): string {
    if (ABSENT.has(value)) return value;
    const bytes = decodeHex(Buffer.from(value, 'latin1'));
    if (bytes !== undefined) {
      const text = replace(Buffer.from(bytes).toString('latin1'));
      return Buffer.from(text, 'latin1').toString('hex').toUpperCase();
    }
    // Cut in the middle, so nobody can read it; nor shall anybody.
    if (/^[0-9A-F]+$/.test(value)) return '0'.repeat(value.length);
    const replaced = this.texts.replaced(value);
    // It must not become something that readers take for hexadecimal.
    return decodeHex(Buffer.from(replaced, 'latin1')) === undefined
      ? replaced
      : replaced.toLowerCase();
  }

  #ofKind(kind: FieldKind, value: string): string {
    if (kind === 'inode') return this.numbers.inode(value);
    if (kind === 'id' && /^\d+$/.test(value)) return String(this.numbers.id(Number(value)));
    return value;
  }

  #socket(value: string): string {
    const bytes = decodeHex(Buffer.from(value, 'latin1'));
    if (bytes === undefined) return this.texts.replaced(value);
    return this.#sockets.replaced(Buffer.from(bytes)).toString('hex').toUpperCase();
  }
}
