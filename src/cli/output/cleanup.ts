/** What must be removed when a signal ends the program in the middle of its work. */
import { ENDING_SIGNALS } from '../interrupt.ts';

const cleanings = new Set<() => void>();

/**
 * Has `clean` called if a signal ends the program; it must do its work at once. Gives the
 * function that takes this back.
 */
export function atInterrupt(clean: () => void): () => void {
  if (cleanings.size === 0) for (const signal of ENDING_SIGNALS) process.on(signal, interrupted);
  cleanings.add(clean);
  return () => {
    if (cleanings.delete(clean) && cleanings.size === 0) release();
  };
}

function interrupted(signal: NodeJS.Signals): void {
  for (const clean of cleanings) clean();
  cleanings.clear();
  release();
  // By the signal itself, so that a shell sees what ended it.
  process.kill(process.pid, signal);
}

function release(): void {
  for (const signal of ENDING_SIGNALS) process.off(signal, interrupted);
}
