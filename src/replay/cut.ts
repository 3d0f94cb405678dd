/**
 * A part of a recording with everything that it needs: the lines from which analysis says of the
 * chosen processes what it says of them in the whole.
 *
 * What one life's document rests on is known only roughly (needs.ts), and where pid namespaces
 * begin is concluded from all lives together. So the first choice is analyzed and compared with
 * the whole (cut-law.ts), and where something differs more is kept, up to all that the host logged.
 */
import { decodeText } from '../base/text.ts';
import type { EventTable } from '../event/table.ts';
import type { TraceOrigin } from '../model/trace.ts';
import type { Life } from '../process/life.ts';
import type { Outline, Reconciled } from '../process/outline.ts';
import { parseConnectorLine } from '../record/connector.ts';
import { RecordScanner, SCAN } from '../record/scan.ts';
import { Needs, REASON, type Reason } from './needs.ts';
import { Told, type ToldLines } from './told-lines.ts';

/** What to keep. Times in ms since the epoch. */
export interface Wish {
  /** `_id`s of the processes. */
  readonly chosen: ReadonlySet<string>;
  /** Of their own events before that only what their documents need. */
  readonly from?: number;
  /** What connectors told from then on is no part of the analysis. */
  readonly until?: number;
  /** Also events that name no process, of this host if it is given. */
  readonly unnamed?: { readonly host?: string };
}

/** How often more may be taken: relatives, the outline of the boot, everything of the host. */
export const ROUNDS = 3;

/** A choice among the events of an analysis. */
export interface Chosen {
  readonly table: EventTable;
  /** A REASON by row of the table. */
  readonly reasons: Uint8Array;
  /** The choice among what process connectors told. */
  told(): ToldLines;
}

/** One boot of one host. */
interface Part {
  readonly boot: Outline;
  readonly needs: Needs;
  readonly chosen: ReadonlySet<Life>;
}

/** Which events of an analysis are kept, and why. */
export class Cut implements Chosen {
  readonly table: EventTable;
  readonly reasons: Uint8Array;
  /** `_id`s of all ancestors of the chosen: they are there with what tells whose children they are. */
  readonly ancestors: Set<string> = new Set<string>();
  readonly #parts: readonly Part[];
  /** Boots of which all that connectors told is kept. */
  readonly #whole = new Set<Outline>();
  readonly #until: number;

  constructor(
    { table, boots }: Reconciled,
    { chosen, from = -Infinity, until = Infinity, unnamed }: Wish,
  ) {
    this.table = table;
    this.#until = until;
    this.reasons = new Uint8Array(table.count);
    this.#parts = boots.map((boot) => {
      const { facts } = boot;
      const needs = new Needs(facts, (at, reason) => this.#mark(facts.rows[at], reason));
      const lives = boot.lives.filter((life) => chosen.has(boot.id(life)));
      return { boot, needs, chosen: new Set(lives) };
    });
    for (const part of this.#parts) this.#keep(part, from);
    if (unnamed !== undefined) this.#keepUnnamed(from, unnamed.host);
  }

  /** Takes more for those whose documents came out otherwise. `round`: from 1 to ROUNDS. */
  widen(round: number, differing: ReadonlySet<string>): void {
    for (const { boot, needs } of this.#parts) {
      const lives = boot.lives.filter((life) => differing.has(boot.id(life)));
      if (lives.length === 0) continue;
      if (round === 1) for (const life of lives) takeRelatives(needs, life);
      else if (round === 2) this.#takeOutline(boot, needs);
      else this.#takeHost(boot.facts.node);
    }
  }

  /** What process connectors told of whom, by the lives that have something in the cut. */
  told(): Told {
    const told = new Told(this.#until);
    for (const part of this.#parts) {
      const { boot } = part;
      for (const [life, reason] of touched(part, this.reasons)) {
        told.add(boot.facts.node, life, reason);
      }
      if (!this.#whole.has(boot)) continue;
      for (const life of boot.lives) told.add(boot.facts.node, life, REASON.context);
    }
    return told;
  }

  #mark(row: number, reason: Reason): void {
    const known = this.reasons[row];
    if (known === REASON.dropped || reason < known) this.reasons[row] = reason;
  }

  #keep({ boot, needs, chosen }: Part, from: number): void {
    const above = new Set<Life>();
    for (const life of chosen) {
      needs.life(life, from);
      needs.adopters(life);
      for (let up = life.parent; up !== undefined && !above.has(up); up = up.parent) {
        above.add(up);
        this.ancestors.add(boot.id(up));
        needs.ancestor(up);
      }
    }
    needs.specials(above);
  }

  #keepUnnamed(from: number, host: string | undefined): void {
    const { table } = this;
    for (let row = 0; row < table.count; row++) {
      if (table.pid[row] >= 0 || table.time[row] < from) continue;
      if (host === undefined || nodeName(table, row) === host) this.#mark(row, REASON.unnamed);
    }
  }

  #takeOutline(boot: Outline, needs: Needs): void {
    this.#whole.add(boot);
    for (const life of boot.lives) needs.skeleton(life);
  }

  #takeHost(node: string): void {
    for (const { boot } of this.#parts) {
      const { facts } = boot;
      if (facts.node !== node) continue;
      this.#whole.add(boot);
      for (let at = 0; at < facts.lifeNumbers.length; at++) {
        this.#mark(facts.rows[at], REASON.context);
      }
    }
  }
}

