/** Numbers that stand for people and files: other ones of as many digits. */
import { type Keyed, Memo } from './keyed.ts';

/** Users and groups below are the system's, the same on every machine. */
const FIRST_PERSON = 1000;
const NOBODY = 65534;
/** (u32)-1: unset. */
const LAST_ID = 4294967294;
/** Decimal numbers of so many digits are exact. */
const EXACT_DIGITS = 15;

const MEMO = 1 << 14;

export class Numbers {
  readonly #keyed: Keyed;
  readonly #ids = new Memo<string>(MEMO);
  readonly #inodes = new Memo<string>(MEMO);

  constructor(keyed: Keyed) {
    this.#keyed = keyed;
  }

  /** A user or group: the system's own, nobody and the unset one stay. */
  id(id: number): number {
    const isPerson = (n: number): boolean => n >= FIRST_PERSON && n <= LAST_ID && n !== NOBODY;
    if (!isPerson(id)) return id;
    return Number(this.#ids.get(String(id), () => String(this.#ofDigits('id', id, isPerson))));
  }

  /** An inode; 0 is none. Decimal digits in and out. */
  inode(digits: string): string {
    return digits.startsWith('0') ? digits : this.#inodes.get(digits, (text) => this.#inode(text));
  }

  #inode(digits: string): string {
    if (digits.length <= EXACT_DIGITS) {
      return String(this.#ofDigits('inode', Number(digits), () => true));
    }
    const bytes = this.#keyed.bytes('inode', Buffer.from(digits, 'latin1'), digits.length);
    // Below any 64-bit number of so many digits that begins with 1.
    return `1${[...bytes.subarray(1)].map((byte) => String(byte % 8)).join('')}`;
  }

  #ofDigits(domain: string, value: number, is: (n: number) => boolean): number {
    const first = 10 ** (String(value).length - 1);
    const size = 9 * first;
    return first + this.#keyed.permuted(domain, value - first, size, (n) => is(first + n));
  }
}
