/** The command line of godo. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { quoteForDisplay } from '../base/text.ts';
import { parseTime } from '../report/time.ts';
import { EXIT } from './analysis.ts';
import { type AnalyzeOptions, analyzeCommand } from './analyze.ts';
import { addCheck } from './check/check.ts';
import { addDoctor, addInfo, addRecord } from './commands.ts';
import { addAnonymize, addCut } from './tools/cutting.ts';
import { addDiff } from './diff.ts';
import { explainCommand } from './explain.ts';
import { addFuzz } from './fuzz/fuzz.ts';
import { checkInputs, INPUTS } from './inputs.ts';
import { addMinimize } from './minimize/minimize.ts';
import { FilterError, StoreError } from '../store/store.ts';
import { OutputError, UsageError } from './output/output.ts';
import { projectOf, queryCommand, type QueryOptions, sortOf } from './query.ts';
import { addReplay } from './replay/replaying.ts';
import { addMerge, addSort } from './tools/sort.ts';
import {
  treeCommand,
  tracesCommand,
  type TracesOptions,
  type TreeCommandOptions,
  USUAL_STORE,
} from './stores.ts';

const TREE_HELP = `${INPUTS}
In the tree, "a → b" is one process that ran a and then b, "✗ b ENOENT" an exec that failed,
and "(a)" a process that never ran a program of its own after its parent, running a, forked it.
A duration with ≤, ≥ or ~ is only known to be at most, at least or about that long.

Exit status: 0 fine; 1 the input had faults of severity error (with --strict also warnings);
2 wrong usage; 3 an input could not be read; 4 the store could not be read or written.
`;

const STORE_HELP = `
STORE is a folder, or mongodb://… (mongodb+srv://…) for a MongoDB server.

Exit status: 0 fine; 2 wrong usage, such as a bad filter; 4 the store could not be read.
`;

const QUERY_HELP = `
FILTER is MongoDB's, in extended JSON; without it everything is found. Some:

  '{"exit_code": {"$gt": 0}}'
  '{"execve.args": {"$regex": "curl"}}'
  '{"start_timestamp": {"$gte": {"$date": "2026-11-23T04:31:02.500Z"}}}'
${STORE_HELP}`;

function versionOfGodo(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Commander's way of saying it, for what the store's parts say in theirs. */
function usage<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function depthOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be 1 or more.');
  return Number(text);
}

function momentOf(text: string): number {
  const moment = parseTime(text);
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError('It must be ISO 8601 (UTC without an offset) or epoch seconds.');
}

/** Options that say what part of the tree to show mean nothing to the other formats. */
function checkAnalyze(command: Command, names: readonly string[], options: AnalyzeOptions): void {
  checkInputs(command, names);
  if (options.format === 'tree') return;
  for (const name of ['root', 'depth', 'at'] as const) {
    if (options[name] !== undefined) command.error(`error: --${name} needs --format tree`);
  }
}

function addAnalyze(program: Command, version: string, done: (status: number) => void): void {
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

function addExplain(program: Command, done: (status: number) => void): void {
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

function addQuery(program: Command, done: (status: number) => void): void {
  program
    .command('query')
    .description('find processes in a store')
    .argument('<STORE>', 'where analyses were stored')
    .argument('[FILTER]', "MongoDB's filter, as extended JSON")
    .addOption(
      new Option('-f, --format <format>', 'what to write to standard output')
        .choices(['ndjson', 'tree', 'table'])
        .default('ndjson'),
    )
    .option('--sort <fields>', 'order, such as start_timestamp,-pid', usage(sortOf))
    .option('--limit <n>', 'no more than so many', depthOf)
    .option('--project <fields>', 'only these fields, such as pid,execve.args', usage(projectOf))
    .addOption(new Option('--descendants', 'also all that stands below').conflicts('ancestors'))
    .option('--ancestors', 'also all that stands above')
    .addHelpText('after', QUERY_HELP)
    .action(async (store: string, filter: string | undefined, options: QueryOptions) => {
      done(await queryCommand(store, filter, options));
    });
}

function addTree(program: Command, done: (status: number) => void): void {
  program
    .command('tree')
    .description('show the process tree of a store')
    .argument('<STORE>', 'where analyses were stored')
    .option('--root <pid|name>', 'only the trees under the processes called that')
    .option('--depth <n>', 'levels of the tree to show', depthOf)
    .option('--at <time>', 'the tree as it stood at that moment', momentOf)
    .addHelpText('after', STORE_HELP)
    .action(async (store: string, options: TreeCommandOptions) => {
      done(await treeCommand(store, options));
    });
}

function addTraces(program: Command, done: (status: number) => void): void {
  program
    .command('traces')
    .description('list what has been stored')
    .argument('<STORE>', 'where analyses were stored')
    .addOption(
      new Option('-f, --format <format>', 'what to write to standard output')
        .choices(['text', 'ndjson'])
        .default('text'),
    )
    .addHelpText('after', STORE_HELP)
    .action(async (store: string, options: TracesOptions) => {
      done(await tracesCommand(store, options));
    });
}

function programFor(done: (status: number) => void): Command {
  const version = versionOfGodo();
  const program = new Command('godo')
    .description('From Linux audit records, in any order, to the true process tree.')
    .version(version)
    // Commander would end the process, and output still in a pipe with it.
    .exitOverride();
  addAnalyze(program, version, done);
  addExplain(program, done);
  addRecord(program, version, done);
  addInfo(program, done);
  addDoctor(program, done);
  addDiff(program, done);
  addQuery(program, done);
  addTree(program, done);
  addTraces(program, done);
  addCut(program, done);
  addAnonymize(program, done);
  addReplay(program, done);
  addFuzz(program, done);
  addMinimize(program, done);
  addSort(program, done);
  addMerge(program, done);
  addCheck(program, done);
  return program;
}

/** Runs the program with the arguments of `argv` (as in `process.argv`) and sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // Errors of writing reach whoever writes; without a listener they would end the process.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    await programFor((status) => {
      process.exitCode = status;
    }).parseAsync(argv);
  } catch (error) {
    process.exitCode = statusOf(error);
  }
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof FilterError || error instanceof StoreError) {
    process.stderr.write(`godo: ${quoteForDisplay(error.message)}\n`);
    return error instanceof FilterError ? EXIT.usage : EXIT.store;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`godo: ${quoteForDisplay(error.message)}\n`);
    return EXIT.usage;
  }
  if (!(error instanceof OutputError)) throw error;
  process.stderr.write(`godo: cannot write the output: ${error.message}\n`);
  return EXIT.unreadable;
}
