import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { storeSuite } from '../../support/stores/suite.ts';

let folder = '';
let count = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'godo-store-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

storeSuite(async () => join(folder, `${count++}`));
