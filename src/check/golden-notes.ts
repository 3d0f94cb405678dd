/** The notes in brackets behind a command of a golden tree. */
import type { End, TreeProcess } from '../model/difference.ts';
import { signalText } from '../tables/signals.ts';
import { ANY_ORDER, NAMESPACE, UNIDENTIFIED } from './golden-form.ts';

const LAST_EXIT = 255;

interface Notes
  extends Pick<TreeProcess, 'end' | 'threads' | 'namespace' | 'anyOrder' | 'uid' | 'lacks'> {
  readonly unidentified?: true;
  readonly adopted: readonly string[];
  readonly start?: number;
  readonly duration?: number;
}

type Draft = { -readonly [K in keyof Notes]?: Notes[K] } & { adopted: string[]; lacks: string[] };

const NUMBERED: readonly (readonly [RegExp, 'threads' | 'uid' | 'start' | 'duration'])[] = [
  [/^([1-9]\d{0,8}) threads$/, 'threads'],
  [/^uid (\d{1,10})$/, 'uid'],
  [/^at (\d{1,15})ms$/, 'start'],
  [/^for (-?\d{1,15})ms$/, 'duration'],
];

const LACKS = /^[a-z]+(?:_[a-z]+)+$/;
const ADOPTED = /^adopted by (#\d{1,9}|init|\?)$/;

/** Reads them; a text is the reason why they cannot be. */
export function readNotes(text: string): Notes | string {
  const notes: Draft = { adopted: [], lacks: [] };
  for (const note of text.split('; ')) {
    const adopted = ADOPTED.exec(note);
    const single = readSingle(note);
    if (adopted !== null) notes.adopted.push(adopted[1]);
    else if (single !== undefined) {
      const [key] = Object.keys(single) as (keyof Notes)[];
      if (notes[key] !== undefined) return `'${note}' comes behind a note of the same kind`;
      Object.assign(notes, single);
    } else if (LACKS.test(note)) notes.lacks.push(note);
    else return `'${note}' is no note`;
  }
  if (notes.unidentified) notes.end = { kind: 'none' };
  if (notes.end === undefined) return 'it does not say how the process ended';
  return { threads: 1, ...notes, end: notes.end };
}

/** A note of a kind that a process has once. */
function readSingle(note: string): Partial<Notes> | undefined {
  const end = readEnd(note);
  if (end !== undefined) return { end };
  for (const [pattern, key] of NUMBERED) {
    const match = pattern.exec(note);
    if (match !== null) return { [key]: Number(match[1]) };
  }
  if (note === NAMESPACE) return { namespace: true };
  if (note === ANY_ORDER) return { anyOrder: true };
  return note === UNIDENTIFIED ? { unidentified: true } : undefined;
}

const SIGNALS = new Map(Array.from({ length: 64 }, (_, i) => [signalText(i + 1), i + 1] as const));

function readEnd(note: string): End | undefined {
  if (note === 'no end') return { kind: 'none' };
  if (note === 'exit ?') return { kind: 'unknown' };
  const code = /^exit (\d{1,3})$/.exec(note);
  if (code !== null && Number(code[1]) <= LAST_EXIT) return { kind: 'exit', code: Number(code[1]) };
  const signal = SIGNALS.get(note) ?? Number(/^signal (\d{1,3})$/.exec(note)?.[1] ?? Number.NaN);
  return Number.isNaN(signal) ? undefined : { kind: 'signal', signal };
}
