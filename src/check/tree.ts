/**
 * Documents as a tree to compare: what the processes did, without what is another number in
 * every recording (pids, times, events, `_id`s). Processes are in tree order, each before
 * what is below it, so that a subtree is a range. Nothing recurses: chains get 100,000 deep.
 */
import { compareText } from '../base/compare.ts';
import type { Adopter, End, Ran, TreeProcess } from '../model/difference.ts';
import type { Exec, Incompleteness, ProcessDocument, StartSource } from '../model/process.ts';

/** A forest in tree order. */
export interface ProcessTree {
  readonly processes: readonly TreeProcess[];
  /** Level of each; roots have 0. */
  readonly level: Int32Array;
  /** Processes in the subtree of each, itself included: it is `[i, i + size[i])`. */
  readonly size: Int32Array;
  /** Of a golden tree: the line of each, from 1. */
  readonly line?: Int32Array;
}

/** The sizes of the subtrees, of levels in tree order. */
export function sizesOf(level: Int32Array): Int32Array {
  const size = new Int32Array(level.length);
  const open: number[] = [];
  for (let i = 0; i <= level.length; i++) {
    const above = i < level.length ? level[i] : 0;
    for (let top = open.at(-1); top !== undefined && level[top] >= above; top = open.at(-1)) {
      size[top] = i - top;
      open.pop();
    }
    open.push(i);
  }
  return size;
}

/** What the log lacks that no other field of a tree process shows. */
const SHOWN_ELSEWHERE: ReadonlySet<Incompleteness> = new Set<Incompleteness>([
  'no_end',
  'end_status_unknown',
  'missing_arguments',
  'unidentified_children',
]);

/** Births whose moment is not only a bound. */
const EXACT_STARTS: ReadonlySet<StartSource> = new Set<StartSource>([
  'fork',
  'vfork',
  'clone',
  'clone3',
  'connector',
  'process_list',
]);

const INIT = 1;

/** The directory as it is written: against the one before. */
function cwdAgainst(before: string | undefined, cwd: string | undefined): string | undefined {
  if (cwd === before) return undefined;
  if (cwd === undefined) return '?';
  // Everything lies below the root: that says nothing.
  if (before === undefined || before === '/') return cwd;
  return cwd.startsWith(`${before}/`) ? `.${cwd.slice(before.length)}` : cwd;
}

