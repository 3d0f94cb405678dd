import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errnoName } from '../../src/tables/errno.ts';
import { KIND, syscallKind } from '../../src/tables/kinds.ts';
import { recordTypeName } from '../../src/tables/records.ts';
import { signalName } from '../../src/tables/signals.ts';
import {
  ABIS,
  ARCH_AARCH64,
  ARCH_I386,
  ARCH_NAMES,
  ARCH_X86_64,
  syscallName,
  syscallNumber,
  X32_BIT,
} from '../../src/tables/syscalls.ts';
import { readWords } from '../../src/tables/words.ts';
import { skipLoudly } from '../support/skip.ts';

/** An architecture that has no table: big-endian PowerPC. */
const ARCH_PPC = 0x14;

test('words: a number sets the next name, names count on', () => {
  expect([...readWords('\n7 a b\n9 c 3 d\n')]).toEqual([
    [7, 'a'],
    [8, 'b'],
    [9, 'c'],
    [3, 'd'],
  ]);
});

describe('system calls', () => {
  test.each([
    [ARCH_X86_64, 0, 'read'],
    [ARCH_X86_64, 59, 'execve'],
    [ARCH_X86_64, 231, 'exit_group'],
    [ARCH_X86_64, 336, 'uprobe'],
    [ARCH_X86_64, 435, 'clone3'],
    [ARCH_X86_64, 469, 'file_setattr'],
    [ARCH_I386, 1, 'exit'],
    [ARCH_I386, 7, 'waitpid'],
    [ARCH_I386, 252, 'exit_group'],
    [ARCH_I386, 435, 'clone3'],
    [ARCH_AARCH64, 93, 'exit'],
    [ARCH_AARCH64, 220, 'clone'],
    [ARCH_AARCH64, 221, 'execve'],
    [ARCH_AARCH64, 435, 'clone3'],
  ])('%i %i is %s, and back', (arch, nr, name) => {
    expect(syscallName(arch, nr)).toBe(name);
    expect(syscallNumber(arch, name)).toBe(nr);
  });

  test('x32 is told by bit 30', () => {
    expect(syscallName(ARCH_X86_64, X32_BIT + 520)).toBe('execve');
    expect(syscallName(ARCH_X86_64, X32_BIT + 57)).toBe('fork');
    expect(syscallName(ARCH_X86_64, X32_BIT + 59)).toBeUndefined();
    expect(syscallName(ARCH_X86_64, 520)).toBeUndefined();
    expect(syscallNumber(ARCH_X86_64, 'execve')).toBe(59);
  });

  test('what is unknown has no name, no number and no kind', () => {
    for (const arch of [ARCH_X86_64, ARCH_I386, ARCH_AARCH64]) {
      for (const nr of [-1, 400_000, X32_BIT - 1, 2 * X32_BIT, 1.5, Number.NaN]) {
        expect(syscallName(arch, nr)).toBeUndefined();
        expect(syscallKind(arch, nr)).toBe(KIND.other);
      }
      expect(syscallNumber(arch, 'frobnicate')).toBeUndefined();
    }
    expect(syscallName(ARCH_PPC, 2)).toBeUndefined();
    expect(syscallKind(ARCH_PPC, 2)).toBe(KIND.other);
    expect(syscallNumber(ARCH_AARCH64, 'fork')).toBeUndefined();
  });

  test('the known architectures', () => {
    expect([...ARCH_NAMES.values()]).toEqual(['x86_64', 'i386', 'aarch64']);
    expect(ARCH_NAMES.get(0xc000003e)).toBe('x86_64');
  });

  test('a call has the kind of its name, every other call is other', () => {
    const kinds = new Map<string, number>(Object.entries(KIND));
    const all = [
      [ARCH_X86_64, 0, ABIS.x86_64],
      [ARCH_X86_64, X32_BIT, ABIS.x32],
      [ARCH_I386, 0, ABIS.i386],
      [ARCH_AARCH64, 0, ABIS.aarch64],
    ] as const;
    for (const [arch, offset, names] of all) {
      for (const [nr, name] of names) {
        expect(syscallKind(arch, nr + offset), name).toBe(kinds.get(name) ?? KIND.other);
      }
    }
  });

  test('kinds are distinct, fit a byte, and name calls that exist', () => {
    const values = Object.values(KIND);
    expect(new Set(values).size).toBe(values.length);
    expect(Math.max(...values)).toBeLessThan(256);
    const calls = new Set([...ABIS.x86_64.values(), ...ABIS.i386.values()]);
    const { other: _, ...named } = KIND;
    expect(Object.keys(named).filter((name) => !calls.has(name))).toEqual([]);
  });
});

