/**
 * Where a replay goes. Every sink takes a batch only when it is done with the one before, so
 * nothing piles up in front of a slow one.
 */
import { createWriteStream, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { codeOf, wordsOf } from '../../base/errors.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { Recording } from '../../replay/recording.ts';
import { LineAnalyzer } from '../line-analyzer.ts';

/** What a sink is told to be. */
export type SinkName =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'analyzer' }
  | { readonly kind: 'file' | 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** One line to deliver: its number in the recording, and what is sent for it. */
export interface SentLine {
  readonly line: number;
  readonly bytes: Buffer;
}

/** The sink could not be opened, or went away. */
export class SinkError extends Error {
  /** Whoever read standard output has closed it: enough has been seen. */
  readonly closed: boolean;

  constructor(message: string, closed = false) {
    super(message);
    this.closed = closed;
  }
}

/** Takes what is played. */
export interface Sink {
  /** Aborted when the sink is known to be gone, also between two batches. */
  readonly gone: AbortSignal;
  /** Delivers the lines; rejects with SinkError when that cannot be done. */
  write(lines: readonly SentLine[]): Promise<void>;
  /** Delivers what is under way and ends. Rejects with SinkError. */
  end(): Promise<void>;
  /** Gives up what is under way. */
  abandon(): void;
}

const SCHEME = /^[a-z][a-z0-9]*:/;

/**
 * `-`, `stdout`, `analyzer`, `file:PATH`, `unix:PATH`, `tcp:HOST:PORT` or the path of a file;
 * undefined for anything else.
 */
export function parseSink(text: string): SinkName | undefined {
  if (text === '-' || text === 'stdout') return { kind: 'stdout' };
  if (text === 'analyzer') return { kind: 'analyzer' };
  if (!SCHEME.test(text)) return text === '' ? undefined : { kind: 'file', path: text };
  const at = text.indexOf(':');
  const [scheme, rest] = [text.slice(0, at), text.slice(at + 1)];
  if ((scheme === 'file' || scheme === 'unix') && rest !== '') return { kind: scheme, path: rest };
  return scheme === 'tcp' ? tcpOf(rest) : undefined;
}

function tcpOf(text: string): SinkName | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) return undefined;
  return { kind: 'tcp', host: match[1] ?? match[2], port };
}

/** What reports call it. */
export function sinkText(name: SinkName): string {
  switch (name.kind) {
    case 'stdout':
      return 'standard output';
    case 'analyzer':
      return 'the analyzer';
    case 'tcp':
      return `tcp:${name.host.includes(':') ? `[${name.host}]` : name.host}:${name.port}`;
    default:
      return `${name.kind}:${name.path}`;
  }
}

/** How a sink is opened. */
export interface SinkOptions {
  /** Ends the waiting for somebody who connects. */
  readonly signal: AbortSignal;
  /** Is told that it waits. */
  readonly say: (text: string) => void;
}

/** Opens a sink for bytes. Rejects with SinkError. */
export async function openSink(
  name: Exclude<SinkName, { kind: 'analyzer' }>,
  options: SinkOptions,
): Promise<Sink> {
  const { signal } = options;
  switch (name.kind) {
    case 'stdout':
      return new StreamSink(process.stdout, true);
    case 'file':
      return new StreamSink(await ready(createWriteStream(name.path), 'open', signal));
    case 'tcp': {
      const { host, port } = name;
      const socket = connect({ host, port, allowHalfOpen: true });
      return new SocketSink(await ready(socket, 'connect', signal));
    }
    default:
      return unixSink(name.path, options);
  }
}

/** The stream, once it is open. */
function ready<T extends Writable | Server>(
  stream: T,
  event: 'open' | 'connect' | 'listening',
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new SinkError('interrupted before it was open'));
    signal.addEventListener('abort', stop, { once: true });
    stream.once('error', (error: Error) => reject(new SinkError(wordsOf(error))));
    stream.once(event, () => {
      signal.removeEventListener('abort', stop);
      resolve(stream);
    });
  });
}

/** Bytes to a stream. */
class StreamSink implements Sink {
  readonly #stream: Writable;
  readonly #isStdout: boolean;
  readonly #gone = new AbortController();
  #ended = false;
  #error: Error | undefined;

