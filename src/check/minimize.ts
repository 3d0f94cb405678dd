/**
 * The smallest recording that still fails: delta debugging over its processes, a whole subtree at
 * a time first, then over events, then over single records, and again until nothing more can be
 * left out.
 */
import { groupBy, type Groups } from '../base/groups.ts';
import { reduce, type ReduceOptions, type Reduction, type StillFails } from './reduce.ts';

/** What lines belong to. Below 0 stands for nothing: a line without event, an event without process. */
export interface Parts {
  /** By line: its event. */
  readonly eventOf: Int32Array;
  /** By event: its process. */
  readonly processOf: Int32Array;
  /** By process: its parent. */
  readonly parentOf: Int32Array;
}

/** What is left out at a time, in this order. */
export const STAGES = ['subtrees', 'processes', 'events', 'records'] as const;
export type Stage = (typeof STAGES)[number];

export interface MinimizeOptions extends Omit<ReduceOptions, 'onSmaller'> {
  /** Called when so many units of a kind are to be tried. */
  readonly onStage?: (stage: Stage, units: number) => void;
  /** Called with the lines that are known to fail, when they have become fewer. */
  readonly onSmaller?: (lines: Int32Array) => void;
}

export interface Minimized {
  /** The lines that are left, ascending. */
  readonly lines: Int32Array;
  /**
   * They fail, and without any one record, event or process they do not. False when it was ended
   * early: then they fail, but fewer might, too.
   */
  readonly complete: boolean;
}

/** `lines`, ascending, must fail, which is not tested here. */
export async function minimize(
  lines: Int32Array,
  parts: Parts,
  stillFails: StillFails,
  options: MinimizeOptions,
): Promise<Minimized> {
  return new Minimizer(lines, parts, stillFails, options).run();
}

class Minimizer {
  #lines: Int32Array;
  readonly #parts: Parts;
  readonly #forest: Forest;
  readonly #stillFails: StillFails;
  readonly #options: MinimizeOptions;

  constructor(lines: Int32Array, parts: Parts, stillFails: StillFails, options: MinimizeOptions) {
    this.#lines = lines;
    this.#parts = parts;
    this.#forest = forestOf(parts.parentOf);
    this.#stillFails = stillFails;
    this.#options = options;
  }

  async run(): Promise<Minimized> {
    for (;;) {
      const before = this.#lines.length;
      for (const stage of STAGES) {
        if (!(await this.#stage(stage))) return { lines: this.#lines, complete: false };
      }
      if (this.#lines.length === before) return { lines: this.#lines, complete: true };
    }
  }

  /** False when it was ended early. */
  async #stage(stage: Stage): Promise<boolean> {
    const plot = new Plot(this.#lines, this.#parts, this.#forest);
    if (stage === 'subtrees') return this.#subtrees(plot);
    const { complete } = await this.#reduce(stage, plot[stage](), NO_LINES);
    return complete;
  }

  /** Level by level, where a level is what hangs under the long branches of the one above. */
  async #subtrees(plot: Plot): Promise<boolean> {
    const fixed: Int32Array[] = [];
    let level = plot.roots();
    while (level.length > 0) {
      const units = level.map((place) => plot.below(place));
      const { units: left, complete } = await this.#reduce('subtrees', units, concat(fixed));
      if (!complete) return false;
      level = plot.open(
        left.map((unit) => level[unit]),
        fixed,
      );
    }
    return true;
  }

  async #reduce(stage: Stage, units: readonly Int32Array[], fixed: Int32Array): Promise<Reduction> {
    this.#options.onStage?.(stage, units.length);
    const reduction = await reduce(units, fixed, this.#stillFails, {
      ...this.#options,
      onSmaller: (_, atoms) => this.#options.onSmaller?.(atoms),
    });
    this.#lines = reduction.atoms;
    return reduction;
  }
}

const NO_LINES = new Int32Array(0);

/** Processes at their places: a parent comes before its children, a subtree is a range of places. */
interface Forest {
  /** By process. The place after the last is for what belongs to none. */
  readonly place: Int32Array;
  /** By place: the place after its subtree. */
  readonly end: Int32Array;
}

