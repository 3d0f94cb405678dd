/**
 * The embedded store and a MongoDB agree: random documents, random filters from the documented
 * subset, the same answers in the same order.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import type { Filter, Query, Store } from '../../../src/store/store.ts';
import { skipLoudly } from '../../support/skip.ts';
import { analysisOf } from '../../support/stores/analyses.ts';
import { documents, filters, orders } from '../../support/stores/arbitraries.ts';
import {
  databaseUri,
  givenServer,
  HOW_TO,
  type Server,
  startServer,
} from '../../support/stores/servers.ts';
import { ownFolder } from '../../support/folder.ts';

const FACTOR = Number(process.env['GODO_RUNS'] ?? 1);
/** Random stores, and questions to each. */
const STORES = 12 * FACTOR;
const QUESTIONS = 60;

let server: Server | undefined;
const folder = ownFolder();

beforeAll(async () => {
  server = givenServer() ?? (await startServer());
});

afterAll(async () => {
  await server?.stop();
});

async function answer(store: Store, query: Query): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const one of store.find(query)) found.push(one);
  return found;
}

test('the same answers from both', async () => {
  if (server === undefined) skipLoudly(`no MongoDB server: ${HOW_TO}`);
  const given = server;
  let stores = 0;
  let hits = 0;
  const question = fc.tuple(filters, fc.option(orders, { nil: undefined, freq: 3 }));
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(question, { minLength: QUESTIONS, maxLength: QUESTIONS }),
      async (processes, questions) => {
        const uris = [
          join(folder, `${stores++}`),
          databaseUri(given, `agree-${randomUUID().slice(0, 8)}`),
        ];
        const [embedded, mongo] = await Promise.all(
          uris.map(async (uri) => openStore(uri, { mode: 'write' })),
        );
        try {
          await embedded.write(analysisOf(processes));
          await mongo.write(analysisOf(processes));
          for (const [filter, sort] of questions) {
            const query = { filter, ...(sort === undefined ? {} : { sort }) };
            const expected = await answer(mongo, query);
            hits += expected.length;
            expect(await answer(embedded, query), show(filter, sort)).toEqual(expected);
          }
        } finally {
          await embedded.close();
          await mongo.close();
        }
      },
    ),
    { numRuns: STORES, endOnFailure: process.env['GODO_SHRINK'] === undefined },
  );
  // Filters that find nothing would prove nothing.
  expect(hits).toBeGreaterThan((STORES * QUESTIONS) / 4);
}, 300_000);

function show(filter: Filter, sort: unknown): string {
  return `${JSON.stringify(filter)} by ${JSON.stringify(sort)}`;
}
