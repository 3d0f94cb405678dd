import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Whether a process is there; a zombie is not. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Fails unless none of them is there soon: a process that was killed closes its files before it is gone. */
export async function areGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(lives), { timeout: 60_000 }).toEqual([]);
}
