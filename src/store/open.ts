/** From what a person writes to a store. */
import { openEmbedded } from './embedded/embedded.ts';
import { type OpenOptions, type Store, StoreError } from './store.ts';

/** What the URI of a MongoDB begins with. */
const MONGODB = /^mongodb(?:\+srv)?:\/\//;

/**
 * Opens a store: `mongodb://…` and `mongodb+srv://…` name a server and a database (`godo` if
 * the URI names none), everything else a folder. The driver is only loaded where it is needed.
 * Throws StoreError when there is no such store, or it cannot be reached.
 */
export async function openStore(uri: string, options: OpenOptions = {}): Promise<Store> {
  if (!MONGODB.test(uri)) return openEmbedded(uri, options);
  try {
    const { openMongo } = await import('./mongo/mongo.ts');
    return await openMongo(uri, options);
  } catch (error) {
    throw isMissing(error)
      ? new StoreError('the driver for MongoDB is not installed: npm install mongodb')
      : error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
