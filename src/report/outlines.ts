/**
 * Documents of an analysis as canonical JSON, straight from the table of events: the hot
 * path of `--format ndjson`. Neither strings nor objects are made for it, except once for
 * what many documents share. It writes what `ndjson.ts` writes of the document as an object.
 */
import type { ArgumentTexts, PlainArguments } from '../event/arguments.ts';
import { SCHEMA_VERSION } from '../model/process.ts';
import type { Verdict } from '../process/conclusions.ts';
import type { Documents } from '../process/documents.ts';
import type { Facts } from '../process/facts.ts';
import type { Life } from '../process/life.ts';
import { type Outline, setId } from '../process/outline.ts';
import { errnoName } from '../tables/errno.ts';
import { CLOSE_LIST, COMMA, JsonBytes, OPEN_LIST, Phrase, QUOTE, stringList } from './bytes.ts';
import { INNER, KEY } from './keys.ts';

const SLASH = 0x2f;
const POOL = 65_536;
/** Argument vectors are kept as bytes until they are more than this. */
const MOST_KEPT = 1 << 20;
/** Rows that may have a kept argument vector; a power of two. */
const KEPT_ROWS = 1 << 12;

/** What often follows one another is one phrase. */
const NO_PARENT = new Phrase(`${KEY.parent.text}null`);
const NO_CHILDREN = new Phrase(`${KEY.children.text}[]`);
const END_CHILDREN = new Phrase('"]');
const NO_EXECS = new Phrase(`${KEY.execve.text}[]`);
const FIRST_EXEC = new Phrase(`${KEY.execve.text}[${INNER.timestamp.text}`);
const NEXT_EXEC = new Phrase(`,${INNER.timestamp.text}`);
const ONE_THREAD = new Phrase(`${KEY.threads.text}1`);
const NO_REPARENTINGS = new Phrase(`${KEY.reparented.text}[]`);
const WHOLE = new Phrase(`${KEY.incomplete.text}[]${KEY.evidence.text}[`);
const BEGIN_EVENT = new Phrase(`${INNER.event.text}"`);
const END_EVENT = new Phrase('"}');
const NEXT_EVIDENCE = new Phrase('"]},');
const END_EVIDENCE = new Phrase('"]}]}');
const NO_EVIDENCE = new Phrase(']}');

/** One of godo's own words after a key, for each word. */
class WordPhrases {
  readonly #key: string;
  readonly #phrases = new Map<string, Phrase>();

  constructor(key: string) {
    this.#key = key;
  }

  of(word: string): Phrase {
    let phrase = this.#phrases.get(word);
    if (phrase === undefined) {
      phrase = new Phrase(this.#key + JSON.stringify(word));
      this.#phrases.set(word, phrase);
    }
    return phrase;
  }
}

/** What stands before and after the `_id`s of one boot. */
class IdPhrases {
  /** The document's beginning, up to what tells its `_id` from others of the boot. */
  readonly own: Phrase;
  readonly afterOwn: Phrase;
  readonly parent: Phrase;
  readonly firstChild: Phrase;
  readonly nextChild: Phrase;

  constructor({ facts, prefix }: Outline) {
    // Without the string's end: the rest of the id follows.
    const id = JSON.stringify(prefix).slice(0, -1);
    const node = facts.node === '' ? '' : KEY.node.text + JSON.stringify(facts.node);
    this.own = new Phrase(KEY.schema_version.text + SCHEMA_VERSION + KEY._id.text + id);
    this.afterOwn = new Phrase(`"${node}${KEY.pid.text}`);
    this.parent = new Phrase(KEY.parent.text + id);
    this.firstChild = new Phrase(`${KEY.children.text}[${id}`);
    this.nextChild = new Phrase(`",${id}`);
  }
}

/** A key with a token as JSON string, for each token, made once. */
class TokenBytes {
  readonly #key: Phrase;
  readonly #pool = new JsonBytes(POOL);
  readonly #textOf: (token: number) => string | undefined;
  /** By token: where its string lies in the pool; below 0 before it is there. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(key: Phrase, count: number, textOf: (token: number) => string | undefined) {
    this.#key = key;
    this.#textOf = textOf;
    this.#starts = new Int32Array(count).fill(-1);
    this.#ends = new Int32Array(count);
  }

  /** Writes nothing for a token that is absent or means nothing. */
  write(out: JsonBytes, token: number): void {
    if (token < 0) return;
    if (this.#starts[token] < 0) this.#add(token);
    out.copy(this.#pool, this.#starts[token], this.#ends[token]);
  }

  #add(token: number): void {
    this.#starts[token] = this.#pool.length;
    const text = this.#textOf(token);
    if (text !== undefined) {
      this.#pool.phrase(this.#key);
      this.#pool.string(text);
    }
    this.#ends[token] = this.#pool.length;
  }
}

/** The key with the argument vectors written lately: forks repeat what their parents ran. */
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
      pool.clear();
      this.#rows.fill(-1);
    }
    this.#rows[slot] = row;
    this.#starts[slot] = pool.length;
    pool.phrase(KEY.args);
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
    const { bodies, starts, ends } = plain;
    const written = plain.isQuoted(i)
      ? out.plainString(bodies[i], starts[i], ends[i])
      : out.plainHexString(bodies[i], starts[i], ends[i]);
    if (!written) out.string(plain.text(i));
  }
  out.character(CLOSE_LIST);
}

