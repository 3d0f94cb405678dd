/**
 * Audit rules as the kernel takes them (`struct audit_rule_data`): godo's own, and any
 * rule in the words of auditctl.
 */
import {
  ARCH_AARCH64,
  ARCH_I386,
  ARCH_X86_64,
  syscallName,
  syscallNumber,
} from '../tables/syscalls.ts';

/** What marks godo's rules: `auditctl -l -k godo` lists them, `godo doctor --fix` removes them. */
const RULE_KEY = 'godo';

const MASK_WORDS = 64;
const MAX_FIELDS = 64;
const MASK = 12;
const FIELD = MASK + 4 * MASK_WORDS;
const VALUE = FIELD + 4 * MAX_FIELDS;
const OPERATOR = VALUE + 4 * MAX_FIELDS;
const TEXT_LENGTH = OPERATOR + 4 * MAX_FIELDS;
const TEXT = TEXT_LENGTH + 4;

const FILTER_EXIT = 4;
const ALWAYS = 2;

const AUDIT_PID = 0;
const AUDIT_ARCH = 11;
const AUDIT_SESSIONID = 25;
const AUDIT_ARG0 = 200;
const AUDIT_FILTERKEY = 210;

const EQUAL = 0x40000000;
const NOT_EQUAL = 0x30000000;
const BIT_MASK = 0x08000000;

const OPERATORS: ReadonlyMap<number, string> = new Map([
  [EQUAL, '='],
  [NOT_EQUAL, '!='],
  [BIT_MASK, '&'],
  [0x48000000, '&='],
  [0x10000000, '<'],
  [0x20000000, '>'],
  [0x50000000, '<='],
  [0x60000000, '>='],
]);

/** Fields whose value is a length of text. */
const TEXT_FIELDS: ReadonlySet<number> = new Set([
  13,
  14,
  15,
  16,
  17,
  19,
  20,
  21,
  22,
  23,
  105,
  107,
  112,
  AUDIT_FILTERKEY,
]);

const FIELD_NAMES: ReadonlyMap<number, string> = new Map([
  [AUDIT_PID, 'pid'],
  [1, 'uid'],
  [2, 'euid'],
  [3, 'suid'],
  [4, 'fsuid'],
  [5, 'gid'],
  [6, 'egid'],
  [7, 'sgid'],
  [8, 'fsgid'],
  [9, 'auid'],
  [10, 'pers'],
  [AUDIT_ARCH, 'arch'],
  [12, 'msgtype'],
  [13, 'subj_user'],
  [14, 'subj_role'],
  [15, 'subj_type'],
  [16, 'subj_sen'],
  [17, 'subj_clr'],
  [18, 'ppid'],
  [19, 'obj_user'],
  [20, 'obj_role'],
  [21, 'obj_type'],
  [22, 'obj_lev_low'],
  [23, 'obj_lev_high'],
  [24, 'loginuid_set'],
  [AUDIT_SESSIONID, 'sessionid'],
  [26, 'fstype'],
  [100, 'devmajor'],
  [101, 'devminor'],
  [102, 'inode'],
  [103, 'exit'],
  [104, 'success'],
  [105, 'path'],
  [106, 'perm'],
  [107, 'dir'],
  [108, 'filetype'],
  [109, 'obj_uid'],
  [110, 'obj_gid'],
  [111, 'field_compare'],
  [112, 'exe'],
  [113, 'saddr_fam'],
  [AUDIT_ARG0, 'a0'],
  [201, 'a1'],
  [202, 'a2'],
  [203, 'a3'],
  [AUDIT_FILTERKEY, 'key'],
]);

const FILTERS: ReadonlyMap<number, string> = new Map([
  [0, 'user'],
  [1, 'task'],
  [FILTER_EXIT, 'exit'],
  [5, 'exclude'],
  [6, 'filesystem'],
  [7, 'io_uring'],
]);

const ACTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'never'],
  [1, 'possible'],
  [ALWAYS, 'always'],
]);

/** What godo's rules ask for beyond the calls. */
export interface Scope {
  /** Records nothing of this process. */
  readonly notPid: number;
  /** Only processes of this audit session. */
  readonly session?: number;
}

