import { describe, expect, test } from 'vitest';
import {
  decodeHex,
  decodeText,
  encodeText,
  MISSING_ARGUMENT,
  quoteForDisplay,
  shellQuote,
} from '../../../src/base/text.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('decodeText', () => {
  test('takes the range only, also of a view into a larger buffer', () => {
    const view = ascii('__héllo__').subarray(2);
    expect(decodeText(view, 0, 6)).toBe('héllo');
    expect(decodeText(view, 3, 3)).toBe('');
  });

  test.each([
    ['a lone continuation', [0x80], '\udc80'],
    ['an overlong slash', [0xc0, 0xaf], '\udcc0\udcaf'],
    ['an overlong of three', [0xe0, 0x9f, 0xbf], '\udce0\udc9f\udcbf'],
    ['an overlong of four', [0xf0, 0x8f, 0xbf, 0xbf], '\udcf0\udc8f\udcbf\udcbf'],
    ['an encoded surrogate', [0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'],
    ['a lead beyond all', [0xff], '\udcff'],
    ['a cut sequence', [0x61, 0xe2, 0x82], 'a\udce2\udc82'],
    ['valid between invalid', [0xff, 0xc3, 0xa9, 0xfe, 0x62], '\udcffé\udcfeb'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\ufeffa'],
    ['the ends of the ranges', [0xed, 0x9f, 0xbf, 0xf4, 0x8f, 0xbf, 0xbf], '\ud7ff\u{10ffff}'],
  ])('%s', (_name, values, expected) => {
    expect(decodeText(bytes(...values))).toBe(expected);
    expect(encodeText(expected)).toEqual(bytes(...values));
  });

  test('a string of decodeText never ends in the next range', () => {
    expect(decodeText(bytes(0xc3, 0xa9), 0, 1)).toBe('\udcc3');
  });
});

test('encodeText writes U+FFFD for surrogates that stand for no byte', () => {
  expect(encodeText('a\ud800b\udc7f\udd00')).toEqual(ascii('a\ufffdb\ufffd\ufffd'));
});

describe('decodeHex', () => {
  test('reads upper case', () => {
    expect(decodeHex(ascii('x00FF7Ax'), 1, 7)).toEqual(bytes(0, 0xff, 0x7a));
    expect(decodeHex(ascii(''))).toEqual(bytes());
  });

  test.each(['0', '0G', 'ff', '(null)', ' 0', 'FFF'])('refuses %j', (text) => {
    expect(decodeHex(ascii(text))).toBeUndefined();
  });
});

describe('quoteForDisplay', () => {
  test.each([
    ['/usr/bin/é 你', '/usr/bin/é 你'],
    ['\x1b[31mred\x07', '\\x1b[31mred\\x07'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['C:\\x1b', 'C:\\\\x1b'],
    ['\x7f\x9b', '\\x7f\\u{9b}'],
    ['\udcff\udc80', '\\xff\\x80'],
    ['\ud800', '\\u{d800}'],
    ['a\u202eb\u2028', 'a\\u{202e}b\\u{2028}'],
    ["it's", "it's"],
  ])('%j', (text, shown) => {
    expect(quoteForDisplay(text)).toBe(shown);
  });
});

describe('shellQuote', () => {
  test.each<[(string | null)[], string]>([
    [[], ''],
    [['ls', '-l', '--color=auto'], 'ls -l --color=auto'],
    [['A=b', 'A=b'], "'A=b' A=b"],
    [['sh', '-c', "echo 'x' $y; rm *"], `sh -c 'echo '\\''x'\\'' $y; rm *'`],
    [['a', ''], "a ''"],
    [['~', '#', '!'], "'~' '#' '!'"],
    [['a', null, MISSING_ARGUMENT], "a … '…'"],
    [["it's\n\udcff\\"], "$'it\\'s\\n\\xff\\\\'"],
    [['\x1b]0;x\x07'], "$'\\x1b]0;x\\x07'"],
    [['\u202e'], "$'\\xe2\\x80\\xae'"],
  ])('%j', (args, line) => {
    expect(shellQuote(args)).toBe(line);
  });
});
