#!/usr/bin/env node
/// <reference types="node" />
import { existsSync } from 'node:fs';

/** @typedef {typeof import('../src/cli/main.ts')} Program */

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) {
  const { main } = /** @type {Program} */ (await import(program.href));
  await main(process.argv);
} else {
  process.stderr.write('godo: it is not built yet: run "npm install" in its folder\n');
  process.exitCode = 2;
}
