/**
 * Stores recordings one after another until it is killed or told to stop after one round. It
 * runs by itself, on the built godo: `writer.mjs once|forever FOLDER LOG...`.
 */
import { readFileSync } from 'node:fs';

/** @typedef {typeof import('../../../src/index.ts')} Library */

const library = new URL('../../../dist/index.js', import.meta.url);
const { analyzeSync, openStore } = /** @type {Library} */ (await import(library.href));
const [how, folder, ...logs] = process.argv.slice(2);
const analyses = logs.map((name) => analyzeSync([{ name, bytes: readFileSync(name) }]));
process.stdout.write('ready\n');
const rounds = how === 'forever' ? Number.POSITIVE_INFINITY : 1;
for (let round = 0; round < rounds; round++) {
  const store = await openStore(folder, { mode: 'write' });
  for (const analysis of analyses) await store.write(analysis);
  await store.close();
}
