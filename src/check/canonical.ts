/**
 * Output of programs in a form in which what means the same is the same. Bytes are taken as latin1
 * throughout, so that no output is too odd to be compared.
 */
import { compareText } from '../base/compare.ts';

/**
 * `none`: byte for byte. `sort`: lines sorted. `keys`: keys of JSON lines sorted, then lines; numbers
 * are compared as doubles.
 */
export const CANONICAL_FORMS = ['none', 'sort', 'keys'] as const;

export type CanonicalForm = (typeof CANONICAL_FORMS)[number];

/** The output in that form, as latin1. */
export function canonical(output: Buffer, form: CanonicalForm): string {
  const text = output.toString('latin1');
  if (form === 'none') return text;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const said = form === 'keys' ? lines.map(sortedKeys) : lines;
  return said.toSorted(compareText).join('\n');
}

/** A line of JSON with all keys in order, and without blanks; any other line as it is. */
function sortedKeys(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), (_, value: unknown) => inOrder(value));
  } catch {
    // Not JSON, or nested so deep that it cannot be handled: compared as it is.
    return line;
  }
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => compareText(a, b)));
}
