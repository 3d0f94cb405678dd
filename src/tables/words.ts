/**
 * Reads a table in the form that generated.ts describes: `0 read write 60 exit`
 * is read 0, write 1, exit 60.
 */
export function readWords(words: string): ReadonlyMap<number, string> {
  const table = new Map<number, string>();
  let next = 0;
  for (const word of words.trim().split(/\s+/)) {
    const number = Number(word);
    if (Number.isNaN(number)) table.set(next++, word);
    else next = number;
  }
  return table;
}
