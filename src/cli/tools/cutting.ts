/** `cut` and `anonymize` on the command line. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseTime } from '../../report/time.ts';
import { type AnonymizeFlags, anonymizeCommand } from './anonymize.ts';
import { type CutOptions, cutCommand } from './cut.ts';
import { checkInputs, INPUTS } from '../inputs.ts';
import { addOutput } from '../output/recording-output.ts';

const CUT_HELP = `${INPUTS}
A process is kept when all that is asked for holds for it, and with it what
the analysis of it needs: analysis of the cut says of the kept processes what analysis of the
whole says of them. docs/tools.md says what else is there.

Exit status: 0 fine; 1 an input was damaged, or of some process something else is said (it is named); 2 wrong usage, or no
such process; 3 an input could not be read, or the output not be written.
`;

const ANONYMIZE_HELP = `${INPUTS}
Names of hosts, people, programs, files, arguments and addresses are replaced
by others of the same length; the same key gives the same names in every log. Lines that cannot be
read are left out. docs/tools.md says what stays, and what that tells.

Exit status: 0 fine; 1 an input was damaged, or the shape is another one; 2 wrong usage; 3 an input could not be read, or the
output not be written.
`;

function moment(text: string): number {
  const ms = parseTime(text);
  if (ms === undefined)
    throw new InvalidArgumentError('It must be ISO 8601, or seconds since the epoch.');
  return ms;
}

/** Adds `godo cut`. */
export function addCut(program: Command, done: (status: number) => void): void {
  const command = program.command('cut');
  addOutput(command)
    .description('a part of a recording, with everything that it needs')
    .argument('<LOG...>', 'audit logs, folders, traces')
    .option('--from <time>', 'processes that lived then or later', moment)
    .option('--until <time>', 'the log as it stood then', moment)
    .option('--root <pid|name>', 'the processes called that, and all below them')
    .option('--host <node>', 'processes of this host')
    .option('--filter <json>', "processes that MongoDB's filter matches")
    .option('--below', 'with --filter: also all below those that match')
    .addHelpText('after', CUT_HELP)
    .action(async (names: string[], options: CutOptions) => {
      if (options.below === true && options.filter === undefined) {
        command.error('error: --below needs --filter');
      }
      checkInputs(command, names);
      done(await cutCommand(names, options));
    });
}

/** Adds `godo anonymize`. */
export function addAnonymize(program: Command, done: (status: number) => void): void {
  const command = program.command('anonymize');
  addOutput(command)
    .description('a recording with other names')
    .argument('<LOG...>', 'audit logs, folders, traces')
    .addOption(
      new Option('--key <text>', 'what decides the names; others can see it with ps').conflicts(
        'keyFile',
      ),
    )
    .option('--key-file <file>', 'the same from a file')
    .option(
      '--keep <glob>',
      'words, or with a slash whole paths, that stay as they are; may be given several times',
      (glob: string, globs: readonly string[]) => [...globs, glob],
      [],
    )
    .option('--keep-times', 'times of day stay; otherwise the key moves them all alike')
    .option('--no-verify', 'do not compare the shape before and after, which takes memory')
    .addHelpText('after', ANONYMIZE_HELP)
    .action(async (names: string[], flags: AnonymizeFlags) => {
      checkInputs(command, names);
      done(await anonymizeCommand(names, flags));
    });
}
