/**
 * YAML, and with it JSON, as values that know where they stand.
 *
 * The text may be anybody's: its size, depth, keys and aliases are limited before the library
 * composes nodes of it, since that recurses, and takes time in the square of a map's keys.
 */
import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
} from 'yaml';

/** Characters that a file may have. */
export const MAX_CHARACTERS = 256 * 1024;
const MAX_DEPTH = 64;
/** Values of the file, those that aliases repeat counted each time. */
const MAX_VALUES = 50_000;

/** A position in the text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong at a position, in words. */
export interface Problem extends Position {
  readonly message: string;
}

/** A value, where it begins, and what it is made of. */
export interface Located extends Position {
  /** As plain data. */
  readonly value: unknown;
  /** Of a map, by key. */
  readonly entries?: ReadonlyMap<string, Entry>;
  /** Of a list. */
  readonly items?: readonly Located[];
}

/** One entry of a map. */
export interface Entry {
  /** Where its key begins. */
  readonly key: Position;
  readonly value: Located;
}

/** What came of a text: its one value, or what is wrong with it. */
export type ReadText =
  | { readonly root: Located }
  | { readonly problems: readonly [Problem, ...Problem[]] };

/** Reads one YAML 1.2 document (core schema). Keys must be strings, and each stands once in a map. */
export function readLocated(text: string): ReadText {
  const lines = new LineCounter();
  const start = { line: 1, column: 1 };
  if (text.length > MAX_CHARACTERS) {
    return { problems: [{ ...start, message: `more than ${MAX_CHARACTERS} characters` }] };
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text.replace(/^\ufeff/, ''))];
  const at = (offset: number): Position => positionAt(lines, offset);
  const bad = forbidden(tokens);
  if (bad !== undefined) return { problems: [{ ...at(bad.offset), message: bad.message }] };
  // Whether keys are unique is looked at below, with a set.
  const options = {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
  } as const;
  const [document] = new Composer({ ...options, lineCounter: lines }).compose(tokens);
  if (document?.contents == null) return { problems: [{ ...start, message: 'the file is empty' }] };
  // What follows the first error is often its consequence.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) return { problems: [{ ...at(error.pos[0]), message: error.message }] };
  const reader = new Reader(at);
  const root = reader.read(document.contents, 0);
  const [first, ...more] = reader.problems;
  return first === undefined ? { root } : { problems: [first, ...more] };
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The first thing in the text that is not for the library to compose. */
function forbidden(
  tokens: readonly CST.Token[],
): { readonly offset: number; readonly message: string } | undefined {
  let documents = 0;
  for (const token of tokens) {
    if (token.type === 'directive') {
      return { offset: token.offset, message: 'directives such as %YAML are not taken' };
    }
    if (token.type !== 'document') continue;
    if (++documents > 1) return { offset: token.offset, message: 'more than one document' };
    const deep = tooDeep(token.value);
    if (deep !== undefined) {
      return { offset: deep.offset, message: `nested deeper than ${MAX_DEPTH}` };
    }
  }
  return undefined;
}

/** The first token below MAX_DEPTH. */
function tooDeep(root: CST.Token | undefined): CST.Token | undefined {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  if (root !== undefined) pending.push({ token: root, depth: 1 });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return token;
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      if (key != null) pending.push({ token: key, depth: depth + 1 });
      if (value != null) pending.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

/** From nodes to values. The depth is limited, also where an alias stands inside of its own anchor. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #at: (offset: number) => Position;
  /** The latest of each name so far. The library would look through the file for every alias. */
  readonly #anchors = new Map<string, Node>();
  readonly #anchored = new Set<Node>();
  #values = 0;

  constructor(at: (offset: number) => Position) {
    this.#at = at;
  }

  /** An alias stands where it is written; what is in it, where its anchor is. */
  read(given: Node, depth: number): Located {
    const position = this.#at(given.range?.[0] ?? 0);
    const node = isAlias(given) ? this.#anchors.get(given.source) : this.#named(given);
    const nothing = { ...position, value: null };
    if (node === undefined) return this.#wrong(nothing, 'there is no such anchor');
    if (depth > MAX_DEPTH) return this.#wrong(nothing, `nested deeper than ${MAX_DEPTH}`);
    if (++this.#values > MAX_VALUES) {
      return this.#wrong(nothing, `more than ${MAX_VALUES} values`);
    }
    if (isSeq<ParsedNode>(node)) {
      const items: Located[] = [];
      for (const item of node.items) {
        if (this.#isOver()) break;
        items.push(this.read(item, depth + 1));
      }
      return { ...position, value: items.map(({ value }) => value), items };
    }
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const entries = this.#entries(node.items, depth);
      const values = [...entries].map(([key, { value }]) => [key, value.value] as const);
      return { ...position, value: Object.fromEntries(values), entries };
    }
    return { ...position, value: isScalar(node) ? node.value : null };
  }

  /** What an alias repeats gives its anchors no second time. */
  #named(node: Node): Node {
    const { anchor } = node as { anchor?: string };
    if (anchor === undefined || this.#anchored.has(node)) return node;
    this.#anchored.add(node);
    this.#anchors.set(anchor, node);
    return node;
  }

  #entries(
    pairs: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[],
    depth: number,
  ): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const { key: node, value } of pairs) {
      if (this.#isOver()) break;
      const at = this.#at(node.range[0]);
      const key = isScalar(node) ? node.value : undefined;
      if (typeof key !== 'string') {
        this.#wrong(at, 'a key must be a string; quote it');
      } else if (key === '<<') {
        this.#wrong(
          at,
          'merge keys are not of YAML 1.2; name the part with an alias, as in $and: [*part, …]',
        );
      } else if (entries.has(key)) {
        this.#wrong(at, `${JSON.stringify(key)} stands twice in one map`);
      } else {
        const read = value === null ? { ...at, value: null } : this.read(value, depth + 1);
        entries.set(key, { key: at, value: read });
      }
    }
    return entries;
  }

  /** No further: every value more would be one too many. */
  #isOver(): boolean {
    return this.#values > MAX_VALUES;
  }

  #wrong<T extends Position>(at: T, message: string): T {
    this.problems.push({ line: at.line, column: at.column, message });
    return at;
  }
}
