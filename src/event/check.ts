/** What is missing in events once all input is in (KERNEL fact 17). */
import { ARCH_NAMES } from '../tables/syscalls.ts';
import { KIND } from '../tables/kinds.ts';
import type { ArgumentTexts } from './arguments.ts';
import { type EventTable, HAVE } from './table.ts';

/** Records that the kernel only writes beside a SYSCALL record. */
const BESIDE_SYSCALL =
  HAVE.execve | HAVE.cwd | HAVE.path | HAVE.proctitle | HAVE.eoe | HAVE.fcaps | HAVE.obj;

export type EventFault = 'no-syscall' | 'no-execve' | 'missing-arguments' | 'unknown-arch';

/** Calls `report` for every fault, in order of rows. */
export function checkEvents(
  table: EventTable,
  argumentTexts: ArgumentTexts,
  report: (kind: EventFault, row: number, reason: string) => void,
): void {
  for (let row = 0; row < table.count; row++) {
    const have = table.have[row];
    if ((have & HAVE.syscall) === 0) {
      if ((have & BESIDE_SYSCALL) !== 0) report('no-syscall', row, 'no SYSCALL record');
      continue;
    }
    if (!ARCH_NAMES.has(table.arch[row])) {
      report('unknown-arch', row, `arch=${table.arch[row].toString(16)}`);
    }
    const kind = table.kind[row];
    if ((kind !== KIND.execve && kind !== KIND.execveat) || table.success[row] !== 1) continue;
    if ((have & HAVE.execve) === 0) report('no-execve', row, 'no EXECVE record');
    else if (!seemsWhole(table.bodies(row)) && !argumentTexts.of(row).complete) {
      report('missing-arguments', row, 'fewer arguments than argc');
    }
  }
}

/** Cheap and sure enough for the common event: one record that holds its last argument. */
function seemsWhole(parts: readonly Buffer[]): boolean {
  if (parts.length !== 1) return false;
  const [body] = parts;
  const argc = Number.parseInt(body.toString('latin1', 5, 16), 10);
  return body.includes(` a${argc - 1}=`);
}
