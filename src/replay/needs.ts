/**
 * Which events the document of a life rests on, beside its own: those of its parents, children,
 * waiters and killers that the analysis reads to say what it says.
 *
 * It need not be exact. What is missing shows when the result is analyzed, and more is taken then
 * (cut.ts); what is too much only makes the result longer.
 */
import { lowerBound } from '../base/list.ts';
import { HAVE } from '../event/table.ts';
import type { Facts } from '../process/facts.ts';
import { hasExeced, isExec } from '../process/heritage.ts';
import { isThread, type Life, NEVER } from '../process/life.ts';
import type { Space } from '../process/space.ts';
import { KIND } from '../tables/kinds.ts';

/** Why an event is kept. `dropped` stands for those that are not. */
export const REASON = {
  dropped: 0,
  /** Logged by a process that was asked for. */
  own: 1,
  /** Evidence in its document: its birth, waits for it, signals to it, the next life of its pid. */
  evidence: 2,
  /** The first sign of a child of its. */
  child: 3,
  /** The birth and the first sign of an ancestor, or of who adopted it. */
  ancestor: 4,
  /** What it was born with: program, arguments and directory of its parent. */
  inherited: 5,
  /** What set the log's clock that a time in its document is read from. */
  clock: 6,
  /** The pid namespace that it lives in. */
  namespace: 7,
  /** The analysis of the rest said something else without it. */
  context: 8,
  /** Names no process, and lies in the time that was asked for. */
  unnamed: 9,
} as const;

export type Reason = (typeof REASON)[keyof typeof REASON];

/** Ends whose moment is the entry of a call of the process itself, whatever others logged. */
const EXACT_ENDS: ReadonlySet<string> = new Set(['exit_group', 'exit', 'abend', 'connector']);

/** Where a life changed its program or its directory: positions, in order. */
interface Changes {
  readonly execs: readonly number[];
  readonly directories: readonly number[];
}

/** Marks events of one boot. */
export class Needs {
  readonly facts: Facts;
  readonly #mark: (at: number, reason: Reason) => void;
  readonly #changes = new Map<Life, Changes>();
  readonly #spaces = new Set<Space>();
  /** By position: the event that set the log's clock there. */
  #setters: Int32Array | undefined;

