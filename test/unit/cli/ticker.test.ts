import { expect, test } from 'vitest';
import { Ticker } from '../../../src/cli/ticker.ts';

/** What a ticker writes when it says a number every second for 25 seconds. */
function written(isTTY: boolean, quiet: boolean): string[] {
  const texts: string[] = [];
  let now = 0;
  const ticker = new Ticker({ isTTY, write: (text) => texts.push(text) }, () => now, quiet);
  for (; now < 25_000; now += 1000) ticker.say(`${now}`);
  ticker.clear();
  return texts;
}

test('on a terminal it is always what is so now, and goes away', () => {
  const texts = written(true, false);
  expect(texts[0]).toBe('\r\u001b[K1000');
  expect(texts.slice(-2)).toEqual(['\r\u001b[K24000', '\r\u001b[K']);
});

test('elsewhere it is a line now and then', () => {
  expect(written(false, false)).toEqual(['godo: 10000\n', 'godo: 20000\n']);
});

test('it can be quiet', () => {
  expect(written(true, true)).toEqual([]);
  expect(written(false, true)).toEqual([]);
});
