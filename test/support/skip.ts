import { TestRunner } from 'vitest';

/**
 * Skips the running test and says why on stderr. Under `CI=true` it fails the test
 * instead: there a check that did not run must not look like one that passed.
 * Call it inside a test, before anything it would skip.
 */
export function skipLoudly(reason: string): never {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error(`skipLoudly outside a test: ${reason}`);
  if (process.env.CI === 'true') throw new Error(`cannot run, and CI skips nothing: ${reason}`);
  console.error(`SKIPPED ${test.name}: ${reason}`);
  return test.context.skip(reason);
}
