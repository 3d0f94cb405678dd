/** How a life ended, against the truth. */
import type { Case } from './compare.ts';
import type { Known } from './knowledge.ts';
import {
  clockAt,
  codesOf,
  endBegan,
  isAlive,
  reapedInTheOpen,
  seemsEnded,
  wallTime,
} from './knowledge.ts';
import type { TrueProcess } from '../../src/testing/kernel/types.ts';

export function compareEnd(it: Case): void {
  if (isAlive(it.known, it.life)) return compareAlive(it);
  compareCode(it);
  compareSignal(it);
  compareEnded(it);
  compareMoment(it);
}

function compareAlive(it: Case): void {
  const { known, life, document, report } = it;
  const { exit_timestamp, exit_code, exit_signal, exit_source } = document;
  if (exit_timestamp === undefined && exit_code === undefined && exit_signal === undefined) return;
  if (exit_signal === undefined && seemsEnded(known, life)) return;
  if (mayBeTakenForDead(it)) return;
  report('end', 'alive', { exit_timestamp, exit_code, exit_signal, source: exit_source });
}

/** A guess, marked as one, that nothing later in the log gives the lie. */
function mayBeTakenForDead({ known, life, document }: Case): boolean {
  const claims = document.evidence.filter((e) => e.claim === 'end' || e.claim === 'exit_signal');
  // Nobody can kill init.
  if (life.pid === 1 || claims.some((e) => e.confidence === 'proven')) return false;
  const { node } = known.history.boots[life.boot];
  const named = claims.flatMap((e) => e.events.map((name) => known.byName.get(`${node} ${name}`)));
  const proofs = named.filter((e) => e !== undefined);
  const last = Math.max(...proofs.map((e) => e.serial));
  const clock = Math.max(...proofs.map((e) => clockAt(known, e)));
  // Each thread may still have logged the one call it was in.
  const later = known.traces[life.index].own.filter((e) => e.serial > last);
  return later.length <= life.threads && later.every((e) => e.time <= clock);
}

function compareCode({ known, life, document, report }: Case): void {
  const { sure, among } = codesOf(known, life);
  const { exit_code } = document;
  if (exit_code === undefined ? sure : !among.has(exit_code)) {
    report('exit_code', [...among], exit_code);
  }
}

function compareSignal(it: Case): void {
  const { known, life, document, report } = it;
  const { exit_signal } = document;
  const truth = life.end?.kind === 'signal' ? life.end.value : undefined;
  if (exit_signal === truth) return;
  if (exit_signal === undefined) {
    if (known.traces[life.index].abends.length > 0) report('exit_signal', truth, exit_signal);
  } else if (!isFairGuess(it)) report('exit_signal', truth, exit_signal);
}

/** One of several signals, or one that a silent killer came after: a guess marked as one is fair. */
function isFairGuess({ known, life, document }: Case): boolean {
  const { signals, exits } = known.traces[life.index];
  const sent = new Set(signals.map((e) => e.fact.sig).filter((sig) => sig > 0));
  const meant = signalsTo(known, life);
  const seen =
    life.end?.kind === 'signal' ? sent.has(life.end.value) : exits.length > 0 || isEndless(life);
  const guess = document.evidence.some(
    (e) => e.claim === 'exit_signal' && e.confidence !== 'proven',
  );
  const { exit_signal = 0 } = document;
  // With its namespace's pid 1 everything in it is killed, but not all of it by that.
  if (guess && document.exit_source === 'namespace_end' && life.level > 0 && life.end !== null) {
    return true;
  }
  return guess && meant.has(exit_signal) && (!seen || meant.size > 1);
}

/** Signals sent to its number, whichever life had it. */
function signalsTo(known: Known, { boot, pid }: TrueProcess): Set<number> {
  const lives = known.history.lives.filter((life) => life.boot === boot && life.pid === pid);
  const all = lives.flatMap((life) => known.traces[life.index].signals);
  return new Set(all.map((e) => e.fact.sig).filter((sig) => sig > 0));
}

const isEndless = (life: TrueProcess): boolean => life.end === null;

function compareEnded({ known, life, document, report }: Case): void {
  if (document.exit_timestamp !== undefined) return;
  const { abends } = known.traces[life.index];
  const reaped = !known.nested[life.boot] && reapedInTheOpen(known, life) !== undefined;
  if (codesOf(known, life).sure || abends.length > 0 || reaped) {
    report('ended', 'exit_timestamp', document.incomplete);
  }
}

const PRECISE = new Set(['exit_group', 'exit', 'abend']);

function compareMoment(it: Case): void {
  const { known, life, document, report } = it;
  const { exit_timestamp, exit_after, exit_source = '' } = document;
  if (exit_timestamp === undefined) return;
  const over = life.deadAt === null ? Infinity : wallTime(known, life, life.deadAt);
  const earliest = earliestEnd(it);
  if (exit_timestamp < earliest) {
    report('exit_timestamp too early', { earliest, source: exit_source }, exit_timestamp);
  }
  if (PRECISE.has(exit_source) && exit_timestamp > over) {
    report('exit_timestamp too late', { over, source: exit_source }, exit_timestamp);
  }
  if (exit_after !== undefined && (exit_after > over || exit_after > exit_timestamp)) {
    report('exit_after', { over, exit_timestamp }, exit_after);
  }
}

/** What the moment of the end may not lie before: the end, or the log's clock at the evidence for it. */
function earliestEnd(it: Case): number {
  const { known, life, document } = it;
  const { node, tick } = known.history.boots[life.boot];
  const began = wallTime(known, life, endBegan(known, life)) - tick;
  const { exit_source = '' } = document;
  if (PRECISE.has(exit_source)) return began;
  if (exit_source === 'signal' && isFairGuess(it)) return 0;
  const proofs = document.evidence
    .filter((e) => e.claim === 'end' || e.claim === 'exit_signal')
    .flatMap((e) => e.events.map((name) => known.byName.get(`${node} ${name}`)))
    .filter((e) => e !== undefined);
  return Math.min(began, ...proofs.map((e) => clockAt(known, e)));
}
