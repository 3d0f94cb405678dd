/** The command line of godo. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { quoteForDisplay } from '../base/text.ts';
import { FilterError, StoreError } from '../store/store.ts';
import { EXIT } from './analysis.ts';
import { OutputError, UsageError } from './output/output.ts';

type Done = (status: number) => void;
type Add = (program: Command, done: Done, version: string) => void;

/**
 * The commands in the order of the help. Each is loaded only when it is asked for: some bring YAML,
 * BSON or the recorder with them, and nobody should wait for those of another.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<Add>> = new Map([
  ['analyze', async () => (await import('./analyses.ts')).addAnalyze],
  ['explain', async () => (await import('./analyses.ts')).addExplain],
  ['record', async () => (await import('./commands.ts')).addRecord],
  ['info', async () => (await import('./commands.ts')).addInfo],
  ['doctor', async () => (await import('./commands.ts')).addDoctor],
  ['query', async () => (await import('./queries.ts')).addQuery],
  ['tree', async () => (await import('./queries.ts')).addTree],
  ['traces', async () => (await import('./queries.ts')).addTraces],
  ['replay', async () => (await import('./replay/replaying.ts')).addReplay],
  ['check', async () => (await import('./check/check.ts')).addCheck],
  ['diff', async () => (await import('./diff.ts')).addDiff],
  ['fuzz', async () => (await import('./fuzz/fuzz.ts')).addFuzz],
  ['minimize', async () => (await import('./minimize/minimize.ts')).addMinimize],
  ['sort', async () => (await import('./tools/sort.ts')).addSort],
  ['merge', async () => (await import('./tools/sort.ts')).addMerge],
  ['cut', async () => (await import('./tools/cutting.ts')).addCut],
  ['anonymize', async () => (await import('./tools/cutting.ts')).addAnonymize],
]);

function versionOfGodo(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** `asked`: the first argument. Where it is no command, all are loaded, for the help. */
async function programFor(asked: string | undefined, done: Done): Promise<Command> {
  const version = versionOfGodo();
  const program = new Command('godo')
    .description('From Linux audit records, in any order, to the true process tree.')
    .version(version)
    // Commander would end the process, and output still in a pipe with it.
    .exitOverride();
  const one = COMMANDS.get(asked ?? '');
  for (const load of one === undefined ? COMMANDS.values() : [one]) {
    (await load())(program, done, version);
  }
  return program;
}

/** Runs the program with the arguments of `argv` (as in `process.argv`) and sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // Errors of writing reach whoever writes; without a listener they would end the process.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    const program = await programFor(argv[2], (status) => {
      process.exitCode = status;
    });
    await program.parseAsync(argv);
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
