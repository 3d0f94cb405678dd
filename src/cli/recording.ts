import type { Fault } from '../model/fault.ts';
import { type Recording, RecordingReader } from '../replay/recording.ts';
import { openInputs } from '../source/inputs.ts';

/** A recording, and what of it could not be read. */
export interface ReadRecording {
  readonly recording: Recording;
  /** Unreadable inputs, damaged gzip, losses that a recorder noted, lines that are too long. */
  readonly faults: readonly Fault[];
}

/** Reads what stands on the command line into memory; undefined when not one input could be opened. */
export async function readRecording(
  names: readonly string[],
  { withoutConnector }: { readonly withoutConnector?: boolean } = {},
): Promise<ReadRecording | undefined> {
  const reader = new RecordingReader();
  const faults: Fault[] = [];
  const onFault = (fault: Fault): void => {
    faults.push(fault);
    // What its recorder lost is no fault of the recording that is here.
    if (fault.kind === 'recorder-loss') return;
    const place = fault.offset === undefined ? '' : ` at byte ${fault.offset}`;
    process.stderr.write(`godo: ${fault.input ?? '?'}${place}: ${fault.reason}\n`);
  };
  let opened = 0;
  for await (const { name, chunks, origin } of openInputs(names, { onFault, withoutConnector })) {
    opened++;
    reader.open(name, origin);
    for await (const chunk of chunks) reader.push(chunk);
    reader.close();
  }
  if (opened === 0) return undefined;
  // Each is over a MiB of input: there are never many.
  for (const fault of reader.tooLong) onFault(fault);
  return { recording: reader.finish(), faults };
}
