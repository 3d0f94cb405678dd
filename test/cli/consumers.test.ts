/**
 * Other programs that read audit records take every recording as it was recorded: laurel, and
 * ausearch of the audit tools. Both are Debian's; .ci/run installs them.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { compareText } from '../../src/base/compare.ts';
import { FIXTURE_PATHS } from '../support/recordings.ts';
import { skipLoudly } from '../support/skip.ts';
import { ownFolder } from '../support/folder.ts';
import { build, start } from './godo.ts';

const LAUREL = '/usr/sbin/laurel';
const AUSEARCH = '/usr/sbin/ausearch';
const MOST_BYTES = 2 ** 28;
/** What ausearch says to those who may not read auditd's configuration. */
const UNPRIVILEGED = /^Error opening config file .*\nNOTE - using built-in logs.*\n/;

const run = promisify(execFile);
const folder = ownFolder();
const fixtures = FIXTURE_PATHS.map((path) => [basename(path), path] as const);

beforeAll(build);

/** The names of the events in a text, each once. */
function eventsIn(text: string, pattern: RegExp): string[] {
  const names = new Set(Array.from(text.matchAll(pattern), (match) => match[1]));
  return [...names].sort(compareText);
}

function recordedEvents(log: string): string[] {
  return eventsIn(log, /msg=audit\(([\d.]+:\d+)\)/g);
}

/** A recording as godo replays it. */
async function replayed(path: string): Promise<string> {
  const log = join(folder, `${basename(path)}.log`);
  const child = start(['replay', path, '--speed', 'max', '--quiet', '--to', log]);
  expect(await ended(child)).toBe(0);
  return log;
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

test.each(fixtures)('laurel takes %s', async (name, path) => {
  if (!existsSync(LAUREL)) skipLoudly(`no ${LAUREL} (package laurel)`);
  const output = join(folder, name);
  const config = join(folder, `${name}.toml`);
  writeFileSync(
    config,
    `directory = "${output}"\nuser = "${userInfo().username}"\nstatusreport-period = 0\n` +
      'input = "stdin"\n[auditlog]\nfile = "audit.log"\nsize = 1000000000\ngenerations = 1\n' +
      '[enrich]\npid = false\ncontainer = false\nscript = false\n',
  );
  const player = start(['replay', path, '--speed', 'max', '--quiet']);
  const laurel = spawn(LAUREL, ['--config', config], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  laurel.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  player.stdout?.pipe(laurel.stdin);
  expect(await Promise.all([ended(player), ended(laurel)])).toEqual([0, 0]);
  const log = readFileSync(await replayed(path), 'latin1');
  const lines = log.split('\n').length - 1;
  expect(said).toMatch(new RegExp(`processed ${lines} lines .* with 0 errors`));
  const taken = readFileSync(join(output, 'audit.log'), 'latin1');
  expect(eventsIn(taken, /^\{"ID":"([\d.]+:\d+)"/gm)).toEqual(recordedEvents(log));
});

test.each(fixtures)('ausearch takes %s', async (_, path) => {
  if (!existsSync(AUSEARCH)) skipLoudly(`no ${AUSEARCH} (package auditd)`);
  const file = await replayed(path);
  const { stdout, stderr } = await run(AUSEARCH, ['-if', file], {
    maxBuffer: MOST_BYTES,
    encoding: 'latin1',
  });
  expect(stderr.replace(UNPRIVILEGED, '')).toBe('');
  const log = readFileSync(file, 'latin1');
  expect(recordedEvents(stdout)).toEqual(recordedEvents(log));
  const records = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('type='))
      .sort(compareText);
  expect(records(stdout)).toEqual(records(log));
});
