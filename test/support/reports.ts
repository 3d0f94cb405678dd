/** Independent readers of the reports for machines, each to what all of them say. */
import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';

/** One check as a report tells it. */
export interface ReportedCheck {
  readonly suite: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Of a failure or a check that was skipped. */
  readonly message?: string;
  readonly file?: string;
  readonly line?: number;
}

const PYTHON = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
def of(element):
    return {'tag': element.tag, 'attributes': element.attrib, 'text': element.text or '',
            'children': [of(child) for child in element]}
sys.stdout.write(json.dumps(of(root)))
`;

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Element[];
}

/** Reads JUnit XML with Python's parser (expat), and holds its counts to its cases. */
export function readJunit(xml: string): ReportedCheck[] {
  const output = execFileSync('python3', ['-c', PYTHON], { input: xml, encoding: 'utf8' });
  const root = JSON.parse(output) as Element;
  if (root.tag !== 'testsuites') throw new Error(`the root is ${root.tag}`);
  for (const element of [root, ...root.children]) holdCounts(element);
  return root.children.flatMap(({ children }) => children.map(caseOf));
}

function casesOf(element: Element): readonly Element[] {
  return element.tag === 'testcase' ? [element] : element.children.flatMap(casesOf);
}

function holdCounts(element: Element): void {
  const results = casesOf(element).map(({ children }) => children[0]?.tag);
  const count = (tag: string): string => `${results.filter((result) => result === tag).length}`;
  const { tests, failures, errors, skipped } = element.attributes;
  const counted = [`${results.length}`, count('failure'), count('error'), count('skipped')];
  const told = [tests, failures, errors, skipped];
  if (counted.join() !== told.join()) throw new Error(`${told.join()} is not ${counted.join()}`);
}

function caseOf({ attributes, children }: Element): ReportedCheck {
  const { classname: suite, name, file, line } = attributes;
  const [result] = children;
  const outcome = result === undefined ? 'passed' : result.tag === 'skipped' ? 'skipped' : 'failed';
  return {
    suite,
    name,
    outcome,
    file,
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(result === undefined ? {} : { message: result.attributes.message }),
  };
}

const POINT = /^(not )?ok (\d+) - ((?:[^#\\]|\\[#\\])*)(?: # SKIP (.*))?$/;

/** Reads TAP 14 line by line: the plan, the numbers, directives and YAML diagnostics. */
export function readTap(text: string): ReportedCheck[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  if (lines.shift() !== 'TAP version 14') throw new Error('no version');
  const plan = /^1\.\.(\d+)$/.exec(lines.shift() ?? '');
  const checks: ReportedCheck[] = [];
  while (lines.length > 0) {
    const point = POINT.exec((lines.shift() ?? '').trimEnd());
    if (point === null) throw new Error(`no test point after ${checks.length}`);
    if (Number(point[2]) !== checks.length + 1) throw new Error(`number ${point[2]}`);
    const [suite, ...name] = unescaped(point[3]).split(': ');
    const outcome =
      point[1] !== undefined ? 'failed' : point[4] === undefined ? 'passed' : 'skipped';
    const skip = point[4] === undefined ? {} : { message: unescaped(point[4]) };
    checks.push({ suite, name: name.join(': '), outcome, ...skip, ...diagnostics(lines) });
  }
  if (Number(plan?.[1]) !== checks.length) throw new Error('not what was planned');
  return checks;
}

function unescaped(text: string): string {
  return text.replace(/\\([#\\])/g, '$1');
}

/** Takes the block that follows a test point, if one does. */
function diagnostics(lines: string[]): Partial<ReportedCheck> {
  if (lines[0] !== '  ---') return {};
  const end = lines.indexOf('  ...');
  const block = lines.splice(0, end + 1).slice(1, -1);
  const { message, at } = parse(block.join('\n')) as {
    message: string;
    at: { file: string; line?: number };
  };
  return { message, ...at };
}

const COMMAND = /^::error ([^:]*)::(.*)$/;

/** Reads the workflow commands of GitHub Actions: the failures alone. */
export function readGithub(text: string): ReportedCheck[] {
  const checks: ReportedCheck[] = [];
  for (const line of text.split('\n')) {
    const command = COMMAND.exec(line);
    if (command === null) continue;
    const properties = new Map(
      command[1].split(',').map((pair) => {
        const [key, ...value] = pair.split('=');
        return [key, unquoted(value.join('='))];
      }),
    );
    const [suite, ...name] = (properties.get('title') ?? '').split(': ');
    const place = properties.get('line');
    checks.push({
      suite,
      name: name.join(': '),
      outcome: 'failed',
      message: unquoted(command[2]),
      file: properties.get('file'),
      ...(place === undefined ? {} : { line: Number(place) }),
    });
  }
  return checks;
}

function unquoted(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
