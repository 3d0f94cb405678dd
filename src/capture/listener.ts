/**
 * The listening thread: takes messages from the sockets in batches and puts them into
 * segments, and does nothing else. It never waits for anything but the sockets and the disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Loss, SegmentSource, TracePlace } from '../model/trace.ts';
import { AUDIT_MESSAGE, writeAuditMessage } from './audit-lines.ts';
import {
  CONNECTOR_MESSAGE,
  ConnectorReader,
  Descendants,
  eventLine,
  type ProcessEvent,
} from './connector.ts';
import { Batch, errno, errnoName, Poller } from './libc.ts';
import {
  type ListenerData,
  type ListenerMessage,
  SHARED,
  SHARED_DOUBLES,
  TOTALS,
} from './listener-messages.ts';
import { allPids, dropsOf, sessionOf } from './proc.ts';
import { SegmentWriter } from './segments.ts';

/** Messages that one system call may bring. */
const AUDIT_BATCH = 128;
const CONNECTOR_BATCH = 512;
/** How long to wait before the stop flag is looked at again. */
const WAIT_MS = 100;
/**
 * After a small batch the thread rests, so that the next one is larger: each waking costs
 * the machine that is watched more than the records themselves.
 */
const REST_MS = 4;
const SMALL_BATCH = 32;
/** After the order to stop, what is still in the sockets is taken for so long. */
const LAST_MS = 5000;

const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;

function tell(message: ListenerMessage): void {
  // A thread's port, not a window's.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(message);
}

const channels: Channel[] = [];

/** One socket, with the segments that its messages go to. */
abstract class Channel {
  readonly fd: number;
  readonly source: SegmentSource;
  readonly segment: SegmentWriter;
  /** Messages so far. */
  received = 0;
  readonly #batch: Batch;
  readonly #limit: number;
  /** Messages that the socket is known to have dropped. */
  #drops: number;

  constructor(fd: number, source: SegmentSource, batch: readonly [number, number]) {
    this.fd = fd;
    this.source = source;
    this.#limit = batch[0];
    this.#batch = new Batch(...batch);
    this.#drops = dropsOf(fd) ?? 0;
    const { folder, limits } = workerData as ListenerData;
    this.segment = new SegmentWriter(folder, source, limits, {
      onSegment: (segment) => tell({ kind: 'segment', segment }),
      onLoss: (loss) => tell({ kind: 'loss', loss }),
      onFailure: (reason, detail) => {
        // Before anyone hears of it: what room is left is for the manifest.
        for (const channel of channels) channel.segment.halt();
        tell({ kind: 'failure', reason, detail });
      },
    });
  }

  /** Takes what is there, once; the count of messages. */
  receive(): number {
    const batch = this.#batch;
    const count = batch.receive(this.fd);
    if (count < 0) {
      this.#failed(errno());
      return 0;
    }
    for (let i = 0; i < count; i++) this.take(batch.bytes, i * batch.size, batch.length(i));
    this.received += count;
    this.afterBatch();
    this.segment.flush();
    return count;
  }

  /** No more will be taken: what was dropped since the last error shows in no further one. */
  finish(): void {
    this.#countDrops();
  }

  get batchLimit(): number {
    return this.#limit;
  }

  /** One message. */
  protected abstract take(bytes: Buffer, start: number, length: number): void;
  protected afterBatch(): void {}
  /** So many messages did not fit into the socket; undefined where the kernel does not tell. */
  protected abstract overflow(count: number | undefined, place: TracePlace): void;

  #failed(error: number): void {
    if (error === EAGAIN || error === EINTR) return;
    if (error === ENOBUFS) this.#countDrops();
    else
      tell({ kind: 'failure', reason: 'source-failed', detail: `recvmmsg: ${errnoName(error)}` });
  }

  #countDrops(): void {
    const drops = dropsOf(this.fd);
    const count = drops === undefined ? undefined : drops - this.#drops;
    this.#drops = drops ?? this.#drops;
    if (count !== 0) this.overflow(count, this.segment.place);
  }
}

class AuditChannel extends Channel {
  readonly #mayDrop: boolean;
  readonly #since: number;
  /** Records from before: audit keeps what nobody took, and gives it to its next daemon. */
  #older = 0;

  constructor(fd: number, { auditMayDrop, scope }: ListenerData) {
    super(fd, 'audit', [AUDIT_BATCH, AUDIT_MESSAGE]);
    this.#mayDrop = auditMayDrop;
    this.#since = scope?.since ?? 0;
  }