function takeRelatives(needs: Needs, life: Life): void {
  needs.relative(life);
  const relatives = [life.parent, life.parent?.parent, life.birth?.caller, life.next];
  for (const relative of relatives) if (relative !== undefined) needs.relative(relative);
  for (const { parent } of life.adoptions) if (parent !== undefined) needs.relative(parent);
}

/** The chosen lives, all above them, their children, and who else has an event in the cut. */
function touched({ boot, chosen }: Part, reasons: Uint8Array): Map<Life, Reason> {
  const { facts, lives } = boot;
  const all = new Map<Life, Reason>();
  for (const life of chosen) all.set(life, REASON.own);
  addAncestors(all);
  for (const life of lives) {
    if (all.has(life)) continue;
    if (life.parent !== undefined && chosen.has(life.parent)) all.set(life, REASON.child);
    else if (hasEvent(life)) all.set(life, REASON.evidence);
  }
  addAncestors(all);
  return all;

  function hasEvent({ from, to }: Life): boolean {
    for (let i = from; i < to; i++) {
      if (reasons[facts.rows[facts.own[i]]] !== REASON.dropped) return true;
    }
    return false;
  }
}

function addAncestors(lives: Map<Life, Reason>): void {
  for (const life of lives.keys()) {
    for (let up = life.parent; up !== undefined && !lives.has(up); up = up.parent) {
      lives.set(up, REASON.ancestor);
    }
  }
}

function nodeName(table: EventTable, row: number): string {
  const node = table.node[row];
  return node === 0 ? '' : decodeText(table.nodes.bytes(node - 1));
}

/** The log as it stood at a moment: nothing that was logged from then on. Times in ms since the epoch. */
export class Prefix implements Chosen {
  readonly table: EventTable;
  readonly reasons: Uint8Array;
  readonly #until: number;

  constructor({ table, boots }: Reconciled, until: number) {
    this.table = table;
    this.#until = until;
    this.reasons = new Uint8Array(table.count);
    for (const { facts } of boots) {
      // By the log's clock, so that of a call which waited until later nothing is there.
      for (let at = 0; at < facts.lifeNumbers.length && facts.clock[at] < until; at++) {
        this.reasons[facts.rows[at]] = REASON.own;
      }
    }
    for (let row = 0; row < table.count; row++) {
      if (table.pid[row] < 0 && table.time[row] < until) this.reasons[row] = REASON.unnamed;
    }
  }

  told(): ToldLines {
    return { reason: (_, time) => (time < this.#until ? REASON.own : REASON.dropped) };
  }
}

/** Chooses among the lines of the inputs that were analyzed, one after the other. */
export class ChosenLines {
  readonly #chosen: Chosen;
  readonly #told: ToldLines;
  readonly #scanner = new RecordScanner();
  #host = '';
  #connector: { readonly offset: number } | undefined;

  constructor(chosen: Chosen) {
    this.#chosen = chosen;
    this.#told = chosen.told();
  }

  /** Begins an input. */
  open(origin?: TraceOrigin): void {
    this.#host = origin?.host ?? '';
    this.#connector = origin?.connector;
    this.#chosen.table.setHost(this.#host);
  }

  /** Why the line is kept; `dropped` where it is not. `whole`: it ended with a newline. */
  reason(bytes: Uint8Array, start: number, end: number, whole: boolean): Reason {
    if (this.#connector !== undefined) {
      return this.#tale(bytes, start, end, this.#connector.offset);
    }
    const scan = this.#scanner;
    if (scan.scan(bytes, start, end) !== SCAN.ok) return REASON.dropped;
    // Its newline would make a record of what the analysis of the whole takes for a torn one.
    if (!whole && scan.cut) return REASON.dropped;
    const row = this.#chosen.table.find(scan, bytes);
    return row < 0 ? REASON.dropped : (this.#chosen.reasons[row] as Reason);
  }

  /** The same for a hint, between the lines of its trace's connector. */
  hintReason(bytes: Uint8Array): Reason {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return REASON.dropped;
    }
    const { t, pid } = (value ?? {}) as { readonly t?: unknown; readonly pid?: unknown };
    if (typeof t !== 'number' || typeof pid !== 'number') return REASON.dropped;
    return this.#told.reason(pid, t / 1e6 + (this.#connector?.offset ?? 0), this.#host);
  }

  #tale(bytes: Uint8Array, start: number, end: number, offset: number): Reason {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const event = parseConnectorLine(text.toString('latin1'));
    if (event === undefined) return REASON.dropped;
    return this.#told.reason(event.tgid, event.t / 1e6 + offset, this.#host);
  }
}
