import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { Analyzer } from '../../../src/pipeline.ts';
import { keyOf, NO_EVENT, RecordingReader } from '../../../src/replay/recording.ts';

const fixture = (name: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../../fixtures/traces/${name}.log.gz`, import.meta.url)));

function read(...inputs: readonly (string | Uint8Array)[]): RecordingReader {
  const reader = new RecordingReader();
  for (const [i, bytes] of inputs.entries()) {
    reader.open(`${i}.log`);
    reader.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    reader.close();
  }
  return reader;
}

test('lines are kept as they are, with the event that each belongs to', () => {
  const recording = read(
    'type=CWD msg=audit(1.250:7): cwd="/"\nnode=b type=CWD msg=audit(1.250:7): cwd="/"\nnoise\n',
    'type=EOE msg=audit(1.250:7): \n\ntype=EOE msg=audit(0.001:7): ',
  ).finish();
  expect(recording.length).toBe(5);
  expect(recording.line(2).toString()).toBe('noise');
  expect(recording.line(3).toString()).toBe('type=EOE msg=audit(1.250:7): ');
  expect([...recording.event]).toEqual([0, 1, NO_EVENT, 0, 2]);
  expect([...recording.stream]).toEqual([0, 0, 0, 1, 1]);
  expect([...recording.time]).toEqual([1250, 1250, Number.NaN, 1250, 1]);
  expect([...recording.linesOf(0)]).toEqual([0, 3]);
  expect(recording.events.map(keyOf)).toEqual(['/1.250:7', 'b/1.250:7', '/0.001:7']);
});

test('lines that are too long are told and left out', () => {
  const reader = read(`${'x'.repeat((1 << 20) + 1)}\ntype=EOE msg=audit(1.250:7): \n`);
  expect(reader.tooLong).toMatchObject([{ kind: 'line-too-long', input: '0.log', offset: 0 }]);
  expect(reader.finish().length).toBe(1);
});

test('the lines of the process connector have the time of day', () => {
  const reader = new RecordingReader();
  reader.open('connector-000001.ndjson', {
    host: 'h',
    boot: 'h/1',
    connector: { offset: 1000 },
  });
  reader.push(Buffer.from('{"t":2500000,"cpu":0,"ev":"exec","pid":5,"tgid":5}\nnoise\n'));
  reader.close();
  const recording = reader.finish();
  expect([...recording.time]).toEqual([1002.5, Number.NaN]);
  expect(recording.isConnector(0)).toBe(true);
  expect(recording.line(0).toString()).toContain('"ev":"exec"');
});

test.each(['build', 'namespaces', 'pidreuse'])(
  'every owner of an event is a process, and every event that it owns is there: %s',
  (name) => {
    const bytes = fixture(name);
    const analyzer = new Analyzer();
    analyzer.open(name);
    analyzer.push(bytes);
    analyzer.close();
    const { processes } = analyzer.finish();
    const ids = new Map([...processes].map((process) => [process._id, process]));
    const recording = read(bytes).finish();
    const keys = new Set(recording.events.map(keyOf));
    const owned = new Map(analyzer.owners());
    expect(owned.size).toBeGreaterThan(50);
    for (const [event, process] of owned) {
      expect(keys.has(event)).toBe(true);
      expect(ids.has(process)).toBe(true);
    }
    // Execs name their events themselves.
    for (const { _id, execve } of ids.values()) {
      for (const { event } of execve) expect(owned.get(`/${event}`)).toBe(_id);
    }
  },
);
