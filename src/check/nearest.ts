/** The name that was probably meant: one of `names` that differs in a third of its letters at most. */
export function nearest(text: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(text, name);
    if (distance * 3 > name.length || distance >= least) continue;
    best = name;
    least = distance;
  }
  return best;
}

/** Letters to put in, take out or change (Levenshtein). Long texts are not compared. */
function editDistance(a: string, b: string): number {
  if (a.length > 40 || b.length > 40) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, above[j] + 1, row[j - 1] + 1));
    }
    above = row;
  }
  return above[b.length];
}
