/**
 * What decoded records are, by type. A value that is not there is `undefined`, never 0.
 */

/** A field with its decoded value; `undefined` for `(null)`, `(none)` and `?`. A stray word has no name. */
export interface DecodedField {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Common {
  /** The record's type as written, `SYSCALL` or `USER_LOGIN`. */
  readonly type: string;
  /** Milliseconds since the epoch, UTC. */
  readonly time: number;
  readonly serial: number;
  readonly node: string | undefined;
  /** auditd's interpreted copies, as it wrote them. */
  readonly enriched: readonly DecodedField[];
  /** Names of fields that are unreadable, or missing where the type requires them. */
  readonly bad: readonly string[];
}

/** The ids that tell on whose behalf something ran; an unset auid or session is undefined. */
export interface Subject {
  readonly pid: number | undefined;
  readonly uid: number | undefined;
  readonly auid: number | undefined;
  readonly ses: number | undefined;
  readonly subj: string | undefined;
}

/** A system call as its exit saw it (KERNEL facts 1, 8, 13). Requires arch, syscall, ppid and pid. */
export interface SyscallRecord extends Common, Subject {
  readonly kind: 'syscall';
  /** AUDIT_ARCH_* (KERNEL fact 21). */
  readonly arch: number | undefined;
  readonly syscall: number | undefined;
  /** Of the system call; undefined for unknown architectures. */
  readonly name: string | undefined;
  /** Undefined where the kernel does not say, as for `exit` and `exit_group`. */
  readonly success: boolean | undefined;
  /** The return value, signed 64 bits. */
  readonly exit: bigint | undefined;
  /** The name of a negative `exit` of a failed call. */
  readonly errno: string | undefined;
  /** The first four arguments, unsigned. */
  readonly a0: bigint | undefined;
  readonly a1: bigint | undefined;
  readonly a2: bigint | undefined;
  readonly a3: bigint | undefined;
  /** How many PATH records follow. */
  readonly items: number | undefined;
  readonly ppid: number | undefined;
  readonly gid: number | undefined;
  readonly euid: number | undefined;
  readonly suid: number | undefined;
  readonly fsuid: number | undefined;
  readonly egid: number | undefined;
  readonly sgid: number | undefined;
  readonly fsgid: number | undefined;
  readonly tty: string | undefined;
  readonly comm: string | undefined;
  readonly exe: string | undefined;
  /** Keys of the rules that matched; empty for `(null)`. */
  readonly keys: readonly string[];
}

/** One value of an EXECVE record: a whole argument, or one part of a long one (KERNEL fact 19). */
export interface ArgumentPiece {
  readonly argument: number;
  /** The part's place, from 0; undefined for a whole argument. */
  readonly part: number | undefined;
  /** Undefined when the value is unreadable. */
  readonly bytes: Uint8Array | undefined;
  /** Characters that the value takes in the log, quotes not counted: what `aN_len` sums up. */
  readonly length: number;
}

/** One of the records of an event's argument vector; `assembleExecve` puts them together. */
export interface ExecveRecord extends Common {
  readonly kind: 'execve';
  /** Only on the event's first EXECVE record. */
  readonly argc: number | undefined;
  readonly pieces: readonly ArgumentPiece[];
  /** `aN_len`: characters of all parts of argument N in the log. */
  readonly lengths: readonly { readonly argument: number; readonly length: number }[];
}

export interface CwdRecord extends Common {
  readonly kind: 'cwd';
  readonly cwd: string | undefined;
}

/** A file that a system call touched. Requires item. */
export interface PathRecord extends Common {
  readonly kind: 'path';
  readonly item: number | undefined;
  readonly name: string | undefined;
  readonly inode: bigint | undefined;
  /** Device numbers as written, hexadecimal `MAJOR:MINOR`. */
  readonly dev: string | undefined;
  readonly rdev: string | undefined;
  /** The inode's mode with its type bits, as in stat(2). */
  readonly mode: number | undefined;
  readonly ouid: number | undefined;
  readonly ogid: number | undefined;
  readonly obj: string | undefined;
  /** `NORMAL`, `PARENT`, `CREATE`, `DELETE` or `UNKNOWN`. */
  readonly nametype: string | undefined;
}

export interface ProctitleRecord extends Common {
  readonly kind: 'proctitle';
  /** Split at NUL bytes; the program may have overwritten it. */
  readonly argv: readonly string[] | undefined;
  /** The title fills the kernel's 128 bytes: the last argument may be cut, others be gone (KERNEL fact 19). */
  readonly cut: boolean;
}

/** The target of a signal, in the initial pid namespace (KERNEL fact 9). Requires opid. */
export interface ObjPidRecord extends Common {
  readonly kind: 'obj_pid';
  readonly opid: number | undefined;
  readonly oauid: number | undefined;
  readonly ouid: number | undefined;
  readonly oses: number | undefined;
  readonly obj: string | undefined;
  readonly ocomm: string | undefined;
}

/** A process that a core-dumping signal killed (KERNEL fact 14). Requires pid and sig. */
export interface AbendRecord extends Common, Subject {
  readonly kind: 'anom_abend';
  readonly gid: number | undefined;
  readonly comm: string | undefined;
  readonly exe: string | undefined;
  readonly sig: number | undefined;
  readonly signal: string | undefined;
  readonly res: boolean | undefined;
}

/** A process got a login uid. Requires pid. */
export interface LoginRecord extends Common, Subject {
  readonly kind: 'login';
  readonly old_auid: number | undefined;
  readonly old_ses: number | undefined;
  readonly tty: string | undefined;
  readonly res: boolean | undefined;
}

/** A socket address by family; see the man pages ip(7), ipv6(7), unix(7), netlink(7). */
export type SocketAddress =
  | { readonly family: 'inet'; readonly address: string; readonly port: number }
  | {
      readonly family: 'inet6';
      readonly address: string;
      readonly port: number;
      readonly flowinfo: number;
      readonly scope: number;
    }
  /** An abstract name stands without its leading NUL; an unnamed socket has the path `''`. */
  | { readonly family: 'unix'; readonly path: string; readonly abstract: boolean }
  | { readonly family: 'netlink'; readonly pid: number; readonly groups: number }
  | { readonly family: 'other'; readonly number: number; readonly data: Uint8Array };

/** Requires saddr. */
export interface SockaddrRecord extends Common {
  readonly kind: 'sockaddr';
  readonly address: SocketAddress | undefined;
}

export interface EoeRecord extends Common {
  readonly kind: 'eoe';
}

/** auditd's word on itself: `DAEMON_START`, `DAEMON_END`, … (KERNEL fact 22). */
export interface DaemonRecord extends Common, Subject {
  readonly kind: 'daemon';
  readonly op: string | undefined;
  readonly res: boolean | undefined;
  readonly fields: readonly DecodedField[];
}

export interface ConfigChangeRecord extends Common, Subject {
  readonly kind: 'config_change';
  readonly op: string | undefined;
  readonly keys: readonly string[];
  readonly res: boolean | undefined;
  readonly fields: readonly DecodedField[];
}

/** A record with a nested `msg='…'`, from a program with the right to write some (KERNEL fact 22). */
export interface UserRecord extends Common, Subject {
  readonly kind: 'user';
  readonly op: string | undefined;
  readonly acct: string | undefined;
  readonly exe: string | undefined;
  readonly hostname: string | undefined;
  readonly addr: string | undefined;
  readonly terminal: string | undefined;
  readonly res: boolean | undefined;
  /** The fields outside of `msg`, written by the kernel. */
  readonly fields: readonly DecodedField[];
  /** The fields inside of `msg`, written by the program. */
  readonly message: readonly DecodedField[];
}

export interface OtherRecord extends Common {
  readonly kind: 'other';
  readonly fields: readonly DecodedField[];
}

export type DecodedRecord =
  | SyscallRecord
  | ExecveRecord
  | CwdRecord
  | PathRecord
  | ProctitleRecord
  | ObjPidRecord
  | AbendRecord
  | LoginRecord
  | SockaddrRecord
  | EoeRecord
  | DaemonRecord
  | ConfigChangeRecord
  | UserRecord
  | OtherRecord;