/** Writes the documents of one list. */
export class OutlineWriter {
  readonly #out: JsonBytes;
  readonly #cwd: TokenBytes;
  readonly #exe: TokenBytes;
  readonly #comm: TokenBytes;
  readonly #tty: TokenBytes;
  readonly #arguments: ArgumentBytes;
  readonly #startSource = new WordPhrases(KEY.start_source.text);
  readonly #exitSource = new WordPhrases(KEY.exit_source.text);
  readonly #errno = new WordPhrases(INNER.failed.text + INNER.errno.text);
  readonly #missing = new WordPhrases('');
  /** How an item of evidence begins. */
  readonly #verdicts = new Map<Verdict, Phrase>();
  /** Of the boot written last. */
  #facts: Facts | undefined;
  #ids!: IdPhrases;

  constructor(out: JsonBytes, { texts, argumentTexts }: Documents) {
    const { count } = texts;
    const untrusted = (token: number): string | undefined => texts.text(token);
    this.#out = out;
    this.#cwd = new TokenBytes(KEY.cwd, count, untrusted);
    this.#exe = new TokenBytes(KEY.exe, count, untrusted);
    this.#comm = new TokenBytes(KEY.comm, count, untrusted);
    this.#tty = new TokenBytes(KEY.tty, count, (token) => texts.plain(token));
    this.#arguments = new ArgumentBytes(argumentTexts);
  }

  /** Writes the document, without an end of line. */
  write(outline: Outline): void {
    if (outline.facts !== this.#facts) {
      this.#facts = outline.facts;
      this.#ids = new IdPhrases(outline);
    }
    this.#identity(outline);
    this.#life(outline);
    const gaps = this.#execs(outline);
    this.#end(outline.life);
    this.#rest(outline, gaps);
  }

