/** The lines that are drawn in front of the rows of a tree. */

/** Columns of one level's drawing. */
const INDENT = 3;
/** Levels drawn in front of a row at most; deeper rows leave out the outer ones, by half of it at a time. */
const MAX_LEVELS = 64;
const MIN_LEVELS = 4;

/** The lines in front of a row. `undrawn`: the outermost levels that have none (roots without a heading). */
export function branches(more: readonly boolean[], undrawn: number, width: number): string {
  const skipped = undrawn + elidedLevels(more.length - undrawn, width);
  let text = skipped > undrawn ? `⋯${skipped} ` : '';
  const own = more.length - 1;
  for (let i = skipped; i < own; i++) text += more[i] ? '│  ' : '   ';
  if (own >= undrawn) text += more[own] ? '├─ ' : '└─ ';
  return text;
}

/**
 * Outer levels left out of a deep row: a drawing as deep as the tree would need space
 * in the square of its depth. In steps, so that neighbouring rows stay aligned.
 */
function elidedLevels(levels: number, width: number): number {
  const half = Math.min(MAX_LEVELS, Math.max(MIN_LEVELS, Math.floor(width / 2 / INDENT)));
  const step = Math.ceil(half / 2);
  return levels <= half ? 0 : Math.ceil((levels - half) / step) * step;
}
