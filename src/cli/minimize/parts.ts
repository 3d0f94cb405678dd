import type { Parts } from '../../check/minimize.ts';
import { keyOf, type Recording } from '../../replay/recording.ts';
import { analyzeRecording } from '../line-analyzer.ts';

/** What the lines of a recording belong to, as its analysis has it. */
export function partsOf(recording: Recording): Parts {
  const { analysis, owners } = analyzeRecording(recording);
  const parents = new Map<string, string | null>();
  for (const { _id, parent } of analysis.processes) parents.set(_id, parent);
  const number = new Map([...parents.keys()].map((id, i) => [id, i]));
  const ownerOf = new Map(owners);
  return {
    eventOf: recording.event,
    processOf: Int32Array.from(recording.events, (event) => {
      const owner = ownerOf.get(keyOf(event));
      return owner === undefined ? -1 : (number.get(owner) ?? -1);
    }),
    parentOf: Int32Array.from(parents.values(), (parent) =>
      parent === null ? -1 : (number.get(parent) ?? -1),
    ),
  };
}
