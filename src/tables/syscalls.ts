/**
 * System calls by architecture. `arch` is the number of a SYSCALL record's `arch=`,
 * `nr` that of its `syscall=`; x32 is x86-64 with bit 30 set in `nr`.
 */
import { AARCH64, I386, X32, X86_64 } from './generated.ts';
import { readWords } from './words.ts';

export const ARCH_X86_64 = 0xc000003e;
export const ARCH_I386 = 0x40000003;
export const ARCH_AARCH64 = 0xc00000b7;

/** What sets an x32 call apart from one of x86-64. */
export const X32_BIT = 0x40000000;

/** The architectures whose system calls are known, in the audit tools' spelling. */
export const ARCH_NAMES: ReadonlyMap<number, string> = new Map([
  [ARCH_X86_64, 'x86_64'],
  [ARCH_I386, 'i386'],
  [ARCH_AARCH64, 'aarch64'],
]);

/** Names by number; x32's without bit 30. */
export const ABIS = {
  x86_64: readWords(X86_64),
  x32: readWords(X32),
  i386: readWords(I386),
  aarch64: readWords(AARCH64),
} as const;

function byName(names: ReadonlyMap<number, string>): ReadonlyMap<string, number> {
  return new Map([...names].map(([nr, name]) => [name, nr]));
}

const NUMBERS: ReadonlyMap<number, ReadonlyMap<string, number>> = new Map([
  [ARCH_X86_64, byName(ABIS.x86_64)],
  [ARCH_I386, byName(ABIS.i386)],
  [ARCH_AARCH64, byName(ABIS.aarch64)],
]);

/** The kernel's name of a system call; undefined for an unknown architecture or number. */
export function syscallName(arch: number, nr: number): string | undefined {
  if (arch === ARCH_X86_64) return nr < X32_BIT ? ABIS.x86_64.get(nr) : ABIS.x32.get(nr - X32_BIT);
  if (arch === ARCH_AARCH64) return ABIS.aarch64.get(nr);
  if (arch === ARCH_I386) return ABIS.i386.get(nr);
  return undefined;
}

/** The number of a system call; on x86-64 that of the 64-bit call, never of x32's. */
export function syscallNumber(arch: number, name: string): number | undefined {
  return NUMBERS.get(arch)?.get(name);
}

/** Whether any architecture has a system call of that name. */
export function isSyscall(name: string): boolean {
  return [...NUMBERS.values()].some((numbers) => numbers.has(name));
}
