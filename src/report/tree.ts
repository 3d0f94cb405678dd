/**
 * The process tree as text: one row a process.
 */
import { quoteForDisplay } from '../base/text.ts';
import type { ProcessDocument, UnidentifiedChild } from '../model/process.ts';
import { signalText } from '../tables/signals.ts';
import { branches } from './branches.ts';
import { cutSegments, paint, type Segment, type Style, segmentsWidth } from './columns.ts';
import { baseName, chainSegments, hasOwnProgram } from './command.ts';
import { type Forest, forestOf, isProcess, type TreeItem, type Visit, walk } from './forest.ts';
import { forestAt, forestSoFar, ProgramsAt } from './moment.ts';
import { durationText } from './time.ts';

/** How the tree is to be drawn. */
export interface TreeOptions {
  /** Columns; rows are cut to it. Infinity cuts nothing. */
  readonly width: number;
  readonly color: boolean;
  /** Only the trees under this pid, or under the processes of this name. */
  readonly root?: string;
  /** Levels to show; 1 shows the roots alone. */
  readonly depth?: number;
  /** Milliseconds since the epoch: the tree as it stood then, instead of over the whole log. */
  readonly at?: number;
  /** The same: the tree as far as it had grown by then, with what had ended already. Not with `at`. */
  readonly soFar?: number;
}

/** A command keeps at least this many columns, whatever stands around it. */
const MIN_COMMAND = 12;
/** Whether anything is called that: by pid, or by `comm`, the program or the first argument. */
export function matchesRoot(p: ProcessDocument, root: string): boolean {
  if (/^\d+$/.test(root) && p.pid === Number(root)) return true;
  if (p.comm === root || (p.exe !== undefined && baseName(p.exe) === root)) return true;
  const first = p.args?.[0];
  // A login shell is called with a hyphen in front.
  return (
    first != null &&
    (baseName(first) === root || (baseName(first).slice(1) === root && first.startsWith('-')))
  );
}

/** The rows of the tree, without line ends. Several hosts each get a heading row. */
export function* renderTree(
  processes: readonly ProcessDocument[],
  options: TreeOptions,
): Generator<string, void> {
  for (const { draw } of steps(treeOf(processes, options), options)) yield draw();
}

/** Some rows of a tree, and where they stand in it. */
export interface TreeWindow {
  readonly rows: readonly string[];
  /** Rows before them. */
  readonly top: number;
  /** Rows of the whole tree. */
  readonly total: number;
}

/**
 * As many rows of the tree as fit into `height`: from row `top` on, or around that of the
 * process that began last.
 */
export function renderWindow(
  processes: readonly ProcessDocument[],
  options: TreeOptions,
  { height, top }: { readonly height: number; readonly top?: number },
): TreeWindow {
  const tree = treeOf(processes, options);
  let total = 0;
  let newest = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { item } of steps(tree, options)) {
    const start = item !== undefined && isProcess(item) ? item.start_timestamp : undefined;
    if (start !== undefined && start >= latest) {
      latest = start;
      newest = total;
    }
    total++;
  }
  const wanted = top ?? newest - Math.floor(height / 2);
  const from = Math.max(0, Math.min(wanted, total - height));
  const rows: string[] = [];
  let at = 0;
  for (const { draw } of steps(tree, options)) {
    if (at >= from + height) break;
    if (at++ >= from) rows.push(draw());
  }
  return { rows, top: from, total };
}

/** One row: what it shows, if not a host, and its text, to be had during the step only. */
interface Step {
  readonly item?: TreeItem;
  readonly draw: () => string;
}

/** What a drawing is made of. */
interface Tree {
  readonly forest: Forest;
  readonly hosts: ReadonlyMap<string | undefined, readonly ProcessDocument[]>;
  readonly command: Describe;
}

function treeOf(processes: readonly ProcessDocument[], options: TreeOptions): Tree {
  const forest = forestFor(processes, options);
  const roots = options.root === undefined ? forest.roots : rootsNamed(forest, options.root);
  return { forest, hosts: byHost(roots), command: commandOf(processes, options) };
}

function* steps({ forest, hosts, command }: Tree, options: TreeOptions): Generator<Step, void> {
  for (const [host, itsRoots] of hosts) {
    const headed = hosts.size > 1;
    if (headed) {
      yield { draw: () => paint(cutSegments([hostSegment(host)], options.width), options.color) };
    }
    for (const visit of walk(forest, itsRoots, options.depth ?? Number.POSITIVE_INFINITY)) {
      yield { item: visit.item, draw: () => row(visit, headed ? 0 : 1, command, options) };
    }
  }
}

function forestFor(processes: readonly ProcessDocument[], { at, soFar }: TreeOptions): Forest {
  if (at !== undefined) return forestAt(processes, at);
  return soFar === undefined ? forestOf(processes) : forestSoFar(processes, soFar);
}

type Describe = (p: ProcessDocument) => { command: readonly Segment[]; tail: readonly Segment[] };

