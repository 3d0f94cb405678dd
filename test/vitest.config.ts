import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/**/*.test.ts'],
    // Single tests analyze whole recordings or kill programs for twenty seconds. A machine that
    // is busy with other things takes several times as long, and only a hang is a failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
