/** Cuts in memory, as `godo cut` makes them of files. */
import type { ProcessDocument } from '../../src/model/process.ts';
import type { Reconciled } from '../../src/process/outline.ts';
import { Analyzer, type NamedBytes } from '../../src/pipeline.ts';
import { type Chosen, ChosenLines, type Wish } from '../../src/replay/cut.ts';
import { type SettledCut, settledCut } from '../../src/replay/cut-law.ts';
import { REASON } from '../../src/replay/needs.ts';
import { LineSplitter } from '../../src/source/lines.ts';

/** An analysis with what it was concluded from. */
export interface Analyzed {
  readonly processes: readonly ProcessDocument[];
  readonly reconciled: Reconciled;
}

export function analyzed(inputs: readonly NamedBytes[]): Analyzed {
  const analyzer = new Analyzer();
  for (const { name, bytes, origin } of inputs) {
    analyzer.open(name, origin);
    analyzer.push(bytes);
    analyzer.close();
  }
  const processes = [...analyzer.finish().processes];
  return { processes, reconciled: analyzer.reconciled() };
}

/** The chosen lines of each input. */
export function chosenInputs(inputs: readonly NamedBytes[], chosen: Chosen): NamedBytes[] {
  const lines = new ChosenLines(chosen);
  return inputs.map(({ name, bytes, origin }) => {
    const kept: Buffer[] = [];
    lines.open(origin);
    const splitter = new LineSplitter({
      line: (from, start, end, _, whole) => {
        if (lines.reason(from, start, end, whole) === REASON.dropped) return;
        kept.push(Buffer.from(from.subarray(start, end)), Buffer.from('\n'));
      },
      tooLong: () => {},
    });
    splitter.push(bytes);
    splitter.flush();
    return { name, bytes: Buffer.concat(kept), ...(origin === undefined ? {} : { origin }) };
  });
}

export async function cutOf(
  inputs: readonly NamedBytes[],
  whole: Analyzed,
  wish: Wish,
): Promise<SettledCut> {
  return settledCut(
    { ...whole },
    wish,
    async (chosen) => analyzed(chosenInputs(inputs, chosen)).processes,
  );
}
