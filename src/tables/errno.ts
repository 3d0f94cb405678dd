import { ERRORS } from './generated.ts';
import { readWords } from './words.ts';

const errors = readWords(ERRORS);

/**
 * The name of a positive error number. Numbers from 512 on are the kernel's own: no program
 * sees them, but records show them as `exit=` of a call that a signal interrupted.
 */
export function errnoName(n: number): string | undefined {
  return errors.get(n);
}