  override finish(): void {
    super.finish();
    if (this.#older === 0) return;
    tell({ kind: 'note', text: `${this.#older} records from before the command are left out` });
  }

  protected override take(bytes: Buffer, start: number, length: number): void {
    if (writeAuditMessage(bytes, start, length, this.segment, this.#since)) this.#older++;
  }

  protected override overflow(count: number | undefined, place: TracePlace): void {
    // What it cannot send again at last, it counts as lost itself.
    if (!this.#mayDrop) return;
    tellLoss({ cause: 'audit-overflow', place, ...(count === undefined ? {} : { count }) });
  }
}

class ConnectorChannel extends Channel {
  readonly #reader = new ConnectorReader();
  readonly #descendants: Descendants | undefined;
  readonly #session: number;
  readonly #hints: boolean;
  /** Messages that are missing, by their numbers. */
  #missed = 0;
  /** Messages that the socket dropped. */
  #dropped = 0;
  #pids: number[] = [];
  #times: string[] = [];

  constructor(fd: number, { scope, hints }: ListenerData) {
    super(fd, 'connector', [CONNECTOR_BATCH, CONNECTOR_MESSAGE]);
    this.#hints = hints;
    this.#session = scope?.session ?? -1;
    if (scope !== undefined) {
      const isOurs = (pid: number): boolean => sessionOf(pid) === scope.session;
      this.#descendants = new Descendants(scope.recorder, isOurs);
    }
  }

  protected override take(bytes: Buffer, start: number, length: number): void {
    const event = this.#reader.read(bytes, start, length);
    if (this.#reader.missed > 0) this.#gap(this.#reader.missed);
    if (event === undefined || this.#descendants?.takes(event) === false) return;
    this.#write(event);
    if (this.#hints && event.ev === 'exec') {
      this.#pids.push(event.tgid);
      this.#times.push(String(event.t));
    }
  }

  protected override afterBatch(): void {
    if (this.#pids.length === 0) return;
    tell({ kind: 'execs', pids: this.#pids, times: this.#times });
    this.#pids = [];
    this.#times = [];
  }

  /** The numbers of the messages tell what is missing, and where, better than the socket. */
  protected override overflow(count: number | undefined): void {
    this.#dropped += count ?? 0;
  }

  override finish(): void {
    super.finish();
    // What is missing at the end has no message after it to show that.
    const more = this.#dropped - this.#missed;
    if (more > 0) this.#lose(more);
  }

  #lose(count: number): void {
    this.#missed += count;
    tellLoss({ cause: 'connector-overflow', count, place: this.segment.place });
  }

  #gap(count: number): void {
    this.#lose(count);
    if (this.#descendants === undefined) return;
    const ours = allPids().filter((pid) => sessionOf(pid) === this.#session);
    this.#descendants.add(ours.filter((pid) => pid !== process.pid));
  }

  #write(event: ProcessEvent): void {
    const line = eventLine(event);
    this.segment.reserve(line.length + 1);
    this.segment.used += this.segment.buffer.write(`${line}\n`, this.segment.used, 'latin1');
    this.segment.count(event.ev, Number(event.t / 1_000_000n));
  }
}

function tellLoss(loss: Loss): void {
  tell({ kind: 'loss', loss });
}

function listen(data: ListenerData): void {
  if (data.auditFd !== undefined) channels.push(new AuditChannel(data.auditFd, data));
  if (data.connectorFd !== undefined) channels.push(new ConnectorChannel(data.connectorFd, data));
  const flags = new Int32Array(data.shared, 0, SHARED_DOUBLES / 4);
  const totals = new Float64Array(data.shared, SHARED_DOUBLES);
  const poller = new Poller(channels.map(({ fd }) => fd));
  const rest = new Poller([]);
  tell({ kind: 'listening' });
  let stopped = 0;
  for (;;) {
    const stop = Atomics.load(flags, SHARED.stop) !== 0;
    if (stop && stopped === 0) stopped = performance.now();
    if (Atomics.load(flags, SHARED.halt) !== 0) for (const { segment } of channels) segment.halt();
    let received = 0;
    if (poller.wait(stop ? 0 : WAIT_MS)) {
      for (const [i, channel] of channels.entries())
        if (poller.ready(i)) received += drain(channel);
    } else {
      // A segment grows old also when nothing comes.
      for (const { segment } of channels) segment.flush();
    }
    totals[TOTALS.bytes] = channels.reduce((sum, { segment }) => sum + segment.total, 0);
    for (const channel of channels) {
      if (channel.source !== 'audit') continue;
      totals[TOTALS.records] = channel.received;
      totals[TOTALS.segment] = channel.segment.number;
      totals[TOTALS.offset] = channel.segment.offset;
    }
    // The processes of a busy machine are never done.
    if (stop && (received === 0 || performance.now() - stopped > LAST_MS)) break;
    if (received > 0 && received < SMALL_BATCH && !stop) rest.wait(REST_MS);
  }
  for (const channel of channels) {
    channel.finish();
    channel.segment.close();
  }
  tell({ kind: 'done' });
}

/** Takes all that waits at one socket, unless more comes all the time: the others wait, too. */
function drain(channel: Channel): number {
  let received = 0;
  for (let round = 0; round < 16; round++) {
    const count = channel.receive();
    received += count;
    if (count < channel.batchLimit) break;
  }
  return received;
}

listen(workerData as ListenerData);
