/** Whether a name matches a pattern: `*` is any text, `?` one character, all else itself. */
export function globMatcher(pattern: string): (name: string) => boolean {
  const characters = Array.from(pattern);
  return (name) => matches(Array.from(name), characters);
}

/** Goes back to the last `*` only: what an earlier one could take, a later one can, too. */
function matches(name: readonly string[], pattern: readonly string[]): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let taken = 0;
  while (at < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      taken = at;
    } else if (pattern[p] === '?' || pattern[p] === name[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
