import { describe, expect, test } from 'vitest';
import { Keyed } from '../../../../src/replay/anonymize/keyed.ts';
import { Words } from '../../../../src/replay/anonymize/words.ts';

const words = new Words(new Keyed(Buffer.from('key')));
const ALL = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('permutations meet each number of their domain once', () => {
  const keyed = new Keyed(Buffer.from('key'));
  for (const size of [1, 2, 3, 10, 62, 100, 1000]) {
    const is = (n: number): boolean => n % 3 !== 1 || size < 3;
    const domain = Array.from({ length: size }, (_, n) => n).filter(is);
    const images = domain.map((n) => keyed.permuted('test', n, size, is));
    expect(images.toSorted((a, b) => a - b)).toEqual(domain);
  }
});

test('bytes depend on the key, the domain and the value', () => {
  const bytes = (key: string, domain: string, value: string): string =>
    new Keyed(Buffer.from(key)).bytes(domain, Buffer.from(value), 40).toString('hex');
  const all = [
    bytes('a', 'b', 'c'),
    bytes('A', 'b', 'c'),
    bytes('a', 'B', 'c'),
    bytes('a', 'b', 'C'),
    bytes('a', 'bc', ''),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(all[0].length).toBe(80);
  expect(bytes('a', 'b', 'c')).toBe(all[0]);
});

test('short words stay different from each other', () => {
  const letters = ALL.split('');
  const short = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))];
  const replaced = short.map((word) => words.replaced(word));
  expect(new Set(replaced).size).toBe(short.length);
  expect(replaced.map((word) => word.length)).toEqual(short.map((word) => word.length));
});

test.each([
  ['digits', '20251123', /^[0-9]{8}$/],
  ['many digits', '1234567890123456789', /^[0-9]{15}\w{4}$/],
  ['small letters', 'alice', /^[a-z]{5}$/],
  ['many small letters', 'supercalifragilistic', /^[a-z]{15}\w{5}$/],
  ['letters and digits', 'Makefile2', /^[0-9A-Za-z]{9}$/],
  ['with marks', 'my-app_v2.tar.gz', /^[0-9A-Za-z_]{16}$/],
  ['beyond ASCII', 'm\xc3\xbcller', /^[0-9A-Za-z_]{7}$/],
])('%s keep their kind and length', (_, word, form) => {
  expect(words.replaced(word)).toMatch(form);
  expect(words.replaced(word)).not.toBe(word);
});

test('marks alone and in front stay', () => {
  for (const word of ['.', '..', '-', '--', '_', '+']) expect(words.replaced(word)).toBe(word);
  expect(words.replaced('--output')).toBe(`--${words.replaced('output')}`);
  expect(words.replaced('.bashrc')).toBe(`.${words.replaced('bashrc')}`);
});

test('what is cut to fifteen bytes stays the beginning of the whole', () => {
  const whole = words.replaced('container-runtime-monitor');
  expect(words.replaced('container-runti')).toBe(whole.slice(0, 15));
});

describe('another key', () => {
  test('gives other words', () => {
    const other = new Words(new Keyed(Buffer.from('other')));
    const names = ['alice', 'Makefile2', 'my-app.tar.gz', '20251123'];
    for (const name of names) expect(other.replaced(name)).not.toBe(words.replaced(name));
  });
});
