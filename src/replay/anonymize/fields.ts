/**
 * What the fields of records hold, as far as it may stay: everything that is not named here is
 * text, and replaced. So is a value that is not of its field's form.
 */

/** What a value is. */
export type FieldKind =
  | 'number'
  | 'hex'
  | 'octal'
  | 'device'
  | 'flag'
  | 'id'
  | 'inode'
  | 'nametype';

const NUMBERS = `pid ppid opid ses oses old-ses items item argc nargs exit syscall sig fd fd0 fd1
  list audit_enabled audit_failure audit_backlog_limit audit_backlog_wait_time audit_pid old-pid
  family icmptype proto prio nsec sec entries`;
const HEXES = `arch a0 a1 a2 a3 a4 a5 fver fp fi fe fr old_pp old_pi old_pe old_pa pp pi pe pa
  cap_fp cap_fi cap_fe cap_fver cap_pi cap_pp cap_pe cap_pa compat code ip oflag flags prom old_prom
  old new resolve`;
const OCTALS = 'mode omode';
const DEVICES = 'dev rdev';
const FLAGS = 'success res result';
const IDS = `uid gid auid euid suid fsuid egid sgid fsgid ouid ogid oauid old-auid iuid igid
  sauid cap_frootid frootid inode_uid inode_gid`;
const INODES = 'inode ino';

/** Fields of text whose names may stay: those of the kernel and of libaudit. */
const TEXTS = `acct addr apparmor banners bool bus capability cgroup cipher class cmd comm cwd data
  default-context device dir direction daddr dest denied_mask dport error exe fam file format fowner
  fsmagic fs func grantors group grp hash hook hostname id img-ctx info invalid_context key kind
  kernel ksize label laddr lport mac mask message model msg name namespace net new-chardev
  new-disk new-enabled new-fs new-level new-mem new-net new-range new-rng new-role new-seuser
  new-vcpu new_group new_gid nametype obj obj_gid obj_uid objtype ocomm old-chardev old-disk
  old-enabled old-fs old-level old-mem old-net old-range old-rng old-role old-seuser old-vcpu
  old_val op operation parent path pattern per per_ctx perm_mask perm permissive pfs printer
  proctitle profile qbytes range rdp reason removed rport root_dir role rule rules saddr
  saddr_fam sauditpid scontext selected-context seperm seperms seqno seresult seuser size spid
  spi sport src srcname state subj subject suite sw table target tclass tcontext terminal tty type
  uri user uuid val ver virt vm vm-ctx vm-pid watch unit`;

function kindsOf(kind: FieldKind, names: string): [string, FieldKind][] {
  return names.split(/\s+/).map((name) => [name, kind]);
}

const KINDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ...kindsOf('number', NUMBERS),
  ...kindsOf('hex', HEXES),
  ...kindsOf('octal', OCTALS),
  ...kindsOf('device', DEVICES),
  ...kindsOf('flag', FLAGS),
  ...kindsOf('id', IDS),
  ...kindsOf('inode', INODES),
  ['nametype', 'nametype'],
]);

const NAMES: ReadonlySet<string> = new Set([...KINDS.keys(), ...TEXTS.split(/\s+/)]);

const FORMS: Readonly<Record<FieldKind, RegExp>> = {
  number: /^-?\d{1,19}$/,
  // In small letters, as the kernel has numbers: bytes of text are in capitals.
  hex: /^(?:0x)?[0-9a-f]{1,16}$/,
  octal: /^[0-7]{1,11}$/,
  device: /^[0-9a-f]{1,8}:[0-9a-f]{1,8}$/,
  flag: /^(?:yes|no|success|failed|fail|0|1)$/,
  id: /^(?:\d{1,10}|-1|unset)$/,
  inode: /^\d{1,20}$/,
  nametype: /^(?:NORMAL|PARENT|CREATE|DELETE|UNKNOWN)$/,
};

/** Of what programs say in `msg='…'`, no more may stay than they are known to mean. */
const NESTED: ReadonlySet<FieldKind> = new Set<FieldKind>(['flag', 'id']);

/** The kind of a bare value by its field and its form; undefined for text. */
export function kindOf(name: string, value: string, isNested: boolean): FieldKind | undefined {
  const kind = KINDS.get(name);
  if (kind === undefined || (isNested && !NESTED.has(kind))) return undefined;
  return FORMS[kind].test(value) ? kind : undefined;
}

/** Whether the name of a field tells nothing. auditd's copies have theirs in capitals. */
export function isFieldName(name: string): boolean {
  return NAMES.has(name) || (name === name.toUpperCase() && NAMES.has(name.toLowerCase()));
}
