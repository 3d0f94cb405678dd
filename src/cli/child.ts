/**
 * Runs somebody else's program on records: a command of the shell, in a process group of its own,
 * so that nothing of it is left when it ends, takes too long or is no longer wanted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export interface CommandOptions {
  /** How long it may take, in ms. */
  readonly timeoutMs: number;
  /** Bytes that it may write to standard output, which are kept. Without this they go nowhere. */
  readonly maxOutput?: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/**
 * How it ended. Of a signal the status is 128 and its number, as a shell has it. `flood`: it wrote
 * more than it may. `aborted`: it was no longer wanted.
 */
export type CommandEnd =
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'flood' }
  | { readonly kind: 'aborted' };

export interface CommandRun {
  readonly end: CommandEnd;
  /** What it wrote, or of a flood the beginning. */
  readonly stdout: Buffer;
  /** The end of what it wrote, at most STDERR_KEPT bytes. */
  readonly stderr: Buffer;
}

/** No process could be made. */
export class CommandError extends Error {}

/** How long a command may take where nobody says, in ms. */
export const USUAL_TIMEOUT = 60_000;
/** Bytes of a command's standard error that are kept. */
const STDERR_KEPT = 4096;
/** How long its pipes may stay open after its end, in ms: a process outside the group may have them. */
const PATIENCE = 1000;

/**
 * What Node gives a child for a pipe is a socket, on which /dev/stdin cannot be opened, and which
 * ausearch and aureport, who look for a pipe, do not even read.
 */
const THROUGH_A_PIPE = 'cat | /bin/sh -c "$1"';

/**
 * Runs `sh -c command` with the input on its standard input, and in this program's environment.
 * That it does not read all is no error. A chunk is not used after the next one is asked for.
 * Rejects with a CommandError, or with what the input throws.
 */
export async function runCommand(
  command: string,
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { timeoutMs, maxOutput, signal }: CommandOptions,
): Promise<CommandRun> {
  const child = spawn('/bin/sh', ['-c', THROUGH_A_PIPE, 'sh', command], {
    detached: true,
    stdio: ['pipe', maxOutput === undefined ? 'ignore' : 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) living.add(child.pid);
  // What ended it, where that was not the command itself.
  let cut: CommandEnd | undefined;
  const stop = (end: CommandEnd): void => {
    cut ??= end;
    killGroup(child.pid);
  };
  const onAbort = (): void => stop({ kind: 'aborted' });
  const timer = setTimeout(() => stop({ kind: 'timeout' }), timeoutMs);
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  const stdout = head(child.stdout, maxOutput ?? 0, () => stop({ kind: 'flood' }));
  const stderr = tail(child.stderr, STDERR_KEPT);
  const ended = endOf(child).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  });
  const fed = feed(child.stdin, input).catch((error: unknown) => {
    onAbort();
    throw error;
  });
  const [own] = await Promise.all([ended, fed]);
  await closed(child);
  return { end: cut ?? own, stdout: stdout(), stderr: stderr() };
}

const WORDS = {
  timeout: 'not done in time',
  flood: 'too much output',
  aborted: 'interrupted',
} as const;

/** In words: `exit status 3`, `exit status 139 (SIGSEGV)`. */
export function endText(end: CommandEnd): string {
  if (end.kind !== 'exit') return WORDS[end.kind];
  return `exit status ${end.status}${signalText(end.status)}`;
}

function signalText(status: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128);
  return signal === undefined ? '' : ` (${signal[0]})`;
}

/** Process groups that are not known to be gone; none must outlast this program. */
const living = new Set<number>();

process.on('exit', () => {
  for (const group of living) killGroup(group);
});

function killGroup(group: number | undefined): void {
  // After its end the number may be another's.
  if (group === undefined || !living.has(group)) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

/** Until the shell ends; what it leaves in the background goes with it. */
function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new CommandError(error.message)));
    child.once('exit', (status, signal) => {
      killGroup(child.pid);
      if (child.pid !== undefined) living.delete(child.pid);
      // One of both is not null.
      const own = signal === null ? status : 128 + constants.signals[signal];
      resolve({ kind: 'exit', status: own ?? 0 });
    });
  });
}

/** Until its pipes have given all they hold. */
async function closed({ stdout, stderr }: ChildProcess): Promise<void> {
  const open = [stdout, stderr].filter((stream) => stream !== null && !stream.closed);
  const timer = setTimeout(() => {
    for (const stream of open) stream?.destroy();
  }, PATIENCE);
  await Promise.all(open.map(async (stream) => stream && once(stream, 'close')));
  clearTimeout(timer);
}

/** Each chunk when the one before is taken, until the command takes no more. */
async function feed(
  stdin: Writable | null,
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (stdin === null) return;
  const gone = new Promise<boolean>((resolve) => {
    stdin.once('close', () => resolve(false));
    stdin.on('error', () => resolve(false));
  });
  for await (const chunk of input) {
    const written = new Promise<boolean>((resolve) => {
      stdin.write(chunk, (error) => resolve(error == null));
    });
    if (!(await Promise.race([written, gone]))) return;
  }
  stdin.end();
}

/** Keeps the first bytes of a stream; `onMore` is called once there are more. */
function head(stream: Readable | null, limit: number, onMore: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let room = limit;
  stream?.on('data', (chunk: Buffer) => {
    if (chunk.length > room) onMore();
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room -= Math.min(room, chunk.length);
  });
  return () => Buffer.concat(chunks);
}

/** Keeps the last bytes of a stream. */
function tail(stream: Readable | null, limit: number): () => Buffer {
  let kept = Buffer.alloc(0);
  stream?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-limit);
  });
  return () => kept;
}
