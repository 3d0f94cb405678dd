/** The file of expectations: read, and checked strictly. docs/ci.md describes it. */
import { durationOf } from '../base/duration.ts';
import type { ProcessDocument } from '../model/process.ts';
import type { AllowedEnd, Bounds } from '../model/verdict.ts';
import { signalNumber } from '../tables/signals.ts';
import { fieldProblems } from './fields.ts';
import { globMatcher } from './glob.ts';
import { type Entry, type Located, type Position, type Problem, readLocated } from './located.ts';
import { nearest } from './nearest.ts';

/** Whether a process is meant. */
export type Matches = (process: ProcessDocument) => boolean;

/** Makes a filter of what stands in the file, or says in words what is wrong with it. */
export type ReadFilter = (
  value: unknown,
) => { readonly matches: Matches } | { readonly message: string };

/** What is demanded of the processes that an expectation looks at. */
export type Demand =
  | { readonly kind: 'none'; readonly matches: Matches }
  | { readonly kind: 'some'; readonly matches: Matches }
  | { readonly kind: 'count'; readonly bounds: Bounds }
  | { readonly kind: 'all'; readonly matches: Matches }
  | { readonly kind: 'duration'; readonly bounds: Bounds }
  | { readonly kind: 'exit'; readonly allowed: readonly AllowedEnd[] };

/** One expectation. Processes are looked at that stand below others (`below`) and match `where`. */
export interface Expectation extends Position {
  readonly name: string;
  /** The patterns as written; absent where it is for every recording. */
  readonly traces?: readonly string[];
  readonly below?: Matches;
  readonly where?: Matches;
  /** At least one; all must be met. */
  readonly demands: readonly [Demand, ...Demand[]];
}

/** What came of a file of expectations. */
export type ReadExpectations =
  | { readonly expectations: readonly Expectation[] }
  | { readonly problems: readonly Problem[] };

/** Problems after which no further ones are looked for. */
const MAX_PROBLEMS = 50;

