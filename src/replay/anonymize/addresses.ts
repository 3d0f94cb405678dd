/** Internet addresses: other ones in their place, that take the same room in text. */
import type { Keyed } from './keyed.ts';

/** Everybody has them: they tell nothing, and with others in their place the log would tell lies. */
const COMMON: ReadonlySet<string> = new Set([
  '127.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::',
  '::1',
]);

const HEX = '0123456789abcdef';

export class Addresses {
  readonly #keyed: Keyed;

  constructor(keyed: Keyed) {
    this.#keyed = keyed;
  }

  /** Each part becomes another one of as many digits. */
  v4(text: string): string {
    if (COMMON.has(text)) return text;
    const bytes = this.#keyed.bytes('inet', Buffer.from(text, 'latin1'), 8);
    return text
      .split('.')
      .map((part, i) => ofDigits(part, bytes.readUInt16BE(2 * i)))
      .join('.');
  }

  /** Each hexadecimal digit becomes another one; colons stay where they are. */
  v6(text: string): string {
    const lower = text.toLowerCase();
    if (COMMON.has(lower)) return text;
    const bytes = this.#keyed.bytes('inet6', Buffer.from(lower, 'latin1'), text.length);
    let made = '';
    for (let i = 0; i < text.length; i++) {
      // A group that begins with 0 would be written shorter.
      const begins = i === 0 || text[i - 1] === ':';
      const isLonger = begins && i + 1 < text.length && text[i + 1] !== ':';
      const digit = isLonger && text[i] !== '0' ? 1 + (bytes[i] % 15) : bytes[i] & 15;
      made += text[i] === ':' || text[i] === '.' ? text[i] : HEX[digit];
    }
    return made;
  }

  /** A port that names a service becomes another one; 0 stands for none. */
  port(port: number): number {
    if (port === 0) return 0;
    return this.#keyed.permuted('port', port, 0x10000, (n) => n > 0);
  }
}

/** As many digits as `part` has, and no more than 255. */
function ofDigits(part: string, chance: number): string {
  if (part.length === 1) return String(chance % 10);
  if (part.length === 2) return String(10 + (chance % 90));
  return String(100 + (chance % 156));
}
