import { type Command, Option } from 'commander';
import { quoteForDisplay } from '../../base/text.ts';
import type { Expectation } from '../../check/expectations.ts';
import type { Suite, Verdict } from '../../model/verdict.ts';
import { REPORTERS, type Reporter, verdictLines } from '../../report/verdict/reporters.ts';
import { reasonOf, STDIN } from '../../source/inputs.ts';
import { findRecordings } from '../../source/recordings.ts';
import { EXIT } from '../analysis.ts';
import { suiteOf, unusedSuites } from './check-recording.ts';
import { ignored } from '../diff.ts';
import { readExpectationFile } from './expectations.ts';
import { GoldenFolder, type GoldenFolderOptions } from './goldens.ts';
import { linesAsText, writeAll } from '../output/output.ts';
import { replaceFile } from '../output/replace-file.ts';
import { terminalOf } from '../terminal.ts';

const HELP = `
RECORDING is a trace of godo record, an audit log (plain or gzip), - for standard input, or a folder: then
each trace and each log directly in it is a recording of its own. Logs that differ in the number of their
rotation alone (audit.log, audit.log.1, audit.log.2.gz) are one recording. docs/ci.md says how to use it.

Exit status: 0 all holds; 1 something does not; 2 wrong usage, such as a mistake in the expectations;
3 a recording, the expectations or the golden trees could not be read, or something not be written.
`;

/** `godo check`. */
export function addCheck(program: Command, done: (status: number) => void): void {
  const command = program.command('check');
  command
    .description('hold recordings to what is expected of them')
    .argument('<RECORDING...>', 'traces, logs, or folders of them')
    .option('--golden <dir>', 'folder of golden trees, one for each recording')
    .option('--update', 'write the golden trees that are missing or differ, remove those left over')
    .option('--rerecorded', 'recordings are made anew each time: compare them as diff does')
    .option('--ignore <pattern>', 'what varies in arguments, as for diff; may be repeated', ignored)
    .option('--expect <file>', 'expectations, in YAML or JSON')
    .addOption(
      new Option('--reporter <form>', 'the form of the report').choices(REPORTERS).default('spec'),
    )
    .option('--output <file>', 'write the report to a file, and spec to standard output')
    .option('--strict', 'faults of severity warning in a recording fail, too')
    .addHelpText('after', HELP)
    .action(async (args: string[], options: CheckOptions) => {
      if (options.golden === undefined && options.expect === undefined) {
        command.error('error: nothing to check: --golden or --expect is needed');
      }
      for (const name of ['update', 'rerecorded', 'ignore'] as const) {
        if (options[name] === undefined || options.golden !== undefined) continue;
        command.error(`error: --${name} needs --golden`);
      }
      if (args.indexOf(STDIN) !== args.lastIndexOf(STDIN)) {
        command.error('error: - can only be given once');
      }
      done(await checkCommand(args, options));
    });
}

/** What `godo check` was asked for; `golden` or `expect` is there. */
interface CheckOptions extends GoldenFolderOptions {
  /** The folder of golden trees. */
  readonly golden?: string;
  /** The file of expectations. */
  readonly expect?: string;
  readonly reporter: Reporter;
  /** The file that the report goes to. */
  readonly output?: string;
  /** Faults of severity warning fail, too. */
  readonly strict?: boolean;
}

/** `godo check`: holds recordings to golden trees and expectations; gives the exit status. */
async function checkCommand(args: readonly string[], options: CheckOptions): Promise<number> {
  const expectations = await expectationsOf(options.expect);
  if (typeof expectations === 'number') return expectations;
  const { recordings, clashes } = await findRecordings(args);
  for (const { name, paths } of clashes) {
    complain(`these recordings would all be called ${name}: ${paths.join(', ')}`);
  }
  if (clashes.length > 0) return EXIT.usage;
  const goldens = await goldensOf(options);
  if (typeof goldens === 'number') return goldens;

  const demands = {
    goldens,
    expectations,
    file: options.expect ?? '',
    strict: options.strict === true,
  };
  const suites: Suite[] = [];
  for (const recording of recordings) suites.push(await suiteOf(recording, demands));
  // Where a folder could not be read, its recordings' golden trees only seem to be left over.
  if (recordings.every(({ problem }) => problem === undefined)) {
    const names = new Set(recordings.map(({ name }) => name));
    suites.push(...((await goldens?.strays(names)) ?? []));
  }
  suites.push(...unusedSuites(demands, recordings));
  const verdict = { suites };
  await report(verdict, options);
  return statusOf(verdict);
}

function complain(text: string): void {
  process.stderr.write(`godo: ${quoteForDisplay(text)}\n`);
}

/** The expectations, or the exit status where there are none to be had. */
async function expectationsOf(path: string | undefined): Promise<readonly Expectation[] | number> {
  if (path === undefined) return [];
  const read = await readExpectationFile(path);
  if ('expectations' in read) return read.expectations;
  if ('unreadable' in read) {
    complain(`${path}: ${read.unreadable}`);
    return EXIT.unreadable;
  }
  for (const { line, column, message } of read.problems) {
    complain(`${path}:${line}:${column}: ${message}`);
  }
  return EXIT.usage;
}

async function goldensOf(options: CheckOptions): Promise<GoldenFolder | undefined | number> {
  const { golden } = options;
  if (golden === undefined) return undefined;
  try {
    return await GoldenFolder.open(golden, options);
  } catch (error) {
    complain(`${golden}: ${reasonOf(error)}`);
    return EXIT.unreadable;
  }
}

/** With a file for the report, standard output gets the one for people, and before it. */
async function report(verdict: Verdict, { reporter, output }: CheckOptions): Promise<void> {
  const shown = output === undefined ? reporter : 'spec';
  const lines = verdictLines(verdict, shown, terminalOf(process.stdout, process.env));
  await writeAll(process.stdout, linesAsText(lines));
  if (output === undefined) return;
  const plain = { width: Number.POSITIVE_INFINITY, color: false };
  await replaceFile(output, [...linesAsText(verdictLines(verdict, reporter, plain))].join(''));
}

function statusOf(verdict: Verdict): number {
  const shortfalls = verdict.suites.flatMap(({ checks }) =>
    checks.flatMap((one) => one.shortfalls),
  );
  const isAboutFiles = shortfalls.some(
    ({ kind }) => kind === 'unreadable' || kind === 'golden-unwritten',
  );
  if (isAboutFiles) return EXIT.unreadable;
  return shortfalls.length > 0 ? EXIT.faults : EXIT.fine;
}
