#!/usr/bin/env node
/**
 * A deliberately naive consumer of audit records, for `godo fuzz` to find out: it links children to
 * parents by what fork returned, in the order of arrival, and drops what comes before its fork.
 * Prints who bore whom, what they ran and how they ended, one process a line, sorted.
 */
import { createInterface } from 'node:readline';

const FORKS = new Set(['56', '57', '58', '435']);
const EXECVE = '59';
const EXIT_GROUP = '231';

/** @typedef {{ parent: string, pid: string, ran: string[], status: string }} Known */

/** @type {Map<string, Known>} */
const known = new Map();
/** @type {Known[]} */
const ended = [];

/** @type {(line: string, name: string) => string} */
function field(line, name) {
  return new RegExp(` ${name}=(\\S+)`).exec(line)?.[1] ?? '';
}

/** @type {(one: Known) => string} */
function text({ parent, pid, ran, status }) {
  return `${parent} -> ${pid} [${ran.join(' ')}] ${status}`;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!/^(node=\S+ )?type=SYSCALL /.test(line)) continue;
  const call = field(line, 'syscall');
  const pid = field(line, 'pid');
  if (FORKS.has(call) && field(line, 'success') === 'yes') {
    // Whoever forks must have been there before the log.
    if (!known.has(pid)) known.set(pid, { parent: '?', pid, ran: [], status: 'lives' });
    const child = field(line, 'exit');
    known.set(child, { parent: pid, pid: child, ran: [], status: 'lives' });
  } else if (call === EXECVE && field(line, 'success') === 'yes') {
    known.get(pid)?.ran.push(field(line, 'exe'));
  } else if (call === EXIT_GROUP) {
    const own = known.get(pid);
    if (own === undefined) continue;
    ended.push({ ...own, status: `ended ${field(line, 'a0')}` });
    known.delete(pid);
  }
}
const lines = [...ended, ...known.values()].map(text);
process.stdout.write(
  lines
    .sort()
    .map((line) => `${line}\n`)
    .join(''),
);
