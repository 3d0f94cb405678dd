import { SIGNALS } from './generated.ts';
import { readWords } from './words.ts';

const signals = readWords(SIGNALS);

/** glibc's first and last real-time signals; the kernel's 32 and 33 are its own and have no name. */
const RTMIN = 34;
const RTMAX = 64;

/** The name of a signal; real-time ones as bash's `kill -l` has them, e.g. `SIGRTMIN+2`. */
export function signalName(n: number): string | undefined {
  if (n < RTMIN || n > RTMAX) return signals.get(n);
  if (n === RTMIN) return 'SIGRTMIN';
  if (n === RTMAX) return 'SIGRTMAX';
  return n - RTMIN <= 15 ? `SIGRTMIN+${n - RTMIN}` : `SIGRTMAX-${RTMAX - n}`;
}

/** The number of a signal by that name, e.g. 15 for `SIGTERM`; undefined where no signal has it. */
export function signalNumber(name: string): number | undefined {
  for (let n = 1; n <= RTMAX; n++) if (signalName(n) === name) return n;
  return undefined;
}

/** The signal's name, or its number where it has none. */
export function signalText(signal: number): string {
  return signalName(signal) ?? `signal ${signal}`;
}
