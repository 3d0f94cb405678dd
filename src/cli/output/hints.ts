/** Hints of traces: no evidence, and so no input of an analysis, but part of a trace. */
import { type LineSink, LineSplitter } from '../../source/lines.ts';
import type { OutputLine, OutputStream } from './output-lines.ts';
import { hintChunks, type SourceTrace } from './sources.ts';

/** All hints of traces, in the order in which they were written. */
export async function* hintsOf(traces: readonly SourceTrace[]): AsyncGenerator<OutputLine, void> {
  for (const { hints } of traces) {
    for (const segment of hints) {
      const stream: OutputStream = { name: segment.path, hints: true };
      const lines: Buffer[] = [];
      const splitter = new LineSplitter(collector(lines));
      for await (const chunk of hintChunks(segment)) {
        splitter.push(chunk);
        for (const bytes of lines.splice(0)) yield { stream, bytes };
      }
      splitter.flush();
      for (const bytes of lines) yield { stream, bytes };
    }
  }
}

/** Takes whole lines; a last one that is cut was never written to its end. */
function collector(lines: Buffer[]): LineSink {
  return {
    line: (bytes, start, end, _, whole) => {
      if (whole) lines.push(Buffer.from(bytes.subarray(start, end)));
    },
    tooLong: () => {},
  };
}
