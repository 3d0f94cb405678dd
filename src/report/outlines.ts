/**
 * Documents of an analysis as canonical JSON, straight from the table of events: the hot
 * path of `--format ndjson`. Neither strings nor objects are made for it, except once for
 * what many documents share. It writes what `ndjson.ts` writes of the document as an object.
 */
import type { ArgumentTexts, PlainArguments } from '../event/arguments.ts';
import { SCHEMA_VERSION } from '../model/process.ts';
import type { Documents } from '../process/documents.ts';
import type { Facts } from '../process/facts.ts';
import type { Conclusion, Life } from '../process/life.ts';
import { type Outline, setId } from '../process/outline.ts';
import { errnoName } from '../tables/errno.ts';
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  JsonBytes,
  OPEN_LIST,
  Phrase,
  QUOTE,
  stringList,
} from './bytes.ts';
import { INNER, KEY, NULL } from './keys.ts';

const SLASH = 0x2f;
const COLON = 0x3a;
const POOL = 65_536;
/** Argument vectors are kept as bytes until they are more than this. */
const MOST_KEPT = 1 << 20;
/** Rows that may have a kept argument vector; a power of two. */
const KEPT_ROWS = 1 << 12;
const SECONDS_DIGITS = 10;

const BEGIN = new Phrase(`{"schema_version":${SCHEMA_VERSION},"_id":`);
const END_EVIDENCE = new Phrase('"]}');

/** How items of evidence by one rule begin. */
interface Beginning {
  readonly claim: string;
  readonly confidence: string;
  readonly phrase: Phrase;
}

/** JSON strings of interned tokens, each written once. */
class TokenBytes {
  readonly #pool = new JsonBytes(POOL);
  readonly #textOf: (token: number) => string | undefined;
  /** By token: where its string lies in the pool; below 0 before it is there. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(count: number, textOf: (token: number) => string | undefined) {
    this.#textOf = textOf;
    this.#starts = new Int32Array(count).fill(-1);
    this.#ends = new Int32Array(count);
  }

  /** Writes the key and the token's text; nothing for a token that is absent or means nothing. */
  write(out: JsonBytes, key: Phrase, token: number): void {
    if (token < 0) return;
    if (this.#starts[token] < 0) this.#add(token);
    const start = this.#starts[token];
    const end = this.#ends[token];
    if (start === end) return;
    out.phrase(key);
    out.copy(this.#pool, start, end);
  }

  #add(token: number): void {
    this.#starts[token] = this.#pool.length;
    const text = this.#textOf(token);
    if (text !== undefined) this.#pool.string(text);
    this.#ends[token] = this.#pool.length;
  }
}

/** JSON of the argument vectors written lately: forks repeat what their parents ran. */
class ArgumentBytes {
  readonly #texts: ArgumentTexts;
  readonly #pool = new JsonBytes(POOL);
  /** By slot of a row: the row that is there, where its list lies, and whether it has gaps. */
  readonly #rows = new Int32Array(KEPT_ROWS).fill(-1);
  readonly #starts = new Int32Array(KEPT_ROWS);
  readonly #ends = new Int32Array(KEPT_ROWS);
  readonly #gaps = new Uint8Array(KEPT_ROWS);

  constructor(texts: ArgumentTexts) {
    this.#texts = texts;
  }

  /** Writes the arguments of a row that has some; true when one of them never arrived. */
  write(out: JsonBytes, row: number): boolean {
    const slot = row & (KEPT_ROWS - 1);
    if (this.#rows[slot] !== row) this.#add(row, slot);
    out.copy(this.#pool, this.#starts[slot], this.#ends[slot]);
    return this.#gaps[slot] !== 0;
  }

  #add(row: number, slot: number): void {
    const pool = this.#pool;
    if (pool.length > MOST_KEPT) {
      pool.cut(0);
      this.#rows.fill(-1);
    }
    this.#rows[slot] = row;
    this.#starts[slot] = pool.length;
    const plain = this.#texts.plain(row);
    if (plain === undefined) {
      const { args } = this.#texts.of(row);
      stringList(pool, args);
      this.#gaps[slot] = args.includes(null) ? 1 : 0;
    } else {
      plainList(pool, plain);
      this.#gaps[slot] = 0;
    }
    this.#ends[slot] = pool.length;
  }
}

function plainList(out: JsonBytes, plain: PlainArguments): void {
  out.character(OPEN_LIST);
  for (let i = 0; i < plain.count; i++) {
    if (i > 0) out.character(COMMA);
    const asIs = plain.isQuoted(i) && out.plainString(plain.bytes, plain.starts[i], plain.ends[i]);
    if (!asIs) out.string(plain.text(i));
  }
  out.character(CLOSE_LIST);
}

/** Writes the documents of one list. */
export class OutlineWriter {
  readonly #out: JsonBytes;
  readonly #tokens: TokenBytes;
  readonly #terminals: TokenBytes;
  readonly #arguments: ArgumentBytes;
  readonly #words = new Map<string, Phrase>();
  /** By rule: the beginnings of what evidence there is by it. */
  readonly #rules = new Map<string, Beginning[]>();
  /** Of the boot written last: how its ids begin, and its `node` with its key. */
  #facts: Facts | undefined;
  #prefix = NULL;
  #node = NULL;

