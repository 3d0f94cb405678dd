/** `godo fuzz`: does the order in which records come ever change the answer? */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FuzzReport } from '../../model/fuzz.ts';
import { orderLines } from '../../replay/orders.ts';
import type { Recording } from '../../replay/recording.ts';
import {
  readPath,
  VARIANT_KINDS,
  type VariantKind,
  variantPaths,
  type VariantSource,
} from '../../replay/variants.ts';
import { fuzzLines } from '../../report/fuzz.ts';
import { EXIT } from '../analysis.ts';
import { analyzerOf, type Ask, askCommand, askGodo } from './asking.ts';
import { CommandError, USUAL_TIMEOUT } from '../child.ts';
import { jobsOf, timeoutOf } from '../child-options.ts';
import { writeFailures } from './fuzz-output.ts';
import { fuzz } from './fuzzing.ts';
import { checkInputs, INPUTS } from '../inputs.ts';
import { Interrupt } from '../interrupt.ts';
import { linesAsText, writeAll } from '../output/output.ts';
import { readRecording } from '../recording.ts';
import { complain } from '../minimize/search.ts';
import { Ticker } from '../ticker.ts';

const KINDS = Object.keys(VARIANT_KINDS) as VariantKind[];
/** What a program that reads one stream of records, once, is asked. */
const FOREIGN_KINDS: readonly VariantKind[] = ['kernel', 'records', 'events', 'lines'];
/** What makes no difference to it, since godo gives it one stream. */
const OWN_ONLY: ReadonlySet<VariantKind> = new Set(['files', 'chunks']);

const HELP = `${INPUTS}
Without --exec, godo's own analysis is asked, with all witnesses of a trace. With it, CMD is run by
sh with audit records on its standard input, and what it writes to standard output, after
--canonicalize, must be what it writes for the records in the order in which it all happened.

Kinds of variants:
${KINDS.map((kind) => `  ${kind.padEnd(12)}${VARIANT_KINDS[kind]}`).join('\n')}
CMD is given ${FOREIGN_KINDS.join(', ')}, unless --kinds says otherwise.

--canonicalize: none; sort, the lines; keys, of objects in lines of JSON, and then the lines; or a
command that reads the output and writes it as it should be compared.

Of each kind the first variant that differs is written, asked again, and made smaller: fewer events,
then an order closer to the one that it ought to be in.

Exit status: 0 the answer is always the same; 1 it is not, or CMD fails, or is not the same for the
same bytes; 2 wrong usage, or CMD cannot be run; 3 a log could not be read or a variant not be
written; 130 interrupted.
`;

interface Flags {
  readonly orders: number;
  readonly seed?: number;
  readonly exec?: string;
  readonly canonicalize?: string;
  readonly kinds?: readonly VariantKind[];
  readonly replay?: string;
  readonly shrink: number;
  readonly jobs?: number;
  readonly timeout?: number;
  readonly output: string;
  readonly format: 'text' | 'json';
  readonly quiet?: boolean;
}

