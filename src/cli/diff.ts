/** `godo diff`: what a recording did that another one did not. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { diffTrees } from '../check/diff.ts';
import { IGNORE_NAMES, ignorePattern } from '../check/ignore.ts';
import type { Tolerance } from '../check/changes.ts';
import { type ProcessTree, treeOf } from '../check/tree.ts';
import { FAULT_KINDS, type FaultKind } from '../model/fault.ts';
import type { Analysis } from '../model/analysis.ts';
import type { TreeDifference } from '../model/difference.ts';
import { differenceJson, differenceLines } from '../report/difference.ts';
import { STDIN } from '../source/inputs.ts';
import { analyzeInputs, EXIT } from './analysis.ts';
import { linesAsText, writeAll } from './output/output.ts';
import { terminalOf } from './terminal.ts';
import { durationOf } from '../base/duration.ts';

const DIFF_HELP = `
A and B are each a file, a folder of rotated logs, a trace of godo record, or - for standard
input. Processes are matched by ancestry, command and occurrence, never by pid or time;
docs/diff.md says what is compared.

PATTERN is a regular expression, or one of ${IGNORE_NAMES.join(', ')}: what it finds in an argument
or a path is not compared. AMOUNT is like 50ms or 20%.

In the tree, + was added, - was removed, and ~ has changed: [-from-]{+to+}.

Exit status: 0 nothing differs; 1 something does; 2 wrong usage; 3 an input could not be read.
`;

interface DiffFlags {
  readonly ignore?: readonly RegExp[];
  readonly tolerance?: Tolerance;
  readonly format: 'tree' | 'json';
}

/** Commander's way of reading an option that may be given several times. */
export function ignored(text: string, before: readonly RegExp[] = []): readonly RegExp[] {
  const pattern = ignorePattern(text);
  if (typeof pattern === 'string') throw new InvalidArgumentError(pattern);
  return [...before, pattern];
}

function tolerated(text: string): Tolerance {
  const percent = /^(\d{1,6}(?:\.\d{1,3})?)%$/.exec(text);
  if (percent !== null) return { share: Number(percent[1]) / 100 };
  const ms = durationOf(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be like 50ms or 20%.');
  return { ms };
}

/** Adds it to the command line. */
export function addDiff(program: Command, done: (status: number) => void): void {
  const command = program.command('diff');
  command
    .description('show what the processes of one recording did that those of another one did not')
    .argument('<A>', 'an audit log or trace')
    .argument('<B>', 'the other one')
    .option('--ignore <pattern>', 'what varies in arguments; may be repeated', ignored)
    .option('--tolerance <amount>', 'compare durations, and allow them that much', tolerated)
    .addOption(
      new Option('-f, --format <format>', 'what to write to standard output')
        .choices(['tree', 'json'])
        .default('tree'),
    )
    .addHelpText('after', DIFF_HELP)
    .action(async (a: string, b: string, flags: DiffFlags) => {
      if (a === STDIN && b === STDIN) command.error('error: - can only be given once');
      done(await diffCommand(a, b, flags));
    });
}

async function diffCommand(a: string, b: string, flags: DiffFlags): Promise<number> {
  const from = await treeOfInput(a);
  if (from === undefined) return EXIT.unreadable;
  const to = await treeOfInput(b);
  if (to === undefined) return EXIT.unreadable;
  const difference = diffTrees(from, to, flags);
  const differs = difference.rows.length > 0;
  await writeAll(process.stdout, output(difference, flags));
  if (differs) hint(from, to, difference, flags);
  return differs ? EXIT.faults : EXIT.fine;
}

/** Undefined when it cannot be read, or not to its end: what is missing would look like a difference. */
async function treeOfInput(name: string): Promise<ProcessTree | undefined> {
  const analysis = await analyzeInputs([name]);
  if (analysis === undefined || analysis.summary.faults.unreadable !== undefined) return undefined;
  warnOfFaults(name, analysis);
  return treeOf(analysis.processes);
}

function warnOfFaults(name: string, { summary }: Analysis): void {
  const errors = (Object.keys(summary.faults) as FaultKind[])
    .filter((kind) => FAULT_KINDS[kind][1] === 'error')
    .map((kind) => `${summary.faults[kind]} ${kind}`);
  if (errors.length === 0) return;
  process.stderr.write(`godo: ${name} has faults, and may differ for that: ${errors.join(', ')}\n`);
}

function output(difference: TreeDifference, { format }: DiffFlags): Iterable<string> {
  if (format === 'json') return differenceJson(difference);
  return linesAsText(differenceLines(difference, terminalOf(process.stdout, process.env)));
}

/** Compilers name temporary files by chance, and whoever sees that for the first time is lost. */
function hint(
  from: ProcessTree,
  to: ProcessTree,
  { counts }: TreeDifference,
  flags: DiffFlags,
): void {
  const ignore = ignored('tmp', flags.ignore);
  const without = diffTrees(from, to, { ...flags, ignore }).counts;
  const sum = ({ added, removed, changed }: TreeDifference['counts']): number =>
    added + removed + changed;
  const fewer = sum(counts) - sum(without);
  if (fewer <= 0) return;
  process.stderr.write(`godo: ${fewer} of these are names of temporary files: --ignore tmp\n`);
}
