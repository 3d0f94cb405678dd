import { expect, test } from 'vitest';
import { Addresses } from '../../../../src/replay/anonymize/addresses.ts';
import { Keyed } from '../../../../src/replay/anonymize/keyed.ts';
import { Numbers } from '../../../../src/replay/anonymize/numbers.ts';
import { Sockets } from '../../../../src/replay/anonymize/sockets.ts';
import { Texts } from '../../../../src/replay/anonymize/texts.ts';
import { Words } from '../../../../src/replay/anonymize/words.ts';
import { socketAddress } from '../../../../src/record/socket-address.ts';

const keyed = new Keyed(Buffer.from('key'));
const addresses = new Addresses(keyed);
const words = new Words(keyed);
const texts = (...keep: string[]): Texts => new Texts(words, addresses, keep);

test('paths with a directory in common keep one in common', () => {
  const [home, file, other] = ['/home/alice', '/home/alice/x.c', '/srv/alice'].map((path) =>
    texts().replaced(path),
  );
  expect(file.startsWith(`${home}/`)).toBe(true);
  expect(other.split('/')[2]).toBe(home.split('/')[2]);
  expect(other.split('/')[1]).not.toBe(home.split('/')[1]);
});

test('what stands between words stays', () => {
  const text = `sh -c 'cd "/home/a b" && FOO=bar make -j4 x@host:/p > "$LOG" 2>&1; ~/.x/..'`;
  const made = texts().replaced(text);
  const marks = (one: string): string => one.replaceAll(/[A-Za-z0-9_]+/g, 'w');
  expect(marks(made)).toBe(marks(text));
  expect(made.length).toBe(text.length);
});

test.each([
  ['a word', 'make', 'make -C /usr/make/x', /^make -\w \/\w{3}\/make\/\w$/],
  ['a pattern of words', '*.c', 'cc x.c y.o', /^\w\w x\.c \w{3}$/],
  ['a path', '/usr/bin/*', '/usr/bin/make /usr/lib/make', /^\/usr\/bin\/make \/\w+\/\w+\/\w+$/],
  ['no deeper', '/usr/*', '/usr/bin/make', /^\/(?!usr)\w{3}\/(?!bin)\w{3}\/(?!make)\w{4}$/],
  ['any depth', '/usr/**', '/usr/lib/gcc/cc1', /^\/usr\/lib\/gcc\/cc1$/],
  ['in an option', '/usr/include/*', '--with=/usr/include/x.h', /^--\w{4}=\/usr\/include\/x\.h$/],
  ['no part of a path', '/bin/*', 'usr/bin/make', /^(?!usr)\w{3}\/(?!bin)\w{3}\/(?!make)\w{4}$/],
])('kept: %s', (_, glob, text, form) => {
  expect(texts(glob).replaced(text)).toMatch(form);
});

test('a task is called as its program, kept or not', () => {
  expect(texts('/usr/bin/*').comm('make', '/usr/bin/make')).toBe('make');
  expect(texts().comm('make', '/usr/bin/make')).toBe(texts().replaced('make'));
  expect(texts().comm('worker', '/usr/bin/make')).toBe(texts().replaced('worker'));
  expect(texts().comm('worker', undefined)).toBe(texts().replaced('worker'));
});

test('addresses take as much room as before', () => {
  const text = 'ssh root@10.1.200.3 -L 8080:[2001:db8::1f]:443 fe80::1';
  const made = texts().replaced(text);
  expect(made).toMatch(
    /^\w{3} \w{4}@\d\d\.\d\.\d{3}\.\d -\w \d{4}:\[[0-9a-f]{4}:[0-9a-f]{3}::[0-9a-f]{2}\]:\d{3} [0-9a-f]{4}::[0-9a-f]$/,
  );
  for (const part of ['10.1.200.3', '2001:db8', 'fe80']) expect(made).not.toContain(part);
});

test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('%s is everywhere and stays', (address) => {
  expect(texts().replaced(address)).toBe(address);
});

test('bytes that are no text', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  expect(texts().bytes(bytes).length).toBe(256);
  expect(texts().string('caf\u00e9')).toMatch(/^\w{5}$/);
  expect(texts().string('\udcff/x')).toMatch(/^\w\/\w$/);
});

test('ids of the system stay, others get as many digits', () => {
  const numbers = new Numbers(keyed);
  for (const id of [0, 1, 999, 65534, 4294967295]) expect(numbers.id(id)).toBe(id);
  const people = Array.from({ length: 9000 }, (_, i) => 1000 + i);
  const others = people.map((id) => numbers.id(id));
  expect(others.toSorted((a, b) => a - b)).toEqual(people);
  expect(numbers.inode('0')).toBe('0');
  expect(numbers.inode('123456')).toMatch(/^[1-9]\d{5}$/);
  expect(numbers.inode('12345678901234567890')).toMatch(/^1\d{19}$/);
});

const sockets = new Sockets(keyed, addresses, texts());
const socket = (hex: string): Buffer => sockets.replaced(Buffer.from(hex, 'hex'));

test('a path of a socket, and none of the memory behind it', () => {
  const path = Buffer.from('/run/alice.sock').toString('hex');
  const made = socket(`0100${path}00${Buffer.from('hunter2').toString('hex')}`);
  expect(made.length).toBe(25);
  expect(socketAddress(made)).toEqual({
    family: 'unix',
    path: texts().replaced('/run/alice.sock'),
    abstract: false,
  });
  expect(made.subarray(18).every((byte) => byte === 0)).toBe(true);
  expect(socketAddress(socket(`010000${Buffer.from('alice').toString('hex')}`))).toEqual({
    family: 'unix',
    path: texts().replaced('alice'),
    abstract: true,
  });
});

test('addresses in sockets are those of texts, of either byte order', () => {
  const inet = { family: 'inet', address: texts().replaced('10.20.30.40') };
  expect(socketAddress(socket('020000500a141e280000000000000000'))).toMatchObject(inet);
  expect(socketAddress(socket('000200500a141e280000000000000000'))).toMatchObject(inet);
  const v6 = '0a0001bb0000000020010db8000000000000000000abcdef00000000';
  expect(socketAddress(socket(v6))).toMatchObject({
    family: 'inet6',
    address: texts().replaced('2001:db8::ab:cdef'),
  });
  const mapped = '0a0001bb0000000000000000000000000000ffff0a141e2800000000';
  expect(socketAddress(socket(mapped))).toMatchObject({
    address: `::ffff:${texts().replaced('10.20.30.40')}`,
  });
  const local = '0a0001bb000000000000000000000000000000000000000100000000';
  expect(socketAddress(socket(local))).toMatchObject({ address: '::1' });
});

test('what is of no known family is replaced as bytes', () => {
  const made = socket('1100aabbccddeeff00112233');
  expect(made.subarray(0, 2).toString('hex')).toBe('1100');
  expect(made.length).toBe(12);
  expect(made.toString('hex')).not.toContain('aabbccdd');
  expect(socket('100000000a0000000b000000').toString('hex')).toBe('100000000a0000000b000000');
  expect(socket('02').toString('hex')).toBe('02');
});
