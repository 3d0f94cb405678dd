import { Interner } from '../base/intern.ts';

/**
 * Codes of the record types that the analysis looks into. Every other type gets a
 * code from OTHER on, in order of first sight.
 */
export const TYPE = {
  SYSCALL: 0,
  EXECVE: 1,
  CWD: 2,
  PATH: 3,
  PROCTITLE: 4,
  EOE: 5,
  BPRM_FCAPS: 6,
  OBJ_PID: 7,
  ANOM_ABEND: 8,
  LOGIN: 9,
  CONFIG_CHANGE: 10,
  OTHER: 11,
} as const;

const KNOWN = Object.keys(TYPE).slice(0, TYPE.OTHER);

/** A new interner of type names in which the known types have their TYPE code as id. */
export function typeNames(): Interner {
  const names = new Interner();
  for (const name of KNOWN) {
    const bytes = Buffer.from(name, 'latin1');
    names.intern(bytes, 0, bytes.length);
  }
  return names;
}
