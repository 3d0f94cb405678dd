import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/**/*.test.ts'],
    // Whole analyses of the larger recordings run in single tests.
    testTimeout: 30_000,
  },
});