test.each([
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [11, 'EAGAIN'],
  [35, 'EDEADLK'],
  [133, 'EHWPOISON'],
  [512, 'ERESTARTSYS'],
  [513, 'ERESTARTNOINTR'],
  [514, 'ERESTARTNOHAND'],
  [516, 'ERESTART_RESTARTBLOCK'],
  [0, undefined],
  [-2, undefined],
  [41, undefined],
])('error %i is %s', (n, name) => {
  expect(errnoName(n)).toBe(name);
});

test.each([
  [1, 'SIGHUP'],
  [6, 'SIGABRT'],
  [9, 'SIGKILL'],
  [29, 'SIGIO'],
  [31, 'SIGSYS'],
  [32, undefined],
  [33, undefined],
  [34, 'SIGRTMIN'],
  [35, 'SIGRTMIN+1'],
  [49, 'SIGRTMIN+15'],
  [50, 'SIGRTMAX-14'],
  [64, 'SIGRTMAX'],
  [0, undefined],
  [65, undefined],
])('signal %i is %s', (n, name) => {
  expect(signalName(n)).toBe(name);
});

test.each([
  [1112, 'USER_LOGIN'],
  [1200, 'DAEMON_START'],
  [1300, 'SYSCALL'],
  [1318, 'OBJ_PID'],
  [1320, 'EOE'],
  [1334, 'BPF'],
  [1420, 'IPE_ACCESS'],
  [1701, 'ANOM_ABEND'],
  [2404, 'CRYPTO_KEY_USER'],
  [1299, undefined],
])('record type %i is %s', (n, name) => {
  expect(recordTypeName(n)).toBe(name);
});

/**
 * Numbers and names of `#define PREFIXname number` in a kernel header of this machine; every
 * number that a name is given, as some depend on conditions. Skips the test without the header.
 */
function header(path: string, prefix: string): Map<string, number[]> {
  const file = ['/usr/include/x86_64-linux-gnu', '/usr/include']
    .map((dir) => `${dir}/${path}`)
    .find(existsSync);
  if (file === undefined) skipLoudly(`no ${path}: install linux-libc-dev`);
  const found = new Map<string, number[]>();
  const define = new RegExp(
    `^#define\\s+${prefix}(\\w+)\\s+(?:\\(__X32_SYSCALL_BIT \\+ )?(\\d+)`,
    'gm',
  );
  for (const [, name = '', number] of readFileSync(file, 'utf8').matchAll(define)) {
    found.set(name, [...(found.get(name) ?? []), Number(number)]);
  }
  expect(found.size).toBeGreaterThan(0);
  return found;
}

describe("against this machine's own kernel headers", () => {
  test.each([
    ['asm/unistd_64.h', ABIS.x86_64],
    ['asm/unistd_32.h', ABIS.i386],
    ['asm/unistd_x32.h', ABIS.x32],
  ])('%s', (path, names) => {
    const theirs = new Map<number, string>();
    for (const [name, numbers] of header(path, '__NR_')) {
      for (const nr of numbers) theirs.set(nr, name);
    }
    // Either side may be the newer one: they are compared up to where the older one ends.
    // x32 has a second range from 512 on, closed long ago.
    const last = (table: ReadonlyMap<number, string>): number =>
      Math.max(...[...table.keys()].filter((nr) => nr < 512));
    const end = Math.min(last(names), last(theirs));
    for (let nr = 0; nr < 600; nr++) {
      if (nr > end && nr < 512) continue;
      const name = names.get(nr);
      // These two came after 424 and up and took free numbers below.
      if (theirs.has(nr) || !['uretprobe', 'uprobe'].includes(name ?? '')) {
        expect(name, `${nr}`).toBe(theirs.get(nr));
      }
    }
  });

  test('asm-generic/unistd.h, which is aarch64', () => {
    const theirs = header('asm-generic/unistd.h', '__NR(?:3264)?_');
    // Two names that the header gives to 64-bit machines by a further #define.
    theirs.set('newfstatat', theirs.get('fstatat') ?? []);
    const newest = theirs.get('syscalls')?.[0] ?? 0;
    expect(newest).toBeGreaterThan(400);
    for (const [nr, name] of ABIS.aarch64) {
      if (nr < newest) expect(theirs.get(name), name).toContain(nr);
    }
  });

  test('errors, signals and record types', () => {
    const errors = [
      ...header('asm-generic/errno-base.h', ''),
      ...header('asm-generic/errno.h', ''),
    ];
    for (const [name, [n = 0]] of errors) expect(errnoName(n)).toBe(name);
    for (const [name, [n = 0]] of header('asm/signal.h', 'SIG')) {
      const aliases = ['IOT', 'LOST', 'UNUSED', 'RTMIN', 'STKSZ'];
      if (!aliases.includes(name)) expect(signalName(n)).toBe(`SIG${name}`);
    }
    for (const [name, [n = 0]] of header('linux/audit.h', 'AUDIT_')) {
      const isType = n >= 1000 && n < 3000 && !/^(FIRST|LAST)_/.test(name);
      if (isType) expect(recordTypeName(n)).toBe(name);
    }
  });
});
