import { readFile, stat } from 'node:fs/promises';
import { type Expectation, type ReadFilter, readExpectations } from '../../check/expectations.ts';
import { MAX_CHARACTERS, type Problem } from '../../check/located.ts';
import { reasonOf } from '../../source/inputs.ts';
import { readFilter } from '../../store/filter.ts';
import { documentMatcher } from '../../store/matching.ts';
import { FilterError } from '../../store/store.ts';

/** What came of a file of expectations; `unreadable` says in words why there is none. */
export type ExpectationFile =
  | { readonly expectations: readonly Expectation[] }
  | { readonly problems: readonly Problem[] }
  | { readonly unreadable: string };

/** The filters of expectations are those of stores. */
export const filterOf: ReadFilter = (value) => {
  try {
    return { matches: documentMatcher(readFilter(value)) };
  } catch (error) {
    if (error instanceof FilterError) return { message: error.message };
    throw error;
  }
};

/** Reads a file of expectations: UTF-8, in YAML or JSON. */
export async function readExpectationFile(path: string): Promise<ExpectationFile> {
  let bytes: Uint8Array;
  try {
    // A character has four bytes at most; more than that need not be read to be refused.
    if ((await stat(path)).size > 4 * MAX_CHARACTERS) return { unreadable: 'it is too large' };
    bytes = await readFile(path);
  } catch (error) {
    return { unreadable: reasonOf(error) };
  }
  const text = decoded(bytes);
  return text === undefined ? { unreadable: 'it is not UTF-8' } : readExpectations(text, filterOf);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
