/** A recording, from its start to its end. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AuditStatus,
  JOURNAL_FILE,
  type Loss,
  MANIFEST_FILE,
  type Manifest,
  segmentFile,
  type StopReason,
} from '../model/trace.ts';
import { RecordedCommand } from './command.ts';
import { CN_IDX_PROC, listenToProcesses } from './connector.ts';
import { wordsOf } from '../base/errors.ts';
import { CannotRecord, connectorTrouble } from './errors.ts';
import { type Chunks, type Feed, LineFeed, openFeed } from './feed.ts';
import { makeFolder, TraceFolder } from './folder.ts';
import { Hints } from './hints.ts';
import { Journal } from './journal.ts';
import { type Kernel, type KernelOptions, type KernelSurroundings, openKernel } from './kernel.ts';
import { netlinkSocket, setReceiveBuffer } from './libc.ts';
import { Listener } from './listen.ts';
import type { ListenerData, ListenerMessage } from './listener-messages.ts';
import { endedManifest, manifestNow } from './manifest.ts';
import { NETLINK_CONNECTOR } from './netlink.ts';
import { becomeUser, findUser, type User } from './privileges.ts';
import { type SegmentLimits, SegmentWriter } from './segments.ts';

export { CannotRecord } from './errors.ts';

export interface RecordOptions extends KernelOptions {
  readonly output: string;
  /** Program and arguments; without them the whole machine is recorded. */
  readonly command?: readonly string[];
  readonly feed?: Feed;
  readonly durationMs?: number;
  /** Ends the recording at so many bytes, before compression. */
  readonly maxBytes?: number;
  readonly segments: SegmentLimits;
  readonly connector: boolean;
  readonly hints: boolean;
  readonly user?: string;
}

/** What the recorder needs of the program around it. */
export interface Surroundings extends KernelSurroundings {
  readonly version: string;
}

export interface RecordResult {
  readonly reason: StopReason;
  readonly detail?: string;
  /** Of the command. */
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
  readonly records: number;
  readonly bytes: number;
  readonly lost: number;
  readonly losses: number;
  readonly ms: number;
}

const TICK_MS = 250;
/** How long records may be on their way after what made them has ended. */
const DRAIN_MS = 30_000;
const QUIET_MS = 60;
const SAME_TICK_MS = 20;
const LAST_LINES_MS = 1000;
/** What a power loss can cost. */
const SYNC_MS = 5000;

/** Records until something ends it. Throws CannotRecord before it has begun. */
export async function record(
  options: RecordOptions,
  surroundings: Surroundings,
): Promise<RecordResult> {
  const recorder = new Recorder(options, surroundings);
  try {
    await recorder.start();
    return await recorder.untilTheEnd();
  } catch (error) {
    await recorder.abandon();
    throw error;
  } finally {
    await recorder.dispose();
  }
}

