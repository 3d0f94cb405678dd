import type { Check, Suite, Verdict } from '../../model/verdict.ts';
import { countOutcomes } from '../../model/verdict.ts';
import { failureText } from './plain.ts';
import { checkText } from './words.ts';

/**
 * A verdict as JUnit XML, in the form that Jenkins, GitLab and most others read: a suite for each
 * recording, a case for each check. What could not be read or written is an error, all else a
 * failure. There
 * are no times, since a check measures none.
 */
export function* junitLines(verdict: Verdict): Generator<string, void> {
  yield '<?xml version="1.0" encoding="UTF-8"?>';
  const all = verdict.suites.flatMap(({ checks }) => checks);
  yield `<testsuites name="godo check"${counts(all)}>`;
  for (const suite of verdict.suites) yield* suiteLines(suite);
  yield '</testsuites>';
}

function* suiteLines({ name, path, checks }: Suite): Generator<string, void> {
  yield `  <testsuite${attribute('name', name)}${counts(checks)}${attribute('file', path)}>`;
  for (const check of checks) yield* caseLines(name, check);
  yield '  </testsuite>';
}

function* caseLines(suite: string, check: Check): Generator<string, void> {
  const { file, line } = check.place;
  const at = attribute('file', file) + (line === undefined ? '' : attribute('line', `${line}`));
  const head = `    <testcase${attribute('classname', suite)}${attribute('name', check.name)}${at}`;
  if (check.outcome === 'passed') {
    yield `${head}/>`;
    return;
  }
  yield `${head}>`;
  const message = attribute('message', checkText(check));
  if (check.outcome === 'skipped') yield `      <skipped${message}/>`;
  else {
    const tag = isError(check) ? 'error' : 'failure';
    const type = attribute('type', check.shortfalls[0]?.kind ?? '');
    yield `      <${tag}${message}${type}>${escaped(failureText(check).join('\n'))}</${tag}>`;
  }
  yield '    </testcase>';
}

function isError({ shortfalls }: Check): boolean {
  return shortfalls.some(({ kind }) => kind === 'unreadable' || kind === 'golden-unwritten');
}

function counts(checks: readonly Check[]): string {
  const { passed, failed, skipped } = countOutcomes(checks);
  const errors = checks.filter(isError).length;
  return (
    attribute('tests', `${passed + failed + skipped}`) +
    attribute('failures', `${failed - errors}`) +
    attribute('errors', `${errors}`) +
    attribute('skipped', `${skipped}`)
  );
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escaped(value).replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`)}"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML 1.0 cannot hold in any form (its production Char), and markup. */
const SPECIAL = /[&<>"']|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Characters that XML has no form for become `\xHH` or `\u{HEX}`, as on a terminal. */
function escaped(text: string): string {
  return text.replace(SPECIAL, (character) => {
    const code = character.codePointAt(0) as number;
    const hex = code.toString(16);
    return ENTITIES[character] ?? (code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
  });
}
