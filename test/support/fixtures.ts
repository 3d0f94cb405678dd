/** The recordings of fixtures/ in memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { NamedBytes } from '../../src/pipeline.ts';
import { openInputs } from '../../src/source/inputs.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** Names of the plain logs. */
export const LOGS = readdirSync(join(FIXTURES, 'traces'))
  .filter((file) => file.endsWith('.log.gz'))
  .map((file) => file.slice(0, -'.log.gz'.length));

/** Names of the traces with two witnesses. */
export const TRACES = readdirSync(join(FIXTURES, 'recorded')).map((file) =>
  file.slice(0, -'.trace'.length),
);

export function logPath(name: string): string {
  return join(FIXTURES, 'traces', `${name}.log.gz`);
}

export function tracePath(name: string): string {
  return join(FIXTURES, 'recorded', `${name}.trace`);
}

export function logInputs(name: string): NamedBytes[] {
  return [{ name, bytes: gunzipSync(readFileSync(logPath(name))) }];
}

/** The segments of a trace that are evidence. */
export async function traceInputs(name: string): Promise<NamedBytes[]> {
  const inputs: NamedBytes[] = [];
  const opened = openInputs([tracePath(name)], { onFault: () => {} });
  for await (const { name: file, chunks, origin } of opened) {
    const bytes: Buffer[] = [];
    for await (const chunk of chunks) bytes.push(Buffer.from(chunk));
    const input = { name: file, bytes: Buffer.concat(bytes) };
    inputs.push(origin === undefined ? input : { ...input, origin });
  }
  return inputs;
}
