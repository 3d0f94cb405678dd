/** What is not the same about two processes that are matched. */
import type { Change, Ran, TreeProcess } from '../model/difference.ts';
import { comparedRan, type KeyOptions, kindOf } from './keys.ts';

/** From where on durations differ: by so many ms, or so much of the shorter one (0.2: a fifth). */
export type Tolerance = { readonly ms: number } | { readonly share: number };

/** Ticks of the coarse clock are up to 10 ms, and a duration has one at either end. */
const LEAST_SHARE_MS = 20;

/** The label's parts that differ. */
export function labelChanges(
  from: TreeProcess,
  to: TreeProcess,
  { everything, hosts, ignore }: KeyOptions,
): Change[] {
  const changes: Change[] = ranChanges(from, to, ignore);
  if (!same(from.end, to.end)) changes.push({ field: 'end', from: from.end, to: to.end });
  if (from.uid !== to.uid) changes.push({ field: 'uid' });
  if (hosts && from.host !== to.host) changes.push({ field: 'host' });
  if (!everything) return changes;
  for (const field of ['threads', 'namespace', 'anyOrder', 'lacks'] as const) {
    if (!same(from[field], to[field])) changes.push({ field });
  }
  return changes;
}

function ranChanges(from: TreeProcess, to: TreeProcess, ignore: readonly RegExp[]): Change[] {
  const [a, b] = [comparedRan(from, ignore), comparedRan(to, ignore)];
  const chain = (ran: readonly Ran[]): unknown => ran.map(({ failed, errno }) => [failed, errno]);
  const forked = (p: TreeProcess): unknown => [kindOf(p), p.inherited !== undefined];
  if (!same(forked(from), forked(to)) || !same(chain(a), chain(b))) return [{ field: 'command' }];
  const changes: Change[] = [];
  const column = (ran: readonly Ran[], key: 'args' | 'exe' | 'cwd'): unknown =>
    ran.map((one) => one[key]);
  for (const [key, field] of [
    ['args', 'arguments'],
    ['exe', 'exe'],
    ['cwd', 'cwd'],
  ] as const) {
    if (!same(column(a, key), column(b, key))) changes.push({ field });
  }
  return changes;
}

/** `place`: of the process of the second tree that one of the first is, -1 for none. */
export function adoptersDiffer(
  from: TreeProcess,
  to: TreeProcess,
  place: (process: number) => number,
): boolean {
  if (from.adopted.length !== to.adopted.length) return true;
  return from.adopted.some(
    (one, n) => (typeof one === 'number' ? place(one) : one) !== to.adopted[n],
  );
}

/** Births count only with everything else: another recording has others. */
export function timeChanges(
  from: TreeProcess,
  to: TreeProcess,
  tolerance: Tolerance,
  everything: boolean,
): Change[] {
  const changes: Change[] = [];
  if (everything && from.start !== to.start) changes.push({ field: 'start' });
  const [a, b] = [from.duration, to.duration];
  if (a === undefined || b === undefined) {
    if (everything && a !== b) {
      changes.push({ field: 'duration', from: a ?? null, to: b ?? null });
    }
  } else if (isBeyond(a, b, tolerance)) changes.push({ field: 'duration', from: a, to: b });
  return changes;
}

function isBeyond(a: number, b: number, tolerance: Tolerance): boolean {
  const apart = Math.abs(a - b);
  if ('ms' in tolerance) return apart > tolerance.ms;
  return apart > Math.max(Math.min(a, b) * tolerance.share, LEAST_SHARE_MS);
}

/** Of values without classes and functions, whose keys come in one order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
