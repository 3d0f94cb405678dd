import type { Parts } from '../../check/minimize.ts';
import { Analyzer } from '../../pipeline.ts';
import { recordedLog } from '../../replay/plain.ts';
import { keyOf, type Recording } from '../../replay/recording.ts';

/** What the lines of a recording belong to, as its analysis has it. */
export function partsOf(recording: Recording): Parts {
  const analyzer = new Analyzer();
  for (const [i, { name, origin }] of recording.streams.entries()) {
    analyzer.open(name, origin);
    for (const chunk of recordedLog(recording, linesOf(recording, i))) analyzer.push(chunk);
    analyzer.close();
  }
  const { processes } = analyzer.finish();
  const parents = new Map<string, string | null>();
  for (const { _id, parent } of processes) parents.set(_id, parent);
  const number = new Map([...parents.keys()].map((id, i) => [id, i]));
  const owners = new Map(analyzer.owners());
  return {
    eventOf: recording.event,
    processOf: Int32Array.from(recording.events, (event) => {
      const owner = owners.get(keyOf(event));
      return owner === undefined ? -1 : (number.get(owner) ?? -1);
    }),
    parentOf: Int32Array.from(parents.values(), (parent) =>
      parent === null ? -1 : (number.get(parent) ?? -1),
    ),
  };
}

function* linesOf({ stream, length }: Recording, of: number): Generator<number, void> {
  for (let i = 0; i < length; i++) if (stream[i] === of) yield i;
}