  constructor(out: JsonBytes, { texts, argumentTexts }: Documents) {
    this.#out = out;
    this.#tokens = new TokenBytes(texts.count, (token) => texts.text(token));
    this.#terminals = new TokenBytes(texts.count, (token) => texts.plain(token));
    this.#arguments = new ArgumentBytes(argumentTexts);
  }

  /** Writes the document, without an end of line. */
  write(outline: Outline): void {
    if (outline.facts !== this.#facts) this.#turnTo(outline);
    this.#identity(outline);
    this.#life(outline);
    const gaps = this.#execs(outline);
    this.#end(outline.life);
    this.#rest(outline, gaps);
  }

  #turnTo({ facts, prefix }: Outline): void {
    this.#facts = facts;
    // Without the string's end: the rest of the id follows.
    this.#prefix = new Phrase(JSON.stringify(prefix).slice(0, -1));
    this.#node = new Phrase(facts.node === '' ? '' : `,"node":${JSON.stringify(facts.node)}`);
  }

  #identity(outline: Outline): void {
    const out = this.#out;
    const { life, facts } = outline;
    out.phrase(BEGIN);
    this.#id(facts, life);
    out.phrase(this.#node);
    this.#integer(KEY.pid, life.pid);
    if (life.ppid >= 0) this.#integer(KEY.ppid, life.ppid);
    out.phrase(KEY.parent);
    if (life.parent === undefined) out.phrase(NULL);
    else this.#id(facts, life.parent);
    out.phrase(KEY.children);
    out.character(OPEN_LIST);
    const { children } = outline;
    for (let i = 0; i < children.length; i++) {
      if (i > 0) out.character(COMMA);
      this.#id(facts, children[i]);
    }
    out.character(CLOSE_LIST);
    if (life.nsPid > 0) this.#integer(KEY.ns_pid, life.nsPid);
  }

  #life(outline: Outline): void {
    const out = this.#out;
    this.#time(KEY.start_timestamp, outline.start);
    this.#word(KEY.start_source, outline.startSource);
    this.#tokens.write(out, KEY.cwd, outline.cwd);
    this.#argumentsOf(outline, outline.argv);
    this.#tokens.write(out, KEY.exe, outline.exe);
    this.#tokens.write(out, KEY.comm, outline.comm);
  }

  /** True when an argument of one of them never arrived. */
  #execs(outline: Outline): boolean {
    const out = this.#out;
    const { table } = outline.facts;
    let gaps = false;
    out.phrase(KEY.execve);
    out.character(OPEN_LIST);
    for (let i = 0; i < outline.execCount; i++) {
      if (i > 0) out.character(COMMA);
      const row = outline.execs[i];
      const failed = table.success[row] === 0;
      this.#time(INNER.timestamp, table.time[row]);
      if (!failed && this.#argumentsOf(outline, row)) gaps = true;
      this.#tokens.write(out, KEY.exe, outline.programOf(row));
      this.#tokens.write(out, KEY.cwd, table.cwd[row]);
      if (failed) this.#failure(-table.exit[row]);
      this.#event(outline.facts, row);
    }
    out.character(CLOSE_LIST);
    return gaps;
  }

  #failure(error: number): void {
    this.#out.phrase(INNER.failed);
    const name = errnoName(error);
    if (name !== undefined) this.#word(INNER.errno, name);
  }

