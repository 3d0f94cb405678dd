/** Lives to documents: the last step, where events become names and times. */
import { compareText } from '../base/compare.ts';
import { sortedPlaces } from '../base/sort.ts';
import type { ArgumentTexts } from '../event/arguments.ts';
import type { TokenTexts } from '../event/tokens.ts';
import type { Processes } from '../model/analysis.ts';
import {
  type Evidence,
  type Exec,
  type ProcessDocument,
  type Reparenting,
  SCHEMA_VERSION,
  type UnidentifiedChild,
} from '../model/process.ts';
import { errnoName } from '../tables/errno.ts';
import type { Life } from './life.ts';
import { type Outline, setId } from './outline.ts';

/** Moments from here on have more than ten digits of seconds, in ms. */
const ELEVEN_DIGITS = 1e13;
const NO_EXECS: readonly Exec[] = [];
const NO_REPARENTINGS: readonly Reparenting[] = [];
const NO_IDS: readonly string[] = [];

/** All processes of an analysis, sorted by `_id`: each document is made when it is read. */
export class Documents implements Processes {
  readonly texts: TokenTexts;
  readonly argumentTexts: ArgumentTexts;
  readonly #boots: readonly Outline[];
  /** By place in the list: index of the boot, and place of the life in it. */
  readonly #boot: Int32Array;
  readonly #place: Int32Array;

  /** `boots`: the lives of each boot, sorted by themselves or not; all of one table. */
  constructor(texts: TokenTexts, argumentTexts: ArgumentTexts, boots: readonly Outline[]) {
    this.texts = texts;
    this.argumentTexts = argumentTexts;
    this.#boots = boots;
    const length = boots.reduce((sum, { lives }) => sum + lives.length, 0);
    this.#boot = new Int32Array(length);
    this.#place = new Int32Array(length);
    let i = 0;
    for (const [boot, { lives }] of boots.entries()) {
      for (let place = 0; place < lives.length; place++, i++) {
        this.#boot[i] = boot;
        this.#place[i] = place;
      }
    }
    this.#sort();
  }

  get length(): number {
    return this.#boot.length;
  }

