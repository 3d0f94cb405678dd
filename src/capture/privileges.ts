/** Giving up what is no longer needed. */
import koffi from 'koffi';
import { keepCapabilities, setCapabilities } from './libc.ts';

/** CAP_AUDIT_CONTROL: to ask for the count of lost records, and to remove the rules. */
const AUDIT_CONTROL = 1n << 30n;

/** A user of this machine. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const passwd = koffi.struct({
  name: 'char *',
  password: 'char *',
  uid: 'uint32_t',
  gid: 'uint32_t',
});

/** Looks a user up; undefined when there is none of that name. */
export function findUser(name: string): User | undefined {
  const find = koffi.load(null).func('void *getpwnam(const char *name)') as (
    name: string,
  ) => unknown;
  const found = find(name);
  if (found === null) return undefined;
  const { uid, gid } = koffi.decode(found, passwd) as { uid: number; gid: number };
  return { name, uid, gid };
}

/**
 * Becomes that user for good, with the user's main group alone. Only this thread keeps one capability, which no program
 * that it starts inherits.
 */
export function becomeUser({ uid, gid }: User): void {
  keepCapabilities();
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  setCapabilities(AUDIT_CONTROL);
}
