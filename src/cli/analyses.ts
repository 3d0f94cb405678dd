/** `godo analyze` and `godo explain` on the command line. */
import { type Command, Option } from 'commander';
import { type AnalyzeOptions, analyzeCommand } from './analyze.ts';
import { explainCommand } from './explain.ts';
import { checkInputs, INPUTS } from './inputs.ts';
import { USUAL_STORE } from './stores.ts';
import { depthOf, momentOf } from './values.ts';

const TREE_HELP = `${INPUTS}
In the tree, "a → b" is one process that ran a and then b, "✗ b ENOENT" an exec that failed,
and "(a)" a process that never ran a program of its own after its parent, running a, forked it.
A duration with ≤, ≥ or ~ is only known to be at most, at least or about that long.

Exit status: 0 fine; 1 the input had faults of severity error (with --strict also warnings);
2 wrong usage; 3 an input could not be read; 4 the store could not be read or written.
`;

/** Options that say what part of the tree to show mean nothing to the other formats. */
function checkAnalyze(command: Command, names: readonly string[], options: AnalyzeOptions): void {
  checkInputs(command, names);
  if (options.format === 'tree') return;
  for (const name of ['root', 'depth', 'at'] as const) {
    if (options[name] !== undefined) command.error(`error: --${name} needs --format tree`);
  }
}

/** `godo analyze`. */
export function addAnalyze(
  program: Command,
  done: (status: number) => void,
  version: string,
): void {
  const command = program.command('analyze');
  command
    .description('show what the processes in audit logs did')
    .argument('<LOG...>', 'audit logs')
    .addOption(
      new Option('-f, --format <format>', 'what to write to standard output')
        .choices(['tree', 'ndjson', 'json', 'none'])
        .default('tree'),
    )
    .option('--root <pid|name>', 'only the trees under the processes called that')
    .option('--depth <n>', 'levels of the tree to show', depthOf)
    .option('--at <time>', 'the tree as it stood at that moment', momentOf)
    .option('-q, --quiet', 'no summary on standard error')
    .addOption(
      new Option('--summary <form>', 'the form of the summary')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--store [store]', `keep it: a folder (${USUAL_STORE} by default) or mongodb://…`)
    .option('--strict', 'warnings make the exit status 1, too')
    .addOption(
      new Option('--without <witness>', 'leave a witness out of traces').choices(['connector']),
    )
    .addHelpText('after', TREE_HELP)
    .action(async (names: string[], options: Omit<AnalyzeOptions, 'version'>) => {
      const all = { ...options, version };
      checkAnalyze(command, names, all);
      done(await analyzeCommand(names, all));
    });
}

/** `godo explain`. */
export function addExplain(program: Command, done: (status: number) => void): void {
  const command = program.command('explain');
  command
    .description('show why the analysis says what it says about a pid')
    .usage('LOG... PID')
    .argument('<LOG... PID...>', 'audit logs, and then the pid (in the initial namespace)')
    .addHelpText('after', INPUTS)
    .action(async (args: string[]) => {
      const names = args.slice(0, -1);
      const pid = args.at(-1) ?? '';
      checkInputs(command, names);
      if (names.length === 0) command.error('error: a log and a pid are needed');
      if (!/^\d{1,10}$/.test(pid)) command.error(`error: '${pid}' is no pid; it comes last`);
      done(await explainCommand(names, Number(pid)));
    });
}