function ranOf({ args, exe, failed, errno }: Partial<Exec>, cwd: string | undefined): Ran {
  return {
    ...(args === undefined ? {} : { args }),
    ...(exe === undefined ? {} : { exe }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(failed ? { failed } : {}),
    ...(errno === undefined ? {} : { errno }),
  };
}

function endOf(p: ProcessDocument): End {
  if (p.exit_signal !== undefined) return { kind: 'signal', signal: p.exit_signal };
  if (p.exit_code !== undefined) return { kind: 'exit', code: p.exit_code };
  return { kind: p.exit_timestamp === undefined ? 'none' : 'unknown' };
}

/** Of a life whose both ends are no mere bounds. */
function durationOf(p: ProcessDocument): number | undefined {
  const { start_timestamp: start, exit_timestamp: end, exit_after: after } = p;
  if (start === undefined || end === undefined) return undefined;
  if (p.start_source === undefined || !EXACT_STARTS.has(p.start_source)) return undefined;
  return after === undefined || after === end ? end - start : undefined;
}

function sameArguments(
  a: readonly (string | null)[] | undefined,
  b: readonly (string | null)[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((arg, i) => arg === b[i]);
}

/** The serial of `SEC.MS:SERIAL`; 0 where a witness without serials told it. */
function serialOf(event: string | undefined): number {
  return event === undefined ? 0 : Number(event.slice(event.lastIndexOf(':') + 1));
}

/** When one child was born and had ended, by serials (0: none) and in ms. */
interface Span {
  readonly born: number;
  readonly ended: number;
  readonly bornMs: number;
  readonly endedMs: number;
}

function spanOf(p: ProcessDocument): Span {
  const eventOf = (claim: 'birth' | 'parent' | 'end'): string | undefined =>
    p.evidence.find((one) => one.claim === claim)?.events[0];
  const over = p.exit_timestamp !== undefined;
  return {
    born: serialOf(eventOf('birth') ?? eventOf('parent')),
    ended: over ? serialOf(eventOf('end')) : Number.POSITIVE_INFINITY,
    bornMs: p.start_timestamp ?? 0,
    endedMs: p.exit_timestamp ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * Whether the order of the births of siblings is of their parent's making. It is not where one
 * was born while an older one still ran, after another one that had run beside that one had
 * ended: so works whoever fills a free place with the next job (make -j), and which place is
 * free first is chance. A pipeline, jobs started together, and one after the other are none
 * of this. `spans`: of the siblings by birth.
 */
export function isSequential(spans: readonly Span[]): boolean {
  if (spans.length < 3) return true;
  const bySerial = spans.every(({ born, ended }) => born > 0 && ended > 0);
  const ends = Float64Array.from(spans, ({ ended, endedMs }) => (bySerial ? ended : endedMs));
  ends.sort();
  let over = 0;
  for (let i = 0; i < spans.length; i++) {
    const born = bySerial ? spans[i].born : spans[i].bornMs;
    const before = over;
    // Within a tick that holds an end and a birth the end is taken to be first.
    while (over < i && (bySerial ? ends[over] < born : ends[over] <= born)) over++;
    if (over > before && over < i) return false;
  }
  return true;
}

/** A document, as far as the tree needs it. */
interface Draft {
  readonly document: ProcessDocument;
  readonly children: number[];
  readonly span: Span;
}

/** A child in a list is a draft, or below 0 one of those of which only the birth is known. */
const UNIDENTIFIED = -1;

/** The tree of an analysis. Children are in order of birth, roots by host and then birth. */
export function treeOf(processes: Iterable<ProcessDocument>): ProcessTree {
  const { drafts, places, roots, total } = draftsOf(processes);
  const out: TreeProcess[] = [];
  const level = new Int32Array(total);
  const size = new Int32Array(total).fill(1);
  /** Draft to place in the tree: adopters are named by it. */
  const placed = new Int32Array(drafts.length);
  const adopted: [place: number, draft: Draft][] = [];
  const origins = originsOf(drafts);
  const levels: Level[] = [
    { items: roots, next: 0, parent: undefined, cwd: undefined, uid: undefined },
  ];
  const open: number[] = [];
  while (levels.length > 0) {
    const here = levels[levels.length - 1];
    if (here.next >= here.items.length) {
      levels.pop();
      const done = open.pop();
      if (done !== undefined) size[done] = out.length - done;
      continue;
    }
    const item = here.items[here.next++];
    const place = out.length;
    level[place] = levels.length - 1;
    if (item === UNIDENTIFIED) {
      out.push(NEVER_SEEN);
      continue;
    }
    const draft = drafts[item];
    const { document } = draft;
    const cwd = { now: here.cwd };
    placed[item] = place;
    const anyOrder = hasAnyOrder(drafts, draft);
    out.push(processOf(document, here, cwd, anyOrder, origins.get(document.node)));
    if (document.reparented.length > 0) adopted.push([place, draft]);
    if (draft.children.length === 0) continue;
    open.push(place);
    const uid = document.uid ?? here.uid;
    levels.push({ items: draft.children, next: 0, parent: document, cwd: cwd.now, uid });
  }
  for (const [place, { document }] of adopted) {
    out[place] = { ...out[place], adopted: adoptersOf(document, places, placed) };
  }
  return { processes: out, level, size };
}

interface Level {
  readonly items: readonly number[];
  next: number;
  readonly parent: ProcessDocument | undefined;
  /** Directory of whoever is above, as its last exec shows it. */
  readonly cwd: string | undefined;
  readonly uid: number | undefined;
}

const NEVER_SEEN: TreeProcess = {
  ran: [],
  unidentified: true,
  end: { kind: 'none' },
  threads: 1,
  adopted: [],
  lacks: [],
};

function draftsOf(processes: Iterable<ProcessDocument>): {
  drafts: Draft[];
  places: Map<string, number>;
  roots: number[];
  total: number;
} {
  const drafts: Draft[] = [];
  const places = new Map<string, number>();
  for (const document of processes) {
    places.set(document._id, drafts.length);
    drafts.push({ document, children: [], span: spanOf(document) });
  }
  let total = drafts.length;
  const roots: number[] = [];
  for (let i = 0; i < drafts.length; i++) {
    const { document, children } = drafts[i];
    if (document.parent === null || !places.has(document.parent)) roots.push(i);
    for (const id of document.children) {
      const child = places.get(id);
      if (child !== undefined) children.push(child);
    }
    for (const _ of document.unidentified_children ?? []) {
      children.push(UNIDENTIFIED);
      total++;
    }
  }
  roots.sort((a, b) => compareText(drafts[a].document._id, drafts[b].document._id));
  return { drafts, places, roots, total };
}

/** Threads bear children beside each other, too. */
function hasAnyOrder(drafts: readonly Draft[], { document, children }: Draft): boolean {
  if (children.length < 2) return false;
  const known = children.filter((child) => child !== UNIDENTIFIED);
  return document.threads > 1 || !isSequential(known.map((child) => drafts[child].span));
}

/** The earliest birth of each host: times in a tree count from there. */
function originsOf(drafts: readonly Draft[]): Map<string | undefined, number> {
  const origins = new Map<string | undefined, number>();
  for (const { document } of drafts) {
    const { node, start_timestamp: start } = document;
    if (start === undefined) continue;
    origins.set(node, Math.min(origins.get(node) ?? start, start));
  }
  return origins;
}

/** `cwd.now`: the directory above it, and afterwards its own. */
function processOf(
  p: ProcessDocument,
  above: Level,
  cwd: { now: string | undefined },
  anyOrder: boolean,
  origin: number | undefined,
): TreeProcess {
  const ran = p.execve.map((exec) => {
    const against = cwdAgainst(cwd.now, exec.cwd);
    cwd.now = exec.cwd ?? cwd.now;
    return ranOf(exec, against);
  });
  const duration = durationOf(p);
  return {
    ...(above.parent === undefined && p.node !== undefined ? { host: p.node } : {}),
    ran,
    ...(ran.some(({ failed }) => !failed) ? {} : inheritance(p, above.parent)),
    end: endOf(p),
    threads: p.threads,
    ...(p.ns_pid === INIT ? { namespace: true } : {}),
    ...(anyOrder ? { anyOrder } : {}),
    ...(p.uid === undefined || p.uid === above.uid ? {} : { uid: p.uid }),
    adopted: [],
    lacks: p.incomplete.filter((lack) => !SHOWN_ELSEWHERE.has(lack)),
    ...(origin === undefined || p.start_timestamp === undefined
      ? {}
      : { start: p.start_timestamp - origin }),
    ...(duration === undefined ? {} : { duration }),
  };
}

/** What a fork runs, unless it is what its parent ran last, as of nearly every fork. */
function inheritance(p: ProcessDocument, parent: ProcessDocument | undefined): { inherited?: Ran } {
  if (parent !== undefined && p.exe === parent.exe && sameArguments(p.args, parent.args)) return {};
  return { inherited: ranOf({ args: p.args, exe: p.exe }, undefined) };
}

function adoptersOf(
  { reparented }: ProcessDocument,
  places: ReadonlyMap<string, number>,
  placed: Int32Array,
): Adopter[] {
  return reparented.map(({ parent, ppid }) => {
    const draft = parent === undefined ? undefined : places.get(parent);
    if (draft !== undefined) return placed[draft];
    return ppid === INIT ? 'init' : 'unknown';
  });
}
