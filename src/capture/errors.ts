/** What goes wrong while recording, in words for the user. */
import { codeOf, wordsOf } from '../base/errors.ts';

/** It cannot be recorded here and now; the message is one line for the user. */
export class CannotRecord extends Error {}

/** Why the process connector cannot be had, in one line. */
export function connectorTrouble(error: unknown): string {
  const code = codeOf(error);
  if (code === 'EPERM') return 'the process connector needs root (CAP_NET_ADMIN)';
  if (code === 'EPROTONOSUPPORT') return 'this kernel has no process connector';
  return `the process connector cannot be opened: ${code ?? wordsOf(error)}`;
}

/** Why audit does not answer, in one line. */
export function auditTrouble(error: unknown): string {
  const code = codeOf(error);
  if (code === 'EPERM' && process.getuid?.() !== 0) {
    return 'recording needs root (CAP_AUDIT_CONTROL): use sudo';
  }
  // Audit listens to nobody outside of the first namespaces.
  if (code === 'EPERM') return 'audit refuses even root: is this inside a container?';
  if (code === 'EPROTONOSUPPORT') return 'this kernel has no audit (CONFIG_AUDIT)';
  if (code === 'ECONNREFUSED') return 'audit does not answer: is this inside a container?';
  return `audit does not answer: ${wordsOf(error)}`;
}
