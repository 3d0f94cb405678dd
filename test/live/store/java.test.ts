/**
 * The MongoDB store against mongo-java-server, as a second opinion.
 *
 * Where it differs from MongoDB's manual, the manual counts, and it says so here:
 * - it has no collMod, no explain and no validators;
 * - it compares strings by UTF-16, and gives no code with some bad filters.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { skipLoudly } from '../../support/skip.ts';
import { databaseUri, HOW_TO, type Server, startJava } from '../../support/stores/servers.ts';
import { storeSuite } from '../../support/stores/suite.ts';

let server: Server | undefined;

beforeAll(async () => {
  server = await startJava();
});

afterAll(async () => {
  await server?.stop();
});

beforeEach(() => {
  if (server === undefined) skipLoudly(`no mongo-java-server: ${HOW_TO}`);
});

storeSuite(async () => databaseUri(server as Server, `godo-test-${randomUUID().slice(0, 8)}`));
