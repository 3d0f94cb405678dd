/** `godo fuzz`: does the order in which records come ever change the answer? */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wordsOf } from '../base/errors.ts';
import { decodeText } from '../base/text.ts';
import { CANONICAL_FORMS, canonical, type CanonicalForm } from '../check/canonical.ts';
import { type FuzzFailure, type FuzzReport, SHOWN_LINES } from '../model/fuzz.ts';
import { Analyzer } from '../pipeline.ts';
import { type History, orderLines } from '../replay/orders.ts';
import { plainLog } from '../replay/plain.ts';
import type { Recording } from '../replay/recording.ts';
import {
  chunksOfLines,
  type Delivery,
  inputsOf,
  readPath,
  VARIANT_KINDS,
  type VariantKind,
  variantPaths,
  type VariantSource,
} from '../replay/variants.ts';
import { fuzzLines } from '../report/fuzz.ts';
import { EXIT } from './analysis.ts';
import { CommandError, type CommandRun, endText, runCommand, USUAL_TIMEOUT } from './child.ts';
import { jobsOf, timeoutOf } from './child-options.ts';
import { type Answer, type Ask, type Failed, fuzz, type Fuzzed, type Shrunk } from './fuzzing.ts';
import { checkInputs, INPUTS } from './inputs.ts';
import { Interrupt } from './interrupt.ts';
import { linesAsText, OutputError, writeAll } from './output.ts';
import { readRecording } from './recording.ts';
import { Ticker } from './ticker.ts';

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
    .option('--orders <n>', 'variants to try', numberOf(1), 100)
    .option('--seed <n>', 'where chance begins (default: a new one each time)', numberOf(0))
    .option('--exec <cmd>', 'the program to ask, instead of godo')
    .option('--canonicalize <how>', 'how its output is compared (default: none)')
    .option('--kinds <names>', 'only these kinds of variants, with commas between', kindsOf)
    .option(
      '--replay <path>',
      'only the variant of that path; with the --seed it was found with',
      pathOf,
    )
    .option('--shrink <n>', 'runs at most to make a variant smaller; 0 for none', numberOf(0), 1000)
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

const MOST = 2 ** 32 - 1;

