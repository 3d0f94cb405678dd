import { afterEach, expect, test, vi } from 'vitest';
import { skipLoudly } from '../support/skip.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

// The other way, a skip, would be a skipped test, which CI forbids.
test('under CI a skip is a failure that says why', () => {
  vi.stubEnv('CI', 'true');
  expect(() => skipLoudly('the moon is full')).toThrow('the moon is full');
});