/** Calls of one rule; all of them where `names` is absent. */
interface Calls {
  readonly names?: readonly string[];
  /** Only with such an argument: its index, the test and the value. */
  readonly argument?: readonly [index: number, operator: number, value: number];
}

export type Profile = 'processes' | 'files' | 'all';

const PR_SET_PDEATHSIG = 1;
const PR_SET_CHILD_SUBREAPER = 36;

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

const PROCESSES: readonly Calls[] = [
  {
    names: words(`
      fork vfork clone clone3 execve execveat exit exit_group wait4 waitid waitpid
      kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
      setsid setpgid unshare setns chdir fchdir set_tid_address
    `),
  },
  // The two requests that say something about processes: allocators call prctl all the time
  // to name memory.
  { names: ['prctl'], argument: [0, EQUAL, PR_SET_PDEATHSIG] },
  { names: ['prctl'], argument: [0, EQUAL, PR_SET_CHILD_SUBREAPER] },
];

/** O_WRONLY, O_RDWR, O_CREAT and O_TRUNC, the same on all architectures here. */
const OPEN_TO_CHANGE = 0o1103;

const FILES: readonly Calls[] = [
  { names: ['open'], argument: [1, BIT_MASK, OPEN_TO_CHANGE] },
  { names: ['openat'], argument: [2, BIT_MASK, OPEN_TO_CHANGE] },
  {
    names: words(`
      openat2 open_by_handle_at creat close dup dup2 dup3
      write pwrite64 writev pwritev pwritev2 sendfile sendfile64 splice copy_file_range
      truncate truncate64 ftruncate ftruncate64 fallocate
      rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat
      mkdir mkdirat rmdir mknod mknodat mount umount2 pivot_root chroot
      chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat chown32 fchown32 lchown32
      utime utimes futimesat utimensat utimensat_time64
      setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
    `),
  },
];

const CALLS: Readonly<Record<Profile, readonly Calls[]>> = {
  processes: PROCESSES,
  files: [...PROCESSES, ...FILES],
  all: [{}],
};

/** The machine's architectures, its own first: an audit rule is for one. */
function archesOf(machine: string): readonly number[] {
  if (machine === 'x64') return [ARCH_X86_64, ARCH_I386];
  return machine === 'arm64' ? [ARCH_AARCH64] : [];
}

/**
 * godo's rules for a profile, or for calls by name; `machine` as in `process.arch`.
 * Empty for a machine whose calls are unknown.
 */
export function godoRules(
  what: Profile | readonly string[],
  scope: Scope,
  machine: string,
): Buffer[] {
  const calls = typeof what === 'string' ? CALLS[what] : [{ names: what }];
  const rules: Buffer[] = [];
  for (const arch of archesOf(machine)) {
    for (const call of calls) {
      const rule = ruleFor(arch, call, scope);
      if (rule !== undefined) rules.push(rule);
    }
  }
  return rules;
}

/** Undefined where the architecture has none of the calls. */
function ruleFor(arch: number, { names, argument }: Calls, scope: Scope): Buffer | undefined {
  const key = Buffer.from(RULE_KEY);
  const rule = Buffer.alloc(TEXT + key.length);
  rule.writeUInt32LE(FILTER_EXIT, 0);
  rule.writeUInt32LE(ALWAYS, 4);
  if (names === undefined) {
    // The last word names classes of calls.
    rule.fill(0xff, MASK, FIELD - 4);
  } else {
    const numbers = names.map((name) => syscallNumber(arch, name)).filter((nr) => nr !== undefined);
    if (numbers.length === 0) return undefined;
    for (const nr of numbers) rule[MASK + (nr >> 3)] |= 1 << (nr & 7);
  }
  const add = (field: number, operator: number, value: number): void => {
    const i = rule.readUInt32LE(8);
    rule.writeUInt32LE(field, FIELD + 4 * i);
    rule.writeUInt32LE(value, VALUE + 4 * i);
    rule.writeUInt32LE(operator, OPERATOR + 4 * i);
    rule.writeUInt32LE(i + 1, 8);
  };
  // The kernel wants it first.
  add(AUDIT_ARCH, EQUAL, arch);
  if (scope.session !== undefined) add(AUDIT_SESSIONID, EQUAL, scope.session);
  if (argument !== undefined) add(AUDIT_ARG0 + argument[0], argument[1], argument[2]);
  add(AUDIT_PID, NOT_EQUAL, scope.notPid);
  add(AUDIT_FILTERKEY, EQUAL, key.length);
  rule.writeUInt32LE(key.length, TEXT_LENGTH);
  key.copy(rule, TEXT);
  return rule;
}

