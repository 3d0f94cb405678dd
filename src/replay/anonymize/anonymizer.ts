/**
 * Recordings with other names: the same key gives the same names in every recording, and no key
 * gives back what was there. Structure, order, pids, statuses and lengths of time stay;
 * docs/tools.md says what that tells.
 */
import type { AliveProcess, TraceOrigin } from '../../model/trace.ts';
import { RecordScanner, SCAN } from '../../record/scan.ts';
import { Addresses } from './addresses.ts';
import { Keyed } from './keyed.ts';
import { Numbers } from './numbers.ts';
import { Records } from './records.ts';
import { Sockets } from './sockets.ts';
import { Texts } from './texts.ts';
import { connectorLine, Traces } from './traces.ts';
import { Values } from './values.ts';
import { Words } from './words.ts';

export interface AnonymizeOptions {
  readonly key: Uint8Array;
  /** Patterns of words, and with a slash of paths, that stay as they are. */
  readonly keep: readonly string[];
  /** Times of day stay; otherwise the key moves them all by the same. */
  readonly keepTimes: boolean;
}

/** Times are moved by some whole seconds up to this: about eleven years. */
const MOST_SECONDS = 350_000_000;
const MS = 1000;

export class Anonymizer {
  readonly texts: Texts;
  readonly numbers: Numbers;
  readonly traces: Traces;
  /** Added to all times of day, ms: whole seconds. */
  readonly shift: number;
  readonly #records: Records;
  readonly #scanner = new RecordScanner();

  constructor({ key, keep, keepTimes }: AnonymizeOptions) {
    const keyed = new Keyed(key);
    const addresses = new Addresses(keyed);
    this.texts = new Texts(new Words(keyed), addresses, keep);
    this.numbers = new Numbers(keyed);
    const chance = keyed.bytes('time', new Uint8Array(0), 4).readUInt32BE(0);
    this.shift = keepTimes ? 0 : (1 + (chance % MOST_SECONDS)) * MS;
    const values = new Values(this.texts, this.numbers, new Sockets(keyed, addresses, this.texts));
    this.#records = new Records(values, this.shift);
    this.traces = new Traces(this.texts, keyed, this.shift);
  }

  /**
   * A line with other names, without its end; undefined when analysis could not read it either:
   * then it may hold anything. `whole`: it ended with a newline.
   */
  line(
    origin: TraceOrigin | undefined,
    bytes: Uint8Array,
    start: number,
    end: number,
    whole: boolean,
  ): Buffer | undefined {
    if (origin?.connector !== undefined) {
      const line = connectorLine(bytes.subarray(start, end));
      return line === undefined ? undefined : Buffer.from(line, 'latin1');
    }
    if (this.#scanner.scan(bytes, start, end) !== SCAN.ok) return undefined;
    if (!whole && this.#scanner.cut) return undefined;
    const line = this.#records.line(bytes, start, end);
    return line === undefined ? undefined : Buffer.from(line, 'latin1');
  }

  /** The origin of an input as that of its anonymized copy. */
  origin(origin: TraceOrigin | undefined): TraceOrigin | undefined {
    if (origin === undefined) return undefined;
    const { host, boot, connector, alive, recorders } = origin;
    const name = this.texts.string(host);
    return {
      host: name,
      boot: `${name}/${this.traces.bootId(boot.slice(boot.lastIndexOf('/') + 1))}`,
      ...(connector === undefined ? {} : { connector: { offset: connector.offset + this.shift } }),
      ...(recorders === undefined ? {} : { recorders }),
      ...(alive === undefined ? {} : { alive: alive.map((one) => this.#alive(one)) }),
    };
  }

  #alive({ pid, ppid, born, comm, exe, args }: AliveProcess): AliveProcess {
    return {
      pid,
      ppid,
      born: born + this.shift,
      comm: this.texts.commString(comm, exe),
      ...(exe === undefined ? {} : { exe: this.texts.string(exe) }),
      ...(args === undefined ? {} : { args: args.map((arg) => this.texts.string(arg)) }),
    };
  }
}
