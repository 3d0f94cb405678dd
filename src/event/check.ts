/** What is missing in events once all input is in (KERNEL fact 17). */
import { ARCH_NAMES } from '../tables/syscalls.ts';
import { KIND } from '../tables/kinds.ts';
import type { ArgumentTexts } from './arguments.ts';
import { type EventTable, HAVE } from './table.ts';

const SPACE = 32;
const EQUALS = 61;
const LETTER_A = 97;
/** Where the number of `argc=N` stands in a body. */
const ARGC_AT = 5;

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
  const { have: haves, arch, kind: kinds, success } = table;
  let known = -1;
  for (let row = 0; row < table.count; row++) {
    const have = haves[row];
    if ((have & HAVE.syscall) === 0) {
      if ((have & BESIDE_SYSCALL) !== 0) report('no-syscall', row, 'no SYSCALL record');
      continue;
    }
    // Mostly that of the row before.
    if (arch[row] !== known) {
      if (ARCH_NAMES.has(arch[row])) known = arch[row];
      else report('unknown-arch', row, `arch=${arch[row].toString(16)}`);
    }
    const kind = kinds[row];
    if ((kind !== KIND.execve && kind !== KIND.execveat) || success[row] !== 1) continue;
    if ((have & HAVE.execve) === 0) report('no-execve', row, 'no EXECVE record');
    else if (!seemsWhole(table.onlyBody(row)) && !argumentTexts.isComplete(row)) {
      report('missing-arguments', row, 'fewer arguments than argc');
    }
  }
}

/** Cheap and sure enough for the common event: one record that holds its last argument. */
function seemsWhole(body: Buffer | undefined): boolean {
  if (body === undefined) return false;
  if (endsWithLast(body)) return true;
  const argc = Number.parseInt(body.toString('latin1', ARGC_AT, ARGC_AT + 11), 10);
  return body.includes(` a${argc - 1}=`);
}

/** Whether `argc=N` at the start and ` aN-1=` at the last space agree. */
function endsWithLast(body: Buffer): boolean {
  let argc = 0;
  let p = ARGC_AT;
  for (; p < ARGC_AT + 9 && body[p] >= 48 && body[p] <= 57; p++) argc = argc * 10 + body[p] - 48;
  if (p === ARGC_AT || body[p] !== SPACE) return false;
  let last = body.length - 1;
  while (body[last] !== SPACE) last--;
  if (body[last + 1] !== LETTER_A) return false;
  let index = 0;
  const digits = last + 2;
  for (p = digits; body[p] >= 48 && body[p] <= 57; p++) index = index * 10 + body[p] - 48;
  return (
    p > digits &&
    body[p] === EQUALS &&
    (body[digits] !== 48 || p === digits + 1) &&
    index === argc - 1
  );
}
