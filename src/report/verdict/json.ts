import type { ProcessDocument } from '../../model/process.ts';
import type { Check, Found, Shortfall, Suite, Verdict } from '../../model/verdict.ts';
import { commandText } from '../command.ts';
import { differenceJson } from '../difference.ts';
import { noteText, shortfallText, verdictCounts } from './words.ts';

/** It rises when a key changes its meaning or goes away. docs/ci.md describes the form. */
const SCHEMA_VERSION = 1;

/** A verdict as one line of JSON. */
export function verdictJson(verdict: Verdict): string {
  const counts = verdictCounts(verdict);
  return JSON.stringify({
    schema_version: SCHEMA_VERSION,
    outcome: counts.failed > 0 ? 'failed' : 'passed',
    counts,
    suites: verdict.suites.map(suiteObject),
  });
}

function suiteObject({ name, path, processes, checks }: Suite): unknown {
  return { name, path, processes, checks: checks.map(checkObject) };
}

function checkObject({ name, outcome, place, note, shortfalls }: Check): unknown {
  return {
    name,
    outcome,
    place,
    note: note === undefined ? undefined : noteText(note),
    shortfalls: shortfalls.map(shortfallObject),
  };
}

function shortfallObject(shortfall: Shortfall): unknown {
  const message = shortfallText(shortfall);
  if (shortfall.kind === 'golden-differs') {
    const difference: unknown = JSON.parse([...differenceJson(shortfall.difference)].join(''));
    return { ...shortfall, message, difference };
  }
  if (!('found' in shortfall)) return { ...shortfall, message };
  const { found, ...rest } = shortfall;
  return { ...rest, message, ...foundObject(found) };
}

function foundObject({ total, of, first }: Found): Record<string, unknown> {
  return { total, of, processes: first.map(processObject) };
}

/** Enough to find it in the documents of the recording. */
function processObject(p: ProcessDocument): unknown {
  const { _id, node, pid, start_timestamp: start, exit_timestamp: end, exit_code, exit_signal } = p;
  const duration = start === undefined || end === undefined ? undefined : end - start;
  return { _id, node, pid, command: commandText(p), duration, exit_code, exit_signal };
}
