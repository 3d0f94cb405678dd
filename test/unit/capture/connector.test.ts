import { describe, expect, test } from 'vitest';
import {
  ConnectorReader,
  Descendants,
  eventLine,
  type ProcessEvent,
} from '../../../src/capture/connector.ts';

const FORK = 1;
const EXEC = 2;
const UID = 4;
const EXIT = 0x80000000;

/** A message as the kernel sends it: netlink's header, the connector's, the event. */
function message(what: number, sequence: number, data: readonly number[], cpu = 0): Buffer {
  const bytes = Buffer.alloc(16 + 20 + 16 + 24);
  bytes.writeUInt32LE(1, 16);
  bytes.writeUInt32LE(1, 20);
  bytes.writeUInt32LE(sequence, 24);
  bytes.writeUInt32LE(what, 36);
  bytes.writeUInt32LE(cpu, 40);
  bytes.writeBigUInt64LE(12_345_678_901_234_567n, 44);
  for (const [i, value] of data.entries()) bytes.writeInt32LE(value, 52 + 4 * i);
  return bytes;
}

function read(reader: ConnectorReader, bytes: Buffer): ProcessEvent | undefined {
  return reader.read(bytes, 0, bytes.length);
}

describe('events as lines', () => {
  test.each([
    [
      message(FORK, 1, [10, 9, 11, 11]),
      '{"t":12345678901234567,"cpu":0,"ev":"fork","ppid":10,"ptgid":9,"pid":11,"tgid":11}',
    ],
    [
      message(EXEC, 1, [12, 11], 3),
      '{"t":12345678901234567,"cpu":3,"ev":"exec","pid":12,"tgid":11}',
    ],
    [
      message(EXIT, 1, [12, 11, 256, -1, 10, 9]),
      '{"t":12345678901234567,"cpu":0,"ev":"exit","pid":12,"tgid":11,"code":256,"sig":-1,"ppid":10,"ptgid":9}',
    ],
  ])('%#', (bytes, line) => {
    const event = read(new ConnectorReader(), bytes);
    expect(event && eventLine(event)).toBe(line);
  });

  test('an exit of a kernel before 4.18 has no parent', () => {
    const bytes = message(EXIT, 1, [12, 11, 9, 17]).subarray(0, 16 + 20 + 16 + 16);
    const event = read(new ConnectorReader(), bytes);
    expect(event && eventLine(event)).toMatch(/"code":9,"sig":17}$/);
  });

  test('other kinds, answers and short messages are none', () => {
    const reader = new ConnectorReader();
    expect(read(reader, message(UID, 1, [1]))).toBeUndefined();
    expect(read(reader, message(0, 1, [1]))).toBeUndefined();
    expect(read(reader, message(FORK, 1, []).subarray(0, 40))).toBeUndefined();
  });
});

describe('what did not come', () => {
  test('is counted for each processor, over all kinds', () => {
    const reader = new ConnectorReader();
    const missed = (bytes: Buffer): number => {
      read(reader, bytes);
      return reader.missed;
    };
    expect(missed(message(FORK, 100, [1, 1, 2, 2]))).toBe(0);
    expect(missed(message(FORK, 7, [1, 1, 3, 3], 1))).toBe(0);
    expect(missed(message(UID, 101, [2]))).toBe(0);
    expect(missed(message(EXEC, 105, [2, 2]))).toBe(3);
    expect(missed(message(EXEC, 8, [3, 3], 1))).toBe(0);
  });

  test('also where the numbers wrap', () => {
    const reader = new ConnectorReader();
    read(reader, message(EXEC, 0xffffffff, [2, 2]));
    read(reader, message(EXEC, 0, [2, 2]));
    expect(reader.missed).toBe(0);
    read(reader, message(EXEC, 2, [2, 2]));
    expect(reader.missed).toBe(1);
  });
});

describe('the processes below a command', () => {
  const fork = (ptgid: number, pid: number, tgid = pid): ProcessEvent => ({
    ev: 'fork',
    t: 0n,
    cpu: 0,
    ppid: ptgid,
    ptgid,
    pid,
    tgid,
  });
  const exec = (tgid: number): ProcessEvent => ({ ev: 'exec', t: 0n, cpu: 0, pid: tgid, tgid });

  test('are taken, their threads too, and no others', () => {
    const below = new Descendants(50, () => false);
    expect(below.takes(exec(60))).toBe(false);
    expect(below.takes(fork(50, 60))).toBe(true);
    expect(below.takes(fork(60, 61, 60))).toBe(true);
    expect(below.takes(fork(60, 62))).toBe(true);
    expect(below.takes(exec(62))).toBe(true);
    expect(below.takes(fork(40, 41))).toBe(false);
    // The recorder's own threads.
    expect(below.takes(fork(50, 51, 50))).toBe(false);
    expect(below.takes(exec(50))).toBe(false);
  });

  test('a pid used again elsewhere is no longer one', () => {
    const below = new Descendants(50, () => false);
    below.takes(fork(50, 60));
    expect(below.takes(fork(40, 60))).toBe(false);
    expect(below.takes(exec(60))).toBe(false);
  });

  test('a child of init may be one, by its session', () => {
    const below = new Descendants(50, (pid) => pid === 70);
    expect(below.takes(fork(1, 70))).toBe(true);
    expect(below.takes(fork(1, 71))).toBe(false);
    expect(below.takes(fork(70, 72))).toBe(true);
    below.add([80]);
    expect(below.takes(exec(80))).toBe(true);
  });
});
