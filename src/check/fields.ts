/**
 * Field names in filters. A filter on a field that no document has matches nothing, so an
 * expectation of `none` with a typing error would hold for ever.
 */
import type {
  Evidence,
  Exec,
  Omitted,
  ProcessDocument,
  Reparenting,
  UnidentifiedChild,
} from '../model/process.ts';
import type { Located, Position, Problem } from './located.ts';
import { nearest } from './nearest.ts';

/** A field holds a value, a moment, or an object or list of objects with fields of their own. */
type Field = 'value' | 'time' | Fields;
type Fields = { readonly [name: string]: Field };
type FieldsOf<T> = Readonly<Record<keyof T, Field>>;

const EXEC = {
  timestamp: 'time',
  args: 'value',
  exe: 'value',
  cwd: 'value',
  failed: 'value',
  errno: 'value',
  event: 'value',
} as const satisfies FieldsOf<Exec>;

const REPARENTING = {
  timestamp: 'time',
  ppid: 'value',
  parent: 'value',
  event: 'value',
} as const satisfies FieldsOf<Reparenting>;

const UNIDENTIFIED = {
  timestamp: 'time',
  ns_pid: 'value',
  event: 'value',
} as const satisfies FieldsOf<UnidentifiedChild>;

const EVIDENCE = {
  claim: 'value',
  rule: 'value',
  confidence: 'value',
  events: 'value',
} as const satisfies FieldsOf<Evidence>;

const OMITTED = {
  children: 'value',
  execve: 'value',
  reparented: 'value',
  unidentified_children: 'value',
  evidence: 'value',
  arguments: 'value',
} as const satisfies FieldsOf<Omitted>;

const PROCESS = {
  schema_version: 'value',
  _id: 'value',
  node: 'value',
  pid: 'value',
  ppid: 'value',
  parent: 'value',
  children: 'value',
  ns_pid: 'value',
  start_timestamp: 'time',
  start_source: 'value',
  cwd: 'value',
  args: 'value',
  exe: 'value',
  comm: 'value',
  execve: EXEC,
  exit_after: 'time',
  exit_timestamp: 'time',
  exit_code: 'value',
  exit_signal: 'value',
  exit_source: 'value',
  threads: 'value',
  reparented: REPARENTING,
  uid: 'value',
  auid: 'value',
  ses: 'value',
  tty: 'value',
  unidentified_children: UNIDENTIFIED,
  incomplete: 'value',
  evidence: EVIDENCE,
  omitted: OMITTED,
} as const satisfies FieldsOf<ProcessDocument>;

const CLAUSES = new Set(['$and', '$or', '$nor']);
const COMPARISONS = new Set(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']);
const LISTS = new Set(['$in', '$nin', '$all']);

/** What is wrong with the names in a filter over process documents, and with its times. */
export function fieldProblems(filter: Located): Problem[] {
  const problems: Problem[] = [];
  checkQuery(filter, PROCESS, problems);
  return problems;
}

/** The depth of the file is limited, so this may recurse. */
function checkQuery({ entries }: Located, fields: Fields, problems: Problem[]): void {
  for (const [key, { key: at, value }] of entries ?? []) {
    if (CLAUSES.has(key)) {
      for (const clause of value.items ?? []) checkQuery(clause, fields, problems);
    } else if (!key.startsWith('$')) {
      const field = fieldAt(key, fields, at, problems);
      if (field !== undefined) checkOperand(value, field, problems);
    }
  }
}

/** The field of a dotted path. A number in it is an item of a list. */
function fieldAt(
  path: string,
  fields: Fields,
  at: Position,
  problems: Problem[],
): Field | undefined {
  let field: Field = fields;
  const parts = path.split('.');
  for (const [i, part] of parts.entries()) {
    if (i > 0 && /^\d+$/.test(part)) continue;
    const known: Field | undefined =
      typeof field !== 'string' && Object.hasOwn(field, part) ? field[part] : undefined;
    if (known === undefined) {
      problems.push({ ...at, message: noField(path, parts.slice(0, i), part, field) });
      return undefined;
    }
    field = known;
  }
  return field;
}

function noField(path: string, before: readonly string[], part: string, field: Field): string {
  const meant = typeof field === 'string' ? undefined : nearest(part, Object.keys(field));
  const hint =
    meant === undefined ? '' : `; is it ${JSON.stringify([...before, meant].join('.'))}?`;
  return `process documents have no field ${JSON.stringify(path)}${hint}`;
}

function checkOperand(operand: Located, field: Field, problems: Problem[]): void {
  const { entries } = operand;
  const [first] = entries?.keys() ?? [];
  if (first === undefined || !first.startsWith('$') || first === '$date') {
    checkTime(operand, field, problems);
    return;
  }
  for (const [key, { value }] of entries ?? []) {
    if (key === '$not') checkOperand(value, field, problems);
    else if (key === '$elemMatch') {
      if (typeof field === 'string') checkOperand(value, field, problems);
      else checkQuery(value, field, problems);
    } else if (COMPARISONS.has(key)) checkTime(value, field, problems);
    else if (LISTS.has(key)) {
      for (const item of value.items ?? []) checkTime(item, field, problems);
    }
  }
}

/** A moment never equals a text or a number, and is neither before nor after one. */
function checkTime({ value, line, column }: Located, field: Field, problems: Problem[]): void {
  if (field !== 'time' || (typeof value !== 'string' && typeof value !== 'number')) return;
  const message = 'this field is a time, which is written {$date: "2026-11-23T04:31:02.500Z"}';
  problems.push({ line, column, message });
}