  constructor(stream: Writable, isStdout = false) {
    this.#stream = stream;
    this.#isStdout = isStdout;
    stream.on('error', (error) => this.#lose(error));
    stream.on('close', () => this.#lose(undefined));
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async write(lines: readonly SentLine[]): Promise<void> {
    const parts: Buffer[] = [];
    for (const { bytes } of lines) parts.push(bytes, LINE_END);
    await this.#done((done) => this.#stream.write(Buffer.concat(parts), done));
  }

  async end(): Promise<void> {
    // Standard output ends with the program.
    if (this.#isStdout) return;
    await this.#done((done) => {
      this.#ended = true;
      this.#stream.end(() => done());
    });
  }

  abandon(): void {
    this.#ended = true;
    if (!this.#isStdout) this.#stream.destroy();
  }

  /** Waits until the stream has done it, or is gone. */
  #done(act: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(this.#failure());
      if (this.gone.aborted) {
        lost();
        return;
      }
      this.gone.addEventListener('abort', lost, { once: true });
      act((error) => {
        this.gone.removeEventListener('abort', lost);
        if (error == null) resolve();
        else {
          this.#error ??= error;
          lost();
        }
      });
    });
  }

  #lose(error: Error | undefined): void {
    this.#error ??= error;
    if (!this.#ended) this.#gone.abort();
  }

  #failure(): SinkError {
    const error: (Error & { code?: string }) | undefined = this.#error;
    const isClosed = error === undefined || CLOSED.has(error.code ?? '');
    const reason = isClosed ? 'the reader has gone away' : wordsOf(error);
    return new SinkError(reason, isClosed && this.#isStdout);
  }
}

const LINE_END = Buffer.from('\n');
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Bytes to whoever is at the other end of a connection. */
class SocketSink extends StreamSink {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super(socket);
    this.#socket = socket;
    // What the other end says is of no interest, but its end is.
    socket.resume();
  }

  override async end(): Promise<void> {
    await super.end();
    // All is on its way; nobody waits for the other end to hang up.
    this.#socket.unref();
  }
}

/** Connects where somebody listens; else listens, for one who connects, as auditd's af_unix plugin. */
async function unixSink(path: string, options: SinkOptions): Promise<Sink> {
  try {
    return new SocketSink(
      await ready(connect({ path, allowHalfOpen: true }), 'connect', options.signal),
    );
  } catch (error) {
    if (!isFree(path)) throw error;
  }
  return new SocketSink(await accepted(path, options));
}

/** Whether one can listen there: nothing is there, or a socket that nobody listens at, which is removed. */
function isFree(path: string): boolean {
  try {
    if (!lstatSync(path).isSocket()) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}

/** The first who connects. The socket's name is gone afterwards: nobody else is served. */
async function accepted(path: string, { signal, say }: SinkOptions): Promise<Socket> {
  // Only for its owner, like the plugin's: records tell much.
  const before = process.umask(0o177);
  const server = createServer({ allowHalfOpen: true });
  try {
    await ready(server.listen(path), 'listening', signal);
  } finally {
    process.umask(before);
  }
  say(`waiting for a reader at ${path}`);
  try {
    return await new Promise<Socket>((resolve, reject) => {
      const stop = (): void => reject(new SinkError('interrupted while waiting for a reader'));
      signal.addEventListener('abort', stop, { once: true });
      server.once('connection', (socket) => {
        signal.removeEventListener('abort', stop);
        resolve(socket);
      });
    });
  } finally {
    server.close();
  }
}

/** godo's own analyzer, which gets all lines, the process connector's too. */
export class AnalyzerSink implements Sink {
  readonly gone: AbortSignal = new AbortController().signal;
  readonly #analyzer: LineAnalyzer;

  constructor(recording: Recording) {
    this.#analyzer = new LineAnalyzer(recording);
  }

  async write(lines: readonly SentLine[]): Promise<void> {
    for (const { line, bytes } of lines) this.#analyzer.add(line, bytes);
    // A turn of the event loop, in which signals are heard.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  async end(): Promise<void> {}

  abandon(): void {}

  /** The analysis of what was delivered. Call once. */
  finish(): Analysis {
    return this.#analyzer.finish();
  }
}
