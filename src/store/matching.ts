/** Filters on process documents that are in memory, for those who do not keep them in a store. */
import type { ProcessDocument } from '../model/process.ts';
import { matcherOf } from './embedded/matcher.ts';
import { checkFilter, compiledFilter, storedFilter } from './filter.ts';
import type { Filter } from './store.ts';
import { storedProcess } from './values.ts';

/**
 * Whether a process matches, by the rules of the stores (docs/stores.md). Throws FilterError
 * where the filter is none that a store would take.
 */
export function documentMatcher(filter: Filter): (process: ProcessDocument) => boolean {
  checkFilter(filter);
  const matcher = matcherOf(compiledFilter(storedFilter(filter)));
  return (process) => matcher.test(storedProcess(process, ''));
}
