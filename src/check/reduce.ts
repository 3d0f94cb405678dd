/**
 * Delta debugging: from a set that fails to a subset of it that still fails and of which no unit
 * can be left out (1-minimal). It is ddmin of Zeller and Hildebrandt, with what later work found
 * to pay. Only complements of chunks are tested, since to keep one chunk is to leave out the others
 * one by one; a sweep goes on where it is, from the back, rather than begin again after a success;
 * and where one half of a chunk could go, the other half is taken to be what kept the whole.
 *
 * Tests may run side by side. Which one is taken does not depend on which one ends first: the
 * order of the tests is that of a single worker, and the others run ahead of it on a guess.
 */
import { createHash } from 'node:crypto';

/**
 * Whether these atoms (ascending) still fail. Must end soon once `signal` is aborted; what it then
 * says does not count. What it throws ends the reduction.
 */
export type StillFails = (atoms: Int32Array, signal: AbortSignal) => Promise<boolean>;

export interface ReduceOptions {
  /** Tests that may run at the same time, 1 or more. */
  readonly jobs: number;
  /**
   * What tests have said, by `keyOf`: those in it are not run, new ones are added. To resume is to
   * start again with the same verdicts.
   */
  readonly verdicts: Map<string, boolean>;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Called when a test has ended, for each that was run. */
  readonly onVerdict?: (key: string, fails: boolean) => void;
  /** Called when fewer units are known to fail, with how many and their atoms. */
  readonly onSmaller?: (units: number, atoms: Int32Array) => void;
}

export interface Reduction {
  /** The units that are left, as indices, ascending. */
  readonly units: readonly number[];
  /** Their atoms and the fixed ones, ascending. */
  readonly atoms: Int32Array;
  /** False when it was ended early: then it fails, but need not be minimal. */
  readonly complete: boolean;
}

/**
 * Leaves out as many of the units as it can. A unit is a list of atoms, whole numbers from 0; no
 * atom is in two of them. The atoms of `fixed` are in every test. The atoms of all together must
 * fail, which is not tested here.
 */
export async function reduce(
  units: readonly Int32Array[],
  fixed: Int32Array,
  stillFails: StillFails,
  options: ReduceOptions,
): Promise<Reduction> {
  return new Reducer(units, fixed, stillFails, options).run();
}

/** Units of one atom each: 0, 1, … n - 1. */
export function singles(n: number): Int32Array[] {
  return Array.from({ length: n }, (_, i) => Int32Array.of(i));
}

