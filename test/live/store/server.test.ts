/**
 * The MongoDB store against the server of MONGODB_URI, or one that is started for it: mongod
 * where it is installed, else SecantusDB, else a mongod that is downloaded.
 *
 * Where SecantusDB differs from MongoDB's manual, the manual counts, and it says so here:
 * - none of the differences known so far touches what the store does.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { skipLoudly } from '../../support/skip.ts';
import {
  databaseUri,
  givenServer,
  HOW_TO,
  type Server,
  startServer,
} from '../../support/stores/servers.ts';
import { storeSuite } from '../../support/stores/suite.ts';

let server: Server | undefined;

beforeAll(async () => {
  server = givenServer() ?? (await startServer());
});

afterAll(async () => {
  await server?.stop();
});

beforeEach(() => {
  if (server === undefined) skipLoudly(`no MongoDB server: ${HOW_TO}`);
});

storeSuite(async () => databaseUri(server as Server, `godo-test-${randomUUID().slice(0, 8)}`));
