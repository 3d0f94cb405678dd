/** What all commands that read logs say of them, and check. */
import type { Command } from 'commander';
import { STDIN } from '../source/inputs.ts';

export const INPUTS = `
LOG is a file, a folder of rotated logs, a trace of godo record, or - for standard input; gzip is recognised by its
content. Records of all inputs are taken together, whatever their order.
`;

/** Ends the program with words for the user where the inputs cannot be meant. */
export function checkInputs(command: Command, names: readonly string[]): void {
  if (names.indexOf(STDIN) !== names.lastIndexOf(STDIN)) {
    command.error('error: - can only be given once');
  }
}
