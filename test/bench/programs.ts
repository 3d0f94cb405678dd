/** The programs that are compared. */
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Command } from './measure.ts';

/** A program that can read a log. */
export interface Program {
  readonly name: string;
  readonly command: (log: string) => Command;
}

/** `godo analyze` as a user runs it, on the Node that runs this. */
export function godo(root: string): Program {
  const args = [join(root, 'bin/godo.js'), 'analyze', '--format', 'ndjson', '--summary', 'json'];
  return {
    name: 'godo analyze --format ndjson',
    command: (log) => ({ file: process.execPath, args: [...args, log] }),
  };
}

/** Those of the other programs that are installed; `done` removes what they leave behind. */
export function others(): { programs: Program[]; missing: string[]; done: () => void } {
  const programs: Program[] = [];
  const missing: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'godo-bench-'));
  const ausearch = find('ausearch');
  if (ausearch === undefined) missing.push('ausearch (Debian: auditd)');
  else programs.push(...ausearches(ausearch));
  const laurel = find('laurel');
  if (laurel === undefined) missing.push('laurel');
  else programs.push(laurelIn(laurel, folder));
  return { programs, missing, done: () => rmSync(folder, { recursive: true }) };
}

function ausearches(file: string): Program[] {
  return [['--raw'], ['--format', 'csv']].map((how) => ({
    name: `ausearch ${how.join(' ')}`,
    command: (log) => ({ file, args: [...how, '-if', log] }),
  }));
}

/** As Debian configures it, except for where it writes and as whom. */
function laurelIn(file: string, folder: string): Program {
  const config = join(folder, 'laurel.toml');
  writeFileSync(
    config,
    `directory = ${JSON.stringify(folder)}
[auditlog]
file = "audit.log"
size = 5000000
generations = 10
[transform]
execve-argv = ["array"]
[translate]
universal = false
user-db = false
[enrich]
pid = true
execve-env = ["LD_PRELOAD", "LD_LIBRARY_PATH"]
container = true
script = true
`,
  );
  return { name: 'laurel', command: (log) => ({ file, args: ['-c', config], stdin: log }) };
}

/** The audit tools are in the administrator's folders, which are not on everybody's path. */
function find(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return [...path, '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
