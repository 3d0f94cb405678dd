/**
 * How right an analysis is, by the kernel's own account of the same run: the process
 * connector's forks, execs and exits, recorded beside each trace as JSON lines.
 *
 * Only the descendants of one root process count. The k-th life of a pid in the account is
 * compared with the k-th document of that pid.
 */
import type { ProcessDocument } from '../../src/model/process.ts';

/** What is asked of every life, as far as it applies: of the root neither parent nor execs. */
const QUESTIONS = ['found', 'parent', 'execs', 'ended', 'code', 'signal'] as const;
type Question = (typeof QUESTIONS)[number];

interface Answers {
  readonly right: number;
  readonly of: number;
}

interface Score {
  /** Percent of right answers; every phantom is one more question, answered wrong. */
  readonly score: number;
  /** Documents below the root's that no life accounts for. */
  readonly phantoms: number;
  readonly questions: Readonly<Record<Question, Answers>>;
  /** A note for each wrong answer. */
  readonly wrong: readonly string[];
}

/** One line of the account: `pid` is the thread, `tgid` the process, `code` the raw wait status. */
type TruthEvent =
  | {
      readonly ev: 'fork';
      readonly t: number;
      readonly ptgid: number;
      readonly pid: number;
      readonly tgid: number;
    }
  | { readonly ev: 'exec'; readonly t: number; readonly pid: number; readonly tgid: number }
  | {
      readonly ev: 'exit';
      readonly t: number;
      readonly pid: number;
      readonly tgid: number;
      readonly code: number;
    };

/** One life of one pid, as it truly was. */
class TrueLife {
  readonly pid: number;
  readonly born: number;
  readonly parent: TrueLife | undefined;
  readonly children: TrueLife[] = [];
  execs = 0;
  /** Threads that have not ended. */
  live = 1;
  /** Raw wait status; undefined while it lives. */
  code: number | undefined;
  /** The status with which the first thread ended, which may be before the process does. */
  leaderCode: number | undefined;
  /** Those of all threads: of threads that end one by one, any may give the process its own. */
  readonly codes = new Set<number>();

  constructor(pid: number, born: number, parent: TrueLife | undefined) {
    this.pid = pid;
    this.born = born;
    this.parent = parent;
    parent?.children.push(this);
  }

  get name(): string {
    return `pid ${this.pid} born ${this.born}`;
  }
}

/** Follows the account; the lives come out in the order of their first mention. */
class Account {
  readonly lives: TrueLife[] = [];
  readonly #living = new Map<number, TrueLife>();

  add(event: TruthEvent): void {
    if (event.ev === 'fork') this.#fork(event);
    else if (event.ev === 'exec') this.#livingOne(event).execs++;
    else this.#exit(event);
  }

  /** A process whose threads did not all end has what its first thread ended with. */
  finish(): readonly TrueLife[] {
    for (const life of this.lives) life.code ??= life.leaderCode;
    return this.lives;
  }

  #fork({ pid, tgid, ptgid, t }: TruthEvent & { readonly ev: 'fork' }): void {
    if (pid === tgid) {
      this.#begin(new TrueLife(pid, t, this.#living.get(ptgid)));
      return;
    }
    const life = this.#living.get(tgid);
    if (life !== undefined) life.live++;
  }

  #exit(event: TruthEvent & { readonly ev: 'exit' }): void {
    const life = this.#livingOne(event);
    life.live--;
    life.codes.add(event.code);
    if (event.pid === event.tgid) life.leaderCode = event.code;
    if (life.live > 0) return;
    life.code = event.code;
    this.#living.delete(event.tgid);
  }

  /** One that is older than the account begins with its first mention. */
  #livingOne({ tgid, t }: TruthEvent): TrueLife {
    return this.#living.get(tgid) ?? this.#begin(new TrueLife(tgid, t, undefined));
  }

  #begin(life: TrueLife): TrueLife {
    this.#living.set(life.pid, life);
    this.lives.push(life);
    return life;
  }
}

function trueLives(truth: Uint8Array): readonly TrueLife[] {
  const account = new Account();
  for (const line of Buffer.from(truth).toString('utf8').split('\n')) {
    if (line.trim() !== '') account.add(JSON.parse(line) as TruthEvent);
  }
  return account.finish();
}

function descendants(root: TrueLife): Set<TrueLife> {
  const found = new Set([root]);
  for (const life of found) for (const child of life.children) found.add(child);
  return found;
}

/** The root's life with the most descendants, and these, the root included. */
function treeOf(lives: readonly TrueLife[], root: number): readonly [TrueLife, Set<TrueLife>] {
  let best: readonly [TrueLife, Set<TrueLife>] | undefined;
  for (const life of lives) {
    if (life.pid !== root) continue;
    const found = descendants(life);
    if (best === undefined || found.size > best[1].size) best = [life, found];
  }
  if (best === undefined) throw new Error(`the root pid ${root} is not in the truth`);
  return best;
}

