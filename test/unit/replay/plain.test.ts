import { expect, test } from 'vitest';
import { auditLines, plainLog } from '../../../src/replay/plain.ts';
import { type Recording, RecordingReader } from '../../../src/replay/recording.ts';

function read(
  ...inputs: readonly { host?: string; connector?: boolean; text: string }[]
): Recording {
  const reader = new RecordingReader();
  for (const { host, connector, text: lines } of inputs) {
    const clock = connector === true ? { connector: { offset: 0 } } : {};
    if (host === undefined) reader.open('log');
    else reader.open('segment', { host, boot: `${host}/1`, ...clock });
    reader.push(Buffer.from(lines, 'latin1'));
    reader.close();
  }
  return reader.finish();
}

function text(chunks: Iterable<Uint8Array>): string {
  return Buffer.concat([...chunks]).toString('latin1');
}

const CWD = 'type=CWD msg=audit(1.250:7): cwd="/\xff"';

test('lines come as they were recorded, in the order asked for', () => {
  const recording = read({ text: `a\t\n${CWD}\n\nlast` });
  expect(text(plainLog(recording, [1, 0, 2]))).toBe(`${CWD}\na\t\nlast\n`);
  expect(text(plainLog(recording, [2, 1]))).toBe(`last\n${CWD}\n`);
  expect(text(plainLog(recording, []))).toBe('');
});

test('chunks are bounded', () => {
  const line = 'x'.repeat(1000);
  const recording = read({ text: `${line}\n`.repeat(1000) });
  const chunks = [...plainLog(recording, auditLines(recording))];
  expect(text(chunks)).toBe(`${line}\n`.repeat(1000));
  for (const chunk of chunks) expect(chunk.length).toBeLessThan(65_536 + 1001);
});

test('records of several hosts name theirs', () => {
  const recording = read(
    { host: 'one', text: `${CWD}\nnoise\nnode=other ${CWD}\n` },
    { host: 'two', text: `${CWD}\n` },
  );
  const log = plainLog(recording, auditLines(recording));
  expect(text(log)).toBe(`node=one ${CWD}\nnoise\nnode=other ${CWD}\nnode=two ${CWD}\n`);
  const one = read({ host: 'one', text: `${CWD}\n` });
  expect(text(plainLog(one, [0]))).toBe(`${CWD}\n`);
});

test('what the connector told is no audit line', () => {
  const recording = read(
    { host: 'h', text: `${CWD}\n` },
    { host: 'h', connector: true, text: '{"t":1,"cpu":0,"ev":"exec","pid":5,"tgid":5}\n' },
    { host: 'h', text: 'noise\n' },
  );
  expect([...auditLines(recording)]).toEqual([0, 2]);
});
