/**
 * The process connector's account that lies beside each recording, as further evidence: its
 * clock is not told there, so it is found from calls and births that name the same child.
 */
import type { NamedBytes } from '../../src/pipeline.ts';

const FORKS = new Set(['56', '57', '58', '435']);
/** Of all differences nearly the greatest: calls have the time of their tick's beginning. */
const LATEST = 0.999;

function callTimes(log: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of log.split('\n')) {
    const call =
      /^type=SYSCALL msg=audit\(([\d.]+):.* syscall=(\d+) success=yes exit=(\d+) .* pid=(\d+) /.exec(
        line,
      );
    if (call === null || !FORKS.has(call[2])) continue;
    const key = `${call[4]} ${call[3]}`;
    times.set(key, times.has(key) ? NaN : Number(call[1]) * 1000);
  }
  return times;
}

function birthTimes(account: string): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of account.split('\n')) {
    if (!line.includes('"fork"')) continue;
    const { t, ptgid, pid } = JSON.parse(line) as { t: number; ptgid: number; pid: number };
    const key = `${ptgid} ${pid}`;
    times.set(key, times.has(key) ? NaN : t / 1e6);
  }
  return times;
}

/** From the connector's clock to that of the log, in ms. */
function clockOffset(log: string, account: string): number {
  const births = birthTimes(account);
  const differences: number[] = [];
  for (const [key, time] of callTimes(log)) {
    const difference = time - (births.get(key) ?? NaN);
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  differences.sort((a, b) => a - b);
  return differences[Math.floor(differences.length * LATEST)];
}

/** A log and the account beside it, as inputs that belong to one trace. */
export function traceInputs(log: Uint8Array, account: Uint8Array): NamedBytes[] {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  const offset = clockOffset(text(log), text(account));
  const origin = { host: 'box', boot: 'boot' };
  return [
    { name: 'audit.log', bytes: log, origin },
    { name: 'connector.ndjson', bytes: account, origin: { ...origin, connector: { offset } } },
  ];
}