  /** `mark` is told positions of events, perhaps often the same one. */
  constructor(facts: Facts, mark: (at: number, reason: Reason) => void) {
    this.facts = facts;
    // Positions behind the events are what the connector told.
    const count = facts.lifeNumbers.length;
    this.#mark = (at, reason) => {
      if (at >= 0 && at < count) mark(at, reason);
    };
  }

  /** All for the document of a life. `from`: of its own events only what it needs before that, ms. */
  life(life: Life, from: number): void {
    const { own } = this.facts;
    for (let i = life.from; i < life.to; i++) {
      if (this.facts.time(own[i]) >= from) this.#mark(own[i], REASON.own);
    }
    if (from > -Infinity) this.#past(life, from);
    this.evidence(life);
    this.#children(life, from);
    this.#inherited(life);
    this.space(life);
  }

  /** What tells that an ancestor lived, whose child it was, and what its children inherited. */
  ancestor(life: Life): void {
    this.#presence(life, REASON.ancestor);
    this.#inherited(life);
    this.space(life);
  }

  /** Who took in an orphan. */
  adopters(life: Life): void {
    for (const { at, parent } of life.adoptions) {
      this.#mark(at, REASON.evidence);
      if (parent !== undefined) this.#presence(parent, REASON.ancestor);
    }
  }

  /** Calls that make namespaces or adopters, of lives that are there for their children. */
  specials(ancestors: ReadonlySet<Life>): void {
    const { facts } = this;
    for (const at of facts.special) {
      const life = facts.lifeAt(at);
      if (life !== undefined && ancestors.has(life)) this.#mark(at, REASON.ancestor);
    }
  }

  /** Everything else that the documents of a life and of its children were concluded from. */
  relative(life: Life): void {
    const { own } = this.facts;
    for (let i = life.from; i < life.to; i++) this.#mark(own[i], REASON.context);
    this.evidence(life);
    for (const child of life.children) this.skeleton(child);
    for (const { child } of life.forks) if (child !== undefined) this.skeleton(child);
    this.adopters(life);
    this.space(life);
  }

  /** The outline of a life among others: birth, first and last event, waits and signals. */
  skeleton(life: Life): void {
    const { own } = this.facts;
    this.#presence(life, REASON.context);
    if (!life.silent) this.#mark(own[life.to - 1], REASON.context);
    for (const { at } of life.forks) this.#mark(at, REASON.context);
    for (const { at } of life.waits) this.#mark(at, REASON.context);
    for (const { at } of life.signals) this.#mark(at, REASON.context);
  }

  /** What others logged of it. */
  evidence(life: Life): void {
    const { conclusions } = this.facts;
    this.#presence(life, REASON.evidence);
    for (const { at } of life.waits) this.#mark(at, REASON.evidence);
    for (const { at } of life.signals) this.#mark(at, REASON.evidence);
    for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
      this.#mark(conclusions.at(number), REASON.evidence);
    }
    this.#mark(life.lostChildAt, REASON.evidence);
    if (life.next !== undefined && life.next.begun !== NEVER) {
      this.#presence(life.next, REASON.evidence);
    }
    this.#times(life);
  }

  /** The whole of the pid namespaces that a life and its children live in: numbers there are told apart by all. */
  space({ space, childSpace }: Life): void {
    for (const first of [space, childSpace]) {
      for (let at = first; at !== undefined && !this.#spaces.has(at); at = at.outer) {
        this.#spaces.add(at);
        for (const { at: fork } of at.forks) this.#mark(fork, REASON.namespace);
        for (const { at: wait } of at.waits) this.#mark(wait, REASON.namespace);
        for (const { at: kill } of at.kills) this.#mark(kill, REASON.namespace);
        for (const life of [...at.members, ...at.family]) {
          this.#presence(life, REASON.namespace);
          if (!life.silent) this.#mark(this.facts.own[life.to - 1], REASON.namespace);
        }
      }
    }
  }

  /** The events that name it in its `_id` and that show it first. */
  #presence(life: Life, reason: Reason): void {
    this.#mark(life.anchor, reason);
    if (life.begun !== NEVER) this.#mark(life.begun, reason);
    if (life.birth !== undefined) this.#mark(life.birth.at, reason);
    if (!life.silent) this.#mark(this.facts.own[life.from], reason);
  }

  /** Of its own events before `from`: those that are items of its document. */
  #past(life: Life, from: number): void {
    const { facts } = this;
    const { own, table, rows } = facts;
    let earliest = -1;
    let directory = -1;
    for (let i = life.from; i < life.to; i++) {
      const at = own[i];
      if (facts.time(at) >= from) continue;
      if (isExec(table, rows[at])) this.#mark(at, REASON.evidence);
      if (facts.kind(at) === KIND.exit) this.#mark(at, REASON.evidence);
      if (table.cwd[rows[at]] >= 0) directory = at;
      if (earliest < 0 || facts.time(at) < facts.time(earliest)) earliest = at;
    }
    this.#mark(earliest, REASON.evidence);
    this.#mark(directory, REASON.evidence);
    if (!life.silent) this.#mark(own[life.to - 1], REASON.evidence);
    for (const fork of life.forks) if (isThread(fork)) this.#mark(fork.at, REASON.evidence);
    for (const { at } of life.unidentified) this.#mark(at, REASON.evidence);
    for (const { at } of life.adoptions) this.#mark(at, REASON.evidence);
  }

  /** Its children of the time that is kept. Without a sign of their own some would be taken for threads. */
  #children(life: Life, from: number): void {
    for (const { child, at } of life.forks) {
      if (child === undefined || this.facts.time(at) < from) continue;
      this.#presence(child, REASON.child);
      const [wait] = child.waits;
      if (child.silent && wait !== undefined) this.#mark(wait.at, REASON.child);
      const [kill] = child.signals;
      if (child.silent && kill !== undefined) this.#mark(kill.at, REASON.child);
    }
    for (const child of life.children) {
      if (child.birth === undefined) this.#presence(child, REASON.child);
    }
  }

  /** The stretch of its parent's life that it was born in (process/heritage.ts). */
  #inherited(life: Life): void {
    const { parent, birth } = life;
    if (parent === undefined) return;
    const { own } = this.facts;
    const at = birth?.at ?? life.anchor;
    const { execs, directories } = this.#changesOf(parent);
    const next = lowerBound(execs, 0, execs.length, at);
    this.#mark(execs[next - 1] ?? -1, REASON.inherited);
    this.#mark(execs[next] ?? -1, REASON.inherited);
    const directory = lowerBound(directories, 0, directories.length, at) - 1;
    this.#mark(directories[directory] ?? -1, REASON.inherited);
    // The last of the stretch says what it was called.
    const end = lowerBound(own, parent.from, parent.to, execs[next] ?? NEVER) - 1;
    if (end >= parent.from) this.#mark(own[end], REASON.inherited);
  }

  #changesOf(life: Life): Changes {
    const known = this.#changes.get(life);
    if (known !== undefined) return known;
    const { facts } = this;
    const changes = { execs: [] as number[], directories: [] as number[] };
    for (let i = life.from; i < life.to; i++) {
      const at = facts.own[i];
      if (hasExeced(facts, at)) changes.execs.push(at);
      if (facts.has(at, HAVE.cwd)) changes.directories.push(at);
    }
    this.#changes.set(life, changes);
    return changes;
  }

  /** Times that are read from the log's clock, or from the next call of who waited. */
  #times(life: Life): void {
    const { facts } = this;
    for (const { at } of life.adoptions) this.#clock(at);
    if (life.silent && life.birth === undefined) this.#clock(life.anchor);
    if (life.end === undefined || EXACT_ENDS.has(life.end.source)) return;
    if (!life.silent) this.#clock(facts.own[life.to - 1]);
    for (const { at, waiter } of life.waits) this.#afterCall(at, waiter);
    if (life.lostChildAt >= 0) this.#clock(life.lostChildAt);
    if (life.next !== undefined && life.next.begun !== NEVER) this.#clock(life.next.begun);
    const { conclusions } = facts;
    for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
      const { rule } = conclusions.verdict(number);
      const at = conclusions.at(number);
      if (rule === 'parent_without_children') this.#afterCall(at, life.parent);
      if (rule === 'parent_death_signal') this.#endOf(life.parent);
    }
    if (life.end.source === 'namespace_end') {
      for (let { space } = life; space !== undefined; space = space.outer) this.#endOf(space.first);
    }
  }

  /** When and how another life ended. */
  #endOf(life: Life | undefined): void {
    if (life === undefined) return;
    const { conclusions } = this.facts;
    for (let number = life.firstConclusion; number !== 0; number = conclusions.next(number)) {
      const { claim } = conclusions.verdict(number);
      const at = conclusions.at(number);
      if (claim !== 'end' && claim !== 'exit_signal') continue;
      this.#mark(at, REASON.evidence);
      this.#afterCall(at, this.facts.lifeAt(at));
    }
    for (const { at, waiter } of life.waits) {
      this.#mark(at, REASON.evidence);
      this.#afterCall(at, waiter);
    }
  }

  #afterCall(at: number, caller: Life | undefined): void {
    this.#clock(at);
    if (caller === undefined) return;
    const next = lowerBound(this.facts.own, caller.from, caller.to, at + 1);
    if (next < caller.to) this.#mark(this.facts.own[next], REASON.evidence);
  }

  #clock(at: number): void {
    this.#setters ??= settersOf(this.facts);
    if (at >= 0 && at < this.#setters.length) this.#mark(this.#setters[at], REASON.clock);
  }
}

function settersOf(facts: Facts): Int32Array {
  const setters = new Int32Array(facts.lifeNumbers.length);
  let setter = 0;
  for (let at = 0; at < setters.length; at++) {
    if (facts.time(at) > facts.time(setter)) setter = at;
    setters[at] = setter;
  }
  return setters;
}
