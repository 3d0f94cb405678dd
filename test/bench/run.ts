/**
 * `npm run bench`: how fast godo is, beside other programs and by itself.
 *
 * Nothing is asserted about times. The exit status is 1 only when a program fails or gives
 * a wrong answer, 2 for wrong usage.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  analyzeFixtures,
  checkCopies,
  checkShapes,
  digestOfBytes,
  type Originals,
} from './check.ts';
import { type Fixture, readFixtures } from './copies.ts';
import { copiesLog, deepLog, type Log, MEGABYTE, wideLog } from './generate.ts';
import { best, type Run } from './measure.ts';
import { overhead } from './overhead.ts';
import { megabytes, number, printTable } from './print.ts';
import { godo, others, type Program, tools } from './programs.ts';
import { runStages } from './stages.ts';
import { runStores } from './stores.ts';

const HELP = `npm run bench -- [--size MB] [--full] [--only NAME]... [--processes N] [--stages]

  --size MB     size of the log that the programs are compared on; 300 by default
  --full        scaling up to 3 GB
  --only NAME   only this part: compare, scaling, wide, deep, bare, stores, record or
                tools
  --processes N processes for the part stores; 300000 by default
  --stages      only where the time goes, stage by stage, in one process
`;
const PARTS = ['compare', 'scaling', 'wide', 'deep', 'bare', 'stores', 'record', 'tools'];
const SIZES = [10, 30, 100, 300];
const FULL = 3000;
/** Logs up to so many bytes are read three times, and the quickest run counts. */
const SMALL = 150 * MEGABYTE;
/** Megabytes of the log that tools are measured on. */
const MOST_FOR_TOOLS = 100;

/** One run of one program on one log. */
interface Measured {
  readonly name: string;
  readonly log: Log;
  readonly run: Run;
}

/** Everything that the parts need. */
interface Bench {
  readonly root: string;
  readonly folder: string;
  readonly size: number;
  readonly full: boolean;
  readonly processes: number;
  readonly failures: string[];
  readonly copies: (megabytes: number) => Log;
}

function rootFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin/godo.js'))) folder = dirname(folder);
  return folder;
}

async function measure(bench: Bench, program: Program, log: Log): Promise<Measured> {
  const run = await best(program.command(log.path), log.bytes < SMALL ? 3 : 1);
  if (run.status !== 0) {
    bench.failures.push(`${program.name} ended with ${run.status}: ${run.stderr.slice(0, 1000)}`);
  }
  return { name: program.name, log, run };
}

/** What of godo's summary is compared with the log's own account. */
interface Summary {
  readonly bytes: number;
  readonly events: number;
  readonly processes: number;
  readonly digest: string;
  readonly account: { readonly records: number; readonly rejected: number };
}

async function measureGodo(bench: Bench, log: Log): Promise<Measured> {
  const measured = await measure(bench, godo(bench.root), log);
  if (measured.run.status !== 0) return measured;
  const summary = JSON.parse(measured.run.stderr) as Summary;
  const found = { ...summary, records: summary.account.records };
  for (const key of ['bytes', 'records', 'events', 'processes'] as const) {
    if (found[key] === log[key]) continue;
    bench.failures.push(`${log.path}: ${log[key]} ${key} expected, godo found ${found[key]}`);
  }
  return measured;
}

const rate = ({ log, run }: Measured): number => log.bytes / MEGABYTE / run.seconds;
const FIGURES = [
  { title: 'seconds', text: ({ run }: Measured) => number(run.seconds, 2) },
  { title: 'CPU s', text: ({ run }: Measured) => number(run.cpuSeconds, 2) },
  { title: 'MB/s', text: (one: Measured) => number(rate(one), 1) },
  { title: 'records/s', text: ({ log, run }: Measured) => number(log.records / run.seconds) },
  { title: 'peak MB', text: ({ run }: Measured) => megabytes(run.peak) },
];

/** godo beside the other programs. */
async function compare(bench: Bench): Promise<void> {
  const log = bench.copies(bench.size);
  const { programs, missing, done } = others();
  const own = await measureGodo(bench, log);
  const all = [own];
  for (const program of programs) all.push(await measure(bench, program, log));
  done();
  const { records, events, processes } = log;
  const held = [
    `${number(records)} records`,
    `${number(events)} events`,
    `${number(processes)} processes`,
  ];
  console.log(`\nOne log of ${megabytes(log.bytes)} MB: ${held.join(', ')}`);
  printTable(
    [
      { title: '', text: ({ name }: Measured) => name },
      ...FIGURES,
      { title: 'godo : it', text: (one: Measured) => number(rate(own) / rate(one), 2) },
    ],
    all,
  );
  for (const name of missing) console.log(`  not installed: ${name}`);
}

/** The tools around recordings beside an analysis; replays hold the recording in memory, so less of it. */
async function compareTools(bench: Bench): Promise<void> {
  const log = bench.copies(Math.min(bench.size, MOST_FOR_TOOLS));
  const own = await measureGodo(bench, log);
  const all = [own];
  for (const tool of tools(bench.root)) all.push(await measure(bench, tool, log));
  console.log(`\nTools, on one log of ${megabytes(log.bytes)} MB`);
  printTable(
    [
      { title: '', text: ({ name }: Measured) => name },
      ...FIGURES,
      { title: 'analyze : it', text: (one: Measured) => number(rate(own) / rate(one), 2) },
    ],
    all,
  );
}

