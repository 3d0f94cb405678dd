import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf } from '../../source/inputs.ts';
import { OutputError } from './output.ts';

/**
 * Writes a file as a whole: whoever reads it sees what was there before, or all of this. Throws
 * OutputError where it cannot be written; then the file is as it was.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  // In the same folder, since a rename is only whole within one file system. Hidden, so that
  // what a crash leaves is taken for nothing else.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new OutputError(`${path}: ${reasonOf(error)}`);
  }
}
