/** Which document is about which true life: by the events it rests on, then by order. */
import type { Claim, ProcessDocument } from '../../src/model/process.ts';
import type { Known } from './knowledge.ts';
import { mustHaveDocument } from './knowledge.ts';
import type { SimEvent, TrueProcess } from '../../src/testing/kernel/types.ts';

export interface Matches {
  /** Document of each life. */
  readonly documents: ReadonlyMap<number, ProcessDocument>;
  /** Life of each document, by `_id`. */
  readonly lives: ReadonlyMap<string, TrueProcess>;
  /** Documents about nothing that ever lived. */
  readonly phantoms: readonly ProcessDocument[];
}

interface Pair {
  readonly document: ProcessDocument;
  readonly life: TrueProcess;
  readonly score: number;
}

export function match(known: Known, processes: Iterable<ProcessDocument>): Matches {
  // Identity matters here, and each pass over an analysis makes its documents anew.
  const documents = [...processes];
  const byPid = new Map<string, TrueProcess[]>();
  for (const life of known.history.lives) {
    const key = `${known.history.boots[life.boot].node} ${life.pid}`;
    const list = byPid.get(key);
    if (list === undefined) byPid.set(key, [life]);
    else list.push(life);
  }
  const pairs: Pair[] = [];
  for (const document of documents) {
    const lives = byPid.get(`${document.node ?? ''} ${document.pid}`) ?? [];
    for (const life of lives) {
      pairs.push({ document, life, score: scoreOf(known, document, life) });
    }
  }
  return assign(documents, pairs);
}

/** Best pairs first. The sort keeps equal ones in order: documents as given, lives as they came. */
function assign(documents: readonly ProcessDocument[], pairs: Pair[]): Matches {
  const found = new Map<number, ProcessDocument>();
  const lives = new Map<string, TrueProcess>();
  const taken = new Set<ProcessDocument>();
  pairs.sort((a, b) => b.score - a.score);
  for (const { document, life, score } of pairs) {
    if (score < 0 || taken.has(document) || found.has(life.index)) continue;
    taken.add(document);
    found.set(life.index, document);
    lives.set(document._id, life);
  }
  return { documents: found, lives, phantoms: documents.filter((d) => !taken.has(d)) };
}

const OWN = 100;
const ABOUT = 10;

function scoreOf(known: Known, document: ProcessDocument, life: TrueProcess): number {
  const at = (name: string): SimEvent | undefined =>
    known.byName.get(`${document.node ?? ''} ${name}`);
  let score = mustHaveDocument(known, life) ? 1 : 0;
  for (const exec of document.execve) score += at(exec.event)?.actor === life.index ? OWN : -OWN;
  for (const { claim, events } of document.evidence) {
    for (const name of events) {
      const event = at(name);
      if (event !== undefined && isAbout(event, life, claim)) score += ABOUT;
    }
  }
  return score;
}

/** Whether an event that a claim rests on concerns the life: another life's birth ends one, too. */
function isAbout({ fact, actor }: SimEvent, life: TrueProcess, claim: Claim): boolean {
  if (fact.kind === 'exit' || fact.kind === 'abend') return actor === life.index;
  if (fact.kind === 'birth' && claim !== 'end') {
    return fact.child === life.index || actor === life.index;
  }
  if (fact.kind === 'reap') return fact.child === life.index;
  if (fact.kind === 'signal' && fact.target === life.index) return true;
  return claim !== 'end' && actor === life.index;
}