  #identity(outline: Outline): void {
    const out = this.#out;
    const ids = this.#ids;
    const { life, facts } = outline;
    this.#id(ids.own, facts, life);
    out.phrase(ids.afterOwn);
    out.integer(life.pid);
    if (life.ppid >= 0) this.#integer(KEY.ppid, life.ppid);
    this.#parent(facts, life.parent);
    this.#children(outline);
    if (life.nsPid > 0) this.#integer(KEY.ns_pid, life.nsPid);
  }

  #parent(facts: Facts, parent: Life | undefined): void {
    if (parent === undefined) {
      this.#out.phrase(NO_PARENT);
      return;
    }
    this.#id(this.#ids.parent, facts, parent);
    this.#out.character(QUOTE);
  }

  #children(outline: Outline): void {
    const { children, facts } = outline;
    if (children.length === 0) {
      this.#out.phrase(NO_CHILDREN);
      return;
    }
    this.#id(this.#ids.firstChild, facts, children[0]);
    for (let i = 1; i < children.length; i++) this.#id(this.#ids.nextChild, facts, children[i]);
    this.#out.phrase(END_CHILDREN);
  }

  #life(outline: Outline): void {
    const out = this.#out;
    this.#time(KEY.start_timestamp, outline.start);
    out.phrase(this.#startSource.of(outline.startSource));
    this.#cwd.write(out, outline.cwd);
    this.#argumentsOf(outline, outline.argv);
    this.#exe.write(out, outline.exe);
    this.#comm.write(out, outline.comm);
  }

  /** True when an argument of one of them never arrived. */
  #execs(outline: Outline): boolean {
    const out = this.#out;
    if (outline.execCount === 0) {
      out.phrase(NO_EXECS);
      return false;
    }
    let gaps = false;
    for (let i = 0; i < outline.execCount; i++) {
      out.phrase(i === 0 ? FIRST_EXEC : NEXT_EXEC);
      if (this.#exec(outline, outline.execs[i])) gaps = true;
    }
    out.character(CLOSE_LIST);
    return gaps;
  }

  #exec(outline: Outline, row: number): boolean {
    const out = this.#out;
    const { table } = outline.facts;
    const failed = table.success[row] === 0;
    out.time(table.time[row]);
    const gaps = !failed && this.#argumentsOf(outline, row);
    this.#exe.write(out, outline.programOf(row));
    this.#cwd.write(out, table.cwd[row]);
    if (failed) {
      const name = errnoName(-table.exit[row]);
      out.phrase(name === undefined ? INNER.failed : this.#errno.of(name));
    }
    this.#event(outline.facts, row);
    return gaps;
  }

  #end({ end }: Life): void {
    if (end === undefined) return;
    if (end.after !== undefined) this.#time(KEY.exit_after, end.after);
    this.#time(KEY.exit_timestamp, end.time);
    if (end.code !== undefined) this.#integer(KEY.exit_code, end.code);
    if (end.signal !== undefined) this.#integer(KEY.exit_signal, end.signal);
    this.#out.phrase(this.#exitSource.of(end.source));
  }

  #rest(outline: Outline, gaps: boolean): void {
    const { life } = outline;
    if (life.threads === 0) this.#out.phrase(ONE_THREAD);
    else this.#integer(KEY.threads, life.threads + 1);
    if (life.adoptions.length === 0) this.#out.phrase(NO_REPARENTINGS);
    else this.#reparented(outline);
    if (outline.subject >= 0) this.#subject(outline.facts, outline.subject);
    if (life.unidentified.length > 0) this.#unidentified(outline);
    this.#incomplete(outline.incomplete(gaps));
    this.#evidence(outline);
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
      if (parent !== undefined) this.#parent(facts, parent);
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
    this.#tty.write(this.#out, table.tty[row]);
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

  /** And the beginning of what follows. */
  #incomplete(missing: readonly string[]): void {
    const out = this.#out;
    if (missing.length === 0) {
      out.phrase(WHOLE);
      return;
    }
    out.phrase(KEY.incomplete);
    out.character(OPEN_LIST);
    for (let i = 0; i < missing.length; i++) {
      if (i > 0) out.character(COMMA);
      out.phrase(this.#missing.of(missing[i]));
    }
    out.character(CLOSE_LIST);
    out.phrase(KEY.evidence);
    out.character(OPEN_LIST);
  }

  /** The items and the end of the document. */
  #evidence({ facts, life }: Outline): void {
    const out = this.#out;
    const { rows, table, conclusions } = facts;
    let number = life.firstConclusion;
    if (number === 0) out.phrase(NO_EVIDENCE);
    while (number !== 0) {
      const row = rows[conclusions.at(number)];
      out.phrase(this.#beginningOf(conclusions.verdict(number)));
      out.event(table.time[row], table.serial[row]);
      number = conclusions.next(number);
      out.phrase(number === 0 ? END_EVIDENCE : NEXT_EVIDENCE);
    }
  }

  /** All of an item of evidence up to its event. */
  #beginningOf(verdict: Verdict): Phrase {
    let phrase = this.#verdicts.get(verdict);
    if (phrase === undefined) {
      const { claim, rule, confidence } = verdict;
      const json = JSON.stringify({ claim, rule, confidence, events: [''] });
      phrase = new Phrase(json.slice(0, json.indexOf('"]}')));
      this.#verdicts.set(verdict, phrase);
    }
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

  /** Nothing for a row without arguments; true when one of them never arrived. */
  #argumentsOf({ facts }: Outline, row: number): boolean {
    if (row < 0 || facts.table.argv[row] < 0) return false;
    return this.#arguments.write(this.#out, row);
  }

  /** An `_id`, what `Outline.id` is, after one of its phrases. The quote that ends it is left out. */
  #id(before: Phrase, { rows, table }: Facts, life: Life): void {
    const out = this.#out;
    const row = rows[life.anchor];
    out.phrase(before);
    out.eventInFull(table.time[row], table.serial[row]);
    out.character(SLASH);
    out.integer(life.pid);
  }

  /** The last key of an object in a list, and the object's end. */
  #event({ table }: Facts, row: number): void {
    const out = this.#out;
    out.phrase(BEGIN_EVENT);
    out.event(table.time[row], table.serial[row]);
    out.phrase(END_EVENT);
  }
}
