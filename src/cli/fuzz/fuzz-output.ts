/** What `godo fuzz` writes: variants that are answered differently, and the report. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { wordsOf } from '../../base/errors.ts';
import { decodeText } from '../../base/text.ts';
import { type FuzzFailure, type FuzzShrunk, SHOWN_LINES } from '../../model/fuzz.ts';
import { plainLog } from '../../replay/plain.ts';
import type { Recording } from '../../replay/recording.ts';
import type { Delivery } from '../../replay/variants.ts';
import type { CloserLook, Failed } from './fuzzing.ts';
import { OutputError } from '../output/output.ts';
import type { Shrunk } from './shrinking.ts';

/** Writes those that were looked at closer into the folder. Rejects with an OutputError. */
export async function writeFailures(
  recording: Recording,
  all: readonly Failed[],
  seed: number,
  folder: string,
): Promise<FuzzFailure[]> {
  const failures: FuzzFailure[] = [];
  for (const { path, how, closer } of all) {
    const base = join(folder, `${seed}-${path.replace(':', '-')}`);
    const more = closer === undefined ? {} : await writeVariant(recording, closer, base);
    failures.push({ path, how, ...more });
  }
  return failures;
}

async function writeVariant(
  recording: Recording,
  { delivery, flaky, shrunk }: CloserLook,
  base: string,
): Promise<Partial<FuzzFailure>> {
  const file = `${base}.log`;
  await writeLines(recording, delivery, file);
  return {
    file,
    ...(flaky ? { flaky } : {}),
    ...(shrunk === undefined ? {} : { shrunk: await writeShrunk(recording, shrunk, base) }),
  };
}

async function writeShrunk(
  recording: Recording,
  shrunk: Shrunk,
  base: string,
): Promise<FuzzShrunk> {
  const { delivery, reference, events, inversions, minimal, runs } = shrunk;
  const file = `${base}.min.log`;
  const plain = `${base}.min.plain.log`;
  await writeLines(recording, delivery, file);
  await writeLines(recording, reference, plain);
  const lines = delivery.lines.length;
  const shown =
    lines > SHOWN_LINES
      ? undefined
      : Array.from(delivery.lines, (line) => decodeText(recording.line(line)));
  return {
    events,
    lines,
    inversions,
    minimal,
    runs,
    file,
    reference: plain,
    ...(shown === undefined ? {} : { shown }),
  };
}

/** Audit records in the order in which they come; a second witness's lines in a file of theirs. */
async function writeLines(recording: Recording, { lines }: Delivery, file: string): Promise<void> {
  const told = lines.filter((line) => recording.isConnector(line));
  const logged = lines.filter((line) => !recording.isConnector(line));
  try {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, plainLog(recording, logged));
    if (told.length === 0) return;
    await writeFile(file.replace(/\.log$/, '.connector.ndjson'), plainLog(recording, told));
  } catch (error) {
    throw new OutputError(wordsOf(error));
  }
}
