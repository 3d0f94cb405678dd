/** Output in a form in which what means the same is the same. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../src/check/canonical.ts';

const keys = (text: string): string => canonical(Buffer.from(text), 'keys');

describe('canonical', () => {
  test('none: every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Buffer.from(canonical(Buffer.from(bytes), 'none'), 'latin1')).toEqual(
          Buffer.from(bytes),
        );
      }),
    );
  });

  test('sort: lines by bytes, whether or not the last one ends', () => {
    const sorted = (text: string): string => canonical(Buffer.from(text), 'sort');
    expect(sorted('b\na\n')).toBe(sorted('a\nb'));
    expect(sorted('b\nB\na\n')).toBe('B\na\nb');
    expect(sorted('a\na\n')).not.toBe(sorted('a\n'));
    expect(sorted('{"a":1,"b":2}')).not.toBe(sorted('{"b":2,"a":1}'));
    expect(canonical(Buffer.from([0xff, 10, 0x80]), 'sort')).toBe('\x80\n\xff');
  });

  test.each([
    ['{"b":2,"a":1}', '{"a":1,"b":2}'],
    ['{"a": {"d": [1, {"f":1,"e":2}], "c":0}}', '{"a":{"c":0,"d":[1,{"e":2,"f":1}]}}'],
    ['{"b":1}\n{"a":1}', '{"a":1}\n{"b":1}'],
    ['{"10":1,"9":2,"a":3}', '{"a":3,"9":2,"10":1}'],
    ['{"__proto__":1,"a":2}', '{"a":2,"__proto__":1}'],
    ['not JSON\n{"b":1, "a":1}', '{"a":1,"b":1}\nnot JSON'],
    ['{"é":1,"e":2}', '{"e":2,"é":1}'],
  ])('keys: %s and %s are the same', (a, b) => expect(keys(a)).toBe(keys(b)));

  test.each([
    ['[1,2]', '[2,1]'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['{"__proto__":1}', '{}'],
    ['{"a":1}\n{"a":1}', '{"a":1}'],
    ['not JSON', 'not  JSON'],
  ])('keys: %s and %s differ', (a, b) => expect(keys(a)).not.toBe(keys(b)));

  test('keys: a line nested too deeply is compared as it is', () => {
    const deep = `${'{"b":1,"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`;
    expect(keys(deep)).toBe(keys(deep));
  });
});
