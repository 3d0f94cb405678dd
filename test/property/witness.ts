/** The process connector's account of a true history, and an analysis with it against the truth. */
import type { ProcessDocument } from '../../src/model/process.ts';
import { analyzeSync, type NamedBytes } from '../../src/pipeline.ts';
import { stampOf } from '../../src/testing/kernel/arrival.ts';
import { STILL_MS } from '../../src/process/witnessed.ts';
import type { History, SimEvent, TrueProcess } from '../../src/testing/kernel/types.ts';

/** The connector's clock when the model's begins, ns. */
const BOOTED = 1e12;
const MS = 1e6;

interface Told {
  readonly t: number;
  readonly ev: 'fork' | 'exec' | 'exit';
  readonly [field: string]: unknown;
}

/** Whether its birth is part of the history: init and others were there before. */
const isBorn = ({ bornAt, parents }: TrueProcess): boolean => bornAt >= 0 && parents.length > 0;

/** What the connector tells of one boot: of every process, recorded or not. */
function accountOf({ lives, events, boots }: History): string[] {
  const [{ phase }] = boots;
  const clock = (time: number): number => BOOTED + phase + time;
  const told: Told[] = [];
  for (const life of lives) {
    const { bornAt, deadAt, end, pid, parents } = life;
    if (isBorn(life)) {
      const ptgid = lives[parents[0].parent].pid;
      told.push({ t: clock(bornAt), cpu: 0, ev: 'fork', ppid: ptgid, ptgid, pid, tgid: pid });
    }
    if (deadAt === null || end === null) continue;
    const code = end.kind === 'code' ? end.value << 8 : end.value;
    told.push({ t: clock(deadAt), cpu: 0, ev: 'exit', pid, tgid: pid, code, sig: 17 });
  }
  for (const { fact, actor, loggedAt } of events) {
    if (fact.kind !== 'exec') continue;
    const { pid } = lives[actor];
    told.push({ t: clock(loggedAt), cpu: 0, ev: 'exec', pid, tgid: pid });
  }
  let last = 0;
  return told
    .sort((a, b) => a.t - b.t)
    .map((one) => {
      // Nobody is born and bears a child in one nanosecond.
      last = Math.max(one.t, last + 1);
      return JSON.stringify({ ...one, t: last });
    });
}

/** A log's bytes. */
export function bytesOf(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
}

/** The log and the account as two inputs, each with its lines in the order that `mix` gives. */
export function witnessed(
  history: History,
  mix: (lines: readonly string[]) => readonly string[],
): NamedBytes[] {
  const [{ node, startMs }] = history.boots;
  const origin = { host: node, boot: 'boot' };
  const connector = { offset: startMs - BOOTED / MS };
  return [
    {
      name: 'connector',
      bytes: bytesOf(mix(accountOf(history))),
      origin: { ...origin, connector },
    },
    { name: 'log', bytes: bytesOf(mix(history.lines)), origin },
  ];
}

/** What the connector told only long before the first record is not taken to be of its boot. */
function isToldBeside({ lives }: History, { entry }: SimEvent): boolean {
  const last = Math.max(...lives.map(({ bornAt, deadAt }) => deadAt ?? bornAt));
  return last >= entry - STILL_MS * MS;
}

/** Throws on the first life about which the analysis is wrong. */
export function assertTold(history: History): void {
  // Without an audit record there is no analysis of the boot.
  const first = history.events.find(({ actor }) => actor >= 0);
  if (first === undefined || !isToldBeside(history, first)) return;
  const documents = [...analyzeSync(witnessed(history, (lines) => lines)).processes];
  const found = pairs(history, documents);
  const ids = new Map([...found].map(([life, { _id }]) => [_id, life]));
  for (const [life, document] of found) {
    const wrong = wrongAbout(history, life, document, ids);
    if (wrong !== undefined) throw new Error(`${wrong}: ${JSON.stringify(document)}`);
  }
}

/** The lives that were born in the model, each with its document: in both in order of birth. */
function pairs(
  { lives, events }: History,
  documents: readonly ProcessDocument[],
): Map<TrueProcess, ProcessDocument> {
  const found = new Map<TrueProcess, ProcessDocument>();
  const ofPid = new Map<number, ProcessDocument[]>();
  const births = new Map<string, number>();
  for (const event of events) {
    if (event.fact.kind === 'birth') births.set(stampOf(event), event.fact.child);
  }
  for (const document of documents) {
    if (document.incomplete.includes('no_birth')) continue;
    const child = births.get(
      document.evidence.find(({ claim }) => claim === 'birth')?.events[0] ?? '',
    );
    if (child !== undefined) {
      found.set(lives[child], document);
      continue;
    }
    const known = ofPid.get(document.pid) ?? [];
    ofPid.set(document.pid, [...known, document]);
  }
  const born = lives.filter(isBorn).sort((a, b) => a.bornAt - b.bornAt);
  for (const life of born) {
    if (found.has(life)) continue;
    const document = ofPid.get(life.pid)?.shift();
    if (document === undefined) throw new Error(`no document of pid ${life.pid}`);
    found.set(life, document);
  }
  const left = [...ofPid.values()].flat();
  if (left.length > 0) throw new Error(`invented: ${JSON.stringify(left[0])}`);
  return found;
}

function wrongAbout(
  { lives }: History,
  life: TrueProcess,
  document: ProcessDocument,
  ids: ReadonlyMap<string, TrueProcess>,
): string | undefined {
  const parent = life.parents.length === 0 ? undefined : lives[life.parents[0].parent];
  if (document.pid !== life.pid) return `the birth of ${life.pid}`;
  if (parent !== undefined && document.ppid !== parent.pid) return `ppid, not ${parent.pid}`;
  const named = document.parent === null ? undefined : ids.get(document.parent);
  if (parent !== undefined && isBorn(parent) && named !== parent) return 'parent';
  const { end, deadAt } = life;
  if (deadAt !== null && document.exit_timestamp === undefined) return 'end';
  if (deadAt !== null && end !== null) {
    const said = end.kind === 'code' ? document.exit_code : document.exit_signal;
    if (said !== end.value) return `${end.kind}, not ${end.value}`;
  }
  const number = life.level === 0 ? undefined : life.nsPid;
  if (document.ns_pid !== undefined && document.ns_pid !== number) return `ns_pid, not ${number}`;
  return undefined;
}
