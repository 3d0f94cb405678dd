import { RECORD_TYPES } from './generated.ts';
import { readWords } from './words.ts';

const recordTypes = readWords(RECORD_TYPES);

/** The name of an audit record type, as it follows `type=`, e.g. 1300 is `SYSCALL`. */
export function recordTypeName(n: number): string | undefined {
  return recordTypes.get(n);
}

const names: ReadonlySet<string> = new Set(recordTypes.values());

/** Whether there is an audit record type of that name. */
export function isRecordType(name: string): boolean {
  return names.has(name);
}
