import type { Expectation } from '../../check/expectations.ts';
import { isFor } from '../../check/expectations.ts';
import { Judge } from '../../check/expect.ts';
import type { Analysis } from '../../model/analysis.ts';
import { FAULT_KINDS, type Fault, type FaultKind, type Severity } from '../../model/fault.ts';
import type { Check, Note, Shortfall, Suite } from '../../model/verdict.ts';
import type { NamedRecording } from '../../source/recordings.ts';
import { analyzeInputs } from '../analysis.ts';
import { GOLDEN_TREE, type GoldenFolder } from './goldens.ts';

/** What recordings are held to. */
export interface Demands {
  readonly goldens: GoldenFolder | undefined;
  readonly expectations: readonly Expectation[];
  /** The file of the expectations. */
  readonly file: string;
  /** Faults of severity warning fail, too. */
  readonly strict: boolean;
}

/** Faults of a recording that are named in the report. */
const NAMED_FAULTS = 10;

/** Everything that is checked about one recording. */
export async function suiteOf(
  recording: NamedRecording,
  { goldens, expectations, file, strict }: Demands,
): Promise<Suite> {
  const { name } = recording;
  const [path] = recording.paths;
  const { analysis, unreadable } = await analyzed(recording);
  const sound = soundness(path, analysis, unreadable, strict);
  // Half of a recording is another recording, and nothing is known of that.
  const whole = unreadable.length === 0 ? analysis : undefined;
  const processes = [...(whole?.processes ?? [])];
  const checks: Check[] = [sound];
  if (goldens !== undefined && whole !== undefined) {
    checks.push(await goldens.check(name, path, processes));
  } else if (goldens !== undefined) {
    checks.push(skipped(GOLDEN_TREE, { file: path }, { kind: 'unreadable' }));
  }
  const judge = new Judge(processes);
  for (const expectation of expectations) {
    if (!isFor(expectation, name)) continue;
    const place = placeOf(expectation, file);
    if (whole === undefined) {
      checks.push(skipped(expectation.name, place, { kind: 'unreadable' }));
      continue;
    }
    const { broken, processes: count } = judge.judge(expectation);
    checks.push({
      name: expectation.name,
      place,
      outcome: broken.length > 0 ? 'failed' : 'passed',
      shortfalls: broken,
      note: { kind: 'processes', count },
    });
  }
  const count = whole === undefined ? {} : { processes: processes.length };
  return { name, path, ...count, checks };
}

/** What the recording holds, and why a part of it could not be read. */
async function analyzed({
  paths,
  problem,
}: NamedRecording): Promise<{ analysis: Analysis | undefined; unreadable: readonly string[] }> {
  if (problem !== undefined) return { analysis: undefined, unreadable: [problem] };
  const unreadable: string[] = [];
  const onFault = ({ kind, input, reason }: Fault): void => {
    if (kind === 'unreadable') unreadable.push(`${input ?? '?'}: ${reason}`);
  };
  const analysis = await analyzeInputs(paths, { onFault });
  return { analysis, unreadable };
}

/** The check of the recording itself: that it could be read, and has no faults that count. */
function soundness(
  file: string,
  analysis: Analysis | undefined,
  unreadable: readonly string[],
  strict: boolean,
): Check {
  const shortfalls: Shortfall[] = [];
  if (unreadable.length > 0) shortfalls.push({ kind: 'unreadable', reasons: unreadable });
  const counting: readonly Severity[] = strict ? ['error', 'warning'] : ['error'];
  const kinds = (Object.keys(FAULT_KINDS) as FaultKind[]).filter(
    (kind) => kind !== 'unreadable' && counting.includes(FAULT_KINDS[kind][1]),
  );
  const faults = analysis?.summary.faults ?? {};
  const counts = kinds
    .map((kind) => [kind, faults[kind] ?? 0] as const)
    .filter(([, count]) => count > 0);
  if (counts.length > 0) {
    const first = analysis?.faults.filter(({ kind }) => kinds.includes(kind)) ?? [];
    shortfalls.push({ kind: 'faults', counts, first: first.slice(0, NAMED_FAULTS) });
  }
  const outcome = shortfalls.length > 0 ? 'failed' : 'passed';
  return { name: 'recording', place: { file }, outcome, shortfalls };
}

/** Expectations for recordings that are not there: seen to be passed over, since it may be a typing error. */
export function unusedSuites(
  { expectations, file }: Demands,
  recordings: readonly NamedRecording[],
): Suite[] {
  const checks: Check[] = [];
  for (const expectation of expectations) {
    if (recordings.some(({ name }) => isFor(expectation, name))) continue;
    const note = { kind: 'no-recording' as const, traces: expectation.traces ?? [] };
    checks.push(skipped(expectation.name, placeOf(expectation, file), note));
  }
  return checks.length > 0 ? [{ name: 'no recording', path: file, checks }] : [];
}

function placeOf({ line, column }: Expectation, file: string): Check['place'] {
  return { file, line, column };
}

function skipped(name: string, place: Check['place'], note: Note): Check {
  return { name, place, outcome: 'skipped', shortfalls: [], note };
}