function numberOf(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= MOST) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${MOST}.`);
  };
}

function kindsOf(text: string): readonly VariantKind[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(VARIANT_KINDS, name));
  if (unknown === undefined) return names as VariantKind[];
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
  const seed = flags.seed ?? Date.now() % 2 ** 32;
  const interrupt = new Interrupt();
  const ticker = new Ticker(process.stderr, () => performance.now(), flags.quiet === true);
  try {
    const source = sourceOf(read.recording, flags.exec !== undefined);
    const fuzzed = await fuzz(source, askOf(read.recording, flags), {
      seed,
      paths: pathsOf(flags),
      jobs: flags.exec === undefined ? 1 : (flags.jobs ?? availableParallelism()),
      shrinkRuns: flags.shrink,
      signal: interrupt.signal,
      onProgress: (text) => ticker.say(text),
    });
    ticker.clear();
    const failures = await writeFailures(read.recording, fuzzed.failed, seed, flags.output);
    const report = reportOf(read.recording, fuzzed, failures, {
      seed,
      command: commandOf(names, flags, seed),
    });
    await print(report, flags.format);
    return interrupt.status ?? statusOf(report);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`godo: cannot run the command: ${error.message}\n`);
    return EXIT.usage;
  } finally {
    ticker.clear();
    interrupt.end();
  }
}

function pathsOf({ replay, kinds, orders, exec }: Flags): readonly string[] {
  if (replay !== undefined) return [replay];
  return variantPaths(kinds ?? (exec === undefined ? KINDS : FOREIGN_KINDS), orders);
}

function sourceOf(recording: Recording, foreign: boolean): VariantSource {
  const read = Int32Array.from({ length: recording.length }, (_, i) => i);
  const history = historyOf(recording, read);
  return {
    recording,
    plain: foreign ? orderLines(recording, 'causal', 0, history) : read,
    kernelOrder: (seed) => orderLines(recording, 'adversarial', seed, history),
  };
}

function historyOf(recording: Recording, lines: Int32Array): History {
  const analyzer = analyzerOf(recording, { lines });
  const { processes } = analyzer.finish();
  return { processes: [...processes], owners: [...analyzer.owners()] };
}

/** Godo's own, with all that is delivered. */
function analyzerOf(recording: Recording, delivery: Delivery): Analyzer {
  const analyzer = new Analyzer();
  for (const { stream, lines } of inputsOf(recording, delivery)) {
    analyzer.open(stream.name, stream.origin);
    for (const chunk of chunksOfLines(recording, lines, delivery.chunks)) analyzer.push(chunk);
    analyzer.close();
  }
  return analyzer;
}

function askOf(recording: Recording, flags: Flags): Ask {
  const { exec, timeout = USUAL_TIMEOUT, canonicalize = 'none' } = flags;
  if (exec === undefined) return (delivery) => Promise.resolve(answerOfGodo(recording, delivery));
  return askCommand(recording, exec, canonicalize, timeout);
}

function answerOfGodo(recording: Recording, delivery: Delivery): Answer {
  const { digest, account } = analyzerOf(recording, delivery).finish().summary;
  const ignored = Object.values(account.ignored).reduce((sum, count) => sum + count, 0);
  const sum = account.attached + ignored + account.rejected;
  const balances = account.records === delivery.lines.length && sum === account.records;
  return balances
    ? { text: digest }
    : { text: digest, failure: `${delivery.lines.length} lines, ${sum} of them accounted for` };
}

/** Bytes of output that are compared, at most. */
const MAX_OUTPUT = 64 * 2 ** 20;

function askCommand(recording: Recording, exec: string, how: string, timeoutMs: number): Ask {
  const form = CANONICAL_FORMS.find((one) => one === how);
  const inForm = async (
    output: Buffer,
    wanted: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Answer> => {
    if (form !== undefined) return answered(canonicalBytes(output, form));
    const run = await runCommand(how, [output], { ...wanted, maxOutput: MAX_OUTPUT });
    return failed(run, 'the filter of --canonicalize: ') ?? answered(run.stdout);
  };
  return async ({ lines }, signal) => {
    const wanted = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const log = plainLog(recording, lines);
    const run = await runCommand(exec, log, { ...wanted, maxOutput: MAX_OUTPUT });
    return failed(run, '') ?? inForm(run.stdout, wanted);
  };
}

function canonicalBytes(output: Buffer, form: CanonicalForm): Buffer {
  return form === 'none' ? output : Buffer.from(canonical(output, form), 'latin1');
}

function answered(output: Buffer): Answer {
  return { text: createHash('sha256').update(output).digest('hex') };
}

/** How a command failed; undefined where it ended well. */
function failed({ end, stderr }: CommandRun, who: string): Answer | undefined {
  if (end.kind === 'exit' && end.status === 0) return undefined;
  const failure = `${who}${endText(end)}`;
  const complaint = decodeText(stderr).trimEnd().split('\n').at(-1) ?? '';
  return { text: failure, failure, ...(complaint === '' ? {} : { complaint }) };
}

/** Writes what is to be written of them. Rejects with an OutputError. */
async function writeFailures(
  recording: Recording,
  all: readonly Failed[],
  seed: number,
  folder: string,
): Promise<FuzzFailure[]> {
  const failures: FuzzFailure[] = [];
  for (const { variant, how, first, flaky, shrunk } of all) {
    const failure = { path: variant.path, how, ...(flaky ? { flaky } : {}) };
    if (!first) {
      failures.push(failure);
      continue;
    }
    const base = join(folder, `${seed}-${variant.path.replace(':', '-')}`);
    await write(recording, variant.delivery, `${base}.log`, folder);
    failures.push({
      ...failure,
      file: `${base}.log`,
      ...(shrunk === undefined
        ? {}
        : { shrunk: await writeShrunk(recording, shrunk, base, folder) }),
    });
  }
  return failures;
}

async function writeShrunk(
  recording: Recording,
  { delivery, reference, events, inversions, minimal, runs }: Shrunk,
  base: string,
  folder: string,
): Promise<FuzzFailure['shrunk']> {
  const file = `${base}.min.log`;
  const plain = `${base}.min.plain.log`;
  await write(recording, delivery, file, folder);
  await write(recording, reference, plain, folder);
  const lines = delivery.lines.length;
  const shown = lines > SHOWN_LINES ? undefined : shownLines(recording, delivery);
  const size = { events, lines, inversions, minimal, runs };
  return { ...size, file, reference: plain, ...(shown === undefined ? {} : { shown }) };
}

function shownLines(recording: Recording, { lines }: Delivery): string[] {
  return Array.from(lines, (line) => decodeText(recording.line(line)));
}

/** Audit records in the order in which they come, and a second witness's lines in a file of theirs. */
async function write(
  recording: Recording,
  { lines }: Delivery,
  file: string,
  folder: string,
): Promise<void> {
  const told = lines.filter((line) => recording.isConnector(line));
  const logged = lines.filter((line) => !recording.isConnector(line));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, plainLog(recording, logged));
    if (told.length === 0) return;
    await writeFile(file.replace(/\.log$/, '.connector.ndjson'), plainLog(recording, told));
  } catch (error) {
    throw new OutputError(wordsOf(error));
  }
}

function reportOf(
  recording: Recording,
  { verdict, why, kinds, interrupted }: Fuzzed,
  failures: readonly FuzzFailure[],
  asked: Pick<FuzzReport, 'seed' | 'command'>,
): FuzzReport {
  return {
    verdict,
    ...(why === undefined ? {} : { why }),
    ...asked,
    events: recording.events.length,
    lines: recording.length,
    kinds,
    failures,
    interrupted,
  };
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
