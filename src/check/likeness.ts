/** How much two processes have in common, from 0 to 1, at a bounded cost. */
import type { TreeProcess } from '../model/difference.ts';
import { comparedRan, type KeyedTree } from './keys.ts';

/** Children, words and characters that are looked at, of each. */
const MOST_CHILDREN = 64;
const MOST_WORDS = 256;
const MOST_CHARACTERS = 16_384;

/** What the words of a script and of most arguments lie between. */
const BETWEEN_WORDS = /[\s;'"=]+/;

/** The words of all arguments of what it ran last. */
export function wordsOf(p: TreeProcess, ignore: readonly RegExp[]): readonly string[] {
  const last = comparedRan(p, ignore).findLast(({ failed }) => !failed);
  const text = (last?.args ?? []).join(' ').slice(0, MOST_CHARACTERS);
  return text.split(BETWEEN_WORDS, MOST_WORDS);
}

/** By the words that both have, wherever they stand. */
export function argumentLikeness(
  a: TreeProcess,
  b: TreeProcess,
  ignore: readonly RegExp[],
): number {
  const [first, second] = [wordsOf(a, ignore), wordsOf(b, ignore)];
  return shared(first, second) / Math.max(first.length, second.length);
}

/** How many items two lists have in common, each as often as in the one that has it less often. */
function shared<T>(a: readonly T[], b: readonly T[]): number {
  const counts = new Map<T, number>();
  for (const item of a) counts.set(item, (counts.get(item) ?? 0) + 1);
  let common = 0;
  for (const item of b) {
    const count = counts.get(item) ?? 0;
    if (count === 0) continue;
    counts.set(item, count - 1);
    common++;
  }
  return common;
}

/** Equal subtrees count most, then equal commands, then equal programs. Without children it is 1. */
export function childrenLikeness(a: KeyedTree, x: number, b: KeyedTree, y: number): number {
  const [first, second] = [firstChildren(a, x), firstChildren(b, y)];
  const most = Math.max(first.length, second.length);
  if (most === 0) return 1;
  let score = 0;
  for (const [key, weight] of [
    ['bag', 3],
    ['command', 2],
    ['program', 1],
  ] as const) {
    const numbers = [first.map((i) => a[key][i]), second.map((k) => b[key][k])];
    score += weight * shared(numbers[0], numbers[1]);
  }
  return score / (6 * most);
}

function firstChildren({ tree: { size } }: KeyedTree, place: number): number[] {
  const children: number[] = [];
  const end = place + size[place];
  for (let child = place + 1; child < end && children.length < MOST_CHILDREN; ) {
    children.push(child);
    child += size[child];
  }
  return children;
}
