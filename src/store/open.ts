/** From what a person writes to a store. */
import type { OpenOptions, Store } from './store.ts';

/** What the URI of a MongoDB begins with. */
const MONGODB = /^mongodb(?:\+srv)?:\/\//;

/**
 * Opens a store: `mongodb://…` and `mongodb+srv://…` name a server and a database (`godo` if
 * the URI names none), everything else a folder. The driver is only loaded where it is needed.
 * Throws StoreError when there is no such store, or it cannot be reached.
 */
export async function openStore(uri: string, options: OpenOptions = {}): Promise<Store> {
  if (!MONGODB.test(uri)) {
    const { openEmbedded } = await import('./embedded/embedded.ts');
    return openEmbedded(uri, options);
  }
  const { openMongo } = await import('./mongo/mongo.ts');
  return openMongo(uri, options);
}
