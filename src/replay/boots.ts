/**
 * Which boot of its host a record is of. No record says so; but serials begin again at a boot
 * (KERNEL fact 7), so that, taken by time, they fall. This is what orderEvents concludes from all
 * events, from no more than a fixed number of spans of them, and from records in any order.
 */
import { lowerBound } from '../base/list.ts';
import { SLACK_MS } from '../order/order.ts';

/** Spans that are kept of each axis; when there are more, they are made twice as wide. */
const MOST_SPANS = 1 << 14;

/** The least and the most that was seen in a span of the other axis. */
interface Extent {
  least: number;
  most: number;
}

/** Points of several hosts, by spans of x. A function of the set of points. */
class Spans {
  #width: number;
  #count = 0;
  #hosts = new Map<number, Map<number, Extent>>();

  constructor(width: number) {
    this.#width = width;
  }

  add(host: number, x: number, y: number): void {
    this.#extend(host, Math.floor(x / this.#width), y, y);
    if (this.#count > MOST_SPANS) this.#widen();
  }

  hosts(): Iterable<number> {
    return this.#hosts.keys();
  }

  /**
   * The spans, by where they begin, in which y falls by more than `slack` below what it had
   * reached `lag` spans before; after each, what it reaches is counted anew.
   */
  falls(host: number, lag: number, slack: number): number[] {
    const spans = [...(this.#hosts.get(host) ?? [])].sort(([a], [b]) => a - b);
    const falls: number[] = [];
    let settled = 0;
    let reached = Number.NEGATIVE_INFINITY;
    for (const [i, [at, { least }]] of spans.entries()) {
      while (settled < i && spans[settled][0] <= at - lag) {
        reached = Math.max(reached, spans[settled++][1].most);
      }
      if (least >= reached - slack) continue;
      falls.push(at * this.#width);
      // A wide span may hold the end of what was before, too: it tells nothing of what follows.
      settled = i + 1;
      reached = Number.NEGATIVE_INFINITY;
    }
    return falls;
  }

  #extend(host: number, span: number, least: number, most: number): void {
    let spans = this.#hosts.get(host);
    if (spans === undefined) {
      spans = new Map();
      this.#hosts.set(host, spans);
    }
    const extent = spans.get(span);
    if (extent === undefined) {
      spans.set(span, { least, most });
      this.#count++;
      return;
    }
    if (least < extent.least) extent.least = least;
    if (most > extent.most) extent.most = most;
  }

  #widen(): void {
    const before = this.#hosts;
    this.#hosts = new Map();
    this.#count = 0;
    this.#width *= 2;
    for (const [host, spans] of before) {
      for (const [span, { least, most }] of spans) {
        this.#extend(host, Math.floor(span / 2), least, most);
      }
    }
  }
}

/** Spans between one that may still be in disorder with a span of time and that span itself. */
const TIME_LAG = 2;

export class BootEvidence {
  readonly #byTime = new Spans(SLACK_MS);
  readonly #bySerial = new Spans(1);

  /** A call of a host that did not wait, entered at `time` (ms). */
  saw(host: number, time: number, serial: number): void {
    this.#byTime.add(host, time, serial);
    this.#bySerial.add(host, serial, time);
  }

  /**
   * When the later boots of a host began, ms, ascending; hosts with one boot are left out. A clock
   * that was set back looks alike: as in orderEvents, the reading with fewer breaks is taken.
   */
  boots(): Map<number, readonly number[]> {
    const boots = new Map<number, readonly number[]>();
    for (const host of this.#byTime.hosts()) {
      const breaks = this.#byTime.falls(host, TIME_LAG, 0);
      if (breaks.length === 0) continue;
      const steps = this.#bySerial.falls(host, 1, SLACK_MS).length;
      if (breaks.length <= steps) boots.set(host, breaks);
    }
    return boots;
  }
}

/** The number of the boot that `time` lies in, from 0. */
export function bootAt(breaks: readonly number[], time: number): number {
  // Times are whole.
  return lowerBound(breaks, 0, breaks.length, time + 1);
}
