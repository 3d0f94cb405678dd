/** Anonymized recordings: no name of the original is left, and analysis says the same of them. */
import { describe, expect, test } from 'vitest';
import type { ProcessDocument } from '../../src/model/process.ts';
import type { NamedBytes } from '../../src/pipeline.ts';
import { shapeDigest } from '../../src/replay/shape.ts';
import { anonymized, anonymizedDocument, anonymizer, withoutParts } from '../support/anonymized.ts';
import { analyzed } from '../support/cutting.ts';
import { LOGS, logInputs, traceInputs, TRACES } from '../support/fixtures.ts';

/** Shorter ones are found by chance in any text. */
const SHORTEST = 5;
/** The words of records themselves, which are not names. */
const GRAMMAR = new Set('audit success syscall items PARENT SYSCALL'.split(' '));

/** All words of programs, arguments, directories and hosts, without marks before them. */
function namesIn(processes: readonly ProcessDocument[]): Set<string> {
  const names = new Set<string>();
  const add = (text: string | null | undefined): void => {
    for (const word of text?.split(/[^A-Za-z0-9_.+-]+/) ?? []) {
      const name = word.replace(/^[.+_-]+/, '');
      if (name.length >= SHORTEST && !/^[0-9.]+$/.test(name) && !GRAMMAR.has(name)) names.add(name);
    }
  };
  for (const { node, args, exe, comm, cwd, execve } of processes) {
    for (const text of [node, exe, comm, cwd, ...(args ?? [])]) add(text);
    for (const exec of execve) for (const text of [exec.exe, ...(exec.args ?? [])]) add(text);
  }
  return names;
}

/** As it is, in hexadecimal, and in base64 at each of three places. */
function formsOf(name: string): string[] {
  const bytes = Buffer.from(name);
  const base64 = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // Letters at both ends also hold bits of what stands beside.
    return padded.slice(shift === 0 ? 0 : shift + 1, -4).replaceAll('=', '');
  });
  const hex = bytes.toString('hex');
  return [name, hex, hex.toUpperCase(), ...base64.filter((text) => text.length > SHORTEST)];
}

/** Everything that a reader may see, in the forms in which it may be hidden. */
function readable(inputs: readonly NamedBytes[]): string {
  return inputs
    .map(({ bytes, origin }) => `${Buffer.from(bytes).toString('latin1')}${JSON.stringify(origin)}`)
    .join('\n');
}

function expectLaw(inputs: readonly NamedBytes[]): void {
  const by = anonymizer('secret');
  const before = analyzed(inputs).processes;
  const made = anonymized(inputs, by);
  expect(made.leftOut).toBe(0);
  const after = analyzed(made.inputs).processes;
  expect(shapeDigest(after)).toBe(shapeDigest(before));
  const expected = before.map((process) => withoutParts(anonymizedDocument(process, by)));
  const byId = (a: ProcessDocument, b: ProcessDocument): number => (a._id < b._id ? -1 : 1);
  expect(after.map(withoutParts)).toEqual(expected.sort(byId));

  const text = readable(made.inputs);
  const names = [...namesIn(before)];
  expect(names.length).toBeGreaterThan(0);
  const left = names.filter((name) => formsOf(name).some((form) => text.includes(form)));
  expect(left).toEqual([]);

  expect(readable(anonymized(inputs, anonymizer('secret')).inputs)).toBe(text);
  expect(readable(anonymized(inputs, anonymizer('other')).inputs)).not.toBe(text);
  const moved = analyzed(anonymized(inputs, anonymizer('secret', [], true)).inputs).processes;
  expect(moved[0].start_timestamp).toBe(before[0].start_timestamp);
}

describe('logs', () => {
  test.each(LOGS)('%s', (name) => expectLaw(logInputs(name)));
});

describe('traces', () => {
  test.each(TRACES)('%s', async (name) => {
    expectLaw(await traceInputs(name));
  });
});