class Recorder {
  readonly #options: RecordOptions;
  readonly #around: Surroundings;
  readonly #started = performance.now();
  readonly #abort = new AbortController();
  #folder: TraceFolder | undefined;
  #journal: Journal | undefined;
  #manifest: Manifest | undefined;
  #listener: Listener | undefined;
  #listening = Promise.resolve();
  #feedSegment: SegmentWriter | undefined;
  #feeding: Promise<void> = Promise.resolve();
  #hints: Hints | undefined;
  #kernel: Kernel | undefined;
  #command: RecordedCommand | undefined;
  #stopping: { reason: StopReason; detail?: string } | undefined;
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });
  #signals: (() => void)[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #status: AuditStatus | undefined;
  #synced = performance.now();
  #syncing: Promise<void> = Promise.resolve();

  constructor(options: RecordOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
  }

  async start(): Promise<void> {
    const { output, feed, user: userName, command } = this.#options;
    const user = userName === undefined ? undefined : userOf(userName);
    if (feed === undefined) this.#kernel = await openKernel(this.#options, this.#around);
    const chunks = feed === undefined ? undefined : await this.#openFeed(feed);
    const connectorFd = this.#openConnector();
    this.#openFolder(output);
    const audit = this.#kernel;
    const hints = this.#options.hints && connectorFd !== undefined;
    if (hints) this.#hints = this.#makeHints();
    const session = audit?.session;
    this.#listen(audit?.fd, connectorFd, hints, session);
    await this.#listening;
    // A recorder that is killed from here on leaves a trace with a manifest.
    this.#writeFirstManifest(connectorFd !== undefined, hints, session);
    audit?.begin();
    this.#noteBeginning();
    if (user !== undefined) this.#becomeUser(user);
    this.#catchSignals();
    if (chunks !== undefined) this.#startFeed(chunks);
    this.#startClock();
    if (command !== undefined) this.#startCommand(command);
    else this.#around.say(`recording to ${output}; Ctrl-C ends it`);
  }

  async untilTheEnd(): Promise<RecordResult> {
    await this.#stopped;
    clearTimeout(this.#deadline);
    await this.#finishSources();
    clearInterval(this.#ticker);
    const result = await this.#finish();
    // Recording may end before the command: at a time, at a size, by a failure.
    await this.#command?.ended;
    return { ...result, ...this.#command?.end };
  }

  /** Puts back what is changed outside of the trace; may be called at any time, and again. */
  async dispose(): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#deadline);
    for (const remove of this.#signals.splice(0)) remove();
    await this.#letGo();
  }

  /** Audit is as it was before. */
  async #letGo(): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    await kernel?.end();
  }

  /** It has not begun: nothing is left of it. */
  async abandon(): Promise<void> {
    await this.#listener?.stop();
    await this.dispose();
    this.#journal?.close();
    this.#folder?.remove();
  }

  #end(reason: StopReason, detail?: string): void {
    // A failure that comes after an end is what counts.
    if (this.#stopping !== undefined && !isFailure(reason)) return;
    if (this.#stopping !== undefined && isFailure(this.#stopping.reason)) return;
    this.#stopping = detail === undefined ? { reason } : { reason, detail };
    this.#abort.abort();
    this.#stop();
  }

  #openFolder(output: string): void {
    try {
      makeFolder(output);
      const folder = new TraceFolder(output);
      this.#folder = folder;
      this.#journal = new Journal(output, () => {
        folder.freeReserve();
        this.#fail('disk-full', JOURNAL_FILE);
      });
    } catch (error) {
      throw new CannotRecord(`cannot make the trace: ${wordsOf(error)}`);
    }
  }

  /** Undefined where it is not wanted, or, for a feed, not allowed. */
  #openConnector(): number | undefined {
    if (!this.#options.connector) return undefined;
    try {
      const fd = netlinkSocket(NETLINK_CONNECTOR, CN_IDX_PROC);
      setReceiveBuffer(fd, this.#options.socketBytes);
      listenToProcesses(fd);
      return fd;
    } catch (error) {
      if (this.#options.feed !== undefined) {
        this.#around.say(`no process connector: ${connectorTrouble(error)}`);
        return undefined;
      }
      throw new CannotRecord(`${connectorTrouble(error)}; --no-connector does without`);
    }
  }

  #makeHints(): Hints {
    return new Hints(this.#segmentWriter('hints'));
  }

  #segmentWriter(source: 'audit' | 'hints'): SegmentWriter {
    return new SegmentWriter(this.#options.output, source, this.#options.segments, {
      onSegment: (segment) => this.#onMessage({ kind: 'segment', segment }),
      onLoss: (loss) => this.#lose(loss),
      onFailure: (reason, detail) => this.#onMessage({ kind: 'failure', reason, detail }),
    });
  }

  #listen(
    auditFd: number | undefined,
    connectorFd: number | undefined,
    hints: boolean,
    session: number | undefined,
  ): void {
    if (auditFd === undefined && connectorFd === undefined) return;
    this.#listening = new Promise((resolve) => {
      this.#listener = new Listener(
        {
          folder: this.#options.output,
          limits: this.#options.segments,
          hints,
          ...(auditFd === undefined ? {} : { auditFd }),
          auditMayDrop: this.#kernel?.mode === 'multicast',
          ...(connectorFd === undefined ? {} : { connectorFd }),
          ...(session === undefined ? {} : { scope: this.#scope(session) }),
        },
        (message) => {
          if (message.kind === 'listening' || message.kind === 'failure') resolve();
          this.#onMessage(message);
        },
      );
    });
  }

  #scope(session: number): NonNullable<ListenerData['scope']> {
    // Records carry the time of the last tick.
    return { recorder: process.pid, session, since: Date.now() - SAME_TICK_MS };
  }

  #onMessage(message: ListenerMessage): void {
    switch (message.kind) {
      case 'segment':
        this.#journal?.add({ kind: 'segment', segment: message.segment });
        if (this.#stopping === undefined) this.#folder?.compress(message.segment.file);
        break;
      case 'loss':
        this.#lose(message.loss);
        break;
      case 'failure':
        this.#fail(message.reason, message.detail);
        break;
      case 'note':
        this.#journal?.add({ kind: 'note', text: message.text });
        break;
      case 'execs':
        this.#hints?.execs(message.pids, message.times);
        break;
      case 'listening':
      case 'done':
        break;
    }
  }

  /** Recording cannot go on: nothing more is made or written, whatever still runs. */
  #fail(reason: StopReason, detail: string): void {
    if (this.#stopping !== undefined && isFailure(this.#stopping.reason)) return;
    this.#around.say(`recording stops: ${reason} (${detail})`);
    this.#end(reason, detail);
    this.#listener?.halt();
    this.#feedSegment?.halt();
    this.#hints?.halt();
    this.#folder?.stopCompression();
    this.#kernel?.stopMaking();
  }

  #lose(loss: Loss): void {
    this.#journal?.add({ kind: 'loss', ...loss });
  }

  #writeFirstManifest(connector: boolean, hints: boolean, session: number | undefined): void {
    const { output: _, command, ...options } = this.#options;
    const manifest = manifestNow({
      godo: this.#around.version,
      options: command === undefined ? { ...options } : { ...options, command },
      audit: this.#kernel?.facts() ?? { mode: this.#options.feed?.kind ?? 'stdin', rules: [] },
      connector,
      hints,
      ...(session === undefined ? {} : { session }),
    });
    this.#saveManifest(manifest);
  }

  /** Once audit is set up: its status and all rules. */
  #noteBeginning(): void {
    const facts = this.#kernel?.facts();
    this.#status = facts?.start;
    if (this.#manifest === undefined || facts === undefined) return;
    this.#saveManifest({ ...this.#manifest, audit: facts });
  }

  #saveManifest(manifest: Manifest): void {
    this.#manifest = manifest;
    try {
      this.#folder?.writeManifest(manifest);
    } catch (error) {
      this.#fail('write-failed', wordsOf(error));
    }
  }

  #becomeUser(user: User): void {
    try {
      this.#folder?.giveTo(user.uid, user.gid);
      becomeUser(user);
      accessSync(join(this.#options.output, MANIFEST_FILE), constants.R_OK | constants.W_OK);
    } catch (error) {
      throw new CannotRecord(`cannot record as ${user.name}: ${wordsOf(error)}`);
    }
  }

  #catchSignals(): void {
    const on = (signal: NodeJS.Signals, act: () => void): void => {
      process.on(signal, act);
      this.#signals.push(() => process.off(signal, act));
    };
    const hasCommand = this.#options.command !== undefined;
    // The terminal sends it to the command as well, which is what ends.
    on('SIGINT', () => (hasCommand ? undefined : this.#end('signal', 'SIGINT')));
    on('SIGQUIT', () => (hasCommand ? undefined : this.#end('signal', 'SIGQUIT')));
    on('SIGTERM', () => this.#onTerm('SIGTERM'));
    // auditd tells its plugins so that its configuration has changed.
    on('SIGHUP', () => (this.#options.feed?.kind === 'stdin' ? undefined : this.#onTerm('SIGHUP')));
  }

  #onTerm(signal: NodeJS.Signals): void {
    this.#command?.kill(signal);
    // auditd ends its plugins so, and then closes the pipe, in which there may be more.
    if (this.#options.feed?.kind !== 'stdin') this.#end('signal', signal);
    else this.#deadline = setTimeout(() => this.#end('signal', signal), LAST_LINES_MS);
  }

  async #openFeed(feed: Feed): Promise<Chunks> {
    try {
      return await openFeed(feed, this.#abort.signal);
    } catch (error) {
      throw new CannotRecord(`cannot read the input: ${wordsOf(error)}`);
    }
  }

  #startFeed(chunks: Chunks): void {
    const segment = this.#segmentWriter('audit');
    this.#feedSegment = segment;
    const lines = new LineFeed(segment, (loss) => this.#lose(loss));
    this.#feeding = this.#feed(chunks, lines, segment);
  }

  async #feed(chunks: Chunks, lines: LineFeed, segment: SegmentWriter): Promise<void> {
    try {
      for await (const chunk of chunks) {
        lines.push(chunk);
        if (segment.failed) break;
      }
      this.#end('input-ended');
    } catch (error) {
      this.#fail('source-failed', wordsOf(error));
    }
    lines.end();
    segment.close();
  }

  #startClock(): void {
    const { durationMs } = this.#options;
    if (durationMs !== undefined) {
      this.#deadline = setTimeout(() => this.#end('duration'), durationMs);
    }
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  #startCommand(words: readonly string[]): void {
    const onEnd = (): void => this.#end('command-ended');
    const command = new RecordedCommand(words, onEnd, this.#around.say);
    this.#command = command;
    if (this.#manifest === undefined || command.pid === undefined) return;
    this.#saveManifest({ ...this.#manifest, root: command.pid });
  }

  #tick(): void {
    this.#hints?.tick();
    this.#feedSegment?.flush();
    this.#pollStatus();
    this.#sync();
    if (this.#folder?.isThere() === false) {
      this.#fail('folder-gone', this.#options.output);
    }
    const { maxBytes } = this.#options;
    if (maxBytes !== undefined && this.#bytes >= maxBytes) this.#end('size');
  }

  /** The disk has what is written so far; waiting for it is not the listener's business. */
  #sync(): void {
    const now = performance.now();
    if (now - this.#synced < SYNC_MS) return;
    // Not before the last one has ended, however slow the disk is.
    this.#synced = Number.POSITIVE_INFINITY;
    this.#syncing = this.#syncAll().finally(() => {
      this.#synced = performance.now();
    });
  }

  async #syncAll(): Promise<void> {
    const segments = this.#journal?.segments ?? [];
    const current = (['audit', 'connector', 'hints'] as const).map((source) => {
      const ended = segments.filter((segment) => segment.source === source).length;
      return [Math.max(1, ended), ended + 1].map((number) => segmentFile(source, number));
    });
    await this.#folder?.sync([...current.flat(), JOURNAL_FILE]);
  }

  get #bytes(): number {
    return (this.#listener?.bytes ?? 0) + (this.#feedSegment?.total ?? 0);
  }

  /** Writes down what audit has lost, and changes that others made. */
  #pollStatus(): void {
    const before = this.#status;
    const now = this.#countLost();
    if (now === undefined || before === undefined || this.#stopping !== undefined) return;
    if (sameSettings(before, now)) return;
    this.#journal?.add({ kind: 'status', status: now });
    if (this.#kernel?.mode === 'unicast' && now.pid !== process.pid) {
      this.#fail('source-failed', 'another program is the audit daemon now');
    }
  }

  /** What audit has lost since it was last asked; the status of now. */
  #countLost(): AuditStatus | undefined {
    const now = this.#kernel?.status();
    if (now === undefined || this.#status === undefined) return undefined;
    const count = (now.lost - this.#status.lost) >>> 0;
    this.#status = now;
    const place = this.#listener?.place;
    const where = place === undefined ? {} : { place };
    if (count > 0) this.#lose({ cause: 'kernel-lost', count, ...where });
    return now;
  }

  /** No more records are made; those on their way come in. */
  async #finishSources(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel !== undefined) {
      kernel.stopMaking();
      await this.#drain(kernel);
    }
    this.#countLost();
    await this.#listener?.stop();
    await this.#feeding;
    this.#hints?.close();
    const skipped = this.#hints?.skipped ?? 0;
    if (skipped > 0) this.#journal?.add({ kind: 'note', text: `no hints for ${skipped} execs` });
  }

  async #drain(kernel: Kernel): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    const listener = this.#listener;
    if (listener === undefined) return;
    let quiet = 0;
    while (quiet < 2 && performance.now() < deadline) {
      const before = listener.records;
      await sleep(QUIET_MS);
      const backlog = kernel.status()?.backlog ?? 0;
      quiet = backlog === 0 && listener.records === before ? quiet + 1 : 0;
    }
  }

  async #finish(): Promise<RecordResult> {
    const stop = this.#stopping ?? { reason: 'signal' };
    const status = this.#kernel?.status();
    await this.#letGo();
    await this.#folder?.finishCompression();
    await this.#syncing;
    await this.#syncAll();
    this.#folder?.freeReserve();
    this.#journal?.add({ kind: 'stop', ...stop });
    const journal = this.#journal;
    if (this.#manifest !== undefined && journal !== undefined) {
      const lists = journal.forManifest();
      this.#saveManifest(endedManifest(this.#manifest, status, { stop, ...lists }));
    }
    journal?.close();
    const segments = journal?.segments ?? [];
    const inAudit = segments.filter(({ source }) => source === 'audit');
    return {
      ...stop,
      records: inAudit.reduce((sum, { records }) => sum + records, 0),
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      lost: journal?.lost ?? 0,
      losses: journal?.losses.length ?? 0,
      ms: performance.now() - this.#started,
    };
  }
}

function sameSettings(a: AuditStatus, b: AuditStatus): boolean {
  const names = Object.keys(a) as (keyof AuditStatus)[];
  return names.every((name) => name === 'lost' || name === 'backlog' || a[name] === b[name]);
}

function userOf(name: string): User {
  const user = findUser(name);
  if (user === undefined) throw new CannotRecord(`there is no user ${name}`);
  return user;
}

const FAILURES: ReadonlySet<StopReason> = new Set([
  'disk-full',
  'folder-gone',
  'write-failed',
  'source-failed',
]);

/** Whether recording had to stop, rather than was to stop. */
export function isFailure(reason: StopReason): boolean {
  return FAILURES.has(reason);
}
