import { ABIS, ARCH_AARCH64, ARCH_I386, ARCH_X86_64, X32_BIT } from './syscalls.ts';

/**
 * The system calls that say something about processes, as small integers: what
 * the stages switch on instead of a number that differs by architecture.
 * A name here is the kernel's name of the call; `other` is every other call.
 */
export const KIND = {
  other: 0,
  fork: 1,
  vfork: 2,
  clone: 3,
  clone3: 4,
  execve: 5,
  execveat: 6,
  exit: 7,
  exit_group: 8,
  wait4: 9,
  waitid: 10,
  waitpid: 11,
  kill: 12,
  tkill: 13,
  tgkill: 14,
  rt_sigqueueinfo: 15,
  rt_tgsigqueueinfo: 16,
  pidfd_send_signal: 17,
  setsid: 18,
  setpgid: 19,
  unshare: 20,
  setns: 21,
  prctl: 22,
  chdir: 23,
  fchdir: 24,
  set_tid_address: 25,
  getpid: 26,
  gettid: 27,
} as const;

/** A KIND per number of one architecture. */
function kindsOf(names: ReadonlyMap<number, string>): Uint8Array {
  const byName = new Map<string, number>(Object.entries(KIND));
  const kinds = new Uint8Array(Math.max(...names.keys()) + 1);
  for (const [nr, name] of names) kinds[nr] = byName.get(name) ?? KIND.other;
  return kinds;
}

const x86_64 = kindsOf(ABIS.x86_64);
const x32 = kindsOf(ABIS.x32);
const i386 = kindsOf(ABIS.i386);
const aarch64 = kindsOf(ABIS.aarch64);

/**
 * The KIND of a system call; `KIND.other` for an unknown architecture or number.
 * Called once per event, so it is an array access and nothing else.
 */
export function syscallKind(arch: number, nr: number): number {
  if (arch === ARCH_X86_64) return (nr < X32_BIT ? x86_64[nr] : x32[nr - X32_BIT]) ?? KIND.other;
  if (arch === ARCH_AARCH64) return aarch64[nr] ?? KIND.other;
  if (arch === ARCH_I386) return i386[nr] ?? KIND.other;
  return KIND.other;
}