/** Names a set of atoms, given in ascending order. */
export function keyOf(atoms: Int32Array): string {
  const bytes = new Uint8Array(atoms.buffer, atoms.byteOffset, atoms.byteLength);
  // Half of the digest: no two of a few million sets will meet.
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Where the search is: what it has, and which chunk it asks about next. Never changed. */
interface Step {
  readonly kept: readonly number[];
  /** Units in a chunk: all of them at first, and then a power of 2. */
  readonly size: number;
  /** The chunk is `kept[end - size .. end)`, or what there is of it. */
  readonly end: number;
  /** Which half it is of a chunk that could not be left out; `none` when it was so itself. */
  readonly half: 'later' | 'earlier' | 'none';
  /** Chunks in a row that could not be left out, since the last success or change of size. */
  readonly refused: number;
}

function firstStep(units: number): Step {
  const kept = Array.from({ length: units }, (_, i) => i);
  return { kept, size: Math.max(1, units), end: units, half: 'none', refused: 0 };
}

/** At size 1 every unit has been asked about since the last success: the set is 1-minimal. */
function isDone({ kept, size, refused }: Step): boolean {
  return kept.length === 0 || (size === 1 && refused >= kept.length);
}

function without({ kept, size, end }: Step): number[] {
  return [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
}

/** What will come out, most likely: of two halves that cannot both go, one can. */
function guess({ half }: Step): boolean {
  return half === 'earlier';
}

function nextStep(step: Step, fails: boolean): Step {
  const { size, half } = step;
  const kept = fails ? without(step) : step.kept;
  const refused = fails ? 0 : step.refused + 1;
  // With the later half gone, the earlier one is needed: that is asked again only unit by unit.
  const passed = fails && half === 'later' && size > 1;
  const end = step.end - (passed ? 2 * size : size);
  if (end <= 0) return nextSweep(kept, size, refused);
  return { kept, size, end, half: passed ? 'later' : OTHER[half], refused };
}

const OTHER = { later: 'earlier', earlier: 'later', none: 'none' } as const;

function nextSweep(kept: readonly number[], before: number, refused: number): Step {
  const end = kept.length;
  if (before === 1) return { kept, size: 1, end, half: 'none', refused };
  let size = 1;
  while (2 * size < Math.min(before, kept.length)) size *= 2;
  return { kept, size, end, half: 'later', refused: 0 };
}

/** A test at its place in the order. */
interface Attempt {
  readonly step: Step;
  readonly atoms: Int32Array;
  readonly key: string;
  readonly abort: AbortController;
  fails: boolean | undefined;
}

/** So many tests for each job may wait for one before them. */
const AHEAD = 4;

class Reducer {
  readonly #units: readonly Int32Array[];
  readonly #fixed: Int32Array;
  readonly #stillFails: StillFails;
  readonly #options: ReduceOptions;
  #step: Step;
  /** Tests in the order of a single worker; all but the first may turn out to be for nothing. */
  #line: Attempt[] = [];
  /** All tests that run, also those that are no longer wanted and have not ended yet. */
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(
    units: readonly Int32Array[],
    fixed: Int32Array,
    stillFails: StillFails,
    options: ReduceOptions,
  ) {
    this.#units = units;
    this.#fixed = fixed;
    this.#stillFails = stillFails;
    this.#options = options;
    this.#step = firstStep(units.length);
  }

  async run(): Promise<Reduction> {
    const { signal } = this.#options;
    const stop = (): void => this.#drop(0);
    signal?.addEventListener('abort', stop);
    try {
      while (this.#isOn()) {
        this.#runAhead();
        if (this.#line[0]?.fails === undefined) await Promise.race(this.#running);
        this.#advance();
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#drop(0);
      await Promise.all(this.#running);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const { kept } = this.#step;
    return { units: kept, atoms: this.#atomsOf(kept), complete: isDone(this.#step) };
  }

  #isOn(): boolean {
    if (this.#failure !== undefined || this.#options.signal?.aborted === true) return false;
    return !isDone(this.#step);
  }

  /** Starts tests as long as there are workers, with a guess for those that have no verdict. */
  #runAhead(): void {
    const { jobs } = this.#options;
    let step = this.#step;
    for (const attempt of this.#line)
      step = nextStep(attempt.step, attempt.fails ?? guess(attempt.step));
    while (this.#running.size < jobs && this.#line.length < AHEAD * jobs && !isDone(step)) {
      const attempt = this.#attemptAt(step);
      // The same set in another place of the order: its verdict is on its way.
      if (attempt.fails === undefined && this.#line.some(({ key }) => key === attempt.key)) return;
      this.#line.push(attempt);
      if (attempt.fails === undefined) this.#start(attempt);
      step = nextStep(step, attempt.fails ?? guess(step));
    }
  }

  #attemptAt(step: Step): Attempt {
    const atoms = this.#atomsOf(without(step));
    const key = keyOf(atoms);
    const fails = this.#options.verdicts.get(key);
    return { step, atoms, key, abort: new AbortController(), fails };
  }

  #start(attempt: Attempt): void {
    const run = this.#run(attempt).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #run(attempt: Attempt): Promise<void> {
    const { atoms, key, abort } = attempt;
    try {
      const fails = await this.#stillFails(atoms, abort.signal);
      if (abort.signal.aborted) return;
      this.#options.verdicts.set(key, fails);
      this.#options.onVerdict?.(key, fails);
      attempt.fails = fails;
      // The guess was wrong, and with it all that was built upon it.
      if (fails !== guess(attempt.step)) this.#drop(this.#line.indexOf(attempt) + 1);
    } catch (error) {
      if (!abort.signal.aborted) this.#failure ??= { error };
    }
  }

  /** Takes the verdicts that stand at the head of the line. */
  #advance(): void {
    for (let head = this.#line[0]; head?.fails !== undefined; head = this.#line[0]) {
      this.#line.shift();
      this.#step = nextStep(head.step, head.fails);
      if (head.fails) this.#options.onSmaller?.(this.#step.kept.length, head.atoms);
    }
  }

  /** Gives up the tests from that place of the line on. */
  #drop(from: number): void {
    for (const { abort } of this.#line.splice(from)) abort.abort();
  }

  #atomsOf(kept: readonly number[]): Int32Array {
    let length = this.#fixed.length;
    for (const unit of kept) length += this.#units[unit].length;
    const atoms = new Int32Array(length);
    atoms.set(this.#fixed);
    let at = this.#fixed.length;
    for (const unit of kept) {
      atoms.set(this.#units[unit], at);
      at += this.#units[unit].length;
    }
    return atoms.sort();
  }
}