  #end({ end }: Life): void {
    if (end === undefined) return;
    if (end.after !== undefined) this.#time(KEY.exit_after, end.after);
    this.#time(KEY.exit_timestamp, end.time);
    if (end.code !== undefined) this.#integer(KEY.exit_code, end.code);
    if (end.signal !== undefined) this.#integer(KEY.exit_signal, end.signal);
    this.#word(KEY.exit_source, end.source);
  }

  #rest(outline: Outline, gaps: boolean): void {
    const out = this.#out;
    this.#integer(KEY.threads, outline.life.threads + 1);
    this.#reparented(outline);
    if (outline.subject >= 0) this.#subject(outline.facts, outline.subject);
    if (outline.life.unidentified.length > 0) this.#unidentified(outline);
    out.phrase(KEY.incomplete);
    out.character(OPEN_LIST);
    const missing = outline.incomplete(gaps);
    for (let i = 0; i < missing.length; i++) {
      if (i > 0) out.character(COMMA);
      out.phrase(this.#wordOf(missing[i]));
    }
    out.character(CLOSE_LIST);
    this.#evidence(outline);
    out.character(CLOSE_OBJECT);
  }

  #reparented({ facts, life }: Outline): void {
    const out = this.#out;
    out.phrase(KEY.reparented);
    out.character(OPEN_LIST);
    for (let i = 0; i < life.adoptions.length; i++) {
      if (i > 0) out.character(COMMA);
      const { at, ppid, parent } = life.adoptions[i];
      this.#time(INNER.timestamp, facts.clock[at]);
      this.#integer(KEY.ppid, ppid);
      if (parent !== undefined) {
        out.phrase(KEY.parent);
        this.#id(facts, parent);
      }
      this.#event(facts, facts.rows[at]);
    }
    out.character(CLOSE_LIST);
  }

  #subject({ table }: Facts, row: number): void {
    const uid = setId(table.uid[row]);
    const auid = setId(table.auid[row]);
    const ses = setId(table.ses[row]);
    if (uid !== undefined) this.#integer(KEY.uid, uid);
    if (auid !== undefined) this.#integer(KEY.auid, auid);
    if (ses !== undefined) this.#integer(KEY.ses, ses);
    this.#terminals.write(this.#out, KEY.tty, table.tty[row]);
  }

  #unidentified({ facts, life }: Outline): void {
    const out = this.#out;
    out.phrase(KEY.unidentified_children);
    out.character(OPEN_LIST);
    for (let i = 0; i < life.unidentified.length; i++) {
      if (i > 0) out.character(COMMA);
      const { at, ret } = life.unidentified[i];
      this.#time(INNER.timestamp, facts.time(at));
      this.#integer(KEY.ns_pid, ret);
      this.#event(facts, facts.rows[at]);
    }
    out.character(CLOSE_LIST);
  }

  #evidence({ facts, conclusions }: Outline): void {
    const out = this.#out;
    out.phrase(KEY.evidence);
    out.character(OPEN_LIST);
    for (let i = 0; i < conclusions.length; i++) {
      if (i > 0) out.character(COMMA);
      const conclusion = conclusions[i];
      out.phrase(this.#beginningOf(conclusion));
      this.#eventText(facts, facts.rows[conclusion.at]);
      out.phrase(END_EVIDENCE);
    }
    out.character(CLOSE_LIST);
  }

  /** All of an item of evidence up to its event. */
  #beginningOf({ claim, rule, confidence }: Conclusion): Phrase {
    let known = this.#rules.get(rule);
    if (known === undefined) {
      known = [];
      this.#rules.set(rule, known);
    }
    for (const one of known) {
      if (one.claim === claim && one.confidence === confidence) return one.phrase;
    }
    const json = JSON.stringify({ claim, rule, confidence, events: [''] });
    const phrase = new Phrase(json.slice(0, json.indexOf('"]}')));
    known.push({ claim, confidence, phrase });
    return phrase;
  }

  #integer(key: Phrase, value: number): void {
    this.#out.phrase(key);
    this.#out.integer(value);
  }

  #time(key: Phrase, ms: number): void {
    this.#out.phrase(key);
    this.#out.time(ms);
  }

  #word(key: Phrase, word: string): void {
    this.#out.phrase(key);
    this.#out.phrase(this.#wordOf(word));
  }

  /** One of godo's own few words. */
  #wordOf(word: string): Phrase {
    let phrase = this.#words.get(word);
    if (phrase === undefined) {
      phrase = new Phrase(JSON.stringify(word));
      this.#words.set(word, phrase);
    }
    return phrase;
  }

  /** Nothing for a row without arguments; true when one of them never arrived. */
  #argumentsOf({ facts }: Outline, row: number): boolean {
    if (row < 0 || facts.table.argv[row] < 0) return false;
    this.#out.phrase(KEY.args);
    return this.#arguments.write(this.#out, row);
  }

  /** An `_id`: what `Outline.id` is. */
  #id({ rows, table }: Facts, life: Life): void {
    const out = this.#out;
    const row = rows[life.anchor];
    out.phrase(this.#prefix);
    out.stamp(table.time[row], SECONDS_DIGITS);
    out.character(SLASH);
    out.tenDigits(table.serial[row]);
    out.character(SLASH);
    out.integer(life.pid);
    out.character(QUOTE);
  }

  /** The last key of an object in a list, and the object's end. */
  #event(facts: Facts, row: number): void {
    const out = this.#out;
    out.phrase(INNER.event);
    out.character(QUOTE);
    this.#eventText(facts, row);
    out.character(QUOTE);
    out.character(CLOSE_OBJECT);
  }

  /** `SEC.MS:SERIAL`: what `EventTable.id` is. */
  #eventText({ table }: Facts, row: number): void {
    const out = this.#out;
    out.stamp(table.time[row], 1);
    out.character(COLON);
    out.integer(table.serial[row]);
  }
}
