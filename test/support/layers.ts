/**
 * The layering rules of src/ as code: which layer may import which, and which may
 * touch files, network, environment, clock, chance and locale.
 *
 * Names are matched without scopes: a global that a file shadows anywhere counts as
 * shadowed everywhere in it. `no-restricted-globals` in .oxlintrc.json knows scopes
 * and closes that gap.
 */
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

const BENEATH = ['model', 'tables', 'base'];
/** Each may import those before it. */
const CHAIN = ['source', 'record', 'event', 'order', 'process'];
/** Each may import all of the chain, and none of the others. */
const ENDS = ['store', 'replay', 'check', 'report'];
const STAGES = [...CHAIN, ...ENDS];

/** What each layer, and each file at the top of src, may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(BENEATH.map((layer) => [layer, []])),
  ...Object.fromEntries(CHAIN.map((layer, i) => [layer, [...BENEATH, ...CHAIN.slice(0, i)]])),
  ...Object.fromEntries(ENDS.map((layer) => [layer, [...BENEATH, ...CHAIN]])),
  capture: BENEATH,
  'pipeline.ts': [...BENEATH, ...STAGES],
  'index.ts': [...BENEATH, ...STAGES, 'capture', 'pipeline.ts'],
  testing: [...BENEATH, ...STAGES, 'pipeline.ts', 'index.ts'],
  cli: [...BENEATH, ...STAGES, 'capture', 'pipeline.ts', 'index.ts'],
};

/** The layers that may touch the world. */
const IMPURE = new Set(['source', 'store', 'capture', 'cli']);

/** Modules that the other layers may use: layer to module to the names allowed from it. */
const PURE_MODULES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  base: { 'node:crypto': ['createHash'] },
  report: { 'node:crypto': ['createHash'] },
  replay: { 'node:crypto': ['createHash', 'createHmac'] },
  check: { 'node:crypto': ['createHash'] },
};

/** Libraries that touch nothing by themselves. */
const WHOLE_MODULES: Readonly<Record<string, readonly string[]>> = {
  check: ['yaml'],
  testing: ['fast-check'],
};

const WORLDLY_GLOBALS = new Set(
  (
    'process require module __filename __dirname globalThis global console performance ' +
    'setTimeout setInterval setImmediate crypto Intl navigator fetch WebSocket EventSource ' +
    'XMLHttpRequest localStorage eval Function'
  ).split(' '),
);

/** Methods whose result depends on the locale or the time zone of the machine. */
const WORLDLY_METHODS = new Set(
  (
    'localeCompare toLocaleString toLocaleDateString toLocaleTimeString toLocaleLowerCase ' +
    'toLocaleUpperCase toDateString toTimeString getTimezoneOffset getFullYear getMonth getDate ' +
    'getDay getHours getMinutes setFullYear setMonth setDate setHours setMinutes'
  ).split(' '),
);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function* childrenOf(node: Node): Generator<readonly [key: string, child: Node]> {
  for (const [key, value] of Object.entries(node)) {
    if (isNode(value)) yield [key, value];
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) yield [key, item];
  }
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const [, child] of childrenOf(node)) yield* walk(child);
}

/** The node under `key`; an absent one is of type ''. */
function at(node: Node, key: string): Node {
  const value = node[key];
  return isNode(value) ? value : { type: '', start: node.start };
}

/** The name of an identifier or string literal. */
function nameOf(node: Node): string | undefined {
  const name = node.type === 'Identifier' ? node.name : node.value;
  return typeof name === 'string' ? name : undefined;
}

/** One import of a module: its specifier as written and, where they are listed, the names taken. */
interface Import {
  readonly from: string | undefined;
  readonly names: readonly (string | undefined)[];
}

function importsOf(program: Node): Import[] {
  const imports: Import[] = [];
  for (const node of walk(program)) {
    if (
      node.type === 'ImportDeclaration' ||
      node.type === 'ExportNamedDeclaration' ||
      node.type === 'ExportAllDeclaration' ||
      node.type === 'ImportExpression' ||
      node.type === 'TSImportType'
    ) {
      const source = at(node, 'source');
      if (source.type === '' && node.type === 'ExportNamedDeclaration') continue;
      const names: (string | undefined)[] = [];
      for (const [key, child] of childrenOf(node)) {
        if (key !== 'specifiers') continue;
        // A default or namespace import has no `imported`: it takes everything.
        const taken = at(child, node.type === 'ImportDeclaration' ? 'imported' : 'local');
        names.push(nameOf(taken));
      }
      const from = source.type === 'Literal' ? nameOf(source) : undefined;
      imports.push({ from, names: names.length > 0 ? names : [undefined] });
    }
  }
  return imports;
}