  /** What the document at a place of the list says: good until the next call. */
  outline(i: number): Outline {
    const outline = this.#boots[this.#boot[i]];
    outline.read(this.#place[i]);
    return outline;
  }

  *[Symbol.iterator](): Generator<ProcessDocument, void> {
    const maker = new DocumentMaker(this.texts, this.argumentTexts);
    for (let i = 0; i < this.length; i++) yield maker.make(this.outline(i));
  }

  /** Boots mostly come in order, and their lives, too. */
  #sort(): void {
    let k = 1;
    while (k < this.length && this.#compare(k - 1, k) < 0) k++;
    if (k >= this.length) return;
    const order = sortedPlaces(this.length, (a, b) => this.#compare(a, b) || a - b);
    const boot = this.#boot.slice();
    const place = this.#place.slice();
    for (let i = 0; i < order.length; i++) {
      this.#boot[i] = boot[order[i]];
      this.#place[i] = place[order[i]];
    }
  }

  #compare(a: number, b: number): number {
    const ofA = this.#boots[this.#boot[a]];
    const ofB = this.#boots[this.#boot[b]];
    return compareIds(ofA, ofA.lives[this.#place[a]], ofB, ofB.lives[this.#place[b]]);
  }
}

/** As the `_id`s of two lives compare in code-unit order, mostly without making them. */
function compareIds(ofA: Outline, a: Life, ofB: Outline, b: Life): number {
  if (ofA.prefix !== ofB.prefix) {
    // A node's name may hold anything, the end of another's prefix too.
    const mixed = ofA.prefix.startsWith(ofB.prefix) || ofB.prefix.startsWith(ofA.prefix);
    return mixed ? compareText(ofA.id(a), ofB.id(b)) : compareText(ofA.prefix, ofB.prefix);
  }
  const timeA = ofA.facts.time(a.anchor);
  const timeB = ofB.facts.time(b.anchor);
  if (timeA >= ELEVEN_DIGITS || timeB >= ELEVEN_DIGITS) return compareText(ofA.id(a), ofB.id(b));
  const { serial } = ofA.facts.table;
  return (
    timeA - timeB ||
    serial[ofA.facts.rows[a.anchor]] - serial[ofB.facts.rows[b.anchor]] ||
    compareText(String(a.pid), String(b.pid))
  );
}

/** Makes objects of what outlines say. */
class DocumentMaker {
  readonly #texts: TokenTexts;
  readonly #arguments: ArgumentTexts;
  #lastRow = -1;
  #lastArguments: readonly (string | null)[] | undefined;

  constructor(texts: TokenTexts, argumentTexts: ArgumentTexts) {
    this.#texts = texts;
    this.#arguments = argumentTexts;
  }

  make(outline: Outline): ProcessDocument {
    const { life, facts, subject } = outline;
    const { table } = facts;
    const texts = this.#texts;
    const execve = this.#execs(outline);
    const lacksArguments = execve.some(({ args }) => args?.includes(null) === true);
    const { end, parent } = life;
    // One literal with every key, absent or not, keeps all documents of one shape: fast to
    // make and to write. An undefined value is an absent one.
    return {
      schema_version: SCHEMA_VERSION,
      _id: outline.id(life),
      node: facts.node === '' ? undefined : facts.node,
      pid: life.pid,
      ppid: life.ppid < 0 ? undefined : life.ppid,
      parent: parent === undefined ? null : outline.id(parent),
      children: idsOf(outline),
      ns_pid: life.nsPid > 0 ? life.nsPid : undefined,
      start_timestamp: outline.start,
      start_source: outline.startSource,
      cwd: texts.text(outline.cwd),
      args: this.#argumentsOf(outline, outline.argv),
      exe: texts.text(outline.exe),
      comm: texts.text(outline.comm),
      execve,
      exit_after: end?.after,
      exit_timestamp: end?.time,
      exit_code: end?.code,
      exit_signal: end?.signal,
      exit_source: end?.source,
      threads: life.threads + 1,
      reparented: reparentedOf(outline),
      uid: subject < 0 ? undefined : setId(table.uid[subject]),
      auid: subject < 0 ? undefined : setId(table.auid[subject]),
      ses: subject < 0 ? undefined : setId(table.ses[subject]),
      tty: subject < 0 ? undefined : texts.plain(table.tty[subject]),
      unidentified_children: unidentifiedOf(outline),
      incomplete: outline.incomplete(lacksArguments),
      evidence: evidenceOf(outline),
    };
  }

  #execs(outline: Outline): readonly Exec[] {
    if (outline.execCount === 0) return NO_EXECS;
    const execs = [this.#exec(outline, outline.execs[0])];
    for (let i = 1; i < outline.execCount; i++) execs.push(this.#exec(outline, outline.execs[i]));
    return execs;
  }

  #exec(outline: Outline, row: number): Exec {
    const { table } = outline.facts;
    const texts = this.#texts;
    const failed = table.success[row] === 0;
    return {
      timestamp: table.time[row],
      args: failed ? undefined : this.#argumentsOf(outline, row),
      exe: texts.text(outline.programOf(row)),
      cwd: texts.text(table.cwd[row]),
      failed: failed ? true : undefined,
      errno: failed ? errnoName(-table.exit[row]) : undefined,
      event: table.id(row),
    };
  }

  /** The arguments of an exec's row: the last one's are kept, because `args` repeats them. */
  #argumentsOf({ facts }: Outline, row: number): readonly (string | null)[] | undefined {
    if (row < 0 || facts.table.argv[row] < 0) return undefined;
    if (row !== this.#lastRow) {
      this.#lastRow = row;
      this.#lastArguments = this.#arguments.of(row).args;
    }
    return this.#lastArguments;
  }
}

function idsOf(outline: Outline): readonly string[] {
  const { children } = outline;
  return children.length === 0 ? NO_IDS : children.map((child) => outline.id(child));
}

function reparentedOf(outline: Outline): readonly Reparenting[] {
  const { facts, life } = outline;
  if (life.adoptions.length === 0) return NO_REPARENTINGS;
  return life.adoptions.map(({ at, ppid, parent }) => ({
    timestamp: facts.clock[at],
    ppid,
    parent: parent === undefined ? undefined : outline.id(parent),
    event: facts.id(at),
  }));
}

function unidentifiedOf({ facts, life }: Outline): readonly UnidentifiedChild[] | undefined {
  if (life.unidentified.length === 0) return undefined;
  return life.unidentified.map((fork) => ({
    timestamp: facts.time(fork.at),
    ns_pid: fork.ret,
    event: facts.id(fork.at),
  }));
}

function evidenceOf({ facts, life }: Outline): readonly Evidence[] {
  const { conclusions } = facts;
  const evidence: Evidence[] = [];
  for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
    const { claim, rule, confidence } = conclusions.verdict(number);
    evidence.push({ claim, rule, confidence, events: [facts.id(conclusions.at(number))] });
  }
  return evidence;
}
