/** An analysis against the truth, wherever the truth can be known. The result is data. */
import type { ProcessDocument } from '../../src/model/process.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import { compareEnd } from './compare-end.ts';
import type { Known } from './knowledge.ts';
import { knowledgeOf, mustHaveDocument, parentsOf, tellsNumber, threadsOf } from './knowledge.ts';
import type { Matches } from './match.ts';
import { match } from './match.ts';
import { stampOf } from '../../src/testing/kernel/arrival.ts';
import type { History, TrueProcess } from '../../src/testing/kernel/types.ts';

/** One thing on which the analysis and the truth differ. */
export interface Difference {
  readonly what: string;
  readonly node: string;
  readonly pid: number;
  /** Index of the life concerned; absent for a phantom. */
  readonly life?: number;
  readonly id?: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** What a comparison works with: one document and its life. */
export interface Case {
  readonly known: Known;
  readonly matches: Matches;
  readonly life: TrueProcess;
  readonly document: ProcessDocument;
  readonly report: (what: string, expected: unknown, actual: unknown) => void;
}

/** `complete` false: the log was cut, and the truth after its last event does not count. */
export function compare(analysis: Analysis, history: History, complete = true): Difference[] {
  const known = knowledgeOf(history, complete);
  const matches = match(known, analysis.processes);
  const found: Difference[] = [];
  for (const { node = '', pid, _id } of matches.phantoms) {
    found.push({ what: 'phantom', node, pid, id: _id, expected: 'no such life', actual: _id });
  }
  for (const life of known.history.lives) {
    const { node } = history.boots[life.boot];
    const at = { node, pid: life.pid, life: life.index };
    const document = matches.documents.get(life.index);
    if (document === undefined) {
      if (!mustHaveDocument(known, life)) continue;
      found.push({ ...at, what: 'missing', expected: 'a document', actual: 'none' });
      continue;
    }
    const report = (what: string, expected: unknown, actual: unknown): void => {
      found.push({ ...at, id: document._id, what, expected, actual });
    };
    if (!known.blurred.has(life.index)) compareLife({ known, matches, life, document, report });
  }
  return [...found, ...compareForest(analysis)];
}

function compareLife(it: Case): void {
  compareParent(it);
  compareExecs(it);
  compareThreads(it);
  compareNumbers(it);
  compareEnd(it);
}

function compareParent({ known, matches, life, document, report }: Case): void {
  const { exact, among } = parentsOf(known, life);
  const ids = among.map((i) => matches.documents.get(i)?._id ?? null);
  const certain = exact && !known.blurred.has(among[0]);
  const allowed = certain ? ids.slice(0, 1) : [...ids, null, ...namesakes(known, matches, among)];
  // What cannot be known may be guessed, if it is marked as a guess.
  const sure =
    exact || document.evidence.some((e) => e.claim === 'parent' && e.confidence === 'proven');
  if (sure && !allowed.includes(document.parent)) report('parent', allowed, document.parent);
  if (!exact || document.ppid === undefined) return;
  const ppid = known.history.lives[among[0]]?.pid ?? 0;
  if (document.ppid !== ppid) report('ppid', ppid, document.ppid);
}

/** Documents of other lives that had the number of one of these. */
function namesakes({ history }: Known, matches: Matches, lives: readonly number[]): string[] {
  const of = lives.filter((i) => i >= 0).map((i) => history.lives[i]);
  return history.lives
    .filter((life) => of.some((o) => o.boot === life.boot && o.pid === life.pid))
    .flatMap((life) => matches.documents.get(life.index)?._id ?? []);
}

function compareExecs({ known, life, document, report }: Case): void {
  const expected = known.traces[life.index].execs.map((e) =>
    e.fact.kind === 'exec'
      ? { event: stampOf(e), args: e.fact.args, exe: e.fact.exe }
      : { event: stampOf(e), failed: true, errno: e.fact.errno },
  );
  const actual = document.execve.map((e) =>
    e.failed
      ? { event: e.event, failed: true, errno: e.errno }
      : { event: e.event, args: e.args, exe: e.exe },
  );
  if (JSON.stringify(expected) !== JSON.stringify(actual)) report('execs', expected, actual);
}

function compareThreads({ known, life, document, report }: Case): void {
  const threads = threadsOf(known, life);
  if (threads !== null && document.threads !== threads) {
    report('threads', threads, document.threads);
  }
}

function compareNumbers({ known, life, document, report }: Case): void {
  const numbered = tellsNumber(known, life);
  if (document.ns_pid !== undefined && numbered) {
    const expected = life.level > 0 ? life.nsPid : undefined;
    if (document.ns_pid !== expected) report('ns_pid', expected, document.ns_pid);
  }
  for (const { ns_pid, event } of document.unidentified_children ?? []) {
    const births = known.traces[life.index].births;
    const birth = births.find((e) => stampOf(e) === event);
    if (birth?.fact.ret !== ns_pid) report('unidentified_children', birth?.fact ?? null, ns_pid);
  }
  const later = life.parents.map((p) => known.history.lives[p.parent].pid);
  for (const { ppid } of document.reparented) {
    if (!later.includes(ppid)) report('reparented', later, ppid);
  }
  const { birth } = known.traces[life.index];
  if (birth === undefined || document.start_timestamp === undefined || !numbered) return;
  if (document.start_timestamp < birth.time) {
    report('start_timestamp', birth.time, document.start_timestamp);
  }
}

/** The documents among themselves: identities, and children against parents. */
function compareForest(analysis: Analysis): Difference[] {
  const { summary } = analysis;
  const processes = [...analysis.processes];
  const found: Difference[] = [];
  const ids = new Set(processes.map((p) => p._id));
  const children = new Map<string, Set<string>>();
  for (const p of processes) {
    if (p.parent === null) continue;
    const list = children.get(p.parent) ?? new Set();
    children.set(p.parent, list.add(p._id));
  }
  const say = (p: ProcessDocument | undefined, expected: unknown, actual: unknown): void => {
    const { node = '', pid = 0, _id = '' } = p ?? {};
    found.push({ what: 'forest', node, pid, id: _id, expected, actual });
  };
  if (ids.size !== processes.length) say(undefined, processes.length, ids.size);
  if (summary.processes !== processes.length) say(undefined, processes.length, summary.processes);
  for (const p of processes) {
    const expected = [...(children.get(p._id) ?? [])].sort();
    if (JSON.stringify([...p.children].sort()) !== JSON.stringify(expected)) {
      say(p, expected, p.children);
    }
    if (p.parent !== null && !ids.has(p.parent)) say(p, 'a parent that exists', p.parent);
  }
  return found;
}

/** Throws with everything that differs. */
export function assertSame(analysis: Analysis, history: History, complete = true): void {
  const differences = compare(analysis, history, complete);
  if (differences.length === 0) return;
  const shown = differences.slice(0, 8).map((d) => JSON.stringify(d));
  throw new Error(`${differences.length} differences from the truth:\n${shown.join('\n')}`);
}