interface Field {
  readonly field: number;
  readonly operator: number;
  readonly value: number;
  readonly text?: string;
}

function fieldsOf(rule: Buffer): Field[] {
  const count = Math.min(rule.readUInt32LE(8), MAX_FIELDS);
  const fields: Field[] = [];
  let at = TEXT;
  for (let i = 0; i < count; i++) {
    const field = rule.readUInt32LE(FIELD + 4 * i);
    const value = rule.readUInt32LE(VALUE + 4 * i);
    const operator = rule.readUInt32LE(OPERATOR + 4 * i);
    if (TEXT_FIELDS.has(field)) {
      fields.push({ field, operator, value, text: rule.toString('latin1', at, at + value) });
      at += value;
    } else {
      fields.push({ field, operator, value });
    }
  }
  return fields;
}

/** Whether it is one of godo's, of this recording or of one that left it behind. */
export function isGodoRule(rule: Buffer): boolean {
  return fieldsOf(rule).some(({ field, text }) => field === AUDIT_FILTERKEY && text === RULE_KEY);
}

/** Whether it keeps processes born from now on out of all audit: `-a never,task`. */
export function silencesTasks(rule: Buffer): boolean {
  return (rule.readUInt32LE(0) & 7) === 1 && rule.readUInt32LE(4) === 0;
}

/** A rule in the words of auditctl. */
export function ruleText(rule: Buffer): string {
  const filter = rule.readUInt32LE(0) & 0xf;
  const action = rule.readUInt32LE(4);
  const parts = [`-a ${ACTIONS.get(action) ?? action},${FILTERS.get(filter) ?? filter}`];
  const fields = fieldsOf(rule);
  const arch = fields.find(({ field }) => field === AUDIT_ARCH)?.value;
  for (const { field, operator, value, text } of fields) {
    if (field === AUDIT_FILTERKEY) continue;
    parts.push(
      `-F ${FIELD_NAMES.get(field) ?? `field${field}`}${OPERATORS.get(operator) ?? '?'}${valueText(field, value, text)}`,
    );
    if (field === AUDIT_ARCH && filter === FILTER_EXIT) parts.push(...callsText(rule, arch));
  }
  if (arch === undefined && filter === FILTER_EXIT) parts.push(...callsText(rule, undefined));
  const key = fields.find(({ field }) => field === AUDIT_FILTERKEY)?.text;
  if (key !== undefined) parts.push(`-k ${key.replaceAll('\x01', ',')}`);
  return parts.join(' ');
}

function valueText(field: number, value: number, text: string | undefined): string {
  if (text !== undefined) return text;
  if (field === AUDIT_ARCH) {
    if (value === ARCH_X86_64 || value === ARCH_AARCH64) return 'b64';
    return value === ARCH_I386 ? 'b32' : `0x${value.toString(16)}`;
  }
  if (field === 104) return value === 0 ? '0' : '1';
  return field >= AUDIT_ARG0 ? `0x${value.toString(16)}` : String(value | 0);
}

function callsText(rule: Buffer, arch: number | undefined): string[] {
  const numbers: number[] = [];
  for (let nr = 0; nr < 32 * MASK_WORDS; nr++) {
    if ((rule[MASK + (nr >> 3)] & (1 << (nr & 7))) !== 0) numbers.push(nr);
  }
  // The kernel adds no bits: a rule for all calls has very nearly all of them.
  if (numbers.length === 0 || numbers.length > 32 * (MASK_WORDS - 1) - 32) return ['-S all'];
  const name = (nr: number): string => syscallName(arch ?? ARCH_X86_64, nr) ?? String(nr);
  return [`-S ${numbers.map(name).join(',')}`];
}