/** Twice the input, twice the time. */
async function scaling(bench: Bench): Promise<void> {
  const rows: Measured[] = [];
  for (const size of bench.full ? [...SIZES, FULL] : SIZES) {
    rows.push(await measureGodo(bench, bench.copies(size)));
  }
  console.log('\nScaling: time for each MB, relative to the smallest log');
  printGrowth(
    rows,
    ({ log }) => `${megabytes(log.bytes)} MB`,
    ({ log }) => log.bytes,
  );
}

/** Ten times the processes, ten times the time. */
async function shape(bench: Bench, title: string, logs: readonly Log[]): Promise<void> {
  const rows: Measured[] = [];
  for (const log of logs) rows.push(await measureGodo(bench, log));
  console.log(`\n${title}: time for each record, relative to the smaller log`);
  printGrowth(
    rows,
    ({ log }) => `${number(log.processes)} processes`,
    ({ log }) => log.records,
  );
}

function printGrowth(
  rows: readonly Measured[],
  name: (row: Measured) => string,
  work: (row: Measured) => number,
): void {
  const each = (row: Measured): number => row.run.seconds / work(row);
  printTable(
    [
      { title: '', text: name },
      ...FIGURES,
      { title: 'µs/record', text: ({ log, run }) => number((run.seconds * 1e6) / log.records, 2) },
      { title: 'relative', text: (row) => number(each(row) / each(rows[0]), 2) },
    ],
    rows,
  );
}

async function runParts(bench: Bench, parts: readonly string[]): Promise<void> {
  const { folder } = bench;
  if (parts.includes('compare')) await compare(bench);
  if (parts.includes('scaling')) await scaling(bench);
  const wide = (n: number): Log => wideLog(folder, n, false);
  const deep = (n: number): Log => deepLog(folder, n, false);
  if (parts.includes('wide'))
    await shape(
      bench,
      'One parent',
      [1e5, 1e6].map((n) => wide(n)),
    );
  if (parts.includes('deep'))
    await shape(
      bench,
      'A chain',
      [1e4, 1e5].map((n) => deep(n)),
    );
  if (parts.includes('record')) await overhead(bench.root, folder);
  if (parts.includes('tools')) await compareTools(bench);
  if (parts.includes('bare')) await bareShapes(bench);
  if (parts.includes('stores')) {
    bench.failures.push(...(await runStores(join(folder, '../stores'), bench.processes)));
  }
}

async function bareShapes(bench: Bench): Promise<void> {
  const { folder } = bench;
  const bare = 'whose processes run nothing and leave no record of their end';
  await shape(
    bench,
    `One parent, ${bare}`,
    [1e4, 1e5].map((n) => wideLog(folder, n, true)),
  );
  await shape(
    bench,
    `A chain, ${bare}`,
    [1e4, 1e5].map((n) => deepLog(folder, n, true)),
  );
}

/** Analyzes copies and shapes in small, so that a wrong answer is seen for what it is. */
function check(fixtures: readonly Fixture[], originals: Originals): string[] {
  const failures: string[] = [];
  for (const step of [checkShapes, () => checkCopies(fixtures, originals)]) {
    try {
      step();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  return failures;
}

/** The program must come to the same as an analysis of the whole file in memory. */
async function checkProgram(bench: Bench): Promise<void> {
  const log = bench.copies(SIZES[0]);
  const { run } = await measureGodo(bench, log);
  if (run.status !== 0) return;
  const { digest } = JSON.parse(run.stderr) as Summary;
  const expected = digestOfBytes(readFileSync(log.path));
  if (digest !== expected) {
    bench.failures.push(`${log.path}: digest ${expected} in memory, godo printed ${digest}`);
  }
}

function prepare({ size, full, processes }: Options): Bench {
  const root = rootFolder();
  const folder = join(root, '.bench/logs');
  const fixtures = readFixtures(join(root, 'fixtures/traces'));
  const originals = analyzeFixtures(fixtures);
  const counts = new Map([...originals].map(([name, documents]) => [name, documents.length]));
  const failures = check(fixtures, originals);
  const copiesOf = (mb: number): Log => copiesLog(folder, fixtures, counts, mb);
  return { root, folder, size, full, processes, failures, copies: copiesOf };
}

interface Options {
  readonly size: number;
  readonly full: boolean;
  readonly stages: boolean;
  readonly processes: number;
  readonly only: readonly string[];
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '300' },
      full: { type: 'boolean', default: false },
      stages: { type: 'boolean', default: false },
      processes: { type: 'string', default: '300000' },
      only: { type: 'string', multiple: true, default: PARTS },
    },
  });
  const size = Number(values.size);
  if (!(size > 0)) throw new Error(`--size: ${values.size} is no number of megabytes`);
  const unknown = values.only.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new Error(`--only: there is no part called ${unknown}`);
  const processes = Number(values.processes);
  if (!(processes > 0))
    throw new Error(`--processes: ${values.processes} is no number of processes`);
  return { ...values, size, processes };
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = optionsOf(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  const bench = prepare(options);
  await checkProgram(bench);
  console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`);
  console.log('Peak memory: VmHWM from /proc, looked at every 5 ms. Output goes to /dev/null.');
  if (options.stages) runStages(bench.copies(bench.size));
  else await runParts(bench, options.only);
  for (const failure of bench.failures) console.error(`FAILED: ${failure}`);
  return bench.failures.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
