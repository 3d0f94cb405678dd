/**
 * The difference of two trees as rows of text, and as JSON.
 */
import { quoteArgument, quoteForDisplay, shellQuote } from '../base/text.ts';
import type {
  Change,
  DifferenceRow,
  End,
  Ran,
  TreeDifference,
  TreeProcess,
} from '../model/difference.ts';
import { signalText } from '../tables/signals.ts';
import { branches } from './branches.ts';
import { cutSegments, paint, type Segment, type Style } from './columns.ts';
import { execText } from './command.ts';
import { durationText } from './time.ts';

/** How rows are to be drawn. */
export interface DifferenceOptions {
  /** Columns; rows are cut to it, and what is long and equal is left out. Infinity cuts nothing. */
  readonly width: number;
  readonly color: boolean;
}

const SIGNS: Readonly<Record<DifferenceRow['kind'], Segment>> = {
  added: { text: '+ ', style: 'added' },
  removed: { text: '- ', style: 'removed' },
  changed: { text: '~ ', style: 'changed' },
  within: { text: '  ', style: 'plain' },
};

/** Of a stretch of equal words on a terminal: these many at its start and its end are kept. */
const KEPT_WORDS = 2;
/** Characters that are kept around what differs in a long word. */
const KEPT_CHARACTERS = 24;
const LEFT_OUT = '⋯';
const NEXT: Segment = { text: ' → ', style: 'dim' };
const MISSING = '…';

function plain(text: string): Segment {
  return { text, style: 'plain' };
}

/** The rows, each process that differs and all above it, and a last line that counts; nothing for none. */
export function* differenceLines(
  { rows, counts }: TreeDifference,
  { width, color }: DifferenceOptions,
): Generator<string, void> {
  if (rows.length === 0) return;
  const lasts = lastRows(rows);
  const programs = new Programs(rows);
  const more: boolean[] = [];
  for (const [i, row] of rows.entries()) {
    more.length = row.level + 1;
    more[row.level] = lasts[i] === 0;
    const indent: Segment = { text: branches(more, 1, width), style: 'dim' };
    const segments = [
      SIGNS[row.kind],
      indent,
      ...programs.segments(i, Number.isFinite(width)),
      ...notes(row),
    ];
    yield paint(cutSegments(segments, width), color);
  }
  yield countsText(counts);
}

/** By row: 1 where no sibling follows. */
function lastRows(rows: readonly DifferenceRow[]): Uint8Array {
  const lasts = new Uint8Array(rows.length);
  const followed = new Set<number>();
  for (let i = rows.length - 1; i >= 0; i--) {
    const { parent } = rows[i];
    if (!followed.has(parent)) lasts[i] = 1;
    followed.add(parent);
  }
  return lasts;
}

