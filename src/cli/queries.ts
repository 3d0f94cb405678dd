/** What is asked of stores, on the command line. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { projectOf, queryCommand, type QueryOptions, sortOf } from './query.ts';
import {
  treeCommand,
  tracesCommand,
  type TracesOptions,
  type TreeCommandOptions,
} from './stores.ts';
import { depthOf, momentOf } from './values.ts';

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

/** `godo query`. */
export function addQuery(program: Command, done: (status: number) => void): void {
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

/** `godo tree`. */
export function addTree(program: Command, done: (status: number) => void): void {
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

/** `godo traces`. */
export function addTraces(program: Command, done: (status: number) => void): void {
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