/** Adds `godo fuzz`. */
export function addFuzz(program: Command, done: (status: number) => void): void {
  const command = program.command('fuzz');
  command
    .description('show whether the order of records ever changes an answer')
    .argument('<LOG...>', 'audit logs')
    .option('--orders <n>', 'variants to try', numberOf(1, MOST_RUNS), 100)
    .option(
      '--seed <n>',
      'where chance begins (default: a new one each time)',
      numberOf(0, MOST_SEED),
    )
    .option('--exec <cmd>', 'the program to ask, instead of godo')
    .option('--canonicalize <how>', 'how its output is compared (default: none)')
    .option('--kinds <names>', 'only these kinds of variants, with commas between', kindsOf)
    .option(
      '--replay <path>',
      'only the variant of that path; with the --seed it was found with',
      pathOf,
    )
    .option(
      '--shrink <n>',
      'runs at most to make a variant smaller; 0 for none',
      numberOf(0, MOST_RUNS),
      1000,
    )
    .option(
      '-j, --jobs <n>',
      'programs that may run at once (default: as many as processors)',
      jobsOf,
    )
    .option('--timeout <time>', 'how long one may take (default: 60s)', timeoutOf)
    .option('-o, --output <dir>', 'where to write variants that differ', 'fuzz-failures')
    .addOption(
      new Option('-f, --format <format>', 'what to write')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText('after', HELP)
    .action(async (names: string[], flags: Flags) => {
      checkInputs(command, names);
      checkFlags(command, flags);
      done(await fuzzCommand(names, flags));
    });
}

const MOST_RUNS = 1_000_000;
const MOST_SEED = 2 ** 32 - 1;

function numberOf(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function kindsOf(text: string): readonly VariantKind[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(VARIANT_KINDS, name));
  if (unknown === undefined) return [...new Set(names)] as VariantKind[];
  throw new InvalidArgumentError(`'${unknown}' is none of ${KINDS.join(', ')}.`);
}

function pathOf(text: string): string {
  if (readPath(text) !== undefined) return text;
  throw new InvalidArgumentError('It must be a path that godo fuzz has shown, like lines:7.');
}

function checkFlags(command: Command, flags: Flags): void {
  const { exec, replay, seed, kinds = [] } = flags;
  if (replay !== undefined && seed === undefined) command.error('error: --replay needs --seed');
  if (exec === undefined) {
    for (const name of ['canonicalize', 'jobs', 'timeout'] as const) {
      if (flags[name] !== undefined) command.error(`error: --${name} needs --exec`);
    }
    return;
  }
  const asked = replay === undefined ? kinds : [readPath(replay)?.kind];
  const own = asked.find((kind) => kind !== undefined && OWN_ONLY.has(kind));
  if (own !== undefined) command.error(`error: ${own} is the same to a program on its stdin`);
}

/** Gives the exit status. */
async function fuzzCommand(names: readonly string[], flags: Flags): Promise<number> {
  // A foreign program knows audit records only.
  const read = await readRecording(names, { withoutConnector: flags.exec !== undefined });
  if (read === undefined || read.faults.some(({ kind }) => kind === 'unreadable')) {
    return EXIT.unreadable;
  }
  const { recording } = read;
  const seed = flags.seed ?? Date.now() % 2 ** 32;
  const interrupt = new Interrupt();
  const ticker = new Ticker(process.stderr, () => performance.now(), flags.quiet === true);
  try {
    const { failed, ...fuzzed } = await fuzz(sourceOf(recording, flags), askOf(recording, flags), {
      seed,
      paths: pathsOf(flags),
      jobs: flags.exec === undefined ? 1 : (flags.jobs ?? availableParallelism()),
      shrinkRuns: flags.shrink,
      signal: interrupt.signal,
      onProgress: (text) => ticker.say(text),
    });
    ticker.clear();
    const report: FuzzReport = {
      ...fuzzed,
      failures: await writeFailures(recording, failed, seed, flags.output),
      ...extentOf(recording),
      seed,
      command: commandOf(names, flags, seed),
    };
    await print(report, flags.format);
    return interrupt.status ?? statusOf(report);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return complain(`cannot run the command: ${error.message}`, EXIT.usage);
  } finally {
    ticker.clear();
    interrupt.end();
  }
}

function pathsOf({ replay, kinds, orders, exec }: Flags): readonly string[] {
  if (replay !== undefined) return [replay];
  return variantPaths(kinds ?? (exec === undefined ? KINDS : FOREIGN_KINDS), orders);
}

function sourceOf(recording: Recording, { exec }: Flags): VariantSource {
  const read = Int32Array.from({ length: recording.length }, (_, i) => i);
  const analyzer = analyzerOf(recording, { lines: read });
  const { processes } = analyzer.finish();
  const history = { processes: [...processes], owners: [...analyzer.owners()] };
  return {
    recording,
    plain: exec === undefined ? read : orderLines(recording, 'causal', 0, history),
    kernelOrder: (seed) => orderLines(recording, 'adversarial', seed, history),
  };
}

function askOf(recording: Recording, flags: Flags): Ask {
  const { exec, timeout: timeoutMs = USUAL_TIMEOUT, canonicalize = 'none' } = flags;
  if (exec === undefined) return askGodo(recording);
  return askCommand(recording, { exec, timeoutMs, canonicalize });
}

function extentOf({ events, length }: Recording): Pick<FuzzReport, 'events' | 'lines'> {
  return { events: events.length, lines: length };
}

/** What asks the same again, but for `--replay PATH`. */
function commandOf(names: readonly string[], flags: Flags, seed: number): string[] {
  const { exec, canonicalize, timeout } = flags;
  const asked = exec === undefined ? [] : ['--exec', exec];
  if (canonicalize !== undefined) asked.push('--canonicalize', canonicalize);
  if (timeout !== undefined) asked.push('--timeout', `${timeout}ms`);
  return ['godo', 'fuzz', ...names, ...asked, '--seed', String(seed)];
}

async function print(report: FuzzReport, format: Flags['format']): Promise<void> {
  const lines = format === 'json' ? [JSON.stringify(report, undefined, 2)] : fuzzLines(report);
  await writeAll(process.stdout, linesAsText(lines));
}

function statusOf({ verdict, why = '' }: FuzzReport): number {
  // What a shell says of a command that is not there, or cannot be run.
  if (verdict === 'broken' && /^exit status 12[67]\b/.test(why)) return EXIT.usage;
  return verdict === 'same' ? EXIT.fine : EXIT.faults;
}
