/** Folders for what tests write. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A new folder for all of a test file; it goes when the file's tests are done. To be called at its top. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'godo-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new folder in another, for one of several tests that must not see each other's files. */
export function folderIn(folder: string): string {
  return mkdtempSync(join(folder, 'one-'));
}
