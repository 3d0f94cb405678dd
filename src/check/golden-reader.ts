/** Reads golden trees. Whatever a person has made of one, it is read or refused with its line. */
import type { Adopter, TreeProcess } from '../model/difference.ts';
import { readCommand } from './golden-command.ts';
import {
  DEEPER,
  FORMAT,
  type Golden,
  type GoldenProblem,
  INDENT,
  isGoldenProblem,
  TITLE,
  UNIDENTIFIED,
  UNKNOWN,
} from './golden-form.ts';
import { readNotes } from './golden-notes.ts';
import { type ProcessTree, sizesOf } from './tree.ts';
import { type Token, tokensOf } from './words.ts';

/** Step n leads from the text of version n + 1 to that of n + 2. Version 1 is today's. */
const UPGRADES: readonly ((lines: readonly string[]) => readonly string[])[] = [];

/** Reads a golden tree. */
export function readGolden(text: string): Golden | GoldenProblem {
  const given = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const title = new RegExp(`^${TITLE} ([1-9]\\d{0,5})( times)?$`).exec(given[0]);
  if (title === null) return { line: 1, reason: `it must begin with '${TITLE} ${FORMAT}'` };
  const version = Number(title[1]);
  if (version > FORMAT) return { line: 1, reason: `version ${version} is of a newer godo` };
  let lines: readonly string[] = given;
  for (let v = version; v < FORMAT; v++) lines = UPGRADES[v - 1](lines);
  const reader = new GoldenReader();
  for (let i = 1; i < lines.length; i++) {
    const reason = reader.read(lines[i], i + 1);
    if (reason !== undefined) return { line: i + 1, reason };
  }
  const tree = reader.finish();
  return isGoldenProblem(tree) ? tree : { tree, options: { times: title[2] !== undefined } };
}

/** What stands in front of a command. */
const HEAD = new RegExp(`^((?:${INDENT})*)(?:${DEEPER}(\\d{1,9}) )?(?:#(\\d{1,9}) )?(?! )`, 'u');

/** A process while its references are still names. */
interface Parsed {
  readonly process: TreeProcess;
  readonly line: number;
  readonly level: number;
  readonly adopted: readonly string[];
}

class GoldenReader {
  readonly #parsed: Parsed[] = [];
  readonly #named = new Map<string, number>();
  #host: string | undefined;

  /** Takes a line; gives the reason why it cannot. */
  read(line: string, number: number): string | undefined {
    if (line.trim() === '') return undefined;
    if (!line.endsWith(']')) return this.#heading(line);
    const head = HEAD.exec(line);
    if (head === null) return `the indentation is not by ${INDENT.length} spaces a level`;
    const [before, indent, deeper, name] = head;
    // No note has a bracket; what is in a command stands in quotes or before it.
    const bracket = line.lastIndexOf(' [');
    if (bracket < before.length) return 'no process: a command and then its notes in brackets';
    const command = line.slice(before.length, bracket);
    const notes = line.slice(bracket + 2, -1);
    const level = deeper === undefined ? indent.length / INDENT.length : Number(deeper);
    const last = this.#parsed.at(-1);
    if (level > (last === undefined ? 0 : last.level + 1))
      return 'nothing stands one level above it';
    const ran = readCommand(command);
    if (typeof ran === 'string') return ran;
    const noted = readNotes(notes);
    if (typeof noted === 'string') return noted;
    if (noted.unidentified !== ran.unidentified)
      return `'${UNKNOWN}' and [${UNIDENTIFIED}] go together`;
    if (level > 0 && last?.process.unidentified && level > last.level) {
      return 'nothing is known below a process that is unidentified';
    }
    if (name !== undefined) {
      if (this.#named.has(name)) return `there is another #${name}`;
      this.#named.set(name, this.#parsed.length);
    }
    const { adopted, ...rest } = noted;
    const host = level === 0 && this.#host !== undefined ? { host: this.#host } : {};
    const process: TreeProcess = { ...host, ...ran, ...rest, adopted: [] };
    this.#parsed.push({ process, line: number, level, adopted });
    return undefined;
  }

  #heading(line: string): string | undefined {
    const tokens = tokensOf(line);
    if (!Array.isArray(tokens)) return 'neither a process nor a host';
    const words = (tokens as readonly Token[]).map(({ text }) => text);
    if (words[0] !== 'host' || words.length > 2) return 'neither a process nor a host';
    this.#host = words[1];
    return undefined;
  }

  finish(): ProcessTree | GoldenProblem {
    const parsed = this.#parsed;
    const processes: TreeProcess[] = [];
    for (const { process, line, adopted } of parsed) {
      const adopters: Adopter[] = [];
      for (const name of adopted) {
        const place = name.startsWith('#') ? this.#named.get(name.slice(1)) : undefined;
        if (name.startsWith('#') && place === undefined)
          return { line, reason: `there is no ${name}` };
        adopters.push(place ?? (name === 'init' ? name : 'unknown'));
      }
      processes.push(adopters.length === 0 ? process : { ...process, adopted: adopters });
    }
    const level = Int32Array.from(parsed, (p) => p.level);
    return {
      processes,
      level,
      size: sizesOf(level),
      line: Int32Array.from(parsed, ({ line }) => line),
    };
  }
}
