import { constants } from 'node:os';
import type { RecordOptions, RecordResult } from '../capture/record.ts';
import { EXIT } from './analysis.ts';

/** `godo record`: gives the exit status, which for a command is the command's. */
export async function recordCommand(options: RecordOptions, version: string): Promise<number> {
  // Only here: analysis does without the native code that it loads.
  const { CannotRecord, isFailure, record } = await import('../capture/record.ts');
  const around = {
    version,
    restoreCommand: [process.execPath, process.argv[1], 'doctor', '--fix'],
    say: (text: string) => process.stderr.write(`godo: ${text}\n`),
  };
  let result: RecordResult;
  try {
    result = await record(options, around);
  } catch (error) {
    if (!(error instanceof CannotRecord)) throw error;
    around.say(error.message);
    return EXIT.unable;
  }
  around.say(summaryOf(result, options.output));
  if (isFailure(result.reason)) return EXIT.stopped;
  if (result.signal !== undefined) return 128 + constants.signals[result.signal];
  return result.exitCode ?? EXIT.fine;
}

function summaryOf({ records, bytes, ms, lost, losses }: RecordResult, output: string): string {
  const size = bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const loss =
    losses === 0 ? 'nothing lost' : `${lost} LOST in ${losses} places: godo info ${output}`;
  return `${records} records, ${size} in ${(ms / 1000).toFixed(1)} s to ${output}; ${loss}`;
}
