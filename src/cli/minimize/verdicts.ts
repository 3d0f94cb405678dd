/**
 * Verdicts of tests in a file, so that a search can go on where it was: a line that says what they
 * are about, and a line for each. Lines are only added, so that a search that was killed has lost
 * at most the last of them.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { wordsOf } from '../../base/errors.ts';
import { OutputError } from '../output/output.ts';

/** What verdicts are about; about anything else they mean nothing. */
export interface Subject {
  /** Of the bytes that are minimized. */
  readonly sha256: string;
  readonly exec: string;
  /** What counts as failing, in words. */
  readonly fails: string;
  readonly timeout_ms: number;
}

const VERDICT = /^([0-9a-f]{32}) ([01])$/;

export class VerdictFile {
  /** By the key of what was tested: whether it failed. What the file held; whoever adds to it calls `add`. */
  readonly verdicts: Map<string, boolean>;
  readonly #path: string;
  readonly #file: number;

  constructor(path: string, file: number, verdicts: Map<string, boolean>) {
    this.#path = path;
    this.#file = file;
    this.verdicts = verdicts;
  }

  /** Writes one down. Throws OutputError. */
  add(key: string, fails: boolean): void {
    orOutputError(() => writeSync(this.#file, `${key} ${fails ? 1 : 0}\n`));
  }

  /** It stays, to go on from. */
  close(): void {
    closeSync(this.#file);
  }

  /** It is not needed any more. */
  remove(): void {
    closeSync(this.#file);
    orOutputError(() => unlinkSync(this.#path));
  }
}

/** Undefined when the file is about something else. Throws OutputError. */
export function openVerdicts(path: string, subject: Subject): VerdictFile | undefined {
  const head = Buffer.from(`${JSON.stringify({ godo: 'minimize', version: 1, ...subject })}\n`);
  const file = orOutputError(() => openSync(path, 'a+', 0o644));
  const bytes = orOutputError(() => readFileSync(file));
  const both = Math.min(head.length, bytes.length);
  if (!head.subarray(0, both).equals(bytes.subarray(0, both))) {
    closeSync(file);
    return undefined;
  }
  // It may end in the middle of a line.
  const lines = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  orOutputError(() => {
    ftruncateSync(file, lines.length);
    if (lines.length === 0) writeSync(file, head);
  });
  return new VerdictFile(path, file, verdictsIn(lines.toString('latin1')));
}

function verdictsIn(lines: string): Map<string, boolean> {
  const verdicts = new Map<string, boolean>();
  for (const line of lines.split('\n')) {
    const verdict = VERDICT.exec(line);
    if (verdict !== null) verdicts.set(verdict[1], verdict[2] === '1');
  }
  return verdicts;
}

function orOutputError<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new OutputError(wordsOf(error));
  }
}