function countsText(counts: TreeDifference['counts']): string {
  const told = (['added', 'removed', 'changed'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${kind}`);
  return `${told.join(', ')}; processes: ${counts.from} before, ${counts.to} after`;
}

/** What the processes of the rows ran. A fork runs what the nearest row above it ran last. */
class Programs {
  readonly #rows: readonly DifferenceRow[];
  /** By row, what either side ran last. */
  readonly #last: { readonly from: Ran | undefined; readonly to: Ran | undefined }[] = [];

  constructor(rows: readonly DifferenceRow[]) {
    this.#rows = rows;
    for (const { from, to, parent } of rows) {
      const above = parent < 0 ? undefined : this.#last[parent];
      this.#last.push({ from: lastOf(from) ?? above?.from, to: lastOf(to) ?? above?.to });
    }
  }

  /** `short`: leaves out what is long and the same. */
  segments(i: number, short: boolean): Segment[] {
    const { kind, from, to, changes } = this.#rows[i];
    const style: Style =
      kind === 'within' ? 'dim' : kind === 'changed' ? 'plain' : SIGNS[kind].style;
    if (from === undefined || to === undefined || !changes.some(isAboutRan)) {
      return [{ text: this.#text(i, to === undefined ? 'from' : 'to'), style }];
    }
    if (changes.some(({ field }) => field === 'command')) {
      return replaced(this.#text(i, 'from'), this.#text(i, 'to'));
    }
    return this.#steps(from, to, i, short);
  }

  #text(i: number, side: 'from' | 'to'): string {
    const { [side]: p } = this.#rows[i];
    if (p === undefined) return '';
    if (p.unidentified) return '? born, but never seen under its own pid';
    const steps = p.ran.map(stepText);
    if (isFork(p)) steps.unshift(`(${this.#inherited(i, side)})`);
    return steps.join(' → ');
  }

  /** Of two chains of as many steps. */
  #steps(from: TreeProcess, to: TreeProcess, i: number, short: boolean): Segment[] {
    const [a, b] = [from.ran, to.ran];
    if (a.length !== b.length) return replaced(this.#text(i, 'from'), this.#text(i, 'to'));
    const steps = a.map((ran, n) => stepSegments(ran, b[n], short));
    if (isFork(from)) {
      const inherited = changedText(this.#inherited(i, 'from'), this.#inherited(i, 'to'));
      steps.unshift([plain('('), ...inherited, plain(')')]);
    }
    return joined(steps, NEXT);
  }

  /** What runs in a fork. */
  #inherited(i: number, side: 'from' | 'to'): string {
    const { [side]: p, parent } = this.#rows[i];
    const ran = p?.inherited ?? (parent < 0 ? undefined : this.#last[parent][side]);
    return ran === undefined ? '?' : execText(ran);
  }
}

function isFork({ ran }: TreeProcess): boolean {
  return ran.every(({ failed }) => failed);
}

function joined(pieces: readonly (readonly Segment[])[], between: Segment): Segment[] {
  const all: Segment[] = [];
  for (const [n, piece] of pieces.entries()) {
    if (n > 0) all.push(between);
    for (const segment of piece) all.push(segment);
  }
  return all;
}

function lastOf(p: TreeProcess | undefined): Ran | undefined {
  return p?.ran.findLast(({ failed }) => !failed) ?? p?.inherited;
}

function stepText(ran: Ran): string {
  return ran.failed ? `✗ ${execText(ran)} ${textOf(ran.errno)}` : execText(ran);
}

function isAboutRan({ field }: Change): boolean {
  return field === 'command' || field === 'arguments' || field === 'exe' || field === 'cwd';
}

/** As `git diff --word-diff` marks it: it can be told without colour, too. */
function replaced(from: string, to: string): Segment[] {
  return [
    ...(from === '' ? [] : [{ text: `[-${from}-]`, style: 'removed' } as const]),
    ...(to === '' ? [] : [{ text: `{+${to}+}`, style: 'added' } as const]),
  ];
}

function stepSegments(a: Ran, b: Ran, short: boolean): Segment[] {
  const segments =
    a.args !== undefined && b.args !== undefined
      ? argumentSegments(a.args, b.args, short)
      : changedText(stepText(a), stepText(b));
  if (a.exe !== b.exe && a.args !== undefined) {
    segments.push(plain(' file '), ...replaced(textOf(a.exe), textOf(b.exe)));
  }
  if (a.cwd !== b.cwd) {
    segments.push(plain(' in '), ...replaced(a.cwd ?? '.', b.cwd ?? '.'));
  }
  return segments;
}

function textOf(text: string | undefined): string {
  return text === undefined ? '?' : quoteForDisplay(text);
}

function changedText(from: string, to: string): Segment[] {
  return from === to ? [plain(from)] : replaced(from, to);
}

type Arguments = readonly (string | null)[];

/** Argument by argument where there are as many, else what is between an equal start and end. */
function argumentSegments(a: Arguments, b: Arguments, short: boolean): Segment[] {
  const pieces: Segment[][] = [];
  const same: string[] = [];
  const flush = (): void => {
    if (same.length > 0) pieces.push([plain(wordsText(same, short))]);
    same.length = 0;
  };
  const [start, end] = equalEnds(a, b);
  const [aEnd, bEnd] = [a.length - end, b.length - end];
  for (let n = 0; n < start; n++) same.push(wordText(a[n], n));
  if (a.length === b.length) {
    for (let n = start; n < aEnd; n++) {
      if (a[n] === b[n]) {
        same.push(wordText(a[n], n));
        continue;
      }
      flush();
      const [from, to] = short ? aroundChange(a[n], b[n]) : [a[n], b[n]];
      pieces.push(replaced(wordText(from, n), wordText(to, n)));
    }
  } else {
    flush();
    const between = (args: Arguments, to: number): string =>
      args
        .slice(start, to)
        .map((arg, n) => wordText(arg, start + n))
        .join(' ');
    pieces.push(replaced(between(a, aEnd), between(b, bEnd)));
  }
  for (let n = aEnd; n < a.length; n++) same.push(wordText(a[n], n));
  flush();
  return joined(pieces, plain(' '));
}

/** How many arguments or characters are equal at the start, and behind that at the end. */
function equalEnds(a: Arguments | string, b: Arguments | string): [number, number] {
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [start, end];
}

function wordText(arg: string | null, index: number): string {
  if (arg === null) return MISSING;
  return index === 0 ? shellQuote([arg]) : quoteArgument(arg);
}

function wordsText(words: readonly string[], short: boolean): string {
  if (!short || words.length <= 2 * KEPT_WORDS + 1) return words.join(' ');
  return [...words.slice(0, KEPT_WORDS), LEFT_OUT, ...words.slice(-KEPT_WORDS)].join(' ');
}

/** Of two long words the part that differs, with a little on either side. */
function aroundChange(a: string | null, b: string | null): readonly [string | null, string | null] {
  if (a === null || b === null || Math.min(a.length, b.length) < 4 * KEPT_CHARACTERS) return [a, b];
  const [start, end] = equalEnds(a, b);
  const from = Math.max(start - KEPT_CHARACTERS, 0);
  const until = Math.max(end - KEPT_CHARACTERS, 0);
  const part = (word: string): string =>
    `${from > 0 ? LEFT_OUT : ''}${word.slice(from, word.length - until)}${until > 0 ? LEFT_OUT : ''}`;
  return [part(a), part(b)];
}

/** What stands behind the command. */
function notes({ kind, from, to, changes }: DifferenceRow): Segment[] {
  if (kind === 'within') return [];
  if (kind !== 'changed') {
    const end = (from ?? to)?.end;
    return end === undefined || (from ?? to)?.unidentified
      ? []
      : [{ text: `  ${endText(end)}`, style: 'dim' }];
  }
  const told = changes.filter((change) => !isAboutRan(change));
  if (told.length === 0) return [];
  const pieces = told.map((change) => changeSegments(change, from, to));
  return [plain('  '), ...joined(pieces, plain('  '))];
}

function endText(end: End): string {
  if (end.kind === 'exit') return `exit ${end.code}`;
  if (end.kind === 'signal') return signalText(end.signal);
  return end.kind === 'unknown' ? 'exit ?' : 'no end seen';
}

function changeSegments(
  change: Change,
  from: TreeProcess | undefined,
  to: TreeProcess | undefined,
): Segment[] {
  const values = (what: string, a: Value, b: Value): Segment[] => [
    plain(what),
    ...replaced(valueText(a), valueText(b)),
  ];
  switch (change.field) {
    case 'end':
      return replaced(endText(change.from), endText(change.to));
    case 'order':
      return [{ text: `moved from place ${change.from} to ${change.to}`, style: 'changed' }];
    case 'duration':
      return values('took ', msText(change.from), msText(change.to));
    case 'start':
      return values('began at ', msText(from?.start), msText(to?.start));
    case 'adopted':
      return [{ text: 'adopted by another process', style: 'changed' }];
    case 'lacks':
      return values('lacks ', from?.lacks.join(' '), to?.lacks.join(' '));
    case 'namespace':
      return values('pid 1 of a namespace: ', from?.namespace ?? false, to?.namespace ?? false);
    case 'anyOrder':
      return values('children in any order: ', from?.anyOrder ?? false, to?.anyOrder ?? false);
    case 'threads':
    case 'uid':
    case 'host':
      return values(`${change.field} `, from?.[change.field], to?.[change.field]);
    default:
      return [];
  }
}

function msText(ms: number | null | undefined): string | undefined {
  return ms == null ? undefined : durationText(ms);
}

type Value = string | number | boolean | undefined;

function valueText(value: Value): string {
  if (value === undefined) return '?';
  return value === '' ? 'nothing' : quoteForDisplay(`${value}`);
}

/**
 * The difference as one JSON object: `schema_version`, `counts`, and `rows`, one a line; in
 * pieces.
 */
export function* differenceJson({ rows, counts }: TreeDifference): Generator<string, void> {
  yield `{"schema_version":1,\n"counts":${JSON.stringify(counts)},\n"rows":[`;
  for (const [i, { fromLine, toLine, ...row }] of rows.entries()) {
    const lines = { from_line: fromLine, to_line: toLine };
    yield `${i === 0 ? '\n' : ',\n'}${JSON.stringify({ ...row, ...lines })}`;
  }
  yield '\n]}\n';
}