function forestOf(parentOf: Int32Array): Forest {
  const count = parentOf.length;
  const children = groupBy(parentOf, count);
  const process = placesOf(parentOf, children);
  const place = new Int32Array(count);
  for (let at = 0; at < count; at++) place[process[at]] = at;
  const end = new Int32Array(count + 1);
  end[count] = count + 1;
  for (let at = count - 1; at >= 0; at--) {
    end[at] = Math.max(end[at], at + 1);
    const parent = parentOf[process[at]];
    if (parent >= 0) end[place[parent]] = Math.max(end[place[parent]], end[at]);
  }
  return { place, end };
}

/** The processes by place. */
function placesOf(parentOf: Int32Array, { start, items }: Groups): Int32Array {
  const process = new Int32Array(parentOf.length);
  const stack: number[] = [];
  for (let i = parentOf.length - 1; i >= 0; i--) if (parentOf[i] < 0) stack.push(i);
  let at = 0;
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    process[at++] = one;
    for (let i = start[one + 1] - 1; i >= start[one]; i--) stack.push(items[i]);
  }
  if (at < parentOf.length) throw new Error('a process is its own ancestor');
  return process;
}

/** Lines in the order of the places of their processes: those of a subtree stand together. */
class Plot {
  readonly #lines: Int32Array;
  readonly #eventOf: Int32Array;
  /** The lines of a place are `#lines[#start[place] .. #start[place + 1])`. */
  readonly #start: Int32Array;
  readonly #end: Int32Array;

  constructor(lines: Int32Array, { eventOf, processOf }: Parts, { place, end }: Forest) {
    const nowhere = place.length;
    const placeOf = lines.map((line) => {
      const event = eventOf[line];
      const process = event < 0 ? -1 : processOf[event];
      return process < 0 ? nowhere : place[process];
    });
    const { start, items } = groupBy(placeOf, nowhere + 1);
    this.#lines = items.map((i) => lines[i]);
    this.#start = start;
    this.#end = end;
    this.#eventOf = eventOf;
  }

  /** Where trees with lines begin; what belongs to no process is one of them. */
  roots(): number[] {
    return this.#inOrder(this.#among(0, this.#end.length));
  }

  /** The lines of a subtree. */
  below(place: number): Int32Array {
    return this.#lines.subarray(this.#start[place], this.#start[this.#end[place]]);
  }

  /**
   * What to try next below these subtrees, none of which can be left out whole. From each a branch
   * is followed as long as more than half of its lines are further on: what hangs there is the next
   * level, and the lines of the branch itself are fixed. So there are few levels, however deep the
   * tree.
   */
  open(places: readonly number[], fixed: Int32Array[]): number[] {
    const next: number[] = [];
    for (const place of places) {
      const most = this.#weight(place) / 2;
      for (let at: number | undefined = place; at !== undefined; ) {
        fixed.push(this.#own(at));
        const children = this.#among(at + 1, this.#end[at]);
        at = children.find((child) => this.#weight(child) > most);
        for (const child of children) if (child !== at) next.push(child);
      }
    }
    return this.#inOrder(next);
  }

  /** Units of one process each. */
  processes(): Int32Array[] {
    const units: Int32Array[] = [];
    for (let place = 0; place < this.#end.length; place++) {
      const own = this.#own(place);
      if (own.length > 0) units.push(own);
    }
    return units;
  }

  /** Units of one event each; a line without event is one of its own. */
  events(): Int32Array[] {
    const byEvent = new Map<number, number[]>();
    for (const line of this.#lines) {
      const event = this.#eventOf[line];
      const key = event < 0 ? -1 - line : event;
      const lines = byEvent.get(key);
      if (lines === undefined) byEvent.set(key, [line]);
      else lines.push(line);
    }
    return [...byEvent.values()].map((lines) => Int32Array.from(lines));
  }

  /** Units of one line each. */
  records(): Int32Array[] {
    return Array.from(this.#lines, (line) => Int32Array.of(line));
  }

  /** Of the trees that stand side by side from one place to another, those with lines. */
  #among(from: number, to: number): number[] {
    const trees: number[] = [];
    for (let at = from; at < to; at = this.#end[at]) if (this.#weight(at) > 0) trees.push(at);
    return trees;
  }

  /** Reductions begin at the back: with the largest. */
  #inOrder(places: number[]): number[] {
    return places.sort((a, b) => this.#weight(a) - this.#weight(b) || b - a);
  }

  #weight(place: number): number {
    return this.#start[this.#end[place]] - this.#start[place];
  }

  #own(place: number): Int32Array {
    return this.#lines.subarray(this.#start[place], this.#start[place + 1]);
  }
}

function concat(lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
