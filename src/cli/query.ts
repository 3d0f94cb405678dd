import type { ProcessDocument } from '../model/process.ts';
import { withAllChildren } from '../report/children.ts';
import { foundLine } from '../report/found.ts';
import { tableHead, tableRow } from '../report/table.ts';
import { renderTree } from '../report/tree.ts';
import { parseFilter } from '../store/filter.ts';
import { openStore } from '../store/open.ts';
import { FilterError, type Found, type Query } from '../store/store.ts';
import { EXIT } from './analysis.ts';
import { linesAsText, streamAsText, writeAll } from './output/output.ts';
import { warnOfUnfinished } from './stores.ts';
import { terminalOf, type Terminal } from './terminal.ts';

/** What `godo query` was asked for. */
export interface QueryOptions {
  readonly format: 'ndjson' | 'tree' | 'table';
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
  readonly project?: Readonly<Record<string, 0 | 1>>;
  readonly descendants?: boolean;
  readonly ancestors?: boolean;
}

/** `a,-b`, or MongoDB's own form in JSON. Throws FilterError. */
export function sortOf(text: string): Record<string, 1 | -1> {
  return fieldsOf(text, 1, -1);
}

/** `a,b` keeps these, `-a,-b` leaves them out; or MongoDB's own form in JSON. Throws FilterError. */
export function projectOf(text: string): Record<string, 0 | 1> {
  return fieldsOf(text, 1, 0);
}

function fieldsOf<Plain extends number, Minus extends number>(
  text: string,
  plain: Plain,
  minus: Minus,
): Record<string, Plain | Minus> {
  const fields: Record<string, Plain | Minus> = {};
  if (text.trimStart().startsWith('{')) {
    for (const [key, value] of Object.entries(parseFilter(text))) {
      if (value !== plain && value !== minus)
        throw new FilterError(`${key}: it must be ${plain} or ${minus}`);
      fields[key] = value as Plain | Minus;
    }
  } else {
    for (const field of text.split(',')) {
      if (field.startsWith('-')) fields[field.slice(1)] = minus;
      else fields[field] = plain;
    }
  }
  if (Object.keys(fields).some((field) => field === '')) throw new FilterError('it names no field');
  return fields;
}

/** `godo query`: the processes that match; gives the exit status. */
export async function queryCommand(
  uri: string,
  text: string | undefined,
  options: QueryOptions,
): Promise<number> {
  const query = queryOf(text, options);
  const store = await openStore(uri);
  try {
    await warnOfUnfinished(store);
    const terminal = terminalOf(process.stdout, process.env);
    await writeAll(process.stdout, outputOf(store.find(query), options, terminal));
    return EXIT.fine;
  } finally {
    await store.close();
  }
}

function queryOf(text: string | undefined, options: QueryOptions): Query {
  const { format, sort, limit, project, descendants, ancestors } = options;
  if (format !== 'ndjson' && project !== undefined) {
    throw new FilterError(`--project needs --format ndjson`);
  }
  if (format === 'tree' && sort !== undefined && limit === undefined) {
    throw new FilterError('--sort needs --limit with --format tree, whose order is that of birth');
  }
  return {
    filter: text === undefined ? {} : parseFilter(text),
    ...(sort === undefined ? {} : { sort }),
    ...(limit === undefined ? {} : { limit }),
    ...(project === undefined ? {} : { project }),
    ...(descendants === true ? { related: 'descendants' } : {}),
    ...(ancestors === true ? { related: 'ancestors' } : {}),
  };
}

async function* outputOf(
  found: AsyncIterable<Found>,
  { format, project }: QueryOptions,
  terminal: Terminal,
): AsyncGenerator<string, void> {
  if (format === 'tree') {
    const processes: ProcessDocument[] = [];
    for await (const process of found) processes.push(process as ProcessDocument);
    yield* linesAsText(renderTree(withAllChildren(processes), terminal));
  } else if (format === 'table') {
    yield* streamAsText(tableLines(found, terminal));
  } else {
    yield* streamAsText(jsonLines(found, project !== undefined));
  }
}

async function* jsonLines(
  found: AsyncIterable<Found>,
  partial: boolean,
): AsyncGenerator<string, void> {
  for await (const process of found) yield foundLine(process, partial);
}

async function* tableLines(
  found: AsyncIterable<Found>,
  terminal: Terminal,
): AsyncGenerator<string, void> {
  yield tableHead(terminal);
  for await (const process of found) yield tableRow(process as ProcessDocument, terminal);
}
