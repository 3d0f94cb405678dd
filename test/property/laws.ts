/** The laws of an analysis, each as a function that throws when it is broken. */
import type { Analysis } from '../../src/model/analysis.ts';
import type { Claim, ProcessDocument } from '../../src/model/process.ts';
import { Analyzer, analyzeSync } from '../../src/pipeline.ts';
import { canonicalNdjson } from '../../src/report/ndjson.ts';
import { assertSame } from '../model/compare.ts';
import { withEvents } from '../../src/testing/kernel/kernel.ts';
import { assertTold, bytesOf, witnessed } from './witness.ts';
import { knowledgeOf } from '../model/knowledge.ts';
import { match } from '../model/match.ts';
import type { Rng } from '../../src/base/rng.ts';
import type { History, SimEvent } from '../../src/testing/kernel/types.ts';

/** A law: what it needs beside the history it draws from `rng`. */
export type Law = (history: History, rng: Rng) => void;

export function analyze(lines: readonly string[]): Analysis {
  return analyzeSync([{ name: 'a.log', bytes: bytesOf(lines) }]);
}

function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const k = rng.below(i + 1);
    [out[i], out[k]] = [out[k], out[i]];
  }
  return out;
}

function ensure(is: boolean, what: string): void {
  if (!is) throw new Error(what);
}

/** Says which lines of two NDJSON texts differ. */
function ensureSameText(expected: string, actual: string, what: string): void {
  if (expected === actual) return;
  const before = new Set(expected.split('\n'));
  const after = new Set(actual.split('\n'));
  const gone = [...before].filter((line) => !after.has(line)).slice(0, 3);
  const come = [...after].filter((line) => !before.has(line)).slice(0, 3);
  throw new Error(`${what}\n- ${gone.join('\n- ')}\n+ ${come.join('\n+ ')}`);
}

function ensureSame(expected: Analysis, actual: Analysis, what: string): void {
  ensureSameText(canonicalNdjson(expected.processes), canonicalNdjson(actual.processes), what);
  ensure(expected.summary.digest === actual.summary.digest, `${what}: the digest differs`);
}

function ensureBalanced({ summary }: Analysis, records: number): void {
  const { account } = summary;
  const ignored = Object.values(account.ignored).reduce((a, b) => a + b, 0);
  const sum = account.attached + ignored + account.rejected;
  ensure(account.records === records, `${records} records, ${account.records} accounted for`);
  ensure(sum === records, `the account does not balance: ${JSON.stringify(account)}`);
}

const truth: Law = (history) => {
  const analysis = analyze(history.lines);
  ensureBalanced(analysis, history.lines.length);
  assertSame(analysis, history);
};

const permutation: Law = (history, rng) => {
  const expected = analyze(history.lines);
  ensureSame(expected, analyze(shuffled(history.lines, rng)), 'another order of the lines');
};

const chunks: Law = (history, rng) => {
  const expected = analyze(history.lines);
  const bytes = bytesOf(history.lines);
  const analyzer = new Analyzer();
  analyzer.open('a.log');
  const most = 1 + rng.below(rng.once(2) ? 7 : 5000);
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + rng.below(most);
    analyzer.push(bytes.subarray(at, at + size));
    at += size;
  }
  analyzer.close();
  ensureSame(expected, analyzer.finish(), 'other chunks');
};

const files: Law = (history, rng) => {
  const expected = analyze(history.lines);
  const parts: string[][] = Array.from({ length: 1 + rng.below(4) }, () => []);
  for (const line of history.lines) parts[rng.below(parts.length)].push(line);
  const inputs = parts.map((lines, i) => ({ name: `${i}.log`, bytes: bytesOf(lines) }));
  ensureSame(expected, analyzeSync(shuffled(inputs, rng)), 'cut into files');
};

const duplication: Law = (history, rng) => {
  const expected = analyze(history.lines);
  const lines = [...history.lines];
  for (const line of history.lines) {
    if (rng.once(3)) lines.splice(rng.below(lines.length + 1), 0, line);
  }
  const actual = analyze(lines);
  ensureSame(expected, actual, 'lines twice');
  ensureBalanced(actual, lines.length);
};

/** Every document belongs to a life of its own: whatever is lost, nothing is invented. */
const loss: Law = (history, rng) => {
  const odds = 2 + rng.below(12);
  const lines = history.lines.filter(() => !rng.once(odds));
  const analysis = analyze(lines);
  ensureBalanced(analysis, lines.length);
  const { phantoms } = match(knowledgeOf(history, true), analysis.processes);
  ensure(phantoms.length === 0, `invented: ${JSON.stringify(phantoms.slice(0, 3))}`);
};

/** Of one moment the serials tell: they are handed out as events are logged. */
function wasLoggedBy(event: SimEvent, last: SimEvent): boolean {
  if (event.loggedAt !== last.loggedAt) return event.loggedAt < last.loggedAt;
  return event.serial <= last.serial;
}

/** A shorter log of the same history: the same names for the same lives, and no contradiction. */
const prefix: Law = (history, rng) => {
  if (history.events.length === 0) return;
  const last = history.events[rng.below(history.events.length)];
  const shorter = withEvents(history, (e) => e.boot !== last.boot || wasLoggedBy(e, last));
  const before = analyze(shorter.lines);
  assertSame(before, shorter, false);
  const after = analyze(history.lines);
  const found = match(knowledgeOf(shorter, false), before.processes).documents;
  const later = match(knowledgeOf(history, true), after.processes).documents;
  const pair = { before: found, after: later };
  for (const life of history.lives) ensureNoContradiction(pair, life.index);
};

interface Pair {
  readonly before: ReadonlyMap<number, ProcessDocument>;
  readonly after: ReadonlyMap<number, ProcessDocument>;
}

function ensureNoContradiction(pair: Pair, life: number): void {
  const a = pair.before.get(life);
  const b = pair.after.get(life);
  if (a === undefined) return;
  if (b === undefined) throw new Error(`lost with a longer log: ${a._id}`);
  const told = `${JSON.stringify(a)}\n${JSON.stringify(b)}`;
  ensure(a._id === b._id, `another _id with a longer log:\n${told}`);
  const execs = b.execve.slice(0, a.execve.length).map((e) => e.event);
  ensure(
    JSON.stringify(execs) === JSON.stringify(a.execve.map((e) => e.event)),
    `execs are no prefix:\n${told}`,
  );
  if (isProven(a, 'parent')) {
    ensure(a.parent === null || a.parent === b.parent, `another parent:\n${told}`);
  }
  // An exec takes back the exit_group that another thread called meanwhile (docs/architecture.md).
  const tookBack = a.threads > 1 && b.execve.length > a.execve.length;
  if (!isProven(a, 'end') || tookBack) return;
  ensure(a.exit_code === undefined || a.exit_code === b.exit_code, `another exit code:\n${told}`);
}

/** What was inferred may be taken back when more is known, what was proven never. */
function isProven({ evidence }: ProcessDocument, claim: Claim): boolean {
  return evidence.some((one) => one.claim === claim && one.confidence === 'proven');
}

/** With the process connector beside the records everything it tells is right, in any order. */
const witness: Law = (history, rng) => {
  assertTold(history);
  const [account, log] = witnessed(history, (lines) => lines);
  const mixed = witnessed(history, (lines) => shuffled(lines, rng));
  ensureSame(analyzeSync([account, log]), analyzeSync(mixed), 'another order with the connector');
};

/** All laws by name; counterexamples name theirs. */
export const LAWS: Readonly<Record<string, Law>> = {
  truth,
  permutation,
  chunks,
  files,
  duplication,
  loss,
  prefix,
  witness,
};
