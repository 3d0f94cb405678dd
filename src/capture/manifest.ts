/** The manifest of a recording as it goes on: what is known so far, on disk each time it grows. */
import { type Manifest, TRACE_FORMAT, TRACE_VERSION } from '../model/trace.ts';
import { allProcesses, containersOf, hostFacts, readClocks } from './proc.ts';

/** What the manifest says of the recorder rather than of the machine. */
export type ManifestStart = Pick<
  Manifest,
  'godo' | 'options' | 'audit' | 'connector' | 'hints' | 'session'
>;

/** A manifest of this moment. Reads the list of all processes: the witnesses must listen already. */
export function manifestNow({ godo, options, audit, ...rest }: ManifestStart): Manifest {
  const processes = allProcesses();
  const { connector, hints, session } = rest;
  return {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    godo,
    created: Date.now(),
    host: hostFacts(),
    clock: { start: readClocks() },
    options,
    audit,
    connector,
    hints,
    recorder: process.pid,
    ...(session === undefined ? {} : { session }),
    processes,
    containers: containersOf(processes),
  };
}

/** The same when recording has ended. `status`: audit's, before its settings were put back. */
export function endedManifest(
  manifest: Manifest,
  status: Manifest['audit']['end'],
  rest: Pick<Manifest, 'segments' | 'losses'> & {
    readonly stop: Omit<NonNullable<Manifest['end']>, 'at'>;
  },
): Manifest {
  const { stop, ...lists } = rest;
  const { audit, clock } = manifest;
  return {
    ...manifest,
    clock: { ...clock, end: readClocks() },
    audit: status === undefined ? audit : { ...audit, end: status },
    end: { at: Date.now(), ...stop },
    ...lists,
  };
}