/** Reads a file of expectations, in YAML or JSON. */
export function readExpectations(text: string, readFilter: ReadFilter): ReadExpectations {
  const read = readLocated(text);
  if ('problems' in read) return read;
  const { root } = read;
  const { line, column } = root;
  if (root.items === undefined) {
    return { problems: [{ line, column, message: 'the file must be a list of expectations' }] };
  }
  if (root.items.length === 0) {
    return { problems: [{ line, column, message: 'there is no expectation in the list' }] };
  }
  const reader = new ExpectationReader(readFilter);
  const expectations: Expectation[] = [];
  for (const item of root.items) {
    const expectation = reader.read(item);
    if (expectation !== undefined) expectations.push(expectation);
    if (reader.problems.length >= MAX_PROBLEMS) break;
  }
  if (reader.problems.length === 0) return { expectations };
  return { problems: reader.problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** Whether an expectation is for the recording of that name. */
export function isFor({ traces }: Expectation, recording: string): boolean {
  return traces === undefined || traces.some((pattern) => globMatcher(pattern)(recording));
}

/** These say by themselves which processes they mean. */
const ALONE = ['none', 'some'] as const;
/** These are about the processes that `where` chooses. */
const OF_CHOSEN = ['count', 'all', 'duration', 'exit'] as const;
const DEMANDS = [...ALONE, ...OF_CHOSEN] as const;
const KEYS = ['name', 'traces', 'below', 'where', ...DEMANDS] as const;
type Key = (typeof KEYS)[number];

function isKey(key: string): key is Key {
  return (KEYS as readonly string[]).includes(key);
}

function isDemand(key: string): boolean {
  return (DEMANDS as readonly string[]).includes(key);
}

class ExpectationReader {
  readonly problems: Problem[] = [];
  readonly #readFilter: ReadFilter;
  /** The line of each name. */
  readonly #names = new Map<string, number>();

  constructor(readFilter: ReadFilter) {
    this.#readFilter = readFilter;
  }

  /** Undefined where a problem was found. */
  read(item: Located): Expectation | undefined {
    const before = this.problems.length;
    const expectation = this.#expectation(item);
    return this.problems.length > before ? undefined : expectation;
  }

  #expectation(item: Located): Expectation | undefined {
    const { entries, line, column } = item;
    if (entries === undefined) {
      return this.#wrong(item, 'an expectation must be a map, with name and what is expected');
    }
    const given = new Map<Key, Entry>();
    // What was probably meant by unknown keys is not missed as well.
    const meant = new Set<string>();
    for (const [key, entry] of entries) {
      if (isKey(key)) given.set(key, entry);
      else {
        meant.add(nearest(key, KEYS) ?? '');
        this.#wrong(entry.key, unknownKey(key, KEYS));
      }
    }
    if (!given.has('name') && !meant.has('name')) this.#wrong(item, 'the expectation has no name');
    if (![...given.keys(), ...meant].some(isDemand)) {
      this.#wrong(item, `nothing is expected: one of ${list(DEMANDS)} is needed`);
    }
    const name = this.#name(item, given.get('name'));
    const traces = this.#patterns(given.get('traces'));
    const below = this.#filter(given.get('below'));
    const where = this.#filter(given.get('where'));
    const demands = this.#demands(given);
    const [first, ...more] = demands;
    if (name === undefined || first === undefined) return undefined;
    return {
      name,
      ...(traces === undefined ? {} : { traces }),
      ...(below === undefined ? {} : { below }),
      ...(where === undefined ? {} : { where }),
      demands: [first, ...more],
      line,
      column,
    };
  }

  #name(item: Located, entry: Entry | undefined): string | undefined {
    if (entry === undefined) return undefined;
    const { value } = entry.value;
    if (typeof value !== 'string' || value.trim() === '') {
      return this.#wrong(entry.value, 'name must be a text that is not empty');
    }
    const line = this.#names.get(value);
    if (line !== undefined) {
      const message = `the expectation in line ${line} is called ${JSON.stringify(value)}, too`;
      return this.#wrong(entry.value, message);
    }
    this.#names.set(value, item.line);
    return value;
  }

  #patterns(entry: Entry | undefined): readonly string[] | undefined {
    if (entry === undefined) return undefined;
    const { value, items } = entry.value;
    if (items?.length === 0) return this.#wrong(entry.value, 'traces is an empty list');
    const patterns: string[] = [];
    for (const each of items ?? [entry.value]) {
      if (typeof each.value === 'string' && each.value !== '') patterns.push(each.value);
      else
        this.#wrong(each, 'traces must be a name of recordings, such as web-*, or a list of them');
    }
    return value === undefined ? undefined : patterns;
  }

  #filter(entry: Entry | undefined): Matches | undefined {
    if (entry === undefined) return undefined;
    const { value } = entry;
    const wrong = fieldProblems(value);
    this.problems.push(...wrong);
    const read = this.#readFilter(value.value);
    if ('matches' in read) return read.matches;
    return this.#wrong(value, read.message);
  }

  #demands(given: ReadonlyMap<Key, Entry>): Demand[] {
    const alone = ALONE.filter((key) => given.has(key));
    const ofChosen = OF_CHOSEN.filter((key) => given.has(key));
    const others = [...alone.slice(1), ...ofChosen, ...(given.has('where') ? ['where'] : [])];
    const at = given.get(alone[0]);
    if (at !== undefined && others.length > 0) {
      const message = `${alone[0]} stands by itself, and not beside ${list(others)}: ${alone[0]} has the filter itself, the others are about the processes of where`;
      this.#wrong(at.key, message);
    }
    const demands: Demand[] = [];
    for (const key of [...alone, ...ofChosen]) {
      const demand = this.#demand(key, given.get(key) as Entry);
      if (demand !== undefined) demands.push(demand);
    }
    return demands;
  }

  #demand(kind: Demand['kind'], entry: Entry): Demand | undefined {
    switch (kind) {
      case 'none':
      case 'some':
      case 'all': {
        const matches = this.#filter(entry);
        return matches === undefined ? undefined : { kind, matches };
      }
      case 'count': {
        const { value } = entry.value;
        if (isCount(value)) return { kind, bounds: { min: value, max: value } };
        const bounds = this.#bounds(entry.value, kind, COUNT);
        return bounds === undefined ? undefined : { kind, bounds };
      }
      case 'duration': {
        const bounds = this.#bounds(entry.value, kind, DURATION);
        return bounds === undefined ? undefined : { kind, bounds };
      }
      default: {
        const allowed = this.#ends(entry.value);
        return allowed.length === 0 ? undefined : { kind, allowed };
      }
    }
  }

  /** `{min, max}`, one of them or both. */
  #bounds(at: Located, key: string, unit: Unit): Bounds | undefined {
    const { entries } = at;
    if (entries === undefined || entries.size === 0) {
      return this.#wrong(at, `${key} must be ${unit.form}`);
    }
    const bounds: { min?: number; max?: number } = {};
    for (const [name, { key: place, value }] of entries) {
      if (name !== 'min' && name !== 'max') {
        this.#wrong(place, unknownKey(name, ['min', 'max']));
        continue;
      }
      const amount = unit.read(value.value);
      if (amount === undefined) this.#wrong(value, `${name} must be ${unit.amount}`);
      else bounds[name] = amount;
    }
    if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max) {
      return this.#wrong(at, 'min is greater than max');
    }
    return bounds;
  }

  #ends(at: Located): AllowedEnd[] {
    if (at.entries !== undefined) {
      const codes = this.#bounds(at, 'exit', STATUS);
      return codes === undefined ? [] : [{ codes }];
    }
    if (at.items?.length === 0) this.#wrong(at, 'exit is an empty list');
    const ends: AllowedEnd[] = [];
    for (const item of at.items ?? [at]) {
      const end = endOf(item.value);
      if (end !== undefined) ends.push(end);
      else
        this.#wrong(
          item,
          `exit must be ${STATUS.amount}, a signal such as SIGTERM, a list of these, or {min, max}`,
        );
    }
    return ends;
  }

  #wrong({ line, column }: Position, message: string): undefined {
    this.problems.push({ line, column, message });
    return undefined;
  }
}

/** How an amount is written. */
interface Unit {
  readonly form: string;
  readonly amount: string;
  read(value: unknown): number | undefined;
}

const COUNT: Unit = {
  form: 'a whole number, or {min, max} with one of them or both',
  amount: 'a whole number, 0 or more',
  read: (value) => (isCount(value) ? value : undefined),
};
const DURATION: Unit = {
  form: '{min, max} with one of them or both',
  amount: 'a duration such as 500ms, 30s, 10m or 1.5h',
  read: (value) => (typeof value === 'string' ? durationOf(value) : undefined),
};
const STATUS: Unit = {
  form: '{min, max} with one of them or both',
  amount: 'an exit status, 0 to 255',
  read: (value) => (isCount(value) && value <= 255 ? value : undefined),
};

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function endOf(value: unknown): AllowedEnd | undefined {
  const code = STATUS.read(value);
  if (code !== undefined) return { code };
  const signal = typeof value === 'string' ? signalNumber(value) : undefined;
  return signal === undefined ? undefined : { signal };
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  const hint = meant === undefined ? `; there are ${list(known)}` : `; is it ${meant}?`;
  return `unknown key ${JSON.stringify(key)}${hint}`;
}

function list(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
