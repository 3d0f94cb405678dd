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

/** What godo does with recordings beside analyzing them, each on one log. */
export function tools(root: string): Program[] {
  const commands: readonly (readonly [name: string, ...args: readonly string[]])[] = [
    ['godo sort', 'sort'],
    ['godo sort --memory 16M', 'sort', '--memory', '16M'],
    ['godo cut --root make', 'cut', '--root', 'make'],
    ['godo anonymize', 'anonymize', '--key', 'bench'],
    ['godo replay --speed max', 'replay', '--speed', 'max'],
    ['godo replay --order causal', 'replay', '--speed', 'max', '--order', 'causal'],
    ['godo replay --adversarial 1', 'replay', '--speed', 'max', '--adversarial', '1'],
  ];
  const own = commands.map(([name, ...args]) => ({
    name,
    command: (log: string) => ({
      file: process.execPath,
      args: [join(root, 'bin/godo.js'), ...args, log],
    }),
  }));
  const diff = {
    name: 'godo diff, with itself',
    command: (log: string) => ({
      file: process.execPath,
      args: [join(root, 'bin/godo.js'), 'diff', log, log],
    }),
  };
  const sort = { name: 'GNU sort', command: (log: string) => ({ file: 'sort', args: [log] }) };
  return [...own, diff, sort];
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
