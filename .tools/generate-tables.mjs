#!/usr/bin/env node
/**
 * Generates src/tables/generated.ts: the numbers of system calls, errors, signals
 * and audit record types.
 *
 *     node .tools/generate-tables.mjs            writes the file
 *     node .tools/generate-tables.mjs --check    exits 1 if the file is not what would be written
 *     ... --from DIR                             takes the packages from DIR (DIR/NAME/...), unverified
 *
 * Without --from the packages below are downloaded by cargo into a temporary
 * directory; a package whose SHA-256 is not the one named here is refused.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = fileURLToPath(new URL('../src/tables/generated.ts', import.meta.url));

/** The crates that the tables come from, with what each one holds. */
const PACKAGES = [
  {
    name: 'linux-raw-sys',
    version: '0.12.1',
    sha256: '32a66949e030da00e8c7d4434b251670a91556f4144941d37452769c25d58a53',
    holds: 'UAPI headers of Linux 6.17 by bindgen: system calls, signals, record types',
  },
  {
    name: 'syscalls',
    version: '0.8.1',
    sha256: '81c645a4de0d803ced6ef0388a2646aa1ef8467173b5d59a2c33c88de4ab76e7',
    holds: 'Linux 6.18: newer x86-64 system calls, errors',
  },
  {
    name: 'linux-audit-parser',
    version: '0.2.8',
    sha256: 'bf4c602a74332dcd29e9e8decf85d49057f69ec07c48c1a31878063cad6dd112',
    holds: "the Linux Audit project's message dictionary: user space's record types",
  },
];

/** x32 numbers carry this bit; the table holds them without it. */
const X32_BIT = 0x40000000;

/** @typedef {Map<number, string>} Table */

/**
 * Downloads the packages with cargo and returns the directory that holds them by name.
 * @param {string} work an empty directory
 */
function download(work) {
  mkdirSync(join(work, 'src'));
  writeFileSync(join(work, 'src/lib.rs'), '');
  const wanted = PACKAGES.map((p) => `${p.name} = { version = "=${p.version}" }\n`);
  const manifest = `[package]\nname = "tables"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n`;
  writeFileSync(join(work, 'Cargo.toml'), manifest + wanted.join(''));
  execFileSync('cargo', ['vendor', '--quiet', 'vendor'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  const vendor = join(work, 'vendor');
  for (const { name, sha256 } of PACKAGES) {
    const checksums = readFileSync(join(vendor, name, '.cargo-checksum.json'), 'utf8');
    const found = /** @type {{ package: string }} */ (JSON.parse(checksums)).package;
    if (found !== sha256) throw new Error(`${name}: SHA-256 is ${found}, expected ${sha256}`);
  }
  return vendor;
}

/**
 * Reads the packages under `dir` and returns the text of generated.ts.
 * Throws when the packages disagree about a number or something expected is missing.
 * @param {string} dir
 */
function generate(dir) {
  /** @param {string} path */
  const read = (path) => readFileSync(join(dir, path), 'utf8');
  /**
   * Pairs of number and name; of two names for one number the first in the file stays.
   * @param {string} path
   * @param {RegExp} pattern groups: name, number
   * @param {number} [base] subtracted from each number
   */
  const table = (path, pattern, base = 0) => {
    /** @type {Table} */
    const found = new Map();
    for (const [, name = '', number] of read(path).matchAll(pattern)) {
      const n = Number(number) - base;
      if (!found.has(n)) found.set(n, name);
    }
    if (found.size === 0) throw new Error(`${path}: nothing found`);
    return found;
  };
  /** @param {string} abi */
  const calls = (abi, base = 0) =>
    table(`linux-raw-sys/src/${abi}/general.rs`, /const __NR_(\w+): u32 = (\d+);/g, base);

  const x86_64 = calls('x86_64');
  // Of the other architectures `syscalls` has nothing newer, and on aarch64 it lists calls
  // that only 32-bit machines have, so it adds to x86-64 alone.
  const newer = table('syscalls/src/arch/x86_64.rs', /^\s+(\w+) = (\d+),/gm);
  for (const [number, name] of newer) {
    const known = x86_64.get(number);
    if (known === undefined) x86_64.set(number, name);
    else if (known !== name) throw new Error(`system call ${number}: ${known} or ${name}?`);
  }

  const errors = table('syscalls/src/errno/generated.rs', /^\s+(E\w+)\((\d+)\) = /gm);
  const check = table('linux-raw-sys/src/x86_64/errno.rs', /const (E\w+): u32 = (\d+);/g);
  for (const [number, name] of check) {
    if (errors.get(number) !== name) throw new Error(`error ${number}: not ${name} everywhere`);
  }

  const signals = table(
    'linux-raw-sys/src/x86_64/general.rs',
    /const (SIG[A-Z]+\d?): u32 = (\d+);/g,
  );
  for (const number of signals.keys()) if (number < 1 || number > 31) signals.delete(number);

  const types = table(
    'linux-raw-sys/src/x86_64/ptrace.rs',
    /const AUDIT_(?!FIRST_|LAST_)(\w+): u32 = ([12]\d{3});/g,
  );
  const dictionary = table(
    'linux-audit-parser/src/audit-specs/messages/message-dictionary.csv',
    /^AUDIT_(\w+),(\d+),/gm,
  );
  for (const [number, name] of dictionary) {
    // It gave a few numbers away that the kernel then used for something else.
    if (!types.has(number)) types.set(number, name);
  }

  /** @type {[name: string, says: string, data: Table][]} */
  const tables = [
    ['X86_64', 'System calls of x86-64.', x86_64],
    ['I386', 'System calls of i386.', calls('x86')],
    ['X32', 'System calls of x32, without bit 30.', calls('x32', X32_BIT)],
    ['AARCH64', 'System calls of aarch64.', calls('aarch64')],
    [
      'ERRORS',
      'Errors as positive numbers; from 512 on they never leave the kernel but show in records.',
      errors,
    ],
    ['SIGNALS', 'Standard signals of x86 and ARM.', signals],
    ['RECORD_TYPES', 'Audit record types.', types],
  ];
  return `/**
 * Generated by .tools/generate-tables.mjs, which cargo hands these crates; do not edit.
${PACKAGES.map((p) => ` *  - ${p.name} ${p.version}: ${p.holds}`).join('\n')}
 *
 * A table is words: a number says which number the next name has, and each
 * further name has the number after the one before it.
 */
${tables.map(([name, says, data]) => `\n/** ${says} */\nexport const ${name} = \`\n${words(data)}\n\`;\n`).join('')}`;
}

/**
 * The text form of a table, wrapped at 100 columns.
 * @param {Table} data
 */
function words(data) {
  const lines = [''];
  let expected = -1;
  for (const [number, name] of [...data].toSorted(([a], [b]) => a - b)) {
    const run = number === expected ? name : `${number} ${name}`;
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = run;
    else if (`${lines[last]} ${run}`.length > 100) lines.push(run);
    else lines[last] += ` ${run}`;
    expected = number + 1;
  }
  return lines.join('\n');
}

const from = process.argv.indexOf('--from');
const work = mkdtempSync(join(tmpdir(), 'godo-tables-'));
try {
  const text = generate(from < 0 ? download(work) : (process.argv[from + 1] ?? ''));
  if (!process.argv.includes('--check')) {
    writeFileSync(TARGET, text);
    console.log(`wrote ${TARGET}`);
  } else if (readFileSync(TARGET, 'utf8') === text) {
    console.log('src/tables/generated.ts is what the generator writes');
  } else {
    console.error('src/tables/generated.ts is not what the generator writes');
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
