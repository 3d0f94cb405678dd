import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/godo.js');

/** The path of a recording. */
export function trace(name: string): string {
  return join(ROOT, `fixtures/traces/${name}.log.gz`);
}

/** Builds the program if a source is newer than it. */
export function build(): void {
  const main = join(ROOT, 'dist/cli/main.js');
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  if (sources.every((file) => statSync(join(ROOT, 'src', file)).mtimeMs <= built)) return;
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', ROOT]);
}

/** What a run of the program gave. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env } });
}

/** Runs the program to its end. */
export async function godo(
  args: readonly string[],
  { stdin = '', env = {} }: { stdin?: Uint8Array | string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const child = start(args, env);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  // It may end without reading.
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return {
    status,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  };
}
