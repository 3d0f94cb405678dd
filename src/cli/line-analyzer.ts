import type { Analysis } from '../model/analysis.ts';
import { Analyzer } from '../pipeline.ts';
import type { Recording } from '../replay/recording.ts';

const LINE_END = Buffer.from('\n');

/** Analyzes lines of a recording in any order, each as one of the input that it came from. */
export class LineAnalyzer {
  readonly #recording: Recording;
  readonly #analyzer = new Analyzer();
  #stream = -1;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** Takes line `i`, or other bytes in its place. */
  add(i: number, bytes: Uint8Array = this.#recording.line(i)): void {
    const stream = this.#recording.stream[i];
    if (stream !== this.#stream) {
      if (this.#stream >= 0) this.#analyzer.close();
      const { name, origin } = this.#recording.streams[stream];
      this.#analyzer.open(name, origin);
      this.#stream = stream;
    }
    this.#analyzer.push(bytes);
    this.#analyzer.push(LINE_END);
  }

  /** Ends all input and concludes. Call once. */
  finish(): Analysis {
    if (this.#stream >= 0) this.#analyzer.close();
    this.#stream = -1;
    return this.#analyzer.finish();
  }

  /** Whose each event is, as `Analyzer.owners` has it. Only after `finish`. */
  owners(): Iterable<readonly [event: string, process: string]> {
    return this.#analyzer.owners();
  }
}

/** The analysis of all lines of a recording, or of some, as they were read. */
export function analyzeRecording(
  recording: Recording,
  lines: Iterable<number> = recording.event.keys(),
): { analysis: Analysis; owners: Iterable<readonly [event: string, process: string]> } {
  const analyzer = new LineAnalyzer(recording);
  for (const i of lines) analyzer.add(i);
  return { analysis: analyzer.finish(), owners: analyzer.owners() };
}
