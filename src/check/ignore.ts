/** What varies between recordings of the same: patterns for what is not to be compared. */

/** Patterns that have a name. */
const NAMED: Readonly<Record<string, string>> = {
  /** What comes first below a folder for temporary files. */
  tmp: '(?<=/(?:tmp|shm)/)[^/\\s:;,=\'"]+',
  /** Runs of 7 and more, since a commit has that many at least; a word in letters alone is none. */
  hex: '(?<![0-9A-Za-z])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{7,}(?![0-9A-Za-z])',
  uuid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  number: '[0-9]+',
};

/** Their names, for help and messages. */
export const IGNORE_NAMES: readonly string[] = Object.keys(NAMED);

/** The pattern of that name, or the one that the text is; else why it is none. */
export function ignorePattern(text: string): RegExp | string {
  try {
    const pattern = new RegExp(NAMED[text] ?? text, 'gu');
    return pattern.test('') ? 'it finds the empty text everywhere' : pattern;
  } catch (error) {
    return (error as Error).message;
  }
}