/** Names that the file itself binds, in whichever scope. */
function boundIn(program: Node): Set<string> {
  const bound = new Set<string>();
  const bind = (pattern: Node): void => {
    if (pattern.type === 'Identifier') bound.add(nameOf(pattern) ?? '');
    else if (pattern.type === 'AssignmentPattern') bind(at(pattern, 'left'));
    else if (pattern.type === 'Property') bind(at(pattern, 'value'));
    else if (pattern.type === 'RestElement') bind(at(pattern, 'argument'));
    else for (const [, child] of childrenOf(pattern)) bind(child);
  };
  for (const node of walk(program)) {
    if (node.type === 'VariableDeclarator') bind(at(node, 'id'));
    if (node.type === 'CatchClause') bind(at(node, 'param'));
    if (/^Import\w*Specifier$/.test(node.type)) bind(at(node, 'local'));
    if (/^(Function|ArrowFunction|Class)/.test(node.type)) {
      if (at(node, 'id').type !== '') bind(at(node, 'id'));
      for (const [key, param] of childrenOf(node)) if (key === 'params') bind(param);
    }
  }
  return bound;
}

/** Every node that is evaluated: types and names of properties are not. */
function* evaluated(node: Node): Generator<Node> {
  yield node;
  for (const [key, child] of childrenOf(node)) {
    const isName =
      node.computed === false &&
      (key === 'key' || (node.type === 'MemberExpression' && key === 'property'));
    const isType = child.type.startsWith('TS') && !isNode(child.expression);
    const isLabel = key === 'label' || node.type.endsWith('Specifier');
    if (isName || isType || isLabel || key === 'typeAnnotation') continue;
    yield* evaluated(child);
  }
}

/** What the file takes from the world without importing it, each as the code that does. */
function worldlyUses(program: Node): string[] {
  const uses: string[] = [];
  const bound = boundIn(program);
  const isGlobal = (node: Node, name: string): boolean =>
    node.type === 'Identifier' && nameOf(node) === name && !bound.has(name);
  for (const node of evaluated(program)) {
    const name = nameOf(node);
    if (node.type === 'Identifier' && name !== undefined) {
      if (WORLDLY_GLOBALS.has(name) && !bound.has(name)) uses.push(name);
    } else if (node.type === 'MetaProperty' && nameOf(at(node, 'meta')) === 'import') {
      uses.push('import.meta');
    } else if (node.type === 'MemberExpression') {
      const method = nameOf(at(node, 'property')) ?? '';
      const object = at(node, 'object');
      if (WORLDLY_METHODS.has(method)) uses.push(`.${method}`);
      if (isGlobal(object, 'Date') && method === 'now') uses.push('Date.now');
      if (isGlobal(object, 'Math') && method === 'random') uses.push('Math.random');
    } else if (isGlobal(at(node, 'callee'), 'Date')) {
      // With one argument it is that moment; with none it is now, with more it is local time.
      const count = Array.isArray(node.arguments) ? node.arguments.length : 0;
      if (node.type === 'CallExpression') uses.push('Date()');
      else if (count === 0) uses.push('new Date()');
      else if (count > 1) uses.push('new Date(year, month, ...)');
    }
  }
  return uses;
}

/**
 * What in one file breaks the rules, in words; empty when nothing does.
 * `path` is relative to src, with `/`: `event/table.ts`, `pipeline.ts`.
 * Throws when the text does not parse.
 */
export function violations(path: string, text: string): string[] {
  // Its successor, vite's parseSync, is not ours to import: vite is vitest's dependency.
  // oxlint-disable-next-line typescript/no-deprecated
  const program: unknown = parseAst(text, { lang: 'ts' }, path);
  if (!isNode(program)) throw new Error(`${path}: no syntax tree`);
  const layerOf = (file: string): string => file.split('/')[0] ?? '';
  const layer = layerOf(path);
  const mayImport = MAY_IMPORT[layer];
  if (mayImport === undefined) return [`${path}: src/${layer} is not a layer`];
  const pure = !IMPURE.has(layer);
  const found: string[] = [];

  for (const { from, names } of importsOf(program)) {
    if (from === undefined) {
      found.push('imports a module whose name is not written out');
    } else if (from.startsWith('.')) {
      const target = layerOf(posix.join(posix.dirname(path), from));
      if (target !== layer && !mayImport.includes(target)) {
        found.push(`${layer} may not import ${from}`);
      }
    } else if (from === 'node:zlib' && layer !== 'source' && layer !== 'capture') {
      found.push('only source and capture may import node:zlib');
    } else if (pure) {
      if (WHOLE_MODULES[layer]?.includes(from)) continue;
      const allowed = PURE_MODULES[layer]?.[from] ?? [];
      const wrong = names.filter((name) => name === undefined || !allowed.includes(name));
      for (const name of wrong) found.push(`${layer} may not import ${name ?? 'all'} of ${from}`);
    }
  }
  if (pure) for (const use of worldlyUses(program)) found.push(`${layer} may not use ${use}`);
  return found.map((what) => `${path}: ${what}`);
}