function commandOf(processes: readonly ProcessDocument[], { at, soFar }: TreeOptions): Describe {
  if (at !== undefined) {
    const programs = new ProgramsAt(processes, at);
    return (p) => ({ command: [plain(programs.textOf(p))], tail: ageSegments(p, at) });
  }
  if (soFar === undefined) return (p) => ({ command: chainSegments(p), tail: lifeSegments(p) });
  const programs = new ProgramsAt(processes, soFar);
  return (p) => ({
    // What it was born with: its own fields tell what it ran last.
    command: hasOwnProgram(p) ? chainSegments(p) : [plain(`(${programs.textOf(p)})`)],
    tail: (p.exit_timestamp ?? Infinity) > soFar ? ageSegments(p, soFar) : lifeSegments(p),
  });
}

/** All that match, but none that stands below another one. */
function rootsNamed(forest: Forest, root: string): ProcessDocument[] {
  const matching = new Set(forest.members.filter((p) => matchesRoot(p, root)));
  const below = new Set<ProcessDocument>();
  const pending: TreeItem[] = [];
  for (const p of matching) {
    if (below.has(p)) continue;
    for (const child of forest.childrenOf(p)) pending.push(child);
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if (!isProcess(item) || below.has(item)) continue;
      below.add(item);
      for (const child of forest.childrenOf(item)) pending.push(child);
    }
  }
  return [...matching].filter((p) => !below.has(p));
}

function byHost(roots: readonly ProcessDocument[]): Map<string | undefined, ProcessDocument[]> {
  const hosts = new Map<string | undefined, ProcessDocument[]>();
  for (const p of roots) {
    const those = hosts.get(p.node);
    if (those === undefined) hosts.set(p.node, [p]);
    else those.push(p);
  }
  return hosts;
}

function plain(text: string): Segment {
  return { text, style: 'plain' };
}

function dim(text: string): Segment {
  return { text, style: 'dim' };
}

function hostSegment(host: string | undefined): Segment {
  const text = host === undefined ? 'host without a name' : `host ${quoteForDisplay(host)}`;
  return { text, style: 'bold' };
}

function row(visit: Visit, undrawn: number, describe: Describe, options: TreeOptions): string {
  const { item, more, hidden } = visit;
  const indent = dim(branches(more, undrawn, options.width));
  if (!isProcess(item)) {
    return paint(
      cutSegments([indent, ...unidentifiedSegments(item)], options.width),
      options.color,
    );
  }
  const { command, tail } = describe(item);
  const head = [indent, dim(`${item.pid}`), ...namespaceSegments(item), plain(' ')];
  const end = hidden === 0 ? tail : [...tail, dim(`  +${hidden} below`)];
  const room = options.width - segmentsWidth(head) - segmentsWidth(end);
  const middle = cutSegments(command, Math.max(room, MIN_COMMAND));
  return paint(cutSegments([...head, ...middle, ...end], options.width), options.color);
}

function namespaceSegments(p: { readonly ns_pid?: number }): Segment[] {
  return p.ns_pid === undefined ? [] : [dim(` ns=${p.ns_pid}`)];
}

function unidentifiedSegments(child: UnidentifiedChild): Segment[] {
  return [dim('?'), ...namespaceSegments(child), dim(' born, but never seen under its own pid')];
}

/** How many threads a process had, how long it lived and how it ended. */
export function lifeSegments(p: ProcessDocument): Segment[] {
  const segments: Segment[] = [];
  if (p.threads > 1) segments.push(dim(`  [${p.threads} threads]`));
  if (p.exit_timestamp === undefined) return [...segments, dim('  no end seen')];
  segments.push(dim(`  ${lifetime(p)}`), plain('  '), statusSegment(p));
  return segments;
}

/** Whether the start is a moment by which the process was there already. */
function startsBefore(p: ProcessDocument): boolean {
  return (
    p.start_source === 'first_record' || p.start_source === 'wait' || p.start_source === 'signal'
  );
}

function lifetime(p: ProcessDocument): string {
  if (p.start_timestamp === undefined || p.exit_timestamp === undefined) return '?';
  const longer = startsBefore(p);
  const shorter = p.exit_after !== undefined && p.exit_after !== p.exit_timestamp;
  const bound = longer ? (shorter ? '~' : '≥') : shorter ? '≤' : '';
  return bound + durationText(p.exit_timestamp - p.start_timestamp);
}

/** How it ended: `exit 0`, a signal, with `?` where the evidence does not say. */
function statusSegment(p: ProcessDocument): Segment {
  if (p.exit_signal !== undefined) {
    const doubt = isDoubtful(p, 'exit_signal') ? '?' : '';
    return { text: signalText(p.exit_signal) + doubt, style: 'signal' };
  }
  if (p.exit_code === undefined) return dim('exit ?');
  const style: Style = p.exit_code === 0 ? 'dim' : 'failure';
  return { text: `exit ${p.exit_code}`, style };
}

function isDoubtful(p: ProcessDocument, claim: 'exit_signal'): boolean {
  return p.evidence.some((e) => e.claim === claim && e.confidence === 'ambiguous');
}

function ageSegments(p: ProcessDocument, at: number): Segment[] {
  const bound = startsBefore(p) ? '≥' : '';
  const age = p.start_timestamp === undefined ? '?' : bound + durationText(at - p.start_timestamp);
  const segments = [dim(`  up ${age}`)];
  // Between the last sign of life and the moment by which it had ended.
  if (p.exit_after !== undefined && p.exit_after < at) segments.push(dim('  may have ended'));
  return segments;
}