function byPid<T extends { readonly pid: number }>(items: Iterable<T>): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item.pid);
    if (group === undefined) groups.set(item.pid, [item]);
    else group.push(item);
  }
  return groups;
}

function compareStarts(a: ProcessDocument, b: ProcessDocument): number {
  const time = (a.start_timestamp ?? -1) - (b.start_timestamp ?? -1);
  return time || (a._id < b._id ? -1 : Number(a._id > b._id));
}

/** The k-th life of each pid with its k-th document. */
function pairUp(
  lives: readonly TrueLife[],
  documents: readonly ProcessDocument[],
): Map<TrueLife, ProcessDocument> {
  const pairs = new Map<TrueLife, ProcessDocument>();
  const found = byPid([...documents].sort(compareStarts));
  for (const [pid, all] of byPid(lives)) {
    const own = found.get(pid) ?? [];
    for (const [k, life] of all.entries()) if (k < own.length) pairs.set(life, own[k]);
  }
  return pairs;
}

/** Documents below one that belong to no life. */
function phantomsBelow(
  root: ProcessDocument | undefined,
  documents: readonly ProcessDocument[],
  paired: ReadonlySet<string>,
): number {
  const children = new Map<string | null, ProcessDocument[]>();
  for (const document of documents) {
    const siblings = children.get(document.parent);
    if (siblings === undefined) children.set(document.parent, [document]);
    else siblings.push(document);
  }
  const reached = new Set(root === undefined ? [] : [root]);
  let phantoms = 0;
  for (const document of reached) {
    if (!paired.has(document._id)) phantoms++;
    for (const child of children.get(document._id) ?? []) reached.add(child);
  }
  return phantoms;
}

/** Counts answers. */
class Sheet {
  readonly questions = Object.fromEntries(
    QUESTIONS.map((question) => [question, { right: 0, of: 0 }]),
  ) as Record<Question, { right: number; of: number }>;
  readonly wrong: string[] = [];

  ask(question: Question, right: boolean, note: string): void {
    this.questions[question].of++;
    if (right) this.questions[question].right++;
    else this.wrong.push(`${question}: ${note}`);
  }

  sum(count: keyof Answers): number {
    return QUESTIONS.reduce((sum, question) => sum + this.questions[question][count], 0);
  }
}

function askEnd(sheet: Sheet, life: TrueLife, document: ProcessDocument | undefined): void {
  const { code } = life;
  if (code === undefined) return;
  sheet.ask('ended', document?.exit_timestamp !== undefined, life.name);
  const said = `got ${document?.exit_code}/${document?.exit_signal}`;
  const signal = code & 0x7f;
  if (signal !== 0) {
    const note = `${life.name}: want signal ${signal}, ${said}`;
    sheet.ask('signal', document?.exit_signal === signal, note);
    return;
  }
  const codes = [...life.codes, code].map((one) => (one >> 8) & 255);
  const right = document?.exit_code !== undefined && codes.includes(document.exit_code);
  sheet.ask('code', right, `${life.name}: want code ${(code >> 8) & 255}, ${said}`);
}

function askOrigin(
  sheet: Sheet,
  life: TrueLife,
  document: ProcessDocument | undefined,
  parent: ProcessDocument | undefined,
): void {
  const right = parent !== undefined && document?.parent === parent._id;
  sheet.ask('parent', right, `${life.name}: want parent pid ${life.parent?.pid}`);
  const execs = document?.execve.filter((exec) => exec.failed !== true).length;
  sheet.ask('execs', execs === life.execs, `${life.name}: want ${life.execs}, got ${execs}`);
}

/**
 * Scores documents. `truth` is the account as JSON lines, `rootPid` the process whose
 * descendants count. Throws when the account does not know that pid.
 */
export function scoreOf(
  truth: Uint8Array,
  documents: readonly ProcessDocument[],
  rootPid: number,
): Score {
  const all = trueLives(truth);
  const [root, tree] = treeOf(all, rootPid);
  const lives = all.filter((life) => tree.has(life));
  const pairs = pairUp(lives, documents);
  const sheet = new Sheet();
  for (const life of lives) {
    const document = pairs.get(life);
    sheet.ask('found', document !== undefined, life.name);
    if (life !== root && life.parent !== undefined) {
      askOrigin(sheet, life, document, pairs.get(life.parent));
    }
    askEnd(sheet, life, document);
  }
  const paired = new Set([...pairs.values()].map((document) => document._id));
  const phantoms = phantomsBelow(pairs.get(root), documents, paired);
  const score = (100 * sheet.sum('right')) / (sheet.sum('of') + phantoms);
  return { score, phantoms, questions: sheet.questions, wrong: sheet.wrong };
}
